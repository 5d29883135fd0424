//! Proposes to delete old runs that nobody tagged: what `scripts/retention.rhai` says in a few lines. A test
//! holds the two to identical steps.

use std::time::Duration;

use remit_guest::{Entry, Failure, Scope, Workflow, note, params};

const SECONDS_A_DAY: u64 = 86_400;

struct OldRuns;

impl Workflow for OldRuns {
    fn run(root: &Scope) -> Result<(), Failure> {
        let days = params::required("days")?;
        let tag = params::required("tag")?;
        let because = format!("retention: older than {days} days");
        let age = seconds(&days).ok_or_else(|| format!("`{days}` are no days"))?;
        let mut kept = 0;
        let runs = root.select("/runs/*").kind("run");
        for run in runs.older_than(Duration::from_secs(age)).list()? {
            let run = run?;
            match fate(&run, &tag) {
                Fate::Kept => kept += 1,
                Fate::Running => {}
                Fate::Goes => {
                    root.delete(&run).because(&because).propose()?;
                }
            }
        }
        note!("{kept} old runs stay: tagged {tag}");
        Ok(())
    }
}

fn seconds(days: &str) -> Option<u64> {
    days.parse::<u64>().ok()?.checked_mul(SECONDS_A_DAY)
}

/// What becomes of an old run.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Running,
    Goes,
}

fn fate(run: &Entry, tag: &str) -> Fate {
    if run.tag(tag).is_some() {
        Fate::Kept
    } else if run.property("status") == Some("Running") {
        Fate::Running
    } else {
        Fate::Goes
    }
}

remit_guest::workflow!(OldRuns);

#[cfg(test)]
mod tests {
    use super::*;

    fn run(properties: &[(&str, &str)]) -> Entry {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Entry {
            path: "/runs/old".to_owned(),
            kind: "run".to_owned(),
            size_bytes: None,
            version: "1".to_owned(),
            created_ms: Some(0),
            modified_ms: None,
            properties: properties.iter().map(own).collect(),
        }
    }

    #[test]
    fn what_is_tagged_or_running_stays() {
        assert_eq!(fate(&run(&[("tag:keep", "false")]), "keep"), Fate::Kept);
        assert_eq!(fate(&run(&[("status", "Running")]), "keep"), Fate::Running);
        assert_eq!(fate(&run(&[("status", "Failed")]), "keep"), Fate::Goes);
        assert_eq!(fate(&run(&[]), "keep"), Fate::Goes);
        assert_eq!(seconds("365"), Some(31_536_000));
        assert_eq!(seconds("a year"), None);
    }
}

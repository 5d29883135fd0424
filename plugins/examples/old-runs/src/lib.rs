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
            match fate(root, &run, &tag)? {
                Fate::Kept => kept += 1,
                Fate::Running => {}
                Fate::Goes => {
                    let proposed = root.delete(&run).because(&because).propose();
                    stays_alone(proposed)?;
                }
            }
        }
        note!("{kept} old runs stay: tagged {tag}");
        Ok(())
    }
}

/// One that is held keeps no other from going: the plan says why it stays.
fn stays_alone(proposed: Result<u64, Failure>) -> Result<(), Failure> {
    match proposed {
        Err(failure)
            if !["denied", "held", "impossible"]
                .iter()
                .any(|code| failure.is(code)) =>
        {
            Err(failure)
        }
        _ => Ok(()),
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

fn fate(root: &Scope, run: &Entry, tag: &str) -> Result<Fate, Failure> {
    if is_running(run) {
        return Ok(Fate::Running);
    }
    if is_tagged(run, tag) {
        return Ok(Fate::Kept);
    }
    // A child run goes with its parent, so a child that is to stay keeps it.
    for part in root.owned_parts(run)? {
        let part = part?;
        if part.kind == "run" && is_tagged(&part, tag) {
            return Ok(Fate::Kept);
        }
    }
    Ok(Fate::Goes)
}

fn is_running(run: &Entry) -> bool {
    run.property("status") == Some("Running")
}

fn is_tagged(run: &Entry, tag: &str) -> bool {
    run.tag(tag).is_some()
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
    fn a_tag_counts_whatever_its_value() {
        assert!(is_tagged(&run(&[("tag:keep", "false")]), "keep"));
        assert!(!is_tagged(&run(&[("tag:kept", "true")]), "keep"));
        assert!(is_running(&run(&[("status", "Running")])));
        assert!(!is_running(&run(&[("status", "Failed")])));
    }
}

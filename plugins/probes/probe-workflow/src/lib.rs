//! Hostile workflows, one misbehaviour each, chosen by the parameter `probe`.
//!
//! What should have been refused and was not ends with the failure `escaped`. What each probe needs
//! of the workspace, and how it must end, is in `PROBES.toml`.

mod authority;
mod exhaust;
mod handles;
mod words;

use remit_guest::{Entry, Failure, Scope, Workflow, params};

/// A probe: its name, and what it does.
type Probe = (&'static str, fn(&Scope) -> Result<(), Failure>);

const PROBES: &[Probe] = &[
    ("spin", exhaust::spin),
    ("allocate", exhaust::allocate),
    ("recurse", exhaust::recurse),
    ("flood-listings", exhaust::flood_listings),
    ("flood-handles", exhaust::flood_handles),
    ("flood-proposals", exhaust::flood_proposals),
    ("flood-notes", exhaust::flood_notes),
    ("flood-log", exhaust::flood_log),
    ("forge-scope", handles::forge_scope),
    ("forge-listing", handles::forge_listing),
    (
        "mistake-listing-for-scope",
        handles::mistake_listing_for_scope,
    ),
    ("drop-twice", handles::drop_twice),
    ("panic", words::panic),
    ("trap-midway", words::trap_midway),
    ("hostile-words", words::hostile_words),
    ("hostile-failure", words::hostile_failure),
    ("escape-paths", authority::escape_paths),
    ("outside-scope", authority::outside_scope),
    ("after-narrowing", authority::after_narrowing),
    ("widen", authority::widen),
    ("without-right", authority::without_right),
    ("held", authority::held),
    ("held-part", authority::held_part),
    ("over-ceiling", authority::over_ceiling),
    ("another-version", authority::another_version),
    ("anothers-entry", authority::anothers_entry),
    ("unseen-entry", authority::unseen_entry),
    ("reserved", authority::reserved),
    ("purge-without-word", authority::purge_without_word),
    ("foreign-scanner", authority::foreign_scanner),
];

struct ProbeWorkflow;

impl Workflow for ProbeWorkflow {
    fn run(root: &Scope) -> Result<(), Failure> {
        let wanted = params::required("probe")?;
        let (_, probe) = PROBES
            .iter()
            .find(|(name, _)| *name == wanted)
            .ok_or_else(|| format!("there is no probe `{wanted}`"))?;
        probe(root)
    }
}

/// The failure of a probe that got through.
fn escaped(what: &str) -> Failure {
    Failure::new("escaped", what)
}

/// Passes a refusal on as the probe's own end; what was taken has escaped.
fn refused(what: &str, proposed: Result<u64, Failure>) -> Result<(), Failure> {
    match proposed {
        Ok(_) => Err(escaped(what)),
        Err(failure) => Err(failure),
    }
}

/// The first entry that matches.
fn first(scope: &Scope, pattern: &str) -> Result<Entry, Failure> {
    scope.select(pattern).list()?.next().unwrap_or_else(|| {
        Err(Failure::new(
            "not-found",
            format!("the probe needs {pattern}"),
        ))
    })
}

remit_guest::workflow!(ProbeWorkflow);

#[cfg(test)]
mod tests {
    use super::PROBES;

    #[test]
    fn every_probe_is_in_the_list_and_the_other_way_round() {
        let list = include_str!("../../PROBES.toml");
        let mut listed: Vec<&str> = list
            .split("[[probe]]")
            .filter(|probe| probe.contains("module = \"probe-workflow\""))
            .filter_map(|probe| probe.split_once("name = \"")?.1.split('"').next())
            .collect();
        let mut known: Vec<&str> = PROBES.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }
}

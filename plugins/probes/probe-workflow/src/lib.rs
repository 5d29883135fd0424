//! Hostile workflows, one misbehaviour each, chosen by the parameter `probe`.
//!
//! What should have been refused and was not ends with the failure `escaped`. What each probe needs
//! of the workspace, and how it must end, is in `probes.in`, and in the host's test.

#![deny(
    dead_code,
    reason = "code that is no probe is a probe that was forgotten"
)]

mod authority;
mod exhaust;
mod handles;
mod words;

use remit_guest::{Entry, Failure, Scope, Workflow, params};

/// A probe: its name, and what it does.
type Probe = (&'static str, fn(&Scope) -> Result<(), Failure>);

include!("../../probes.in");
include!("../../texts.in");

macro_rules! table {
    (workflow { $($probe:ident = $name:literal ($does:path) $words:literal,)* } $($others:tt)*) => {
        const PROBES: &[Probe] = &[$(($name, $does)),*];
    };
}

probes!(table);

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

//! Counting what was proposed against the ceilings, and what is there for those in percent.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use futures::StreamExt as _;
use remit_plan::{Residue, Step};
use remit_policy::{Act, Bounded, Measure};
use remit_workspace::{Kind, Listed, Pattern, Store, StoreError, Wanted};

use crate::{Code, Failure, Fault, Session};

/// Proposals that are remembered, 16 bytes each: a repeated one counts once, a contradictory one is
/// answered at once. Beyond these, a repeated one counts again, which at most stops a plan too early,
/// and a contradiction is found when the plan is settled.
const PROPOSED_MAX: usize = 1 << 16;

impl Session {
    /// Counts a proposal against the ceilings, before the draft takes it; `bytes` are those of all its
    /// parts. Over a ceiling it goes on counting, so that the operator learns what to raise it to.
    pub(crate) fn tally(&self, step: &Step, bytes: u64) -> Result<(), Failure> {
        let is_copy = matches!(step.act, remit_plan::Act::Export { .. });
        let place = hash(&(&step.path, is_copy));
        let act = hash(&(format!("{:?}", step.act), &step.version));
        let mut state = self.state();
        match state.proposed.get(&place) {
            Some(other) if *other != act => {
                let message = format!("another proposal on {} says otherwise", step.path);
                return Err(Failure::new(Code::Conflict, message));
            }
            Some(_) => {}
            None => {
                if state.proposed.len() < PROPOSED_MAX {
                    state.proposed.insert(place, act);
                }
                let act = step.act.asks_for();
                state.tally.propose(act, step.kind, bytes);
                if self.counts_percent(act) {
                    state.kinds.insert(step.kind);
                }
            }
        }
        let checked = self.ceilings.check(&state.tally);
        checked.map_err(|over| Failure::new(Code::OverCeiling, over.to_string()))
    }

    /// Whether somebody will want to know of how many: all of a kind may mean a long listing.
    pub(crate) fn counts_percent(&self, act: Act) -> bool {
        Bounded::of(act).is_some_and(|act| {
            act == Bounded::Delete || self.ceilings.at(act, Measure::Percent) < 100
        })
    }

    /// Records a match that no redaction reaches, once.
    pub(crate) fn residue(&self, residue: &Residue) -> Result<(), Fault> {
        let id = hash(&(&residue.path, &residue.place, &residue.rule));
        let mut state = self.state();
        if state.residue.contains(&id) {
            return Ok(());
        }
        if state.residue.len() < PROPOSED_MAX {
            state.residue.insert(id);
        }
        Ok(state
            .draft
            .as_mut()
            .ok_or(Fault::Finished)?
            .residue(residue)?)
    }

    /// Takes note that a listing of the whole root of some kinds went to its end.
    pub(crate) fn listed(&self, counts: &BTreeMap<Kind, u64>, whole: impl Fn(Kind) -> bool) {
        let mut state = self.state();
        for kind in Kind::ALL.into_iter().filter(|kind| whole(*kind)) {
            state
                .listed
                .insert(kind, counts.get(&kind).copied().unwrap_or(0));
        }
    }

    /// Lists all of a kind to count it, unless a guest's own listing has shown all of it.
    pub(crate) async fn count(&self, kind: Kind) {
        if self.state().listed.contains_key(&kind) {
            return;
        }
        let root = Pattern::parse(&format!("/{}/**", root_of(kind))).expect("a constant");
        match counted(&*self.store, &root, kind).await {
            Ok(count) => self.listed(&BTreeMap::from([(kind, count)]), |other| other == kind),
            Err(error) => {
                let mut state = self.state();
                if let Some(draft) = &mut state.draft {
                    draft.incomplete(format!(
                        "entries of kind {kind} could not be counted: {error}"
                    ));
                }
            }
        }
    }
}

/// Counts the entries of a kind that match. Gaps count nothing.
async fn counted(store: &dyn Store, what: &Pattern, kind: Kind) -> Result<u64, StoreError> {
    let wanted = Wanted {
        kind: Some(kind),
        ..Wanted::default()
    };
    let mut count = 0;
    let mut listing = store.list_wanted(what, &wanted);
    while let Some(listed) = listing.next().await {
        if let Listed::Entry(entry) = listed? {
            count += u64::from(wanted.holds(&entry));
        }
    }
    Ok(count)
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The first segment of the paths of a kind.
pub(crate) fn root_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Blob => "blobs",
        Kind::File => "files",
        Kind::Workspace => "workspace",
        Kind::Experiment => "experiments",
        Kind::Run | Kind::Metrics => "runs",
        Kind::Model => "models",
        Kind::Data => "data",
        Kind::Component => "components",
        Kind::Environment => "environments",
        Kind::Code => "codes",
        Kind::Datastore => "datastores",
        Kind::Compute => "computes",
        Kind::Endpoint => "endpoints",
        Kind::Service => "services",
        Kind::Pipeline => "pipelines",
        Kind::Schedule => "schedules",
        Kind::Resource => "resources",
        Kind::Telemetry => "telemetry",
    }
}

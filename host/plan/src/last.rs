//! What comes last in a plan: deletes that take everything below along, of the resources that a workspace
//! stands on and of the workspace itself.
//!
//! Each needs every step before it, in this order: logs and Application Insights (only the component says where
//! its logs are), key vault, registry, anything else, the storage account (the policy and its holds lie in it),
//! and then the workspace, since only it says where all of them are. So the first that stays keeps the others.
//!
//! Experiments come before these and after all else, since one that has runs is not deleted.

use remit_workspace::{EntryPath, Kind, layout};

use crate::{Act, Span, Step};

/// Resources by the name of their kind, in their order; those that are not named come with the registry.
const ORDER: [(&str, u32); 5] = [
    ("logs", 0),
    ("insights", 1),
    ("vault", 2),
    ("registry", 3),
    ("storage", 4),
];
const OTHER: u32 = 3;
const WORKSPACE: u32 = 5;

/// The name of a resource's kind: `storage` of `/resources/storage/NAME`.
fn resource_kind(path: &EntryPath) -> &str {
    path.written_segments().nth(1).unwrap_or_default()
}

/// The turn of a step among those that come last; none for every other step.
fn turn(step: &Step) -> Option<u32> {
    match (&step.act, step.kind) {
        (Act::Delete { .. }, Kind::Workspace) => Some(WORKSPACE),
        (Act::Delete { .. }, Kind::Resource) => {
            let own = resource_kind(&step.path);
            let named = ORDER
                .iter()
                .find(|(kind, _)| own.eq_ignore_ascii_case(kind));
            Some(named.map_or(OTHER, |(_, turn)| *turn))
        }
        _ => None,
    }
}

/// Whether the step deletes the workspace itself.
pub(crate) fn deletes_workspace(step: &Step) -> bool {
    turn(step) == Some(WORKSPACE)
}

/// Why a step stays that would come last: the policy lies in a storage account, so that it goes only with the
/// workspace; and where something stays that somebody proposed to change, so does what it stands on.
pub(crate) fn stays(
    step: &Step,
    deletes_workspace: bool,
    other: Option<&EntryPath>,
) -> Option<String> {
    turn(step)?;
    if let Some(other) = other {
        return Some(format!("{other} stays"));
    }
    let is_alone = layout::is_account(&step.path) && !deletes_workspace;
    is_alone.then(|| "the policy lies in it: it goes only with /workspace".to_owned())
}

fn deletes_experiment(step: &Step) -> bool {
    matches!(step.act, Act::Delete { .. }) && step.kind == Kind::Experiment
}

/// The steps that come last. A workspace has a handful of them.
#[derive(Default)]
pub(crate) struct Last {
    /// Turn and number.
    steps: Vec<(u32, u64)>,
    /// The highest rank of the others, where there are any.
    rank_of_others: Option<u32>,
    has_experiments: bool,
}

impl Last {
    /// Takes in a step that has its number, and its rank but for what it owns.
    pub(crate) fn add(&mut self, step: &Step) {
        match turn(step) {
            Some(turn) => self.steps.push((turn, step.number)),
            None if deletes_experiment(step) => self.has_experiments = true,
            None => self.others(step.rank),
        }
    }

    /// The rank after that of everything else.
    fn next(&self) -> u32 {
        self.rank_of_others.map_or(0, |rank| rank + 1)
    }

    /// The others rank as high as this.
    pub(crate) fn others(&mut self, rank: u32) {
        self.rank_of_others = self.rank_of_others.max(Some(rank));
    }

    /// Has a step that comes last need all before it, in a plan of so many steps.
    pub(crate) fn order(&self, step: &mut Step, count: u64) {
        if deletes_experiment(step) {
            // Its service deletes none that has runs. It needs none of them: a run of another may stay.
            step.rank = step.rank.max(self.next());
        }
        let Some(own) = turn(step) else { return };
        let is_before = |(turn, _): &&(u32, u64)| *turn < own;
        let mut turns: Vec<u32> = self
            .steps
            .iter()
            .filter(is_before)
            .map(|(turn, _)| *turn)
            .collect();
        turns.sort_unstable();
        turns.dedup();
        step.rank = self.next() + u32::from(self.has_experiments) + turns.len() as u32;
        let mut stay: Vec<u64> = self
            .steps
            .iter()
            .filter(|(turn, _)| *turn >= own)
            .map(|(_, number)| *number)
            .collect();
        stay.sort_unstable();
        step.needs.clear();
        let mut first = 1;
        for number in stay.into_iter().chain([count + 1]) {
            if first < number {
                step.needs.push(Span(first, number - 1));
            }
            first = number + 1;
        }
    }
}

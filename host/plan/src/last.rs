//! What comes last in a plan: deletes that take everything below along, of the resources that a workspace
//! stands on and of the workspace itself.
//!
//! Each needs every step before it, in this order: logs and Application Insights (only the component says where
//! its logs are), key vault, registry, anything else, the storage account (the policy and its holds lie in it),
//! and then the workspace, since only it says where all of them are. So the first that stays keeps the others.

use remit_workspace::{EntryPath, Kind};

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

/// The steps that come last. A workspace has a handful of them.
#[derive(Default)]
pub(crate) struct Last {
    /// Turn and number.
    steps: Vec<(u32, u64)>,
    /// The highest rank of the others, where there are any.
    rank_of_others: Option<u32>,
}

impl Last {
    /// Takes in a step that has its number, and its rank but for what it owns.
    pub(crate) fn add(&mut self, step: &Step) {
        match turn(step) {
            Some(turn) => self.steps.push((turn, step.number)),
            None => self.others(step.rank),
        }
    }

    /// The others rank as high as this.
    pub(crate) fn others(&mut self, rank: u32) {
        self.rank_of_others = self.rank_of_others.max(Some(rank));
    }

    /// Has a step that comes last need all before it, in a plan of so many steps.
    pub(crate) fn order(&self, step: &mut Step, count: u64) {
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
        step.rank = self.rank_of_others.map_or(0, |rank| rank + 1) + turns.len() as u32;
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

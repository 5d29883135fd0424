//! What became of a plan, in numbers: a fold over its steps and its journal.

use std::collections::BTreeMap;

use remit_plan::{Plan, PlanError, State};

use crate::{Progress, Standing};

/// Steps by act and by where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// By act, then by the state's word, or [`Self::BEGUN`], or [`Self::OPEN`].
    pub acts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Bytes of the entries that steps succeeded on, by act, where known.
    pub bytes: BTreeMap<String, u64>,
}

impl Outcome {
    /// Steps that were not begun.
    pub const OPEN: &'static str = "open";
    /// Steps whose end is not known yet: the service goes on with them, or applying was cut short.
    pub const BEGUN: &'static str = "begun";

    /// Reads the plan's steps and says where each stands.
    pub fn of(plan: &Plan, progress: &Progress) -> Result<Self, PlanError> {
        let mut outcome = Self::default();
        for step in plan.steps() {
            let step = step?;
            let act = step.act.as_str();
            let word = match progress.standing(step.number) {
                Some(Standing::Ended(state)) => {
                    if state.is_success() {
                        *outcome.bytes.entry(act.to_owned()).or_default() +=
                            step.bytes().unwrap_or(0);
                    }
                    state.as_str()
                }
                Some(Standing::Begun) => Self::BEGUN,
                Some(Standing::Open) | None => Self::OPEN,
            };
            *outcome
                .acts
                .entry(act.to_owned())
                .or_default()
                .entry(word.to_owned())
                .or_default() += 1;
        }
        Ok(outcome)
    }

    /// Steps in this state, all acts together.
    pub fn count(&self, word: &str) -> u64 {
        self.acts
            .values()
            .filter_map(|states| states.get(word))
            .sum()
    }

    /// All steps.
    pub fn total(&self) -> u64 {
        self.acts.values().flat_map(BTreeMap::values).sum()
    }

    /// Steps that succeeded.
    pub fn succeeded(&self) -> u64 {
        [State::Done, State::Gone, State::GoneOn(0)]
            .iter()
            .map(|state| self.count(state.as_str()))
            .sum()
    }
}

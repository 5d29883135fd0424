//! Where a case stands: a fold over the journal's records.

use std::collections::BTreeMap;

use remit_plan::State;
use remit_workspace::Millis;

use super::{Event, Record};
use crate::Verified;
use crate::others::{Seen, When};

/// Where one step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was begun.
    Open,
    /// It was begun, and nobody knows how it ended: the workspace must be asked.
    Begun,
    /// It ended so.
    Ended(State),
}

/// Where every step stands. One byte for each step, the words of those that ended otherwise than well, and
/// the operations of those whose end no look shows; nothing else grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    standings: Vec<u8>,
    others: BTreeMap<u64, State>,
    /// Names of operations, by step.
    operations: BTreeMap<u64, String>,
    /// Whether the plan was begun.
    pub started: bool,
    /// SHA-256 of the finished package's tag manifest.
    pub packaged: Option<String>,
    /// Whether every step was seen to have ended.
    pub finished: bool,
    /// When the plan was begun, by the clock of the machine that did.
    pub began_at: Option<Millis>,
    /// When every step was last seen to have ended.
    pub finished_at: Option<Millis>,
    /// What the last verification found.
    pub verified: Option<Verified>,
    /// The entries that the plan does not change, before its first change.
    pub before: Option<Seen>,
    /// The same after its last change.
    pub after: Option<Seen>,
}

const OPEN: u8 = 0;
const BEGUN: u8 = 1;
const DONE: u8 = 2;
const GONE: u8 = 3;
const OTHER: u8 = 4;

impl Progress {
    /// Nothing has happened to any of `steps` steps.
    pub fn new(steps: u64) -> Self {
        Self {
            standings: vec![OPEN; usize::try_from(steps).unwrap_or(usize::MAX)],
            others: BTreeMap::new(),
            operations: BTreeMap::new(),
            started: false,
            packaged: None,
            finished: false,
            began_at: None,
            finished_at: None,
            verified: None,
            before: None,
            after: None,
        }
    }

    /// Takes in one more record; what does not follow from what was before is refused.
    pub fn fold(&mut self, record: &Record) -> Result<(), String> {
        if !self.started && !matches!(record.event, Event::Started { .. }) {
            return Err("it does not begin with `started`".into());
        }
        match &record.event {
            Event::Started { format, .. } if *format != Record::FORMAT => {
                return Err(format!(
                    "its format is {format}; this program reads {}",
                    Record::FORMAT
                ));
            }
            Event::Started { .. } if self.started => return Err("it begins twice".into()),
            Event::Started { steps, .. } if *steps != self.standings.len() as u64 => {
                return Err(format!(
                    "it is about {steps} steps; the plan has {}",
                    self.standings.len()
                ));
            }
            Event::Started { .. } => {
                self.started = true;
                self.began_at = Some(record.at);
            }
            Event::Resumed {} => {}
            Event::Begun(steps) => {
                for step in steps {
                    // A step that failed may be begun again; one that succeeded may not.
                    if self
                        .standing(*step)
                        .is_some_and(|standing| !is_repeatable(&standing))
                    {
                        return Err(format!("step {step} is begun after it ended"));
                    }
                    *self.slot(*step)? = BEGUN;
                    self.others.remove(step);
                    self.operations.remove(step);
                }
            }
            Event::Ended(ended) => {
                for ended in ended {
                    let slot = self.slot(ended.step)?;
                    *slot = match ended.state {
                        State::Done => DONE,
                        State::Gone => GONE,
                        _ => OTHER,
                    };
                    if *slot == OTHER {
                        self.others.insert(ended.step, ended.state.clone());
                    }
                    if let Some(operation) = &ended.operation {
                        self.operations.insert(ended.step, operation.clone());
                    }
                }
            }
            Event::Packaged { sha256 } => self.packaged = Some(sha256.clone()),
            Event::Finished {} => {
                self.finished = true;
                self.finished_at = Some(record.at);
            }
            Event::Others { when, seen } => {
                let slot = match when {
                    When::Before => &mut self.before,
                    When::After => &mut self.after,
                };
                // What was pinned before the first change is not pinned again after it.
                if slot.is_some() {
                    return Err("the same entries are listed twice".into());
                }
                *slot = Some(seen.clone());
            }
            Event::Verified {
                held,
                broken,
                beside,
            } => {
                self.verified = Some(Verified {
                    held: *held,
                    broken: *broken,
                    beside: *beside,
                });
            }
        }
        Ok(())
    }

    fn slot(&mut self, step: u64) -> Result<&mut u8, String> {
        let index = step
            .checked_sub(1)
            .and_then(|index| usize::try_from(index).ok());
        index
            .and_then(|index| self.standings.get_mut(index))
            .ok_or_else(|| format!("it names step {step}, which the plan does not have"))
    }

    /// Where a step stands; none for a number the plan does not have.
    pub fn standing(&self, step: u64) -> Option<Standing> {
        let index = usize::try_from(step.checked_sub(1)?).ok()?;
        Some(match *self.standings.get(index)? {
            OPEN => Standing::Open,
            BEGUN => Standing::Begun,
            DONE => Standing::Ended(State::Done),
            GONE => Standing::Ended(State::Gone),
            _ => match self.others.get(&step) {
                Some(state) => Standing::Ended(state.clone()),
                None => Standing::Begun,
            },
        })
    }

    /// The operation that tells how far a step is whose end no look at its entry shows.
    pub fn operation(&self, step: u64) -> Option<&str> {
        self.operations.get(&step).map(String::as_str)
    }

    /// Whether a step has succeeded.
    pub fn succeeded(&self, step: u64) -> bool {
        matches!(self.standing(step), Some(Standing::Ended(state)) if state.is_success())
    }

    /// Whether a step is still to be carried out: never begun, begun without an end, or failed.
    pub fn is_to_do(&self, step: u64) -> bool {
        self.standing(step)
            .is_some_and(|standing| is_repeatable(&standing))
    }
}

/// Failures pass (a disk gets room again); what was skipped, held or impossible was decided.
fn is_repeatable(standing: &Standing) -> bool {
    match standing {
        Standing::Open | Standing::Begun => true,
        Standing::Ended(state) => matches!(state, State::Failed(_) | State::Unknown(_)),
    }
}

//! What the steps of a plan add up to, beyond the plan's own counts: one pass, read as it goes.

use std::collections::{BTreeMap, BTreeSet};

use remit_apply::Progress;
use remit_plan::{Act, Plan, PlanError, State, Step};
use remit_workspace::{EntryPath, Kind};

use crate::standing::Stand;
use crate::words;

/// Facts about the steps of one plan.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Scanners that found what redactions cut, escaped; the first few.
    pub(crate) scanners: BTreeSet<String>,
    /// Exports whose copies are masked, and in how many places.
    pub(crate) masked: (u64, u64),
    /// Deletes for good.
    pub(crate) purges: u64,
    /// Of these, those that a service keeps to a day all the same.
    pub(crate) purges_kept: u64,
    /// Generations that go with them.
    pub(crate) generations: u64,
    /// Deletes that stop something first.
    pub(crate) cancels: u64,
    /// Compute targets that are only forgotten.
    pub(crate) detaches: u64,
    /// Places below which everything goes: the first few, and how many.
    pub(crate) all_below: (Vec<EntryPath>, u64),
    /// Steps by act as granted (`delete+purge`): how many, and their bytes.
    pub(crate) rights: BTreeMap<String, (u64, u64)>,
    /// Steps by where they stand, with the date; forecasts while nothing was begun.
    pub(crate) stands: BTreeMap<String, u64>,
}

const SCANNERS_MAX: usize = 4;
const PLACES_MAX: usize = 3;
const NAME_CHARS_MAX: usize = 60;

impl Survey {
    pub(crate) fn of(plan: &Plan, progress: Option<&Progress>) -> Result<Self, PlanError> {
        let mut survey = Self::default();
        for step in plan.steps() {
            survey.add(&step?, progress);
        }
        Ok(survey)
    }

    fn add(&mut self, step: &Step, progress: Option<&Progress>) {
        let right = self
            .rights
            .entry(step.act.asks_for().to_string())
            .or_default();
        right.0 += 1;
        right.1 = right.1.saturating_add(step.bytes().unwrap_or(0));
        let stand = Stand::of(step, progress);
        if !stand.word.is_empty() {
            *self.stands.entry(stand.group()).or_default() += 1;
        }
        match &step.act {
            Act::Redact(redaction) => {
                if self.scanners.len() < SCANNERS_MAX {
                    self.scanners
                        .insert(words::hearsay(&redaction.scanner, NAME_CHARS_MAX));
                }
            }
            Act::Export { redaction, .. } => {
                if let Some(redaction) = redaction {
                    self.masked.0 += 1;
                    self.masked.1 += redaction.places_total();
                }
            }
            Act::Archive {} => {}
            Act::Delete {
                purge,
                cancel_first,
                detach,
                forecast,
            } => {
                self.detaches += u64::from(*detach);
                self.purges += u64::from(*purge);
                let is_kept = *purge && matches!(forecast, State::GoneOn(_));
                self.purges_kept += u64::from(is_kept);
                self.cancels += u64::from(*cancel_first);
            }
        }
        self.generations += step.effects.entries.len() as u64;
        for place in &step.effects.all_below {
            self.all_below.1 += 1;
            if self.all_below.0.len() < PLACES_MAX {
                self.all_below.0.push(place.clone());
            }
        }
    }
}

/// Things counted under a phrase: the largest groups first, as `2 runs: hold CASE-7`.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    counts: BTreeMap<(String, &'static str, &'static str), u64>,
    last: Option<(String, EntryPath)>,
    /// Things beyond the groups that are told apart.
    others: u64,
}

impl Groups {
    /// Phrases that are told apart: each may name another record, so their number has a limit.
    const GROUPS_MAX: usize = 1000;
    const PHRASE_CHARS_MAX: usize = 120;

    /// The same said of the same entry in a row, as of two acts on it, counts once.
    pub(crate) fn add(&mut self, phrase: &str, path: &EntryPath) {
        let is_last = |(last, at): &(String, EntryPath)| last == phrase && at == path;
        if self.last.as_ref().is_some_and(is_last) {
            return;
        }
        self.last = Some((phrase.to_owned(), path.clone()));
        let (one, many) = Kind::of(path).map_or(("entry", "entries"), words::kinds);
        let key = (words::hearsay(phrase, Self::PHRASE_CHARS_MAX), one, many);
        if self.counts.len() < Self::GROUPS_MAX || self.counts.contains_key(&key) {
            *self.counts.entry(key).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    /// The largest `shown` groups, as phrase and counted things, and how many things are in the others.
    pub(crate) fn largest(self, shown: usize) -> (Vec<(String, String)>, u64) {
        let mut groups: Vec<_> = self.counts.into_iter().collect();
        groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest = groups.iter().skip(shown).map(|(_, n)| n).sum::<u64>() + self.others;
        let largest = groups
            .into_iter()
            .take(shown)
            .map(|((phrase, one, many), n)| (phrase, words::count(n, one, many)))
            .collect();
        (largest, rest)
    }
}

//! Counts over the steps of a plan. Every sentence that a person reads about a plan is computed from
//! these, by the host; nothing of it is a guest's word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Act, Step};

/// What a plan will do, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Steps, all acts together.
    pub steps: u64,
    /// By act: `export`, `redact`, `archive`, `delete`.
    pub acts: BTreeMap<String, Count>,
    /// Places that redactions of the workspace cut, by rule.
    pub places: BTreeMap<String, u64>,
    /// Copies of what converters made, by the converter's name and digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub through: BTreeMap<String, u64>,
    /// Deletes by what they are expected to achieve, in the state's words.
    pub forecasts: BTreeMap<String, u64>,
    /// Entries that the host listed, by kind: what percentages are counted against.
    pub listed: BTreeMap<String, u64>,
    /// Steps by how strictly they are tied to a version.
    pub guards: BTreeMap<String, u64>,
    /// The highest rank of a step.
    pub rank_max: u32,
    /// Entries that stay although a proposal was made for them.
    pub kept: u64,
    /// Records that stay, and refer to something that goes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub referred: u64,
    /// Places that nobody could look at.
    pub gaps: u64,
    /// Matches that no redaction reaches.
    pub residue: u64,
    /// Notes of the guest.
    pub notes: u64,
    /// Why the plan cannot be applied, where a listing or a read failed for a passing reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Steps of one act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Entries that were proposed.
    pub entries: u64,
    /// Entries that belong to these as owned parts.
    pub parts: u64,
    /// Bytes of both, where known.
    pub bytes: u64,
    /// Both, by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Proposed entries by kind, without their parts.
    pub proposed_kinds: BTreeMap<String, u64>,
}

impl Summary {
    pub(crate) fn add(&mut self, step: &Step) {
        self.steps += 1;
        self.rank_max = self.rank_max.max(step.rank);
        *self
            .guards
            .entry(step.guard.as_str().to_owned())
            .or_default() += 1;
        let count = self.acts.entry(step.act.as_str().to_owned()).or_default();
        *count.kinds.entry(step.kind.to_string()).or_default() += 1;
        if step.is_proposed() {
            count.entries += 1;
            *count
                .proposed_kinds
                .entry(step.kind.to_string())
                .or_default() += 1;
        } else {
            count.parts += 1;
        }
        count.bytes = count.bytes.saturating_add(step.bytes().unwrap_or(0));
        if let Some(conversion) = step.act.conversion() {
            let made = format!("{} {}", conversion.converter, conversion.converter_digest);
            *self.through.entry(made).or_default() += 1;
        }
        match &step.act {
            Act::Redact(redaction) => {
                for (rule, places) in &redaction.places {
                    *self.places.entry(rule.clone()).or_default() += places;
                }
            }
            Act::Delete { forecast, .. } => {
                *self.forecasts.entry(forecast.to_string()).or_default() += 1
            }
            Act::Export { .. } | Act::Archive {} => {}
        }
    }

    /// Steps of this act; zero where there are none.
    pub fn act(&self, act: &str) -> Count {
        self.acts.get(act).cloned().unwrap_or_default()
    }
}

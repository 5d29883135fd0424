//! One line of the journal.

use remit_plan::{Digest, State};
use remit_workspace::Millis;
use serde::{Deserialize, Serialize};

use crate::others::{Seen, When};

/// A line: its number, the digest of the line before, when, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// From 1, without a gap.
    pub seq: u64,
    /// SHA-256 of the line before, in hexadecimal; of the plan, for the first.
    pub prev: String,
    /// When it was written, by this machine's clock.
    pub at: Millis,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The plan was begun. Once, and first.
    Started {
        /// The format of the journal.
        format: u32,
        /// How many steps the plan has.
        steps: u64,
    },
    /// Applying was taken up again after a stop.
    Resumed {},
    /// These steps are about to be carried out.
    Begun(Vec<u64>),
    /// These steps ended.
    Ended(Vec<Ended>),
    /// The package is complete.
    Packaged {
        /// SHA-256 of its tag manifest, in hexadecimal.
        sha256: String,
    },
    /// The entries that the plan does not change were listed.
    Others {
        /// When.
        when: When,
        /// What came of it.
        seen: Seen,
    },
    /// Every step has ended.
    Finished {},
    /// The workspace was looked at again.
    Verified {
        /// Things that are as they should be.
        held: u64,
        /// Things that are not.
        broken: u64,
        /// Entries of no step that vanished or changed while the plan was applied.
        #[serde(default, skip_serializing_if = "is_zero")]
        beside: u64,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Its number.
    pub step: u64,
    /// Where it stands now.
    pub state: State,
    /// What a later look asks about, where the entry itself does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

impl Record {
    /// The format this program writes.
    pub(super) const FORMAT: u32 = 1;

    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self).expect("records are written without fallible parts")
    }

    /// What the line after this one carries.
    pub(super) fn digest_of(line: &str) -> String {
        Digest::of(line.as_bytes()).to_hex()
    }
}

//! One step of a plan: an act on one version of one entry.

use std::collections::BTreeMap;

use remit_policy::{Effect, Strength};
use remit_workspace::{Entry, EntryPath, Guard, Kind, Millis, Version};
use serde::{Deserialize, Serialize};

use crate::{State, text};

/// A step as the plan holds it: one line of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its number in the plan, from 1, in order of path; 0 until the plan is sealed.
    #[serde(rename = "step")]
    pub number: u64,
    /// The entry it acts on.
    #[serde(with = "text::path")]
    pub path: EntryPath,
    /// What is done.
    pub act: Act,
    /// What the entry is.
    #[serde(with = "text::kind")]
    pub kind: Kind,
    /// The version it acts on, and no other.
    #[serde(with = "text::version")]
    pub version: Version,
    /// Bytes of content, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// When the entry last changed, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Millis>,
    /// How strictly the act is tied to the version.
    #[serde(with = "text::guard")]
    pub guard: Guard,
    /// Why, in the proposer's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The record whose deletion brought this step, where it is an owned part.
    #[serde(
        default,
        with = "text::maybe_path",
        skip_serializing_if = "Option::is_none"
    )]
    pub part_of: Option<EntryPath>,
    /// The models and data assets whose files the entry is one of, where somebody named it by them: the delete of such
    /// a record waits for this step, and a hold on the record keeps the entry.
    #[serde(default, with = "text::paths", skip_serializing_if = "Vec::is_empty")]
    pub files_of: Vec<EntryPath>,
    /// The runs above the run that the entry is or belongs to, the nearest first: a right or a hold on one of
    /// them covers the entry.
    #[serde(default, with = "text::paths", skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<EntryPath>,
    /// What the act destroys besides the entry itself.
    #[serde(default, skip_serializing_if = "Effects::is_empty")]
    pub effects: Effects,
    /// Steps that must have succeeded before this one begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Span>,
    /// More than the highest rank among what it needs and what it comes after; 0 where there is no such thing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rank: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_zero(rank: &u32) -> bool {
    *rank == 0
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Copies the entry into the package.
    Export {
        /// What is masked in the copy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redaction: Option<Redaction>,
        /// What the copy holds in place of the content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Conversion>,
    },
    /// Cuts findings out of the entry.
    Redact(Redaction),
    /// Archives a record.
    Archive {},
    /// Deletes the entry.
    Delete {
        /// For good, generations included.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        purge: bool,
        /// Stops a running one first.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cancel_first: bool,
        /// Forgets a compute target: its record goes, and nothing below it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        detach: bool,
        /// What the delete is expected to achieve.
        forecast: State,
    },
}

/// Which places of an entry are cut, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// The scanner that found the places.
    pub scanner: String,
    /// The format the content is cut in, as [`crate::format_name`] has it.
    pub format: String,
    /// The file of edits, relative to the case: see [`crate::read_edits`].
    pub edits: String,
    /// SHA-256 of that file, in hexadecimal.
    pub edits_sha256: String,
    /// Places found, by rule.
    pub places: BTreeMap<String, u64>,
    /// SHA-256 of the result, in hexadecimal: how apply knows after a stop that it was done.
    pub after_sha256: String,
    /// Of a record: SHA-256 of the members that are written, as [`remit_formats::members::sha256`] makes it, in
    /// hexadecimal. A service stamps a document with who changed it and when, so the whole is never what was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_sha256: Option<String>,
    /// Bytes of the result.
    pub after_size_bytes: u64,
}

impl Redaction {
    /// Places, all rules together.
    pub fn places_total(&self) -> u64 {
        self.places.values().sum()
    }
}

/// What a converter made of an entry: staged in the case when the plan was made, and only copied since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// The converter.
    pub converter: String,
    /// The digest of its component, as `sha256:…`.
    pub converter_digest: String,
    /// The file of its output, relative to the case.
    pub staged: String,
    /// SHA-256 of that file, in hexadecimal.
    pub after_sha256: String,
    /// Bytes of that file.
    pub after_size_bytes: u64,
}

/// What an act destroys besides the entry it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effects {
    /// Entries that can be enumerated: generations that a purge takes.
    #[serde(default, with = "text::paths", skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryPath>,
    /// Places below which everything goes and cannot be enumerated.
    #[serde(default, with = "text::paths", skip_serializing_if = "Vec::is_empty")]
    pub all_below: Vec<EntryPath>,
}

impl Effects {
    /// Whether the act reaches nothing but its entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.all_below.is_empty()
    }
}

/// Step numbers from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span(pub u64, pub u64);

impl Act {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Export { .. } => "export",
            Self::Redact(_) => "redact",
            Self::Archive {} => "archive",
            Self::Delete { .. } => "delete",
        }
    }

    /// What it must be permitted as.
    pub fn asks_for(&self) -> remit_policy::Act {
        match self {
            Self::Export { .. } => remit_policy::Act::Export,
            Self::Redact(_) => remit_policy::Act::Redact,
            Self::Archive {} => remit_policy::Act::Archive,
            Self::Delete {
                purge,
                cancel_first,
                ..
            } => remit_policy::Act::Delete(Strength {
                purge: *purge,
                cancel: *cancel_first,
                ..Strength::default()
            }),
        }
    }

    /// Where it stands among the steps on one entry: exports come first.
    pub(crate) fn order(&self) -> u8 {
        match self {
            Self::Export { .. } => 0,
            Self::Redact(_) => 1,
            Self::Archive {} => 2,
            Self::Delete { .. } => 3,
        }
    }

    /// The redaction it carries out.
    pub fn redaction(&self) -> Option<&Redaction> {
        match self {
            Self::Export { redaction, .. } => redaction.as_ref(),
            Self::Redact(redaction) => Some(redaction),
            Self::Archive {} | Self::Delete { .. } => None,
        }
    }

    /// The conversion whose output it copies.
    pub fn conversion(&self) -> Option<&Conversion> {
        match self {
            Self::Export { through, .. } => through.as_ref(),
            Self::Redact(_) | Self::Archive {} | Self::Delete { .. } => None,
        }
    }

    /// A plain copy of the content.
    pub const fn copy() -> Self {
        Self::Export {
            redaction: None,
            through: None,
        }
    }
}

impl Step {
    /// A proposal to do `act` to this entry; `version` is the pinned one.
    pub fn propose(
        entry: &Entry,
        version: Version,
        guard: Guard,
        act: Act,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            number: 0,
            path: entry.path.clone(),
            act,
            kind: entry.kind,
            version,
            size_bytes: entry.size_bytes,
            modified: entry.modified,
            guard,
            reason: reason.into(),
            part_of: None,
            files_of: Vec::new(),
            above: Vec::new(),
            effects: Effects::default(),
            needs: Vec::new(),
            rank: 0,
        }
    }

    /// The effect set: every entry the act destroys or may destroy.
    pub fn effect_set(&self) -> impl Iterator<Item = Effect<'_>> {
        std::iter::once(Effect::Entry(&self.path))
            .chain(self.effects.entries.iter().map(Effect::Entry))
            .chain(self.effects.all_below.iter().map(Effect::AllBelow))
    }

    /// Bytes that it moves: of what a converter made, where there is such a thing, else of the entry's
    /// content, where known.
    pub fn bytes(&self) -> Option<u64> {
        match self.act.conversion() {
            Some(conversion) => Some(conversion.after_size_bytes),
            None => self.size_bytes,
        }
    }

    /// Whether a person proposed this entry itself, rather than a record it is part of.
    pub fn is_proposed(&self) -> bool {
        self.part_of.is_none()
    }
}

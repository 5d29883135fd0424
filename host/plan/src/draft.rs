//! A plan in the making: proposals go to disk as they come.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};

use remit_workspace::{EntryPath, Gap, Kind};
use serde::{Deserialize, Serialize};

use crate::referring::Referring;
use crate::sorter::Sorter;
use crate::{Case, PlanError, Step, last, text};

/// An entry that stays although somebody proposed a step for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The entry.
    #[serde(with = "text::path")]
    pub path: EntryPath,
    /// What was proposed.
    pub act: String,
    /// Why it stays, in the host's words, as `hold CASE-7`.
    pub why: String,
}

/// What no step reaches: a match beyond every redaction, or what a delete leaves in the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residue {
    /// The entry.
    #[serde(with = "text::path")]
    pub path: EntryPath,
    /// Where in it, as `createdBy` or `its path`.
    pub place: String,
    /// The rule that matched.
    pub rule: String,
}

/// Something the guest said. Hearsay: shown escaped, as the guest's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The words, at most [`Draft::NOTE_BYTES_MAX`] bytes.
    pub message: String,
}

/// A gap, as a line of its file; its number is the line's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GapLine {
    #[serde(with = "text::path")]
    pub(crate) path: EntryPath,
    pub(crate) reason: String,
}

/// Proposals, gaps and notes of a planning that is under way.
pub struct Draft {
    pub(crate) case: Case,
    pub(crate) steps: Sorter,
    pub(crate) proposals: u64,
    pub(crate) gaps: Sorter,
    pub(crate) kept: Sorter,
    pub(crate) residue: Lines,
    pub(crate) referring: Referring,
    pub(crate) notes: Lines,
    pub(crate) listed: BTreeMap<Kind, u64>,
    pub(crate) incomplete: Option<String>,
    pub(crate) deletes_workspace: bool,
    /// The first entry that was told to stay.
    pub(crate) stays: Option<EntryPath>,
}

impl Draft {
    /// Bytes of one note; the rest is cut.
    pub const NOTE_BYTES_MAX: usize = 4 * 1024;

    /// A draft in this case.
    pub fn new(case: Case) -> Result<Self, PlanError> {
        let scratch = case.folder("scratch")?;
        Ok(Self {
            steps: Sorter::new(scratch.clone()),
            gaps: Sorter::new(scratch.clone()),
            kept: Sorter::new(scratch.clone()),
            referring: Referring::new(scratch),
            residue: Lines::new(&case, "residue.jsonl")?,
            notes: Lines::new(&case, "notes.jsonl")?,
            proposals: 0,
            listed: BTreeMap::new(),
            incomplete: None,
            deletes_workspace: false,
            stays: None,
            case,
        })
    }

    /// The case it lies in.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Takes a step. The answer counts proposals, from 1; the step's number comes with sealing.
    ///
    /// The caller has had it permitted: a draft decides nothing.
    pub fn propose(&mut self, step: &Step) -> Result<u64, PlanError> {
        self.deletes_workspace |= last::deletes_workspace(step);
        let key = format!("{}\u{1}{}", step.path, step.act.order());
        let line = to_line(step);
        self.steps
            .push(key, line)
            .map_err(PlanError::io("cannot write in", self.case.dir()))?;
        self.proposals += 1;
        Ok(self.proposals)
    }

    /// Records a place that nobody could look at. Told twice is recorded once.
    pub fn gap(&mut self, gap: &Gap) -> Result<(), PlanError> {
        let line = to_line(&GapLine {
            path: gap.path.clone(),
            reason: gap.reason.clone(),
        });
        self.gaps
            .push(line.clone(), line)
            .map_err(PlanError::io("cannot write in", self.case.dir()))
    }

    /// Records that an entry stays. Told twice is recorded once.
    pub fn keep(&mut self, kept: &Kept) -> Result<(), PlanError> {
        self.stays.get_or_insert_with(|| kept.path.clone());
        let line = to_line(kept);
        self.kept
            .push(line.clone(), line)
            .map_err(PlanError::io("cannot write in", self.case.dir()))
    }

    /// Records a match that no redaction reaches.
    pub fn residue(&mut self, residue: &Residue) -> Result<(), PlanError> {
        self.residue.push(&to_line(residue))
    }

    /// Records that a record refers to an entry, or to everything below a place. What of this the plan
    /// deletes is found when it is settled.
    pub fn refer(&mut self, by: &EntryPath, to: &EntryPath) -> Result<(), PlanError> {
        self.referring
            .refer(by, to)
            .map_err(PlanError::io("cannot write in", self.case.dir()))
    }

    /// Records what the guest said.
    pub fn note(&mut self, message: &str) -> Result<(), PlanError> {
        let end = message.floor_char_boundary(Self::NOTE_BYTES_MAX);
        self.notes.push(&to_line(&Note {
            message: message[..end].to_owned(),
        }))
    }

    /// Marks the plan as incomplete: it can be read, but not applied. The first reason stays.
    pub fn incomplete(&mut self, why: impl Into<String>) {
        self.incomplete.get_or_insert_with(|| why.into());
    }

    /// How many entries of this kind the host listed in the whole workspace.
    pub fn listed(&mut self, kind: Kind, count: u64) {
        self.listed.insert(kind, count);
    }
}

/// Values of the plan's own types always have a JSON text.
pub(crate) fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the plan's types are written without fallible parts")
}

/// A file of lines, written as they come.
pub(crate) struct Lines {
    file: BufWriter<crate::digest::Hashing<std::fs::File>>,
    name: String,
    path: std::path::PathBuf,
    pub(crate) count: u64,
}

impl Lines {
    pub(crate) fn new(case: &Case, name: &str) -> Result<Self, PlanError> {
        let file = BufWriter::new(crate::digest::Hashing::new(case.create_file(name)?));
        Ok(Self {
            file,
            name: name.to_owned(),
            path: case.path(name),
            count: 0,
        })
    }

    pub(crate) fn push(&mut self, line: &str) -> Result<(), PlanError> {
        self.count += 1;
        writeln!(self.file, "{line}").map_err(PlanError::io("cannot write", &self.path))
    }

    /// Writes bytes that are no line.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), PlanError> {
        self.file
            .write_all(bytes)
            .map_err(PlanError::io("cannot write", &self.path))
    }

    /// Flushes to the disk; the file's digest.
    pub(crate) fn finish(self) -> Result<crate::FileDigest, PlanError> {
        let (file, digest) = self
            .file
            .into_inner()
            .map_err(|error| PlanError::io("cannot write", &self.path)(error.into_error()))?
            .finish();
        file.sync_all()
            .map_err(PlanError::io("cannot flush", &self.path))?;
        Ok(crate::FileDigest {
            name: self.name,
            digest,
        })
    }
}

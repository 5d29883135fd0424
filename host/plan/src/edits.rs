//! The files of edits: which places of one entry a step cuts.

use std::fs;
use std::io::{BufRead as _, BufReader};

use remit_formats::{Edit, Format, Operator};
use serde::{Deserialize, Serialize};

use crate::draft::{Lines, to_line};
use crate::{Case, Digest, FileDigest, PlanError, Redaction};

/// One edit, as a line of its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    offset: u64,
    length: u32,
    rule: String,
    operator: String,
}

/// Writes the edits of one entry; they come in order of offset and do not overlap.
pub struct EditsWriter {
    lines: Lines,
}

impl EditsWriter {
    /// A file of edits for what `subject` names (a path, a scanner, operators): equal subjects
    /// share one file, so a proposal made twice is the same proposal.
    pub fn create(case: &Case, subject: &str) -> Result<Self, PlanError> {
        let digest = Digest::of(subject.as_bytes()).to_hex();
        let folder = format!("edits/{}", &digest[..2]);
        case.folder(&folder)?;
        Ok(Self {
            lines: Lines::new(case, &format!("{folder}/{}.jsonl", &digest[2..42]))?,
        })
    }

    /// Writes one edit, in raw offsets.
    pub fn push(&mut self, edit: &Edit) -> Result<(), PlanError> {
        self.lines.push(&to_line(&Line {
            offset: edit.offset,
            length: edit.length,
            rule: edit.rule.clone(),
            operator: edit.operator.to_string(),
        }))
    }

    /// Flushes to the disk; the file's name in the case and its digest.
    pub fn finish(self) -> Result<FileDigest, PlanError> {
        self.lines.finish()
    }
}

/// The edits in a file of the case that [`EditsWriter`] wrote, in order of offset.
pub fn read_edits(
    case: &Case,
    name: &str,
) -> Result<impl Iterator<Item = Result<Edit, PlanError>> + Send + use<>, PlanError> {
    let path = case.path(name);
    let file = fs::File::open(&path).map_err(PlanError::io("cannot read", &path))?;
    Ok(BufReader::new(file).lines().map(move |line| {
        let line = line.map_err(PlanError::io("cannot read", &path))?;
        let line: Line =
            serde_json::from_str(&line).map_err(|error| PlanError::damaged(&path, error))?;
        let operator: Operator = line
            .operator
            .parse()
            .map_err(|error| PlanError::damaged(&path, error))?;
        Ok(Edit {
            offset: line.offset,
            length: line.length,
            rule: line.rule,
            operator,
        })
    }))
}

impl Redaction {
    /// The format its content is cut in.
    pub fn format(&self, case: &Case) -> Result<Format, PlanError> {
        parse_format(&self.format).ok_or_else(|| {
            PlanError::damaged(
                &case.path("steps"),
                format!("unknown format `{}`", self.format),
            )
        })
    }
}

/// The name under which a plan knows a format.
pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Csv => "csv",
        Format::Utf16Le => "utf-16le",
        Format::Utf16Be => "utf-16be",
        Format::Json => "json",
        Format::JsonLines => "json-lines",
        Format::Binary => "binary",
    }
}

fn parse_format(name: &str) -> Option<Format> {
    [
        Format::Text,
        Format::Csv,
        Format::Utf16Le,
        Format::Utf16Be,
        Format::Json,
        Format::JsonLines,
    ]
    .into_iter()
    .find(|format| format_name(*format) == name)
}

//! `index.jsonl`: a header line, then one line for each entry, in the caller's order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bag_info::Summary;
use crate::note::Note;

/// The version of the format; a reader refuses what it does not know.
pub(crate) const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize)]
struct Header<'a> {
    remit_package: u32,
    title: &'a str,
    workspace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'a str>,
    created_ms: i64,
}

/// Every other line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) path: String,
    pub(crate) payload: String,
    pub(crate) kind: String,
    pub(crate) size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) modified_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) through: Option<String>,
    pub(crate) sha256: String,
    pub(crate) sha512: String,
}

impl From<Note> for Line {
    fn from(note: Note) -> Self {
        Self {
            path: note.path,
            payload: note.payload,
            kind: note.kind,
            size_bytes: note.size_bytes,
            version: note.version,
            modified_ms: note.modified_ms,
            through: note.through,
            sha256: note.sha256,
            sha512: note.sha512,
        }
    }
}

/// Returns the first line, without its end.
pub(crate) fn header(summary: &Summary) -> serde_json::Result<String> {
    serde_json::to_string(&Header {
        remit_package: VERSION,
        title: &summary.title,
        workspace: &summary.workspace,
        identifier: summary.identifier.as_deref(),
        created_ms: summary.created_ms,
    })
}

/// What is counted while the index is written.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Files and bytes of each kind.
    pub(crate) kinds: BTreeMap<String, (u64, u64)>,
}

impl Totals {
    pub(crate) fn add(&mut self, note: &Note) {
        self.files += 1;
        self.bytes += note.size_bytes;
        let kind = self.kinds.entry(note.kind.clone()).or_default();
        kind.0 += 1;
        kind.1 += note.size_bytes;
    }
}

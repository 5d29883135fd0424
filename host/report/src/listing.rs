//! Entries, one a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use remit_workspace::Entry;
use serde::Serialize;

use crate::style::Tone;
use crate::{Style, json, words};

/// Writes one entry: its size, when it last changed, what it is, and its path.
pub fn list_entry(out: &mut dyn Write, entry: &Entry, style: Style) -> io::Result<()> {
    let size = entry.size_bytes.map_or_else(|| "-".to_owned(), words::size);
    let modified = entry
        .modified
        .map_or_else(|| "-".to_owned(), words::instant);
    let facts = format!("{size:>10}  {modified:<20}  {:<11}", entry.kind);
    writeln!(out, "{}  {}", style.paint(Tone::Faint, &facts), entry.path)
}

#[derive(Serialize)]
struct Line<'e> {
    remit: u32,
    path: &'e str,
    kind: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    version: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<&'e str, &'e str>,
}

/// Writes one entry as a JSON object on a line of its own.
pub fn entry_json(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    json::line(
        out,
        &Line {
            remit: json::FORMAT,
            path: entry.path.as_str(),
            kind: entry.kind.as_str(),
            size_bytes: entry.size_bytes,
            version: entry.version.as_str(),
            created: entry.created.map(words::rfc3339),
            modified: entry.modified.map(words::rfc3339),
            properties: entry.properties.iter().collect(),
        },
    )
}

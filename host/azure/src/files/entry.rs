//! A file as an entry: the same whether it was listed or looked at by itself, but that a look shows more.

use std::collections::BTreeMap;

use azure_core::http::RawResponse;
use remit_workspace::{Entry, EntryPath, Kind, Millis, StoreError, Version};

use crate::entry::version_of;
use crate::error::Answer;
use crate::files::Files;
use crate::files::names::FileName;
use crate::files::wire::about;
use crate::listing::millis;
use crate::tree::Tree;
use crate::wire::header;

impl Files {
    /// Looks at a file, or at what a share snapshot keeps of it.
    pub(crate) async fn look(
        &self,
        path: &EntryPath,
        name: &FileName,
    ) -> Result<Entry, StoreError> {
        let answer = self
            .head(name, &[])
            .await
            .map_err(|answer| about(answer, path, "reading"))?;
        of_headers(name, &answer).ok_or_else(|| {
            let odd = Answer::Malformed("an answer without a tag");
            StoreError::failed(path, "reading", odd)
        })
    }
}

/// The version that an answer names.
pub(crate) fn tag(answer: &RawResponse) -> Option<Version> {
    header(answer, "etag").map(|etag| version_of(&etag))
}

/// The entry of a listed file. None when its path would be too long to be written, or the listing says no
/// version of it.
pub(crate) fn of_listed(name: &FileName, file: &Tree<'_>) -> Option<Entry> {
    let properties = file.child("Properties")?;
    Some(Entry {
        path: name.path()?,
        kind: Kind::File,
        size_bytes: properties
            .value("Content-Length")
            .and_then(|length| length.parse().ok()),
        version: version_of(properties.value("Etag")?),
        created: properties.value("CreationTime").and_then(instant),
        modified: properties.value("Last-Modified").and_then(millis),
        properties: attributes(file.value("Attributes")).into(),
    })
}

/// The entry of a file that was looked at.
pub(crate) fn of_headers(name: &FileName, answer: &RawResponse) -> Option<Entry> {
    let mut properties = attributes(header(answer, "x-ms-file-attributes").as_deref());
    properties.extend(
        [
            ("content-type", "content-type"),
            ("x-ms-lease-status", "lease"),
        ]
        .into_iter()
        .filter_map(|(named, ours)| Some((ours.to_owned(), header(answer, named)?)))
        .filter(|(ours, value)| ours != "lease" || value == "locked"),
    );
    for (named, value) in answer.headers().iter() {
        if let Some(named) = named.as_str().strip_prefix("x-ms-meta-") {
            let named = format!("metadata:{}", named.to_ascii_lowercase());
            properties.insert(named, value.as_str().to_owned());
        }
    }
    Some(Entry {
        path: name.path()?,
        kind: Kind::File,
        size_bytes: header(answer, "content-length").and_then(|length| length.parse().ok()),
        version: tag(answer)?,
        created: header(answer, "x-ms-file-creation-time")
            .as_deref()
            .and_then(instant),
        modified: header(answer, "last-modified").as_deref().and_then(millis),
        properties: properties.into(),
    })
}

/// What nearly every file has is not said of each.
fn attributes(said: Option<&str>) -> BTreeMap<String, String> {
    said.filter(|said| !["", "None", "Archive"].contains(said))
        .map(|said| ("attributes".to_owned(), said.to_owned()))
        .into_iter()
        .collect()
}

/// Whether its attributes say that it must not be changed.
pub(crate) fn is_read_only(attributes: Option<&str>) -> bool {
    attributes.is_some_and(|said| said.split('|').any(|each| each.trim() == "ReadOnly"))
}

/// A time as the file service writes those of SMB: to a tenth of a microsecond.
fn instant(text: &str) -> Option<Millis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.as_millisecond())
}

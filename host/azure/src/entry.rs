//! A blob as an entry: the same whether it was listed or looked at by itself.

use std::collections::BTreeMap;

use azure_core::http::headers::Headers;
use remit_workspace::{Entry, Kind, Version};

use crate::listing::{Blob, millis};
use crate::names::BlobName;

/// What a listing calls a property, what a header calls it, and what we do.
const PROPERTIES: [(&str, &str, &str); 7] = [
    ("Content-Type", "content-type", "content-type"),
    ("BlobType", "x-ms-blob-type", "type"),
    ("AccessTier", "x-ms-access-tier", "tier"),
    ("ArchiveStatus", "x-ms-archive-status", "archive-status"),
    ("LeaseStatus", "x-ms-lease-status", "lease"),
    ("LegalHold", "x-ms-legal-hold", "legal-hold"),
    (
        "ImmutabilityPolicyUntilDate",
        "x-ms-immutability-policy-until-date",
        "immutable-until",
    ),
];

/// An entity tag as a version: the service writes it with and without quotes.
pub(crate) fn version_of(etag: &str) -> Version {
    Version::new(etag.trim().trim_matches('"'))
}

/// A version as the service compares it. None for a text that no entity tag can be.
pub(crate) fn etag_of(version: &Version) -> Option<String> {
    let text = version.as_str();
    let is_tag = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"');
    is_tag.then(|| format!("\"{text}\""))
}

/// The entry of a listed blob. None when its path would be too long to be written.
pub(crate) fn of_listed(blob: &Blob) -> Option<Entry> {
    let mut properties: BTreeMap<String, String> = PROPERTIES
        .iter()
        .filter_map(|(listed, _, ours)| {
            Some(((*ours).to_owned(), blob.property(listed)?.to_owned()))
        })
        .collect();
    properties.retain(|name, value| is_worth_saying(name, value));
    for (name, value) in &blob.metadata {
        properties.insert(format!("metadata:{name}"), value.clone());
    }
    for (name, value) in &blob.tags {
        properties.insert(format!("tag:{name}"), value.clone());
    }
    Some(Entry {
        path: blob.name.path()?,
        kind: Kind::Blob,
        size_bytes: blob
            .property("Content-Length")
            .and_then(|length| length.parse().ok()),
        // A soft-deleted state may be listed without one; when it was deleted tells it apart.
        version: match blob
            .property("Etag")
            .or_else(|| blob.property("DeletedTime"))
        {
            Some(etag) => version_of(etag),
            None => Version::new("unknown"),
        },
        created: blob.property("Creation-Time").and_then(millis),
        modified: blob.property("Last-Modified").and_then(millis),
        properties: properties.into(),
    })
}

/// The entry of a blob that was looked at, from the headers of the answer and its tags.
pub(crate) fn of_headers(
    name: &BlobName,
    headers: &Headers,
    tags: Vec<(String, String)>,
) -> Option<Entry> {
    let get = |wanted: &str| headers.get_optional_string(&wanted.to_owned().into());
    let mut properties: BTreeMap<String, String> = PROPERTIES
        .iter()
        .filter_map(|(_, header, ours)| Some(((*ours).to_owned(), get(header)?)))
        .collect();
    properties.retain(|name, value| is_worth_saying(name, value));
    for (name, value) in headers.iter() {
        if let Some(name) = name.as_str().strip_prefix("x-ms-meta-") {
            properties.insert(
                format!("metadata:{}", name.to_ascii_lowercase()),
                value.as_str().to_owned(),
            );
        }
    }
    for (name, value) in tags {
        properties.insert(format!("tag:{name}"), value);
    }
    Some(Entry {
        path: name.path()?,
        kind: Kind::Blob,
        size_bytes: get("content-length").and_then(|length| length.parse().ok()),
        version: version_of(&get("etag")?),
        created: get("x-ms-creation-time").as_deref().and_then(millis),
        modified: get("last-modified").as_deref().and_then(millis),
        properties: properties.into(),
    })
}

/// What is so for nearly every blob is not said of each.
fn is_worth_saying(name: &str, value: &str) -> bool {
    match name {
        "lease" => value == "locked",
        "legal-hold" => value == "true",
        _ => !value.is_empty(),
    }
}

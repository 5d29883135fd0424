//! One blob as a listing says it.

use jiff::Timestamp;

use crate::blob::properties::write_tags;
use crate::blob::state::{Generation, Kind};
use crate::clock::http_date;
use crate::request::Request;
use crate::xml;

/// What a listing shows besides names and properties of what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Include {
    pub(crate) snapshots: bool,
    pub(crate) versions: bool,
    pub(crate) deleted: bool,
    pub(crate) deleted_with_versions: bool,
    pub(crate) metadata: bool,
    pub(crate) tags: bool,
    pub(crate) uncommitted: bool,
    pub(crate) immutability: bool,
    pub(crate) legal_hold: bool,
}

impl Include {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            snapshots: request.includes("snapshots"),
            versions: request.includes("versions"),
            deleted: request.includes("deleted"),
            deleted_with_versions: request.includes("deletedwithversions"),
            metadata: request.includes("metadata"),
            tags: request.includes("tags"),
            uncommitted: request.includes("uncommittedblobs"),
            immutability: request.includes("immutabilitypolicy"),
            legal_hold: request.includes("legalhold"),
        }
    }
}

/// A name that has only blocks which were not committed.
pub(crate) fn uncommitted(writer: xml::Writer, name: &str) -> xml::Writer {
    writer
        .open("Blob", &[])
        .name("Name", name)
        .open("Properties", &[])
        .text("Content-Length", "0")
        .text("BlobType", Kind::Block.text())
        .close("Properties")
        .close("Blob")
}

/// A generation; `only` marks a name that has nothing but versions.
pub(crate) fn write(
    writer: xml::Writer,
    name: &str,
    generation: &Generation,
    current: bool,
    only: bool,
    include: &Include,
    now: Timestamp,
) -> xml::Writer {
    let mut writer = writer
        .open("Blob", &[])
        .name("Name", name)
        .maybe("Snapshot", generation.snapshot.as_ref());
    if only {
        // As recorded from the service: properties of the latest version, and no `Deleted`.
        writer = writer.text("HasVersionsOnly", "true");
    } else if include.versions {
        writer = writer.maybe("VersionId", generation.version.as_ref());
        if current && generation.version.is_some() && generation.deleted.is_none() {
            writer = writer.text("IsCurrentVersion", "true");
        }
    }
    if generation.deleted.is_some() {
        writer = writer.text("Deleted", "true");
    }
    writer = properties(writer.open("Properties", &[]), generation, include, now);
    writer = writer.close("Properties");
    if include.metadata {
        writer = writer.open("Metadata", &[]);
        for (key, value) in &generation.metadata {
            writer = writer.text(key, value);
        }
        writer = writer.close("Metadata");
    }
    if include.tags && !generation.tags.is_empty() {
        writer = write_tags(writer.open("Tags", &[]), &generation.tags).close("Tags");
    }
    writer.text("OrMetadata", "").close("Blob")
}

fn properties(
    writer: xml::Writer,
    generation: &Generation,
    include: &Include,
    now: Timestamp,
) -> xml::Writer {
    let http = &generation.http;
    let mut writer = writer
        .text("Creation-Time", http_date(generation.created))
        .text("Last-Modified", http_date(generation.modified))
        // Without quotes in a list of blobs: so the service has it.
        .text("Etag", generation.etag.trim_matches('"'))
        .text("Content-Length", generation.content.len().to_string())
        .text("Content-Type", &http.content_type)
        .text("Content-Encoding", &http.encoding)
        .text("Content-Language", &http.language)
        .text("Content-CRC64", "")
        .text("Content-MD5", &http.md5)
        .text("Cache-Control", &http.cache_control)
        .text("Content-Disposition", &http.disposition)
        .text("BlobType", generation.kind.text());
    match generation.kind {
        Kind::Block => {
            writer = writer.text("AccessTier", generation.tier.as_deref().unwrap_or("Hot"));
            if generation.tier.is_none() {
                writer = writer.text("AccessTierInferred", "true");
            }
        }
        Kind::Page => {
            writer = writer.text(
                "x-ms-blob-sequence-number",
                generation.sequence_number.to_string(),
            );
        }
        Kind::Append => {}
    }
    if generation.snapshot.is_none() && generation.deleted.is_none() {
        let state = generation.lease.state(now);
        writer = writer
            .text("LeaseStatus", state.status())
            .text("LeaseState", state.text())
            .maybe("LeaseDuration", generation.lease.duration(now));
    }
    writer = writer.text("ServerEncrypted", "true");
    if include.immutability
        && let Some(policy) = &generation.immutability
    {
        writer = writer
            .text("ImmutabilityPolicyUntilDate", http_date(policy.until))
            .text(
                "ImmutabilityPolicyMode",
                if policy.locked { "locked" } else { "unlocked" },
            );
    }
    if include.legal_hold && generation.legal_hold {
        writer = writer.text("LegalHold", "true");
    }
    if let Some(deleted) = &generation.deleted {
        writer = writer
            .text("DeletedTime", http_date(deleted.at))
            .text("RemainingRetentionDays", deleted.days_left(now).to_string());
    }
    if !generation.tags.is_empty() {
        writer = writer.text("TagCount", generation.tags.len().to_string());
    }
    writer
}

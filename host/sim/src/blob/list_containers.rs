//! List Containers.

use crate::blob::state::Container;
use crate::clock::http_date;
use crate::page::{self, Size};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out List Containers; `include=metadata,deleted,system`.
pub(crate) fn list(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let size = Size::of(request, &world.settings)?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let marker = page::start(request)?.unwrap_or_default();
    let deleted = request.includes("deleted");
    let live = world
        .blobs
        .containers
        .iter()
        .map(|(name, container)| ((name.as_str(), ""), container));
    let hidden = world
        .blobs
        .deleted
        .iter()
        .filter(|_| deleted)
        .filter(|(_, container)| {
            container
                .deleted
                .as_ref()
                .is_some_and(|(deleted, _)| deleted.until > now)
        })
        .map(|((name, version), container)| ((name.as_str(), version.as_str()), container));
    let mut found: Vec<_> = live
        .chain(hidden)
        .filter(|((name, _), _)| name.starts_with(prefix))
        .filter(|((name, version), _)| format!("{name}\0{version}") >= marker)
        .collect();
    found.sort_by_key(|(key, _)| *key);
    let mut writer = xml::Writer::document()
        .open(
            "EnumerationResults",
            &[("ServiceEndpoint", &page::endpoint(request))],
        )
        .maybe("Prefix", request.parameter("prefix"))
        .maybe("Marker", request.parameter("marker"))
        .maybe("MaxResults", request.parameter("maxresults"))
        .open("Containers", &[]);
    let next = found
        .get(size.0)
        .map(|((name, version), _)| page::marker(&format!("{name}\0{version}")));
    for ((name, version), container) in found.into_iter().take(size.0) {
        writer = write(writer, name, version, container, request, now);
    }
    let writer = writer
        .close("Containers")
        .text("NextMarker", next.unwrap_or_default())
        .close("EnumerationResults");
    Ok(Reply::ok().xml(writer.finish()))
}

fn write(
    writer: xml::Writer,
    name: &str,
    version: &str,
    container: &Container,
    request: &Request,
    now: jiff::Timestamp,
) -> xml::Writer {
    let mut writer = writer.open("Container", &[]).text("Name", name);
    if container.deleted.is_some() {
        writer = writer.text("Deleted", "true").text("Version", version);
    }
    let state = container.lease.state(now);
    writer = writer
        .open("Properties", &[])
        .text("Last-Modified", http_date(container.modified))
        // With its quotes here, without them in a list of blobs: so the service has it.
        .text("Etag", &container.etag)
        .text("LeaseStatus", state.status())
        .text("LeaseState", state.text())
        .maybe("LeaseDuration", container.lease.duration(now))
        .maybe("PublicAccess", container.public.as_ref())
        .text(
            "HasImmutabilityPolicy",
            container.immutable_days.is_some().to_string(),
        )
        .text("HasLegalHold", container.legal_hold.to_string())
        .text("ImmutableStorageWithVersioningEnabled", "false");
    if let Some((deleted, _)) = &container.deleted {
        writer = writer
            .text("DeletedTime", http_date(deleted.at))
            .text("RemainingRetentionDays", deleted.days_left(now).to_string());
    }
    writer = writer.close("Properties");
    if request.includes("metadata") && !container.metadata.is_empty() {
        writer = writer.open("Metadata", &[]);
        for (key, value) in &container.metadata {
            writer = writer.text(key, value);
        }
        writer = writer.close("Metadata");
    }
    writer.close("Container")
}

//! List Shares.

use crate::clock::http_date;
use crate::file::state::{Share, Tree};
use crate::page::{self, Size};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out List Shares; `include=snapshots,metadata,deleted`.
pub(crate) fn list(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let size = Size::of(request, &world.settings)?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let marker = page::start(request)?.unwrap_or_default();
    let mut found: Vec<(String, &str, &Share, &Tree)> = Vec::new();
    for (name, share) in &world.shares.shares {
        if request.includes("snapshots") {
            for (id, tree) in &share.snapshots {
                found.push((format!("{name}\0{id}"), name, share, tree));
            }
        }
        // The share itself comes after its snapshots.
        found.push((format!("{name}\0~"), name, share, &share.tree));
    }
    if request.includes("deleted") {
        for ((name, version), share) in &world.shares.deleted {
            if share.deleted.as_ref().is_some_and(|kept| kept.until > now) {
                let key = format!("{name}\0!{version}");
                found.push((key, name, share, &share.tree));
            }
        }
    }
    found.retain(|(key, name, _, _)| name.starts_with(prefix) && *key >= marker);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut writer = xml::Writer::document()
        .open(
            "EnumerationResults",
            &[("ServiceEndpoint", &page::endpoint(request))],
        )
        .maybe("Prefix", request.parameter("prefix"))
        .maybe("Marker", request.parameter("marker"))
        .maybe("MaxResults", request.parameter("maxresults"))
        .open("Shares", &[]);
    let next = found.get(size.0).map(|(key, ..)| page::marker(key));
    for (key, name, share, tree) in found.into_iter().take(size.0) {
        let generation = key.split_once('\0').map_or("", |(_, id)| id);
        writer = write(writer, name, generation, share, tree, request, now);
    }
    let writer = writer
        .close("Shares")
        .text("NextMarker", next.unwrap_or_default())
        .close("EnumerationResults");
    Ok(Reply::ok().xml(writer.finish()))
}

fn write(
    writer: xml::Writer,
    name: &str,
    generation: &str,
    share: &Share,
    tree: &Tree,
    request: &Request,
    now: jiff::Timestamp,
) -> xml::Writer {
    let mut writer = writer.open("Share", &[]).text("Name", name);
    match (&share.deleted, generation) {
        (Some(_), version) => {
            writer = writer
                .text("Deleted", "true")
                .text("Version", version.trim_start_matches('!'));
        }
        (None, "~") => {}
        (None, id) => writer = writer.text("Snapshot", id),
    }
    let state = share.lease.state(now);
    writer = writer
        .open("Properties", &[])
        .text("Last-Modified", http_date(tree.modified))
        .text("Etag", &tree.etag)
        .text("Quota", share.quota.to_string())
        .text("AccessTier", "TransactionOptimized")
        .text("LeaseStatus", state.status())
        .text("LeaseState", state.text())
        .maybe("LeaseDuration", share.lease.duration(now));
    if let Some(deleted) = &share.deleted {
        writer = writer
            .text("DeletedTime", http_date(deleted.at))
            .text("RemainingRetentionDays", deleted.days_left(now).to_string());
    }
    writer = writer.close("Properties");
    if request.includes("metadata") {
        writer = writer.open("Metadata", &[]);
        for (key, value) in &tree.metadata {
            writer = writer.text(key, value);
        }
        writer = writer.close("Metadata");
    }
    writer.close("Share")
}

//! Get Blob and Get Blob Properties.

use std::borrow::Cow;

use hyper::{Method, StatusCode};

use crate::blob::state::{Generation, Kind, Name};
use crate::blob::{not_modified, put};
use crate::clock::http_date;
use crate::conditions::{Conditions, Unmet};
use crate::lease::Of;
use crate::range::Range;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// The generation that a request addresses: it must be there and not hidden.
pub(crate) fn find<'a>(
    world: &'a World,
    request: &Request,
) -> Result<Cow<'a, Generation>, Refusal> {
    let container = world.blobs.container(&request.container)?;
    let found = match container.name(&request.name) {
        Some(Cow::Borrowed(name)) => addressed(name, request).map(Cow::Borrowed),
        Some(Cow::Owned(name)) => addressed(&name, request).cloned().map(Cow::Owned),
        None => None,
    };
    found.ok_or(Code::BlobNotFound.into())
}

fn addressed<'a>(name: &'a Name, request: &Request) -> Option<&'a Generation> {
    let there = |generation: &&Generation| generation.deleted.is_none();
    if let Some(id) = request.parameter("snapshot") {
        return name
            .snapshots
            .iter()
            .filter(there)
            .find(|snapshot| snapshot.snapshot.as_deref() == Some(id));
    }
    if let Some(id) = request.parameter("versionid") {
        return name
            .live()
            .into_iter()
            .chain(&name.versions)
            .filter(there)
            .find(|version| version.version.as_deref() == Some(id));
    }
    name.live()
}

/// Carries out both.
pub(crate) fn get(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let generation = find(world, request)?;
    if let Some(id) = request.header("x-ms-lease-id") {
        generation.lease.check(id, Of::Blob, now)?;
    }
    match Conditions::of(request)?.read(&generation.etag, generation.modified) {
        Ok(()) => {}
        Err(Unmet::NotModified) => return Ok(not_modified(&generation.etag)),
        Err(Unmet::Changed) => return Err(Code::ConditionNotMet.into()),
    }
    let current = world
        .blobs
        .container(&request.container)?
        .name(&request.name)
        .is_some_and(|name| {
            name.live()
                .is_some_and(|base| base.version == generation.version)
        });
    let length = generation.content.len();
    let reply = describe(Reply::ok(), &generation, now, current);
    let whole = request.method == Method::HEAD || request.says("comp", "metadata");
    if whole {
        return Ok(md5(
            reply.header("content-length", length.to_string()),
            &generation,
        ));
    }
    if generation.tier.as_deref() == Some("Archive") {
        return Err(Code::BlobArchived.into());
    }
    let Some(range) = Range::of(request)? else {
        return Ok(md5(reply, &generation).body(generation.content.clone()));
    };
    let range = range.within(length)?;
    let content = generation.content.slice(range.clone());
    let mut reply = reply
        .header(
            "content-range",
            format!("bytes {}-{}/{length}", range.start, range.end - 1),
        )
        .body(content.clone());
    reply.status = StatusCode::PARTIAL_CONTENT;
    if !generation.http.md5.is_empty() {
        reply = reply.header("x-ms-blob-content-md5", &generation.http.md5);
    }
    if request.flag("x-ms-range-get-content-md5")? == Some(true) {
        // The documentation allows it up to 4 MiB.
        if content.len() > 4 << 20 {
            return Err(Code::InvalidHeaderValue.into());
        }
        reply = reply.header("content-md5", put::md5(&content.pieces().concat()));
    }
    Ok(reply)
}

fn md5(reply: Reply, generation: &Generation) -> Reply {
    let md5 = &generation.http.md5;
    reply.maybe("content-md5", (!md5.is_empty()).then_some(md5))
}

/// The headers that say what a generation is.
fn describe(reply: Reply, generation: &Generation, now: jiff::Timestamp, current: bool) -> Reply {
    let http = &generation.http;
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let state = generation.lease.state(now);
    let mut reply = reply
        .header("etag", &generation.etag)
        .header("last-modified", http_date(generation.modified))
        .header("x-ms-creation-time", http_date(generation.created))
        .header("accept-ranges", "bytes")
        .header("content-type", &http.content_type)
        .maybe("content-encoding", filled(&http.encoding))
        .maybe("content-language", filled(&http.language))
        .maybe("content-disposition", filled(&http.disposition))
        .maybe("cache-control", filled(&http.cache_control))
        .header("x-ms-blob-type", generation.kind.text())
        .header("x-ms-server-encrypted", "true")
        .maybe("x-ms-version-id", generation.version.as_ref());
    if generation.version.is_some() && current {
        reply = reply.header("x-ms-is-current-version", "true");
    }
    if generation.snapshot.is_none() {
        reply = reply
            .header("x-ms-lease-state", state.text())
            .header("x-ms-lease-status", state.status())
            .maybe("x-ms-lease-duration", generation.lease.duration(now));
    }
    for (key, value) in &generation.metadata {
        reply = reply.header(&format!("x-ms-meta-{key}"), value);
    }
    if !generation.tags.is_empty() {
        reply = reply.header("x-ms-tag-count", generation.tags.len().to_string());
    }
    match generation.kind {
        Kind::Block => {
            reply = match &generation.tier {
                Some(tier) => reply.header("x-ms-access-tier", tier),
                None => reply
                    .header("x-ms-access-tier", "Hot")
                    .header("x-ms-access-tier-inferred", "true"),
            };
        }
        Kind::Append => {
            reply = reply.header(
                "x-ms-blob-committed-block-count",
                generation.appended.to_string(),
            );
        }
        Kind::Page => {
            reply = reply.header(
                "x-ms-blob-sequence-number",
                generation.sequence_number.to_string(),
            );
        }
    }
    if let Some(policy) = &generation.immutability {
        reply = reply
            .header(
                "x-ms-immutability-policy-until-date",
                http_date(policy.until),
            )
            .header(
                "x-ms-immutability-policy-mode",
                if policy.locked { "locked" } else { "unlocked" },
            );
    }
    if generation.legal_hold {
        reply = reply.header("x-ms-legal-hold", "true");
    }
    reply
}

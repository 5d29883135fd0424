//! What can be set on a blob besides its content: headers, metadata, tags, tier, lease.

use std::collections::BTreeMap;

use crate::blob::state::Kind;
use crate::blob::{guard, metadata, put, read};
use crate::clock::{http_date, stamp};
use crate::lease::Of;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out Set Blob Properties. No version is made of it.
pub(crate) fn set_headers(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
    let length = request.number("x-ms-blob-content-length")?;
    world.change(request, Operation::BlobSetHeaders, |name, tick| {
        guard::admit(name, request, tick)?;
        let base = name.live_mut().ok_or(Code::BlobNotFound)?;
        guard::mutable(base, tick)?;
        match length {
            Some(length) if base.kind == Kind::Page && length % 512 == 0 => {
                let more = length.saturating_sub(base.content.len());
                let more = usize::try_from(more).map_err(|_| Code::InvalidHeaderValue)?;
                base.content = base.content.slice(0..length).append(vec![0; more].into());
            }
            Some(_) => return Err(Code::InvalidHeaderValue.into()),
            None => {
                base.http.content_type = header("x-ms-blob-content-type");
                base.http.encoding = header("x-ms-blob-content-encoding");
                base.http.language = header("x-ms-blob-content-language");
                base.http.disposition = header("x-ms-blob-content-disposition");
                base.http.cache_control = header("x-ms-blob-cache-control");
                base.http.md5 = header("x-ms-blob-content-md5");
            }
        }
        base.etag.clone_from(&tick.etag);
        base.modified = tick.now;
        base.lease.after_change(tick.now);
        Ok(put::changed(Reply::ok(), base))
    })
}

/// Carries out Set Blob Metadata. On an account with versions it makes one.
pub(crate) fn set_metadata(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    world.change(request, Operation::BlobSetMetadata, |name, tick| {
        if name.live().is_none() {
            return Err(Code::BlobNotFound.into());
        }
        guard::admit(name, request, tick)?;
        let base = name.live().ok_or(Code::BlobNotFound)?;
        guard::replaceable(base, tick)?;
        if tick.settings.versioning {
            let old = base.clone();
            guard::keep_version(name, old);
        }
        let base = name.live_mut().ok_or(Code::BlobNotFound)?;
        if tick.settings.versioning {
            base.version = Some(stamp(tick.now));
        }
        base.metadata = metadata(request);
        base.etag.clone_from(&tick.etag);
        base.modified = tick.now;
        base.lease.after_change(tick.now);
        Ok(put::changed(Reply::ok(), base))
    })
}

/// Carries out Set Blob Tier. Neither the ETag nor the time changes.
pub(crate) fn set_tier(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tier = request
        .header("x-ms-access-tier")
        .ok_or(Code::MissingRequiredHeader)?;
    if !matches!(tier, "Hot" | "Cool" | "Cold" | "Archive") {
        return Err(Code::InvalidBlobTier.into());
    }
    world.change(request, Operation::BlobSetTier, |name, tick| {
        let version = request.parameter("versionid");
        let generation = match version {
            Some(id) => name
                .versions
                .iter_mut()
                .chain(&mut name.base)
                .filter(|each| each.deleted.is_none())
                .find(|each| each.version.as_deref() == Some(id)),
            None => name.live_mut(),
        };
        let generation = generation.ok_or(Code::BlobNotFound)?;
        if generation.kind != Kind::Block {
            return Err(Code::InvalidBlobType.into());
        }
        if let Some(id) = request.header("x-ms-lease-id") {
            generation.lease.check(id, Of::Blob, tick.now)?;
        }
        // Assumption, to keep practice short: rehydration from Archive is done at once.
        generation.tier = Some(tier.to_owned());
        Ok(Reply::ok())
    })
}

/// Carries out Get Blob Tags.
pub(crate) fn tags(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let generation = read::find(world, request)?;
    let writer = xml::Writer::document().open("Tags", &[]);
    let writer = write_tags(writer, &generation.tags);
    Ok(Reply::ok().xml(writer.close("Tags").finish()))
}

pub(crate) fn write_tags(mut writer: xml::Writer, tags: &BTreeMap<String, String>) -> xml::Writer {
    writer = writer.open("TagSet", &[]);
    for (key, value) in tags {
        writer = writer
            .open("Tag", &[])
            .text("Key", key)
            .text("Value", value)
            .close("Tag");
    }
    writer.close("TagSet")
}

/// Carries out Set Blob Tags. Neither the ETag nor the time changes.
pub(crate) fn set_tags(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut tags = BTreeMap::new();
    let mut key = String::new();
    for leaf in xml::leaves(&request.body)? {
        match leaf.name() {
            "Key" => key = leaf.text,
            "Value" => {
                tags.insert(std::mem::take(&mut key), leaf.text);
            }
            _ => {}
        }
    }
    // The documented limits: ten tags, keys to 128 and values to 256 characters.
    let sized = |(key, value): (&String, &String)| {
        (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256
    };
    if tags.len() > 10 || !tags.iter().all(sized) {
        return Err(Code::InvalidInput.into());
    }
    world.change(request, Operation::BlobSetTags, |name, tick| {
        let base = name.live_mut().ok_or(Code::BlobNotFound)?;
        let lease_id = request.header("x-ms-lease-id");
        base.lease.admit(lease_id, Of::Blob, tick.now)?;
        base.tags = tags;
        Ok(Reply::new(hyper::StatusCode::NO_CONTENT))
    })
}

/// Carries out Lease Blob. Neither the ETag nor the time changes.
pub(crate) fn lease(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let conditions = crate::conditions::Conditions::of(request)?;
    world.change(request, Operation::BlobLease, |name, tick| {
        let base = name.live_mut().ok_or(Code::BlobNotFound)?;
        conditions.write(Some((&base.etag, base.modified)))?;
        let reply = base.lease.act(request, tick.now)?;
        Ok(reply
            .header("etag", &base.etag)
            .header("last-modified", http_date(base.modified)))
    })
}

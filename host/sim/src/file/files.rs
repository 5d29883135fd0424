//! Files: create, write ranges, read, describe, delete, lease.
//!
//! Neither the delete nor any write of a file has a condition on its ETag: the swagger has none
//! (2024-05-04). What keeps others out is a lease.

use bytes::Bytes;
use hyper::{Method, StatusCode};

use crate::blob::metadata;
use crate::blob::put::{checked_md5, md5};
use crate::blob::state::Http;
use crate::content::Content;
use crate::file::state::{Facts, File, Node, path};
use crate::file::{described, note};
use crate::lease::{Lease, Of};
use crate::mutation::Effect;
use crate::operation::Operation;
use crate::range::Range;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::{Tick, World};
use crate::xml;

/// The most that one Put Range writes.
const RANGE_MAX: u64 = 4 << 20;

fn zeros(length: u64) -> Content {
    Content::repeated(&Bytes::from_static(&[0; 4096]), length)
}

/// Carries out Create File: a file of zeros, in the place of one that was there.
pub(crate) fn create(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::InvalidUri)?;
    if request.header("x-ms-type") != Some("file") {
        return Err(Code::MissingRequiredHeader.into());
    }
    let length = request
        .number("x-ms-content-length")?
        .ok_or(Code::MissingRequiredHeader)?;
    let share = world.shares.share_mut(&request.container)?;
    let parent = share.tree.root.parent_mut(parents)?;
    let (mut before, mut lease) = (None, Lease::default());
    match parent.child(name) {
        Some(Node::Directory(_)) => return Err(Code::ResourceTypeMismatch.into()),
        Some(Node::File(old)) => {
            let id = request.header("x-ms-lease-id");
            old.lease.admit(id, Of::File, tick.now)?;
            before = Some(old.facts.etag.clone());
            lease = old.lease.clone();
        }
        None => {}
    }
    let mut facts = Facts::new(&tick);
    facts.metadata = metadata(request);
    let said = |name: &str| request.header(name).map(str::to_owned);
    facts.attributes = said("x-ms-file-attributes").filter(|said| said != "None");
    facts.permission = said("x-ms-file-permission-key");
    if let Some(made) = said("x-ms-file-creation-time").filter(|said| said != "now") {
        facts.created = made.parse().map_err(|_| Code::InvalidHeaderValue)?;
    }
    let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
    let mut http = Http {
        content_type: header("x-ms-content-type"),
        encoding: header("x-ms-content-encoding"),
        language: header("x-ms-content-language"),
        disposition: header("x-ms-content-disposition"),
        cache_control: header("x-ms-cache-control"),
        md5: header("x-ms-content-md5"),
    };
    if http.content_type.is_empty() {
        http.content_type = "application/octet-stream".into();
    }
    let reply = described(Reply::created(), &facts, "Archive");
    let file = File {
        facts,
        content: zeros(length),
        http,
        lease,
    };
    parent.insert(name, Node::File(Box::new(file)));
    let effect = match before {
        Some(_) => Effect::Changed,
        None => Effect::Created,
    };
    let etags = (before, Some(tick.etag));
    note(
        world,
        request,
        Operation::FileCreate,
        &path.join("/"),
        effect,
        etags,
    );
    Ok(reply)
}

/// Changes a file that is there, under its lease, and writes it down.
fn change(
    world: &mut World,
    request: &Request,
    operation: Operation,
    act: impl FnOnce(&mut File, &Tick) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::InvalidUri)?;
    let share = world.shares.share_mut(&request.container)?;
    let parent = share.tree.root.parent_mut(parents)?;
    let file = match parent.child_mut(name) {
        Some(Node::File(file)) => file,
        Some(Node::Directory(_)) => return Err(Code::ResourceTypeMismatch.into()),
        None => return Err(Code::ResourceNotFound.into()),
    };
    if operation != Operation::FileLease {
        let id = request.header("x-ms-lease-id");
        file.lease.admit(id, Of::File, tick.now)?;
    }
    let before = file.facts.etag.clone();
    let reply = act(file, &tick)?;
    if operation != Operation::FileLease {
        file.facts.renew(&tick);
    }
    let reply = described(reply, &file.facts, "Archive");
    let etags = (Some(before), Some(file.facts.etag.clone()));
    note(
        world,
        request,
        operation,
        &path.join("/"),
        Effect::Changed,
        etags,
    );
    Ok(reply)
}

/// Carries out Put Range, `update` and `clear`.
pub(crate) fn upload_range(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let md5 = checked_md5(request)?;
    let range = Range::of(request)?.ok_or(Code::MissingRequiredHeader)?;
    let end = range.end.ok_or(Code::InvalidHeaderValue)?;
    let length = end - range.start;
    let update = match request.header("x-ms-write") {
        Some("update") if length > RANGE_MAX => return Err(Code::RequestBodyTooLarge.into()),
        Some("update") if request.body.len() as u64 == length => true,
        Some("clear") if request.body.is_empty() => false,
        _ => return Err(Code::InvalidHeaderValue.into()),
    };
    change(world, request, Operation::FileUploadRange, |file, _| {
        if end > file.content.len() {
            return Err(Code::InvalidRange.into());
        }
        let bytes = if update {
            request.body.clone()
        } else {
            let length = usize::try_from(length).map_err(|_| Code::InvalidRange)?;
            Bytes::from(vec![0; length])
        };
        file.content = file.content.overwrite(range.start, bytes);
        Ok(Reply::created().maybe("content-md5", md5))
    })
}

/// Carries out Set File Properties: headers and length.
pub(crate) fn set_headers(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let length = request.number("x-ms-content-length")?;
    change(world, request, Operation::FileSetHeaders, |file, _| {
        if let Some(length) = length {
            let more = zeros(length.saturating_sub(file.content.len()));
            let mut pieces = file.content.slice(0..length).pieces().to_vec();
            pieces.extend(more.pieces().iter().cloned());
            file.content = Content::of(pieces);
        }
        let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
        file.http.content_type = header("x-ms-content-type");
        file.http.encoding = header("x-ms-content-encoding");
        file.http.language = header("x-ms-content-language");
        file.http.disposition = header("x-ms-content-disposition");
        file.http.cache_control = header("x-ms-cache-control");
        file.http.md5 = header("x-ms-content-md5");
        Ok(Reply::ok())
    })
}

/// Carries out Set File Metadata.
pub(crate) fn set_metadata(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    change(world, request, Operation::FileSetMetadata, |file, _| {
        file.facts.metadata = metadata(request);
        Ok(Reply::ok())
    })
}

/// Carries out Lease File: only for ever, as the documentation has it.
pub(crate) fn lease(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    if request
        .header("x-ms-lease-duration")
        .is_some_and(|duration| duration != "-1")
    {
        return Err(Code::InvalidHeaderValue.into());
    }
    change(world, request, Operation::FileLease, |file, tick| {
        file.lease.act(request, tick.now)
    })
}

/// Carries out Delete File. There is no soft delete of a file, only of a share.
pub(crate) fn delete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::InvalidUri)?;
    let share = world.shares.share_mut(&request.container)?;
    let parent = share.tree.root.parent_mut(parents)?;
    let etag = match parent.child(name) {
        Some(Node::File(file)) => {
            let id = request.header("x-ms-lease-id");
            file.lease.admit(id, Of::File, now)?;
            if file.facts.is_read_only() {
                return Err(Code::ReadOnlyAttribute.into());
            }
            file.facts.etag.clone()
        }
        Some(Node::Directory(_)) => return Err(Code::ResourceTypeMismatch.into()),
        None => return Err(Code::ResourceNotFound.into()),
    };
    parent.remove(name);
    let etags = (Some(etag), None);
    note(
        world,
        request,
        Operation::FileDelete,
        &path.join("/"),
        Effect::Removed,
        etags,
    );
    Ok(Reply::accepted())
}

/// The file that a request reads, perhaps in a snapshot of its share.
fn find<'a>(world: &'a World, request: &Request) -> Result<&'a File, Refusal> {
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::InvalidUri)?;
    let parent = world
        .shares
        .tree(request)?
        .root
        .at(parents)
        .map_err(|_| Code::ParentNotFound)?;
    match parent.child(name) {
        Some(Node::File(file)) => Ok(file),
        Some(Node::Directory(_)) => Err(Code::ResourceTypeMismatch.into()),
        None => Err(Code::ResourceNotFound.into()),
    }
}

/// Carries out Get File and Get File Properties.
pub(crate) fn get(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let file = find(world, request)?;
    if let Some(id) = request.header("x-ms-lease-id") {
        file.lease.check(id, Of::File, now)?;
    }
    let http = &file.http;
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let state = file.lease.state(now);
    let mut reply = described(Reply::ok(), &file.facts, "Archive")
        .header("x-ms-type", "File")
        .header("content-type", &http.content_type)
        .maybe("content-encoding", filled(&http.encoding))
        .maybe("content-language", filled(&http.language))
        .maybe("content-disposition", filled(&http.disposition))
        .maybe("cache-control", filled(&http.cache_control))
        .header("accept-ranges", "bytes")
        .header("x-ms-lease-state", state.text())
        .header("x-ms-lease-status", state.status())
        .maybe("x-ms-lease-duration", file.lease.duration(now));
    let length = file.content.len();
    if request.method == Method::HEAD {
        return Ok(reply
            .maybe("content-md5", filled(&http.md5))
            .header("content-length", length.to_string()));
    }
    let Some(range) = Range::of(request)? else {
        return Ok(reply
            .maybe("content-md5", filled(&http.md5))
            .body(file.content.clone()));
    };
    let range = range.within(length)?;
    let content = file.content.slice(range.clone());
    reply = reply
        .header(
            "content-range",
            format!("bytes {}-{}/{length}", range.start, range.end - 1),
        )
        .maybe("x-ms-content-md5", filled(&http.md5))
        .body(content.clone());
    reply.status = StatusCode::PARTIAL_CONTENT;
    if request.flag("x-ms-range-get-content-md5")? == Some(true) {
        if content.len() > RANGE_MAX {
            return Err(Code::InvalidHeaderValue.into());
        }
        reply = reply.header("content-md5", md5(&content.pieces().concat()));
    }
    Ok(reply)
}

/// Carries out List Ranges: everything, as one range.
pub(crate) fn ranges(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let file = find(world, request)?;
    let length = file.content.len();
    let mut writer = xml::Writer::document().open("Ranges", &[]);
    if length > 0 {
        writer = writer
            .open("Range", &[])
            .text("Start", "0")
            .text("End", (length - 1).to_string())
            .close("Range");
    }
    Ok(described(Reply::ok(), &file.facts, "Archive")
        .header("x-ms-content-length", length.to_string())
        .xml(writer.close("Ranges").finish()))
}

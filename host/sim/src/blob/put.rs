//! Put Blob in its three types, and Append Block.

use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::auth::Caller;
use crate::blob::state::{Generation, Http, Kind};
use crate::blob::{guard, immutability, metadata};
use crate::clock::http_date;
use crate::content::Content;
use crate::lease::Lease;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::{Request, decode};
use crate::world::{Tick, World};

/// Longer bodies have no MD5 computed that nobody asked for.
const MD5_UNASKED_MAX: usize = 4 << 20;

/// A new generation with what the request says of it.
pub(crate) fn described(
    request: &Request,
    kind: Kind,
    content: Content,
    tick: &Tick,
) -> Result<Generation, Refusal> {
    let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
    // `x-ms-blob-content-type` says it; a plain Content-Type does where the body is the blob.
    let either = |own: &str, plain: &str| {
        let own = header(own);
        if own.is_empty() { header(plain) } else { own }
    };
    let mut content_type = either("x-ms-blob-content-type", "content-type");
    if content_type.is_empty() {
        content_type = "application/octet-stream".into();
    }
    let mut tags = std::collections::BTreeMap::new();
    for pair in header("x-ms-tags")
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        tags.insert(
            decode(&key.replace('+', " "))?,
            decode(&value.replace('+', " "))?,
        );
    }
    Ok(Generation {
        kind,
        content,
        etag: tick.etag.clone(),
        created: tick.now,
        modified: tick.now,
        http: Http {
            content_type,
            encoding: either("x-ms-blob-content-encoding", "content-encoding"),
            language: either("x-ms-blob-content-language", "content-language"),
            disposition: header("x-ms-blob-content-disposition"),
            cache_control: either("x-ms-blob-cache-control", "cache-control"),
            md5: header("x-ms-blob-content-md5"),
        },
        metadata: metadata(request),
        tags,
        tier: request.header("x-ms-access-tier").map(str::to_owned),
        lease: Lease::default(),
        immutability: immutability::of(request)?,
        legal_hold: request.flag("x-ms-legal-hold")?.unwrap_or(false),
        sequence_number: request.number("x-ms-blob-sequence-number")?.unwrap_or(0),
        blocks: Vec::new(),
        appended: 0,
        version: None,
        snapshot: None,
        deleted: None,
    })
}

/// The MD5 of a body, checked against what the request says of it.
pub(crate) fn checked_md5(request: &Request) -> Result<Option<String>, Refusal> {
    let asked = request.header("content-md5");
    if asked.is_none() && request.body.len() > MD5_UNASKED_MAX {
        return Ok(None);
    }
    let found = md5(&request.body);
    match asked {
        Some(asked) if Base64::decode_vec(asked).map_or(true, |raw| raw.len() != 16) => {
            Err(Code::InvalidMd5.into())
        }
        Some(asked) if asked != found => Err(Code::Md5Mismatch.into()),
        _ => Ok(Some(found)),
    }
}

pub(crate) fn md5(bytes: &[u8]) -> String {
    Base64::encode_string(&Md5::digest(bytes))
}

/// What every change of the base answers.
pub(crate) fn changed(reply: Reply, generation: &Generation) -> Reply {
    reply
        .header("etag", &generation.etag)
        .header("last-modified", http_date(generation.modified))
        .header("x-ms-request-server-encrypted", "true")
        .maybe("x-ms-version-id", generation.version.as_ref())
}

/// Who may only create must find nothing.
pub(crate) fn may_overwrite(caller: &Caller, exists: bool) -> Result<(), Refusal> {
    if exists && !caller.may('w') {
        return Err(Code::UnauthorizedBlobOverwrite.into());
    }
    Ok(())
}

/// Carries out Put Blob.
pub(crate) fn put(
    world: &mut World,
    request: &Request,
    operation: Operation,
    caller: &Caller,
) -> Result<Reply, Refusal> {
    let md5 = checked_md5(request)?;
    let (kind, content) = match operation {
        Operation::PutPage => {
            let length = request
                .number("x-ms-blob-content-length")?
                .ok_or(Code::MissingRequiredHeader)?;
            if length % 512 != 0 {
                return Err(Code::InvalidHeaderValue.into());
            }
            let zeros = Bytes::from_static(&[0; 512]);
            (Kind::Page, Content::repeated(&zeros, length))
        }
        Operation::PutAppend => (Kind::Append, Content::default()),
        _ => (Kind::Block, request.body.clone().into()),
    };
    if kind != Kind::Block && !request.body.is_empty() {
        return Err(Code::InvalidHeaderValue.into());
    }
    world.change(request, operation, |name, tick| {
        guard::admit(name, request, tick)?;
        may_overwrite(caller, name.live().is_some())?;
        if let Some(base) = name.live() {
            guard::replaceable(base, tick)?;
        }
        let mut new = described(request, kind, content, tick)?;
        if kind == Kind::Block && new.http.md5.is_empty() {
            new.http.md5 = md5.clone().unwrap_or_default();
        }
        guard::replace(name, new, tick);
        let base = name.live().ok_or(Code::InternalError)?;
        Ok(changed(Reply::created(), base).maybe("content-md5", md5))
    })
}

/// Carries out Append Block.
pub(crate) fn append(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let md5 = checked_md5(request)?;
    let position = request.number("x-ms-blob-condition-appendpos")?;
    let most = request.number("x-ms-blob-condition-maxsize")?;
    world.change(request, Operation::AppendBlock, |name, tick| {
        guard::admit(name, request, tick)?;
        let base = guard::base(name, Kind::Append)?;
        guard::mutable(base, tick)?;
        let offset = base.content.len();
        if position.is_some_and(|position| position != offset)
            || most.is_some_and(|most| offset + request.body.len() as u64 > most)
        {
            return Err(Code::AppendPositionConditionNotMet.into());
        }
        // Neither a version nor a snapshot is made of it (facts.md, section 5).
        base.content = base.content.append(request.body.clone());
        base.appended += 1;
        base.etag.clone_from(&tick.etag);
        base.modified = tick.now;
        base.lease.after_change(tick.now);
        Ok(changed(Reply::created(), base)
            .maybe("content-md5", md5)
            .header("x-ms-blob-append-offset", offset.to_string())
            .header("x-ms-blob-committed-block-count", base.appended.to_string()))
    })
}

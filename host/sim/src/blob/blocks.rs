//! Blocks: put, commit, list.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};

use crate::auth::Caller;
use crate::blob::state::Kind;
use crate::blob::{guard, put};
use crate::content::Content;
use crate::lease::Of;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out Put Block.
pub(crate) fn stage(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let id = request
        .parameter("blockid")
        .ok_or(Code::MissingRequiredQueryParameter)?;
    if Base64::decode_vec(id).map_or(true, |raw| raw.is_empty() || raw.len() > 64) {
        return Err(Code::InvalidQueryParameterValue.into());
    }
    let md5 = put::checked_md5(request)?;
    world.change(request, Operation::StageBlock, |name, tick| {
        if let Some(base) = name.live() {
            if base.kind != Kind::Block {
                return Err(Code::InvalidBlobType.into());
            }
            let lease_id = request.header("x-ms-lease-id");
            base.lease.admit(lease_id, Of::Blob, tick.now)?;
        }
        // All ids of a blob have one length.
        if name.blocks.keys().any(|other| other.len() != id.len()) {
            return Err(Code::InvalidBlobOrBlock.into());
        }
        name.blocks.insert(id.to_owned(), request.body.clone());
        Ok(Reply::created()
            .maybe("content-md5", md5)
            .header("x-ms-request-server-encrypted", "true"))
    })
}

/// Carries out Put Block List.
pub(crate) fn commit(
    world: &mut World,
    request: &Request,
    caller: &Caller,
) -> Result<Reply, Refusal> {
    let leaves = xml::leaves(&request.body)?;
    world.change(request, Operation::CommitBlocks, |name, tick| {
        guard::admit(name, request, tick)?;
        put::may_overwrite(caller, name.live().is_some())?;
        let mut committed = BTreeMap::new();
        if let Some(base) = name.live() {
            guard::replaceable(base, tick)?;
            let mut at = 0;
            for (id, length) in &base.blocks {
                committed.insert(id.clone(), base.content.slice(at..at + length));
                at += length;
            }
        }
        let staged = |id: &str| {
            name.blocks
                .get(id)
                .map(|block| Content::from(block.clone()))
        };
        let mut blocks = Vec::new();
        let mut pieces = Vec::new();
        for leaf in &leaves {
            let id = leaf.text.trim();
            let block = match leaf.name() {
                "Latest" => staged(id).or_else(|| committed.get(id).cloned()),
                "Uncommitted" => staged(id),
                "Committed" => committed.get(id).cloned(),
                "BlockList" => continue,
                _ => return Err(Code::InvalidXmlDocument.into()),
            };
            let block = block.ok_or(Code::InvalidBlockList)?;
            blocks.push((id.to_owned(), block.len()));
            pieces.extend(block.pieces().iter().cloned());
        }
        let mut new = put::described(request, Kind::Block, Content::of(pieces), tick)?;
        // The body's own type is that of the list, not of the blob.
        if request.header("x-ms-blob-content-type").is_none() {
            new.http.content_type = "application/octet-stream".into();
        }
        new.blocks = blocks;
        guard::replace(name, new, tick);
        let base = name.live().ok_or(Code::InternalError)?;
        Ok(put::changed(Reply::created(), base))
    })
}

/// Carries out Get Block List.
pub(crate) fn get(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let kind = request.parameter("blocklisttype").unwrap_or("committed");
    let name = world
        .blobs
        .container(&request.container)?
        .name(&request.name)
        .ok_or(Code::BlobNotFound)?;
    if name.live().is_none() && name.blocks.is_empty() {
        return Err(Code::BlobNotFound.into());
    }
    let mut writer = xml::Writer::document().open("BlockList", &[]);
    let block = |writer: xml::Writer, id: &str, length: u64| {
        writer
            .open("Block", &[])
            .text("Name", id)
            .text("Size", length.to_string())
            .close("Block")
    };
    if matches!(kind, "committed" | "all") {
        writer = writer.open("CommittedBlocks", &[]);
        for (id, length) in name.live().map_or(&[][..], |base| &base.blocks) {
            writer = block(writer, id, *length);
        }
        writer = writer.close("CommittedBlocks");
    }
    if matches!(kind, "uncommitted" | "all") {
        writer = writer.open("UncommittedBlocks", &[]);
        for (id, bytes) in &name.blocks {
            writer = block(writer, id, bytes.len() as u64);
        }
        writer = writer.close("UncommittedBlocks");
    }
    let reply = match name.live() {
        Some(base) => Reply::ok()
            .header("etag", &base.etag)
            .header("x-ms-blob-content-length", base.content.len().to_string()),
        None => Reply::ok(),
    };
    Ok(reply.xml(writer.close("BlockList").finish()))
}

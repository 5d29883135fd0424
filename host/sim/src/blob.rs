//! The blob service: each operation goes to the module of its family.

pub(crate) mod account;
pub(crate) mod batch;
pub(crate) mod blocks;
pub(crate) mod container;
pub(crate) mod delete;
pub(crate) mod guard;
pub(crate) mod immutability;
pub(crate) mod list;
pub(crate) mod list_containers;
pub(crate) mod list_entry;
pub(crate) mod page;
pub(crate) mod properties;
pub(crate) mod put;
pub(crate) mod read;
pub(crate) mod snapshot;
pub(crate) mod state;

use hyper::StatusCode;

use crate::auth::Caller;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// Answers a request that was authorised. A batch is taken apart before, by the server.
pub(crate) fn answer(
    world: &mut World,
    request: &Request,
    operation: Operation,
    caller: &Caller,
) -> Result<Reply, Refusal> {
    match operation {
        Operation::ServiceGetProperties => account::properties(world),
        Operation::ServiceSetProperties => account::set_properties(world, request),
        Operation::ServiceAccountInfo | Operation::BlobAccountInfo => Ok(account::info(world)),
        Operation::ListContainers => list_containers::list(world, request),
        Operation::ContainerCreate => container::create(world, request),
        Operation::ContainerGetProperties => container::properties(world, request),
        Operation::ContainerDelete => container::delete(world, request),
        Operation::ContainerSetMetadata => container::set_metadata(world, request),
        Operation::ContainerGetPolicies => container::policies(world, request),
        Operation::ContainerSetPolicies => container::set_policies(world, request),
        Operation::ContainerRestore => container::restore(world, request),
        Operation::ContainerLease => container::lease(world, request),
        Operation::ListBlobs | Operation::ListBlobsHierarchy => {
            list::list(world, request, caller, 0)
        }
        Operation::BlobDownload | Operation::BlobGetProperties => read::get(world, request),
        Operation::BlobDelete | Operation::BlobDeleteVersion | Operation::BlobDeletePermanent => {
            delete::delete(world, request, operation)
        }
        Operation::BlobUndelete => delete::undelete(world, request),
        Operation::BlobSetHeaders => properties::set_headers(world, request),
        Operation::BlobSetMetadata => properties::set_metadata(world, request),
        Operation::BlobSetTier => properties::set_tier(world, request),
        Operation::BlobGetTags => properties::tags(world, request),
        Operation::BlobSetTags => properties::set_tags(world, request),
        Operation::BlobLease => properties::lease(world, request),
        Operation::BlobSetImmutability => immutability::set(world, request),
        Operation::BlobDeleteImmutability => immutability::delete(world, request),
        Operation::BlobSetLegalHold => immutability::set_legal_hold(world, request),
        Operation::BlobSnapshot => snapshot::take(world, request),
        Operation::PutBlock | Operation::PutAppend | Operation::PutPage => {
            put::put(world, request, operation, caller)
        }
        Operation::StageBlock => blocks::stage(world, request),
        Operation::CommitBlocks => blocks::commit(world, request, caller),
        Operation::GetBlocks => blocks::get(world, request),
        Operation::AppendBlock => put::append(world, request),
        Operation::UploadPages => page::upload(world, request),
        Operation::GetPages => page::ranges(world, request),
        _ => Err(Code::UnsupportedHttpVerb.into()),
    }
}

/// `x-ms-meta-*` of a request.
pub(crate) fn metadata(request: &Request) -> std::collections::BTreeMap<String, String> {
    request
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-ms-meta-")?;
            let value = String::from_utf8_lossy(value.as_bytes());
            Some((name.to_owned(), value.into_owned()))
        })
        .collect()
}

/// The answer to a reader that has it already.
pub(crate) fn not_modified(etag: &str) -> Reply {
    Reply::new(StatusCode::NOT_MODIFIED).header("etag", etag)
}

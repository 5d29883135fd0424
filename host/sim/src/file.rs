//! The file service: each operation goes to the module of its family.

pub(crate) mod directory;
pub(crate) mod files;
pub(crate) mod list;
pub(crate) mod list_shares;
pub(crate) mod rename;
pub(crate) mod share;
pub(crate) mod state;

use crate::clock::{http_date, stamp};
use crate::file::state::Facts;
use crate::mutation::{Effect, Place, Service};
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// Answers a request that was authorised.
pub(crate) fn answer(
    world: &mut World,
    request: &Request,
    operation: Operation,
) -> Result<Reply, Refusal> {
    if operation.changes() && request.parameter("sharesnapshot").is_some() {
        // A snapshot is read; only the share's own delete takes it.
        if operation != Operation::ShareDelete {
            return Err(Code::InvalidQueryParameterValue.into());
        }
    }
    match operation {
        Operation::ListShares => list_shares::list(world, request),
        Operation::ServiceGetProperties => Ok(share::service_properties(world)),
        Operation::ShareCreate => share::create(world, request),
        Operation::ShareGetProperties => share::properties(world, request),
        Operation::ShareDelete => share::delete(world, request),
        Operation::ShareSnapshot => share::snapshot(world, request),
        Operation::ShareRestore => share::restore(world, request),
        Operation::ShareLease => share::lease(world, request),
        Operation::ShareSetMetadata => share::set_metadata(world, request),
        Operation::DirectoryCreate => directory::create(world, request),
        Operation::DirectoryGetProperties => directory::properties(world, request),
        Operation::DirectoryDelete => directory::delete(world, request),
        Operation::DirectoryList => list::list(world, request),
        Operation::DirectoryRename | Operation::FileRename => {
            rename::rename(world, request, operation)
        }
        Operation::FileCreate => files::create(world, request),
        Operation::FileDownload | Operation::FileGetProperties => files::get(world, request),
        Operation::FileDelete => files::delete(world, request),
        Operation::FileSetHeaders => files::set_headers(world, request),
        Operation::FileSetMetadata => files::set_metadata(world, request),
        Operation::FileLease => files::lease(world, request),
        Operation::FileUploadRange => files::upload_range(world, request),
        Operation::FileGetRanges => files::ranges(world, request),
        _ => Err(Code::UnsupportedHttpVerb.into()),
    }
}

/// Writes down what became of a share, a directory or a file.
pub(crate) fn note(
    world: &mut World,
    request: &Request,
    operation: Operation,
    path: &str,
    effect: Effect,
    etags: (Option<String>, Option<String>),
) {
    let place = Place {
        service: Service::File,
        verb: operation.name(),
        container: &request.container,
        blob: path,
    };
    world
        .log
        .push(place, String::new(), effect, etags.0, etags.1);
}

/// The headers that directories and files share.
pub(crate) fn described(reply: Reply, facts: &Facts, attributes: &str) -> Reply {
    let mut reply = reply
        .header("etag", &facts.etag)
        .header("last-modified", http_date(facts.modified))
        .header("x-ms-server-encrypted", "true")
        .header("x-ms-request-server-encrypted", "true")
        .header(
            "x-ms-file-attributes",
            facts.attributes.as_deref().unwrap_or(attributes),
        )
        .header("x-ms-file-creation-time", stamp(facts.created))
        .header("x-ms-file-last-write-time", stamp(facts.modified))
        .header("x-ms-file-change-time", stamp(facts.modified))
        .header(
            "x-ms-file-permission-key",
            facts.permission.as_deref().unwrap_or("0*0"),
        )
        .header("x-ms-file-id", facts.id.to_string())
        .header("x-ms-file-parent-id", "0");
    for (key, value) in &facts.metadata {
        reply = reply.header(&format!("x-ms-meta-{key}"), value);
    }
    reply
}

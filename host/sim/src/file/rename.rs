//! Rename File and Rename Directory (2021-04-10 and later), within one share.

use crate::file::state::{Node, path, segments};
use crate::file::{described, note};
use crate::lease::{Lease, Of};
use crate::mutation::Effect;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::{Request, decode};
use crate::world::World;

/// The source's path, if it is in the same share.
fn source(request: &Request, account: &str) -> Result<Vec<String>, Refusal> {
    let url = request
        .header("x-ms-file-rename-source")
        .ok_or(Code::MissingRequiredHeader)?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path.trim_start_matches('/'),
    };
    let inside = path
        .strip_prefix(account)
        .and_then(|path| path.strip_prefix('/'))
        .and_then(|path| path.split_once('/'));
    let keeps_dots = request.flag("x-ms-source-allow-trailing-dot")? == Some(true);
    match inside {
        Some((share, path)) if decode(share)? == request.container => {
            segments(&decode(path)?, keeps_dots)
        }
        _ => Err(Code::InvalidHeaderValue.into()),
    }
}

/// Carries out both.
pub(crate) fn rename(
    world: &mut World,
    request: &Request,
    operation: Operation,
) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let from = source(request, &tick.settings.account)?;
    let to = path(request)?;
    let (from_name, from_parents) = from.split_last().ok_or(Code::InvalidUri)?;
    let (to_name, to_parents) = to.split_last().ok_or(Code::InvalidUri)?;
    let replaces = request.flag("x-ms-file-rename-replace-if-exists")? == Some(true);
    let root = &mut world.shares.share_mut(&request.container)?.tree.root;

    let moved = root
        .at(from_parents)?
        .child(from_name)
        .ok_or(Code::ResourceNotFound)?;
    match (moved, operation) {
        (Node::File(file), Operation::FileRename) => {
            let id = request.header("x-ms-source-lease-id");
            file.lease.admit(id, Of::File, tick.now)?;
        }
        // Nothing is put into itself.
        (Node::Directory(_), Operation::DirectoryRename) if !to.starts_with(&from) => {}
        _ => return Err(Code::ResourceTypeMismatch.into()),
    }
    let mut replaced = None;
    match root.parent_mut(to_parents)?.child(to_name) {
        None => {}
        Some(_) if from == to => return Err(Code::ResourceAlreadyExists.into()),
        // Only a file takes the place of a file.
        Some(Node::File(file)) if replaces && operation == Operation::FileRename => {
            let id = request.header("x-ms-destination-lease-id");
            file.lease.admit(id, Of::File, tick.now)?;
            let ignores = request.flag("x-ms-file-rename-ignore-readonly")? == Some(true);
            if file.facts.is_read_only() && !ignores {
                return Err(Code::ReadOnlyAttribute.into());
            }
            replaced = Some(file.facts.etag.clone());
        }
        Some(_) => return Err(Code::ResourceAlreadyExists.into()),
    }
    let mut node = root
        .parent_mut(from_parents)?
        .remove(from_name)
        .ok_or(Code::ResourceNotFound)?;
    let before = node.facts().etag.clone();
    // Assumption: the ETag changes with the name, and a lease stays behind.
    let facts = match &mut node {
        Node::File(file) => {
            file.lease = Lease::default();
            &mut file.facts
        }
        Node::Directory(directory) => &mut directory.facts,
    };
    facts.renew(&tick);
    let attributes = match operation {
        Operation::FileRename => "Archive",
        _ => "Directory",
    };
    let reply = described(Reply::ok(), facts, attributes);
    root.parent_mut(to_parents)?.insert(to_name, node);
    let etags = (Some(before), None);
    note(
        world,
        request,
        operation,
        &from.join("/"),
        Effect::Removed,
        etags,
    );
    let effect = match replaced {
        Some(_) => Effect::Changed,
        None => Effect::Created,
    };
    let etags = (replaced, Some(tick.etag));
    note(world, request, operation, &to.join("/"), effect, etags);
    Ok(reply)
}

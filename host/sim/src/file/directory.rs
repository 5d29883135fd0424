//! Directories.

use crate::blob::metadata;
use crate::file::state::{Directory, Facts, Node, path};
use crate::file::{described, note};
use crate::mutation::Effect;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// Carries out Create Directory.
pub(crate) fn create(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::ResourceAlreadyExists)?;
    let share = world.shares.share_mut(&request.container)?;
    let parent = share.tree.root.parent_mut(parents)?;
    if parent.child(name).is_some() {
        return Err(Code::ResourceAlreadyExists.into());
    }
    let mut facts = Facts::new(&tick);
    facts.metadata = metadata(request);
    let reply = described(Reply::created(), &facts, "Directory");
    parent.insert(name, Node::Directory(Directory::new(facts)));
    let etags = (None, Some(tick.etag));
    let operation = Operation::DirectoryCreate;
    note(
        world,
        request,
        operation,
        &path.join("/"),
        Effect::Created,
        etags,
    );
    Ok(reply)
}

/// Carries out Get Directory Properties.
pub(crate) fn properties(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let tree = world.shares.tree(request)?;
    let directory = tree.root.at(&path(request)?)?;
    Ok(described(Reply::ok(), &directory.facts, "Directory"))
}

/// Carries out Delete Directory: only an empty one.
pub(crate) fn delete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let path = path(request)?;
    let (name, parents) = path.split_last().ok_or(Code::InvalidUri)?;
    let share = world.shares.share_mut(&request.container)?;
    let parent = share.tree.root.parent_mut(parents)?;
    let etag = match parent.child(name) {
        None => return Err(Code::ResourceNotFound.into()),
        Some(Node::File(_)) => return Err(Code::ResourceTypeMismatch.into()),
        Some(Node::Directory(directory)) if !directory.is_empty() => {
            return Err(Code::DirectoryNotEmpty.into());
        }
        Some(Node::Directory(directory)) => directory.facts.etag.clone(),
    };
    parent.remove(name);
    let operation = Operation::DirectoryDelete;
    let etags = (Some(etag), None);
    note(
        world,
        request,
        operation,
        &path.join("/"),
        Effect::Removed,
        etags,
    );
    Ok(Reply::accepted())
}

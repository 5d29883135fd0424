//! Delete Blob in all its forms, and Undelete.
//!
//! The rules are those of `facts.md`, section 5: with versioning, deleting the base makes a
//! version of it; with soft delete, what is deleted is hidden; only a hidden snapshot or
//! version can be deleted permanently, and only where the account allows it.

use crate::blob::guard;
use crate::blob::state::{Deleted, Generation, Name};
use crate::conditions::Conditions;
use crate::lease::Of;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::{Tick, World};

/// Carries out Delete Blob.
pub(crate) fn delete(
    world: &mut World,
    request: &Request,
    operation: Operation,
) -> Result<Reply, Refusal> {
    let snapshots = match request.header("x-ms-delete-snapshots") {
        None => None,
        Some("include") => Some(Snapshots::Include),
        Some("only") => Some(Snapshots::Only),
        Some(_) => return Err(Code::InvalidHeaderValue.into()),
    };
    let generation = request
        .parameter("snapshot")
        .or(request.parameter("versionid"));
    let permanent = operation == Operation::BlobDeletePermanent;
    world.change(request, operation, |name, tick| {
        match (generation, permanent) {
            // Assumption: the status; the header is documented for the base only.
            (Some(_), _) if snapshots.is_some() => Err(Code::InvalidHeaderValue.into()),
            (Some(_), true) => erase(name, request, tick),
            (Some(_), false) => delete_generation(name, request, tick),
            // Assumption: the code; `deletetype` is documented for snapshots and versions only.
            (None, true) => Err(Code::InvalidQueryParameterValue.into()),
            (None, false) => delete_base(name, request, snapshots, tick),
        }
    })?;
    // As recorded from an account with versions: false, although nothing is soft-deleted.
    let kept = !permanent
        && (world.settings.soft_delete_days.is_some()
            || (world.settings.versioning && generation.is_none()));
    Ok(Reply::accepted().header(
        "x-ms-delete-type-permanent",
        if kept { "false" } else { "true" },
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Snapshots {
    Include,
    Only,
}

fn delete_base(
    name: &mut Name,
    request: &Request,
    snapshots: Option<Snapshots>,
    tick: &Tick,
) -> Result<(), Refusal> {
    if name.live().is_none() {
        return Err(Code::BlobNotFound.into());
    }
    guard::admit(name, request, tick)?;
    let live = |snapshot: &&Generation| snapshot.deleted.is_none();
    match snapshots {
        None if name.snapshots.iter().any(|each| live(&each)) => {
            return Err(Code::SnapshotsPresent.into());
        }
        None => {}
        Some(_) => {
            for snapshot in name.snapshots.iter().filter(live) {
                guard::mutable(snapshot, tick)?;
            }
        }
    }
    if snapshots != Some(Snapshots::Only) {
        let base = name.live().ok_or(Code::BlobNotFound)?;
        guard::replaceable(base, tick)?;
        let base = name.base.take().ok_or(Code::BlobNotFound)?;
        name.blocks.clear();
        if tick.settings.versioning {
            guard::keep_version(name, base);
        } else {
            name.base = hidden(base, tick);
        }
    }
    if snapshots.is_some() {
        name.snapshots = std::mem::take(&mut name.snapshots)
            .into_iter()
            .filter_map(|each| match each.deleted {
                Some(_) => Some(each),
                None => hidden(each, tick),
            })
            .collect();
    }
    Ok(())
}

/// What soft delete makes of a generation; without it, nothing.
fn hidden(mut generation: Generation, tick: &Tick) -> Option<Generation> {
    let days = tick.settings.soft_delete_days?;
    generation.deleted = Some(Deleted::now(tick.now, days));
    generation.lease = crate::lease::Lease::default();
    Some(generation)
}

/// The list that a generation lies in, and its place there.
fn locate<'a>(
    name: &'a mut Name,
    request: &Request,
) -> Result<(&'a mut Vec<Generation>, usize), Refusal> {
    if let Some(id) = request.parameter("versionid") {
        if name
            .base
            .as_ref()
            .is_some_and(|base| base.version.as_deref() == Some(id))
        {
            return Err(Code::OperationNotAllowedOnRootBlob.into());
        }
        let at = name
            .versions
            .iter()
            .position(|each| each.version.as_deref() == Some(id))
            .ok_or(Code::BlobNotFound)?;
        return Ok((&mut name.versions, at));
    }
    let id = request.parameter("snapshot");
    let at = name
        .snapshots
        .iter()
        .position(|each| each.snapshot.as_deref() == id)
        .ok_or(Code::BlobNotFound)?;
    Ok((&mut name.snapshots, at))
}

fn delete_generation(name: &mut Name, request: &Request, tick: &Tick) -> Result<(), Refusal> {
    let (list, at) = locate(name, request)?;
    if list[at].deleted.is_some() {
        return Err(Code::BlobNotFound.into());
    }
    let found = &list[at];
    Conditions::of(request)?.write(Some((&found.etag, found.modified)))?;
    if let Some(id) = request.header("x-ms-lease-id") {
        found.lease.check(id, Of::Blob, tick.now)?;
    }
    guard::mutable(found, tick)?;
    let found = list.remove(at);
    if let Some(hidden) = hidden(found, tick) {
        list.insert(at, hidden);
    }
    Ok(())
}

fn erase(name: &mut Name, request: &Request, tick: &Tick) -> Result<(), Refusal> {
    // Assumption: what an account answers that does not allow it. That it refuses is in
    // `deleteRetentionPolicy.allowPermanentDelete`, and that restore rules it out, in its text.
    if !tick.settings.allow_permanent_delete || tick.settings.restore_policy {
        return Err(Code::UnsupportedQueryParameter.into());
    }
    let (list, at) = locate(name, request)?;
    if list[at].deleted.is_none() {
        return Err(Code::BlobSnapshotNotSoftDeleted.into());
    }
    guard::mutable(&list[at], tick)?;
    list.remove(at);
    Ok(())
}

/// Carries out Undelete Blob: base, snapshots and versions come back; no version becomes current.
pub(crate) fn undelete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    world.change(request, Operation::BlobUndelete, |name, _| {
        if name.generations().next().is_none() {
            return Err(Code::BlobNotFound.into());
        }
        let all = name
            .base
            .iter_mut()
            .chain(&mut name.versions)
            .chain(&mut name.snapshots);
        for generation in all {
            generation.deleted = None;
        }
        Ok(Reply::ok())
    })
}

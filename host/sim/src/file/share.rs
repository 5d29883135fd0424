//! Shares: create, describe, snapshot, delete, restore, lease.

use std::collections::BTreeMap;

use crate::blob::state::Deleted;
use crate::blob::{container, metadata};
use crate::clock::{http_date, stamp};
use crate::file::note;
use crate::file::state::{Directory, Facts, Share, Tree};
use crate::lease::{Lease, Of};
use crate::mutation::Effect;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::{Tick, World};
use crate::xml;

impl Share {
    pub(crate) fn new(tick: &Tick) -> Self {
        Self {
            tree: Tree {
                etag: tick.etag.clone(),
                modified: tick.now,
                metadata: BTreeMap::new(),
                root: Directory::new(Facts::new(tick)),
            },
            quota: 5120,
            lease: Lease::default(),
            snapshots: BTreeMap::new(),
            deleted: None,
        }
    }
}

fn described(reply: Reply, tree: &Tree) -> Reply {
    reply
        .header("etag", &tree.etag)
        .header("last-modified", http_date(tree.modified))
}

/// Carries out Get File Service Properties: of what is here, the retention of shares.
pub(crate) fn service_properties(world: &World) -> Reply {
    let days = world.settings.share_soft_delete_days;
    let writer = xml::Writer::document()
        .open("StorageServiceProperties", &[])
        .text("Cors", "")
        .open("ShareDeleteRetentionPolicy", &[])
        .text("Enabled", days.is_some().to_string())
        .maybe("Days", days.map(|days| days.to_string()))
        .close("ShareDeleteRetentionPolicy")
        .close("StorageServiceProperties");
    Reply::ok().xml(writer.finish())
}

/// Carries out Create Share.
pub(crate) fn create(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    if !container::is_name(&request.container) {
        return Err(Code::InvalidResourceName.into());
    }
    if world.shares.shares.contains_key(&request.container) {
        return Err(Code::ShareAlreadyExists.into());
    }
    let tick = world.tick();
    let mut share = Share::new(&tick);
    share.tree.metadata = metadata(request);
    share.quota = request.number("x-ms-share-quota")?.unwrap_or(share.quota);
    let reply = described(Reply::created(), &share.tree);
    world.shares.shares.insert(request.container.clone(), share);
    let etags = (None, Some(tick.etag));
    note(
        world,
        request,
        Operation::ShareCreate,
        "",
        Effect::Created,
        etags,
    );
    Ok(reply)
}

/// Carries out Get Share Properties.
pub(crate) fn properties(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let share = world.shares.share(&request.container)?;
    let tree = world.shares.tree(request)?;
    let state = share.lease.state(now);
    let mut reply = described(Reply::ok(), tree)
        .header("x-ms-share-quota", share.quota.to_string())
        .header("x-ms-access-tier", "TransactionOptimized")
        .header("x-ms-enabled-protocols", "SMB")
        .header("x-ms-lease-state", state.text())
        .header("x-ms-lease-status", state.status())
        .maybe("x-ms-lease-duration", share.lease.duration(now));
    for (key, value) in &tree.metadata {
        reply = reply.header(&format!("x-ms-meta-{key}"), value);
    }
    Ok(reply)
}

/// Carries out Delete Share, of a snapshot or of the whole.
pub(crate) fn delete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let operation = Operation::ShareDelete;
    let share = world.shares.share_mut(&request.container)?;
    let lease_id = request.header("x-ms-lease-id");
    if let Some(id) = request.parameter("sharesnapshot") {
        let tree = share.snapshots.remove(id).ok_or(Code::ShareNotFound)?;
        let etags = (Some(tree.etag), None);
        note_snapshot(world, request, operation, id, Effect::Removed, etags);
        return Ok(Reply::accepted());
    }
    share.lease.admit(lease_id, Of::File, tick.now)?;
    match request.header("x-ms-delete-snapshots") {
        Some("include" | "include-leased") => {}
        Some(_) => return Err(Code::InvalidHeaderValue.into()),
        None if !share.snapshots.is_empty() => return Err(Code::ShareHasSnapshots.into()),
        None => {}
    }
    let Some(mut share) = world.shares.shares.remove(&request.container) else {
        return Err(Code::ShareNotFound.into());
    };
    let etags = (Some(share.tree.etag.clone()), None);
    let effect = match tick.settings.share_soft_delete_days {
        Some(days) => {
            share.deleted = Some(Deleted::now(tick.now, days));
            let key = (request.container.clone(), stamp(tick.now));
            world.shares.deleted.insert(key, share);
            Effect::Hidden
        }
        None => Effect::Removed,
    };
    note(world, request, operation, "", effect, etags);
    Ok(Reply::accepted())
}

fn note_snapshot(
    world: &mut World,
    request: &Request,
    operation: Operation,
    id: &str,
    effect: Effect,
    etags: (Option<String>, Option<String>),
) {
    let place = crate::mutation::Place {
        service: request.service,
        verb: operation.name(),
        container: &request.container,
        blob: "",
    };
    let generation = format!("?sharesnapshot={id}");
    world.log.push(place, generation, effect, etags.0, etags.1);
}

/// Carries out Create Share Snapshot.
pub(crate) fn snapshot(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let share = world.shares.share_mut(&request.container)?;
    let id = stamp(tick.now);
    let mut tree = share.tree.clone();
    let own = metadata(request);
    if !own.is_empty() {
        tree.metadata = own;
    }
    let etag = tree.etag.clone();
    let reply = described(Reply::created(), &tree).header("x-ms-snapshot", &id);
    share.snapshots.insert(id.clone(), tree);
    let operation = Operation::ShareSnapshot;
    let etags = (None, Some(etag));
    note_snapshot(world, request, operation, &id, Effect::Created, etags);
    Ok(reply)
}

/// Carries out Restore Share.
pub(crate) fn restore(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let now = world.now();
    let header = |name: &str| {
        request
            .header(name)
            .map(str::to_owned)
            .ok_or(Refusal(Code::MissingRequiredHeader))
    };
    let key = (
        header("x-ms-deleted-share-name")?,
        header("x-ms-deleted-share-version")?,
    );
    if world.shares.shares.contains_key(&request.container) {
        return Err(Code::ShareAlreadyExists.into());
    }
    let kept = |share: &Share| share.deleted.as_ref().is_some_and(|kept| kept.until > now);
    let mut share = match world.shares.deleted.remove(&key) {
        Some(share) if kept(&share) => share,
        _ => return Err(Code::ShareNotFound.into()),
    };
    share.deleted = None;
    let etags = (None, Some(share.tree.etag.clone()));
    world.shares.shares.insert(request.container.clone(), share);
    note(
        world,
        request,
        Operation::ShareRestore,
        "",
        Effect::Restored,
        etags,
    );
    Ok(Reply::created())
}

/// Carries out Lease Share.
pub(crate) fn lease(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let share = world.shares.share_mut(&request.container)?;
    let reply = described(share.lease.act(request, tick.now)?, &share.tree);
    let etag = Some(share.tree.etag.clone());
    let etags = (etag.clone(), etag);
    note(
        world,
        request,
        Operation::ShareLease,
        "",
        Effect::Changed,
        etags,
    );
    Ok(reply)
}

/// Carries out Set Share Metadata.
pub(crate) fn set_metadata(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let share = world.shares.share_mut(&request.container)?;
    share
        .lease
        .admit(request.header("x-ms-lease-id"), Of::File, tick.now)?;
    share.tree.metadata = metadata(request);
    let before = std::mem::replace(&mut share.tree.etag, tick.etag.clone());
    share.tree.modified = tick.now;
    let reply = described(Reply::ok(), &share.tree);
    let etags = (Some(before), Some(tick.etag));
    note(
        world,
        request,
        Operation::ShareSetMetadata,
        "",
        Effect::Changed,
        etags,
    );
    Ok(reply)
}

//! Snapshot Blob.

use crate::blob::{guard, metadata, put};
use crate::clock::stamp;
use crate::conditions::Conditions;
use crate::lease::{Lease, Of};
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// Takes a snapshot. On an account with versions the state becomes a version, too.
pub(crate) fn take(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    world.change(request, Operation::BlobSnapshot, |name, tick| {
        let base = name.live().ok_or(Code::BlobNotFound)?;
        Conditions::of(request)?.write(Some((&base.etag, base.modified)))?;
        if let Some(id) = request.header("x-ms-lease-id") {
            base.lease.check(id, Of::Blob, tick.now)?;
        }
        let id = stamp(tick.now);
        let mut snapshot = base.clone();
        snapshot.snapshot = Some(id.clone());
        snapshot.lease = Lease::default();
        snapshot.version = None;
        let own = metadata(request);
        if !own.is_empty() {
            snapshot.metadata = own;
            snapshot.etag.clone_from(&tick.etag);
            snapshot.modified = tick.now;
        }
        let mut reply = put::changed(Reply::created(), &snapshot).header("x-ms-snapshot", &id);
        if tick.settings.versioning {
            let old = base.clone();
            guard::keep_version(name, old);
            if let Some(base) = name.live_mut() {
                base.version = Some(id.clone());
            }
            reply = reply.header("x-ms-version-id", &id);
        }
        name.snapshots.push(snapshot);
        Ok(reply)
    })
}

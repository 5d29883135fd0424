//! What stands before every change of a blob, and what a change leaves behind.

use jiff::{SignedDuration, Timestamp};

use crate::blob::state::{Deleted, Generation, Kind, Name};
use crate::clock::stamp;
use crate::conditions::Conditions;
use crate::lease::Of;
use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::world::Tick;

/// Conditions and lease of a change of the base.
pub(crate) fn admit(name: &Name, request: &Request, tick: &Tick) -> Result<(), Refusal> {
    let found = name.live().map(|base| (base.etag.as_str(), base.modified));
    Conditions::of(request)?.write(found)?;
    let lease_id = request.header("x-ms-lease-id");
    match name.live() {
        Some(base) => base.lease.admit(lease_id, Of::Blob, tick.now),
        None if lease_id.is_some() => Err(Code::LeaseNotPresentWithBlobOperation.into()),
        None => Ok(()),
    }
}

/// Whether the container keeps this generation as it is.
fn held_by_container(generation: &Generation, tick: &Tick) -> Result<(), Refusal> {
    if tick.container_hold {
        return Err(legal_hold(tick));
    }
    if let Some(days) = tick.container_days {
        let until = generation
            .created
            .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
            .unwrap_or(Timestamp::MAX);
        if until > tick.now {
            return Err(Code::BlobImmutableDueToPolicy.into());
        }
    }
    Ok(())
}

/// Whether this generation may be changed or destroyed.
pub(crate) fn mutable(generation: &Generation, tick: &Tick) -> Result<(), Refusal> {
    held_by_container(generation, tick)?;
    if generation.legal_hold {
        return Err(legal_hold(tick));
    }
    match &generation.immutability {
        Some(policy) if policy.until > tick.now => Err(Code::BlobImmutableDueToPolicy.into()),
        _ => Ok(()),
    }
}

/// Whether the base may be overwritten or deleted: where that only makes a version of it, its
/// own policy does not stand in the way (version-level immutability), the container's does.
pub(crate) fn replaceable(generation: &Generation, tick: &Tick) -> Result<(), Refusal> {
    if tick.settings.versioning {
        held_by_container(generation, tick)
    } else {
        mutable(generation, tick)
    }
}

fn legal_hold(tick: &Tick) -> Refusal {
    if tick.settings.legal_hold_has_its_own_code {
        Code::BlobImmutableDueToLegalHold.into()
    } else {
        Code::BlobImmutableDueToPolicy.into()
    }
}

/// Makes a previous version of a state that was current.
pub(crate) fn keep_version(name: &mut Name, mut old: Generation) {
    old.version.get_or_insert_with(|| stamp(old.modified));
    old.lease = crate::lease::Lease::default();
    name.versions.push(old);
}

/// Puts a new base in the place of what was there, which is kept as the account keeps it.
pub(crate) fn replace(name: &mut Name, mut new: Generation, tick: &Tick) {
    if tick.settings.versioning {
        new.version = Some(stamp(tick.now));
    }
    if let Some(old) = name.base.take() {
        let same_type = old.kind == new.kind;
        // "If it is replaced by a blob of a different type, all existing soft deleted data
        // will be permanently deleted": the table of soft delete.
        if !same_type {
            name.snapshots.retain(|each| each.deleted.is_none());
        }
        if old.deleted.is_some() {
            if same_type {
                keep_snapshot(name, old, None, tick);
            }
        } else {
            new.lease = old.lease.clone();
            new.lease.after_change(tick.now);
            if tick.settings.versioning {
                keep_version(name, old);
            } else if let Some(days) = tick.settings.soft_delete_days
                // "Overwriting an archived blob is permanent" (facts.md, section 5).
                && old.tier.as_deref() != Some("Archive")
            {
                // Assumption: the state that is overwritten just now is kept also where the
                // type differs; the table speaks only of what was soft-deleted before.
                keep_snapshot(name, old, Some(days), tick);
            }
        }
    }
    name.blocks.clear();
    name.base = Some(new);
}

fn keep_snapshot(name: &mut Name, mut old: Generation, days: Option<u32>, tick: &Tick) {
    old.snapshot = Some(stamp(tick.now));
    old.lease = crate::lease::Lease::default();
    if let Some(days) = days {
        old.deleted = Some(Deleted::now(tick.now, days));
    }
    name.snapshots.push(old);
}

/// The base, if it is there and of this type.
pub(crate) fn base(name: &mut Name, kind: Kind) -> Result<&mut Generation, Refusal> {
    let base = name.live_mut().ok_or(Code::BlobNotFound)?;
    if base.kind == kind {
        Ok(base)
    } else {
        Err(Code::InvalidBlobType.into())
    }
}

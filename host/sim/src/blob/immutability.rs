//! Immutability of single blobs and versions: a date, or a legal hold.

use crate::blob::state::{Generation, Immutability, Name};
use crate::clock::{http_date, parse_http_date};
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::{Tick, World};

/// The policy that a request sets.
pub(crate) fn of(request: &Request) -> Result<Option<Immutability>, Refusal> {
    let Some(until) = request.header("x-ms-immutability-policy-until-date") else {
        return Ok(None);
    };
    let locked = match request
        .header("x-ms-immutability-policy-mode")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("unlocked") => false,
        Some("locked") => true,
        Some(_) => return Err(Code::InvalidHeaderValue.into()),
    };
    Ok(Some(Immutability {
        until: parse_http_date(until).ok_or(Code::InvalidHeaderValue)?,
        locked,
    }))
}

fn addressed<'a>(name: &'a mut Name, request: &Request) -> Result<&'a mut Generation, Refusal> {
    let wanted = |each: &&mut Generation| match (
        request.parameter("versionid"),
        request.parameter("snapshot"),
    ) {
        (Some(id), _) => each.version.as_deref() == Some(id),
        (None, Some(id)) => each.snapshot.as_deref() == Some(id),
        (None, None) => false,
    };
    if request.parameter("versionid").is_none() && request.parameter("snapshot").is_none() {
        return name.live_mut().ok_or(Code::BlobNotFound.into());
    }
    name.base
        .iter_mut()
        .chain(&mut name.versions)
        .chain(&mut name.snapshots)
        .filter(|each| each.deleted.is_none())
        .find(wanted)
        .ok_or(Code::BlobNotFound.into())
}

/// Carries out Set Blob Immutability Policy.
pub(crate) fn set(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let policy = of(request)?.ok_or(Code::MissingRequiredHeader)?;
    world.change(request, Operation::BlobSetImmutability, |name, tick| {
        if policy.until <= tick.now {
            return Err(Code::InvalidHeaderValue.into());
        }
        let generation = addressed(name, request)?;
        // A locked policy may only be made longer, by anybody.
        if let Some(old) = &generation.immutability
            && old.locked
            && (policy.until < old.until || !policy.locked)
        {
            return Err(Code::BlobImmutableDueToPolicy.into());
        }
        let reply = Reply::ok()
            .header(
                "x-ms-immutability-policy-until-date",
                http_date(policy.until),
            )
            .header(
                "x-ms-immutability-policy-mode",
                if policy.locked { "locked" } else { "unlocked" },
            );
        generation.immutability = Some(policy);
        Ok(reply)
    })
}

/// Carries out Delete Blob Immutability Policy.
pub(crate) fn delete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    world.change(
        request,
        Operation::BlobDeleteImmutability,
        |name, tick: &Tick| {
            let generation = addressed(name, request)?;
            if let Some(old) = &generation.immutability
                && old.locked
                && old.until > tick.now
            {
                return Err(Code::BlobImmutableDueToPolicy.into());
            }
            generation.immutability = None;
            Ok(Reply::ok())
        },
    )
}

/// Carries out Set Blob Legal Hold.
pub(crate) fn set_legal_hold(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let hold = request
        .flag("x-ms-legal-hold")?
        .ok_or(Code::MissingRequiredHeader)?;
    world.change(request, Operation::BlobSetLegalHold, |name, _| {
        addressed(name, request)?.legal_hold = hold;
        Ok(Reply::ok().header("x-ms-legal-hold", hold.to_string()))
    })
}

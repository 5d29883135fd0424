//! Containers: create, describe, delete, restore, lease.

use crate::blob::metadata;
use crate::blob::state::{Container, Deleted};
use crate::clock::{http_date, stamp};
use crate::conditions::Conditions;
use crate::lease::Of;
use crate::mutation::{Effect, Place, Service};
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Whether a container may be called so: 3 to 63 of a-z, 0-9 and single dashes, or `$root` and kin.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix('$').unwrap_or(name);
    (3..=63).contains(&name.len())
        && !plain.starts_with('-')
        && !plain.ends_with('-')
        && !plain.contains("--")
        && plain
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn place<'a>(request: &'a Request, operation: Operation) -> Place<'a> {
    Place {
        service: Service::Blob,
        verb: operation.name(),
        container: &request.container,
        blob: "",
    }
}

/// Carries out Create Container.
pub(crate) fn create(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    if !is_name(&request.container) {
        return Err(Code::InvalidResourceName.into());
    }
    if world.blobs.containers.contains_key(&request.container) {
        return Err(Code::ContainerAlreadyExists.into());
    }
    let tick = world.tick();
    let mut container = Container::new(tick.etag.clone(), tick.now);
    container.metadata = metadata(request);
    container.public = request.header("x-ms-blob-public-access").map(str::to_owned);
    let reply = described(Reply::created(), &container);
    world
        .blobs
        .containers
        .insert(request.container.clone(), container);
    world.log.push(
        place(request, Operation::ContainerCreate),
        String::new(),
        Effect::Created,
        None,
        Some(tick.etag),
    );
    Ok(reply)
}

fn described(reply: Reply, container: &Container) -> Reply {
    reply
        .header("etag", &container.etag)
        .header("last-modified", http_date(container.modified))
}

/// Carries out Get Container Properties.
pub(crate) fn properties(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let container = world.blobs.container(&request.container)?;
    let now = world.now();
    if let Some(id) = request.header("x-ms-lease-id") {
        container.lease.check(id, Of::Container, now)?;
    }
    let state = container.lease.state(now);
    let mut reply = described(Reply::ok(), container)
        .header("x-ms-lease-state", state.text())
        .header("x-ms-lease-status", state.status())
        .maybe("x-ms-lease-duration", container.lease.duration(now))
        .maybe("x-ms-blob-public-access", container.public.as_ref())
        .header(
            "x-ms-has-immutability-policy",
            container.immutable_days.is_some().to_string(),
        )
        .header("x-ms-has-legal-hold", container.legal_hold.to_string())
        .header("x-ms-immutable-storage-with-versioning-enabled", "false");
    for (key, value) in &container.metadata {
        reply = reply.header(&format!("x-ms-meta-{key}"), value);
    }
    Ok(reply)
}

/// Carries out Delete Container.
pub(crate) fn delete(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let container = world.blobs.container(&request.container)?;
    Conditions::of(request)?.write(Some((&container.etag, container.modified)))?;
    let lease_id = request.header("x-ms-lease-id");
    container.lease.admit(lease_id, Of::Container, tick.now)?;
    // With blobs in it, a container under a policy or a hold stays (facts.md, section 5).
    // Assumption: the code.
    let filled = !container.names.is_empty();
    let held = container.names.values().any(|name| {
        name.generations().any(|(_, generation)| {
            generation.legal_hold
                || generation
                    .immutability
                    .as_ref()
                    .is_some_and(|policy| policy.until > tick.now)
        })
    });
    if held || (filled && (container.legal_hold || container.immutable_days.is_some())) {
        return Err(Code::BlobImmutableDueToPolicy.into());
    }
    let Some(mut container) = world.blobs.containers.remove(&request.container) else {
        return Err(Code::ContainerNotFound.into());
    };
    let etag = container.etag.clone();
    let effect = match world.settings.container_soft_delete_days {
        Some(days) => {
            let version = stamp(tick.now);
            container.deleted = Some((Deleted::now(tick.now, days), version.clone()));
            world
                .blobs
                .deleted
                .insert((request.container.clone(), version), container);
            Effect::Hidden
        }
        None => Effect::Removed,
    };
    let place = place(request, Operation::ContainerDelete);
    world
        .log
        .push(place, String::new(), effect, Some(etag), None);
    Ok(Reply::accepted())
}

/// Carries out Restore Container.
pub(crate) fn restore(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let header = |name: &str| {
        request
            .header(name)
            .map(str::to_owned)
            .ok_or(Refusal(Code::MissingRequiredHeader))
    };
    let key = (
        header("x-ms-deleted-container-name")?,
        header("x-ms-deleted-container-version")?,
    );
    if world.blobs.containers.contains_key(&request.container) {
        return Err(Code::ContainerAlreadyExists.into());
    }
    let now = world.now();
    let mut container = match world.blobs.deleted.remove(&key) {
        Some(container)
            if container
                .deleted
                .as_ref()
                .is_some_and(|(deleted, _)| deleted.until > now) =>
        {
            container
        }
        _ => return Err(Code::ContainerNotFound.into()),
    };
    container.deleted = None;
    let etag = Some(container.etag.clone());
    world
        .blobs
        .containers
        .insert(request.container.clone(), container);
    let place = place(request, Operation::ContainerRestore);
    world
        .log
        .push(place, String::new(), Effect::Restored, None, etag);
    Ok(Reply::created())
}

/// Changes a container, and writes it down.
fn change(
    world: &mut World,
    request: &Request,
    operation: Operation,
    renews: bool,
    act: impl FnOnce(&mut Container, jiff::Timestamp) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    let tick = world.tick();
    let container = world.blobs.container_mut(&request.container)?;
    let before = container.etag.clone();
    let reply = act(container, tick.now)?;
    if renews {
        container.etag = tick.etag;
        container.modified = tick.now;
    }
    let reply = described(reply, container);
    let after = container.etag.clone();
    world.log.push(
        place(request, operation),
        String::new(),
        Effect::Changed,
        Some(before),
        Some(after),
    );
    Ok(reply)
}

/// Carries out Set Container Metadata.
pub(crate) fn set_metadata(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let conditions = Conditions::of(request)?;
    let operation = Operation::ContainerSetMetadata;
    change(world, request, operation, true, |container, now| {
        conditions.write(Some((&container.etag, container.modified)))?;
        if let Some(id) = request.header("x-ms-lease-id") {
            container.lease.check(id, Of::Container, now)?;
        }
        container.metadata = metadata(request);
        Ok(Reply::ok())
    })
}

/// Carries out Lease Container.
pub(crate) fn lease(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let operation = Operation::ContainerLease;
    change(world, request, operation, false, |container, now| {
        container.lease.act(request, now)
    })
}

/// Carries out Get Container ACL.
pub(crate) fn policies(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let container = world.blobs.container(&request.container)?;
    let mut writer = xml::Writer::document().open("SignedIdentifiers", &[]);
    for (id, start, expiry, permission) in &container.policies {
        writer = writer
            .open("SignedIdentifier", &[])
            .text("Id", id)
            .open("AccessPolicy", &[])
            .text("Start", start)
            .text("Expiry", expiry)
            .text("Permission", permission)
            .close("AccessPolicy")
            .close("SignedIdentifier");
    }
    Ok(described(Reply::ok(), container)
        .maybe("x-ms-blob-public-access", container.public.as_ref())
        .xml(writer.close("SignedIdentifiers").finish()))
}

/// Carries out Set Container ACL.
pub(crate) fn set_policies(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut policies: Vec<(String, String, String, String)> = Vec::new();
    if !request.body.is_empty() {
        for leaf in xml::leaves(&request.body)? {
            if leaf.name() == "Id" {
                policies.push((leaf.text, String::new(), String::new(), String::new()));
            } else if let Some(last) = policies.last_mut() {
                match leaf.name() {
                    "Start" => last.1 = leaf.text,
                    "Expiry" => last.2 = leaf.text,
                    "Permission" => last.3 = leaf.text,
                    _ => {}
                }
            }
        }
    }
    let operation = Operation::ContainerSetPolicies;
    change(world, request, operation, true, |container, now| {
        let lease_id = request.header("x-ms-lease-id");
        if let Some(id) = lease_id {
            container.lease.check(id, Of::Container, now)?;
        }
        container.public = request.header("x-ms-blob-public-access").map(str::to_owned);
        container.policies = policies;
        Ok(Reply::ok())
    })
}

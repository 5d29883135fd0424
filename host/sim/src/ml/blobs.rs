//! What the service half reads and removes in the storage account, by the storage half's rules:
//! what soft delete keeps is kept, and what a hold protects stays.

use bytes::Bytes;
use hyper::{HeaderMap, Method, StatusCode};

use crate::blob::delete;
use crate::blob::state::Generation;
use crate::ml::problem::Problem;
use crate::mutation::{Effect, Place, Service};
use crate::operation::Operation;
use crate::request::Request;
use crate::world::World;

/// The container of the artifact store.
pub(crate) const ARTIFACTS: &str = "azureml";

/// The prefix of a run's blobs.
pub(crate) fn prefix_of_run(id: &str) -> String {
    format!("ExperimentRun/dcid.{id}/")
}

/// The names below a prefix that have a base which is not hidden.
pub(crate) fn names(world: &World, container: &str, prefix: &str) -> Vec<String> {
    let Some(container) = world.blobs.containers.get(container) else {
        return Vec::new();
    };
    let mut found: Vec<String> = container
        .names
        .range(prefix.to_owned()..)
        .take_while(|(name, _)| name.starts_with(prefix))
        .filter(|(_, name)| {
            name.base
                .as_ref()
                .is_some_and(|base| base.deleted.is_none())
        })
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(generated) = &container.generated {
        let mut at = prefix.to_owned();
        while let Some((name, _)) = generated.from(&at) {
            if !name.starts_with(prefix) {
                break;
            }
            at = format!("{name}\0");
            found.push(name);
        }
        found.sort();
    }
    found
}

/// What lies under a name.
pub(crate) fn base(world: &World, container: &str, name: &str) -> Option<Generation> {
    let name = world.blobs.containers.get(container)?.name(name)?;
    name.base.clone().filter(|base| base.deleted.is_none())
}

/// Removes the blobs of a run; half of them if `half`.
pub(crate) fn remove_of_run(
    world: &mut World,
    id: &str,
    half: bool,
    by: Operation,
) -> Result<(), Problem> {
    let mut found = names(world, ARTIFACTS, &prefix_of_run(id));
    if half {
        found.truncate(found.len() / 2);
    }
    for name in found {
        remove(world, ARTIFACTS, &name, by)?;
    }
    Ok(())
}

/// Removes one blob with its snapshots, as Delete Blob would.
pub(crate) fn remove(
    world: &mut World,
    container: &str,
    name: &str,
    by: Operation,
) -> Result<(), Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-ms-delete-snapshots",
        hyper::header::HeaderValue::from_static("include"),
    );
    let request = Request {
        service: Service::Blob,
        method: Method::DELETE,
        raw_path: String::new(),
        container: container.to_owned(),
        name: name.to_owned(),
        query: Vec::new(),
        headers,
        body: Bytes::new(),
    };
    match delete::delete(world, &request, by) {
        Ok(_) => Ok(()),
        // Assumption: how the service says that storage refused.
        Err(refusal) => Err(Problem::new(
            StatusCode::CONFLICT,
            "StorageOperationRefused",
            format!("{container}/{name}: {}", refusal.0.text()),
        )),
    }
}

/// Removes the account with all it holds.
pub(crate) fn remove_account(world: &mut World) {
    let by = Operation::ByAccountDelete;
    let containers: Vec<String> = world.blobs.containers.keys().cloned().collect();
    let shares: Vec<String> = world.shares.shares.keys().cloned().collect();
    for (service, names) in [(Service::Blob, containers), (Service::File, shares)] {
        for name in names {
            let place = Place {
                service,
                verb: by.name(),
                container: &name,
                blob: "",
            };
            world
                .log
                .push(place, String::new(), Effect::Removed, None, None);
        }
    }
    world.blobs = crate::blob::state::Blobs::default();
    world.shares = crate::file::state::Shares::default();
    world.gone = true;
}

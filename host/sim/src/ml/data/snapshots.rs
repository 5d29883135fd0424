//! Snapshots of code by their ids: a link to the archive, and delete.
//!
//! Assumption: the archive is the blob `<id>.zip` of the container `snapshotzips`, a name that
//! the collected facts have from third parties only.

use serde_json::json;

use crate::ml::blobs;
use crate::ml::call::Call;
use crate::ml::data::runs::link;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_service, routes};
use crate::operation::Operation;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("content/v1.0", "/snapshots/{id}") => "Snapshots_Get", get;
    DELETE of_service!("content/v1.0", "/snapshots/{id}") => "Snapshots_Delete", delete;
};

const CONTAINER: &str = "snapshotzips";

fn blob(call: &Call<'_>) -> String {
    format!("{}.zip", call.name("id"))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let blob = blob(call);
    if blobs::base(call.world, CONTAINER, &blob).is_none() {
        return Err(Problem::not_found(&call.name("id")));
    }
    Call::ok(&json!(link(call, CONTAINER, &blob, "r")))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let blob = blob(call);
    if blobs::base(call.world, CONTAINER, &blob).is_none() {
        return Call::deleted(false);
    }
    blobs::remove(call.world, CONTAINER, &blob, Operation::ByArtifactDelete)?;
    Call::deleted(true)
}

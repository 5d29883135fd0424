//! Registries of containers: list, show, delete.

use hyper::StatusCode;

use crate::ml::arm::resources::{self, key, list_of};
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::running::{Style, What};
use crate::ml::seed::REGISTRY;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.ContainerRegistry/registries")
        => "Registries_ListByResourceGroup", |call| list_of(call, REGISTRY);
    GET "subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries"
        => "Registries_List", |call| list_of(call, REGISTRY);
    GET of_group!("/providers/Microsoft.ContainerRegistry/registries/{registry}")
        => "Registries_Get", |call| resources::get(call, REGISTRY, "registry");
    DELETE of_group!("/providers/Microsoft.ContainerRegistry/registries/{registry}")
        => "Registries_Delete", delete;
};

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, REGISTRY, "registry");
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    Ok(call.start(&key, What::Registry, Style::Location))
}

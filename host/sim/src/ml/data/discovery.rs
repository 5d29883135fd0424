//! Where the workspace's services are: all at the address that was asked.

use serde_json::json;

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET "discovery/workspaces/{id}" => "Discovery_Get", get;
};

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let base = &call.asked.base;
    let mut body = json!({});
    for name in [
        "api",
        "history",
        "experimentation",
        "modelmanagement",
        "hyperdrive",
        "studio",
        "pipelines",
        "catalog",
    ] {
        body[name] = json!(base);
    }
    Call::ok(&body)
}

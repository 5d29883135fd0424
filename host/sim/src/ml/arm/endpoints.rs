//! Online and batch endpoints, and their deployments.

use hyper::StatusCode;
use serde_json::json;

use crate::ml::arm::jobs::has_all;
use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records::{key, segments};
use crate::ml::route::{Route, of_workspace, routes};
use crate::ml::running::{Style, What};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_workspace!("/onlineEndpoints") => "OnlineEndpoints_List", |call| list(call, "online");
    GET of_workspace!("/onlineEndpoints/{endpoint}") => "OnlineEndpoints_Get", |call| get(call, "online");
    DELETE of_workspace!("/onlineEndpoints/{endpoint}")
        => "OnlineEndpoints_Delete", |call| delete(call, "online");
    POST of_workspace!("/onlineEndpoints/{endpoint}/listKeys")
        => "OnlineEndpoints_ListKeys", |call| list_keys(call, "online");
    GET of_workspace!("/onlineEndpoints/{endpoint}/deployments")
        => "OnlineDeployments_List", |call| deployments(call, "online");
    GET of_workspace!("/onlineEndpoints/{endpoint}/deployments/{deployment}")
        => "OnlineDeployments_Get", |call| get(call, "online");
    DELETE of_workspace!("/onlineEndpoints/{endpoint}/deployments/{deployment}")
        => "OnlineDeployments_Delete", |call| delete(call, "online");
    GET of_workspace!("/batchEndpoints") => "BatchEndpoints_List", |call| list(call, "batch");
    GET of_workspace!("/batchEndpoints/{endpoint}") => "BatchEndpoints_Get", |call| get(call, "batch");
    DELETE of_workspace!("/batchEndpoints/{endpoint}")
        => "BatchEndpoints_Delete", |call| delete(call, "batch");
    POST of_workspace!("/batchEndpoints/{endpoint}/listkeys")
        => "BatchEndpoints_ListKeys", |call| list_keys(call, "batch");
    GET of_workspace!("/batchEndpoints/{endpoint}/deployments")
        => "BatchDeployments_List", |call| deployments(call, "batch");
    GET of_workspace!("/batchEndpoints/{endpoint}/deployments/{deployment}")
        => "BatchDeployments_Get", |call| get(call, "batch");
    DELETE of_workspace!("/batchEndpoints/{endpoint}/deployments/{deployment}")
        => "BatchDeployments_Delete", |call| delete(call, "batch");
};

fn own(call: &Call<'_>, kind: &str) -> String {
    let endpoint = call.name("endpoint");
    match call.name("deployment").as_str() {
        "" => key(["endpoints", kind, &endpoint]),
        deployment => key(["endpoints", kind, &endpoint, "deployments", deployment]),
    }
}

fn list(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let name = call.asked.parameter("name");
    let tags = call.asked.parameter("tags");
    let properties = call.asked.parameter("properties");
    listed(call, &format!("endpoints/{kind}/"), |_, key, document| {
        let wanted = segments(key).len() == 3
            && name.is_none_or(|name| document["name"] == name)
            && has_all(&document["tags"], tags)
            && has_all(&document["properties"]["properties"], properties);
        wanted.then(|| document.clone())
    })
}

fn deployments(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let endpoint = own(call, kind);
    call.record(&endpoint)?;
    let prefix = format!("{endpoint}/deployments/");
    listed(call, &prefix, |_, _, document| Some(document.clone()))
}

fn get(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let document = call.record(&own(call, kind))?.into_owned();
    Call::ok(&document)
}

/// Deletes an endpoint with its deployments, or one of those.
fn delete(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let key = own(call, kind);
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    Ok(call.start(&key, What::Remove, Style::LocationWithTimeout))
}

fn list_keys(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    call.record(&own(call, kind))?;
    Call::ok(&json!({
        "primaryKey": "c3ludGhldGljLXByaW1hcnk",
        "secondaryKey": "c3ludGhldGljLXNlY29uZGFyeQ",
    }))
}

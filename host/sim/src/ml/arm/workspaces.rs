//! Workspaces: list, show, change, delete softly or for good, and their keys.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, of_workspace, routes};
use crate::ml::running::{Style, What};
use crate::ml::seed::WORKSPACE;
use crate::ml::state::resource_key;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.MachineLearningServices/workspaces")
        => "Workspaces_ListByResourceGroup", list;
    GET "subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces"
        => "Workspaces_ListBySubscription", list;
    GET of_workspace!("") => "Workspaces_Get", get;
    PATCH of_workspace!("") => "Workspaces_Update", update;
    DELETE of_workspace!("") => "Workspaces_Delete", delete;
    POST of_workspace!("/listKeys") => "Workspaces_ListKeys", list_keys;
    POST of_workspace!("/listStorageAccountKeys")
        => "Workspaces_ListStorageAccountKeys", list_storage_keys;
};

fn key(call: &Call<'_>) -> String {
    resource_key(&format!(
        "subscriptions/{}/resourceGroups/{}/providers/{WORKSPACE}/{}",
        call.name("subscription"),
        call.name("group"),
        call.name("workspace")
    ))
}

/// With the addresses of the workspace's services, which are those of whoever asks.
fn shown(base: &str, document: &Value) -> Value {
    let mut document = document.clone();
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let id = document["id"].as_str().unwrap_or_default().to_owned();
    let workspace_id = document["properties"]["workspaceId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    document["properties"]["discoveryUrl"] =
        json!(format!("{base}/discovery/workspaces/{workspace_id}"));
    document["properties"]["mlFlowTrackingUri"] =
        json!(format!("azureml://{host}/mlflow/v1.0{id}"));
    document
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let base = call.asked.base.clone();
    let group = call.name("group");
    let mut prefix = format!("subscriptions/{}/", call.name("subscription"));
    if !group.is_empty() {
        prefix = format!("{prefix}resourcegroups/{group}/");
    }
    let kind = call.asked.parameter("kind").map(str::to_ascii_lowercase);
    listed(call, &prefix.to_ascii_lowercase(), |_, _, document| {
        let is_one = document["type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case(WORKSPACE));
        let own = document["kind"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let wanted = kind
            .as_ref()
            .is_none_or(|kinds| kinds.split(',').any(|each| each == own));
        (is_one && wanted).then(|| shown(&base, document))
    })
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let base = call.asked.base.clone();
    let document = call.record(&key(call))?.into_owned();
    Call::ok(&shown(&base, &document))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    let body = call.asked.json()?;
    let mut document = call.record(&key)?.into_owned();
    if body["tags"].is_object() {
        document["tags"] = body["tags"].clone();
    }
    for name in ["description", "friendlyName"] {
        if body["properties"][name].is_string() {
            document["properties"][name] = body["properties"][name].clone();
        }
    }
    call.put(&key, document.clone());
    Call::ok(&shown(&call.asked.base.clone(), &document))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    let purge = call.asked.flag("forcetopurge")?;
    // Assumption: a soft-deleted one is purged by deleting it once more with `forceToPurge`.
    let hidden = purge && call.state.hidden.contains_key(&key);
    if !hidden && !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    Ok(call.start(&key, What::Workspace { purge }, Style::Location))
}

fn list_keys(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = call.record(&key(call))?.into_owned();
    Call::ok(&json!({
        "userStorageKey": call.world.settings.key,
        "userStorageResourceId": document["properties"]["storageAccount"],
    }))
}

fn list_storage_keys(call: &mut Call<'_>) -> Result<Reply, Problem> {
    call.record(&key(call))?;
    Call::ok(&json!({"userStorageKey": call.world.settings.key}))
}

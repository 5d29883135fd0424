//! Where assets lie, several at once: what the second SDK asks before it downloads a job's output
//! by its name. The shapes are those of its generated clients.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::records::key;
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    POST of_service!("data/v1.0", "/dataversion/batchGetResolvedUris")
        => "DataVersion_BatchGetResolvedUris", |call| resolved(call, "data", "dataUri", "uri");
    POST of_service!("modelregistry/v1.0", "/models/batchGetResolvedUris")
        => "Models_BatchGetResolvedUris", |call| resolved(call, "models", "modelUri", "path");
};

/// `azureml://…/data/<name>/versions/<version>` as a record's key.
fn named(kind: &str, id: &str) -> Option<String> {
    let (_, rest) = id.split_once(&format!("/{kind}/"))?;
    let (name, version) = rest.split_once("/versions/")?;
    Some(key([kind, name, version]))
}

/// Assumption: an id that leads nowhere is left out of the answer.
fn resolved(call: &mut Call<'_>, kind: &str, member: &str, shown: &str) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let ids = body["values"].as_array().cloned().unwrap_or_default();
    let settings = &call.state.settings;
    let workspace = format!(
        "subscriptions/{}/resourcegroups/{}/workspaces/{}",
        settings.subscription, settings.resource_group, settings.workspace
    );
    let mut values = json!({});
    for id in ids.iter().filter_map(Value::as_str) {
        let Some(document) = named(kind, id).and_then(|key| call.state.get(&key)) else {
            continue;
        };
        let uri = document["properties"][member].as_str().unwrap_or_default();
        // The long form, which names the workspace.
        let uri = match uri.strip_prefix("azureml://datastores/") {
            Some(rest) => format!("azureml://{workspace}/datastores/{rest}"),
            None => uri.to_owned(),
        };
        let (of_data, of_model) = (
            &document["properties"]["dataType"],
            &document["properties"]["modelType"],
        );
        let kind = if of_data.is_null() { of_model } else { of_data };
        values[id] = json!({shown: uri, "type": kind});
    }
    Call::ok(&json!({"values": values}))
}

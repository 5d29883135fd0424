//! Datasets of the first version: registered data by name. Unregistering one leaves its bytes.
//!
//! Only the paths are in the collected facts. Assumption: a dataset is shown with its name, its
//! id and its latest version; and the data assets of the second version are the same records.

use serde_json::json;

use crate::ml::call::Call;
use crate::ml::page::page;
use crate::ml::problem::Problem;
use crate::ml::records::{key, segments};
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("dataset/v1.0", "/datasets") => "Datasets_List", list;
    DELETE of_service!("dataset/v1.0", "/datasets/{name}")
        => "Datasets_Unregister", |call| unregister(call, &call.name("name"));
    DELETE of_service!("dataset/v1.0", "/datasets") => "Datasets_UnregisterAll", |call| {
        let mut names: Vec<String> = call
            .state
            .records
            .keys("data/")
            .iter()
            .filter_map(|key| segments(key).get(1).cloned())
            .collect();
        names.dedup();
        for name in names {
            unregister(call, &name)?;
        }
        Ok(Reply::ok())
    };
    DELETE of_service!("data/v1.0", "/dataversion/{name}/versions/{version}")
        => "DataVersion_Delete", |call| {
            let had = call.remove(&key(["data", &call.name("name"), &call.name("version")]));
            Call::deleted(had)
        };
};

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let token = call.asked.parameter("continuationtoken");
    let found = page(call, "data/", token, None, |_, at, document| {
        let segments = segments(at);
        let [_, name, version] = segments.as_slice() else {
            return None;
        };
        Some(json!({
            "datasetId": document["id"],
            "name": name,
            "latest": {
                "versionId": version,
                "dataPath": {"relativePath": document["properties"]["dataUri"]},
                "description": document["properties"]["description"],
                "tags": document["properties"]["tags"],
            },
        }))
    })?;
    let mut body = json!({"value": found.value});
    if let Some(next) = found.next {
        body["continuationToken"] = json!(next);
    }
    Call::ok(&body)
}

fn unregister(call: &mut Call<'_>, name: &str) -> Result<Reply, Problem> {
    let own = key(["data", name]);
    let below = format!("{own}/");
    let had = call.state.records.has(&own) || !call.state.records.keys(&below).is_empty();
    let by = call.by;
    call.state.remove_below(call.world, by, &below);
    call.remove(&own);
    Call::deleted(had)
}

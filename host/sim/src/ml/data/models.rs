//! Registered models as the first SDK asks for them: the same records as on the management plane,
//! by `name:version`.

use serde_json::{Value, json};

use crate::ml::arm::job_texts;
use crate::ml::call::Call;
use crate::ml::page::{self, page};
use crate::ml::problem::Problem;
use crate::ml::records::{key, segments};
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("modelmanagement/v1.0", "/models") => "MLModels_ListQuery", list;
    GET of_service!("modelmanagement/v1.0", "/models/{id}") => "MLModels_QueryById", get;
    DELETE of_service!("modelmanagement/v1.0", "/models/{id}") => "MLModels_Delete", |call| {
        let had = own(call).is_some_and(|key| call.remove(&key));
        Call::deleted(had)
    };
};

/// The key that `name:version` means.
fn own(call: &Call<'_>) -> Option<String> {
    let id = call.name("id");
    let (name, version) = id.rsplit_once(':')?;
    Some(key(["models", name, version]))
}

/// As the first SDK knows it.
fn shown(at: &str, document: &Value) -> Option<Value> {
    let segments = segments(at);
    let [_, name, version] = segments.as_slice() else {
        return None;
    };
    let says = &document["properties"];
    let mut shown = json!({
        "id": format!("{name}:{version}"),
        "name": name,
        // The first version of the service has whole numbers only.
        "version": version.parse::<u64>().ok()?,
        "url": says["modelUri"].as_str().unwrap_or_default(),
        "mimeType": "application/x-python",
        "kvTags": job_texts(&says["tags"]),
        "properties": job_texts(&says["properties"]),
        "unpack": false,
    });
    for (from, to) in [
        (&says["description"], "description"),
        (&says["jobName"], "runId"),
        (&document["systemData"]["createdAt"], "createdTime"),
    ] {
        if from.is_string() {
            shown[to] = from.clone();
        }
    }
    Some(shown)
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let name = call.asked.parameter("name");
    let token = call.asked.parameter("$skiptoken");
    let size = call
        .asked
        .parameter("count")
        .and_then(|count| count.parse().ok());
    let found = page(call, "models/", token, size, |_, at, document| {
        let shown = shown(at, document)?;
        name.is_none_or(|name| shown["name"] == name)
            .then_some(shown)
    })?;
    let mut body = json!({"value": found.value});
    if let Some(next) = &found.next {
        body["nextLink"] = json!(page::link(call, "$skiptoken", next));
    }
    Call::ok(&body)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let id = call.name("id");
    let key = own(call).ok_or_else(|| Problem::not_found(&id))?;
    let document = call.record(&key)?.into_owned();
    Call::ok(&shown(&key, &document).ok_or_else(|| Problem::not_found(&id))?)
}

//! Web services of the first version: list, show, and a delete that is told of elsewhere.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::arm::{job_texts, looked_at};
use crate::ml::call::Call;
use crate::ml::page::{self, page};
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::ml::running::{Style, What};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("modelmanagement/v1.0", "/services") => "Services_ListQuery", list;
    GET of_service!("modelmanagement/v1.0", "/services/{id}") => "Services_QueryById", get;
    DELETE of_service!("modelmanagement/v1.0", "/services/{id}") => "Services_Delete", delete;
    GET of_service!("modelmanagement/v1.0", "/operations/{operation}") => "Operations_Get", operation;
};

fn key(call: &Call<'_>) -> String {
    records::key(["services", &call.name("id")])
}

fn shown(document: &Value) -> Value {
    let mut shown = document.clone();
    let name = document["name"].clone();
    for (member, otherwise) in [
        ("id", name),
        ("computeType", json!("ACI")),
        ("state", json!("Healthy")),
    ] {
        if shown[member].is_null() {
            shown[member] = otherwise;
        }
    }
    for (from, to) in [("tags", "kvTags"), ("properties", "properties")] {
        let texts = job_texts(&document[from]);
        if let Some(members) = shown.as_object_mut() {
            members.remove(from);
            members.insert(to.to_owned(), texts);
        }
    }
    shown
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let token = call.asked.parameter("$skiptoken");
    let found = page(call, "services/", token, None, |_, _, document| {
        Some(shown(document))
    })?;
    let mut body = json!({"value": found.value});
    if let Some(next) = &found.next {
        body["nextLink"] = json!(page::link(call, "$skiptoken", next));
    }
    Call::ok(&body)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = call.record(&key(call))?.into_owned();
    Call::ok(&shown(&document))
}

/// 202 with `Operation-Location`.
fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    call.start(&key, What::Remove, Style::Location);
    let id = call
        .state
        .running
        .iter()
        .rev()
        .find(|running| running.key == key)
        .map(|running| running.id.clone())
        .unwrap_or_default();
    let path = &call.asked.raw_path;
    let above = path.find("/services/").map_or("", |at| &path[..at]);
    let place = format!("{}{above}/operations/{id}", call.asked.base);
    Ok(Reply::accepted().header("operation-location", place))
}

fn operation(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let running = looked_at(call, &call.name("operation"))?;
    let mut body = json!({
        "id": running.id,
        "operationType": "Service",
        "state": "Running",
        "createdTime": running.started.to_string(),
    });
    match running.outcome {
        None => return Call::ok(&body),
        Some(Ok(())) => body["state"] = json!("Succeeded"),
        Some(Err(problem)) => {
            body["state"] = json!("Failed");
            body["error"] = json!({
                "code": problem.code,
                "statusCode": problem.status.as_u16(),
                "message": problem.message,
            });
        }
    }
    body["endTime"] = json!(call.world.now().to_string());
    Call::ok(&body)
}

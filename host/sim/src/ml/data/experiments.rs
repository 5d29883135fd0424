//! Experiments: list, show, change, archive, and delete when they are empty.

use serde_json::{Value, json};

use crate::ml::arm::{is_viewed, job_texts};
use crate::ml::call::Call;
use crate::ml::data::run_list::{Query, answer, is_of};
use crate::ml::page::page;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    POST of_service!("history/v1.0", "/experiments:query") => "Experiments_GetByQuery", query;
    GET of_service!("history/v1.0", "/experiments/{experiment}") => "Experiments_Get", get;
    GET of_service!("history/v1.0", "/experimentids/{experiment_id}") => "Experiments_GetById", get;
    PATCH of_service!("history/v1.0", "/experimentids/{experiment_id}")
        => "Experiments_Update", update;
    DELETE of_service!("history/v1.0", "/experimentids/{experiment_id}")
        => "Experiments_Delete", delete;
    DELETE of_service!("history/v1.0", "/experimentids/{experiment_id}/tags")
        => "Experiments_DeleteTags", delete_tags;
    GET of_service!("history/v1.0/private", "/deleteConfiguration")
        => "DeleteConfiguration_Get", configuration;
    PATCH of_service!("history/v1.0/private", "/deleteConfiguration")
        => "DeleteConfiguration_Update", set_configuration;
};

/// As run history shows it.
fn shown(document: &Value) -> Value {
    let mut shown = json!({"tags": job_texts(&document["tags"])});
    for (from, to) in [
        ("experimentId", "experimentId"),
        ("name", "name"),
        ("description", "description"),
        ("createdTimeUtc", "createdUtc"),
        ("createdUtc", "createdUtc"),
        ("archivedTime", "archivedTime"),
        ("createdBy", "createdBy"),
    ] {
        if !document[from].is_null() {
            shown[to] = document[from].clone();
        }
    }
    shown
}

fn is_archived(document: &Value) -> bool {
    document["archived"] == true || document["archivedTime"].is_string()
}

fn query(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let query = Query::of(&body)?;
    let view = match body["viewType"].as_str() {
        // Assumption: the default shows the active ones.
        None | Some("Default") => None,
        Some(view) => Some(view.to_owned()),
    };
    let token = query.token.as_deref();
    let found = page(call, "experiments/", token, query.top, |_, _, document| {
        let wanted =
            is_viewed(view.as_deref(), is_archived(document)) && query.filter.fits(document);
        wanted.then(|| shown(document))
    })?;
    answer(found)
}

/// The experiment that the path names, by its name or its id.
fn named(call: &Call<'_>) -> Result<(String, Value), Problem> {
    let (name, id) = (call.name("experiment"), call.name("experiment_id"));
    let found = call
        .state
        .records
        .below("experiments/", "", 0)
        .find(|(_, each)| each["name"] == name.as_str() || each["experimentId"] == id.as_str())
        .map(|(key, each)| (key, each.into_owned()));
    found.ok_or_else(|| Problem::not_found(&format!("{name}{id}")))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (_, document) = named(call)?;
    Call::ok(&shown(&document))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let (key, mut document) = named(call)?;
    match body["archive"].as_bool() {
        Some(true) => {
            document["archived"] = json!(true);
            document["archivedTime"] = json!(call.world.now().to_string());
        }
        Some(false) => {
            document["archived"] = json!(false);
            document["archivedTime"] = Value::Null;
        }
        None => {}
    }
    if body["description"].is_string() {
        document["description"] = body["description"].clone();
    }
    for (name, value) in body["tags"].as_object().into_iter().flatten() {
        document["tags"][name] = value.clone();
    }
    call.put(&key, document.clone());
    Call::ok(&shown(&document))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let Ok((key, document)) = named(call) else {
        // Assumption: a delete of what is not there is none, as on the management plane.
        return Call::deleted(false);
    };
    let holds = call
        .state
        .records
        .below("runs/", "", 0)
        .any(|(_, run)| is_of(&run, &document));
    if holds {
        // facts.md, section 2: empty ones only. Assumption: status and code.
        return Err(Problem::user_error(
            "Only empty experiments can be deleted.",
        ));
    }
    call.remove(&key);
    Call::deleted(true)
}

fn delete_tags(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let (key, mut document) = named(call)?;
    if let Some(tags) = document["tags"].as_object_mut() {
        for name in body["tags"].as_array().into_iter().flatten() {
            tags.remove(name.as_str().unwrap_or_default());
        }
    }
    call.put(&key, document.clone());
    Call::ok(&shown(&document))
}

/// The retention of runs: private, and undocumented beyond its three members.
fn configuration(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = records::key(["deleteConfiguration", "default"]);
    let stored = call.state.get(&key).map(std::borrow::Cow::into_owned);
    let id = call.state.settings.workspace_id.clone();
    Call::ok(
        &stored.unwrap_or_else(|| json!({"workspaceId": id, "isEnabled": false, "cutoffDays": 0})),
    )
}

fn set_configuration(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let document = json!({
        "workspaceId": call.state.settings.workspace_id,
        "isEnabled": body["isEnabled"] == true,
        "cutoffDays": body["cutoffDays"].as_u64().unwrap_or(0),
    });
    call.put(
        &records::key(["deleteConfiguration", "default"]),
        document.clone(),
    );
    Call::ok(&document)
}

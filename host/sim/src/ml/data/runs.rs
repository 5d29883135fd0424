//! One run: its document, its details with links to its logs, and what can be changed of it.
//!
//! There is no operation that deletes a run; that is the job's, on the management plane.

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::auth::sas;
use crate::ml::arm::job_texts;
use crate::ml::blobs;
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}") => "Runs_Get", get;
    GET of_service!("history/v1.0", "/runs/{run}") => "Runs_Get", get;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/details")
        => "Runs_GetDetails", details;
    GET of_service!("history/v1.0", "/runs/{run}/details") => "Runs_GetDetails", details;
    PATCH of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}") => "Runs_Patch", patch;
    PATCH of_service!("history/v1.0", "/runs/{run}") => "Runs_Patch", patch;
    DELETE of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/tags")
        => "Runs_DeleteTags", delete_tags;
    DELETE of_service!("history/v1.0", "/runs/{run}/tags") => "Runs_DeleteTags", delete_tags;
    POST of_service!("history/v1.0", "/rundata") => "Runs_GetRunData", run_data;
};

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The key of the run that the path names. The experiment must be the run's own.
fn key(call: &mut Call<'_>) -> Result<String, Problem> {
    let key = records::key(["runs", &call.name("run")]);
    let experiment = call.name("experiment");
    let run = call.record(&key)?;
    if !experiment.is_empty()
        && run["experimentName"]
            .as_str()
            .is_some_and(|own| own != experiment)
    {
        return Err(Problem::not_found(&call.name("run")));
    }
    Ok(key)
}

fn run(call: &mut Call<'_>) -> Result<(String, Value), Problem> {
    let key = key(call)?;
    let found = call.state.get(&key).map(std::borrow::Cow::into_owned);
    Ok((key, found.unwrap_or_default()))
}

/// A run as run history shows it: what is stored, with the name that the specification has for the
/// time it was made.
pub(crate) fn shown(run: &Value) -> Value {
    let mut run = run.clone();
    if run["createdUtc"].is_null() && run["createdTimeUtc"].is_string() {
        run["createdUtc"] = run["createdTimeUtc"].clone();
    }
    run["tags"] = job_texts(&run["tags"]);
    run["properties"] = job_texts(&run["properties"]);
    // Assumption: it names an output by the asset that it became, and leaves the address of any other to the job.
    if let Some(Value::Object(outputs)) = run.get_mut("outputs") {
        outputs.retain(|_, output| output["assetId"].is_string());
    }
    run
}

/// Who changed it, and when: the caller, whatever the run said before.
pub(crate) fn stamp(call: &Call<'_>, run: &mut Value) {
    run["lastModifiedUtc"] = json!(call.world.now().to_string());
    run["lastModifiedBy"] = json!({
        "userObjectId": "eeeeeeee-0000-4000-8000-000000000007",
        "userTenantId": "bbbbbbbb-0000-4000-8000-000000000002",
        "userName": "Operator Example",
        "upn": "operator@example.com",
    });
    run["revision"] = json!(run["revision"].as_u64().unwrap_or(0) + 1);
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (_, run) = run(call)?;
    Call::ok(&shown(&run))
}

/// A link that opens one blob for an hour.
pub(crate) fn link(call: &Call<'_>, container: &str, blob: &str, permissions: &str) -> String {
    let expiry = Timestamp::now() + SignedDuration::from_hours(1);
    let query = sas::issue_for(
        &call.world.settings,
        container,
        Some(blob),
        permissions,
        expiry,
    );
    let blob = utf8_percent_encode(blob, IN_PATH);
    format!("{}/{container}/{blob}?{query}", call.blob_url)
}

/// The logs of a run by their names below it, with links.
fn logs(call: &Call<'_>, id: &str) -> Value {
    let prefix = blobs::prefix_of_run(id);
    let mut logs = json!({});
    for name in blobs::names(call.world, blobs::ARTIFACTS, &prefix) {
        let own = name[prefix.len()..].to_owned();
        let is_log = ["user_logs/", "system_logs/", "logs/", "azureml-logs/"]
            .iter()
            .any(|folder| own.starts_with(folder));
        if is_log {
            logs[own] = json!(link(call, blobs::ARTIFACTS, &name, "r"));
        }
    }
    logs
}

fn details(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (_, run) = run(call)?;
    let run = shown(&run);
    let mut body = json!({"logFiles": logs(call, run["runId"].as_str().unwrap_or_default())});
    for name in [
        "runId",
        "target",
        "status",
        "parentRunId",
        "startTimeUtc",
        "endTimeUtc",
        "error",
        "warnings",
        "tags",
        "properties",
        "runDefinition",
        "revision",
    ] {
        if !run[name].is_null() {
            body[name] = run[name].clone();
        }
    }
    Call::ok(&body)
}

/// The members of `CreateRun` that may be changed here. There is no `createdBy` among them: who
/// made a run cannot be changed.
const CHANGEABLE: &[&str] = &[
    "displayName",
    "name",
    "description",
    "hidden",
    "status",
    "startTimeUtc",
    "endTimeUtc",
    "target",
];

fn patch(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let (key, mut run) = run(call)?;
    for name in CHANGEABLE {
        if !body[*name].is_null() {
            run[*name] = body[*name].clone();
        }
    }
    // Assumption: maps are merged, as `ModifyRun` adds tags and a call of its own deletes them;
    // properties cannot be taken away.
    for name in ["tags", "properties"] {
        let Some(says) = body[name].as_object() else {
            continue;
        };
        if !run[name].is_object() {
            run[name] = json!({});
        }
        for (member, value) in says {
            run[name][member] = value.clone();
        }
    }
    stamp(call, &mut run);
    call.put(&key, run.clone());
    Call::ok(&shown(&run))
}

fn delete_tags(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let Some(names) = body.as_array() else {
        return Err(Problem::user_error("The body must be a list of names."));
    };
    let (key, mut run) = run(call)?;
    if let Some(tags) = run["tags"].as_object_mut() {
        for name in names.iter().filter_map(Value::as_str) {
            tags.remove(name);
        }
    }
    stamp(call, &mut run);
    call.put(&key, run.clone());
    Call::ok(&shown(&run))
}

/// What the second SDK asks for before a download.
fn run_data(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let id = body["runId"].as_str().unwrap_or_default();
    let run = call.record(&records::key(["runs", id]))?.into_owned();
    Call::ok(&json!({"runMetadata": shown(&run)}))
}

//! Jobs: runs, as Resource Manager shows them.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::arm::job;
use crate::ml::call::Call;
use crate::ml::data::runs::stamp;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_workspace, routes};
use crate::ml::running::{Style, What};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_workspace!("/jobs") => "Jobs_List", list;
    GET of_workspace!("/jobs/{id}") => "Jobs_Get", get;
    PUT of_workspace!("/jobs/{id}") => "Jobs_CreateOrUpdate", put;
    DELETE of_workspace!("/jobs/{id}") => "Jobs_Delete", delete;
    POST of_workspace!("/jobs/{id}/cancel") => "Jobs_Cancel", cancel;
};

fn key(call: &Call<'_>) -> String {
    records::key(["runs", &call.name("id")])
}

/// Whether an archived or active thing is wanted, by `listViewType`; active ones by default.
pub(crate) fn is_viewed(view: Option<&str>, is_archived: bool) -> bool {
    match view.map(str::to_ascii_lowercase).as_deref() {
        Some("all") => true,
        Some("archivedonly") => is_archived,
        _ => !is_archived,
    }
}

/// Whether a document's map has all of these: `name`, or `name=value`, with commas between.
pub(crate) fn has_all(map: &Value, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        wanted.split(',').all(|each| match each.split_once('=') {
            Some((name, value)) => map[name] == value,
            None => !map[each].is_null(),
        })
    })
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let view = call.asked.parameter("listviewtype");
    let kind = call.asked.parameter("jobtype");
    let tag = call.asked.parameter("tag");
    let properties = call.asked.parameter("properties");
    // Assumption: pages are in the order of names.
    listed(call, "runs/", |state, _, run| {
        let wanted = is_viewed(view, run["hidden"] == true)
            && kind.is_none_or(|kind| kind.eq_ignore_ascii_case(job::kind(run)))
            && has_all(&run["tags"], tag)
            && has_all(&run["properties"], properties);
        wanted.then(|| job::shown(&state.settings, run))
    })
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let run = call.record(&key(call))?.into_owned();
    Call::ok(&job::shown(&call.state.settings, &run))
}

/// Changes what can be changed; archiving is one of it.
fn put(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    let body = call.asked.json()?;
    let says = &body["properties"];
    if !call.state.records.has(&key) {
        // The simulator runs nothing, so it takes no new work.
        return Err(Problem::user_error("The simulator starts no jobs."));
    }
    let mut run = call.record(&key)?.into_owned();
    if let Some(archived) = says["isArchived"].as_bool() {
        run["hidden"] = json!(archived);
    }
    for name in ["displayName", "description"] {
        if says[name].is_string() {
            run[name] = says[name].clone();
        }
    }
    for name in ["tags", "properties"] {
        if says[name].is_object() {
            run[name] = says[name].clone();
        }
    }
    stamp(call, &mut run);
    call.put(&key, run.clone());
    Call::ok(&job::shown(&call.state.settings, &run))
}

/// Whether a run has come to its end.
fn is_over(run: &Value) -> bool {
    matches!(
        run["status"].as_str(),
        Some("Completed" | "Failed" | "Canceled") | None
    )
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    let Some(run) = call.state.get(&key) else {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    };
    if !is_over(&run) {
        // Assumption: that it is refused, and the code.
        return Err(Problem::conflict(
            "JobNotTerminal",
            "A job that has not ended cannot be deleted; cancel it first.",
        ));
    }
    Ok(call.start(&key, What::Job, Style::LocationWithTimeout))
}

fn cancel(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    let run = call.record(&key)?.into_owned();
    if is_over(&run) {
        return Ok(Reply::ok());
    }
    Ok(call.start(&key, What::CancelJob, Style::Location))
}

//! Schedules of jobs: list, show, delete.

use hyper::StatusCode;

use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_workspace, routes};
use crate::ml::running::{Style, What};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_workspace!("/schedules") => "Schedules_List", list;
    GET of_workspace!("/schedules/{name}") => "Schedules_Get", get;
    DELETE of_workspace!("/schedules/{name}") => "Schedules_Delete", delete;
};

fn key(call: &Call<'_>) -> String {
    records::key(["schedules", &call.name("name")])
}

/// `listViewType` is about whether they are enabled.
fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let view = call
        .asked
        .parameter("listviewtype")
        .map(str::to_ascii_lowercase);
    listed(call, "schedules/", |_, _, document| {
        let enabled = document["properties"]["isEnabled"] != false;
        let wanted = match view.as_deref() {
            Some("all") => true,
            Some("disabledonly") => !enabled,
            _ => enabled,
        };
        wanted.then(|| document.clone())
    })
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = call.record(&key(call))?.into_owned();
    Call::ok(&document)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call);
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    Ok(call.start(&key, What::Remove, Style::LocationWithTimeout))
}

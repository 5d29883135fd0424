//! Lists of runs: by a query, and of a run's children.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::data::filter::Filter;
use crate::ml::data::runs::shown;
use crate::ml::page::{self, page};
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    POST of_service!("history/v1.0", "/experiments/{experiment}/runs:query")
        => "Runs_GetByQuery", query;
    POST of_service!("history/v1.0", "/experimentids/{experiment_id}/runs:query")
        => "Runs_GetByQuery", query;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/children")
        => "Runs_GetChild", children;
    GET of_service!("history/v1.0", "/runs/{run}/children") => "Runs_GetChild", children;
};

/// What a query says besides its filter.
pub(crate) struct Query {
    pub(crate) filter: Filter,
    pub(crate) token: Option<String>,
    pub(crate) top: Option<usize>,
}

impl Query {
    pub(crate) fn of(body: &Value) -> Result<Self, Problem> {
        Ok(Self {
            filter: Filter::parse(body["filter"].as_str())?,
            token: body["continuationToken"].as_str().map(str::to_owned),
            top: body["top"]
                .as_u64()
                .and_then(|top| usize::try_from(top).ok()),
        })
    }
}

/// A page in the form of the workspace's services.
pub(crate) fn answer(page: page::Page) -> Result<Reply, Problem> {
    let mut body = json!({"value": page.value});
    if let Some(next) = page.next {
        body["continuationToken"] = json!(next);
    }
    Call::ok(&body)
}

/// Whether a run is of this experiment.
pub(crate) fn is_of(run: &Value, experiment: &Value) -> bool {
    ["experimentId", "experimentName"]
        .iter()
        .zip(["experimentId", "name"])
        .any(|(of_run, own)| run[*of_run].is_string() && run[*of_run] == experiment[own])
}

fn query(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let query = Query::of(&call.asked.json()?)?;
    let experiment = call.name("experiment");
    let experiment_id = call.name("experiment_id");
    let known = call
        .state
        .records
        .below("experiments/", "", 0)
        .find(|(_, each)| {
            each["name"] == experiment.as_str() || each["experimentId"] == experiment_id.as_str()
        })
        .map(|(_, each)| each.into_owned())
        .ok_or_else(|| Problem::not_found(&format!("{experiment}{experiment_id}")))?;
    let token = query.token.as_deref();
    let found = page(call, "runs/", token, query.top, |_, _, run| {
        // A run says the id of its experiment, and not always the name.
        let own = is_of(run, &known);
        (own && query.filter.fits(run)).then(|| shown(run))
    })?;
    answer(found)
}

fn children(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let id = call.name("run");
    call.record(&records::key(["runs", &id]))?;
    let filter = Filter::parse(call.asked.parameter("$filter"))?;
    let top = call
        .asked
        .parameter("$top")
        .and_then(|top| top.parse().ok());
    let token = call.asked.parameter("$continuationtoken");
    let found = page(call, "runs/", token, top, |_, _, run| {
        let own = run["parentRunId"] == id.as_str();
        (own && filter.fits(run)).then(|| shown(run))
    })?;
    let mut body = json!({"value": found.value});
    if let Some(next) = &found.next {
        body["continuationToken"] = json!(next);
        body["nextLink"] = json!(page::link(call, "$continuationtoken", next));
    }
    Call::ok(&body)
}

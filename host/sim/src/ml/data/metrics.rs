//! Metrics of a run: their definitions, their values, and their deletion.
//!
//! The shapes are those of the generated client of run history in the second SDK. A run's metrics
//! are one record, beside the run.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    POST of_service!("metric/v2.0", "/runs/{run}/list") => "Metric_ListMetric", list;
    POST of_service!("metric/v2.0", "/runs/{run}/full") => "Metric_GetFullFidelityMetric", full;
    POST of_service!("metric/v2.0", "/runs/{run}/sample") => "Metric_GetSampledMetric", full;
    DELETE of_service!("metric/v2.0", "/runs/{run}/deleteMetrics")
        => "Metric_DeleteMetricsByRunId", |call| delete(call, &call.name("run"));
    DELETE of_service!("metric/v2.0", "/experiments/{experiment_id}/containers/{container}/deleteMetrics")
        => "Metric_DeleteMetricsByDataContainerId", |call| {
            let container = call.name("container");
            let run = container.strip_prefix("dcid.").unwrap_or(&container).to_owned();
            delete(call, &run)
        };
};

/// The metrics of a run: `{"metrics": [{"name", "value"}]}`, as a local workspace has them.
fn metrics(call: &mut Call<'_>) -> Result<Vec<Value>, Problem> {
    let run = call.name("run");
    call.record(&records::key(["runs", &run]))?;
    let stored = call.state.get(&records::key(["metrics", &run]));
    Ok(stored
        .and_then(|stored| stored["metrics"].as_array().cloned())
        .unwrap_or_default())
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let found: Vec<Value> = metrics(call)?
        .iter()
        .map(|metric| {
            let name = &metric["name"];
            json!({
                "metricKey": {"name": name, "namespace": "default", "labels": {}, "labelNames": []},
                "columns": {name.as_str().unwrap_or_default(): "Double"},
                "properties": {"uxMetricType": "azureml.v1.scalar"},
            })
        })
        .collect();
    Call::ok(&json!({"value": found}))
}

fn full(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let wanted = body["metricName"].as_str().unwrap_or_default();
    let run = call.name("run");
    let metric = metrics(call)?
        .into_iter()
        .find(|metric| metric["name"] == wanted)
        .ok_or_else(|| Problem::not_found(wanted))?;
    let created = call
        .state
        .get(&records::key(["runs", &run]))
        .map(|run| run["startTimeUtc"].clone())
        .unwrap_or_default();
    let value = match &metric["value"] {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let points: Vec<Value> = value
        .iter()
        .enumerate()
        .map(|(step, value)| {
            json!({
                "metricId": format!("{run}/{wanted}"),
                "createdUtc": created,
                "step": step,
                "data": {wanted: value},
            })
        })
        .collect();
    Call::ok(&json!({
        "dataContainerId": format!("dcid.{run}"),
        "name": wanted,
        "namespace": "default",
        "columns": {wanted: "Double"},
        "properties": {"uxMetricType": "azureml.v1.scalar"},
        "value": points,
    }))
}

/// Assumption: 200 also where there were none.
fn delete(call: &mut Call<'_>, run: &str) -> Result<Reply, Problem> {
    call.remove(&records::key(["metrics", run]));
    Ok(Reply::ok())
}

//! Where a client looks how far a long-running operation is.

use serde_json::json;

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, routes};
use crate::ml::running::{self, Running};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET "subscriptions/{subscription}/providers/{provider}/locations/{location}/operationResults/{operation}"
        => "Operations_Result", result;
    GET "subscriptions/{subscription}/providers/{provider}/locations/{location}/operationsStatus/{operation}"
        => "Operations_Status", status;
};

/// Finds the operation and moves it on.
pub(crate) fn looked_at(call: &mut Call<'_>, id: &str) -> Result<Running, Problem> {
    let at = call
        .state
        .running
        .iter()
        .position(|running| running.id == id)
        .ok_or_else(|| Problem::not_found(id))?;
    running::look(call.state, call.world, at);
    Ok(call.state.running[at].clone())
}

/// `Location`: 202 until it is done; then 200, or what it failed with.
fn result(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let running = looked_at(call, &call.name("operation"))?;
    match running.outcome {
        None => Ok(call.accepted(&running)),
        Some(Ok(())) => Ok(Reply::ok()),
        Some(Err(problem)) => Err(problem),
    }
}

/// `Azure-AsyncOperation`: always 200, with a status in the body.
fn status(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let running = looked_at(call, &call.name("operation"))?;
    let mut body = json!({
        "id": call.asked.raw_path,
        "name": running.id,
        "status": "InProgress",
        "startTime": running.started.to_string(),
    });
    match running.outcome {
        None => {
            let retry_after = call.state.settings.retry_after.to_string();
            return Ok(Reply::ok().header("retry-after", retry_after).json(&body));
        }
        Some(Ok(())) => {
            body["status"] = json!("Succeeded");
            body["percentComplete"] = json!(100);
        }
        Some(Err(problem)) => {
            body["status"] = json!("Failed");
            body["error"] = problem.detail();
        }
    }
    body["endTime"] = json!(call.world.now().to_string());
    Call::ok(&body)
}

//! Log Analytics workspaces: show, delete, and purge what they hold about somebody. The rules of
//! purge requests are here for Application Insights as well: their body, their number an hour,
//! and that they end only after a while.

use jiff::SignedDuration;
use serde_json::json;

use crate::identity;
use crate::ml::arm::resources::{self, key, list_of};
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::seed::LOGS;
use crate::ml::state::{Purge, resource_key};
use crate::ml::telemetry::{self, OPERATORS};
use crate::mutation::Effect;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.OperationalInsights/workspaces")
        => "LogAnalytics_ListByResourceGroup", |call| list_of(call, LOGS);
    GET "subscriptions/{subscription}/providers/Microsoft.OperationalInsights/workspaces"
        => "LogAnalytics_List", |call| list_of(call, LOGS);
    GET of_group!("/providers/Microsoft.OperationalInsights/workspaces/{logs}")
        => "LogAnalytics_Get", |call| resources::get(call, LOGS, "logs");
    DELETE of_group!("/providers/Microsoft.OperationalInsights/workspaces/{logs}")
        => "LogAnalytics_Delete", delete;
    GET of_group!("/providers/Microsoft.OperationalInsights/deletedWorkspaces")
        => "DeletedWorkspaces_ListByResourceGroup", deleted_list;
    POST of_group!("/providers/Microsoft.OperationalInsights/workspaces/{logs}/purge")
        => "WorkspacePurge_Purge", purge;
    GET of_group!("/providers/Microsoft.OperationalInsights/workspaces/{logs}/operations/{purge}")
        => "WorkspacePurge_GetPurgeStatus", |call| status(call, LOGS, "logs");
};

/// For how long the name of a deleted one is kept, and it can be recovered.
const KEPT_DAYS: i64 = 14;

/// Deleted for good with `force`, and otherwise recoverable. Assumption: at once.
fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, LOGS, "logs");
    if call.asked.flag("force")? {
        let had = call.remove(&key);
        return Call::deleted(had);
    }
    let had = call.state.records.has(&key);
    let by = call.by;
    call.state.hide(call.world, by, &key, KEPT_DAYS);
    Call::deleted(had)
}

fn deleted_list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let group = resource_key(&call.state.settings.group_id());
    let value: Vec<_> = call
        .state
        .hidden
        .iter()
        .filter(|(key, hidden)| key.starts_with(&group) && hidden.document["type"] == LOGS)
        .map(|(_, hidden)| hidden.document.clone())
        .collect();
    Call::ok(&json!({"value": value}))
}

/// Takes a purge request in, and says where it is told how far it is.
pub(crate) fn request(call: &mut Call<'_>, resource: &str) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let filters = body["filters"].as_array().cloned().unwrap_or_default();
    if !body["table"].is_string() || filters.is_empty() {
        return Err(Problem::user_error("'table' and 'filters' are required."));
    }
    for filter in &filters {
        let operator = filter["operator"].as_str().unwrap_or_default();
        if !filter["column"].is_string() || !OPERATORS.contains(&operator) {
            return Err(Problem::user_error(format!(
                "The filter {filter} is not valid."
            )));
        }
    }
    let now = call.world.now();
    let hour = SignedDuration::from_secs(call.state.settings.purge_hour_seconds);
    let hour_ago = now - hour;
    let recent: Vec<_> = call
        .state
        .purges
        .iter()
        .filter(|purge| purge.resource == resource && purge.asked > hour_ago)
        .collect();
    if recent.len() >= call.state.settings.purges_an_hour {
        let free = recent
            .iter()
            .map(|purge| purge.asked + hour)
            .min()
            .unwrap_or(now);
        let wait = free.duration_since(now).as_secs().max(0).unsigned_abs() + 1;
        return Err(Problem {
            retry_after: Some(wait),
            ..Problem::injected(429, None)
        });
    }
    let id = format!("purge-{}", identity::fresh());
    call.state.purges.push(Purge {
        resource: resource.to_owned(),
        id: id.clone(),
        asked: now,
        body,
        looks_left: call.state.settings.looks,
    });
    let by = call.by;
    let document = call.state.get(resource).map(std::borrow::Cow::into_owned);
    call.state
        .note(call.world, by, resource, document.as_ref(), Effect::Changed);
    let place = format!(
        "{}{}/operations/{id}?api-version={}",
        call.asked.base,
        call.asked.raw_path.trim_end_matches("/purge"),
        call.asked.parameter("api-version").unwrap_or_default()
    );
    // The id in the body is another one, as in the examples of the specifications.
    Ok(Reply::accepted()
        .header("x-ms-status-location", place)
        .json(&json!({"operationId": identity::fresh()})))
}

fn purge(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, LOGS, "logs");
    call.record(&key)?;
    request(call, &key)
}

/// How far a purge is.
pub(crate) fn status(call: &mut Call<'_>, kind: &str, placeholder: &str) -> Result<Reply, Problem> {
    let resource = key(call, kind, placeholder);
    let id = call.name("purge");
    let purge = call
        .state
        .purges
        .iter_mut()
        .find(|purge| purge.resource == resource && purge.id == id)
        .ok_or_else(|| Problem::not_found(&id))?;
    let is_first = purge.looks_left > 0;
    purge.looks_left = purge.looks_left.saturating_sub(1);
    let is_done = purge.looks_left == 0;
    let purge = purge.clone();
    if is_done && is_first {
        telemetry::purge(call.state, &purge);
    }
    let status = match is_done {
        true => "completed",
        false => "pending",
    };
    Call::ok(&json!({"status": status}))
}

//! Management locks: what must not be deleted or changed, listed for a scope and all below it.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::state::{lock_scope, resource_key};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET "subscriptions/{subscription}/providers/Microsoft.Authorization/locks"
        => "ManagementLocks_ListAtSubscriptionLevel", list;
    GET of_group!("/providers/Microsoft.Authorization/locks")
        => "ManagementLocks_ListAtResourceGroupLevel", list;
    GET of_group!("/providers/{provider}/{kind}/{name}/providers/Microsoft.Authorization/locks")
        => "ManagementLocks_ListAtResourceLevel", list;
    DELETE of_group!("/providers/Microsoft.Authorization/locks/{lock}")
        => "ManagementLocks_DeleteAtResourceGroupLevel", delete;
    DELETE of_group!("/providers/{provider}/{kind}/{name}/providers/Microsoft.Authorization/locks/{lock}")
        => "ManagementLocks_DeleteAtResourceLevel", delete;
};

fn id(lock: &Value) -> &str {
    lock["id"].as_str().unwrap_or_default()
}

/// Those of the scope and of what lies below it; of the scope alone with `atScope()`. Locks above
/// are not listed, although they hold here too.
fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let scope = lock_scope(&format!("{}/x", call.asked.raw_path));
    let below = format!("{scope}/");
    let at_scope = match call.asked.parameter("$filter") {
        None => false,
        Some("atScope()") => true,
        Some(_) => return Err(Problem::user_error("Only atScope() is understood.")),
    };
    let found: Vec<&Value> = call
        .state
        .locks
        .iter()
        .filter(|lock| {
            let own = lock_scope(id(lock));
            own == scope || (!at_scope && own.starts_with(&below))
        })
        .collect();
    Call::ok(&json!({"value": found}))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = resource_key(&call.asked.raw_path);
    let before = call.state.locks.len();
    call.state
        .locks
        .retain(|lock| resource_key(id(lock)) != key);
    Call::deleted(call.state.locks.len() < before)
}

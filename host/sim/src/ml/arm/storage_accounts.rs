//! Storage accounts on the management plane. Deleting the workspace's own takes all its blobs and
//! files with it; for a while it can be recovered, by its owner and not through this plane.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::arm::resources::{self, key, list_of};
use crate::ml::blobs;
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::seed::STORAGE;
use crate::ml::state::Hidden;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.Storage/storageAccounts")
        => "StorageAccounts_ListByResourceGroup", |call| list_of(call, STORAGE);
    GET "subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts"
        => "StorageAccounts_List", |call| list_of(call, STORAGE);
    GET of_group!("/providers/Microsoft.Storage/storageAccounts/{account}")
        => "StorageAccounts_GetProperties", |call| resources::get(call, STORAGE, "account");
    DELETE of_group!("/providers/Microsoft.Storage/storageAccounts/{account}")
        => "StorageAccounts_Delete", delete;
    POST of_group!("/providers/Microsoft.Storage/storageAccounts/{account}/listKeys")
        => "StorageAccounts_ListKeys", list_keys;
    GET "subscriptions/{subscription}/providers/Microsoft.Storage/deletedAccounts"
        => "DeletedAccounts_List", deleted_list;
    GET "subscriptions/{subscription}/providers/Microsoft.Storage/locations/{location}/deletedAccounts/{account}"
        => "DeletedAccounts_Get", deleted_get;
};

/// For how long a deleted account can be recovered. Assumption: the specification says "for a while".
const KEPT_DAYS: i64 = 14;

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, STORAGE, "account");
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    let by = call.by;
    call.state.hide(call.world, by, &key, KEPT_DAYS);
    if call.name("account") == call.world.settings.account {
        blobs::remove_account(call.world);
    }
    Ok(Reply::ok())
}

fn list_keys(call: &mut Call<'_>) -> Result<Reply, Problem> {
    call.record(&key(call, STORAGE, "account"))?;
    Call::ok(&json!({"keys": [
        {"keyName": "key1", "value": call.world.settings.key, "permissions": "Full"},
    ]}))
}

fn shown(call: &Call<'_>, hidden: &Hidden) -> Value {
    let document = &hidden.document;
    let name = document["name"].as_str().unwrap_or_default();
    let location = document["location"].as_str().unwrap_or_default();
    json!({
        "id": format!(
            "/subscriptions/{}/providers/Microsoft.Storage/locations/{location}/deletedAccounts/{name}",
            call.state.settings.subscription
        ),
        "name": name,
        "type": "Microsoft.Storage/deletedAccounts",
        "properties": {
            "storageAccountResourceId": document["id"],
            "location": location,
            "restoreReference": format!("{name}|{}", hidden.since),
            "creationTime": document["properties"]["creationTime"],
            "deletionTime": hidden.since.to_string(),
        },
    })
}

fn deleted(call: &Call<'_>) -> Vec<Value> {
    call.state
        .hidden
        .values()
        .filter(|hidden| hidden.document["type"] == STORAGE)
        .map(|hidden| shown(call, hidden))
        .collect()
}

fn deleted_list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    Call::ok(&json!({"value": deleted(call)}))
}

fn deleted_get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let name = call.name("account");
    let found = deleted(call)
        .into_iter()
        .find(|account| account["name"] == name.as_str())
        .ok_or_else(|| Problem::not_found(&name))?;
    Call::ok(&found)
}

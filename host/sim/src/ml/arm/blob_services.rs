//! An account's policies of what is kept of deleted blobs, containers and shares. They are the
//! storage half's settings: what is set here is what its delete does.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::ml::arm::resources::key;
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::seed::STORAGE;
use crate::reply::Reply;
use crate::settings::Settings;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default")
        => "BlobServices_GetServiceProperties", blobs;
    PUT of_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default")
        => "BlobServices_SetServiceProperties", set_blobs;
    GET of_group!("/providers/Microsoft.Storage/storageAccounts/{account}/fileServices/default")
        => "FileServices_GetServiceProperties", files;
    PUT of_group!("/providers/Microsoft.Storage/storageAccounts/{account}/fileServices/default")
        => "FileServices_SetServiceProperties", set_files;
};

fn retention(days: Option<u32>) -> Value {
    match days {
        Some(days) => json!({"enabled": true, "days": days}),
        None => json!({"enabled": false}),
    }
}

/// The days that a retention policy says, if it is on.
fn days(policy: &Value) -> Result<Option<u32>, Problem> {
    if policy["enabled"] != true {
        return Ok(None);
    }
    match policy["days"]
        .as_u64()
        .and_then(|days| u32::try_from(days).ok())
    {
        Some(days @ 1..=365) => Ok(Some(days)),
        _ => Err(Problem::user_error("'days' must be 1 to 365.")),
    }
}

fn document(call: &mut Call<'_>, service: &str, properties: Value) -> Result<Reply, Problem> {
    let account = call.record(&key(call, STORAGE, "account"))?.into_owned();
    let id = account["id"].as_str().unwrap_or_default();
    Call::ok(&json!({
        "id": format!("{id}/{service}/default"),
        "name": "default",
        "type": format!("{STORAGE}/{service}"),
        "sku": account["sku"],
        "properties": properties,
    }))
}

fn blobs(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let settings = Arc::clone(&call.world.settings);
    let mut kept = retention(settings.soft_delete_days);
    kept["allowPermanentDelete"] = json!(settings.allow_permanent_delete);
    let properties = json!({
        "deleteRetentionPolicy": kept,
        "containerDeleteRetentionPolicy": retention(settings.container_soft_delete_days),
        "isVersioningEnabled": settings.versioning,
        "changeFeed": {"enabled": false},
        "restorePolicy": {"enabled": settings.restore_policy},
        "cors": {"corsRules": []},
    });
    document(call, "blobServices", properties)
}

fn set(call: &mut Call<'_>, change: impl FnOnce(&mut Settings)) -> Result<(), Problem> {
    call.record(&key(call, STORAGE, "account"))?;
    change(Arc::make_mut(&mut call.world.settings));
    Ok(())
}

fn set_blobs(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let says = &body["properties"];
    let soft = days(&says["deleteRetentionPolicy"])?;
    let containers = days(&says["containerDeleteRetentionPolicy"])?;
    set(call, |settings| {
        settings.soft_delete_days = soft;
        settings.container_soft_delete_days = containers;
        settings.allow_permanent_delete =
            says["deleteRetentionPolicy"]["allowPermanentDelete"] == true;
        settings.versioning = says["isVersioningEnabled"] == true;
        settings.restore_policy = says["restorePolicy"]["enabled"] == true;
    })?;
    blobs(call)
}

fn files(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let kept = retention(call.world.settings.share_soft_delete_days);
    document(
        call,
        "fileServices",
        json!({"shareDeleteRetentionPolicy": kept}),
    )
}

fn set_files(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let kept = days(&body["properties"]["shareDeleteRetentionPolicy"])?;
    set(call, |settings| settings.share_soft_delete_days = kept)?;
    files(call)
}

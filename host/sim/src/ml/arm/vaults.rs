//! Key vaults: a delete is soft; what is gone was purged, and purge protection forbids that.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::arm::resources::{self, key, list_of};
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::running::{Style, What};
use crate::ml::seed::VAULT;
use crate::ml::state::Hidden;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.KeyVault/vaults")
        => "Vaults_ListByResourceGroup", |call| list_of(call, VAULT);
    GET "subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults"
        => "Vaults_ListBySubscription", |call| list_of(call, VAULT);
    GET of_group!("/providers/Microsoft.KeyVault/vaults/{vault}")
        => "Vaults_Get", |call| resources::get(call, VAULT, "vault");
    DELETE of_group!("/providers/Microsoft.KeyVault/vaults/{vault}") => "Vaults_Delete", delete;
    GET "subscriptions/{subscription}/providers/Microsoft.KeyVault/deletedVaults"
        => "Vaults_ListDeleted", deleted_list;
    GET "subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}"
        => "Vaults_GetDeleted", deleted_get;
    POST "subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}/purge"
        => "Vaults_PurgeDeleted", purge;
};

fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, VAULT, "vault");
    let Some(document) = call.state.get(&key) else {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    };
    let days = document["properties"]["softDeleteRetentionInDays"]
        .as_i64()
        .unwrap_or(90);
    let by = call.by;
    call.state.hide(call.world, by, &key, days);
    Ok(Reply::ok())
}

fn shown(call: &Call<'_>, hidden: &Hidden) -> Value {
    let document = &hidden.document;
    let name = document["name"].as_str().unwrap_or_default();
    let location = document["location"].as_str().unwrap_or_default();
    let mut properties = json!({
        "vaultId": document["id"],
        "location": location,
        "deletionDate": hidden.since.to_string(),
        "scheduledPurgeDate": hidden.until.to_string(),
        "tags": document["tags"],
    });
    if document["properties"]["enablePurgeProtection"] == true {
        properties["purgeProtectionEnabled"] = json!(true);
    }
    json!({
        "id": format!(
            "/subscriptions/{}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}",
            call.state.settings.subscription
        ),
        "name": name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": properties,
    })
}

/// The deleted vaults, with their keys.
fn deleted<'a>(call: &'a Call<'_>) -> impl Iterator<Item = (&'a String, &'a Hidden)> {
    call.state
        .hidden
        .iter()
        .filter(|(_, hidden)| hidden.document["type"] == VAULT)
}

fn deleted_list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let value: Vec<Value> = deleted(call)
        .map(|(_, hidden)| shown(call, hidden))
        .collect();
    Call::ok(&json!({"value": value}))
}

/// The one that the path names.
fn named(call: &Call<'_>) -> Result<(String, Hidden), Problem> {
    let name = call.name("vault");
    deleted(call)
        .find(|(_, hidden)| hidden.document["name"] == name.as_str())
        .map(|(key, hidden)| (key.clone(), hidden.clone()))
        .ok_or_else(|| Problem::not_found(&name))
}

fn deleted_get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (_, hidden) = named(call)?;
    Call::ok(&shown(call, &hidden))
}

fn purge(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (key, hidden) = named(call)?;
    if hidden.document["properties"]["enablePurgeProtection"] == true {
        // Assumption: status and code.
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "DeletedVaultPurge",
            "Operation 'DeletedVaultPurge' is not allowed because purge protection is enabled.",
        ));
    }
    Ok(call.start(&key, What::PurgeVault, Style::Location))
}

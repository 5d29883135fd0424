//! What the workspace holds before anybody asks: the resources of its group, and the records of a
//! local workspace directory. None of it is in the mutation log.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::ml::form::{self, MADE};
use crate::ml::records::segments;
use crate::ml::settings::AzureMlSettings;
use crate::ml::state::{State, resource_key};
use crate::seed::{SeedError, files, read, relative};

pub(crate) const WORKSPACE: &str = "Microsoft.MachineLearningServices/workspaces";
pub(crate) const STORAGE: &str = "Microsoft.Storage/storageAccounts";
pub(crate) const VAULT: &str = "Microsoft.KeyVault/vaults";
pub(crate) const INSIGHTS: &str = "Microsoft.Insights/components";
pub(crate) const LOGS: &str = "Microsoft.OperationalInsights/workspaces";
pub(crate) const REGISTRY: &str = "Microsoft.ContainerRegistry/registries";
const TENANT: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// Takes names and ids from a directory's `records/workspace.json`.
pub(crate) fn named_by(settings: &mut AzureMlSettings, from: &Path) -> Result<(), SeedError> {
    let path = from.join("records/workspace.json");
    if !path.exists() {
        return Ok(());
    }
    let document = document(&path)?;
    let take = |name: &str, to: &mut String| {
        if let Some(text) = document[name].as_str() {
            text.clone_into(to);
        }
    };
    take("name", &mut settings.workspace);
    take("workspaceId", &mut settings.workspace_id);
    take("location", &mut settings.location);
    if let Some(id) = document["storageAccount"].as_str() {
        let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
        if let [_, subscription, _, group, .., account] = parts.as_slice() {
            (*subscription).clone_into(&mut settings.subscription);
            (*group).clone_into(&mut settings.resource_group);
            (*account).clone_into(&mut settings.storage.account);
        }
    }
    Ok(())
}

/// Takes in `records/` of a directory.
pub(crate) fn directory(state: &mut State, from: &Path) -> Result<(), SeedError> {
    let folder = from.join("records");
    if !folder.exists() {
        return Ok(());
    }
    for file in files(&folder)? {
        let name = relative(&file, &folder);
        let Some(path) = name.strip_suffix(".json") else {
            continue;
        };
        let document = document(&file)?;
        let segments = segments(path);
        match segments[0].as_str() {
            "workspace" => workspace_says(state, &document),
            "resources" | "telemetry" => {}
            _ => record(state, segments, document),
        }
    }
    state.records.forget_past();
    Ok(())
}

fn document(file: &Path) -> Result<Value, SeedError> {
    serde_json::from_slice(&read(file)?).map_err(|error| SeedError::Read {
        path: file.to_owned(),
        source: error.into(),
    })
}

/// Puts a record.
pub(crate) fn record(state: &mut State, path: Vec<String>, document: Value) {
    let key = form::key_of_record(&path);
    let settings = Arc::clone(&state.settings);
    let document = form::shown(&settings, &key, document);
    state.records.set(&key, Some(document));
    state.records.forget_past();
}

/// Puts a resource.
pub(crate) fn resource(state: &mut State, id: &str, mut document: Value) {
    let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
    document["id"] = json!(id);
    document["name"] = json!(parts.last().copied().unwrap_or_default());
    if document["type"].is_null()
        && let [.., provider, kind, _] = parts.as_slice()
    {
        document["type"] = json!(format!("{provider}/{kind}"));
    }
    state.records.set(&resource_key(id), Some(document));
    state.records.forget_past();
}

/// What a directory says about the workspace besides its names.
fn workspace_says(state: &mut State, says: &Value) {
    let key = state.workspace_key();
    let Some(mut document) = state.get(&key).map(std::borrow::Cow::into_owned) else {
        return;
    };
    for name in ["friendlyName", "description"] {
        if says[name].is_string() {
            document["properties"][name] = says[name].clone();
        }
    }
    if says["tags"].is_object() {
        document["tags"] = says["tags"].clone();
    }
    state.records.set(&key, Some(document));
}

/// A lock on a scope.
pub(crate) fn lock(state: &mut State, scope: &str, name: &str, level: &str) {
    state.locks.push(json!({
        "id": format!("{}/providers/Microsoft.Authorization/locks/{name}", scope.trim_end_matches('/')),
        "name": name,
        "type": "Microsoft.Authorization/locks",
        "properties": {"level": level},
    }));
}

/// Another workspace with the same dependent resources.
pub(crate) fn neighbour(state: &mut State, name: &str) {
    let settings = Arc::clone(&state.settings);
    let key = state.workspace_key();
    let Some(mut document) = state.get(&key).map(std::borrow::Cow::into_owned) else {
        return;
    };
    document["properties"]["workspaceId"] = json!("7b6d0000-42b6-4a27-9d11-00000000000f");
    document["properties"]["friendlyName"] = json!(name);
    resource(state, &settings.resource_id(WORKSPACE, name), document);
}

/// The group's resources: the workspace and what it depends on.
pub(crate) fn resources(state: &mut State, blob_url: &str, file_url: &str) {
    let settings = Arc::clone(&state.settings);
    let AzureMlSettings {
        workspace,
        location,
        ..
    } = &*settings;
    let account = &settings.storage.account;
    let short: String = workspace
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let ids = [
        settings.resource_id(STORAGE, account),
        settings.resource_id(VAULT, &format!("kv-{workspace}")),
        settings.resource_id(INSIGHTS, &format!("ai-{workspace}")),
        settings.resource_id(LOGS, &format!("log-{workspace}")),
        settings.resource_id(REGISTRY, &format!("acr{short}")),
    ];
    let [storage, vault, insights, logs, registry] = &ids;
    let mut vault_says = json!({
        "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
        "vaultUri": format!("https://kv-{workspace}.vault.example.net/"),
        "enableSoftDelete": true, "softDeleteRetentionInDays": 90, "provisioningState": "Succeeded",
    });
    if settings.purge_protection {
        vault_says["enablePurgeProtection"] = json!(true);
    }
    let documents = [
        json!({"sku": {"name": "Standard_LRS", "tier": "Standard"}, "kind": "StorageV2", "properties": {
            "provisioningState": "Succeeded", "primaryLocation": location, "statusOfPrimary": "available",
            "creationTime": MADE, "supportsHttpsTrafficOnly": true, "isHnsEnabled": false,
            "allowSharedKeyAccess": true,
            "primaryEndpoints": {"blob": format!("{blob_url}/"), "file": format!("{file_url}/")},
        }}),
        json!({"properties": vault_says}),
        json!({"kind": "web", "properties": {
            "Application_Type": "web", "ApplicationId": format!("ai-{workspace}"), "Name": format!("ai-{workspace}"),
            "AppId": "cccccccc-0000-4000-8000-000000000003", "InstrumentationKey": "cccccccc-0000-4000-8000-000000000004",
            "CreationDate": MADE, "TenantId": TENANT, "provisioningState": "Succeeded", "RetentionInDays": 90,
            "WorkspaceResourceId": logs, "IngestionMode": "LogAnalytics",
        }}),
        json!({"properties": {
            "provisioningState": "Succeeded", "customerId": "dddddddd-0000-4000-8000-000000000005",
            "sku": {"name": "PerGB2018"}, "retentionInDays": 30,
        }}),
        json!({"sku": {"name": "Basic", "tier": "Basic"}, "properties": {
            "loginServer": format!("acr{short}.azurecr.example.net"), "creationDate": MADE,
            "provisioningState": "Succeeded", "adminUserEnabled": true,
        }}),
    ];
    for (id, mut document) in ids.iter().zip(documents) {
        document["location"] = json!(location);
        document["tags"] = json!({});
        resource(state, id, document);
    }
    let properties = json!({
        "workspaceId": settings.workspace_id, "friendlyName": workspace, "description": "",
        "storageAccount": storage, "keyVault": vault, "applicationInsights": insights,
        "containerRegistry": registry, "hbiWorkspace": false, "provisioningState": "Succeeded",
        "v1LegacyMode": false, "publicNetworkAccess": "Enabled", "tenantId": TENANT,
        "storageHnsEnabled": false, "privateLinkCount": 0,
    });
    let document = json!({
        "location": location, "tags": {}, "kind": "Default", "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {"type": "SystemAssigned", "principalId": "eeeeeeee-0000-4000-8000-000000000006", "tenantId": TENANT},
        "systemData": {"createdAt": MADE, "createdBy": "Operator Example", "createdByType": "User"},
        "properties": properties,
    });
    resource(state, &settings.arm_id(), document);
}

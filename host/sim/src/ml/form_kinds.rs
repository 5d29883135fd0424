//! Which records Resource Manager shows, under which id and type, and what it never leaves out.

use serde_json::{Value, json};

use crate::ml::records::segments;
use crate::ml::settings::AzureMlSettings;

/// How Resource Manager shows a record.
pub(crate) struct Kind {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) resource_type: String,
    /// Whether location and tags stand beside the properties.
    pub(crate) is_tracked: bool,
    /// What the specification requires and a flat record may lack.
    pub(crate) defaults: Defaults,
}

type Defaults = fn() -> Vec<(String, Value)>;

fn none() -> Vec<(String, Value)> {
    Vec::new()
}

fn of_data_container() -> Vec<(String, Value)> {
    vec![("dataType".into(), json!("uri_folder"))]
}

fn of_data() -> Vec<(String, Value)> {
    vec![
        ("dataType".into(), json!("uri_folder")),
        (
            "dataUri".into(),
            json!("azureml://datastores/workspaceblobstore/paths/"),
        ),
    ]
}

/// The second SDK takes it for granted.
fn of_model() -> Vec<(String, Value)> {
    vec![("flavors".into(), json!({}))]
}

fn of_datastore() -> Vec<(String, Value)> {
    vec![
        ("credentials".into(), json!({"credentialsType": "None"})),
        ("datastoreType".into(), json!("AzureBlob")),
        ("isDefault".into(), json!(false)),
    ]
}

fn of_compute() -> Vec<(String, Value)> {
    vec![
        ("computeType".into(), json!("AmlCompute")),
        ("provisioningState".into(), json!("Succeeded")),
        ("isAttachedCompute".into(), json!(false)),
        (
            "properties".into(),
            json!({
                "vmSize": "STANDARD_DS3_V2", "vmPriority": "Dedicated", "osType": "Linux",
                "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"},
            }),
        ),
    ]
}

fn of_online_endpoint() -> Vec<(String, Value)> {
    vec![
        ("authMode".into(), json!("Key")),
        ("provisioningState".into(), json!("Succeeded")),
        ("publicNetworkAccess".into(), json!("Enabled")),
        ("properties".into(), json!({})),
        ("traffic".into(), json!({})),
        ("mirrorTraffic".into(), json!({})),
    ]
}

fn of_batch_endpoint() -> Vec<(String, Value)> {
    vec![
        ("authMode".into(), json!("AADToken")),
        ("provisioningState".into(), json!("Succeeded")),
        ("properties".into(), json!({})),
    ]
}

fn of_online_deployment() -> Vec<(String, Value)> {
    vec![
        ("endpointComputeType".into(), json!("Managed")),
        ("provisioningState".into(), json!("Succeeded")),
        ("properties".into(), json!({})),
        ("environmentVariables".into(), json!({})),
        ("instanceType".into(), json!("Standard_DS3_v2")),
        ("scaleSettings".into(), json!({"scaleType": "Default"})),
    ]
}

fn of_batch_deployment() -> Vec<(String, Value)> {
    vec![("provisioningState".into(), json!("Succeeded"))]
}

fn of_schedule() -> Vec<(String, Value)> {
    vec![
        (
            "action".into(),
            json!({"actionType": "CreateJob", "jobDefinition": {"jobType": "Pipeline"}}),
        ),
        (
            "trigger".into(),
            json!({"triggerType": "Recurrence", "frequency": "Day", "interval": 1}),
        ),
        ("isEnabled".into(), json!(true)),
        ("provisioningState".into(), json!("Succeeded")),
    ]
}

/// How the record under this key is shown, if Resource Manager knows it.
pub(crate) fn of(settings: &AzureMlSettings, key: &str) -> Option<Kind> {
    if key.starts_with("subscriptions/") {
        return None;
    }
    let segments = segments(key);
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let simple = |collection: &str, is_tracked: bool, defaults: Defaults| {
        (collection.to_owned(), is_tracked, defaults)
    };
    let name = (*parts.last()?).to_owned();
    let (collection, is_tracked, defaults): (String, bool, Defaults) = match parts.as_slice() {
        ["data", _] => simple("data", false, of_data_container),
        [
            kind @ ("models" | "components" | "environments" | "codes"),
            _,
        ] => simple(kind, false, none),
        ["models", _, _] => simple("models/versions", false, of_model),
        ["data", _, _] => simple("data/versions", false, of_data),
        [kind @ ("components" | "environments" | "codes"), _, _] => {
            simple(&format!("{kind}/versions"), false, none)
        }
        ["datastores", _] => simple("datastores", false, of_datastore),
        ["computes", _] => simple("computes", true, of_compute),
        ["schedules", _] => simple("schedules", false, of_schedule),
        ["endpoints", "online", _] => simple("onlineEndpoints", true, of_online_endpoint),
        ["endpoints", "batch", _] => simple("batchEndpoints", true, of_batch_endpoint),
        ["endpoints", "online", _, "deployments", _] => {
            simple("onlineEndpoints/deployments", true, of_online_deployment)
        }
        ["endpoints", "batch", _, "deployments", _] => {
            simple("batchEndpoints/deployments", true, of_batch_deployment)
        }
        _ => return None,
    };
    // Types and names alternate in an id.
    let names: Vec<&str> = match parts.as_slice() {
        ["endpoints", _, endpoint] => vec![endpoint],
        ["endpoints", _, endpoint, _, deployment] => vec![endpoint, deployment],
        [_, names @ ..] => names.to_vec(),
        [] => return None,
    };
    let mut id = settings.arm_id();
    for (kind, name) in collection.split('/').zip(names) {
        id = format!("{id}/{kind}/{name}");
    }
    Some(Kind {
        id,
        name,
        resource_type: format!("Microsoft.MachineLearningServices/workspaces/{collection}"),
        is_tracked,
        defaults,
    })
}

//! One run in the form of a job.
//!
//! The run document is what is stored. A job says less of it, and requires what a run may lack;
//! such members are filled with what the specification's own examples have.

use serde_json::{Map, Value, json};

use crate::ml::form::system_data;
use crate::ml::settings::AzureMlSettings;

/// The job's type.
pub(crate) fn kind(run: &Value) -> &'static str {
    let source = [
        &run["properties"]["azureml.runsource"],
        &run["runTypeV2"]["orchestrator"],
        &run["runType"],
    ]
    .into_iter()
    .find_map(Value::as_str)
    .unwrap_or_default()
    .to_ascii_lowercase();
    match source.as_str() {
        "automl" => "AutoML",
        "sweep" | "hyperdrive" => "Sweep",
        "azureml.pipelinerun" | "pipelinerun" | "pipeline" => "Pipeline",
        "spark" => "Spark",
        _ => "Command",
    }
}

/// The statuses that a job can have; anything else is `Unknown`.
const STATUSES: &[&str] = &[
    "NotStarted",
    "Starting",
    "Provisioning",
    "Preparing",
    "Queued",
    "Running",
    "Finalizing",
    "CancelRequested",
    "Completed",
    "Failed",
    "Canceled",
    "NotResponding",
    "Paused",
];

/// A run as a job.
pub(crate) fn shown(settings: &AzureMlSettings, run: &Value) -> Value {
    let id = run["runId"].as_str().unwrap_or_default();
    let kind = kind(run);
    let status = run["status"]
        .as_str()
        .filter(|status| STATUSES.contains(status))
        .unwrap_or("Unknown");
    let mut properties = json!({
        "jobType": kind,
        "displayName": run["displayName"],
        "description": run["description"],
        "experimentName": run["experimentName"].as_str().unwrap_or("Default"),
        "status": status,
        "isArchived": run["hidden"] == true,
        "tags": texts(&run["tags"]),
        "properties": texts(&run["properties"]),
        "services": services(settings, id),
        "outputs": outputs(run),
    });
    if let Some(target) = run["target"]
        .as_str()
        .filter(|target| *target != "Serverless")
    {
        properties["computeId"] = json!(format!("{}/computes/{target}", settings.arm_id()));
    }
    let environment = format!("{}/environments/unknown/versions/1", settings.arm_id());
    match kind {
        "Command" => {
            properties["command"] = json!("python train.py");
            properties["environmentId"] = json!(environment);
        }
        "Sweep" => {
            properties["trial"] =
                json!({"command": "python train.py", "environmentId": environment});
            properties["objective"] = json!({"goal": "Maximize", "primaryMetric": "accuracy"});
            properties["samplingAlgorithm"] = json!({"samplingAlgorithmType": "Random"});
            properties["searchSpace"] = json!({});
        }
        "AutoML" => {
            properties["taskDetails"] = json!({
                "taskType": "Regression", "targetColumnName": "y",
                "trainingData": {"jobInputType": "mltable", "uri": "azureml:training:1"},
            });
        }
        "Spark" => {
            properties["codeId"] = json!(format!("{}/codes/unknown/versions/1", settings.arm_id()));
            properties["entry"] =
                json!({"sparkJobEntryType": "SparkJobPythonEntry", "file": "main.py"});
        }
        _ => {
            properties["inputs"] = json!({});
            properties["jobs"] = json!({});
            properties["settings"] = json!({});
        }
    }
    if let Some(members) = properties.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let mut about = run.as_object().cloned().unwrap_or_default();
    json!({
        "id": format!("{}/jobs/{id}", settings.arm_id()),
        "name": id,
        "type": "Microsoft.MachineLearningServices/workspaces/jobs",
        "systemData": system_data(&mut about),
        "properties": properties,
    })
}

/// A map of texts: what is none is written as JSON.
pub(crate) fn texts(map: &Value) -> Value {
    let mut texts = Map::new();
    for (name, value) in map.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        texts.insert(name.clone(), json!(text));
    }
    Value::Object(texts)
}

fn services(settings: &AzureMlSettings, id: &str) -> Value {
    json!({
        "Tracking": {
            "jobServiceType": "Tracking",
            "endpoint": format!("azureml://{}.api.azureml.ms/mlflow/v1.0{}?", settings.location, settings.arm_id()),
        },
        "Studio": {
            "jobServiceType": "Studio",
            "endpoint": format!("https://ml.azure.com/runs/{id}?wsid={}", settings.arm_id()),
        },
    })
}

/// Outputs by name. Assumption: a job has its artifacts as the output `default`.
fn outputs(run: &Value) -> Value {
    let id = run["runId"].as_str().unwrap_or_default();
    let mut outputs = json!({"default": {
        "jobOutputType": "uri_folder", "mode": "ReadWriteMount",
        "uri": format!("azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{id}"),
    }});
    for (name, output) in run["outputs"].as_object().into_iter().flatten() {
        let kind = match output["type"].as_str() {
            Some("MLFlowModel") => "mlflow_model",
            Some("CustomModel") => "custom_model",
            Some("MLTable" | "mltable") => "mltable",
            Some("UriFile" | "uri_file") => "uri_file",
            _ => "uri_folder",
        };
        outputs[name] = json!({"jobOutputType": kind, "mode": "ReadWriteMount"});
        let mut addresses = ["uri", "assetId"].iter().map(|member| &output[*member]);
        if let Some(address) = addresses.find(|address| address.is_string()) {
            outputs[name]["uri"] = address.clone();
        }
    }
    outputs
}

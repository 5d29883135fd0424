//! The workspace over real HTTP. Every answer is checked against the official schema of its path.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

#[path = "azureml/bed.rs"]
mod bed;
#[path = "client.rs"]
#[expect(dead_code, reason = "what only the account's own tests use")]
mod client;
#[path = "azureml/schema.rs"]
mod schema;

#[path = "azureml/assets.rs"]
mod assets;
#[path = "azureml/history.rs"]
mod history;
#[path = "azureml/jobs.rs"]
mod jobs;
#[path = "azureml/microsoft.rs"]
mod microsoft;
#[path = "azureml/resources.rs"]
mod resources;
#[path = "azureml/trouble.rs"]
mod trouble;
#[path = "azureml/workspaces.rs"]
mod workspaces;

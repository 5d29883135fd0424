//! The workspace over real HTTP. Every answer is checked against the official schema of its path.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

#[path = "azureml/bed.rs"]
mod bed;
#[path = "client.rs"]
#[expect(dead_code, reason = "what only the account's own tests use")]
mod client;
#[path = "azureml/schema.rs"]
mod schema;

#[path = "azureml/jobs.rs"]
mod jobs;
#[path = "azureml/workspaces.rs"]
mod workspaces;

//! An Azure Machine Learning workspace on loopback, joined to a storage account: blobs, file
//! shares and records are one world.
//!
//! Written from the specifications (machine learning 2024-04-01, data plane 2019-09-30, and those
//! of the resources a workspace depends on) and the project's collected facts. Any api-version is
//! taken. What is in neither is marked *assumption* where it is decided.
//!
//! One port serves the management plane and the workspace's own services, as the paths do not
//! meet: `/subscriptions/…` against `/history/…`, `/artifact/…`, `/metric/…` and the like. Their
//! operations stand in one table (`route.rs`), by the names of the specifications.
//!
//! It trains nothing and serves no model. Who asks is not looked at beyond the token.

mod arm;
mod blobs;
mod call;
mod data;
mod form;
mod form_kinds;
mod generated;
mod page;
mod problem;
mod records;
mod request;
mod route;
mod running;
mod seed;
mod server;
mod service;
mod settings;
mod state;
mod telemetry;
mod tls;

pub use service::AzureMl;
pub use settings::AzureMlSettings;

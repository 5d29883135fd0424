//! An Azure Machine Learning workspace: its records, and the blobs and files of its own
//! storage account.
//!
//! In reading order: [`Target`] (which workspace) and [`Cloud`] (which hosts are trusted with a token), `line`
//! (JSON over the one door), `manage` (the management plane: addresses, versions, pages), `operation` (what
//! takes longer than an answer), `data` (run history and metrics), `place` (where a record is asked for),
//! `document` (what is shown of what a service says), `records` and one file a kind (listing and looking),
//! [`Workspace`], and `change` with what each verb does.
//!
//! The services have no conditional requests: every change reads the record again and compares it first
//! (the guard is *checked*). Written from the specifications; what they do not say is marked *assumption*.

mod ahead;
mod answer;
mod archive;
mod assets;
mod change;
mod cloud;
mod data;
mod delete;
mod dependents;
mod document;
mod endpoints;
mod examine;
mod experiments;
mod filter;
mod itself;
mod kept;
mod line;
mod locks;
mod manage;
mod metrics;
mod operation;
mod parts;
mod patch;
mod place;
mod purge;
mod records;
mod refer;
mod resources;
mod runs;
mod services;
mod storage;
mod target;
mod telemetry;
mod users;
mod workspace;

pub use cloud::Cloud;
pub use target::Target;
pub use workspace::Workspace;

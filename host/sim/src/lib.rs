//! A storage account, or a whole Azure Machine Learning workspace, on loopback: what the services
//! do, and what goes wrong with them.
//!
//! A real HTTP server for the blob service and one for the file service, written from the
//! specifications (blob 2024-08-04, file 2024-05-04) and the project's collected facts; what is
//! in neither is marked *assumption* where it is decided. It does for tests and for practice
//! what the emulator lacks: soft delete, versions, permanent delete, immutability, legal holds,
//! Blob Batch with its open question either way, and faults at any request.
//!
//! It is not durable, not fast on purpose, and not a service for real data. It knows nothing of
//! the project's plans, guests or stores: it must not be able to agree with our own mistakes.
//!
//! Entry points: [`Storage::start`] with [`Settings`]; [`Storage::inject`] with a [`Fault`];
//! [`Storage::mutations`], the log that tests check. [`AzureMl`] has the same around an account of
//! its own: management plane, run history, artifacts and metrics, joined to its blobs.

mod answer;
mod auth;
mod blob;
mod clock;
mod conditions;
mod content;
mod fault;
mod file;
mod flow;
mod generated;
mod identity;
mod lease;
mod ml;
mod mutation;
mod operation;
mod page;
mod range;
mod refusal;
mod reply;
mod request;
mod seed;
mod server;
mod settings;
mod storage;
mod world;
mod xml;

pub use clock::Clock;
pub use fault::{At, Fault, FaultKind};
pub use ml::{AzureMl, AzureMlSettings};
pub use mutation::{Effect, Mutation, Service};
pub use seed::{Holding, SeedError};
pub use settings::{Settings, Token};
pub use storage::Storage;

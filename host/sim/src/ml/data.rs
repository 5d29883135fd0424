//! The workspace's own services: discovery, run history, artifacts, metrics, and those of the first
//! version of the SDK.

mod artifacts;
mod datasets;
mod discovery;
mod experiments;
mod filter;
mod metrics;
mod models;
mod resolved;
mod run_list;
pub(crate) mod runs;
mod services;
mod snapshots;

use crate::ml::route::Route;

/// All operations. Patterns with more words come before those with more placeholders.
pub(crate) const TABLES: &[&[Route]] = &[
    discovery::ROUTES,
    run_list::ROUTES,
    runs::ROUTES,
    experiments::ROUTES,
    artifacts::ROUTES,
    metrics::ROUTES,
    models::ROUTES,
    services::ROUTES,
    resolved::ROUTES,
    datasets::ROUTES,
    snapshots::ROUTES,
];

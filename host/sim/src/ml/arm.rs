//! The management plane: the workspace, its records as Resource Manager shows them, and the
//! resources it depends on.

mod assets;
mod blob_services;
mod computes;
mod datastores;
mod endpoints;
mod insights;
mod job;
mod jobs;
mod locks;
mod logs;
mod operations;
mod registries;
mod resources;
mod schedules;
mod storage_accounts;
mod vaults;
mod workspaces;

use crate::ml::route::Route;

pub(crate) use job::texts as job_texts;
pub(crate) use jobs::is_viewed;
pub(crate) use operations::looked_at;

/// All operations. Patterns with more words come before those with more placeholders.
pub(crate) const TABLES: &[&[Route]] = &[
    locks::ROUTES,
    workspaces::ROUTES,
    jobs::ROUTES,
    assets::MODELS,
    assets::DATA,
    assets::COMPONENTS,
    assets::ENVIRONMENTS,
    assets::CODES,
    computes::ROUTES,
    endpoints::ROUTES,
    schedules::ROUTES,
    datastores::ROUTES,
    storage_accounts::ROUTES,
    blob_services::ROUTES,
    vaults::ROUTES,
    insights::ROUTES,
    logs::ROUTES,
    registries::ROUTES,
    resources::ROUTES,
    operations::ROUTES,
];

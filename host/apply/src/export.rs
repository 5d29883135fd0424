//! Copies entries into the package of the case.
//!
//! The bag itself is the crate `remit-export`'s; here its blocking writers meet async content.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use remit_export::{About, Form, Names, Package, Summary};
use remit_plan::{Act, Plan, PlanError, Step};
use remit_workspace::{Content, StoreError};
use tokio::sync::mpsc;

use crate::{ApplyError, Progress};

/// The folder of the package in a case.
pub(crate) const FOLDER: &str = "package";

/// Chunks on their way to the disk, at most, for one copy.
const CHUNKS_IN_FLIGHT: usize = 4;

fn is_export(step: &Result<Step, PlanError>) -> bool {
    step.as_ref()
        .map_or(true, |step| matches!(step.act, Act::Export { .. }))
}

/// Opens the package of a plan; none when the plan exports nothing.
pub(crate) fn open(plan: &Plan) -> Result<Option<Arc<Package>>, ApplyError> {
    if plan.summary().act("export").entries + plan.summary().act("export").parts == 0 {
        return Ok(None);
    }
    // Names are decided by the set of all paths, so the paths are read once before the first copy.
    let mut failed = None;
    let paths = plan.steps().filter(is_export).map_while(|step| {
        let step = step.map_err(|error| failed = Some(error)).ok()?;
        // What a converter makes of a record's document is no JSON any more.
        let form = match step.kind.is_object() || step.act.conversion().is_some() {
            true => Form::Bytes,
            false => Form::Json,
        };
        Some((step.path.to_string(), form))
    });
    let names = Names::of(paths);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let package = Package::open(&plan.case().path(FOLDER), names).map_err(package_error)?;
    Ok(Some(Arc::new(package)))
}

/// Refuses to begin when the copies would not fit.
pub(crate) fn require_space(
    package: &Package,
    plan: &Plan,
    progress: &Progress,
) -> Result<(), ApplyError> {
    let mut bytes = 0_u64;
    for step in plan.steps().filter(is_export) {
        let step = step?;
        if !progress.succeeded(step.number) {
            bytes = bytes.saturating_add(step.bytes().unwrap_or(0));
        }
    }
    package.require_space(bytes).map_err(package_error)
}

/// Stores one copy: complete, read back, flushed and in its place, or not at all.
pub(crate) async fn store(
    package: Arc<Package>,
    step: &Step,
    mut content: Content,
) -> Result<(), StoreError> {
    let (to_disk, mut chunks) = mpsc::channel::<Option<Bytes>>(CHUNKS_IN_FLIGHT);
    let path = step.path.to_string();
    let about = About {
        kind: step.kind.to_string(),
        version: Some(step.version.to_string()),
        modified_ms: step.modified,
        through: step
            .act
            .conversion()
            .map(|conversion| conversion.converter.clone()),
    };
    // A record's size is that of its document, and a redacted or converted copy has its own: none is what
    // was listed.
    let size = match (step.act.redaction(), step.act.conversion()) {
        (_, Some(conversion)) => Some(conversion.after_size_bytes),
        (Some(redaction), None) => Some(redaction.after_size_bytes),
        (None, None) if step.kind.is_object() => step.size_bytes,
        (None, None) => None,
    };
    let writing = tokio::task::spawn_blocking(move || {
        let mut writer = package.add(&path, size, about)?;
        while let Some(chunk) = chunks.blocking_recv() {
            match chunk {
                Some(chunk) => writer.write(&chunk)?,
                None => return writer.finish().map(Some),
            }
        }
        // The content broke off: the copy is dropped unfinished.
        Ok(None)
    });
    let fed: Result<(), StoreError> = async {
        while let Some(chunk) = content.try_next().await? {
            if to_disk.send(Some(chunk)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
    .await;
    if fed.is_ok() {
        // A writer that has given up says why below.
        let _given_up = to_disk.send(None).await;
    }
    drop(to_disk);
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::failed(&step.path, "exporting", error)
    };
    let written = writing
        .await
        .map_err(|error| failed(error.into()))?
        .map_err(|error| failed(error.into()));
    fed?;
    written?
        .map(|_stored| ())
        .ok_or_else(|| failed("the copy was not finished".into()))
}

/// Makes the folder a bag of all the copies that were made.
pub(crate) async fn finish(
    package: Arc<Package>,
    plan: &Plan,
    progress: &Progress,
) -> Result<String, ApplyError> {
    let summary = Summary {
        title: plan
            .case()
            .dir()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        workspace: plan.manifest().about.workspace.clone(),
        identifier: Some(plan.digest().to_string()),
        created_ms: plan.manifest().about.created,
        facts: vec![("Remit-Guest".into(), plan.manifest().about.guest.clone())],
    };
    let (plan, progress) = (plan.clone(), progress.clone());
    let finished = tokio::task::spawn_blocking(move || {
        let paths = plan
            .steps()
            .filter(is_export)
            .filter(|step| {
                step.as_ref()
                    .map_or(true, |step| progress.succeeded(step.number))
            })
            .map(|step| step.map(|step| step.path.to_string()).map_err(Into::into));
        package.finish(&summary, paths)
    })
    .await
    .map_err(|error| ApplyError::Package(error.into()))?
    .map_err(package_error)?;
    Ok(finished.sha256)
}

fn package_error(error: remit_export::Error) -> ApplyError {
    ApplyError::Package(error.into())
}

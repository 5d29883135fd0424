//! Long-running operations: begun by a request, moved on by every look, done or failed at the end.
//!
//! Nothing runs in the background. Time is counted in looks: a poll of the operation, or a read
//! of what it works on. So a test needs no clock, and what nobody waits for still ends.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::identity;
use crate::ml::blobs;
use crate::ml::problem::Problem;
use crate::ml::records::segments;
use crate::ml::state::{By, State};
use crate::operation::Operation;
use crate::world::World;

/// How the client is told where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `Location` and `Retry-After`: 202 until it is 200.
    Location,
    /// The same with `x-ms-async-operation-timeout`.
    LocationWithTimeout,
    /// `Azure-AsyncOperation` as well: 200 with a status in the body.
    AsyncOperation,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A record and what lies below it are removed.
    Remove,
    /// A compute is detached: its record goes, what is below stays.
    Detach,
    /// A job's blobs, metrics and record are removed.
    Job,
    /// A job is cancelled.
    CancelJob,
    /// The workspace is deleted, softly or for good.
    Workspace { purge: bool },
    /// A registry of containers is deleted.
    Registry,
    /// A deleted key vault is purged.
    PurgeVault,
}

impl What {
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Self::Registry => "Microsoft.ContainerRegistry",
            Self::PurgeVault => "Microsoft.KeyVault",
            _ => "Microsoft.MachineLearningServices",
        }
    }
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) what: What,
    pub(crate) style: Style,
    pub(crate) by: By,
    pub(crate) looks_left: u32,
    pub(crate) fails: bool,
    pub(crate) started: Timestamp,
    pub(crate) outcome: Option<Result<(), Problem>>,
}

impl Running {
    pub(crate) fn new(
        key: &str,
        what: What,
        style: Style,
        by: By,
        looks: u32,
        fails: bool,
        started: Timestamp,
    ) -> Self {
        Self {
            id: identity::fresh(),
            key: key.to_owned(),
            what,
            style,
            by,
            looks_left: looks.max(1),
            fails,
            started,
            outcome: None,
        }
    }
}

/// Shows on what it works on that it has begun.
pub(crate) fn begin(state: &mut State, world: &mut World, running: &Running) {
    if running.what == What::CancelJob {
        set_status(state, world, running, "CancelRequested");
        return;
    }
    provisioning(state, world, running, "Deleting");
}

/// `properties.provisioningState`, where there is one.
fn provisioning(state: &mut State, world: &mut World, running: &Running, to: &str) {
    let Some(mut document) = state.get(&running.key).map(std::borrow::Cow::into_owned) else {
        return;
    };
    if let Some(shown) = document.pointer_mut("/properties/provisioningState") {
        *shown = json!(to);
        state.change(world, running.by, &running.key, Some(document));
    }
}

fn set_status(state: &mut State, world: &mut World, running: &Running, to: &str) {
    if let Some(document) = state.get(&running.key) {
        let mut document = document.into_owned();
        document["status"] = json!(to);
        // Assumption: which members say so.
        let now = world.now().to_string();
        if to == "Canceled" {
            document["endTimeUtc"] = json!(now);
        }
        document["lastModifiedUtc"] = json!(now);
        document["revision"] = json!(document["revision"].as_u64().unwrap_or(0) + 1);
        state.change(world, running.by, &running.key, Some(document));
    }
}

/// Moves on everything that works on this key.
pub(crate) fn look_at(state: &mut State, world: &mut World, key: &str) {
    for at in 0..state.running.len() {
        if state.running[at].key == key {
            look(state, world, at);
        }
    }
}

/// Ends everything that runs.
pub(crate) fn settle(state: &mut State, world: &mut World) {
    for at in 0..state.running.len() {
        while state.running[at].outcome.is_none() {
            look(state, world, at);
        }
    }
}

/// Moves one operation on by one look.
pub(crate) fn look(state: &mut State, world: &mut World, at: usize) {
    let mut running = state.running[at].clone();
    if running.outcome.is_some() {
        return;
    }
    running.looks_left -= 1;
    if running.looks_left == 0 {
        let outcome = carry_out(state, world, &running);
        if outcome.is_err() {
            provisioning(state, world, &running, "Failed");
        }
        running.outcome = Some(outcome);
    }
    state.running[at] = running;
}

fn carry_out(state: &mut State, world: &mut World, running: &Running) -> Result<(), Problem> {
    let Running { key, by, .. } = running;
    let failed = Problem::new(
        // Assumption: what an operation says that failed for no reason of the caller's.
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "The operation failed half-way.",
    );
    match running.what {
        What::Job => {
            let id = segments(key).pop().unwrap_or_default();
            if state.settings.job_delete_takes_blobs {
                blobs::remove_of_run(world, &id, running.fails, Operation::ByJobDelete)?;
            }
            if running.fails {
                return Err(failed);
            }
            state.change(
                world,
                *by,
                &format!("metrics/{}", &key["runs/".len()..]),
                None,
            );
            state.change(world, *by, key, None);
        }
        // Half of it: what is below is gone, and it itself is not.
        What::Remove if running.fails => {
            state.remove_below(world, *by, &format!("{key}/"));
            return Err(failed);
        }
        What::Workspace { .. } if running.fails => {
            remove_what_runs(state, world, *by);
            return Err(failed);
        }
        _ if running.fails => return Err(failed),
        What::CancelJob => set_status(state, world, running, "Canceled"),
        What::Workspace { purge } => workspace(state, world, running, purge),
        What::PurgeVault => state.purge(world, *by, key),
        What::Remove => {
            state.remove_below(world, *by, &format!("{key}/"));
            state.change(world, *by, key, None);
        }
        What::Detach | What::Registry => state.change(world, *by, key, None),
    }
    Ok(())
}

fn workspace(state: &mut State, world: &mut World, running: &Running, purge: bool) {
    let Running { key, by, .. } = running;
    // It was shown as being deleted; recovered, it is as before.
    provisioning(state, world, running, "Succeeded");
    if state.hidden.contains_key(key) {
        state.purge(world, *by, key);
        return;
    }
    if *key != state.workspace_key() {
        state.change(world, *by, key, None);
        return;
    }
    if purge {
        state.change(world, *by, key, None);
        state.remove_all_records(world, *by);
        return;
    }
    // Soft delete: what holds data is kept, what runs is not.
    remove_what_runs(state, world, *by);
    let queued: Vec<String> = state
        .records
        .below("runs/", "", 0)
        .filter(|(_, run)| matches!(run["status"].as_str(), Some("Queued" | "NotStarted")))
        .map(|(key, _)| key)
        .collect();
    for key in queued {
        state.change(world, *by, &key, None);
    }
    state.hide(world, *by, key, WORKSPACE_KEPT_DAYS);
}

fn remove_what_runs(state: &mut State, world: &mut World, by: By) {
    for prefix in ["computes/", "endpoints/"] {
        state.remove_below(world, by, prefix);
    }
}

/// For how long a soft-deleted workspace is kept.
const WORKSPACE_KEPT_DAYS: i64 = 14;

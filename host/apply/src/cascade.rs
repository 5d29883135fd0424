//! A plan that deletes the workspace, or what it stands on, is examined as a whole before it touches anything:
//! a lock, a hold, another user, work that goes on or a missing permission that would stop it half-way refuses
//! all of it, by name.
//!
//! Looked at twice: before the plan begins, and again when all else is done and only these deletes are left. A
//! refusal ends nothing: when what stands in the way is gone, the same plan is applied on.
//!
//! Not here: the order of these steps, which is in the plan; and what each delete checks again by itself.

use std::fmt;

use remit_plan::{Act, Plan, Step};
use remit_policy::{Authority, Denied};
use remit_workspace::{EntryPath, Forecast, Kind, Store, StoreError, layout, work};

use crate::apply::causes;
use crate::{ApplyError, Progress, Standing};

/// What stands in the way of one of these deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What was to be deleted.
    pub path: EntryPath,
    /// What stands in the way.
    pub why: String,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// The steps of a plan that delete the workspace or what it stands on: a handful.
pub(crate) struct Cascade(Vec<Step>);

impl Cascade {
    pub(crate) fn of(plan: &Plan) -> Result<Self, ApplyError> {
        let mut steps = Vec::new();
        if !may_have(plan) {
            return Ok(Self(steps));
        }
        for step in plan.steps() {
            let step = step?;
            if is_of_cascade(&step) {
                steps.push(step);
            }
        }
        Ok(Self(steps))
    }

    /// The rank of the first of them; none when the plan has none.
    pub(crate) fn first_rank(&self) -> Option<u32> {
        self.0.iter().map(|step| step.rank).min()
    }

    /// Whether everything that is none of them has succeeded, so that they are next.
    pub(crate) fn is_next(&self, progress: &Progress, steps: u64) -> bool {
        let is_own = |number: u64| self.0.iter().any(|step| step.number == number);
        (1..=steps).all(|number| is_own(number) || progress.succeeded(number))
    }

    /// Whether the workspace itself is deleted: then nothing is left to be compared.
    pub(crate) fn has_taken_the_workspace(&self, progress: &Progress) -> bool {
        let mut workspaces = self.0.iter().filter(|step| step.kind == Kind::Workspace);
        workspaces.any(|step| progress.succeeded(step.number))
    }

    fn deletes_workspace(&self) -> bool {
        self.0.iter().any(|step| step.kind == Kind::Workspace)
    }

    /// Refuses when any that is still to do would not be done.
    pub(crate) async fn examine(
        &self,
        store: &dyn Store,
        authority: &Authority,
        progress: &Progress,
    ) -> Result<(), ApplyError> {
        let mut obstacles = Vec::new();
        let is_to_do = |step: &&Step| progress.is_to_do(step.number);
        for step in self.0.iter().filter(is_to_do) {
            let is_begun = progress.standing(step.number) != Some(Standing::Open);
            let why = match layout::is_account(&step.path) && !self.deletes_workspace() {
                true => Some("it goes only with the workspace".to_owned()),
                false => obstacle(step, is_begun, store, authority).await,
            };
            if let Some(why) = why {
                obstacles.push(Obstacle {
                    path: step.path.clone(),
                    why,
                });
            }
        }
        match obstacles.is_empty() {
            true => Ok(()),
            false => Err(ApplyError::Cascade(obstacles)),
        }
    }
}

/// Whether a plan may have such steps, from its numbers alone: most have none, and are not read for them.
pub(crate) fn may_have(plan: &Plan) -> bool {
    let deletes = plan.summary().act("delete");
    [Kind::Workspace, Kind::Resource]
        .iter()
        .any(|kind| deletes.kinds.contains_key(kind.as_str()))
}

/// Whether the step takes along what lies below the workspace, or a resource it stands on.
pub(crate) fn is_of_cascade(step: &Step) -> bool {
    matches!(step.act, Act::Delete { .. }) && matches!(step.kind, Kind::Workspace | Kind::Resource)
}

async fn obstacle(
    step: &Step,
    is_begun: bool,
    store: &dyn Store,
    authority: &Authority,
) -> Option<String> {
    let Act::Delete {
        purge,
        cancel_first,
        ..
    } = step.act
    else {
        return None;
    };
    if let Err(denied) = authority.permit_part(
        step.act.asks_for(),
        &step.path,
        &step.above,
        step.effect_set(),
    ) {
        return Some(why_denied(&denied));
    }
    let entry = match store.stat(&step.path).await {
        Ok(entry) => entry,
        // What is left of it is the business of whoever goes on with it.
        Err(StoreError::NotFound(_)) if is_begun => return None,
        Err(StoreError::NotFound(_)) => return Some("it is no longer there".to_owned()),
        Err(error) => return Some(causes(&error)),
    };
    if !is_begun && entry.version != step.version {
        return Some("it has changed since planning".to_owned());
    }
    match store.forecast(&entry, purge).await {
        Forecast::Gone | Forecast::GoneOn(_) => {}
        Forecast::Held(by) => return Some(format!("held by {by}")),
        Forecast::Impossible(why) => return Some(why),
        // A delete that was begun may have come to its end meanwhile.
        Forecast::Unknown(_)
            if is_begun && matches!(store.stat(&step.path).await, Err(StoreError::NotFound(_))) =>
        {
            return None;
        }
        Forecast::Unknown(why) => {
            return Some(format!("what would become of it is unknown: {why}"));
        }
    }
    if step.kind != Kind::Workspace || cancel_first {
        return None;
    }
    match work::going_on(store).await {
        Ok(None) => None,
        Ok(Some(run)) => Some(format!("{run} has not ended")),
        Err(error) => Some(causes(&error)),
    }
}

fn why_denied(denied: &Denied) -> String {
    let hold = denied.hold();
    hold.unwrap_or_else(|| format!("no longer permitted: {denied}"))
}

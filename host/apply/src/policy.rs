//! The workspace's policy as it is now; and when there can be none any more, since this very plan has taken away
//! the account it lay in.
//!
//! Whatever goes wrong with reading a policy refuses, and so does its absence where the plan had one. One proof
//! is accepted that it is gone: the journal says that the delete of the account, or of the workspace, was begun,
//! and the management plane says that what was deleted is not there. A failure proves nothing.

use remit_plan::{Act, Digest, Plan};
use remit_policy::{HOLDS_FILE, POLICY_FILE, Policy};
use remit_workspace::{Kind, PolicyPlace, Store, StoreError, layout};

use crate::cascade::may_have;
use crate::{ApplyError, Journal, Progress, Standing};

/// How a plan names the policy it was made under. Holds are not part of it: they are asked about for
/// each step, then and now.
pub async fn policy_pin(store: &dyn Store) -> Result<String, StoreError> {
    Ok(pin(store.policy_file(POLICY_FILE).await?.as_deref()))
}

fn pin(policy: Option<&[u8]>) -> String {
    match policy {
        Some(bytes) => Digest::of(bytes).to_string(),
        None => "none".into(),
    }
}

/// The policy that lies with the workspace, for going on with a plan. A broken one is an error, and so is one
/// that cannot be read; one that went with its account, as the plan wanted, is none.
pub async fn policy_now(plan: &Plan, store: &dyn Store) -> Result<Policy, ApplyError> {
    let progress = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    Ok(match now(plan, &progress, store).await? {
        Some((policy, _)) => policy,
        None => Policy::absent(),
    })
}

/// The policy as it is at this moment, with how a plan would name it; none where it went as the plan wanted.
pub(crate) async fn now(
    plan: &Plan,
    progress: &Progress,
    store: &dyn Store,
) -> Result<Option<(Policy, String)>, ApplyError> {
    if is_gone(plan, progress, store).await? {
        return Ok(None);
    }
    match read(store).await {
        Ok(read) => Ok(Some(read)),
        // A delete that nobody awaits may have come to its end just now.
        Err(_) if is_gone(plan, progress, store).await? => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read(store: &dyn Store) -> Result<(Policy, String), ApplyError> {
    let rules = store.policy_file(POLICY_FILE).await?;
    let holds = store.policy_file(HOLDS_FILE).await?;
    let policy = Policy::parse(rules.as_deref(), holds.as_deref());
    let policy = policy.map_err(|error| ApplyError::BrokenPolicy(Box::new(error)))?;
    Ok((policy, pin(rules.as_deref())))
}

/// Whether the policy went as the plan wanted.
async fn is_gone(plan: &Plan, progress: &Progress, store: &dyn Store) -> Result<bool, ApplyError> {
    let (mut account, mut workspace) = (Standing::Open, Standing::Open);
    if !progress.started || !may_have(plan) {
        return Ok(false);
    }
    for step in plan.steps() {
        let step = step?;
        let standing = || progress.standing(step.number).unwrap_or(Standing::Open);
        match (&step.act, step.kind) {
            (Act::Delete { .. }, Kind::Workspace) => workspace = standing(),
            (Act::Delete { .. }, Kind::Resource) if layout::is_account(&step.path) => {
                account = standing();
            }
            _ => {}
        }
    }
    if account == Standing::Open && workspace == Standing::Open {
        return Ok(false);
    }
    // Its end was journalled because the account was seen to be gone.
    let account_is_gone = matches!(&account, Standing::Ended(state) if state.is_success());
    Ok(match store.policy_place().await? {
        PolicyPlace::There => false,
        PolicyPlace::Gone => account != Standing::Open,
        PolicyPlace::NoWorkspace => workspace != Standing::Open || account_is_gone,
    })
}

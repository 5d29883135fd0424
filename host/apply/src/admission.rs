//! Whether a plan may be applied at all, as things stand now.
//!
//! What is checked here is about the plan as a whole; each step is asked about again before its act.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_plan::{Approval, Plan, Signers};
use remit_policy::{Authority, Tally};
use remit_workspace::{Kind, Millis, Store};

use crate::{ApplyError, Journal, policy};

/// A plan that may be applied now.
#[derive(Debug)]
#[must_use = "an admitted plan is there to be applied"]
pub struct Admitted {
    pub(crate) plan: Plan,
    /// Who approved it.
    pub approvals: Vec<Approval>,
    begun: bool,
}

impl Admitted {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether an earlier run began it.
    pub fn is_begun(&self) -> bool {
        self.begun
    }
}

/// Checks that the plan is whole, approved, in time, and for this workspace under this policy.
///
/// A plan that was begun may be taken up again after it expired: what was begun must be ended.
pub async fn admit(
    plan: Plan,
    store: &dyn Store,
    authority: &Authority,
    now: Millis,
) -> Result<Admitted, ApplyError> {
    let (manifest, rules) = (plan.manifest(), authority.policy());
    if let Some(why) = &manifest.incomplete {
        return Err(ApplyError::Incomplete(why.clone()));
    }
    if let Some(number) = manifest.accepted.first_missing(manifest.gaps) {
        let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let gap = plan
            .gaps()
            .nth(index)
            .ok_or_else(|| ApplyError::damaged(&plan.case().path("gaps.jsonl"), "too short"))??;
        return Err(ApplyError::GapNotAccepted {
            number,
            path: gap.path,
            reason: gap.reason,
        });
    }
    if manifest.about.workspace != store.identity() {
        return Err(ApplyError::OtherWorkspace {
            planned: manifest.about.workspace.clone(),
            found: store.identity().to_owned(),
        });
    }
    let progress = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    let begun = progress.started;
    if !begun && now >= manifest.about.expires {
        let expired = Timestamp::from_millisecond(manifest.about.expires).unwrap_or(Timestamp::MAX);
        return Err(ApplyError::Expired(
            expired.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        ));
    }
    let policy = policy::now(&plan, &progress, store).await?;
    if policy.is_some_and(|(_, pin)| pin != manifest.about.policy) {
        return Err(ApplyError::PolicyChanged);
    }
    authority
        .ceilings()
        .check(&tally(&plan)?)
        .map_err(|over| ApplyError::OverCeiling(over.into()))?;
    let wanted = rules.guard_min();
    for (found, steps) in &plan.summary().guards {
        if guard_named(found).is_none_or(|found| found < wanted) {
            return Err(ApplyError::GuardTooWeak {
                wanted: wanted.as_str(),
                found: found.clone(),
                steps: *steps,
            });
        }
    }
    let signers = Signers::parse(rules.allowed_signers().iter().map(String::as_str))
        .map_err(|error| ApplyError::NotApproved(error.into()))?;
    let approvals = Approval::require(plan.case(), &signers, rules.approvals(), now)
        .map_err(ApplyError::NotApproved)?;
    Ok(Admitted {
        plan,
        approvals: approvals.into_iter().collect(),
        begun,
    })
}

/// What the plan adds up to, counted from its steps.
fn tally(plan: &Plan) -> Result<Tally, ApplyError> {
    let mut tally = Tally::new();
    // Ceilings are about a plan's bytes as a whole: it is all the same which entry a part's are counted with.
    let mut bytes_of_parts = BTreeMap::new();
    for step in plan.steps() {
        let step = step?;
        let bytes = step.bytes().unwrap_or(0);
        if step.is_proposed() {
            tally.propose(step.act.asks_for(), step.kind, bytes);
        } else {
            let sum: &mut (u64, _) = bytes_of_parts
                .entry(step.act.as_str())
                .or_insert((0, step.act.asks_for()));
            sum.0 = sum.0.saturating_add(bytes);
        }
    }
    for (bytes, act) in bytes_of_parts.into_values() {
        tally.add_bytes(act, bytes);
    }
    for (kind, listed) in &plan.summary().listed {
        if let Some(kind) = Kind::parse(kind) {
            tally.list(kind, *listed);
        }
    }
    Ok(tally)
}

fn guard_named(word: &str) -> Option<remit_workspace::Guard> {
    use remit_workspace::Guard;
    [Guard::Checked, Guard::Leased, Guard::Atomic]
        .into_iter()
        .find(|guard| guard.as_str() == word)
}

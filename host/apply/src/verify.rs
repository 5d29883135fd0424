//! Looks at the workspace again, after a plan was applied.
//!
//! It trusts neither the journal nor the run before it: the workspace is opened afresh, and it is shown
//! first that what is there is found and what is not there is not.

use futures::TryStreamExt as _;
use remit_plan::{Act, Plan, State, Step};
use remit_workspace::{EntryPath, Listed, Pattern, Store, StoreError};

use crate::{ApplyError, Progress, Standing, content};

/// What a second look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries that are gone, with their generations.
    pub gone: u64,
    /// Entries that hold what the plan said they would.
    pub redacted: u64,
    /// Entries that are as they were when the plan was made.
    pub unchanged: u64,
    /// What is not as it should be; the first thousand.
    pub findings: Vec<Finding>,
    /// How many things are not as they should be.
    pub broken: u64,
    /// An entry that is there and was found, before anything else was looked at.
    pub known: Option<EntryPath>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step.
    pub step: u64,
    /// Its entry.
    pub path: EntryPath,
    /// What is wrong.
    pub why: String,
}

const FINDINGS_MAX: usize = 1000;

impl Verification {
    /// Whether all is as it should be.
    pub fn holds(&self) -> bool {
        self.broken == 0
    }

    /// Things that are as they should be.
    pub fn held(&self) -> u64 {
        self.gone + self.redacted + self.unchanged
    }

    fn broken(&mut self, step: &Step, why: impl Into<String>) {
        self.broken += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding {
                step: step.number,
                path: step.path.clone(),
                why: why.into(),
            });
        }
    }
}

/// Compares the workspace with what the journal says was done.
pub async fn verify(
    plan: &Plan,
    progress: &Progress,
    store: &dyn Store,
) -> Result<Verification, ApplyError> {
    if plan.manifest().about.workspace != store.identity() {
        return Err(ApplyError::OtherWorkspace {
            planned: plan.manifest().about.workspace.clone(),
            found: store.identity().to_owned(),
        });
    }
    let mut verification = Verification {
        known: known_entry(store).await?,
        ..Verification::default()
    };
    for step in plan.steps() {
        let step = step?;
        match (progress.standing(step.number), &step.act) {
            (Some(Standing::Ended(State::Gone)), Act::Delete { .. }) => {
                gone(store, &step, &mut verification).await?
            }
            (Some(Standing::Ended(State::Done | State::GoneOn(_))), Act::Redact(redaction)) => {
                match content::digest(store, &step.path).await {
                    Ok(found) if found == redaction.after_sha256 => verification.redacted += 1,
                    Ok(_) => verification.broken(&step, "it does not hold what was planned"),
                    Err(error) => verification.broken(&step, format!("it cannot be read: {error}")),
                }
            }
            (Some(Standing::Open), Act::Redact(_) | Act::Archive {} | Act::Delete { .. }) => {
                unchanged(store, &step, &mut verification).await;
            }
            _ => {}
        }
    }
    for kept in plan.kept() {
        let kept = kept?;
        // Kept entries have no step, and so no version to compare; that they are there is what was promised.
        if store.stat(&kept.path).await.is_ok() {
            verification.unchanged += 1;
        }
    }
    Ok(verification)
}

/// Shows that looking works: an entry that a listing gives is found by its name, and an invented one is not.
async fn known_entry(store: &dyn Store) -> Result<Option<EntryPath>, ApplyError> {
    let mut listing = store.list(&Pattern::everything());
    let mut known = None;
    while let Some(listed) = listing.try_next().await? {
        if let Listed::Entry(entry) = listed {
            store.stat(&entry.path).await?;
            known = Some(entry.path);
            break;
        }
    }
    let invented =
        EntryPath::parse("/files/remit-verify/no-such-entry-4f1c").expect("a constant path");
    match store.stat(&invented).await {
        Err(StoreError::NotFound(_)) => Ok(known),
        Err(error) => Err(error.into()),
        Ok(entry) => {
            Err(
                StoreError::failed(&entry.path, "looking for an invented entry", "it was found")
                    .into(),
            )
        }
    }
}

async fn gone(
    store: &dyn Store,
    step: &Step,
    verification: &mut Verification,
) -> Result<(), ApplyError> {
    match store.stat(&step.path).await {
        Err(StoreError::NotFound(_)) => {}
        Ok(_) => {
            verification.broken(step, "it is there");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    match store.generations(&step.path).try_next().await? {
        None => verification.gone += 1,
        Some(Listed::Entry(entry)) => {
            verification.broken(step, format!("the service still keeps {}", entry.path))
        }
        Some(Listed::Gap(gap)) => verification.broken(
            step,
            format!("generations cannot be listed: {}", gap.reason),
        ),
    }
    Ok(())
}

async fn unchanged(store: &dyn Store, step: &Step, verification: &mut Verification) {
    match store.stat(&step.path).await {
        // Opening compares versions; nothing needs to be read.
        Ok(_) => match store.open(&step.path, &step.version, 0).await {
            Ok(_) => verification.unchanged += 1,
            Err(error) => verification.broken(step, format!("it was not begun, and yet: {error}")),
        },
        Err(error) => verification.broken(step, format!("it was not begun, and yet: {error}")),
    }
}

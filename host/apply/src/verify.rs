//! Looks at the workspace again, after a plan was applied.
//!
//! It trusts neither the journal nor the run before it: the workspace is opened afresh, and it is shown
//! first that what is there is found and what is not there is not. Then it is shown that what should be
//! gone is gone, that what was redacted is as it was planned, that what was kept or held is there, and,
//! against the listings that applying pinned, what became of everything that the plan does not change.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use remit_plan::{Act, Plan, PlanError, State, Step};
use remit_workspace::{EntryPath, Kind, Listed, Pattern, Store, StoreError};

use crate::cascade::may_have;
use crate::others::{self, Difference, Seen, When};
use crate::{ApplyError, Progress, Standing, content};

/// What a second look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries that are gone, with their generations.
    pub gone: u64,
    /// Entries that no look shows, and that are gone by the word of the service.
    pub purged: u64,
    /// Entries that hold what the plan said they would.
    pub redacted: u64,
    /// Entries that are hidden and that the service still keeps until a day it named, or is still purging.
    pub hidden: u64,
    /// Records that are archived.
    pub archived: u64,
    /// Entries of the plan that stayed: kept, held, or never begun.
    pub unchanged: u64,
    /// What nobody can look at any more, since the workspace is gone, or what named it: neither shown nor broken.
    pub unseen: u64,
    /// Whether the workspace itself was deleted by the plan, and is not there.
    pub is_without_workspace: bool,
    /// The entries that the plan does not change.
    pub beside: Beside,
    /// What is not as it should be; the first thousand.
    pub findings: Vec<Finding>,
    /// How many things are not as they should be.
    pub broken: u64,
    /// An entry that is there and was found, before anything else was looked at.
    pub known: Option<EntryPath>,
}

/// What became of the entries that no step is about, where the plan changes something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    /// The plan changes nothing.
    #[default]
    Nothing,
    /// They could not be compared: why.
    Unknown(String),
    /// They were compared by path and version.
    Compared {
        /// From before the plan's first change to after its last; to now, where it has not ended.
        during: Difference,
        /// From then until now.
        since: Difference,
    },
}

impl Beside {
    /// Entries that vanished or changed while the plan was applied, by no step of it.
    pub fn lost(&self) -> u64 {
        match self {
            Self::Nothing | Self::Unknown(_) => 0,
            Self::Compared { during, .. } => during.lost(),
        }
    }

    /// Whether it was shown that nothing beside the plan was changed by it.
    pub fn is_shown(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Unknown(_) => false,
            Self::Compared { during, .. } => during.lost() == 0,
        }
    }

    fn unchanged(&self) -> u64 {
        match self {
            Self::Nothing | Self::Unknown(_) => 0,
            Self::Compared { during, .. } => during.unchanged,
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step; none for an entry that was kept and has no step.
    pub step: Option<u64>,
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

    /// Whether all that the plan was about could be looked at.
    pub fn is_whole(&self) -> bool {
        self.unseen == 0 && self.beside.is_shown()
    }

    /// Things that are as they should be.
    pub fn held(&self) -> u64 {
        self.gone
            + self.purged
            + self.hidden
            + self.redacted
            + self.archived
            + self.unchanged
            + self.beside.unchanged()
    }

    fn broken(&mut self, step: &Step, why: impl Into<String>) {
        self.find(Some(step.number), &step.path, why.into());
    }

    fn find(&mut self, step: Option<u64>, path: &EntryPath, why: String) {
        self.broken += 1;
        if self.findings.len() < FINDINGS_MAX {
            let path = path.clone();
            self.findings.push(Finding { step, path, why });
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
    let is_without_workspace = is_without_workspace(plan, progress, store).await?;
    let mut verification = Verification {
        known: match is_without_workspace {
            true => None,
            false => known_entry(store).await?,
        },
        is_without_workspace,
        ..Verification::default()
    };
    for step in plan.steps() {
        let step = step?;
        if is_without_workspace && step.kind != Kind::Workspace {
            verification.unseen += u64::from(others::changes(&step.act));
            continue;
        }
        match (progress.standing(step.number), &step.act) {
            (Some(Standing::Ended(State::Gone | State::GoneOn(_))), Act::Delete { .. })
                if progress.operation(step.number).is_some() =>
            {
                let operation = progress.operation(step.number).unwrap_or_default();
                purged(store, &step, operation, &mut verification).await?;
            }
            (Some(Standing::Ended(State::Gone)), Act::Delete { .. }) => {
                gone(store, &step, &mut verification).await?
            }
            (Some(Standing::Ended(State::GoneOn(_))), Act::Delete { .. }) => {
                match presence(store, &step).await? {
                    Presence::There => verification.broken(&step, "it is there"),
                    Presence::Absent => verification.hidden += 1,
                    Presence::Unseen => verification.unseen += 1,
                }
            }
            (Some(Standing::Ended(State::Done | State::GoneOn(_))), Act::Redact(redaction)) => {
                match content::is_as_planned(store, &step.path, redaction).await {
                    Ok(true) => verification.redacted += 1,
                    Ok(false) => verification.broken(&step, "it does not hold what was planned"),
                    Err(error @ StoreError::Failed { .. }) => return Err(error.into()),
                    Err(error) => verification.broken(&step, format!("it cannot be read: {error}")),
                }
            }
            (Some(Standing::Ended(State::Done)), Act::Archive {}) => {
                match content::is_archived(store, &step.path).await {
                    Ok(true) => verification.archived += 1,
                    Ok(false) => verification.broken(&step, "it is not archived"),
                    Err(error) => verification.broken(&step, format!("it cannot be read: {error}")),
                }
            }
            (Some(Standing::Ended(State::Held(by))), act) if others::changes(act) => {
                match is_there(store, &step.path).await? {
                    true => verification.unchanged += 1,
                    false => verification.broken(&step, format!("{by} held it, and it is gone")),
                }
            }
            (Some(Standing::Open), act) if others::changes(act) => {
                unchanged(store, &step, &mut verification).await?;
            }
            _ => {}
        }
    }
    kept(plan, store, &mut verification).await?;
    // Deleting the workspace takes everything along: nothing is beside that.
    if !is_without_workspace {
        verification.beside = beside(plan, progress, store).await?;
    }
    Ok(verification)
}

/// Whether the plan has deleted the workspace itself, and it is not there.
async fn is_without_workspace(
    plan: &Plan,
    progress: &Progress,
    store: &dyn Store,
) -> Result<bool, ApplyError> {
    if !may_have(plan) {
        return Ok(false);
    }
    for step in plan.steps() {
        let step = step?;
        let is_delete = matches!(step.act, Act::Delete { .. });
        if is_delete && step.kind == Kind::Workspace && progress.succeeded(step.number) {
            return Ok(!is_there(store, &step.path).await?);
        }
    }
    Ok(false)
}

/// What was kept must be there, unless another step took it. Kept entries have no step, and so no version
/// to compare: what became of their content is seen with the entries beside the plan.
async fn kept(
    plan: &Plan,
    store: &dyn Store,
    verification: &mut Verification,
) -> Result<(), ApplyError> {
    let mut missing = BTreeSet::new();
    let mut kept = plan.kept();
    loop {
        let next = kept.next().transpose()?;
        let is_last = next.is_none();
        if let Some(kept) = next {
            match is_there(store, &kept.path).await? {
                true => verification.unchanged += 1,
                false => _ = missing.insert(kept.path),
            }
        }
        // In portions, however many have vanished.
        if missing.len() >= FINDINGS_MAX || (is_last && !missing.is_empty()) {
            for step in plan.steps() {
                let step = step?;
                if matches!(step.act, Act::Delete { .. }) {
                    missing.remove(&step.path);
                }
            }
            for path in std::mem::take(&mut missing) {
                verification.find(None, &path, "it was kept, and it is gone".into());
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Compares what applying pinned with itself, and with what is there now.
async fn beside(plan: &Plan, progress: &Progress, store: &dyn Store) -> Result<Beside, ApplyError> {
    let case = plan.case();
    let before = match &progress.before {
        Some(Seen::Listed { sha256, .. }) => sha256,
        Some(Seen::Unknown(why)) => return Ok(Beside::Unknown(format!("before it: {why}"))),
        None => return Ok(Beside::Nothing),
    };
    let now = match others::now(plan, store).await? {
        Ok(now) => now,
        Err(why) => return Ok(Beside::Unknown(why)),
    };
    let before = others::open(case, When::Before, before)?;
    let read = |source| PlanError::Io {
        doing: "cannot read",
        path: case.path(others::FOLDER),
        source,
    };
    let (during, since) = match &progress.after {
        Some(Seen::Listed { sha256, .. }) => {
            let after = others::open(case, When::After, sha256)?;
            let again = others::open(case, When::After, sha256)?;
            (others::compare(before, after), others::compare(again, now))
        }
        Some(Seen::Unknown(why)) => return Ok(Beside::Unknown(format!("after it: {why}"))),
        // It has not ended: what changes now changes while it is applied.
        None => (others::compare(before, now), Ok(Difference::default())),
    };
    Ok(Beside::Compared {
        during: during.map_err(read)?,
        since: since.map_err(read)?,
    })
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
    let invented = invented_beside(known.as_ref());
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

/// A name that nobody gave, beside an entry that is there: in a place that this workspace can look at.
fn invented_beside(known: Option<&EntryPath>) -> EntryPath {
    const NAME: &str = "remit-verify-no-such-entry-4f1c";
    let mut segments: Vec<Vec<u8>> = known.into_iter().flat_map(EntryPath::segments).collect();
    _ = segments.pop();
    if segments.is_empty() {
        segments = vec![b"blobs".to_vec(), b"remit-verify".to_vec()];
    }
    segments.push(NAME.into());
    let longer = EntryPath::of_segments(&segments);
    longer.unwrap_or_else(|_| EntryPath::of_segments(["files", NAME]).expect("a short path"))
}

/// Whether an entry is there. What cannot be looked at for a passing reason is not known to be either;
/// what is permanently out of reach is there.
async fn is_there(store: &dyn Store, path: &EntryPath) -> Result<bool, StoreError> {
    match store.stat(path).await {
        Ok(_) | Err(StoreError::OutOfReach { .. }) => Ok(true),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a look at something that was deleted shows.
enum Presence {
    There,
    Absent,
    /// A resource that nothing names any more cannot be looked for.
    Unseen,
}

async fn presence(store: &dyn Store, step: &Step) -> Result<Presence, StoreError> {
    match store.stat(&step.path).await {
        Err(StoreError::OutOfReach { .. }) if step.kind == Kind::Resource => Ok(Presence::Unseen),
        Ok(_) | Err(StoreError::OutOfReach { .. }) => Ok(Presence::There),
        Err(StoreError::NotFound(_)) => Ok(Presence::Absent),
        Err(error) => Err(error),
    }
}

async fn gone(
    store: &dyn Store,
    step: &Step,
    verification: &mut Verification,
) -> Result<(), ApplyError> {
    match presence(store, step).await? {
        Presence::Absent => {}
        Presence::Unseen => {
            verification.unseen += 1;
            return Ok(());
        }
        Presence::There => {
            verification.broken(step, "it is there");
            return Ok(());
        }
    }
    match store.generations(&step.path).try_next().await? {
        None => verification.gone += 1,
        Some(Listed::Entry(entry)) => {
            verification.broken(step, format!("the service still keeps {}", entry.path))
        }
        // It is not there; that its service keeps nothing of it was said when it was purged, and no look shows it.
        Some(Listed::Gap(_)) if step.kind == Kind::Workspace => verification.unseen += 1,
        Some(Listed::Gap(gap)) => verification.broken(
            step,
            format!("generations cannot be listed: {}", gap.reason),
        ),
    }
    Ok(())
}

/// What no look shows is gone when the service says that its operation has ended.
async fn purged(
    store: &dyn Store,
    step: &Step,
    operation: &str,
    verification: &mut Verification,
) -> Result<(), ApplyError> {
    match store.has_ended(&step.path, operation).await {
        Ok(true) => verification.purged += 1,
        Ok(false) => verification.hidden += 1,
        Err(error @ StoreError::Failed { .. }) => return Err(error.into()),
        Err(StoreError::NotFound(_)) => {
            let why = format!("the service does not know {operation}, and nothing else tells");
            verification.broken(step, why);
        }
        Err(error) => {
            let why = format!("{operation} cannot be asked about: {error}");
            verification.broken(step, why);
        }
    }
    Ok(())
}

async fn unchanged(
    store: &dyn Store,
    step: &Step,
    verification: &mut Verification,
) -> Result<(), ApplyError> {
    // Opening compares versions; nothing needs to be read.
    match store.open(&step.path, &step.version, 0).await {
        Ok(_) => verification.unchanged += 1,
        Err(error @ StoreError::Failed { .. }) => return Err(error.into()),
        Err(error) => verification.broken(step, format!("it was not begun, and yet: {error}")),
    }
    Ok(())
}

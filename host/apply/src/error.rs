//! Why a plan was not applied, or applying stopped.

use std::path::{Path, PathBuf};

use remit_plan::{ApprovalError, PlanError};
use remit_policy::FileError;
use remit_workspace::{EntryPath, StoreError};

use crate::Obstacle;

/// Why nothing was begun, or why applying stopped. A step that fails is not an error: it is a state.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan or its case.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Approvals are missing or wrong.
    #[error("the plan is not approved")]
    NotApproved(#[source] ApprovalError),
    /// A listing or a read failed while planning.
    #[error("the plan is incomplete and cannot be applied: {0}")]
    Incomplete(String),
    /// A gap that nobody accepted.
    #[error("gap {number} is not accepted ({path}: {reason})")]
    GapNotAccepted {
        /// Its number.
        number: u64,
        /// The place.
        path: EntryPath,
        /// Why nobody could look.
        reason: String,
    },
    /// The plan was made for another workspace.
    #[error("the plan is for the workspace {planned}, and this is {found}")]
    OtherWorkspace {
        /// What the plan says.
        planned: String,
        /// What was opened.
        found: String,
    },
    /// Too late to begin.
    #[error("the plan expired on {0}; plan again")]
    Expired(String),
    /// The workspace's policy is not the one the plan was made under.
    #[error("the workspace's policy has changed since planning; plan again")]
    PolicyChanged,
    /// The workspace's policy or its holds cannot be understood.
    #[error("the workspace's policy cannot be understood")]
    BrokenPolicy(#[source] Box<FileError>),
    /// A ceiling of the policy, as it is now.
    #[error("the plan is over a ceiling")]
    OverCeiling(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A change is tied to its version less strictly than the policy wants.
    #[error(
        "the policy wants changes guarded at least `{wanted}`; {steps} steps are guarded `{found}`"
    )]
    GuardTooWeak {
        /// What the policy wants.
        wanted: &'static str,
        /// What the backend gives.
        found: String,
        /// How many steps.
        steps: u64,
    },
    /// A delete of the workspace, or of what it stands on, would stop half-way: none of them was begun.
    #[error(
        "the workspace is not deleted half-way, and nothing more was begun: {}",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Cascade(Vec<Obstacle>),
    /// Another process applies this case.
    #[error("`{}` is being applied by another process", .0.display())]
    Busy(PathBuf),
    /// The journal's files.
    #[error("{doing} the journal `{}`", path.display())]
    Journal {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The journal does not fit together.
    #[error("the journal `{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A flush failed before.
    #[error("the journal could not be flushed before; nothing more is begun")]
    Poisoned,
    /// The workspace could not be read.
    #[error("the workspace cannot be read")]
    Store(#[from] StoreError),
    /// The package.
    #[error("the package could not be completed; nothing was destroyed")]
    Package(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApplyError {
    pub(crate) fn journal(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Journal {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

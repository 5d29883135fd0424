//! Why evidence could not be made, or does not hold.

use std::path::{Path, PathBuf};

use remit_plan::{PlanError, SignatureError};

use crate::ApplyError;

/// Why evidence could not be made, or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Nothing was done yet that there could be evidence of.
    #[error("the plan was not applied yet")]
    NotBegun,
    /// The case, or its journal.
    #[error(transparent)]
    Case(#[from] ApplyError),
    /// The key that should sign.
    #[error(transparent)]
    Key(#[from] SignatureError),
    /// A step that the plan does not have.
    #[error("there is no step {given}; the plan has {count}")]
    NoSuchStep {
        /// The number given.
        given: u64,
        /// How many the plan has.
        count: u64,
    },
    /// The file system refused.
    #[error("{doing} `{}`", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no signature.
    #[error("the evidence is not signed: there is no `{}`", .0.display())]
    NotSigned(PathBuf),
    /// The signature does not count.
    #[error("the signature `{}` does not count", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// A newer version wrote it.
    #[error("the evidence has format {found}; this program reads {known}")]
    Newer {
        /// What it says.
        found: u64,
        /// What can be read.
        known: u32,
    },
    /// A file is not what it must be.
    #[error("`{}` does not hold: {why}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
}

impl From<PlanError> for EvidenceError {
    fn from(error: PlanError) -> Self {
        Self::Case(error.into())
    }
}

impl EvidenceError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

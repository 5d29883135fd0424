//! The two ways in which a call does not succeed: the guest's business, and the host's.

use std::fmt;
use std::path::{Path, PathBuf};

use remit_plan::PlanError;
use remit_workspace::{EntryPath, StoreError};

/// What a call answers.
pub type Answer<T> = Result<T, Refusal>;

/// Why a call did not succeed.
#[derive(Debug)]
pub enum Refusal {
    /// The guest learns it and may go on.
    Failure(Failure),
    /// The host is broken: the guest is stopped, and the plan is not sealed.
    Fault(Fault),
}

/// What a guest learns of a call that did not succeed. Nothing secret, nothing about what it may not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In one word.
    pub code: Code,
    /// In a sentence.
    pub message: String,
}

/// The kind of a failure. Open: guests must expect words they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The right was not asked for, or not granted.
    Denied,
    /// One plan may not do that much.
    OverCeiling,
    /// Outside of the scope that was given or narrowed.
    OutOfScope,
    /// No such entry.
    NotFound,
    /// The entry is no longer the version that was named.
    Changed,
    /// It could not be looked at, now or ever.
    Unreadable,
    /// It contradicts another proposal.
    Conflict,
    /// What was asked makes no sense, or would break the entry.
    Invalid,
    /// A budget is used up.
    Limit,
    /// The run is over, or its handles were taken back.
    Revoked,
    /// A hold protects the entry or a part of it.
    Held,
    /// It runs, and stopping it was not asked for.
    Running,
    /// The service cannot do it.
    Impossible,
}

impl Code {
    /// The word that a guest sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::OverCeiling => "over-ceiling",
            Self::OutOfScope => "out-of-scope",
            Self::NotFound => "not-found",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Limit => "limit",
            Self::Revoked => "revoked",
            Self::Held => "held",
            Self::Running => "running",
            Self::Impossible => "impossible",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// What a guest learns of an answer of the store.
    pub(crate) fn of_store(error: &StoreError) -> Self {
        let code = match error {
            StoreError::NotFound(_) => Code::NotFound,
            StoreError::Changed(_) => Code::Changed,
            StoreError::Held { .. } => Code::Held,
            StoreError::Impossible { .. } => Code::Impossible,
            StoreError::OutOfReach { .. } | StoreError::Failed { .. } => Code::Unreadable,
        };
        Self::new(code, error.to_string())
    }

    pub(crate) fn changed(path: &EntryPath) -> Self {
        Self::new(
            Code::Changed,
            format!("{path} is not the version that was named"),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Self {
        Self::Fault(Fault::Draft(error))
    }
}

/// What is broken in the host. It stops the guest.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The draft could not be written.
    #[error("the draft of the plan cannot be written")]
    Draft(#[from] PlanError),
    /// A working file of the case could not be written or read.
    #[error("{doing} `{}`", path.display())]
    Io {
        /// What was being done, as `cannot write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A scanner could not be run at all, by no fault of its own or of the content.
    #[error("the scanner `{scanner}` could not be run")]
    Scanner {
        /// Its name.
        scanner: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A converter could not be run at all, by no fault of its own or of the content.
    #[error("the converter `{converter}` could not be run")]
    Converter {
        /// Its name.
        converter: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Findings on disk could not be read back.
    #[error("the findings of a scan cannot be read")]
    Edits(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A task of the host ended before its work did.
    #[error("a task of the host stopped in the middle of {0}")]
    Task(&'static str),
    /// The draft was taken already: the session is finished.
    #[error("the session is finished")]
    Finished,
}

impl Fault {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

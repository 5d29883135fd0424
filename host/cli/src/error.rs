//! The one place where errors of the crates become what a person reads.

use std::error::Error;
use std::fmt;

use miette::Diagnostic;
use remit_apply::{ApplyError, CloseError, EvidenceError};
use remit_plan::PlanError;
use remit_policy::{FileError, OverCeiling, RaiseRefused, Refused, TextError};
use remit_session::{Fault, Refusal};
use remit_workspace::StoreError;

use crate::exit::Exit;

/// Why a command ended, how it exits, and what would help.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) exit: Exit,
    pub(crate) cause: Cause,
    pub(crate) hints: Vec<String>,
}

/// An error that is printed with its causes, or one that points into a file.
#[derive(Debug)]
pub(crate) enum Cause {
    Error(Box<dyn Error + Send + Sync>),
    File(Box<dyn Diagnostic + Send + Sync>),
    /// The reader of our output has gone; nobody is there to be told.
    BrokenPipe,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            exit,
            cause: Cause::Error(error.into()),
            hints: Vec::new(),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message.into())
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message.into())
    }

    pub(crate) fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(
            Exit::Failed,
            Doing {
                doing: doing.into(),
                source,
            },
        )
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Error(error) => write!(f, "{error}"),
            Cause::File(error) => write!(f, "{error}"),
            Cause::BrokenPipe => f.write_str("nobody reads the answer any more"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
struct Doing {
    doing: String,
    source: std::io::Error,
}

impl From<std::io::Error> for CommandError {
    /// Only writing to our own output has no better words.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self {
                exit: Exit::Done,
                cause: Cause::BrokenPipe,
                hints: Vec::new(),
            },
            _ => Self::io("cannot write the answer", error),
        }
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        let exit = match &error {
            PlanError::Exists(_)
            | PlanError::NotACase(_)
            | PlanError::NotSealed(_)
            | PlanError::NoSuchGap { .. } => Exit::Usage,
            PlanError::Damaged { .. }
            | PlanError::Closed(_)
            | PlanError::Conflict { .. }
            | PlanError::AlreadyApproved => Exit::Refused,
            PlanError::Io { .. } | PlanError::Newer { .. } | PlanError::Circular(_) => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<ApplyError> for CommandError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Plan(error) => error.into(),
            ApplyError::Store(error) => error.into(),
            ApplyError::Incomplete(_) => Self::new(Exit::Incomplete, error)
                .hint("an incomplete plan shows what was seen; plan again when the cause has passed"),
            ApplyError::Expired(_) | ApplyError::PolicyChanged => Self::new(Exit::Stale, error),
            ApplyError::GapNotAccepted { number, .. } => Self::new(Exit::Refused, error).hint(format!(
                "look at the place, or accept that nobody did: remit approve CASE --accept-gap {number}"
            )),
            ApplyError::BrokenPolicy(error) => (*error).into(),
            ApplyError::NotApproved(_) => Self::new(Exit::Refused, error)
                .hint("approve it with `remit approve CASE --key FILE`, or sign MANIFEST with `ssh-keygen -Y sign -n remit-plan`"),
            ApplyError::Cascade(_) => Self::new(Exit::Refused, error)
                .hint("see to what stands in the way, and run `remit apply` again"),
            ApplyError::OtherWorkspace { .. } | ApplyError::OverCeiling(_) | ApplyError::GuardTooWeak { .. } => {
                Self::new(Exit::Refused, error)
            }
            ApplyError::Busy(_) | ApplyError::Damaged { .. } => Self::new(Exit::Refused, error),
            ApplyError::Journal { .. } | ApplyError::Poisoned => Self::new(Exit::Failed, error)
                .hint("nothing further was begun; mend the cause (is the disk full?) and run `remit apply` again"),
            ApplyError::Package(_) => {
                Self::new(Exit::Failed, error).hint("mend the cause (is the disk full?) and run `remit apply` again")
            }
        }
    }
}

impl From<EvidenceError> for CommandError {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Case(error) => error.into(),
            EvidenceError::NotBegun | EvidenceError::NoSuchStep { .. } => {
                Self::new(Exit::Usage, error)
            }
            EvidenceError::Key(_)
            | EvidenceError::Io { .. }
            | EvidenceError::NotSigned(_)
            | EvidenceError::Signature { .. }
            | EvidenceError::Newer { .. }
            | EvidenceError::Broken { .. } => Self::new(Exit::Failed, error),
        }
    }
}

impl From<CloseError> for CommandError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Case(error) => error.into(),
            CloseError::Unfinished { .. } => Self::new(Exit::Refused, error)
                .hint("finish it: remit apply CASE; or give it up: --abandon"),
            CloseError::Retained { .. } => {
                Self::new(Exit::Refused, error).hint("to close it all the same: --now")
            }
            CloseError::Io { .. } => {
                Self::new(Exit::Failed, error).hint("mend the cause and close it again")
            }
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Changed(_) => Exit::Stale,
            StoreError::OutOfReach { .. } | StoreError::Held { .. } => Exit::Refused,
            StoreError::NotFound(_) | StoreError::Impossible { .. } | StoreError::Failed { .. } => {
                Exit::Failed
            }
        };
        Self::new(exit, error)
    }
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        Self {
            exit: Exit::Usage,
            cause: Cause::File(Box::new(error)),
            hints: Vec::new(),
        }
    }
}

impl From<TextError> for CommandError {
    fn from(error: TextError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

impl From<RaiseRefused> for CommandError {
    fn from(error: RaiseRefused) -> Self {
        Self::new(Exit::Refused, error)
    }
}

impl From<OverCeiling> for CommandError {
    fn from(error: OverCeiling) -> Self {
        let hint = error.hint();
        Self::new(Exit::Refused, error).hint(hint)
    }
}

impl From<Refused> for CommandError {
    fn from(error: Refused) -> Self {
        let hints = match &error {
            Refused::Missing { missing } => missing
                .iter()
                .map(|missing| format!("a person may grant it: {}", missing.allow()))
                .collect(),
            Refused::OtherGuest { .. } => Vec::new(),
        };
        Self {
            hints,
            ..Self::new(Exit::Refused, error)
        }
    }
}

impl From<Fault> for CommandError {
    fn from(error: Fault) -> Self {
        Self::new(Exit::Failed, error)
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Failure(failure) => Self::new(Exit::Refused, failure),
            Refusal::Fault(fault) => fault.into(),
        }
    }
}

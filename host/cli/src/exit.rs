//! How a command ends, as a number. Part of the interface: scripts depend on these.

use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every step is `done` or `gone`, or there was nothing to do.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// It was not called rightly.
    Usage = 2,
    /// A right, a hold, a ceiling or the policy refused it.
    Refused = 3,
    /// The workspace has changed since the plan was made.
    Stale = 4,
    /// Some steps succeeded, others did not.
    Partly = 5,
    /// A listing or a read failed while planning.
    Incomplete = 6,
    /// Some of it is gone only when the service's retention runs out, or when a delete that was not awaited has
    /// ended.
    LeftToTime = 7,
    /// A bug in remit.
    Bug = 70,
    /// Interrupted by a person.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

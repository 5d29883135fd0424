//! What the services of a workspace answer, in words a caller can act on.

use remit_workspace::{EntryPath, Gap, StoreError};

use super::data::NO_NAME;
use crate::error::Answer;

/// This answer about an entry, as every store says it.
pub(crate) fn about(answer: Answer, path: &EntryPath, doing: &'static str) -> StoreError {
    let held = |by: &str| StoreError::Held {
        path: path.clone(),
        by: by.to_owned(),
    };
    let impossible = |reason: &str| StoreError::Impossible {
        path: path.clone(),
        reason: reason.to_owned(),
    };
    if answer == NO_NAME {
        return StoreError::NotFound(path.clone());
    }
    match (answer.status(), answer.code()) {
        // Codes of Resource Manager; the code for a run that goes on is an assumption.
        (_, "ScopeLocked") => held("a management lock"),
        (_, "JobNotTerminal") => impossible("it has not ended: it must be cancelled first"),
        _ => answer.about(path, doing),
    }
}

/// The answer of a service that does not have what is asked for, where nobody needed to be asked.
pub(crate) fn absent() -> Answer {
    Answer::Status {
        status: 404,
        code: "NotNamed".to_owned(),
    }
}

/// What a listing says of a place that it could not list: a gap when it is out of reach, an error when it may
/// be another time. That it is not there is for the caller to judge.
pub(crate) fn unlisted(error: StoreError) -> Result<Gap, StoreError> {
    match error {
        StoreError::OutOfReach { path, reason } => Ok(Gap { path, reason }),
        error => Err(error),
    }
}

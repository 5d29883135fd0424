//! What a store can answer instead of what was asked.

use crate::EntryPath;

/// Why a store did not do what was asked, in terms a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such entry.
    #[error("{0} does not exist")]
    NotFound(EntryPath),
    /// The entry is there, but it is not the version that was named.
    #[error("{0} has changed since it was listed")]
    Changed(EntryPath),
    /// The place is out of reach for a reason that trying again does not change. A *gap*.
    #[error("{path} is out of reach: {reason}")]
    OutOfReach {
        /// The place.
        path: EntryPath,
        /// One phrase, such as `no permission to list`.
        reason: String,
    },
    /// The act cannot be done on this entry, now or later.
    #[error("{path}: impossible ({reason})")]
    Impossible {
        /// The entry.
        path: EntryPath,
        /// One phrase, such as `other links`.
        reason: String,
    },
    /// The service holds the entry: a legal hold, an immutability policy, a lease.
    #[error("{path} is held by {by}")]
    Held {
        /// The entry.
        path: EntryPath,
        /// Who or what holds it.
        by: String,
    },
    /// A passing failure: throttled, cut off, timed out, a read or write that failed.
    #[error("{path}: {doing} failed")]
    Failed {
        /// The entry or place.
        path: EntryPath,
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// A passing failure while `doing` something at `path`.
    pub fn failed(
        path: &EntryPath,
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed {
            path: path.clone(),
            doing,
            source: source.into(),
        }
    }
}

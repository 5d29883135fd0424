//! What can go wrong with a package.

use std::io;

/// A failure of the caller's own iterator, carried through unchanged.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A package that could not be opened, written, finished or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot {doing} {what}")]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file or folder, relative to the package where it is inside.
        what: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk is too small for what is to be exported.
    #[error("not enough free space for the package: {needed} bytes needed, {free} bytes free")]
    NoSpace {
        /// Bytes wanted, with what the manifests and the index take.
        needed: u64,
        /// Bytes this user may still write.
        free: u64,
    },
    /// Another process has the package open.
    #[error("the package is being written by another process")]
    InUse,
    /// The package has writers that were neither finished nor dropped.
    #[error("the package still has files being written")]
    StillWriting,
    /// The path was not among the names the package was opened with.
    #[error("{path} was not planned for this package")]
    Unplanned {
        /// The entry's canonical path.
        path: String,
    },
    /// Another entry already has this entry's name; the names' digests collide.
    #[error("{path} and {other} would have one name in the package")]
    NameTaken {
        /// The entry that was being added.
        path: String,
        /// The entry that is already stored.
        other: String,
    },
    /// More or fewer bytes arrived than the entry has.
    #[error("{path} has {got} bytes, {expected} were expected")]
    Size {
        /// The entry's canonical path.
        path: String,
        /// The size the caller named.
        expected: u64,
        /// The bytes that arrived.
        got: u64,
    },
    /// What was read back is not what was written.
    #[error("{path} reads back with other bytes than were written")]
    ReadBack {
        /// The entry's canonical path.
        path: String,
    },
    /// An entry to be listed has no complete copy in the package.
    #[error("{path} is not stored in the package")]
    NotStored {
        /// The entry's canonical path.
        path: String,
    },
    /// An entry was to be listed twice.
    #[error("{path} is listed twice")]
    Twice {
        /// The entry's canonical path.
        path: String,
    },
    /// The caller's list of entries broke off.
    #[error("the list of entries of the package broke off")]
    Entries(#[source] Source),
    /// There is no bag there.
    #[error("{what} is not a finished package")]
    NotABag {
        /// The folder.
        what: String,
    },
}

impl Error {
    /// Returns a closure that says what was being done when the file system refused.
    pub(crate) fn io(doing: &'static str, what: &str) -> impl FnOnce(io::Error) -> Self {
        let what = what.to_owned();
        move |source| Self::Io {
            doing,
            what,
            source,
        }
    }
}

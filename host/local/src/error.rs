//! Why a directory cannot be opened as a workspace, and how a system's errors read.

use std::path::PathBuf;

use remit_workspace::{EntryPath, StoreError};
use rustix::io::Errno;

/// Why a directory is no workspace that can be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there, not a directory, or not readable.
    #[error("cannot open the directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its `workspace.toml` cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its `workspace.toml` does not say what it must.
    #[error("{} is no description of a workspace", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Its `workspace.toml` is of a version that this program does not know.
    #[error("{} has version {found}; this program knows version 1", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: i64,
    },
}

/// Why a place below the root was not reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// Nothing is there.
    Absent,
    /// Something is there that will not be looked at, now or later.
    OutOfReach(&'static str),
    /// What is there is no longer what it was.
    Changed,
    /// The act can never be done on what is there.
    Impossible(&'static str),
    /// Looking failed, and may work another time.
    Failed(Errno),
}

pub(crate) const LINK: &str = "symbolic link, not followed";
pub(crate) const SPECIAL: &str = "not a regular file";
pub(crate) const NO_PERMISSION: &str = "no permission";
pub(crate) const RESERVED: &str = "reserved for the policy";
pub(crate) const LEFT_OVER: &str = "left over from an interrupted replacement";
pub(crate) const OTHER_LINKS: &str = "other links";

impl From<Errno> for Miss {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => Self::Absent,
            Errno::ACCESS | Errno::PERM => Self::OutOfReach(NO_PERMISSION),
            Errno::LOOP => Self::OutOfReach(LINK),
            Errno::NXIO | Errno::NODEV => Self::OutOfReach(SPECIAL),
            Errno::ROFS => Self::Impossible("read-only file system"),
            other => Self::Failed(other),
        }
    }
}

impl Miss {
    pub(crate) fn at(self, path: &EntryPath, doing: &'static str) -> StoreError {
        let path = path.clone();
        match self {
            Self::Absent => StoreError::NotFound(path),
            Self::OutOfReach(reason) => StoreError::OutOfReach {
                path,
                reason: reason.to_owned(),
            },
            Self::Changed => StoreError::Changed(path),
            Self::Impossible(reason) => StoreError::Impossible {
                path,
                reason: reason.to_owned(),
            },
            Self::Failed(errno) => StoreError::failed(&path, doing, std::io::Error::from(errno)),
        }
    }
}

//! What can go wrong with a plan or its case.

use std::path::{Path, PathBuf};

use remit_workspace::EntryPath;

/// Why a plan could not be made, read or trusted.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file system refused.
    #[error("{doing} `{}`", path.display())]
    Io {
        /// What was being done, as `cannot read`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folder already holds a plan.
    #[error("`{}` already holds a plan; name another case", .0.display())]
    Exists(PathBuf),
    /// The case was closed: its papers are gone, or are just being destroyed.
    #[error("the case `{}` is closed", .0.display())]
    Closed(PathBuf),
    /// The folder is there and holds something that is no case.
    #[error("`{}` is not empty and no case; name another folder", .0.display())]
    NotACase(PathBuf),
    /// There is no sealed plan.
    #[error("`{}` holds no plan (no MANIFEST): planning was not finished; plan again", .0.display())]
    NotSealed(PathBuf),
    /// A file is not what the manifest, or this program, says it must be.
    #[error("`{}` has been changed since the plan was sealed, or is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A format that a newer version wrote.
    #[error("`{}` was written by a newer version of remit ({found}); this one reads {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The first line found.
        found: String,
        /// The first line expected.
        known: &'static str,
    },
    /// Two proposals on one entry that cannot both be carried out.
    #[error("conflict on {path}: one proposal is to {first}, another to {second}")]
    Conflict {
        /// The entry.
        path: EntryPath,
        /// One proposal.
        first: String,
        /// The other.
        second: String,
    },
    /// Records that own each other.
    #[error("{0} is a part of itself, by way of its own parts")]
    Circular(EntryPath),
    /// A gap number that the plan does not have.
    #[error("there is no gap {given}; the plan has {count}")]
    NoSuchGap {
        /// The number given.
        given: u64,
        /// How many the plan has.
        count: u64,
    },
    /// Gaps cannot be accepted once somebody approved the plan as it was.
    #[error("the plan is approved as it is; accept gaps before it is approved")]
    AlreadyApproved,
}

impl PlanError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(path: &Path, why: impl ToString) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}

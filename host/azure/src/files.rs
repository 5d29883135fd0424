//! The file shares of a storage account: `/files/<share>/<path>`, read and changed.
//!
//! Requests by hand over the same door as blobs', since no official client exists (2026); written from the
//! file service's data plane 2024-05-04. Entries are files; directories are places. In reading order: `names`
//! (paths and addresses), `wire` (requests, and answers in our words), `entry`, `list` (the walk), `kept` (what
//! share snapshots and deleted shares keep), `read`, `lease`, `delete`, `replace`.
//!
//! The service tells no version with a change: no condition on an entity tag exists for a delete or a rename
//! of a file. So the guard is a *lease*: nobody else changes the file while the version is looked at again and
//! the act is done.

pub(crate) mod delete;
pub(crate) mod entry;
pub(crate) mod examine;
pub(crate) mod kept;
pub(crate) mod lease;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod replace;
pub(crate) mod temporary;
pub(crate) mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use remit_workspace::{Entry, EntryPath, StoreError, Version};

use crate::Account;
use crate::files::kept::Share;
use crate::files::names::FileName;
use crate::wire::Wire;

/// The file service of one account.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) wire: Arc<Wire>,
    /// What was last seen of a share's snapshots, and when.
    shares: Arc<Mutex<BTreeMap<String, (Instant, Share)>>>,
    /// Directories whose spelling is known to be the service's own.
    spelled: Arc<Mutex<BTreeSet<EntryPath>>>,
}

impl Files {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self {
            wire,
            shares: Arc::default(),
            spelled: Arc::default(),
        }
    }

    /// The file that a path names; [`StoreError::NotFound`] when no file can have this name. Without a file
    /// service it is out of reach: nobody may take that for an absence.
    pub(crate) fn name(&self, path: &EntryPath) -> Result<FileName, StoreError> {
        if self.wire.endpoint.files().is_none() {
            return Err(StoreError::OutOfReach {
                path: path.clone(),
                reason: "the account was opened without its file service".to_owned(),
            });
        }
        FileName::of(path).ok_or_else(|| StoreError::NotFound(path.clone()))
    }

    /// The file as it is now, if the path is spelled as the service spells it: it takes any other for the same.
    pub(crate) async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        let name = self.name(path)?;
        let entry = self.look(path, &name).await?;
        match self.is_spelled(&name).await {
            Ok(true) => Ok(entry),
            Ok(false) => Err(StoreError::NotFound(path.clone())),
            Err(answer) => Err(wire::about(answer, path, "listing")),
        }
    }

    /// The version of a file that was listed, if it still is that version.
    pub(crate) async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        let now = self.look(&entry.path, &self.name(&entry.path)?).await?;
        match now.version == entry.version {
            true => Ok(now.version),
            false => Err(StoreError::Changed(entry.path.clone())),
        }
    }
}

impl Account {
    /// The file service, if this is a path of it.
    pub(crate) fn files_at(&self, path: &EntryPath) -> Option<&Files> {
        (path.root() == "files").then_some(&self.files)
    }
}

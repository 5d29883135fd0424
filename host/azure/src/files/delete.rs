//! A delete of a file that means it.
//!
//! Nothing is begun while a share snapshot keeps a copy, or while nobody can tell. *Gone* is said only after
//! the file was looked for again, and the list of shares with it.

use azure_core::http::Method;
use bytes::Bytes;
use remit_apply::Deleted;
use remit_workspace::{EntryPath, StoreError, Version};

use crate::change::impossible;
use crate::error::Answer;
use crate::files::Files;
use crate::files::kept::{UNTOLD, WHOLE, keeps_it};
use crate::files::lease::LeaseId;
use crate::files::names::FileName;
use crate::files::wire::about;

impl Files {
    /// Deletes a file, if it still is this version.
    pub(crate) async fn delete(
        &self,
        path: &EntryPath,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let name = self.name(path)?;
        let now = self.look(path, &name).await?;
        if now.version != *version {
            return Err(StoreError::Changed(path.clone()));
        }
        if name.snapshot.is_some() {
            return Err(impossible(path, WHOLE));
        }
        let kept = self
            .kept_lately(&name)
            .await
            .map_err(|answer| match answer.status() {
                403 => impossible(path, UNTOLD),
                _ => about(answer, path, "listing"),
            })?;
        if let Some(copy) = kept.snapshots.last() {
            return Err(impossible(path, keeps_it(copy)));
        }
        let lease = self.lease(path, &name, version).await?;
        let done = self.delete_leased(path, &name, version, &lease).await;
        self.or_release(path, &name, &lease, done).await?;
        self.what_is_left(path, &name).await
    }

    async fn delete_leased(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
        lease: &LeaseId,
    ) -> Result<(), StoreError> {
        let url = self
            .at(name, &[])
            .map_err(|answer| about(answer, path, "deleting"))?;
        let shown = [("x-ms-lease-id", lease.as_str())];
        let (answer, tried) = self
            .persist(Method::Delete, url, &shown, Bytes::new(), &[202])
            .await;
        match answer {
            Ok(_) => Ok(()),
            // A try whose answer was lost.
            Err(answer) if answer.status() == 404 && tried > 0 => Ok(()),
            // Another file is there now, perhaps in the place of the one that a lost try deleted.
            Err(answer) if answer.status() == 412 && tried > 0 => {
                Err(StoreError::failed(path, "deleting", answer))
            }
            Err(answer) => Err(self.refused(path, name, version, answer, "deleting").await),
        }
    }

    async fn what_is_left(&self, path: &EntryPath, name: &FileName) -> Result<Deleted, StoreError> {
        let still = |why| StoreError::failed(path, "deleting", Answer::Malformed(why));
        match self.look(path, name).await {
            Err(StoreError::NotFound(_)) => {}
            Ok(_) => return Err(still("a file of this name is there")),
            Err(error) => return Err(StoreError::failed(path, "looking again at", error)),
        }
        let kept = self
            .kept(name)
            .await
            .map_err(|answer| StoreError::failed(path, "looking again at", answer))?;
        match (kept.snapshots.last(), kept.deleted_until) {
            (Some(_), _) => Err(still("a share snapshot that was taken meanwhile keeps it")),
            (None, Some(until)) => Ok(Deleted::GoneOn(until)),
            (None, None) => Ok(Deleted::Gone),
        }
    }
}

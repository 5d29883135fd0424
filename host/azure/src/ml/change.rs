//! A workspace, changed. What each verb does lies in `delete`, `archive` and `patch`, and for blobs with their
//! account; here it is only decided that the permit is one for it.

use async_trait::async_trait;
use bytes::Bytes;
use remit_apply::{Deleted, StoreMut};
use remit_policy::{Act, Permitted, Strength};
use remit_workspace::{Content, EntryPath, Kind, StoreError, Version, layout};

use super::Workspace;
use super::delete::How;
use super::itself::is_itself;
use super::telemetry::NEEDS_PURGE;
use super::workspace::is_object;
use crate::change::impossible;
use crate::names::RESERVED;

const OTHER_ACT: &str = "permitted for another act";

/// How strongly a permit lets something be deleted.
fn strength_of(permitted: &Permitted) -> Result<Strength, StoreError> {
    match permitted.act() {
        Act::Delete(strength) => Ok(strength),
        _ => Err(impossible(permitted.path(), OTHER_ACT)),
    }
}

#[async_trait]
impl StoreMut for Workspace {
    async fn delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let (path, strength) = (permitted.path(), strength_of(permitted)?);
        if is_object(path) {
            return self.account(path).await?.delete(permitted, version).await;
        }
        if is_itself(path) {
            return self
                .records()
                .delete_workspace(path, version, strength)
                .await;
        }
        if Kind::of(path) == Some(Kind::Resource) {
            // One that is gone can be asked nothing.
            if layout::is_account(path) && self.records().look(path).await.is_ok() {
                self.held_in_account(path).await?;
            }
            return self
                .records()
                .delete_resource(path, version, strength.purge)
                .await;
        }
        if Kind::of(path) == Some(Kind::Telemetry) {
            return match strength.purge {
                true => self.records().purge(path, version).await,
                false => Err(impossible(path, NEEDS_PURGE)),
            };
        }
        let how = match strength.cancel {
            true => How::Cancelled,
            false => How::Deleted,
        };
        self.records().delete(path, version, how).await
    }

    async fn resume_delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let (path, strength) = (permitted.path(), strength_of(permitted)?);
        match (Kind::of(path), strength.cancel) {
            (Some(Kind::Run), true) => {
                let how = How::CancelledBefore;
                self.records().delete(path, version, how).await
            }
            _ => self.delete(permitted, version).await,
        }
    }

    async fn end_delete(&self, permitted: &Permitted) -> Result<Option<Deleted>, StoreError> {
        let (path, strength) = (permitted.path(), strength_of(permitted)?);
        let records = self.records();
        match Kind::of(path) {
            Some(Kind::Workspace) => records.end_workspace(path, strength.purge).await.map(Some),
            Some(Kind::Resource) => records.end_resource(path, strength.purge).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn detach(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Delete(_)) {
            return Err(impossible(path, OTHER_ACT));
        }
        if Kind::of(path) != Some(Kind::Compute) {
            return Err(impossible(path, "only a compute target can be detached"));
        }
        self.records().delete(path, version, How::Detached).await
    }

    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if !is_object(path) {
            return Err(impossible(path, "a record is patched, not replaced"));
        }
        let account = self.account(path).await?;
        account.replace(permitted, version, content).await
    }

    async fn forget(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let path = permitted.path();
        if !is_object(path) {
            // No call shows or removes what the service may keep of a record that was patched.
            return Ok(Deleted::Gone);
        }
        self.account(path).await?.forget(permitted, version).await
    }

    async fn patch(
        &self,
        permitted: &Permitted,
        version: &Version,
        document: Bytes,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Redact | Act::Rewrite) {
            return Err(impossible(path, OTHER_ACT));
        }
        if is_object(path) {
            return Err(impossible(path, "only records can be patched"));
        }
        let fields = remit_workspace::Store::writable_fields(self, path);
        self.records().patch(path, version, &document, fields).await
    }

    async fn archive(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if permitted.act() != Act::Archive {
            return Err(impossible(path, OTHER_ACT));
        }
        if !Kind::of(path).is_some_and(Kind::can_be_archived) {
            return Err(impossible(path, "it cannot be archived"));
        }
        self.records().archive(path, version).await
    }

    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let place = EntryPath::of_segments(["blobs", RESERVED]).expect("constants");
        let account = &self.storage(&place).await?.account;
        account.write_policy_file(name, bytes).await
    }
}

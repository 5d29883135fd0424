//! A storage account, changed. What each verb does lies in `delete` and `replace`; here it is only decided
//! that the permit is one for it.

use async_trait::async_trait;
use azure_core::http::Method;
use bytes::Bytes;
use remit_apply::{Deleted, StoreMut};
use remit_policy::{Act, Permitted};
use remit_workspace::{Content, EntryPath, StoreError, Version};

use crate::Account;
use crate::names::{BlobName, BlobState, RESERVED};
use crate::wire::Effect;

#[async_trait]
impl StoreMut for Account {
    async fn delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let path = permitted.path();
        let Act::Delete(strength) = permitted.act() else {
            return Err(impossible(path, "permitted for another act"));
        };
        if let Some(files) = self.files_at(path) {
            return files.delete(path, version).await;
        }
        let blob = self.blob(path)?;
        match &blob.state {
            BlobState::Current if strength.purge => self.purge(path, &blob, version).await,
            BlobState::Current => self.delete_current(path, &blob, version).await,
            BlobState::Version(_) | BlobState::Snapshot(_) | BlobState::Deleted(_) => {
                self.delete_generation(path, &blob, version).await
            }
        }
    }

    async fn detach(
        &self,
        permitted: &Permitted,
        _version: &Version,
    ) -> Result<Deleted, StoreError> {
        Err(impossible(
            permitted.path(),
            "only a compute target can be detached",
        ))
    }

    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Redact | Act::Rewrite) {
            return Err(impossible(path, "permitted for another act"));
        }
        if let Some(files) = self.files_at(path) {
            return files.replace(path, version, content).await;
        }
        let blob = self.blob(path)?;
        if blob.state != BlobState::Current {
            return Err(impossible(
                path,
                "an older state cannot be replaced, only deleted",
            ));
        }
        self.replace_current(path, &blob, version, content).await
    }

    async fn forget(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Redact | Act::Rewrite) {
            return Err(impossible(path, "permitted for another act"));
        }
        if let Some(files) = self.files_at(path) {
            return files.forget(path).await;
        }
        let blob = self.blob(path)?;
        self.forget_version(path, &blob, version).await
    }

    async fn patch(
        &self,
        permitted: &Permitted,
        _version: &Version,
        _document: Bytes,
    ) -> Result<Version, StoreError> {
        Err(impossible(permitted.path(), "only records can be patched"))
    }

    async fn archive(
        &self,
        permitted: &Permitted,
        _version: &Version,
    ) -> Result<Version, StoreError> {
        Err(impossible(permitted.path(), "only records can be archived"))
    }

    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (path, url) = self.policy_place(name)?;
        let headers = [
            ("x-ms-blob-type", "BlockBlob"),
            ("x-ms-blob-content-type", "application/toml"),
        ];
        let body = Bytes::copy_from_slice(bytes);
        let mut tried = 0;
        loop {
            let written = self
                .wire
                .send(
                    Effect::Changes,
                    Method::Put,
                    url.clone(),
                    &headers,
                    body.clone(),
                    &[201],
                )
                .await;
            let Err(answer) = written else { return Ok(()) };
            if answer.code() == "ContainerNotFound" && tried == 0 {
                let place = self.wire.url(RESERVED, &[("restype", "container")]);
                let made = self
                    .wire
                    .send(
                        Effect::Changes,
                        Method::Put,
                        place,
                        &[],
                        Bytes::new(),
                        &[201, 409],
                    )
                    .await;
                made.map_err(|answer| answer.about(&path, "writing"))?;
            } else if !(answer.is_passing() && self.wire.again(tried).await) {
                return Err(answer.about(&path, "writing"));
            }
            tried += 1;
        }
    }
}

impl Account {
    /// The blob that a step names, within this workspace.
    fn blob(&self, path: &EntryPath) -> Result<BlobName, StoreError> {
        BlobName::of(path)?
            .filter(|blob| self.is_within(&blob.container))
            .ok_or_else(|| StoreError::NotFound(path.clone()))
    }
}

pub(crate) fn impossible(path: &EntryPath, reason: impl Into<String>) -> StoreError {
    StoreError::Impossible {
        path: path.clone(),
        reason: reason.into(),
    }
}

//! The lease under which a file is changed.
//!
//! Its id comes from the file and its version, so that a run which was stopped while it held one finds it
//! again: asking for a lease with the id that is in force is granted. Leases of files last until they are
//! released; a deleted or replaced file's lease goes with it.

use azure_core::http::Method;
use bytes::Bytes;
use remit_workspace::{EntryPath, StoreError, Version};
use sha2::{Digest as _, Sha256};

use crate::error::Answer;
use crate::files::Files;
use crate::files::entry::tag;
use crate::files::names::FileName;
use crate::files::wire::about;

/// The id of a lease that we hold.
#[derive(Clone, Debug)]
pub(crate) struct LeaseId(String);

impl LeaseId {
    fn of(path: &EntryPath, version: &Version) -> Self {
        let mut hasher = Sha256::new();
        for text in ["remit: lease", path.match_key().as_str(), version.as_str()] {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        // As RFC 9562 has it for ids of one's own making.
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        Self(azure_core::Uuid::from_bytes(id).to_string())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Files {
    /// Leases a file, and looks under the lease whether it still is this version. When it is not, the lease is
    /// released again.
    pub(crate) async fn lease(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
    ) -> Result<LeaseId, StoreError> {
        let id = LeaseId::of(path, version);
        let looked = match self.acquire(name, &id).await {
            Ok(()) => self.is_still(path, name, version, &id).await,
            Err(answer) if answer.is_passing() => Err(about(answer, path, "leasing")),
            Err(answer) => return Err(about(answer, path, "leasing")),
        };
        self.or_release(path, name, &id, looked).await?;
        Ok(id)
    }

    /// What an act under a lease came to; after an error, the lease is released.
    pub(crate) async fn or_release<T>(
        &self,
        path: &EntryPath,
        name: &FileName,
        id: &LeaseId,
        came_to: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let error = match came_to {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match self.release(name, id).await {
            Ok(()) => Err(error),
            // It is not as it was: our lease is on it.
            Err(answer) => Err(StoreError::failed(path, "releasing the lease", answer)),
        }
    }

    async fn acquire(&self, name: &FileName, id: &LeaseId) -> Result<(), Answer> {
        let headers = [
            ("x-ms-lease-action", "acquire"),
            ("x-ms-lease-duration", "-1"),
            ("x-ms-proposed-lease-id", id.as_str()),
        ];
        let url = self.at(name, &[("comp", "lease")])?;
        let body = Bytes::new();
        let (answer, _) = self
            .persist(Method::Put, url, &headers, body, &[200, 201])
            .await;
        answer.map(|_| ())
    }

    async fn is_still(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
        id: &LeaseId,
    ) -> Result<(), StoreError> {
        let shown = [("x-ms-lease-id", id.as_str())];
        match self.head(name, &shown).await {
            Ok(now) if tag(&now).as_ref() == Some(version) => Ok(()),
            Ok(_) => Err(StoreError::Changed(path.clone())),
            Err(answer) => Err(about(answer, path, "reading")),
        }
    }

    /// Gives a lease back. That there is none of ours any more is as good.
    pub(crate) async fn release(&self, name: &FileName, id: &LeaseId) -> Result<(), Answer> {
        let headers = [
            ("x-ms-lease-action", "release"),
            ("x-ms-lease-id", id.as_str()),
        ];
        let url = self.at(name, &[("comp", "lease")])?;
        let (answer, _) = self
            .persist(Method::Put, url, &headers, Bytes::new(), &[200])
            .await;
        match answer {
            Err(answer) if ![404, 409, 412].contains(&answer.status()) => Err(answer),
            _ => Ok(()),
        }
    }

    /// Why a change under a lease was refused, or what became of the file meanwhile.
    pub(crate) async fn refused(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
        answer: Answer,
        doing: &'static str,
    ) -> StoreError {
        if answer.status() != 412 {
            return about(answer, path, doing);
        }
        // The lease is not the one in force: somebody broke it. What did they do?
        match self.look(path, name).await {
            Ok(now) if now.version == *version => {
                let broken = Answer::Malformed("the lease was taken away");
                StoreError::failed(path, doing, broken)
            }
            Ok(_) => StoreError::Changed(path.clone()),
            Err(error) => error,
        }
    }
}

//! Other bytes in the place of a file's, all at once or not at all.
//!
//! They are written into a temporary file beside it, which has everything else that the file has, and that
//! takes its place in one rename, under a lease on the file that is replaced. Who reads sees the old bytes or
//! the new ones, never a mixture.

use azure_core::http::Method;
use bytes::Bytes;
use futures::TryStreamExt as _;
use remit_workspace::{Content, EntryPath, StoreError, Version};
use sha2::{Digest as _, Sha256};

use crate::change::impossible;
use crate::error::Answer;
use crate::files::Files;
use crate::files::entry::{is_read_only, tag};
use crate::files::lease::LeaseId;
use crate::files::names::FileName;
use crate::files::temporary::{Besides, Temporary};
use crate::files::wire::about;
use crate::wire::header;

/// The longest address that a rename can have as its source; the service's own limit.
const SOURCE_MAX: usize = 2_048;

impl Files {
    /// Replaces a file's bytes, if it still is this version.
    pub(crate) async fn replace(
        &self,
        path: &EntryPath,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError> {
        let name = self.name(path)?;
        let now = self
            .head(&name, &[])
            .await
            .map_err(|answer| about(answer, path, "reading"))?;
        if tag(&now).as_ref() != Some(version) {
            return Err(StoreError::Changed(path.clone()));
        }
        if name.snapshot.is_some() {
            return Err(impossible(
                path,
                "a share snapshot cannot be written, and goes only as a whole",
            ));
        }
        if is_read_only(header(&now, "x-ms-file-attributes").as_deref()) {
            let (path, by) = (path.clone(), "its read-only attribute".to_owned());
            return Err(StoreError::Held { path, by });
        }
        self.sweep(path, &name).await?;
        let length = header(&now, "content-length").and_then(|text| text.parse().ok());
        let made = self
            .write_temporary(
                path,
                &name,
                length.unwrap_or(0),
                &Besides::of(&now),
                content,
            )
            .await?;
        let placed = self.place(path, &name, version, &made).await;
        if placed.is_err() {
            // The first error is the one to tell; the next run clears up.
            let _ = self.remove_temporary(&made.name).await;
        }
        placed
    }

    /// Puts what was written in the place of the file.
    async fn place(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
        made: &Temporary,
    ) -> Result<Version, StoreError> {
        let lease = self.lease(path, name, version).await?;
        let renamed = self.rename(path, name, version, made, &lease).await;
        let new = self.or_release(path, name, &lease, renamed).await?;
        let looked = self.head(name, &[]).await;
        let now = looked.map_err(|answer| StoreError::failed(path, "looking again at", answer))?;
        // That the lease goes with the file that was replaced is an assumption: one that stayed would lock it.
        if header(&now, "x-ms-lease-status").as_deref() == Some("locked") {
            self.release(name, &lease)
                .await
                .map_err(|answer| StoreError::failed(path, "releasing the lease", answer))?;
        }
        let length = header(&now, "content-length").and_then(|text| text.parse().ok());
        if tag(&now).as_ref() == Some(&new) && length != Some(made.length) {
            let odd = Answer::Malformed("it has another length than was written");
            return Err(StoreError::failed(path, "replacing", odd));
        }
        Ok(new)
    }

    async fn rename(
        &self,
        path: &EntryPath,
        name: &FileName,
        version: &Version,
        made: &Temporary,
        lease: &LeaseId,
    ) -> Result<Version, StoreError> {
        let failed = |answer| about(answer, path, "replacing");
        let source = self.at(&made.name, &[]).map_err(failed)?;
        if source.as_str().len() > SOURCE_MAX {
            return Err(impossible(path, "its path is too long for a rename"));
        }
        let headers = [
            ("x-ms-file-rename-source", source.as_str()),
            ("x-ms-file-rename-replace-if-exists", "true"),
            ("x-ms-destination-lease-id", lease.as_str()),
            ("x-ms-source-allow-trailing-dot", "true"),
        ];
        let url = self.at(name, &[("comp", "rename")]).map_err(failed)?;
        let (answer, tried) = self
            .persist(Method::Put, url, &headers, Bytes::new(), &[200])
            .await;
        match answer {
            Ok(answer) => tag(&answer).ok_or_else(|| {
                let odd = Answer::Malformed("an answer without a tag");
                StoreError::failed(path, "replacing", odd)
            }),
            // Perhaps a try whose answer was lost: then it holds what was to be written.
            Err(answer) if tried > 0 && !answer.is_passing() => {
                match self.holds(path, name, version, made).await? {
                    Some(new) => Ok(new),
                    None => Err(StoreError::failed(path, "replacing", answer)),
                }
            }
            // What was written is gone, or the directory: nothing was replaced.
            Err(answer) if answer.status() == 404 => {
                Err(StoreError::failed(path, "replacing", answer))
            }
            Err(answer) => Err(self.refused(path, name, version, answer, "replacing").await),
        }
    }

    /// The version of the file, if it is a new one and holds what was written.
    async fn holds(
        &self,
        path: &EntryPath,
        name: &FileName,
        old: &Version,
        made: &Temporary,
    ) -> Result<Option<Version>, StoreError> {
        let failed = |error| StoreError::failed(path, "looking again at", error);
        let now = self.look(path, name).await.map_err(failed)?;
        if now.version == *old || now.size_bytes != Some(made.length) {
            return Ok(None);
        }
        let mut found = Sha256::new();
        let mut content = self.open(path, &now.version, 0).await.map_err(failed)?;
        while let Some(chunk) = content.try_next().await.map_err(failed)? {
            found.update(&chunk);
        }
        let is_same = <[u8; 32]>::from(found.finalize()) == made.sha256;
        Ok(is_same.then_some(now.version))
    }
}

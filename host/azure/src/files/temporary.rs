//! The file that is written beside another and then takes its place.
//!
//! Its name is reserved: it says which file it is for, is never an entry, and what a stopped run left of it is
//! removed by the next one. Its bytes are seen by nobody who looks for the other file.

use azure_core::http::{Method, RawResponse};
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use remit_workspace::{Content, EntryPath, StoreError};
use sha2::{Digest as _, Sha256};

use crate::error::Answer;
use crate::files::Files;
use crate::files::names::{FileName, is_temporary, temporary};
use crate::files::wire::about;
use crate::wire::header;

/// The most that one request writes.
const RANGE_BYTES: usize = 4 * 1024 * 1024;

/// What was written.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) name: FileName,
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

/// What a file has besides its bytes, as headers of a request that makes another. Not the MD5 of its content:
/// that would tell what was cut out.
#[derive(Clone, Debug)]
pub(crate) struct Besides(Vec<(String, String)>);

/// What an answer calls it, and what a request does.
const CARRIED: [(&str, &str); 8] = [
    ("content-type", "x-ms-content-type"),
    ("content-encoding", "x-ms-content-encoding"),
    ("content-language", "x-ms-content-language"),
    ("content-disposition", "x-ms-content-disposition"),
    ("cache-control", "x-ms-cache-control"),
    ("x-ms-file-attributes", "x-ms-file-attributes"),
    ("x-ms-file-creation-time", "x-ms-file-creation-time"),
    ("x-ms-file-permission-key", "x-ms-file-permission-key"),
];

impl Besides {
    pub(crate) fn of(answer: &RawResponse) -> Self {
        let carried = CARRIED
            .into_iter()
            .filter_map(|(from, to)| Some((to.to_owned(), header(answer, from)?)));
        let metadata = answer
            .headers()
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-ms-meta-"))
            .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
        Self(carried.chain(metadata).collect())
    }

    fn with<'a>(&'a self, more: &[(&'a str, &'a str)], metadata: bool) -> Vec<(&'a str, &'a str)> {
        let own = self.0.iter().map(|(name, value)| (&**name, &**value));
        let own = own.filter(|(name, _)| metadata || !name.starts_with("x-ms-meta-"));
        own.chain(more.iter().copied()).collect()
    }
}

impl Files {
    /// Removes what stopped runs left beside a file.
    pub(crate) async fn sweep(&self, path: &EntryPath, name: &FileName) -> Result<(), StoreError> {
        let prefix = temporary(&mark(path), "");
        let pages = self.pages(name.directory(), prefix.clone());
        let left: Vec<String> = pages
            .map_ok(|page| {
                page.files
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>()
            })
            .try_concat()
            .await
            .map_err(|answer| about(answer, path, "listing"))?;
        for left in left {
            if is_temporary(&left) && left.starts_with(&prefix) {
                self.remove_temporary(&name.beside(left))
                    .await
                    .map_err(|answer| StoreError::failed(path, "clearing up beside", answer))?;
            }
        }
        Ok(())
    }

    pub(crate) async fn remove_temporary(&self, name: &FileName) -> Result<(), Answer> {
        let url = self.at(name, &[])?;
        let (answer, _) = self
            .persist(Method::Delete, url, &[], Bytes::new(), &[202, 404])
            .await;
        answer.map(|_| ())
    }

    /// Writes all of a content beside a file. After an error nothing of it is left, if that can be helped.
    pub(crate) async fn write_temporary(
        &self,
        path: &EntryPath,
        name: &FileName,
        old_bytes: u64,
        besides: &Besides,
        content: Content,
    ) -> Result<Temporary, StoreError> {
        let one = azure_core::Uuid::new_v4().simple().to_string();
        let name = name.beside(temporary(&mark(path), &one[..16]));
        let write = Write {
            files: self,
            path,
            name: &name,
            besides,
            length: 0,
        };
        match write.all(old_bytes, content).await {
            Ok((length, sha256)) => Ok(Temporary {
                name,
                length,
                sha256,
            }),
            Err(error) => {
                // The first error is the one to tell; the next run clears up.
                let _ = self.remove_temporary(&name).await;
                Err(error)
            }
        }
    }
}

/// Which file a temporary one is for: the same for every spelling of its path.
fn mark(path: &EntryPath) -> String {
    let digest = Sha256::digest(path.current().match_key().as_str());
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A temporary file that is being written.
struct Write<'a> {
    files: &'a Files,
    path: &'a EntryPath,
    name: &'a FileName,
    besides: &'a Besides,
    /// What the service has been told that it holds.
    length: u64,
}

impl Write<'_> {
    async fn all(
        mut self,
        old_bytes: u64,
        mut content: Content,
    ) -> Result<(u64, [u8; 32]), StoreError> {
        let mut held = BytesMut::new();
        let mut sha256 = Sha256::new();
        let mut at = 0;
        loop {
            let mut is_whole = false;
            while held.len() < RANGE_BYTES && !is_whole {
                match content.try_next().await? {
                    Some(chunk) => held.extend_from_slice(&chunk),
                    None => is_whole = true,
                }
            }
            let range = held.split_to(held.len().min(RANGE_BYTES)).freeze();
            let is_whole = is_whole && held.is_empty();
            let end = at + range.len() as u64;
            // How long it will be is only known at its end: about as long as what it replaces.
            match (at, is_whole) {
                (0, true) => self.create(end).await?,
                (0, false) => self.create(old_bytes.max(2 * end)).await?,
                (_, true) if end != self.length => self.resize(end).await?,
                (_, false) if end > self.length => self.resize(2 * end).await?,
                _ => {}
            }
            sha256.update(&range);
            if !range.is_empty() {
                self.put(at, range).await?;
            }
            at = end;
            if is_whole {
                return Ok((end, sha256.finalize().into()));
            }
        }
    }

    async fn create(&mut self, length: u64) -> Result<(), StoreError> {
        self.length = length;
        let length = length.to_string();
        let headers = self.besides.with(
            &[("x-ms-type", "file"), ("x-ms-content-length", &length)],
            true,
        );
        self.send(&[], &headers, Bytes::new(), 201).await
    }

    async fn resize(&mut self, length: u64) -> Result<(), StoreError> {
        self.length = length;
        let length = length.to_string();
        let headers = self
            .besides
            .with(&[("x-ms-content-length", &length)], false);
        let query = [("comp", "properties")];
        self.send(&query, &headers, Bytes::new(), 200).await
    }

    async fn put(&self, at: u64, range: Bytes) -> Result<(), StoreError> {
        let place = format!("bytes={at}-{}", at + range.len() as u64 - 1);
        let headers = [("x-ms-write", "update"), ("x-ms-range", place.as_str())];
        self.send(&[("comp", "range")], &headers, range, 201).await
    }

    async fn send(
        &self,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Bytes,
        expect: u16,
    ) -> Result<(), StoreError> {
        let answer = match self.files.at(self.name, query) {
            Ok(url) => {
                let sent = self
                    .files
                    .persist(Method::Put, url, headers, body, &[expect])
                    .await;
                sent.0
            }
            Err(answer) => Err(answer),
        };
        // It is about the file beside: that one is held or absent says nothing of the file itself.
        answer.map(|_| ()).map_err(|answer| match answer.status() {
            401 | 403 => about(answer, self.path, "replacing"),
            _ => StoreError::failed(self.path, "writing beside", answer),
        })
    }
}

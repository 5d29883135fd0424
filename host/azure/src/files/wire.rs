//! Requests to the file service, and its answers in our words.

use std::time::Duration;

use azure_core::http::{Method, RawResponse, Url};
use bytes::Bytes;
use remit_workspace::{EntryPath, StoreError};

use crate::error::Answer;
use crate::files::Files;
use crate::files::names::{Directory, FileName, written};
use crate::tree::Tree;
use crate::wire::{Effect, header};

/// The version that everything here was written from.
const VERSION: &str = "2024-05-04";

/// Headers of a request of ours.
pub(crate) type Extra<'a> = &'a [(&'a str, &'a str)];

impl Files {
    /// The service's address; none when the account has no file service.
    pub(crate) fn base(&self) -> &str {
        self.wire.endpoint.files().unwrap_or_default()
    }

    /// The address of a file.
    pub(crate) fn at(&self, name: &FileName, query: &[(&str, &str)]) -> Result<Url, Answer> {
        let url = name.url(self.base(), query);
        url.ok_or(Answer::Malformed("a name that no client can ask for"))
    }

    /// The address of a directory.
    pub(crate) fn within(
        &self,
        directory: &Directory,
        query: &[(&str, &str)],
    ) -> Result<Url, Answer> {
        let url = directory.url(self.base(), query);
        url.ok_or(Answer::Malformed("a name that no client can ask for"))
    }

    /// The address of the account.
    pub(crate) fn account(&self, query: &[(&str, &str)]) -> Result<Url, Answer> {
        let url = Url::parse(&format!("{}/?{}", self.base(), written(query)));
        url.map_err(|_| Answer::Malformed("an address that is none"))
    }

    /// Sends a request once, or if it only reads until the answer is not a passing one.
    pub(crate) async fn send(
        &self,
        effect: Effect,
        method: Method,
        url: Url,
        extra: Extra<'_>,
        body: Bytes,
        expect: &[u16],
    ) -> Result<RawResponse, Answer> {
        let mut headers = vec![
            ("x-ms-version", VERSION),
            // A name that ends in a dot is another name without it.
            ("x-ms-allow-trailing-dot", "true"),
        ];
        if self.wire.door.is_identity() {
            // Without it an identity may do nothing here.
            headers.push(("x-ms-file-request-intent", "backup"));
        }
        headers.extend_from_slice(extra);
        self.wire
            .send(effect, method, url, &headers, body, expect)
            .await
    }

    /// The headers of a file, or of what a share snapshot keeps of it.
    pub(crate) async fn head(
        &self,
        name: &FileName,
        extra: Extra<'_>,
    ) -> Result<RawResponse, Answer> {
        let url = self.at(name, &[])?;
        let body = Bytes::new();
        self.send(Effect::Reads, Method::Head, url, extra, body, &[200])
            .await
    }

    /// A document of the service, and its clock. One that was cut off is asked for again.
    pub(crate) async fn document(
        &self,
        url: Url,
        extra: Extra<'_>,
    ) -> Result<(Tree<'static>, Option<String>), Answer> {
        let mut tried = 0;
        loop {
            let body = Bytes::new();
            let fetched = self
                .send(Effect::Reads, Method::Get, url.clone(), extra, body, &[200])
                .await
                .and_then(|answer| Ok((Tree::parse(answer.body())?, header(&answer, "date"))));
            match fetched {
                Err(Answer::Malformed(_)) if self.wire.again(tried).await => tried += 1,
                other => return other,
            }
        }
    }

    /// Changes something that may be asked for again, until the answer is not a passing one. With the answer:
    /// how often it was asked before.
    pub(crate) async fn persist(
        &self,
        method: Method,
        url: Url,
        extra: Extra<'_>,
        body: Bytes,
        expect: &[u16],
    ) -> (Result<RawResponse, Answer>, u32) {
        let mut tried = 0;
        loop {
            let answer = self
                .send(
                    Effect::Changes,
                    method,
                    url.clone(),
                    extra,
                    body.clone(),
                    expect,
                )
                .await;
            match answer {
                Err(answer) if answer.is_passing() && self.wire.again(tried).await => tried += 1,
                other => return (other, tried),
            }
        }
    }
}

/// How old a look at a share's snapshots may be for a forecast.
pub(crate) const FRESH: Duration = Duration::from_secs(30);

/// An answer about a file, as every store says it. Codes of the file service's own list.
pub(crate) fn about(answer: Answer, path: &EntryPath, doing: &'static str) -> StoreError {
    let held = |by: &str| StoreError::Held {
        path: path.clone(),
        by: by.to_owned(),
    };
    match (answer.status(), answer.code()) {
        (_, "LeaseAlreadyPresent" | "LeaseIdMissing" | "LeaseIdMismatchWithFileOperation") => {
            held("a lease")
        }
        (_, "SharingViolation" | "FileLockConflict" | "ClientCacheFlushDelay") => {
            held("somebody who has it open")
        }
        (_, "DeletePending" | "CannotDeleteFileOrDirectory") => {
            held("somebody who has it open and deletes it")
        }
        (_, "ReadOnlyAttribute") => held("its read-only attribute"),
        (_, code) if code.contains("NotSupported") => StoreError::OutOfReach {
            path: path.clone(),
            reason: "the file service does not support it there".to_owned(),
        },
        // A directory, or below a file; and names that nothing can have.
        (
            _,
            "ResourceTypeMismatch"
            | "ParentNotFound"
            | "InvalidFileOrDirectoryPathName"
            | "InvalidResourceName",
        ) => StoreError::NotFound(path.clone()),
        _ => answer.about(path, doing),
    }
}

//! A scanner and one entry: open, decode, hand over, check what comes back.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt as _;
use remit_workspace::{Content, Entry, StoreError};

use crate::found::Found;
use crate::scanner::Harvest;
use crate::scope::excerpt;
use crate::{Answer, Code, Failure, Fault, Findings, ScanFault, Scope, Session, decoded};

/// What came of scanning one entry. What is not `Scanned` is already in the draft.
pub(crate) enum Outcome {
    /// The scanner saw all of it.
    Scanned(Harvest),
    /// It cannot be scanned: why.
    Gap(String),
    /// It could not be read now, or has changed.
    Unread(Failure),
}

impl Session {
    /// The rules of a scanner that the operator made available.
    pub(crate) fn rules(&self, scanner: &str) -> Result<Arc<[String]>, Failure> {
        let rules = self.scanners.rules(scanner);
        let unknown = || {
            Failure::new(
                Code::Invalid,
                format!("there is no scanner `{}` here", excerpt(scanner)),
            )
        };
        Ok(rules.ok_or_else(unknown)?.into())
    }

    /// Has a scanner look at one entry, and keeps what it finds for later proposals.
    pub(crate) async fn scan_entry(
        self: &Arc<Self>,
        scope: &Scope,
        entry: &Entry,
        scanner: &str,
        rules: Arc<[String]>,
    ) -> Answer<Outcome> {
        self.meter.live()?;
        let opened = match decoded::open(&*self.store, entry, &entry.version).await {
            Ok(opened) => opened,
            Err(error) => return self.unread(entry, error),
        };
        let reason = opened.format.gap();
        let Some(content) = opened.decode() else {
            let reason = reason.unwrap_or("no decoder for this format");
            self.gap(&entry.path, reason)?;
            return Ok(Outcome::Gap(reason.to_owned()));
        };
        let found = Found::of(&self.case, scanner, &entry.path, &entry.version);
        let findings = Findings::new(Arc::clone(self), rules, Some(found.write(&self.case)));
        let handed = findings.clone();
        let (content, seen) = tap(content, move |bytes| handed.handed(bytes));
        let done = self
            .scanners
            .scan(
                scanner,
                scope.shown(entry.clone()),
                content,
                findings.clone(),
            )
            .await;
        let harvest = findings.close();
        if let Some(error) = seen.error() {
            return self.unread(entry, error);
        }
        let failed = match (done, harvest) {
            (Ok(()), Ok(mut harvest)) => {
                if let Some(writing) = harvest.writing.take() {
                    writing.finish()?;
                }
                return Ok(Outcome::Scanned(harvest));
            }
            (Err(ScanFault::Host(source)), _) => {
                return Err(Fault::Scanner {
                    scanner: scanner.to_owned(),
                    source,
                }
                .into());
            }
            // How it broke the rules says more than what it made of being told so.
            (_, Err(why)) | (Err(ScanFault::Scanner(why)), _) => why,
        };
        let reason = format!("scanner {scanner} failed: {}", excerpt(&failed));
        self.gap(&entry.path, &reason)?;
        Ok(Outcome::Gap(reason))
    }

    /// An entry that could not be read to its end. Unknown is not empty.
    pub(crate) fn unread(&self, entry: &Entry, error: StoreError) -> Answer<Outcome> {
        let failure = Failure::of_store(&error);
        let reason = match error {
            StoreError::OutOfReach { reason, .. } | StoreError::Impossible { reason, .. } => reason,
            StoreError::Held { by, .. } => format!("held by {by}"),
            StoreError::NotFound(_) | StoreError::Changed(_) => {
                self.incomplete(format!("{} changed while it was being read", entry.path))?;
                return Ok(Outcome::Unread(failure));
            }
            StoreError::Failed { .. } => {
                self.incomplete(error.to_string())?;
                return Ok(Outcome::Unread(failure));
            }
        };
        self.gap(&entry.path, &reason)?;
        Ok(Outcome::Gap(reason))
    }
}

/// What went by in a stream that was handed away.
#[derive(Clone, Default)]
pub(crate) struct Tapped(Arc<Mutex<Option<StoreError>>>);

impl Tapped {
    pub(crate) fn error(&self) -> Option<StoreError> {
        self.0
            .lock()
            .expect("nothing panics while it holds this lock")
            .take()
    }
}

/// Watches a stream on its way to a guest: how much went by, and the error that ended it. The guest is
/// told of an error, but it is not asked.
pub(crate) fn tap(content: Content, handed: impl Fn(u64) + Send + 'static) -> (Content, Tapped) {
    let tapped = Tapped::default();
    let error = tapped.clone();
    let watched = content.map(move |bytes: Result<Bytes, StoreError>| match bytes {
        Ok(bytes) => {
            handed(bytes.len() as u64);
            Ok(bytes)
        }
        Err(source) => {
            let told = told(&source);
            *error
                .0
                .lock()
                .expect("nothing panics while it holds this lock") = Some(source);
            Err(told)
        }
    });
    (watched.boxed(), tapped)
}

/// An error once more, without its cause, which stays with the host.
fn told(error: &StoreError) -> StoreError {
    match error {
        StoreError::NotFound(path) => StoreError::NotFound(path.clone()),
        StoreError::Changed(path) => StoreError::Changed(path.clone()),
        StoreError::OutOfReach { path, reason } => StoreError::OutOfReach {
            path: path.clone(),
            reason: reason.clone(),
        },
        StoreError::Impossible { path, reason } => StoreError::Impossible {
            path: path.clone(),
            reason: reason.clone(),
        },
        StoreError::Held { path, by } => StoreError::Held {
            path: path.clone(),
            by: by.clone(),
        },
        StoreError::Failed { path, doing, .. } => {
            StoreError::failed(path, doing, "the host knows why")
        }
    }
}

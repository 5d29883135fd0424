//! Running a scanner over a listing, on all cores.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use remit_policy::Right;
use remit_workspace::{Content, Entry, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::budget::Open;
use crate::found::Found;
use crate::scanner::Harvest;
use crate::scope::{excerpt, invalid};
use crate::{
    Answer, Code, Failure, Fault, Finding, Findings, Listing, Refusal, ScanFault, Scope, Session,
    decoded,
};

/// One entry that a scanner has looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The entry, in the version that was scanned.
    pub of: Entry,
    /// How many findings there are.
    pub total: u64,
    /// The first thousand of them.
    pub findings: Vec<Finding>,
}

/// A scan that is under way. Dropping it stops it.
#[derive(Debug)]
pub struct Scan {
    session: Arc<Session>,
    from: mpsc::Receiver<Result<Scanned, Refusal>>,
    dead: Option<Failure>,
    _driver: Task<()>,
    _open: Open,
}

/// Scanned entries carry their findings: of a page of 100 that may be 4 MB.
const PAGE_MAX: u32 = 100;

/// Scanned entries that wait for the guest, so that the cores go on while it thinks.
const WAITING_MAX: usize = 32;

impl Scope {
    /// Has the scanner look at everything that the listing shows and this scope may read. Results come
    /// in the order of the listing.
    ///
    /// What has no decoder, could not be reached, may not be read, or made the scanner fail is a gap of
    /// the plan and not seen here. What changed meanwhile, or failed for a passing reason, makes the
    /// plan incomplete.
    pub async fn scan(&self, listing: Listing, scanner: &str) -> Answer<Scan> {
        self.session.meter.call()?;
        self.has(Right::Read)?;
        if listing.is_started() {
            return Err(invalid(
                "a listing is scanned from its beginning: part of it was taken already",
            )
            .into());
        }
        let rules = self.session.rules(scanner)?;
        let open = self.session.meter.open()?;
        let (to, from) = mpsc::channel(WAITING_MAX);
        let driver = drive(self.clone(), listing, scanner.into(), rules, to);
        Ok(Scan {
            session: Arc::clone(&self.session),
            from,
            dead: None,
            _driver: Task(tokio::spawn(driver)),
            _open: open,
        })
    }
}

impl Scan {
    /// The next scanned entries, at most `max` of them (1 to 100). An empty page means the end was reached.
    pub async fn next(&mut self, max: u32) -> Answer<Vec<Scanned>> {
        self.session.meter.call()?;
        if let Some(failure) = &self.dead {
            return Err(failure.clone().into());
        }
        let max = max.clamp(1, PAGE_MAX) as usize;
        let mut page = Vec::new();
        // The first is waited for; then what is there already.
        while page.len() < max {
            let next = match page.is_empty() {
                true => self.from.recv().await,
                false => self.from.try_recv().ok(),
            };
            match next {
                Some(Ok(scanned)) => page.push(scanned),
                Some(Err(Refusal::Failure(failure))) => {
                    self.dead = Some(failure.clone());
                    // What was scanned before is still true; the failure comes with the next call.
                    if page.is_empty() {
                        return Err(failure.into());
                    }
                    break;
                }
                Some(Err(fault)) => return Err(fault),
                None => break,
            }
        }
        Ok(page)
    }
}

/// A task that ends when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Task<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn drive(
    scope: Scope,
    listing: Listing,
    scanner: Arc<str>,
    rules: Arc<[String]>,
    to: mpsc::Sender<Result<Scanned, Refusal>>,
) {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let entries = stream::unfold(Some(listing), |listing| async move {
        let mut listing = listing?;
        match listing.entry().await {
            Ok(Some(entry)) => Some((Ok(entry), Some(listing))),
            Ok(None) => None,
            Err(refusal) => Some((Err(refusal), None)),
        }
    });
    let scans = entries.map(|entry| {
        let (scope, scanner, rules) = (scope.clone(), Arc::clone(&scanner), Arc::clone(&rules));
        async move {
            let entry = entry?;
            // A task of its own: scanning is work for a processor, not waiting.
            let mut task = Task(tokio::spawn(async move {
                scan_listed(&scope, entry, &scanner, rules).await
            }));
            (&mut task.0)
                .await
                .unwrap_or(Err(Fault::Task("a scan").into()))
        }
    });
    let mut scans = std::pin::pin!(scans.buffered(cores));
    while let Some(scanned) = scans.next().await {
        let Some(scanned) = scanned.transpose() else {
            continue;
        };
        let over = scanned.is_err();
        if to.send(scanned).await.is_err() || over {
            return;
        }
    }
}

/// One entry of a listing; none where it is a gap.
async fn scan_listed(
    scope: &Scope,
    entry: Entry,
    scanner: &str,
    rules: Arc<[String]>,
) -> Answer<Option<Scanned>> {
    let session = &scope.session;
    if let Err(denied) = scope.authority.allows(Right::Read, &entry.path) {
        session.denied(&denied);
        session.gap(&entry.path, "reading it is not granted")?;
        return Ok(None);
    }
    match session.scan_entry(scope, &entry, scanner, rules).await? {
        Outcome::Scanned(harvest) => {
            session.seen(|seen| seen.put(entry.clone()));
            let (total, findings) = (harvest.total, harvest.first);
            Ok(Some(Scanned {
                of: scope.shown(entry),
                total,
                findings,
            }))
        }
        Outcome::Gap(_) | Outcome::Unread(_) => Ok(None),
    }
}

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
        let (content, seen) = tap(content, findings.clone());
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
    fn unread(&self, entry: &Entry, error: StoreError) -> Answer<Outcome> {
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
    fn error(&self) -> Option<StoreError> {
        self.0
            .lock()
            .expect("nothing panics while it holds this lock")
            .take()
    }
}

/// Watches a stream on its way to a scanner: how much went by, and the error that ended it. The
/// scanner is told of an error, but it is not asked.
fn tap(content: Content, findings: Findings) -> (Content, Tapped) {
    let tapped = Tapped::default();
    let error = tapped.clone();
    let watched = content.map(move |bytes: Result<Bytes, StoreError>| match bytes {
        Ok(bytes) => {
            findings.handed(bytes.len() as u64);
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

//! Running a scanner over a listing, on all cores.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};
use std::thread;

use futures::{StreamExt as _, stream};
use remit_policy::Right;
use remit_workspace::Entry;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::budget::Open;
use crate::inspect::Outcome;
use crate::scope::invalid;
use crate::{Answer, Failure, Fault, Finding, Listing, Refusal, Scope, Session};

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
    /// Closes behind an end that was said: a driver that stops otherwise has not seen everything.
    from: mpsc::Receiver<Result<Next, Refusal>>,
    end: bool,
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
        self.has(Right::Read, &listing.place())?;
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
            end: false,
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
        while page.len() < max && !self.end {
            let next = match page.is_empty() {
                true => self
                    .from
                    .recv()
                    .await
                    .or(Some(Err(Fault::Task("a scan").into()))),
                false => self.from.try_recv().ok(),
            };
            match next {
                Some(Ok(Next::Scanned(scanned))) => page.push(scanned),
                Some(Ok(Next::End)) => self.end = true,
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

/// What a driver says.
#[derive(Debug)]
enum Next {
    Scanned(Scanned),
    End,
}

/// A task that ends when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Task<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The cores of this machine. Asking reads a handful of files: once is enough.
pub(crate) static CORES: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, NonZeroUsize::get));

async fn drive(
    scope: Scope,
    listing: Listing,
    scanner: Arc<str>,
    rules: Arc<[String]>,
    to: mpsc::Sender<Result<Next, Refusal>>,
) {
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
    let mut scans = std::pin::pin!(scans.buffered(*CORES));
    while let Some(scanned) = scans.next().await {
        let Some(scanned) = scanned.transpose() else {
            continue;
        };
        let over = scanned.is_err();
        if to.send(scanned.map(Next::Scanned)).await.is_err() || over {
            return;
        }
    }
    // Nobody waits for it where this fails.
    let _dropped = to.send(Ok(Next::End)).await;
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
            session.seen(|seen| seen.put(Arc::new(entry.clone())));
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

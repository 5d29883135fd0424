//! How much one run of a guest may ask of the host.
//!
//! Not the sandbox's own limits (time, memory, tables), which lie with the runtime, and not the
//! ceilings, which bound what a plan may do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Code, Failure};

/// The caps of one session. What goes over answers `limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls of any kind. Ten million: one proposal for each of a million entries, and ten times that.
    pub calls_max: u64,
    /// Bytes that the guest reads itself. 64 GiB: content in bulk is a scanner's work, which does
    /// not count here.
    pub read_bytes_max: u64,
    /// Listings, readers and scans that are open at once. Each may hold a connection or a file of the
    /// host; 64 are many for a guest that runs on one thread.
    pub open_max: u64,
    /// Proposals. A million is a plan that nobody reads, and some 500 MB of disk.
    pub proposals_max: u64,
    /// Findings in one entry. Ten million: a log of some gigabytes with an address in every line, and
    /// some 500 MB of disk while planning.
    pub findings_max: u64,
    /// Notes for the reader of the plan, each of at most [`remit_plan::Draft::NOTE_BYTES_MAX`] bytes.
    /// A reader does not read more than a few hundred.
    pub notes_max: u64,
    /// Bytes of the guest's log. 1 MiB is some ten thousand lines.
    pub log_bytes_max: u64,
    /// Owned parts of one record, child runs and their parts included. A million is far beyond what
    /// one run writes, and bounds how long one call may take.
    pub parts_max: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            calls_max: 10_000_000,
            read_bytes_max: 64 << 30,
            open_max: 64,
            proposals_max: 1_000_000,
            findings_max: 10_000_000,
            notes_max: 500,
            log_bytes_max: 1 << 20,
            parts_max: 1_000_000,
        }
    }
}

/// What of the budget is used up, and whether the handles are still good.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Budget,
    calls: AtomicU64,
    read_bytes: AtomicU64,
    open: Arc<AtomicU64>,
    proposals: AtomicU64,
    revoked: AtomicBool,
}

/// One open listing, reader or scan. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Open(Arc<AtomicU64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            calls: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
            open: Arc::default(),
            proposals: AtomicU64::new(0),
            revoked: AtomicBool::new(false),
        }
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Every handle answers `revoked` from here on. Its number stays taken: a freed one could be given
    /// out again and mean something else to whoever kept it.
    pub(crate) fn revoke(&self) {
        self.revoked.store(true, Ordering::SeqCst);
    }

    /// Whether the handles are still good.
    pub(crate) fn live(&self) -> Result<(), Failure> {
        match self.revoked.load(Ordering::SeqCst) {
            true => Err(Failure::new(Code::Revoked, "the run is over")),
            false => Ok(()),
        }
    }

    /// Counts a call. Nothing is done for a guest before this.
    pub(crate) fn call(&self) -> Result<(), Failure> {
        self.live()?;
        take(&self.calls, 1, self.budget.calls_max, "calls").map(drop)
    }

    /// What may still be read, at most `wanted`.
    pub(crate) fn readable(&self, wanted: u64) -> Result<u64, Failure> {
        let left = self
            .budget
            .read_bytes_max
            .saturating_sub(self.read_bytes.load(Ordering::Relaxed));
        match left {
            0 => Err(over("bytes read", self.budget.read_bytes_max)),
            _ => Ok(wanted.min(left)),
        }
    }

    pub(crate) fn read(&self, bytes: u64) {
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn open(&self) -> Result<Open, Failure> {
        take(
            &self.open,
            1,
            self.budget.open_max,
            "open listings, readers and scans",
        )?;
        Ok(Open(Arc::clone(&self.open)))
    }

    /// Counts a proposal, taken or not; the answer is its number, from 1.
    pub(crate) fn propose(&self) -> Result<u64, Failure> {
        take(&self.proposals, 1, self.budget.proposals_max, "proposals")
    }
}

fn over(what: &str, max: u64) -> Failure {
    Failure::new(Code::Limit, format!("one run has at most {max} {what}"))
}

/// Takes `n` of `max`, or nothing; how many are taken then.
fn take(counter: &AtomicU64, n: u64, max: u64, what: &str) -> Result<u64, Failure> {
    let more = |used: u64| used.checked_add(n).filter(|used| *used <= max);
    match counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
        Ok(before) => Ok(before + n),
        Err(_) => Err(over(what, max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cap_holds_at_its_number() {
        let budget = Budget {
            calls_max: 2,
            read_bytes_max: 10,
            open_max: 1,
            proposals_max: 1,
            ..Budget::default()
        };
        let meter = Meter::new(budget);
        let code = |failure: Failure| failure.code;
        assert_eq!([meter.call(), meter.call()], [Ok(()), Ok(())]);
        assert_eq!(meter.call().map_err(code), Err(Code::Limit));
        assert_eq!(meter.readable(64), Ok(10));
        meter.read(10);
        assert_eq!(meter.readable(1).map_err(code), Err(Code::Limit));
        let open = meter.open().unwrap();
        assert_eq!(meter.open().err().map(code), Some(Code::Limit));
        drop(open);
        assert!(meter.open().is_ok());
        assert_eq!(meter.propose(), Ok(1));
        assert_eq!(meter.propose().map_err(code), Err(Code::Limit));
        meter.revoke();
        assert_eq!(meter.call().map_err(code), Err(Code::Revoked));
    }
}

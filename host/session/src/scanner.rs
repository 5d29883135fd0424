//! What a session needs of scanners, and what a scanner is given.
//!
//! Whoever runs scanners implements [`Scanners`]; the session opens, decodes and checks.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use remit_workspace::{Content, Entry};

use crate::found::Writing;
use crate::scope::{excerpt, invalid};
use crate::{Answer, Code, Failure, Session};

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// First byte, counted from the start of the decoded stream that the scanner saw.
    pub offset: u64,
    /// Bytes; at least 1.
    pub length: u32,
    /// A rule that the scanner declares.
    pub rule: String,
}

/// The scanners that the operator made available, by name.
///
/// May be called from many tasks at once: the session runs as many scans as the machine has cores.
#[async_trait]
pub trait Scanners: Send + Sync + Debug {
    /// The rules that the scanner declares; none when there is no such scanner.
    fn rules(&self, name: &str) -> Option<Vec<String>>;

    /// Has the scanner look at one entry's content.
    ///
    /// `of` has no properties unless whoever asked may read them. `content` is decoded; an error in it
    /// ends the scan, and whatever is answered then does not count: the session saw the error itself.
    /// `found` is the scanner's way to report. It outlives the call harmlessly: later reports are refused.
    async fn scan(
        &self,
        name: &str,
        of: Entry,
        content: Content,
        found: Findings,
    ) -> Result<(), ScanFault>;
}

/// Why a scan did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanFault {
    /// By the scanner's own doing: it stopped, ran out of time or memory, or said that it failed. The
    /// entry becomes a gap of the plan with this phrase.
    #[error("the scanner failed: {0}")]
    Scanner(String),
    /// By the host's. It stops the run.
    #[error("the scanner could not be run")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where a scanner's findings go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Findings(Arc<Sink>);

#[derive(Debug)]
struct Sink {
    session: Arc<Session>,
    rules: Arc<[String]>,
    /// Bytes of the decoded stream that the scanner was given so far.
    handed: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    first: Vec<Finding>,
    total: u64,
    rules: BTreeMap<String, u64>,
    last_end: u64,
    writing: Option<Writing>,
    /// Set when the scanner broke the rules of reporting: nothing it says counts any more.
    broken: Option<String>,
    closed: bool,
}

/// What a scan found, in numbers and its beginning.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) first: Vec<Finding>,
    pub(crate) total: u64,
    pub(crate) rules: BTreeMap<String, u64>,
    pub(crate) writing: Option<Writing>,
}

/// Findings of one entry that a guest is shown; the rest is counted.
const SHOWN_MAX: usize = 1_000;

impl Findings {
    pub(crate) fn new(
        session: Arc<Session>,
        rules: Arc<[String]>,
        writing: Option<Writing>,
    ) -> Self {
        let state = Mutex::new(State {
            writing,
            ..State::default()
        });
        Self(Arc::new(Sink {
            session,
            rules,
            handed: AtomicU64::new(0),
            state,
        }))
    }

    /// Takes findings: in order of offset, without overlap, across all calls; within what the scanner
    /// has been given; of declared rules. What breaks this answers `invalid`, and the entry becomes a gap.
    pub fn report(&self, found: Vec<Finding>) -> Answer<()> {
        self.0.session.meter.live()?;
        let mut state = self.state();
        if state.closed {
            return Err(Failure::new(Code::Revoked, "the scan is over").into());
        }
        for finding in found {
            if let Err(failure) = self.take(&mut state, finding)? {
                state.broken.get_or_insert_with(|| failure.message.clone());
                return Err(failure.into());
            }
        }
        Ok(())
    }

    /// Takes a message of the scanner for its author.
    pub fn log(&self, message: &str) {
        self.0.session.log(message);
    }

    /// Takes a note of the scanner for the reader of the plan.
    pub fn note(&self, message: &str) -> Answer<()> {
        Ok(self.0.session.note(message)?)
    }

    fn take(&self, state: &mut State, finding: Finding) -> Answer<Result<(), Failure>> {
        let max = self.0.session.meter.budget().findings_max;
        let end = finding.offset.checked_add(u64::from(finding.length));
        let wrong = if state.total >= max {
            Failure::new(Code::Limit, format!("one entry has at most {max} findings"))
        } else if !self.0.rules.contains(&finding.rule) {
            invalid(format!(
                "the rule `{}` is not declared",
                excerpt(&finding.rule)
            ))
        } else if finding.length == 0 {
            invalid(format!("the finding at byte {} is empty", finding.offset))
        } else if finding.offset < state.last_end {
            invalid(format!(
                "the finding at byte {} is out of order or overlaps the one before",
                finding.offset
            ))
        } else if let Some(end) = end.filter(|end| *end <= self.0.handed.load(Ordering::Acquire)) {
            if let Some(writing) = &mut state.writing {
                writing.push(&finding)?;
            }
            state.last_end = end;
            state.total += 1;
            match state.rules.get_mut(&finding.rule) {
                Some(count) => *count += 1,
                None => _ = state.rules.insert(finding.rule.clone(), 1),
            }
            if state.first.len() < SHOWN_MAX {
                state.first.push(finding);
            }
            return Ok(Ok(()));
        } else {
            invalid(format!(
                "the finding at byte {} lies beyond what was read",
                finding.offset
            ))
        };
        Ok(Err(wrong))
    }

    /// Notes that the scanner was given more of the stream.
    pub(crate) fn handed(&self, bytes: u64) {
        self.0.handed.fetch_add(bytes, Ordering::Release);
    }

    /// Ends the reporting: what was found, or how the scanner broke the rules.
    pub(crate) fn close(&self) -> Result<Harvest, String> {
        let mut state = self.state();
        state.closed = true;
        match state.broken.take() {
            Some(why) => Err(why),
            None => Ok(Harvest {
                first: std::mem::take(&mut state.first),
                total: state.total,
                rules: std::mem::take(&mut state.rules),
                writing: state.writing.take(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .state
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

//! Trying a scanner on content at hand, without a workspace, a grant or a plan: for its author, and
//! for measuring.
//!
//! What it reports is held to the session's rules: in order, without overlap, within what it was
//! given, of declared rules.

use std::sync::{Arc, Mutex, MutexGuard};

use futures::StreamExt as _;
use remit_session::Finding;
use remit_workspace::{Content, Entry};
use wasmtime::component::Resource;

use crate::bindings::model;
use crate::cancel::Cancel;
use crate::convert;
use crate::guest::{GuestError, bounded, outcome};
use crate::host::{Found, Source};
use crate::limits::Limits;
use crate::loaded::{self, Loaded};
use crate::state::{Params, State, Voice};

/// What came of a trial.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// The first findings, as many as were to be kept.
    pub findings: Vec<Finding>,
    /// How many there were.
    pub total: u64,
    /// What the scanner said, line by line: hearsay, to be escaped when shown.
    pub said: Vec<String>,
}

/// Where a trial's findings and words go. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Notebook(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    trial: Trial,
    keep: usize,
    rules: Vec<String>,
    handed: u64,
    last_end: u64,
    said_bytes: usize,
}

/// What is kept of a scanner's words.
const SAID_BYTES_MAX: usize = 1 << 20;

impl Notebook {
    fn new(loaded: &Loaded, keep: usize) -> Self {
        let rules = loaded
            .manifest()
            .rules
            .keys()
            .map(ToString::to_string)
            .collect();
        let open = Open {
            trial: Trial::default(),
            keep,
            rules,
            handed: 0,
            last_end: 0,
            said_bytes: 0,
        };
        Self(Arc::new(Mutex::new(open)))
    }

    pub(crate) fn say(&self, message: &str) {
        let mut open = self.open();
        open.said_bytes += message.len() + 1;
        if open.said_bytes <= SAID_BYTES_MAX {
            open.trial.said.push(message.to_owned());
        }
    }

    pub(crate) fn report(&self, found: Vec<Finding>) -> Result<(), model::Failure> {
        let mut open = self.open();
        for finding in found {
            let end = finding.offset.checked_add(u64::from(finding.length));
            let wrong = if !open.rules.contains(&finding.rule) {
                "a rule is not declared"
            } else if finding.length == 0 {
                "a finding is empty"
            } else if finding.offset < open.last_end {
                "a finding is out of order or overlaps the one before"
            } else if let Some(end) = end.filter(|end| *end <= open.handed) {
                open.last_end = end;
                open.trial.total += 1;
                if open.trial.findings.len() < open.keep {
                    open.trial.findings.push(finding);
                }
                continue;
            } else {
                "a finding lies beyond what was read"
            };
            let message = format!("{wrong}: byte {}", finding.offset);
            return Err(model::Failure {
                code: "invalid".to_owned(),
                message,
            });
        }
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

/// Tries a scanner on one entry's content; the first `keep` findings are kept.
pub async fn try_scanner(
    loaded: &Loaded,
    params: Params,
    of: Entry,
    content: Content,
    limits: &Limits,
    keep: usize,
) -> Result<Trial, GuestError> {
    let loaded::Entry::Scanner(pre) = &loaded.entry else {
        return Err(loaded.wrong_world("scanner"));
    };
    let notebook = Notebook::new(loaded, keep);
    let watched = notebook.clone();
    let content = content.inspect(move |bytes| {
        if let Ok(bytes) = bytes {
            watched.open().handed += bytes.len() as u64;
        }
    });
    let voice = Voice::Trial(notebook.clone(), Arc::new(params));
    let cancel = Cancel::new();
    let mut store = State::store(loaded, limits, voice, &cancel);
    let of = convert::entry(&of);
    let ended = bounded(limits, &cancel, async {
        let instance = pre.instantiate_async(&mut store).await?;
        let source = store
            .data_mut()
            .handles
            .push(Source::new(content.boxed()))?;
        let found = store
            .data_mut()
            .handles
            .push(Found::Trial(notebook.clone()))?;
        store.data_mut().watch.start();
        let (source, found) = (
            Resource::new_borrow(source.rep()),
            Resource::new_borrow(found.rep()),
        );
        instance.call_scan(&mut store, &of, source, found).await
    })
    .await;
    outcome(ended, &mut store, limits)?;
    let trial = notebook.open().trial.clone();
    Ok(trial)
}

impl Loaded {
    /// Makes a fresh instance and drops it: what every entry costs before anything is scanned.
    pub async fn try_instance(&self, limits: &Limits) -> Result<(), GuestError> {
        let notebook = Notebook::new(self, 0);
        let cancel = Cancel::new();
        let mut store = State::store(
            self,
            limits,
            Voice::Trial(notebook, Arc::default()),
            &cancel,
        );
        let made = match &self.entry {
            loaded::Entry::Workflow(pre) => pre.instantiate_async(&mut store).await.map(drop),
            loaded::Entry::Scanner(pre) => pre.instantiate_async(&mut store).await.map(drop),
            loaded::Entry::Converter(pre) => pre.instantiate_async(&mut store).await.map(drop),
        };
        made.map_err(|error| GuestError::Start(crate::error::plain(&error)))
    }
}

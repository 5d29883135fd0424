//! The scanners that an operator made available: a fresh pooled instance for every entry, on the
//! task of whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use remit_session::{Findings, ScanFault, Scanners};
use remit_workspace::{Content, Entry};
use tokio::sync::Semaphore;
use wasmtime::component::Resource;

use crate::cancel::Cancel;
use crate::convert;
use crate::guest::{GuestError, bounded, outcome};
use crate::host::{Found, Source};
use crate::limits::Limits;
use crate::loaded::{self, Loaded};
use crate::state::{Params, State, Voice};

/// Scanners by name.
#[derive(Debug)]
pub struct ScannerPool {
    scanners: BTreeMap<String, Scanner>,
    limits: Limits,
    cancel: Cancel,
    /// So many instances may be alive: what is over waits, rather than find no room.
    room: Semaphore,
}

#[derive(Debug)]
struct Scanner {
    loaded: Arc<Loaded>,
    params: Arc<Params>,
    rules: Vec<String>,
}

impl ScannerPool {
    /// A pool without scanners. `limits` bound each call, which is one entry.
    pub fn new(limits: Limits, cancel: Cancel) -> Self {
        Self {
            scanners: BTreeMap::new(),
            limits,
            cancel,
            room: Semaphore::new(0),
        }
    }

    /// Adds a scanner under a name, with the operator's values for its parameters.
    pub fn add(
        &mut self,
        name: &str,
        loaded: Arc<Loaded>,
        params: Params,
    ) -> Result<(), GuestError> {
        if !matches!(loaded.entry, loaded::Entry::Scanner(_)) {
            return Err(loaded.wrong_world("scanner"));
        }
        let rules = loaded
            .manifest()
            .rules
            .keys()
            .map(ToString::to_string)
            .collect();
        // Half of the room is for workflows, which wait for scanners.
        self.room = Semaphore::new(loaded.runtime.slots() / 2);
        self.scanners.insert(
            name.to_owned(),
            Scanner {
                loaded,
                params: Arc::new(params),
                rules,
            },
        );
        Ok(())
    }

    /// Has a scanner look at one entry.
    pub async fn scan_one(
        &self,
        name: &str,
        of: Entry,
        content: Content,
        found: Findings,
    ) -> Result<(), GuestError> {
        let Some(scanner) = self.scanners.get(name) else {
            return Err(GuestError::Start(format!("there is no scanner `{name}`")));
        };
        let loaded::Entry::Scanner(pre) = &scanner.loaded.entry else {
            unreachable!("BUG: only scanners are added");
        };
        let _room = self.room.acquire().await.expect("the room is never closed");
        let voice = Voice::Scanner(found.clone(), Arc::clone(&scanner.params));
        let mut store = State::store(&scanner.loaded, &self.limits, voice, &self.cancel);
        let of = convert::entry(&of);
        let ended = bounded(&self.limits, &self.cancel, async {
            let instance = pre.instantiate_async(&mut store).await?;
            let source = store.data_mut().handles.push(Source::new(content))?;
            let findings = store.data_mut().handles.push(Found::Session(found))?;
            store.data_mut().watch.start();
            let (source, findings) = (
                Resource::new_borrow(source.rep()),
                Resource::new_borrow(findings.rep()),
            );
            instance.call_scan(&mut store, &of, source, findings).await
        })
        .await;
        outcome(ended, &mut store, &self.limits)
    }
}

#[async_trait]
impl Scanners for ScannerPool {
    fn rules(&self, name: &str) -> Option<Vec<String>> {
        self.scanners.get(name).map(|scanner| scanner.rules.clone())
    }

    async fn scan(
        &self,
        name: &str,
        of: Entry,
        content: Content,
        found: Findings,
    ) -> Result<(), ScanFault> {
        self.scan_one(name, of, content, found)
            .await
            .map_err(|error| match error.is_of_the_guest() {
                true => ScanFault::Scanner(error.to_string()),
                false => ScanFault::Host(Box::new(error)),
            })
    }
}

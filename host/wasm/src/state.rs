//! What belongs to one instance: its handles, its limits, and whom it speaks to.

use std::collections::BTreeMap;
use std::sync::Arc;

use remit_session::{Fault, Findings, Session};
use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};

use crate::cancel::Cancel;
use crate::guest::Cancelled;
use crate::limits::{Limits, Meter, Stopwatch};
use crate::loaded::Loaded;
use crate::script::Script;
use crate::trial::Notebook;

/// A guest's values for its parameters, by name.
pub type Params = BTreeMap<String, Vec<String>>;

/// The host's side of one instance. Dropped with it: nothing carries over to the next.
pub(crate) struct State {
    pub(crate) handles: ResourceTable,
    pub(crate) watch: Stopwatch,
    pub(crate) voice: Voice,
    /// What an interpreter runs.
    pub(crate) script: Option<Arc<Script>>,
    /// The message of the guest's last panic, which its trap does not carry.
    pub(crate) panic: Option<String>,
    /// What broke in the host and stopped the guest.
    pub(crate) fault: Option<Fault>,
    /// Bytes of texts that are kept for the guest.
    pub(crate) kept_bytes: usize,
    meter: Meter,
}

/// Whom a guest speaks to, and who tells it its parameters.
pub(crate) enum Voice {
    Workflow(Arc<Session>),
    Scanner(Findings, Arc<Params>),
    Converter(Arc<Session>, Arc<Params>),
    Trial(Notebook, Arc<Params>),
}

impl Voice {
    /// The operator's values for a parameter; empty when it was not given.
    pub(crate) fn param(&self, name: &str) -> Vec<String> {
        match self {
            Self::Workflow(session) => session.params(name),
            Self::Scanner(_, params) | Self::Converter(_, params) | Self::Trial(_, params) => {
                params.get(name).cloned().unwrap_or_default()
            }
        }
    }
}

/// How the SDK's panic hook begins its message.
const PANIC: &str = "panic: ";

/// The most of a panic's message that is kept, in characters.
const PANIC_CHARS_MAX: usize = 500;

impl State {
    /// A store for one instance, with its limits in force.
    pub(crate) fn store(
        loaded: &Loaded,
        limits: &Limits,
        voice: Voice,
        cancel: &Cancel,
    ) -> Store<Self> {
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(limits.handles);
        let state = Self {
            handles,
            watch: Stopwatch::new(limits.time),
            voice,
            script: loaded.script.clone(),
            panic: None,
            fault: None,
            kept_bytes: 0,
            meter: Meter::new(limits),
        };
        let mut store = Store::new(loaded.runtime.engine(), state);
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(limits.call_bytes);
        store.set_max_component_handles(limits.handles);
        store.set_epoch_deadline(1);
        let cancel = cancel.clone();
        store.epoch_deadline_callback(move |mut store| {
            if cancel.is_cancelled() {
                return Err(Cancelled.into());
            }
            store.data_mut().watch.look()?;
            // Others run too: a guest that never waits would keep its thread.
            Ok(UpdateDeadline::YieldCustom(
                1,
                Box::pin(tokio::task::yield_now()),
            ))
        });
        store
    }

    /// Takes what a guest says to its author.
    pub(crate) fn log(&mut self, message: &str) {
        if let Some(panic) = message.strip_prefix(PANIC) {
            self.panic = Some(panic.chars().take(PANIC_CHARS_MAX).collect());
        }
        match &self.voice {
            Voice::Workflow(session) | Voice::Converter(session, _) => session.log(message),
            Voice::Scanner(findings, _) => findings.log(message),
            Voice::Trial(notebook, _) => notebook.say(message),
        }
    }
}

//! Running guests: a fresh instance for every call, and an exact account of how it ended.

use std::sync::Arc;
use std::time::Duration;

use remit_session::{Fault, Session};
use wasmtime::component::{Resource, ResourceTableError};
use wasmtime::{Store, Trap, WasmBacktrace};

use crate::bindings::model;
use crate::cancel::Cancel;
use crate::convert::HostFault;
use crate::error::plain;
use crate::limits::{Exceeded, Limits};
use crate::loaded::{Entry, Loaded};
use crate::state::{State, Voice};

/// How a guest did not come to its end. The next one runs normally: nothing of the instance is kept.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// It ran too long.
    #[error("the guest ran for more than {}: raise `time` in [sandbox] of its grant, or have it do less", seconds(.0))]
    Time(Duration),
    /// The whole call, with all waiting, took too long.
    #[error("the call was not over after {}, waiting included", seconds(.0))]
    WholeTime(Duration),
    /// Its memories were to grow too large.
    #[error("the guest asked for more than {} MiB of memory: raise `memory` in [sandbox] of its grant", .0 >> 20)]
    Memory(u64),
    /// It wanted too much of something else.
    #[error("the guest {0}")]
    Limit(String),
    /// It stopped in the middle.
    #[error("the guest stopped in the middle: {what}{}", said(.message))]
    Trap {
        /// What it stumbled over.
        what: String,
        /// What it said last, if it panicked.
        message: Option<String>,
        /// Its functions at that point, innermost first, where their names are known.
        functions: Vec<String>,
    },
    /// It said itself that it failed.
    #[error("the guest says it failed: {code}: {message}")]
    Refused {
        /// In one word.
        code: String,
        /// In a sentence.
        message: String,
    },
    /// It was stopped from outside.
    #[error("the guest was stopped")]
    Cancelled,
    /// The host is broken.
    #[error("the host failed while the guest ran")]
    Fault(#[source] Fault),
    /// The engine could not make or call an instance, by no fault of the guest.
    #[error("the guest could not be started: {0}")]
    Start(String),
    /// Something of another world was to be called.
    #[error("this is a {found}, not a {wanted}")]
    World {
        /// What it is.
        found: &'static str,
        /// What was wanted.
        wanted: &'static str,
    },
}

impl GuestError {
    /// Whether the guest brought it about, rather than the host or a person.
    pub(crate) fn is_of_the_guest(&self) -> bool {
        match self {
            Self::Time(_)
            | Self::WholeTime(_)
            | Self::Memory(_)
            | Self::Limit(_)
            | Self::Trap { .. }
            | Self::Refused { .. } => true,
            Self::Cancelled | Self::Fault(_) | Self::Start(_) | Self::World { .. } => false,
        }
    }
}

/// The mark of a guest that was stopped from outside.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("stopped from outside")]
pub(crate) struct Cancelled;

fn seconds(time: &Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds => format!("{seconds} s"),
    }
}

fn said(message: &Option<String>) -> String {
    message
        .as_ref()
        .map(|message| format!(": {message}"))
        .unwrap_or_default()
}

/// Runs a workflow in a session, once. Afterwards its handles are taken back, however it ended.
///
/// Dropping the future stops the guest as well.
pub async fn run_workflow(
    loaded: &Loaded,
    session: &Arc<Session>,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<(), GuestError> {
    let Entry::Workflow(pre) = &loaded.entry else {
        return Err(loaded.wrong_world("workflow"));
    };
    let mut store = State::store(loaded, limits, Voice::Workflow(Arc::clone(session)), cancel);
    let ended = bounded(limits, cancel, async {
        let workflow = pre.instantiate_async(&mut store).await?;
        let root = store.data_mut().make(session.root(), 0)?;
        store.data_mut().watch.start();
        workflow
            .call_run(&mut store, Resource::new_borrow(root.rep()))
            .await
    })
    .await;
    session.revoke();
    outcome(ended, &mut store, limits)
}

impl Loaded {
    pub(crate) fn wrong_world(&self, wanted: &'static str) -> GuestError {
        GuestError::World {
            found: self.entry.world().as_str(),
            wanted,
        }
    }
}

/// How a bounded call ended, from outside.
pub(crate) enum Ended<T> {
    ByItself(wasmtime::Result<T>),
    Cancelled,
    TooLate,
}

/// Puts a call under its whole time and its flag. The engine's clock sees to it that a guest which
/// never waits comes back here.
pub(crate) async fn bounded<T>(
    limits: &Limits,
    cancel: &Cancel,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Ended<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Ended::Cancelled,
        ended = tokio::time::timeout(limits.whole_time, call) => match ended {
            Ok(ended) => Ended::ByItself(ended),
            Err(_) => Ended::TooLate,
        },
    }
}

/// What a call of an export comes to.
pub(crate) fn outcome(
    ended: Ended<Result<(), model::Failure>>,
    store: &mut Store<State>,
    limits: &Limits,
) -> Result<(), GuestError> {
    match ended {
        Ended::Cancelled => Err(GuestError::Cancelled),
        Ended::TooLate => Err(GuestError::WholeTime(limits.whole_time)),
        Ended::ByItself(Err(error)) => Err(stopped(&error, store.data_mut(), limits)),
        Ended::ByItself(Ok(Err(failure))) => Err(GuestError::Refused {
            code: safe(&failure.code, CODE_CHARS_MAX),
            message: safe(&failure.message, MESSAGE_CHARS_MAX),
        }),
        Ended::ByItself(Ok(Ok(()))) => Ok(()),
    }
}

const CODE_CHARS_MAX: usize = 40;
const MESSAGE_CHARS_MAX: usize = 500;

/// Functions of a backtrace that are told.
const FUNCTIONS_MAX: usize = 5;

/// Finds in an engine's error what stopped a guest.
fn stopped(error: &wasmtime::Error, state: &mut State, limits: &Limits) -> GuestError {
    if error.is::<HostFault>()
        && let Some(fault) = state.fault.take()
    {
        return GuestError::Fault(fault);
    }
    if error.is::<Cancelled>() {
        return GuestError::Cancelled;
    }
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return match exceeded {
            Exceeded::Time => GuestError::Time(limits.time),
            Exceeded::Memory => GuestError::Memory(limits.memory_bytes),
            Exceeded::Tables => {
                GuestError::Limit("asked for larger tables than it may have".to_owned())
            }
            Exceeded::Texts => {
                GuestError::Limit("left more than 64 MiB of text with the host".to_owned())
            }
        };
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return GuestError::Limit(format!(
            "holds more than {} handles at once",
            limits.handles
        ));
    }
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        return GuestError::Start("too many guests are alive".to_owned());
    }
    let functions = error
        .downcast_ref::<WasmBacktrace>()
        .map(functions)
        .unwrap_or_default();
    let what = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it stopped itself".to_owned(),
        Some(Trap::StackOverflow) => "it called itself too deeply".to_owned(),
        // Compilers put their own stack at the bottom of the memory: deep recursion falls out of it.
        Some(Trap::MemoryOutOfBounds) => {
            "it reached beyond its memory, as a stack that is used up does".to_owned()
        }
        Some(trap) => trap.to_string(),
        None => root(error),
    };
    GuestError::Trap {
        what,
        message: state
            .panic
            .take()
            .map(|text| safe(&text, MESSAGE_CHARS_MAX)),
        functions,
    }
}

/// The first cause, without the engine's words about where it happened.
fn root(error: &wasmtime::Error) -> String {
    let cause = error.root_cause().to_string();
    match cause.is_empty() {
        true => plain(error),
        false => safe(&cause, MESSAGE_CHARS_MAX),
    }
}

fn functions(trace: &WasmBacktrace) -> Vec<String> {
    let names = trace.frames().iter().filter_map(|frame| frame.func_name());
    names
        .take(FUNCTIONS_MAX)
        .map(|name| safe(name, 120))
        .collect()
}

/// What a guest says, as it may be shown: cut, and without control characters.
pub(crate) fn safe(text: &str, chars_max: usize) -> String {
    let mut cut: String = text
        .chars()
        .take(chars_max)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(chars_max).is_some() {
        cut.push('…');
    }
    cut
}

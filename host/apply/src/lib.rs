//! The only crate that changes a workspace.
//!
//! [`StoreMut`] is how a workspace is changed, and [`apply()`] is its only caller. Applying runs no guest:
//! it reads a sealed plan, asks again whether each step is permitted, journals the intent, acts on the
//! version the step names, and journals the end. Stopped anywhere, a second `apply` ends where an
//! undisturbed one would have.
//!
//! The crates that run guests do not depend on this one; a test asserts it from the crate graph.

mod admission;
mod apply;
mod cascade;
mod close;
mod content;
mod error;
mod evidence;
mod export;
mod journal;
mod memory;
mod others;
mod outcome;
mod policy;
mod staged;
mod store;
mod verify;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use admission::{Admitted, admit};
pub use apply::{Setup, Stop, Stride, apply};
pub use cascade::Obstacle;
pub use close::{Closable, CloseError, Closed, Exports, Unfinished};
pub use error::ApplyError;
pub use evidence::{
    Checked, Disclosure, EVIDENCE_NAMESPACE, Evidence, EvidenceError, Verified, check, open_step,
};
pub use journal::{Append, Durable, Ended, Event, Journal, Progress, Record, Standing};
pub use others::{Difference, Seen, When};
pub use outcome::Outcome;
pub use policy::{policy_now, policy_pin};
pub use store::{Deleted, StoreMut};
pub use verify::{Beside, Finding, Verification, verify};

//! What guests call. Each function looks up the handle, calls the session, and converts.
//!
//! A handle is freed only when the guest has given it up; the end of a run takes handles back by the
//! session's flag. Freed under a living handle, its number could be given out again and mean another scope.

mod propose;
mod read;
mod say;
mod scan;

pub(crate) use propose::{Archival, Deletion, Exported, Redaction};
pub(crate) use scan::{Found, Sink, Source};

//! The journal of a case: what was begun, what ended, and how.
//!
//! A folder of files of lines. Each line carries its number and the SHA-256 of the line before it, the
//! first one that of the plan, so that nothing can be taken out or put in unnoticed. An intent is on
//! the disk before its act is begun. Where a case stands is a fold over the lines ([`Progress`]), the
//! same one while applying and after a stop.
//!
//! Not here: what the acts are. The journal names steps by number only, so it holds nothing personal.

mod progress;
mod reader;
mod record;
mod writer;

pub use progress::{Progress, Standing};
pub(crate) use record::is_zero;
pub use record::{Ended, Event, Record};
pub use writer::{Append, Durable, Journal};

/// The folder of the journal in a case.
pub(crate) const FOLDER: &str = "journal";

//! What a script can say, and what becomes of it: our words on a [Rhai](https://rhai.rs) engine.
//!
//! A script is a guest: its words do no more than call the interface that every guest is given
//! (`remit-guest`), so that rights, holds and ceilings are the session's and never decided here.
//!
//! - [`Interpreter`] runs a [`Program`] as a workflow or as a scanner.
//! - [`Table`] is the vocabulary as data, filled by the registration itself: the reference
//!   ([`reference()`]) and the check (feature `check`) are made from it and cannot drift.
//!
//! Not here: the header of a script, which the host reads.

mod amount;
#[cfg(any(test, feature = "check"))]
mod check;
mod failure;
mod guest;
mod host;
mod instant;
mod interpreter;
mod json;
mod limits;
mod nearest;
mod options;
mod program;
mod reference;
mod scan;
mod signature;
mod table;
mod values;
mod words;

#[cfg(any(test, feature = "check"))]
pub use check::{Problem, Role, check};
pub use interpreter::Interpreter;
pub use program::{Param, Program, program};
pub use reference::reference;
pub use signature::{Form, Signature};
pub use table::{Kind, Option as WordOption, Table, Word};

#[cfg(test)]
mod tests;

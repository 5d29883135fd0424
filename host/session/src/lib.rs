//! What guests call: scoped reads, proposals and budgets.
//!
//! An API boundary. Every guest goes through it, whatever it is written in, and so do the operator's
//! own verbs: the runtime only converts. Plain values in and out; a guest's values are hearsay and
//! checked here, at every call. Nothing here changes a workspace, and the crate that does cannot be
//! reached from here.
//!
//! - A [`Session`] is one run. Its [`Scope`]s are handles: each holds its rights, is narrowed and never
//!   widened, and answers `revoked` once the run is over.
//! - Reading: [`Scope::select`] gives a [`Listing`], [`Scope::open`] a [`Reader`], [`Scope::scan`] a
//!   [`Scan`] by the [`Scanners`] that the operator made available. What could not be looked at
//!   becomes a gap of the plan, or makes it incomplete, whatever the guest does about it.
//! - Proposing: [`Scope::delete`], [`Scope::redact`], [`Scope::export`], [`Scope::archive`]. A proposal
//!   enters the draft whole, with its owned parts, or not at all. What an export's converter makes, of
//!   the [`Converters`] that the operator made available, is staged in the case at once.
//!
//! A guest learns a [`Failure`]; a [`Fault`] of the host stops it. Why something was denied, only the
//! operator learns, as a [`Denial`].

mod above;
mod budget;
mod converter;
mod cut;
mod decoded;
mod delete;
mod denial;
mod failure;
mod found;
mod inspect;
mod listing;
mod parts;
mod propose;
mod query;
mod read;
mod redact;
mod scan;
mod scanner;
mod scope;
mod seen;
mod select;
mod session;
mod stage;
mod tally;

pub use budget::Budget;
pub use converter::{ConvertFault, Converters, NoConverters};
pub use denial::Denial;
pub use failure::{Answer, Code, Failure, Fault, Refusal};
pub use listing::Listing;
pub use propose::{DeleteOptions, ExportOptions, Named, RedactOptions};
pub use read::Reader;
pub use remit_formats::Operator;
pub use scan::{Scan, Scanned};
pub use scanner::{Finding, Findings, ScanFault, Scanners};
pub use scope::Scope;
pub use select::Selector;
pub use session::{Finished, Session, Setup};

//! Plans as values, and the case they lie in.
//!
//! A [`Draft`] takes proposals as they are made and keeps them on disk; [`Draft::settle`] sorts,
//! merges and numbers them; [`Settled::seal`] writes the `MANIFEST`, whose digest is the plan's.
//! From then on the plan is a value: [`Plan`] reads it back and notices any changed byte.
//!
//! This crate decides nothing about rights, reads no workspace, runs no guest and carries nothing
//! out. Memory is bounded: steps are streamed; what grows is one short record for each *record*
//! that owns parts.

mod approval;
mod case;
mod digest;
mod draft;
mod edits;
mod error;
mod gaps;
mod last;
mod manifest;
mod plan;
mod referring;
mod settle;
mod signature;
mod sorter;
mod staged;
mod state;
mod step;
mod summary;
mod text;

pub use approval::{Approval, ApprovalError, NAMESPACE};
pub use case::{Case, CaseKey};
pub use digest::{Digest, FileDigest};
pub use draft::{Draft, Kept, Note, Residue};
pub use edits::{EditsWriter, format_name, read_edits};
pub use error::PlanError;
pub use gaps::GapNumbers;
pub use manifest::{About, Manifest};
pub use plan::{Plan, Steps};
pub use referring::Referred;
pub use settle::Settled;
pub use signature::{SignatureError, Signed, Signers, SigningKey};
pub use sorter::Sorter;
pub use staged::StagedWriter;
pub use state::State;
pub use step::{Act, Conversion, Effects, Redaction, Span, Step};
pub use summary::{Count, Summary};

//! Who may do what: asks, grants, the workspace's policy, holds and ceilings.
//!
//! *Asked ∧ granted ∧ not held, for everything a step destroys.* One function decides
//! ([`Authority::permit`]), and one type proves it ([`Permitted`]). Pure: texts come in as bytes,
//! nothing here reads a file, a clock or a workspace. A file that cannot be read is an error,
//! never a warning.
//!
//! In reading order: [`Right`], [`Act`] and [`Effect`]; [`Rights`] as written down; the files
//! [`Manifest`] (what a guest asks), [`Grant`] (what it is given) and [`Policy`] with its [`Hold`]s
//! (what nobody may pass); [`Authority`], which joins them; [`Ceilings`], which bound how much.

mod amount;
mod authority;
mod ceilings;
mod cover;
mod denied;
mod error;
mod everywhere;
mod file;
mod grant;
mod hold;
mod manifest;
mod policy;
mod right;
mod rights;
mod script;

#[cfg(test)]
mod tests;

pub use amount::{Duration, Size};
pub use authority::{Authority, Missing, Permitted, Refused};
pub use ceilings::{
    Bounded, Ceilings, Measure, Over, OverCeiling, PERCENT_COUNTS_FROM, Raise, RaiseRefused,
    StatedCeilings, Tally,
};
pub use denied::{Denied, Layer, Wanted};
pub use error::TextError;
pub use file::FileError;
pub use grant::{Grant, GuestDigest, Sandbox};
pub use hold::{CaseId, Hold, add_hold, remove_holds};
pub use manifest::{Manifest, Name, Param, ParamType, World};
pub use policy::{HOLDS_FILE, POLICY_FILE, Policy};
pub use right::{Act, Effect, Right, Strength};
pub use rights::{Line, Rights, parse_allow};
pub use script::Headless;

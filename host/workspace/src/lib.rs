//! What a workspace is: paths, entries, and how they are read.
//!
//! A pure model. It knows no file system, no network, no clock and no guest, and nothing here
//! can change a workspace through [`Store`]: the trait that changes lives in the crate `remit-apply`,
//! which the crates that run guests cannot reach.
//!
//! In reading order:
//!
//! - [`EntryPath`], the one canonical name of an entry, and [`Pattern`], which names many;
//! - [`Wanted`], what is looked for besides a pattern;
//! - [`Entry`]: an *object* (bytes), a *record* (a JSON document of the service) or a *generation*
//!   (an older or deleted state of an object), with the [`Version`] it had when it was listed;
//! - [`record`] and [`refer`]: what a record's document says of it, and what it refers to; [`work`]: which runs
//!   go on;
//! - [`Store`], through which everything is read; a listing yields entries and [`Gap`]s, because
//!   *unknown is not empty*;
//! - [`Memory`], the reference store, with versions, snapshots and soft delete of its own.

mod entry;
mod error;
pub mod layout;
mod memory;
mod path;
mod pattern;
mod properties;
pub mod record;
pub mod refer;
mod store;
mod wanted;
pub mod work;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use entry::{Entry, Gap, Guard, Kind, Millis, Version};
pub use error::StoreError;
pub use memory::Memory;
pub use path::{EntryPath, Generation, PathError};
pub use pattern::{Pattern, PatternError};
pub use properties::{Properties, Property};
pub use store::{
    Content, Forecast, Listed, Listing, PolicyPlace, References, Referring, Relation, Store,
};
pub use wanted::Wanted;

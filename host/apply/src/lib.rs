//! Placeholder.

mod store;

pub use store::{Deleted, StoreMut};

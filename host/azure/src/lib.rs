//! A storage account of Azure as a workspace: blobs, read and changed; and a workspace of Azure Machine
//! Learning with its records and the blobs of its own account (`ml`).
//!
//! On Microsoft's own clients (`azure_storage_blob`), with what they lack written here. It knows the service
//! and nothing of plans or guests. In reading order: [`Endpoint`] (which account), [`Credential`] (who we
//! are), `door` (the one way to the network), `names` (how a path becomes an address), [`Account`].

mod account;
mod change;
mod content;
mod credential;
mod delete;
mod door;
mod endpoint;
mod entry;
mod error;
mod examine;
mod forecast;
mod gate;
mod listing;
mod ml;
mod names;
mod replace;
mod secret;
mod sign;
mod tree;
mod walk;
mod wire;

pub use account::{Account, Options};
pub use credential::{Choice, Credential, Tokens};
pub use door::Patience;
pub use endpoint::Endpoint;
pub use error::OpenError;
pub use examine::{Check, Found};
pub use ml::{Cloud, Target, Workspace};
pub use secret::Secret;
pub use sign::Key;

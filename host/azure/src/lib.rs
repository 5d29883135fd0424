//! A storage account of Azure as a workspace: blobs and file shares, read and changed; and a workspace of Azure
//! Machine Learning with its records and the blobs of its own account (`ml`).
//!
//! On Microsoft's own clients (`azure_storage_blob`), with what they lack written here. It knows the service
//! and nothing of plans or guests. In reading order: [`Endpoint`] (which account), [`Credential`] (who we
//! are), `door` (the one way to the network; `connections` and `dial` are below it), `names` (how a path becomes
//! an address), [`Account`]; `files` is the file service, with the same parts once more.

mod account;
mod batch;
mod certificate;
mod change;
mod connections;
mod content;
mod credential;
mod delete;
mod dial;
mod door;
mod endpoint;
mod entry;
mod error;
mod examine;
mod files;
mod forecast;
mod gate;
mod gather;
mod listing;
mod ml;
mod names;
mod pages_ahead;
mod proof;
mod replace;
mod secret;
mod sign;
mod threads;
mod tree;
mod trial;
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
pub use threads::copying;

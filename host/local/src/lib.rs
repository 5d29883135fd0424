//! A directory as a workspace.
//!
//! Two forms. With `workspace.toml` at its root, a directory is a full workspace:
//!
//! ```text
//! workspace.toml                   version = 1, name, id
//! records/workspace.json           /workspace
//! records/runs/<id>.json           /runs/<id>
//! records/runs/<id>/metrics.json   /runs/<id>/metrics
//! records/<kind>/….json            every other record; names as a path writes them (`a%20b`)
//! blobs/<container>/…              /blobs/<container>/…
//! files/<share>/…                  /files/<share>/…
//! ```
//!
//! Without it, any directory is one: every file is `/files/<relative path>`.
//!
//! - The names of objects are the exact bytes of the names on disk, UTF-8 or not.
//! - Symbolic links are never followed, on the way or at the end: each is a gap. So is a folder that may
//!   not be read, a device, a socket or a pipe, and a name that no path can express.
//! - `.remit` at the root, and the container `remit`, hold the policy: neither listed nor opened.
//! - Everything happens below a root that was opened once, one name at a time: no path leaves it, and no
//!   folder can be swapped for a link in between.
//! - A file's version is its inode, size, change times and, once pinned, the SHA-256 of its content; a
//!   record's is the digest of its document.
//!
//! Not here: what an entry is, and who may change it.

mod beneath;
mod change;

mod children;
mod credentials;
mod directory;
mod error;
mod form;
mod read;
mod record;
mod stamp;
mod walk;

pub mod sample;

pub use directory::Directory;
pub use error::OpenError;
pub use sample::{Sample, SampleError, init_sample};

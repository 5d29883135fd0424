//! Export packages: BagIt 1.0 bags (RFC 8493) with SHA-256 and SHA-512 manifests, an
//! `index.html` a person can read and an `index.jsonl` a program can read.
//!
//! The crate knows files and packages. It knows nothing of backends, guests or plans: the
//! caller names what will be stored ([`Names`]), streams bytes into a [`PayloadWriter`], and
//! ends with [`Package::finish`]. All calls block; run them where blocking is allowed.
//!
//! Two folders side by side belong to a package: the bag itself (`package/`) and its working
//! folder (`package.work/`: files being written, one note per stored entry, a lock). The bag
//! never holds a temporary file, and the working folder may be deleted once nothing will be
//! added any more.
//!
//! Invariants:
//! - A name in the bag depends on the planned paths alone: not on the order of adding, not on
//!   what was stopped and begun again. [`Names`] has the rule.
//! - Nothing is opened by a path of more than one segment, and no symbolic link is followed.
//! - Stopped before or after any operation, the same calls end in the same bytes.
//! - A folder without `bagit.txt` is not a bag: it is written last and removed first.

mod bag_info;
mod disk;
mod error;
mod finish;
mod index;
mod manifest;
mod name;
mod names;
mod note;
mod package;
mod page;
mod payload;
mod verify;

pub use bag_info::Summary;
pub use disk::{Act, Probe};
pub use error::{Error, Source};
pub use finish::Finished;
pub use name::Form;
pub use names::Names;
pub use package::{About, Package, Stored};
pub use payload::PayloadWriter;
pub use verify::{Finding, Report};

//! The one runtime: guests as WebAssembly components in a sandbox.
//!
//! Stages by how often they run: [`Runtime`] once for a process, [`Loaded`] once for a guest, and a
//! fresh instance for every run ([`run_workflow`]) and every entry ([`ScannerPool`], [`Converter`]).
//!
//! A script is the input of an interpreter, which is a component too ([`Loaded::load_script`]): there is
//! no second way in.
//!
//! A guest is given handles on a [`remit_session::Session`] and nothing else. This crate knows no
//! backend, writes no file but compiled code, and cannot reach what changes a workspace. It links no
//! WASI: there is no file system, network, environment, clock or source of randomness to take away.

mod bindings;
mod cache;
mod cancel;
mod compile;
mod convert;
mod converter;
mod engine;
mod error;
mod guest;
mod handles;
mod host;
mod imports;
mod inspect;
mod kept;
mod limits;
mod loaded;
mod outline;
mod pack;
mod prepare;
mod scanners;
mod script;
mod state;
mod trial;
mod wit;

pub use cache::Cache;
pub use cancel::Cancel;
pub use converter::{Converter, ConverterPool};
pub use engine::Runtime;
pub use error::{Error, ImportError};
pub use guest::{GuestError, run_workflow};
pub use inspect::{Ask, Inspection, inspect, inspect_script};
pub use limits::Limits;
pub use loaded::Loaded;
pub use outline::{Import, Imported, Outline};
pub use pack::{pack, pack_interpreter};
pub use scanners::ScannerPool;
pub use script::Script;
pub use state::Params;
pub use trial::{Trial, try_scanner};

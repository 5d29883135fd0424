//! The interface `model`: the types that all worlds share, written by hand where the bindings generate the rest.
//!
//! So what is listed by the million goes to a guest as the session has it, without a copy of each text. What comes
//! back from a guest is one entry at a time.

#![expect(
    unreachable_pub,
    reason = "the generated bindings re-export them as `pub`"
)]

use std::sync::Arc;

use remit_workspace::Property;
use wasmtime::component::{ComponentType, HasData, Lift, Linker, Lower};

use crate::convert::Refused;

/// One thing in the workspace. The same is said of it in `wit/model.wit`.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Entry {
    pub path: Arc<str>,
    pub kind: Arc<str>,
    #[component(name = "size-bytes")]
    pub size_bytes: Option<u64>,
    pub version: Arc<str>,
    #[component(name = "created-ms")]
    pub created_ms: Option<i64>,
    #[component(name = "modified-ms")]
    pub modified_ms: Option<i64>,
    pub properties: Arc<[Property]>,
}

/// Why something did not happen.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

/// Where something was found.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Finding {
    pub offset: u64,
    pub length: u32,
    pub rule: String,
}

/// What the bindings ask of whoever answers a guest.
pub trait Host {
    /// The failure that a guest learns; an error stops it.
    fn convert_failure(&mut self, refused: Refused) -> wasmtime::Result<Failure>;
}

impl<T: Host + ?Sized> Host for &mut T {
    fn convert_failure(&mut self, refused: Refused) -> wasmtime::Result<Failure> {
        T::convert_failure(self, refused)
    }
}

/// What the bindings ask besides; there is nothing to it.
pub trait HostWithStore<T>: HasData {}

impl<T, D: HasData + ?Sized> HostWithStore<T> for D {}

/// Links the interface, which has no functions.
pub fn add_to_linker<T, D: HostWithStore<T>>(
    linker: &mut Linker<T>,
    _host: fn(&mut T) -> D::Data<'_>,
) -> wasmtime::Result<()>
where
    T: 'static,
{
    linker.instance("remit:workspace/model@0.1.0")?;
    Ok(())
}

//! Handles whose texts are the guest's: what it hands over and leaves with the host is counted, so
//! that many handles with long texts do not fill the host's memory.

use wasmtime::component::Resource;

use crate::limits::Exceeded;
use crate::state::State;

/// Something behind a handle, and how many bytes of the guest's text it holds.
pub(crate) struct Kept<T> {
    pub(crate) value: T,
    bytes: usize,
}

/// Texts that the host keeps for one guest. Ten thousand handles with long paths need half of it.
const KEPT_BYTES_MAX: usize = 64 << 20;

impl State {
    /// Makes a handle.
    pub(crate) fn make<T: Send + 'static>(
        &mut self,
        value: T,
        bytes: usize,
    ) -> wasmtime::Result<Resource<Kept<T>>> {
        self.charge(bytes)?;
        Ok(self.handles.push(Kept { value, bytes })?)
    }

    /// Alters what is behind a handle, which holds so many bytes more from then on.
    pub(crate) fn alter<T: 'static>(
        &mut self,
        handle: &Resource<Kept<T>>,
        bytes: usize,
        alter: impl FnOnce(&mut T),
    ) -> wasmtime::Result<()> {
        let kept = self.handles.get_mut(handle)?;
        kept.bytes += bytes;
        alter(&mut kept.value);
        self.charge(bytes)
    }

    /// Forgets what the guest has given up.
    pub(crate) fn forget<T: 'static>(&mut self, handle: Resource<Kept<T>>) -> wasmtime::Result<()> {
        let kept = self.handles.delete(handle)?;
        self.kept_bytes -= kept.bytes;
        Ok(())
    }

    /// How many bytes of text a handle holds.
    pub(crate) fn bytes_of<T: 'static>(
        &self,
        handle: &Resource<Kept<T>>,
    ) -> wasmtime::Result<usize> {
        Ok(self.handles.get(handle)?.bytes)
    }

    fn charge(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        match self.kept_bytes > KEPT_BYTES_MAX {
            true => Err(Exceeded::Texts.into()),
            false => Ok(()),
        }
    }
}

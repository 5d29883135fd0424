//! The guests that are at hand: installed plugins, and files that were named.

mod params;
mod shelf;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use remit_policy::{Manifest, Sandbox, World};
use remit_wasm::{
    Cache, Cancel, ConverterPool, Limits, Loaded, Outline, Params, Runtime, ScannerPool,
};

use crate::error::CommandError;
use crate::exit::Exit;

pub(crate) use params::Given;
pub(crate) use shelf::installed;

/// A component that was found, and what its manifest says.
pub(crate) struct Guest {
    pub(crate) outline: Outline,
    pub(crate) bytes: Vec<u8>,
}

impl Guest {
    /// Finds an installed plugin by its name, or reads a file.
    pub(crate) fn find(named: &str) -> Result<Self, CommandError> {
        let (bytes, place) = shelf::find(named)?;
        let outline = Outline::read(&bytes)
            .map_err(|error| CommandError::new(Exit::Usage, InPlace { place, error }))?;
        Ok(Self { outline, bytes })
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.outline.manifest
    }

    pub(crate) fn name(&self) -> &str {
        self.manifest().name.as_str()
    }

    /// Refuses a guest of another world than the one that is wanted.
    pub(crate) fn expect(&self, world: World) -> Result<(), CommandError> {
        if self.manifest().world == world {
            return Ok(());
        }
        let hint = match self.manifest().world {
            World::Workflow => format!("a workflow runs by itself: remit plan {}", self.name()),
            World::Scanner => format!(
                "a scanner is named by a redaction: remit redact PATTERN --with {}",
                self.name()
            ),
            World::Converter => format!(
                "a converter is named by an export: remit export PATTERN --through {}",
                self.name()
            ),
        };
        let (found, wanted) = (self.manifest().world.as_str(), world.as_str());
        Err(CommandError::usage(format!(
            "`{}` is a {found}, and a {wanted} is wanted here",
            self.name()
        ))
        .hint(hint))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{}` is no guest", place.display())]
struct InPlace {
    place: PathBuf,
    #[source]
    error: remit_wasm::Error,
}

/// The runtime and what was loaded into it.
pub(crate) struct Guests {
    runtime: Arc<Runtime>,
    cache: Option<Cache>,
    limits: Limits,
    /// Stops every guest.
    pub(crate) cancel: Cancel,
}

impl fmt::Debug for Guests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guests")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Guests {
    /// Starts the runtime.
    pub(crate) fn start(sandbox: Sandbox) -> Result<Self, CommandError> {
        let mut limits = Limits::default();
        if let Some(time) = sandbox.time {
            limits.time = Duration::from_millis(time.millis());
        }
        if let Some(memory) = sandbox.memory {
            limits.memory_bytes = memory.bytes();
        }
        let runtime = Runtime::new().map_err(failed)?;
        // Without a place for compiled code, every guest is compiled anew: slower, and nothing else.
        let cache = shelf::cache_folder().and_then(|folder| Cache::open(&folder).ok());
        Ok(Self {
            runtime: Arc::new(runtime),
            cache,
            limits,
            cancel: Cancel::new(),
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Compiles a guest, or takes it from the cache.
    pub(crate) fn load(&self, guest: &Guest) -> Result<Loaded, CommandError> {
        // Rights are asked about at every call; a right that was not granted is answered there.
        Loaded::load(&self.runtime, &guest.bytes, self.cache.as_ref(), |_right| {
            true
        })
        .map_err(|error| CommandError::new(Exit::Refused, error))
    }

    /// The scanners that a command makes available, each with the parameters that it declares.
    pub(crate) fn scanners(
        &self,
        scanners: &[Guest],
        given: &Given,
    ) -> Result<ScannerPool, CommandError> {
        let mut pool = ScannerPool::new(self.limits, self.cancel.clone());
        for scanner in scanners {
            scanner.expect(World::Scanner)?;
            let params: Params = given.for_guest(scanner.manifest())?;
            pool.add(scanner.name(), Arc::new(self.load(scanner)?), params)
                .map_err(failed)?;
        }
        Ok(pool)
    }

    /// The converters that a command makes available, each with the parameters that it declares.
    pub(crate) fn converters(
        &self,
        converters: &[Guest],
        given: &Given,
    ) -> Result<ConverterPool, CommandError> {
        let mut pool = ConverterPool::new(self.limits, self.cancel.clone());
        for converter in converters {
            converter.expect(World::Converter)?;
            let params: Params = given.for_guest(converter.manifest())?;
            pool.add(converter.name(), Arc::new(self.load(converter)?), params)
                .map_err(failed)?;
        }
        Ok(pool)
    }
}

/// No scanner: for verbs that need none.
pub(crate) fn no_scanners() -> ScannerPool {
    ScannerPool::new(Limits::default(), Cancel::new())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> CommandError {
    CommandError::new(Exit::Failed, error)
}

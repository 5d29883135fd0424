//! The guests that are at hand: installed plugins and scripts, files that were named, and what was typed.

mod failure;
mod interpreters;
mod params;
mod shelf;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use remit_policy::{GuestDigest, Headless, Manifest, Sandbox, World};
use remit_wasm::{
    Cache, Cancel, ConverterPool, Inspection, Limits, Loaded, Outline, Params, Runtime,
    ScannerPool, Script, inspect, inspect_script,
};

use crate::error::CommandError;
use crate::exit::Exit;

pub(crate) use failure::is_its_own;
pub(crate) use params::Given;
pub(crate) use shelf::installed;

/// A guest that was found, and what it says of itself.
pub(crate) struct Guest {
    body: Body,
    place: PathBuf,
}

/// What a guest is made of.
enum Body {
    Plugin {
        outline: Box<Outline>,
        bytes: Vec<u8>,
    },
    Script(Arc<Script>),
}

impl Guest {
    /// Finds an installed plugin or script by its name, reads a file, or standard input for `-`.
    pub(crate) fn find(named: &str) -> Result<Self, CommandError> {
        let shelf::Found { bytes, place, form } = shelf::find(named)?;
        let body = match form {
            shelf::Form::Script => {
                let headless = match named {
                    shelf::STANDARD_INPUT => Headless::TakesWhatIsGranted,
                    _ => Headless::AsksNothing,
                };
                Body::Script(Script::read(&place.display().to_string(), bytes, headless)?)
            }
            shelf::Form::Component => match Outline::read(&bytes) {
                Ok(outline) => Body::Plugin {
                    outline: Box::new(outline),
                    bytes,
                },
                Err(error) => return Err(CommandError::new(Exit::Usage, InPlace { place, error })),
            },
        };
        Ok(Self { body, place })
    }

    /// A script that was typed.
    pub(crate) fn typed(text: &str) -> Result<Self, CommandError> {
        let script = Script::read("-e", text.into(), Headless::TakesWhatIsGranted)?;
        Ok(Self {
            body: Body::Script(script),
            place: "-e".into(),
        })
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        match &self.body {
            Body::Plugin { outline, .. } => &outline.manifest,
            Body::Script(script) => &script.manifest,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.manifest().name.as_str()
    }

    /// The script and the name of its file, if it is one.
    pub(crate) fn as_script(&self) -> Option<(&Script, &str)> {
        match &self.body {
            Body::Script(script) => Some((script, self.place.to_str().unwrap_or(self.name()))),
            Body::Plugin { .. } => None,
        }
    }

    pub(crate) fn is_script(&self) -> bool {
        matches!(self.body, Body::Script(_))
    }

    /// What names it in grants, plans and evidence: the digest of the component or of the text.
    pub(crate) fn digest(&self) -> GuestDigest {
        match &self.body {
            Body::Plugin { bytes, .. } => GuestDigest::of(bytes),
            Body::Script(script) => script.digest,
        }
    }

    /// How a case keeps it: the name of the file, and the bytes.
    pub(crate) fn kept(&self) -> (String, &[u8]) {
        let (ending, bytes) = match &self.body {
            Body::Plugin { bytes, .. } => ("wasm", bytes.as_slice()),
            Body::Script(script) => ("rhai", script.text.as_bytes()),
        };
        (format!("guests/{}.{ending}", self.digest()), bytes)
    }

    /// Who proposes, as a plan's manifest says it. What ran a script is named after it.
    pub(crate) fn who(&self, loaded: &Loaded) -> String {
        let manifest = self.manifest();
        let who = format!(
            "{} {} sha256:{}",
            manifest.name,
            manifest.version,
            self.digest()
        );
        match &self.body {
            Body::Plugin { .. } => who,
            Body::Script(_) => {
                let outline = loaded.outline();
                let interpreter = &outline.manifest;
                format!(
                    "{who} run by {} {} sha256:{}",
                    interpreter.name, interpreter.version, outline.digest
                )
            }
        }
    }

    /// What can be told of it without running it.
    pub(crate) fn inspect(&self) -> Result<Inspection, CommandError> {
        match &self.body {
            Body::Plugin { bytes, .. } => {
                inspect(bytes).map_err(|error| CommandError::new(Exit::Usage, error))
            }
            Body::Script(script) => Ok(inspect_script(script)),
        }
    }

    /// Whether it is a workflow that brings a scanner of its own, under its own name.
    pub(crate) fn scans_for_itself(&self) -> bool {
        self.manifest().world == World::Workflow && self.serves_as(World::Scanner)
    }

    fn serves_as(&self, world: World) -> bool {
        match &self.body {
            Body::Plugin { outline, .. } => outline.manifest.world == world,
            Body::Script(script) => script.serves_as(world),
        }
    }

    /// Refuses a guest of another world than the one that is wanted.
    pub(crate) fn expect(&self, world: World) -> Result<(), CommandError> {
        if self.serves_as(world) {
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

    /// Compiles a guest, or takes it from the cache, to run as this: a script may be two things.
    pub(crate) fn load(&self, guest: &Guest, world: World) -> Result<Loaded, CommandError> {
        let cache = self.cache.as_ref();
        // Rights are asked about at every call; a right that was not granted is answered there.
        match &guest.body {
            Body::Plugin { bytes, .. } => Loaded::load(&self.runtime, bytes, cache, |_right| true),
            Body::Script(script) => {
                Loaded::load_script(&self.runtime, interpreters::of(world)?, script, cache)
            }
        }
        .map_err(|error| CommandError::new(Exit::Refused, error))
    }

    /// The scanners that a command makes available, each with the parameters that it declares.
    pub(crate) fn scanners<'g>(
        &self,
        scanners: impl IntoIterator<Item = &'g Guest>,
        given: &Given,
    ) -> Result<ScannerPool, CommandError> {
        let mut pool = ScannerPool::new(self.limits, self.cancel.clone());
        let mut names = BTreeSet::new();
        for scanner in scanners {
            scanner.expect(World::Scanner)?;
            if !names.insert(scanner.name()) {
                return Err(CommandError::usage(format!(
                    "two scanners are named `{}`",
                    scanner.name()
                )));
            }
            let params: Params = given.for_guest(scanner.manifest())?;
            let loaded = self.load(scanner, World::Scanner)?;
            pool.add(scanner.name(), Arc::new(loaded), params)
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
            let loaded = self.load(converter, World::Converter)?;
            pool.add(converter.name(), Arc::new(loaded), params)
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

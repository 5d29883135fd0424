//! A guest, compiled and checked, of which instances are made: a plugin, or a script with the
//! interpreter that runs it.

use std::sync::Arc;

use remit_policy::{Manifest, Right, World};
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

use crate::bindings::converter::ConverterPre;
use crate::bindings::scanner::ScannerPre;
use crate::bindings::workflow::WorkflowPre;
use crate::bindings::{
    archives, contents, converting, deletions, entries, exports, model, notes, params, programs,
    redactions, scanning, scans, scopes,
};
use crate::cache::{Cache, Known};
use crate::compile::compiled;
use crate::error::plain;
use crate::imports::Role;
use crate::outline::{Outline, digest_of};
use crate::script::Script;
use crate::state::State;
use crate::{Error, Runtime, imports};

/// A guest that may run: its imports were checked, its code is compiled.
pub struct Loaded {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) entry: Entry,
    pub(crate) script: Option<Arc<Script>>,
    outline: Outline,
}

/// The function that the component exports.
pub(crate) enum Entry {
    Workflow(WorkflowPre<State>),
    Scanner(ScannerPre<State>),
    Converter(ConverterPre<State>),
}

impl Loaded {
    /// Loads a component: from the cache of compiled code, or compiled now.
    ///
    /// `granted` says whether any of a right was granted; a guest that cannot do without one that was
    /// not is refused. Scanners and converters ask for none.
    ///
    /// Compiling takes a second for each MB; call this where blocking is no harm.
    pub fn load(
        runtime: &Arc<Runtime>,
        component: &[u8],
        cache: Option<&Cache>,
        granted: impl Fn(Right) -> bool,
    ) -> Result<Self, Error> {
        let read = Read::of(runtime, component, cache)?;
        let interfaces = imports::check(&read.outline, Role::Plugin, granted)?;
        let (outline, entry) = read.linked(runtime, &interfaces, component, cache)?;
        Ok(Self {
            runtime: Arc::clone(runtime),
            entry,
            script: None,
            outline,
        })
    }

    /// Loads a script: the interpreter, compiled once for all scripts, and the program that it is given.
    ///
    /// The interpreter is the host's own, and no file that somebody named.
    /// Everything that the interpreter imports is linked. What the script did not ask for, or was not
    /// granted, the session denies at every call.
    pub fn load_script(
        runtime: &Arc<Runtime>,
        interpreter: &[u8],
        script: &Arc<Script>,
        cache: Option<&Cache>,
    ) -> Result<Self, Error> {
        let read = Read::of(runtime, interpreter, cache)?;
        let world = read.outline.manifest.world;
        if !script.serves_as(world) {
            return Err(Error::ScriptWorld {
                script: script.manifest.world,
                world,
            });
        }
        let interfaces = imports::check(&read.outline, Role::Interpreter, |_right| true)?;
        let (outline, entry) = read.linked(runtime, &interfaces, interpreter, cache)?;
        Ok(Self {
            runtime: Arc::clone(runtime),
            entry,
            script: Some(Arc::clone(script)),
            outline,
        })
    }

    /// What the component is: the plugin, or the interpreter of the script.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// What the guest says of itself and asks for. A script's is its header; what its interpreter says
    /// is nobody's right.
    pub fn manifest(&self) -> &Manifest {
        match &self.script {
            Some(script) => &script.manifest,
            None => &self.outline.manifest,
        }
    }
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("outline", &self.outline)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

/// A component whose outline is known, and whose code may be.
struct Read {
    outline: Outline,
    code: Option<Component>,
}

impl Read {
    /// What the cache knows of the component, or what it says itself.
    fn of(runtime: &Runtime, component: &[u8], cache: Option<&Cache>) -> Result<Self, Error> {
        let digest = digest_of(component)?;
        let known = cache.and_then(|cache| cache.get(runtime.engine(), &digest));
        let (outline, code) = match known {
            Some(Known { outline, code }) => {
                let bytes = component.len() as u64;
                (Outline::of_kept(&digest, bytes, &outline), Some(code))
            }
            None => (None, None),
        };
        let outline = match outline {
            Some(outline) => outline,
            None => Outline::read_as(digest, component)?,
        };
        Ok(Self { outline, code })
    }

    /// Links these interfaces to the code, which is compiled now where it is not known.
    fn linked(
        self,
        runtime: &Runtime,
        interfaces: &[String],
        component: &[u8],
        cache: Option<&Cache>,
    ) -> Result<(Outline, Entry), Error> {
        let Self { outline, code } = self;
        let code = match code {
            Some(code) => code,
            None => compiled(runtime, &outline, component, cache)?,
        };
        let unlinked = |error: wasmtime::Error| Error::Malformed(plain(&error));
        let linker = linker(runtime, interfaces).map_err(unlinked)?;
        let pre = linker.instantiate_pre(&code).map_err(unlinked)?;
        let entry = Entry::new(outline.manifest.world, pre).map_err(unlinked)?;
        Ok((outline, entry))
    }
}

impl Entry {
    /// The world whose function it is.
    pub(crate) fn world(&self) -> World {
        match self {
            Self::Workflow(_) => World::Workflow,
            Self::Scanner(_) => World::Scanner,
            Self::Converter(_) => World::Converter,
        }
    }

    fn new(world: World, pre: InstancePre<State>) -> wasmtime::Result<Self> {
        Ok(match world {
            World::Workflow => Self::Workflow(WorkflowPre::new(pre)?),
            World::Scanner => Self::Scanner(ScannerPre::new(pre)?),
            World::Converter => Self::Converter(ConverterPre::new(pre)?),
        })
    }
}

/// A linker with these interfaces and no others: what a component does not import, it is not near.
fn linker(runtime: &Runtime, interfaces: &[String]) -> wasmtime::Result<Linker<State>> {
    type Own = HasSelf<State>;
    let mut linker = Linker::new(runtime.engine());
    for interface in interfaces {
        let linker = &mut linker;
        match interface.as_str() {
            "model" => model::add_to_linker::<_, Own>(linker, |state| state),
            "scopes" => scopes::add_to_linker::<_, Own>(linker, |state| state),
            "entries" => entries::add_to_linker::<_, Own>(linker, |state| state),
            "contents" => contents::add_to_linker::<_, Own>(linker, |state| state),
            "scans" => scans::add_to_linker::<_, Own>(linker, |state| state),
            "deletions" => deletions::add_to_linker::<_, Own>(linker, |state| state),
            "redactions" => redactions::add_to_linker::<_, Own>(linker, |state| state),
            "exports" => exports::add_to_linker::<_, Own>(linker, |state| state),
            "archives" => archives::add_to_linker::<_, Own>(linker, |state| state),
            "programs" => programs::add_to_linker::<_, Own>(linker, |state| state),
            "params" => params::add_to_linker::<_, Own>(linker, |state| state),
            "notes" => notes::add_to_linker::<_, Own>(linker, |state| state),
            "scanning" => scanning::add_to_linker::<_, Own>(linker, |state| state),
            "converting" => converting::add_to_linker::<_, Own>(linker, |state| state),
            _ => unreachable!("BUG: the import check lets only known interfaces through"),
        }?;
    }
    Ok(linker)
}

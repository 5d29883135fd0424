//! Why a component does not become a guest. What goes wrong while a guest runs is `GuestError`.

use std::time::Duration;

use remit_policy::{FileError, Right, World};

/// Why a module, a component or the engine is refused. Each says what a person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine itself does not start.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The system gives no thread.
    #[error("the system gives no further thread")]
    Thread(#[source] std::io::Error),
    /// The bytes are something else.
    #[error("this is not a WebAssembly binary")]
    NotWasm,
    /// A core module where a component is wanted.
    #[error(
        "this is a core WebAssembly module, not a component: make it one with `remit plugin pack`"
    )]
    CoreModule,
    /// A component where a core module is wanted.
    #[error(
        "this is a component already: `remit plugin pack` takes the core module that the compiler wrote"
    )]
    Component,
    /// The binary is damaged, or uses what the sandbox leaves out.
    #[error("this binary is damaged or uses what the sandbox leaves out: {0}")]
    Malformed(String),
    /// More of something than is compiled for a stranger.
    #[error("{what} has {bytes} bytes; at most {max} are accepted")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The largest that is accepted.
        max: u64,
    },
    /// No manifest in the component.
    #[error(
        "this component carries no manifest: pack it with `remit plugin pack` and its plugin.toml"
    )]
    NoManifest,
    /// More than one manifest in the component.
    #[error(
        "this component carries several manifests, so what it asks for is unclear: pack it again from its module"
    )]
    ManyManifests,
    /// The manifest is wrong.
    #[error("the manifest is refused")]
    Manifest(#[source] Box<FileError>),
    /// The manifest names a world whose function the component does not export.
    #[error(
        "the manifest says `{world}`, but the component does not export the function `{function}`"
    )]
    World {
        /// The world that the manifest names.
        world: World,
        /// The function that this world exports.
        function: &'static str,
    },
    /// A script is run as what it is not.
    #[error("the script is a {script}, and a {world} is wanted here")]
    ScriptWorld {
        /// What the script is.
        script: World,
        /// What its interpreter runs.
        world: World,
    },
    /// An import that cannot be linked.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The module cannot be made a component.
    #[error("this module cannot be made a component: {0}")]
    Pack(String),
    /// The guest's own preparation failed.
    #[error("the module's preparation (`{function}`) failed: {why}")]
    Prepare {
        /// The function that was called.
        function: &'static str,
        /// What went wrong in it.
        why: String,
    },
    /// The component is refused by the compiler.
    #[error("this component cannot be compiled: {0}")]
    Compile(String),
    /// The component takes too long to compile.
    #[error("this component was not compiled within {} s", .0.as_secs())]
    CompileTime(Duration),
    /// The folder of compiled code is not ours alone.
    #[error(
        "{folder} may hold compiled code that somebody else wrote ({why}): remove it, or give it to yourself with mode 0700"
    )]
    CacheNotPrivate {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        why: String,
    },
    /// The folder of compiled code cannot be used.
    #[error("{0} cannot be used for compiled code")]
    Cache(String, #[source] std::io::Error),
}

impl Error {
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(plain(&error))
    }
}

/// An import that cannot be linked, and why exactly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The manifest does not ask for the right that the interface needs.
    #[error(
        "it imports `{interface}`, for which it must ask: add `{right} = [\"/…\"]` to [asks] of its plugin.toml, and pack it again"
    )]
    NotAsked {
        /// The interface.
        interface: String,
        /// The right that the interface needs.
        right: Right,
    },
    /// The guest cannot do without the right, and was not granted it.
    #[error(
        "it imports `{interface}`, but the right `{right}` that it cannot do without is not granted"
    )]
    NotGranted {
        /// The interface.
        interface: String,
        /// The right that the interface needs.
        right: Right,
    },
    /// An interface of ours that this kind of guest is not offered.
    #[error("it imports `{interface}`, which a {world} is not offered")]
    NotOffered {
        /// The interface.
        interface: String,
        /// The guest's world.
        world: World,
    },
    /// Nothing of this name exists here.
    #[error(
        "it imports `{name}`, which this host does not know: guests import `remit:workspace` and nothing else"
    )]
    Unknown {
        /// The import, as the component names it.
        name: String,
    },
    /// A function that the interface of that version does not have.
    #[error(
        "it imports `{function}` of `{interface}`, which does not exist: it was built from an altered interface"
    )]
    UnknownFunction {
        /// The interface.
        interface: String,
        /// The function.
        function: String,
    },
    /// The interface of a newer host.
    #[error("it imports `{name}`, from a newer host than this one ({offered}): update Remit")]
    Newer {
        /// The import, as the component names it.
        name: String,
        /// The version that this host offers.
        offered: String,
    },
    /// The interface of a host so old that it is no longer hosted.
    #[error(
        "it imports `{name}`, from a version that was never published: build it again for {offered}"
    )]
    Older {
        /// The import, as the component names it.
        name: String,
        /// The version that this host offers.
        offered: String,
    },
    /// WASI.
    #[error(
        "it imports `{name}`: no WASI is offered. Build Rust for wasm32-unknown-unknown, JavaScript with \
         `disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event']`, Python with `--stub-wasi`"
    )]
    Wasi {
        /// The import, as the component names it.
        name: String,
    },
    /// An import of something that is not an interface.
    #[error(
        "it imports the {what} `{name}`: guests import interfaces of `remit:workspace` and nothing else"
    )]
    NotAnInterface {
        /// The import, as the component names it.
        name: String,
        /// What it is.
        what: &'static str,
    },
}

/// An engine's error as one line, without the addresses and advice below it.
pub(crate) fn plain(error: &wasmtime::Error) -> String {
    let mut all: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let line = text.lines().next().unwrap_or_default().trim().to_owned();
        if !line.is_empty() && all.last() != Some(&line) {
            all.push(line);
        }
    }
    let text: String = all.join(": ").chars().take(400).collect();
    // A name in it may be a stranger's.
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

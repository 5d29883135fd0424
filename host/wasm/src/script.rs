//! Scripts: the input of an interpreter, which is itself a component like any other.
//!
//! The rights of a script are those that its header asks for, as the host has read it. Not here: the
//! language, which the host does not know.

use std::sync::Arc;

use remit_policy::{FileError, GuestDigest, Headless, Manifest, World};

use crate::bindings::programs;
use crate::state::State;

/// A script, with what its header says.
#[derive(Debug)]
pub struct Script {
    /// SHA-256 of the text: by this it is granted and named in evidence.
    pub digest: GuestDigest,
    /// What its header says, or stands for it where there is none.
    pub manifest: Manifest,
    /// The whole text.
    pub text: String,
}

impl Script {
    /// Reads a script; `file` is its file's name, `-` or `-e`.
    pub fn read(file: &str, text: Vec<u8>, headless: Headless) -> Result<Arc<Self>, FileError> {
        let manifest = Manifest::of_script(file, &text, headless)?;
        let digest = GuestDigest::of(&text);
        let text = String::from_utf8(text).expect("a manifest is read of UTF-8 only");
        Ok(Arc::new(Self {
            digest,
            manifest,
            text,
        }))
    }

    /// Whether it can be run as this. A workflow that declares rules brings a scanner of its own.
    pub fn serves_as(&self, world: World) -> bool {
        let own = self.manifest.world;
        own == world
            || (own, world) == (World::Workflow, World::Scanner) && !self.manifest.rules.is_empty()
    }
}

impl programs::Host for State {
    async fn name(&mut self) -> wasmtime::Result<String> {
        Ok(self.script()?.manifest.name.to_string())
    }

    async fn text(&mut self) -> wasmtime::Result<String> {
        Ok(self.script()?.text.clone())
    }

    async fn params(&mut self) -> wasmtime::Result<Vec<programs::Param>> {
        let declared = &self.script()?.manifest.params;
        let params = declared.iter().map(|(name, param)| programs::Param {
            name: name.to_string(),
            of_type: param.of_type.as_str().to_owned(),
            many: param.many,
            values: self.voice.param(name.as_str()),
        });
        Ok(params.collect())
    }
}

impl State {
    fn script(&self) -> wasmtime::Result<&Script> {
        // An interpreter is loaded with a script or not at all.
        self.script
            .as_deref()
            .ok_or_else(|| wasmtime::Error::msg("BUG: an interpreter without a script"))
    }
}

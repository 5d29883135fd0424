//! The guests that are at hand: installed plugins, and files that were named.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use remit_session::{Findings, ScanFault, Scanners};
use remit_workspace::{Content, Entry};

use crate::error::CommandError;

/// The scanners that a command made available.
#[derive(Debug)]
pub(crate) struct Guests {}

impl Guests {
    /// None yet.
    pub(crate) fn new() -> Result<Self, CommandError> {
        Ok(Self {})
    }

    /// Makes a scanner available: an installed plugin by its name, or a file. The name it goes by.
    pub(crate) fn add_scanner(&mut self, named: &str) -> Result<String, CommandError> {
        Err(CommandError::usage(format!("there is no scanner `{named}`")))
    }

    /// Parameters from a file.
    pub(crate) fn params(&self, _file: Option<&Path>) -> Result<BTreeMap<String, Vec<String>>, CommandError> {
        Ok(BTreeMap::new())
    }

    /// No scanner: for verbs that need none.
    pub(crate) fn none() -> Self {
        Self {}
    }
}

#[async_trait]
impl Scanners for Guests {
    fn rules(&self, _name: &str) -> Option<Vec<String>> {
        None
    }

    async fn scan(&self, _name: &str, _of: Entry, _content: Content, _found: Findings) -> Result<(), ScanFault> {
        Err(ScanFault::Scanner("no scanner was made available".into()))
    }
}

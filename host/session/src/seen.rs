//! Entries that were listed a moment ago.
//!
//! What a guest hands back is a name and a version, nothing more: kind, size and properties of its
//! record are not believed. This spares a round trip for what it has just been shown.

use std::collections::VecDeque;
use std::sync::Arc;

use remit_workspace::{Entry, EntryPath};

/// Two pages of the largest size: some 1 MB. A guest works on the page it has.
const KEPT_MAX: usize = 2_048;

/// In the order they were shown. Most are never asked for, and who asks does so soon: looking back costs less
/// than an index that every entry goes through.
#[derive(Debug, Default)]
pub(crate) struct Seen(VecDeque<Arc<Entry>>);

impl Seen {
    pub(crate) fn put(&mut self, entry: Arc<Entry>) {
        if self.0.len() == KEPT_MAX {
            _ = self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// What was shown last of it.
    pub(crate) fn get(&self, path: &EntryPath) -> Option<Arc<Entry>> {
        let found = self.0.iter().rev().find(|entry| entry.path == *path);
        found.cloned()
    }
}

//! Entries that were listed a moment ago.
//!
//! What a guest hands back is a name and a version, nothing more: kind, size and properties of its
//! record are not believed. This spares a round trip for what it has just been shown.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use remit_workspace::{Entry, EntryPath};

/// Sixteen pages as the SDK asks for them: some 1 MB. A guest works on the page it has.
const KEPT_MAX: usize = 2_048;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    by_path: HashMap<EntryPath, Arc<Entry>>,
    order: VecDeque<EntryPath>,
}

impl Seen {
    pub(crate) fn put(&mut self, entry: Arc<Entry>) {
        let path = entry.path.clone();
        if self.by_path.insert(path.clone(), entry).is_some() {
            return;
        }
        self.order.push_back(path);
        if self.order.len() > KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_path.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, path: &EntryPath) -> Option<Arc<Entry>> {
        self.by_path.get(path).cloned()
    }
}

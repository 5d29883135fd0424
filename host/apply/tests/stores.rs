//! The reference store passes the list of changes.

#![cfg(feature = "conformance")]
#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use remit_apply::StoreMut;
use remit_apply::conformance::{FixtureMut, all};
use remit_workspace::conformance::{Fixture, Holds};
use remit_workspace::{EntryPath, Memory, Store};

struct InMemory(Memory);

#[async_trait::async_trait]
impl Fixture for InMemory {
    fn store(&self) -> &dyn Store {
        &self.0
    }
    fn objects(&self) -> EntryPath {
        EntryPath::parse("/blobs/c/base").unwrap()
    }
    fn holds(&self) -> Holds {
        Holds {
            records: true,
            any_bytes: true,
            control_characters: true,
            backslashes: true,
            cases: true,
            forbidden: "",
            segment_bytes_max: 1024,
        }
    }
    fn reserved(&self) -> EntryPath {
        EntryPath::parse("/blobs/remit/policy.toml").unwrap()
    }
    async fn put(&self, path: &EntryPath, content: &[u8]) {
        self.0.put(path, content.to_vec());
    }
    async fn take_away(&self, path: &EntryPath) {
        self.0.take_away(path);
    }
}

impl FixtureMut for InMemory {
    fn store_mut(&self) -> &dyn StoreMut {
        &self.0
    }
}

#[tokio::test]
async fn memory_changes_as_every_store_must() {
    let store = Memory::default();
    store.show_records_through(|document| remit_formats::blank_credentials(document).unwrap());
    all(&InMemory(store)).await;
}

#[tokio::test]
async fn memory_reads_as_every_store_must() {
    let store = Memory::default();
    store.show_records_through(|document| remit_formats::blank_credentials(document).unwrap());
    remit_workspace::conformance::all(&InMemory(store)).await;
}

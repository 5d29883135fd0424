//! The list that every store's records must pass.

use remit_azure::Workspace;
use remit_sim::AzureMlSettings;
use remit_workspace::conformance::{Fixture, Holds};
use remit_workspace::{EntryPath, Store};
use serde_json::{Value, json};

use crate::bed::{Bed, path};

struct Records(Bed);

fn names(path: &EntryPath) -> Vec<String> {
    let names = path.segments().map(|name| String::from_utf8(name).unwrap());
    names.collect()
}

#[async_trait::async_trait]
impl Fixture for Records {
    fn store(&self) -> &dyn Store {
        let store: &Workspace = &self.0.store;
        store
    }
    fn objects(&self) -> EntryPath {
        path("/blobs/base-container/base")
    }
    fn holds(&self) -> Holds {
        Holds {
            records: true,
            any_bytes: false,
            control_characters: false,
            backslashes: false,
            segment_bytes_max: 900,
            cases: true,
            forbidden: "",
        }
    }
    fn reserved(&self) -> EntryPath {
        path("/blobs/remit/policy.toml")
    }
    async fn put(&self, path: &EntryPath, content: &[u8]) {
        let names = names(path);
        if names[0] == "blobs" {
            let storage = self.0.sim.storage();
            storage.seed_container(&names[1]);
            storage.seed_blob(&names[1], &names[2..].join("/"), content.to_owned());
            return;
        }
        let mut document: Value = serde_json::from_slice(content).unwrap();
        if names.len() == 2 {
            // Every run of the service is one of an experiment.
            document["experimentName"] = json!("checked");
        }
        self.0.sim.seed_record(path.as_str(), document);
    }
    async fn take_away(&self, _path: &EntryPath) {
        unreachable!("no check of records takes one away");
    }
    /// As run history shows it: with maps that are never absent; without the token, which nobody may know.
    async fn kept(&self, path: &EntryPath, _content: &[u8]) -> Vec<u8> {
        let mut document = self.0.sim.record(&names(path).join("/")).unwrap();
        for map in ["tags", "properties"] {
            if document[map].is_null() {
                document[map] = json!({});
            }
        }
        document.as_object_mut().unwrap().remove("token");
        document.to_string().into_bytes()
    }
}

async fn check(settings: AzureMlSettings) {
    let settings = AzureMlSettings {
        // The default container of these checks.
        workspace_id: "1".to_owned(),
        ..settings
    };
    let bed = Bed::empty(settings).await;
    let experiment = json!({"experimentId": "1", "name": "checked"});
    bed.sim.seed_record("/experiments/checked", experiment);
    remit_workspace::conformance::records(&Records(bed)).await;
}

#[tokio::test]
async fn records_read_as_every_store_must_have_them() {
    check(AzureMlSettings::default()).await;
}

#[tokio::test]
async fn short_and_empty_pages_of_records_are_no_ends() {
    check(AzureMlSettings {
        page_size_max: 1,
        empty_pages: true,
        ..AzureMlSettings::default()
    })
    .await;
}

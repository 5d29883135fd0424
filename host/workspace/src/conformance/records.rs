//! Records, and what belongs to them.

use super::{Fixture, listed, paths, read};
use crate::{EntryPath, Kind, Relation, StoreError, Version};

fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).expect("a path")
}

pub(super) async fn documents_and_versions(fixture: &dyn Fixture) {
    let store = fixture.store();
    let document = br#"{ "runId": "checked run", "tags": {"a": "b"}, "n": 1.50 }"#;
    let run = path("/runs/checked%20run");
    fixture.put(&run, document).await;
    let document = fixture.kept(&run, document).await;
    let entry = store.stat(&run).await.expect("it is there");
    assert_eq!(entry.kind, Kind::Run);
    assert_eq!(entry.version, Version::of_document(&document));
    assert_eq!(entry.size_bytes, Some(document.len() as u64));
    assert_eq!(
        store.pin(&entry).await.expect("it is pinned"),
        entry.version
    );
    assert_eq!(
        paths(store, "/runs/checked*").await,
        ["/runs/checked%20run"]
    );
    for offset in [0, 5, document.len(), 1_000] {
        let content = store
            .open(&run, &entry.version, offset as u64)
            .await
            .expect("it opens");
        let expect = document.get(offset..).unwrap_or_default();
        assert_eq!(read(content).await.expect("it reads"), expect);
    }
    assert!(store.writable_fields(&run).contains(&"tags"));
    fixture.put(&run, br#"{"runId":"checked run"}"#).await;
    let opened = store.open(&run, &entry.version, 0).await.map(|_| ());
    assert!(matches!(opened, Err(StoreError::Changed(_))), "{opened:?}");
    super::states::never_the_new_one(fixture, &entry).await;
}

/// Blanked in place: what is not secret stays where it is.
pub(super) async fn credentials_are_never_seen(fixture: &dyn Fixture) {
    let store = fixture.store();
    let document = br#"{"runId":"secretive","token":"c3ludGhldGlj","tags":{"who":"x"}}"#;
    let run = path("/runs/secretive");
    fixture.put(&run, document).await;
    let document = fixture.kept(&run, document).await;
    let entry = store.stat(&run).await.expect("it is there");
    assert_eq!(
        entry.version,
        Version::of_document(&document),
        "the version is the real document's"
    );
    let content = store.open(&run, &entry.version, 0).await.expect("it opens");
    let shown = read(content).await.expect("it reads");
    let shown = String::from_utf8_lossy(&shown);
    assert!(!shown.contains("c3ludGhldGlj"), "{shown}");
    assert_eq!(shown.len(), document.len());
    let document = String::from_utf8_lossy(&document);
    let tags = r#""tags":{"who":"x"}"#;
    assert!(shown.contains(tags), "{shown}");
    assert_eq!(shown.find(tags), document.find(tags), "{shown}");
    assert!(
        entry
            .properties
            .iter()
            .all(|(_, value)| !value.contains("c3ludGhldGlj"))
    );
}

pub(super) async fn owned_parts(fixture: &dyn Fixture) {
    let store = fixture.store();
    let owned = [
        "/blobs/azureml-blobstore-1/azureml/whole/out/part-0",
        "/blobs/azureml/ArtifactZip/dcid.whole/a.zip",
        "/blobs/azureml/ExperimentRun/dcid.whole/logs/a.txt",
        "/runs/whole/metrics",
    ];
    let metrics = br#"{"metrics":[{"name":"loss","value":0.5}]}"#;
    for part in owned {
        fixture.put(&path(part), metrics).await;
    }
    let others = [
        "/blobs/azureml/ExperimentRun/dcid.whole2/logs/a.txt",
        "/runs/whole2/metrics",
    ];
    for other in others {
        fixture.put(&path(other), metrics).await;
    }
    let run = path("/runs/whole");
    fixture.put(&run, br#"{"runId":"whole"}"#).await;
    let (parts, gaps) = listed(store.parts(&run, Relation::Owned))
        .await
        .expect("a listing");
    assert_eq!(gaps, []);
    assert_eq!(
        parts
            .iter()
            .map(|part| part.path.as_str())
            .collect::<Vec<_>>(),
        owned
    );
    let (none, _) = listed(store.parts(&path(owned[0]), Relation::Owned))
        .await
        .expect("a listing");
    assert_eq!(none, [], "an object has no parts");
}

//! The sample workspace, once as a directory and once served by the simulator: the same names, the same facts.

use futures::StreamExt as _;
use remit_local::{Directory, init_sample};
use remit_sim::{AzureMl, AzureMlSettings};
use remit_workspace::conformance::listed;
use remit_workspace::{Entry, Pattern, Referring, Relation, Store};

use crate::bed::{open, path};

async fn all(store: &dyn Store) -> Vec<Entry> {
    let (entries, _) = listed(store.list(&Pattern::everything())).await.unwrap();
    // What a workspace depends on is not in a directory.
    let is_compared = |entry: &Entry| !["resources", "telemetry"].contains(&entry.path.root());
    entries.into_iter().filter(is_compared).collect()
}

async fn referring(store: &dyn Store) -> Vec<String> {
    let mut found: Vec<String> = store
        .references()
        .filter_map(|found| {
            std::future::ready(match found.unwrap() {
                Referring::To { by, to } => Some(format!("{by} -> {to}")),
                Referring::Gap(_) => None,
            })
        })
        .collect()
        .await;
    found.sort();
    found.dedup();
    found
}

#[tokio::test]
async fn a_sample_is_the_same_in_a_directory_and_in_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("sample");
    init_sample(&root, 12, 7).unwrap();
    let directory = Directory::open(&root).unwrap();
    let settings = AzureMlSettings::default();
    let sim = AzureMl::from_directory(settings, &root).await.unwrap();
    let store = open(&sim);
    let (here, there) = (all(&directory).await, all(&store).await);
    let paths = |entries: &[Entry]| -> Vec<String> {
        entries.iter().map(|entry| entry.path.to_string()).collect()
    };
    assert_eq!(paths(&here), paths(&there));
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(here.kind, there.kind);
        if here.kind.is_object() {
            assert_eq!(here.size_bytes, there.size_bytes, "{}", here.path);
            continue;
        }
        // Resource Manager says of a person only the name, and of a thing more than a directory has.
        for (name, value) in here.properties.iter() {
            if ["display-name", "experiment", "owner-name", "parent"].contains(&name)
                || name.starts_with("tag:")
            {
                assert_eq!(
                    there.properties.get(name),
                    Some(value),
                    "{} {name}",
                    here.path
                );
            }
        }
    }
    assert_eq!(referring(&directory).await, referring(&store).await);
    let run = path("/runs/churn-000000");
    let parts = |store: &dyn Store| store.parts(&run, Relation::Owned);
    let (here, _) = listed(parts(&directory)).await.unwrap();
    let (there, _) = listed(parts(&store)).await.unwrap();
    assert_eq!(paths(&here), paths(&there));
}

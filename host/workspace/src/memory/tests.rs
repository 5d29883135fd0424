//! What the reference store keeps, hides and refuses.

use super::*;
use futures::TryStreamExt as _;

fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

async fn listed(listing: Listing) -> Result<Vec<String>, StoreError> {
    let items: Vec<Listed> = listing.try_collect().await?;
    Ok(items
        .into_iter()
        .map(|item| match item {
            Listed::Entry(entry) => entry.path.to_string(),
            Listed::Gap(gap) => format!("gap {} {}", gap.path, gap.reason),
        })
        .collect())
}

#[tokio::test]
async fn what_is_deleted_softly_is_gone_on_a_day() {
    let store = Memory::default();
    store.soft_delete(Some(14));
    let object = path("/blobs/c/x");
    let version = store.put(&object, "old");
    let entry = store.stat(&object).await.unwrap();
    let day = store.now() + 14 * 86_400_000;
    assert_eq!(store.forecast(&entry, false).await, Forecast::GoneOn(day));
    assert_eq!(store.forecast(&entry, true).await, Forecast::Gone);
    assert_eq!(
        store.delete_version(&object, &version, false).unwrap(),
        Some(day)
    );
    let kept = listed(store.generations(&object)).await.unwrap();
    assert_eq!(kept.len(), 1);
    let kept = store.stat(&path(&kept[0])).await.unwrap();
    let opened = store.open(&kept.path, &kept.version, 0).await.map(|_| ());
    assert!(matches!(opened, Err(StoreError::OutOfReach { .. })));
    store.advance(14 * 86_400_000);
    assert!(store.contents().is_empty());
}

#[tokio::test]
async fn versions_and_snapshots_stay_until_they_are_purged() {
    let store = Memory::default();
    store.keep_versions(true);
    let object = path("/blobs/c/x");
    let first = store.put(&object, "one");
    let second = store.replace_version(&object, &first, "two").unwrap();
    store.snapshot(&object).unwrap();
    assert_eq!(listed(store.generations(&object)).await.unwrap().len(), 2);
    let refused = store.delete_version(&object, &second, false);
    assert!(matches!(refused, Err(StoreError::Impossible { .. })));
    assert_eq!(store.delete_version(&object, &second, true).unwrap(), None);
    assert!(store.contents().is_empty());
}

#[tokio::test]
async fn what_is_held_is_read_and_not_changed() {
    let store = Memory::default();
    let object = path("/blobs/c/x");
    let version = store.put(&object, "one");
    store.hold(&object, "legal hold");
    let entry = store.stat(&object).await.unwrap();
    assert_eq!(
        store.forecast(&entry, true).await,
        Forecast::Held("legal hold".into())
    );
    assert!(matches!(
        store.delete_version(&object, &version, true),
        Err(StoreError::Held { .. })
    ));
    assert!(matches!(
        store.replace_version(&object, &version, "two"),
        Err(StoreError::Held { .. })
    ));
    assert_eq!(store.contents()[&object], "one");
    store.release(&object);
    assert_eq!(
        store.delete_version(&object, &version, false).unwrap(),
        None
    );
}

#[tokio::test]
async fn places_out_of_reach_are_gaps() {
    let store = Memory::default();
    store.put(&path("/blobs/c/x"), "one");
    let archived = path("/blobs/d/y");
    let version = store.put(&archived, "two");
    store.forbid_listing(&path("/blobs/c"));
    store.to_archive_tier(&archived);
    assert_eq!(
        listed(store.list(&Pattern::everything())).await.unwrap(),
        ["/blobs/d/y", "gap /blobs/c no permission to list"]
    );
    let opened = store.open(&archived, &version, 0).await.map(|_| ());
    assert!(matches!(opened, Err(StoreError::OutOfReach { .. })));
}

#[tokio::test]
async fn failures_come_when_asked_for() {
    let store = Memory::default();
    let object = path("/blobs/c/x");
    let version = store.put(&object, vec![7; 200_000]);
    store.fail_listings_after(1);
    let items: Vec<_> = store.list(&Pattern::everything()).collect().await;
    assert!(items.len() == 2 && items[0].is_ok() && items[1].is_err());
    store.fail_reads(1);
    assert!(matches!(
        store.stat(&object).await,
        Err(StoreError::Failed { .. })
    ));
    assert!(store.stat(&object).await.is_ok());
    store.break_off_after(100_000);
    let content: Vec<_> = store
        .open(&object, &version, 0)
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(
        content.iter().flatten().map(Bytes::len).sum::<usize>(),
        100_000
    );
    assert!(content.last().unwrap().is_err());
    store.fail_changes(1);
    assert!(matches!(
        store.delete_version(&object, &version, false),
        Err(StoreError::Failed { .. })
    ));
    store.heal();
    assert!(listed(store.list(&Pattern::everything())).await.is_ok());
}

#[tokio::test]
async fn parts_follow_the_layout_and_what_was_seeded() {
    let store = Memory::default();
    let run = path("/runs/a");
    store.put(&run, "{}");
    store.put(&path("/runs/a/metrics"), "{}");
    store.put_with(
        &path("/runs/b"),
        "{}",
        BTreeMap::from([("parent".into(), "a".into())]),
    );
    let model = path("/models/m/1");
    store.put(&model, "{}");
    store.put(&path("/blobs/c/m/bytes"), "x");
    store.refer(&model, Pattern::parse("/blobs/c/m/**").unwrap());
    assert_eq!(
        listed(store.parts(&run, Relation::Owned)).await.unwrap(),
        ["/runs/a/metrics", "/runs/b"]
    );
    assert_eq!(
        listed(store.parts(&model, Relation::Referenced))
            .await
            .unwrap(),
        ["/blobs/c/m/bytes"]
    );
}

#[cfg(feature = "conformance")]
mod conformance {
    use super::*;
    use crate::conformance::{Fixture, Holds, all};

    #[async_trait]
    impl Fixture for Memory {
        fn store(&self) -> &dyn Store {
            self
        }
        fn objects(&self) -> EntryPath {
            path("/blobs/c/base")
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
            path("/blobs/remit/policy.toml")
        }
        async fn put(&self, path: &EntryPath, content: &[u8]) {
            Self::put(self, path, content.to_vec());
        }
        async fn take_away(&self, path: &EntryPath) {
            Self::take_away(self, path);
        }
    }

    #[tokio::test]
    async fn it_passes_its_own_list() {
        let store = Memory::default();
        store.show_records_through(|document| {
            let text = String::from_utf8_lossy(document);
            text.replace("c3ludGhldGlj", "************").into_bytes()
        });
        all(&store).await;
    }
}

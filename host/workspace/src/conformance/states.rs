//! Objects that change between one look and the next.

use futures::StreamExt as _;

use super::{Fixture, below, listed, read, sample_bytes};
use crate::{Entry, EntryPath, Pattern, StoreError, Version};

/// An object with this content, as listed and as pinned.
async fn put(fixture: &dyn Fixture, name: &[u8], content: &[u8]) -> (Entry, Version) {
    let path = below(fixture, &[b"states", name]);
    fixture.put(&path, content).await;
    let entry = fixture.store().stat(&path).await.expect("it is there");
    let pinned = fixture.store().pin(&entry).await.expect("it is pinned");
    (entry, pinned)
}

async fn check_changed(fixture: &dyn Fixture, path: &EntryPath, version: &Version) {
    let opened = match fixture.store().open(path, version, 0).await {
        Ok(content) => read(content).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(
        matches!(opened, Err(StoreError::Changed(_))),
        "{path}: {opened:?}"
    );
}

/// An entry that changed is told when it is pinned, or it is pinned as it was: then no act reaches it.
pub(super) async fn never_the_new_one(fixture: &dyn Fixture, before: &Entry) {
    match fixture.store().pin(before).await {
        Err(StoreError::Changed(_)) => {}
        Ok(pinned) => check_changed(fixture, &before.path, &pinned).await,
        Err(other) => panic!("{}: {other:?}", before.path),
    }
}

pub(super) async fn an_object_that_changed(fixture: &dyn Fixture) {
    let (entry, pinned) = put(fixture, b"changed", b"one").await;
    // As long as before: the length alone must not decide.
    fixture.put(&entry.path, b"two").await;
    check_changed(fixture, &entry.path, &pinned).await;
    let (entry, pinned) = put(fixture, b"longer", b"one").await;
    fixture.put(&entry.path, b"one and more").await;
    check_changed(fixture, &entry.path, &pinned).await;
    check_changed(fixture, &entry.path, &entry.version).await;
    never_the_new_one(fixture, &entry).await;
    let now = fixture
        .store()
        .stat(&entry.path)
        .await
        .expect("it is there");
    let content = fixture
        .store()
        .open(&now.path, &now.version, 0)
        .await
        .expect("the new version opens");
    assert_eq!(read(content).await.expect("it reads"), "one and more");
}

pub(super) async fn an_object_that_was_deleted(fixture: &dyn Fixture) {
    let (entry, pinned) = put(fixture, b"deleted", b"one").await;
    fixture.take_away(&entry.path).await;
    let stat = fixture.store().stat(&entry.path).await;
    assert!(matches!(stat, Err(StoreError::NotFound(_))), "{stat:?}");
    let opened = fixture
        .store()
        .open(&entry.path, &pinned, 0)
        .await
        .map(|_| ());
    assert!(matches!(opened, Err(StoreError::NotFound(_))), "{opened:?}");
    let pattern = Pattern::exactly(&entry.path).expect("a short path");
    let (entries, gaps) = listed(fixture.store().list(&pattern))
        .await
        .expect("a listing");
    assert_eq!((entries.len(), gaps.len()), (0, 0));
}

/// With the same bytes, and still another.
pub(super) async fn an_object_that_was_made_again(fixture: &dyn Fixture) {
    let (entry, pinned) = put(fixture, b"made again", b"one").await;
    fixture.take_away(&entry.path).await;
    fixture.put(&entry.path, b"one").await;
    check_changed(fixture, &entry.path, &pinned).await;
}

/// Never short, never mixed: all of the old bytes, or a word that they changed.
pub(super) async fn an_object_that_changes_while_read(fixture: &dyn Fixture) {
    let old = sample_bytes(1_500_000);
    for (name, new) in [
        (&b"grows"[..], 2_000_000),
        (b"same length", 1_500_000),
        (b"shrinks", 300_000),
    ] {
        let (_, pinned) = put(fixture, name, &old).await;
        check_while_read(fixture, name, &pinned, &old, new).await;
        // Without a digest, the same length within one tick of a coarse clock cannot be told.
        if new != old.len() {
            let (entry, _) = put(fixture, name, &old).await;
            check_while_read(fixture, name, &entry.version, &old, new).await;
        }
    }
}

async fn check_while_read(
    fixture: &dyn Fixture,
    name: &[u8],
    version: &Version,
    old: &[u8],
    new: usize,
) {
    let path = below(fixture, &[b"states", name]);
    let mut content = fixture
        .store()
        .open(&path, version, 0)
        .await
        .expect("it opens");
    let mut seen = content
        .next()
        .await
        .expect("a first chunk")
        .expect("it reads")
        .to_vec();
    let other: Vec<u8> = sample_bytes(new).iter().map(|byte| !byte).collect();
    fixture.put(&path, &other).await;
    let end = loop {
        match content.next().await {
            Some(Ok(chunk)) => seen.extend_from_slice(&chunk),
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    match end {
        Ok(()) => assert!(seen == old, "{path}: mixed content"),
        Err(error) => assert!(matches!(error, StoreError::Changed(_)), "{error:?}"),
    }
}

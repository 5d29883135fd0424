//! Changes that are refused, with nothing done.

use bytes::Bytes;
use futures::StreamExt as _;
use remit_policy::Act;
use remit_workspace::{EntryPath, StoreError, Version};

use super::{FixtureMut, around, content, delete, now, permit, put};

async fn check_nothing_done(
    fixture: &dyn FixtureMut,
    path: &EntryPath,
    version: &Version,
    holds: &[u8],
) {
    let before = around(fixture).await;
    let deleted = fixture.store_mut().delete(&delete(path), version).await;
    assert!(
        matches!(deleted, Err(StoreError::Changed(_))),
        "{path}: {deleted:?}"
    );
    let permitted = permit(Act::Redact, path);
    let replaced = fixture
        .store_mut()
        .replace(&permitted, version, content(&[b"never"]))
        .await;
    assert!(
        matches!(replaced, Err(StoreError::Changed(_))),
        "{path}: {replaced:?}"
    );
    assert_eq!(now(fixture, path).await.as_deref(), Some(holds), "{path}");
    assert_eq!(around(fixture).await, before);
}

pub(super) async fn a_version_that_is_no_longer_there(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"same length", b"one").await;
    fixture.put(&path, b"two").await;
    check_nothing_done(fixture, &path, &version, b"two").await;
    let (path, version) = put(fixture, b"longer", b"one").await;
    fixture.put(&path, b"one and more").await;
    check_nothing_done(fixture, &path, &version, b"one and more").await;
    let (path, version) = put(fixture, b"made again", b"one").await;
    fixture.take_away(&path).await;
    fixture.put(&path, b"one").await;
    check_nothing_done(fixture, &path, &version, b"one").await;
    let (path, _) = put(fixture, b"invented", b"one").await;
    check_nothing_done(fixture, &path, &Version::new("invented"), b"one").await;
    let (path, version) = put(fixture, b"taken away", b"one").await;
    fixture.take_away(&path).await;
    let replaced = fixture
        .store_mut()
        .replace(&permit(Act::Redact, &path), &version, content(&[b"never"]))
        .await;
    assert!(
        matches!(replaced, Err(StoreError::NotFound(_))),
        "{replaced:?}"
    );
    assert_eq!(
        now(fixture, &path).await,
        None,
        "what was taken away does not come back"
    );
}

pub(super) async fn content_that_breaks_off(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"broken off", b"old").await;
    let before = around(fixture).await;
    let broken = StoreError::failed(&path, "reading", std::io::Error::other("cut off"));
    let chunks = vec![Ok(Bytes::from_static(b"new and ")), Err(broken)];
    let permitted = permit(Act::Redact, &path);
    let replaced = fixture
        .store_mut()
        .replace(&permitted, &version, futures::stream::iter(chunks).boxed())
        .await;
    assert!(
        matches!(replaced, Err(StoreError::Failed { .. })),
        "{replaced:?}"
    );
    assert_eq!(now(fixture, &path).await.as_deref(), Some(&b"old"[..]));
    assert_eq!(around(fixture).await, before, "nothing is left lying about");
    let replaced = fixture
        .store_mut()
        .replace(&permitted, &version, content(&[b"new"]))
        .await;
    replaced.expect("it still is the version that it was");
}

pub(super) async fn a_permit_for_another_act(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"another act", b"old").await;
    let store = fixture.store_mut();
    for act in [Act::Export, Act::Redact, Act::Rewrite, Act::Archive] {
        let deleted = store.delete(&permit(act, &path), &version).await;
        assert!(
            matches!(deleted, Err(StoreError::Impossible { .. })),
            "{act}: {deleted:?}"
        );
    }
    for permitted in [
        permit(Act::Export, &path),
        permit(Act::Archive, &path),
        delete(&path),
    ] {
        let replaced = store
            .replace(&permitted, &version, content(&[b"new"]))
            .await;
        assert!(
            matches!(replaced, Err(StoreError::Impossible { .. })),
            "{replaced:?}"
        );
    }
    let archived = store.archive(&permit(Act::Archive, &path), &version).await;
    assert!(
        matches!(archived, Err(StoreError::Impossible { .. })),
        "an object: {archived:?}"
    );
    let patched = store
        .patch(
            &permit(Act::Redact, &path),
            &version,
            Bytes::from_static(b"{}"),
        )
        .await;
    assert!(
        matches!(patched, Err(StoreError::Impossible { .. })),
        "an object: {patched:?}"
    );
    assert_eq!(now(fixture, &path).await.as_deref(), Some(&b"old"[..]));
}

//! Changes that are carried out.

use remit_policy::Act;
use remit_workspace::StoreError;
use remit_workspace::conformance::{below, read, sample_bytes};

use super::{FixtureMut, around, content, delete, now, permit, pin, put, stat};
use crate::Deleted;

pub(super) async fn deleting(fixture: &dyn FixtureMut) {
    let (beside, _) = put(fixture, b"beside", b"stays").await;
    let (path, version) = put(fixture, b"deleted", b"goes").await;
    let deleted = fixture.store_mut().delete(&delete(&path), &version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert!(matches!(
        stat(fixture, &path).await,
        Err(StoreError::NotFound(_))
    ));
    let left = around(fixture).await;
    assert!(
        left.contains(&beside.to_string()) && !left.contains(&path.to_string()),
        "{left:?}"
    );
    let again = fixture.store_mut().delete(&delete(&path), &version).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
    assert_eq!(now(fixture, &beside).await.as_deref(), Some(&b"stays"[..]));
}

pub(super) async fn replacing(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"replaced", b"one and two").await;
    let permitted = permit(Act::Redact, &path);
    let made = fixture
        .store_mut()
        .replace(&permitted, &version, content(&[b"one", b" and ", b"three"]))
        .await;
    let made = made.expect("it is replaced");
    assert_ne!(made, version);
    let opened = fixture
        .store()
        .open(&path, &made, 0)
        .await
        .expect("the version that was answered opens");
    assert_eq!(read(opened).await.expect("it reads"), "one and three");
    let old = fixture
        .store_mut()
        .replace(&permitted, &version, content(&[b"four"]))
        .await;
    assert!(matches!(old, Err(StoreError::Changed(_))), "{old:?}");
    let next = fixture
        .store_mut()
        .replace(&permitted, &made, content(&[b"four"]))
        .await;
    next.expect("the version that was answered can be replaced");
    assert_eq!(now(fixture, &path).await.as_deref(), Some(&b"four"[..]));
}

pub(super) async fn replacing_with_much_and_nothing(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"much", b"").await;
    let much = sample_bytes(1_000_000);
    let chunks: Vec<&[u8]> = much.chunks(70_000).collect();
    let permitted = permit(Act::Rewrite, &path);
    let made = fixture
        .store_mut()
        .replace(&permitted, &version, content(&chunks))
        .await
        .expect("it is replaced");
    assert!(now(fixture, &path).await.expect("it is there") == much);
    fixture
        .store_mut()
        .replace(&permitted, &made, content(&[]))
        .await
        .expect("it is replaced");
    assert_eq!(now(fixture, &path).await.as_deref(), Some(&b""[..]));
}

/// Of several acts on one version, one is done.
pub(super) async fn two_at_once(fixture: &dyn FixtureMut) {
    let (path, version) = put(fixture, b"raced", b"old").await;
    let permitted = permit(Act::Redact, &path);
    let new: Vec<String> = (0..8).map(|index| format!("new {index}")).collect();
    let acts = new.iter().map(|new| {
        fixture
            .store_mut()
            .replace(&permitted, &version, content(&[new.as_bytes()]))
    });
    let ends = futures::future::join_all(acts).await;
    let done: Vec<_> = ends
        .iter()
        .zip(&new)
        .filter(|(end, _)| end.is_ok())
        .map(|(_, new)| new)
        .collect();
    assert_eq!(done.len(), 1, "{ends:?}");
    assert_eq!(
        now(fixture, &path).await.as_deref(),
        Some(done[0].as_bytes())
    );
    let version = pin(fixture, &path).await;
    let permitted = delete(&path);
    let ends =
        futures::future::join_all((0..8).map(|_| fixture.store_mut().delete(&permitted, &version)))
            .await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1, "{ends:?}");
    assert!(!around(fixture).await.contains(&path.to_string()));
}

pub(super) async fn policy_files(fixture: &dyn FixtureMut) {
    let before = around(fixture).await;
    let store = fixture.store_mut();
    for text in ["version = 1\n", "version = 1\n# longer than before\n"] {
        store
            .write_policy_file("holds.toml", text.as_bytes())
            .await
            .expect("it is written");
        let read = store.policy_file("holds.toml").await.expect("it is read");
        assert_eq!(read.as_deref(), Some(text.as_bytes()));
    }
    assert_eq!(around(fixture).await, before);
    let everything = remit_workspace::conformance::paths(fixture.store(), "/**").await;
    assert!(
        everything.iter().all(|path| !path.contains("holds.toml")),
        "{everything:?}"
    );
    assert!(!everything.contains(&below(fixture, &[b"nothing"]).to_string()));
}

//! Changes of records.

use bytes::Bytes;
use remit_policy::Act;
use remit_workspace::{EntryPath, StoreError, Version};

use super::{FixtureMut, content, delete, now, permit, pin, stat};
use crate::Deleted;

const REAL: &[u8] =
    br#"{ "runId": "p", "n" : 1.50, "token": "c3ludGhldGlj", "tags": {"who": "Jane"}, "createdBy": "Jane" }"#;

fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).expect("a path")
}

/// The view of the document with `Jane` replaced everywhere, as a redaction would.
async fn redacted(fixture: &dyn FixtureMut, run: &EntryPath) -> Bytes {
    let shown = now(fixture, run).await.expect("it is there");
    let shown = String::from_utf8_lossy(&shown);
    // Overwritten in its place: offsets are those of the real document.
    assert!(!shown.contains("c3ludGhldGlj"), "a credential: {shown}");
    assert_eq!(shown.len(), REAL.len(), "{shown}");
    shown.replace("Jane", "[name]").into()
}

pub(super) async fn patching(fixture: &dyn FixtureMut) {
    let run = path("/runs/patched");
    fixture.put(&run, REAL).await;
    let version = pin(fixture, &run).await;
    let document = redacted(fixture, &run).await;
    let made = fixture
        .store_mut()
        .patch(&permit(Act::Redact, &run), &version, document)
        .await;
    let made = made.expect("it is patched");
    // The version is the digest of the real document: every other byte of it stayed, the token too.
    let expect = br#"{ "runId": "p", "n" : 1.50, "token": "c3ludGhldGlj", "tags": {"who": "[name]"}, "createdBy": "Jane" }"#;
    assert_eq!(made, Version::of_document(expect));
    assert_eq!(
        stat(fixture, &run).await.expect("it is there").version,
        made
    );
    let replaced = fixture
        .store_mut()
        .replace(&permit(Act::Redact, &run), &made, content(&[b"{}"]))
        .await;
    assert!(
        matches!(replaced, Err(StoreError::Impossible { .. })),
        "{replaced:?}"
    );
    let broken = Bytes::from_static(b"{\"tags\": ");
    let broken = fixture
        .store_mut()
        .patch(&permit(Act::Redact, &run), &made, broken)
        .await;
    assert!(
        matches!(broken, Err(StoreError::Impossible { .. })),
        "{broken:?}"
    );
    assert_eq!(
        stat(fixture, &run).await.expect("it is there").version,
        made
    );
}

pub(super) async fn patching_a_version_that_changed(fixture: &dyn FixtureMut) {
    let run = path("/runs/patched-late");
    fixture.put(&run, REAL).await;
    let version = pin(fixture, &run).await;
    let document = redacted(fixture, &run).await;
    let other = br#"{"runId":"p","tags":{"who":"Omar"}}"#;
    fixture.put(&run, other).await;
    let patched = fixture
        .store_mut()
        .patch(&permit(Act::Redact, &run), &version, document)
        .await;
    assert!(
        matches!(patched, Err(StoreError::Changed(_))),
        "{patched:?}"
    );
    assert_eq!(now(fixture, &run).await.as_deref(), Some(&other[..]));
}

pub(super) async fn archiving(fixture: &dyn FixtureMut) {
    let run = path("/runs/archived");
    fixture.put(&run, br#"{"runId":"a","tags":{}}"#).await;
    let version = pin(fixture, &run).await;
    let made = fixture
        .store_mut()
        .archive(&permit(Act::Archive, &run), &version)
        .await
        .expect("it is archived");
    assert_ne!(made, version);
    let document = now(fixture, &run).await.expect("it is there");
    let document = String::from_utf8_lossy(&document);
    assert!(
        document.starts_with(r#"{"runId":"a","tags":{}"#) && document.contains("true"),
        "{document}"
    );
    let archived = stat(fixture, &run).await.expect("it is there").properties;
    assert_eq!(archived.get("archived"), Some("true"));
    let compute = path("/computes/archived");
    fixture.put(&compute, b"{}").await;
    let impossible = fixture
        .store_mut()
        .archive(
            &permit(Act::Archive, &compute),
            &pin(fixture, &compute).await,
        )
        .await;
    assert!(
        matches!(impossible, Err(StoreError::Impossible { .. })),
        "{impossible:?}"
    );
    let again = fixture
        .store_mut()
        .archive(&permit(Act::Archive, &run), &version)
        .await;
    assert!(matches!(again, Err(StoreError::Changed(_))), "{again:?}");
}

pub(super) async fn detaching(fixture: &dyn FixtureMut) {
    let (compute, run) = (path("/computes/detached"), path("/runs/undetached"));
    fixture.put(&compute, b"{}").await;
    fixture.put(&run, b"{}").await;
    let version = pin(fixture, &run).await;
    let refused = fixture.store_mut().detach(&delete(&run), &version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    assert!(
        stat(fixture, &run).await.is_ok(),
        "it is not deleted instead"
    );
    let version = pin(fixture, &compute).await;
    let other = permit(Act::Archive, &compute);
    assert!(fixture.store_mut().detach(&other, &version).await.is_err());
    let detached = fixture
        .store_mut()
        .detach(&delete(&compute), &version)
        .await;
    assert!(matches!(detached, Ok(Deleted::Gone)), "{detached:?}");
    assert!(matches!(
        stat(fixture, &compute).await,
        Err(StoreError::NotFound(_))
    ));
}

pub(super) async fn deleting(fixture: &dyn FixtureMut) {
    let (run, metrics) = (path("/runs/deleted"), path("/runs/deleted/metrics"));
    fixture.put(&run, b"{}").await;
    fixture.put(&metrics, b"{}").await;
    let part = path("/blobs/azureml/ExperimentRun/dcid.deleted/logs/a");
    fixture.put(&part, b"x").await;
    // A step on a record reaches the record alone: its parts have steps of their own.
    for (at, entry) in [&metrics, &part, &run].into_iter().enumerate() {
        let version = pin(fixture, entry).await;
        let deleted = fixture.store_mut().delete(&delete(entry), &version).await;
        assert!(matches!(deleted, Ok(Deleted::Gone)), "{entry}: {deleted:?}");
        assert!(matches!(
            stat(fixture, entry).await,
            Err(StoreError::NotFound(_))
        ));
        assert_eq!(stat(fixture, &run).await.is_ok(), at < 2);
    }
}

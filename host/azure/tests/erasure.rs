//! What deletes and redactions achieve on accounts that keep what was deleted. The simulator's holdings
//! are what is checked, not what the code says.

use futures::{StreamExt as _, TryStreamExt as _};
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_sim::Settings;
use remit_workspace::{EntryPath, Forecast, Listed, Pattern, Store as _, StoreError, Version};
use reqwest::Method;

use crate::bed::Simulated;

const DAY: i64 = 86_400_000;

fn path() -> EntryPath {
    EntryPath::parse("/blobs/base-container/logs/a.txt").unwrap()
}

fn permit(act: Act) -> Permitted {
    let purge = Strength {
        purge: true,
        ..Strength::default()
    };
    let rights = Right::ALL
        .into_iter()
        .fold(Rights::none(), |rights, right| {
            rights.with(right, Pattern::everything(), purge)
        });
    let authority = Authority::for_operator(rights, Policy::absent());
    authority.permit(act, &path(), std::iter::empty()).unwrap()
}

fn purge() -> Permitted {
    permit(Act::Delete(Strength {
        purge: true,
        ..Strength::default()
    }))
}

fn delete() -> Permitted {
    permit(Act::Delete(Strength::default()))
}

/// An account with a blob that was written twice, and the version it has now.
async fn bed(settings: Settings) -> (Simulated, Version) {
    let bed = Simulated::start(settings).await;
    bed.other.put(&path(), b"first").await;
    bed.other.put(&path(), b"second: ada@example.com").await;
    let version = bed.account.stat(&path()).await.unwrap().version;
    (bed, version)
}

async fn forecast(bed: &Simulated, purge: bool) -> Forecast {
    let entry = bed.account.stat(&path()).await.unwrap();
    bed.account.forecast(&entry, purge).await
}

fn versions() -> Settings {
    Settings {
        versioning: true,
        ..Settings::default()
    }
}

fn soft_delete() -> Settings {
    Settings {
        soft_delete_days: Some(14),
        ..Settings::default()
    }
}

fn for_good(settings: Settings) -> Settings {
    Settings {
        soft_delete_days: Some(14),
        allow_permanent_delete: true,
        ..settings
    }
}

#[tokio::test]
async fn with_versions_only_a_purge_deletes() {
    let (bed, version) = bed(versions()).await;
    let told = forecast(&bed, false).await;
    assert!(matches!(told, Forecast::Impossible(_)), "{told:?}");
    let refused = bed.account.delete(&delete(), &version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    assert_eq!(bed.account.stat(&path()).await.unwrap().version, version);
    assert_eq!(forecast(&bed, true).await, Forecast::Gone);
    let deleted = bed.account.delete(&purge(), &version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert_eq!(bed.held(&path()), []);
}

#[tokio::test]
async fn soft_delete_says_until_when() {
    let (bed, version) = bed(soft_delete()).await;
    let Forecast::GoneOn(told) = forecast(&bed, false).await else {
        panic!("no date");
    };
    let deleted = bed.account.delete(&delete(), &version).await;
    let Ok(Deleted::GoneOn(when)) = deleted else {
        panic!("{deleted:?}");
    };
    let now = bed.storage.clock().now().as_millisecond();
    for date in [told, when] {
        assert!((date - now - 14 * DAY).abs() < 60_000, "{date} from {now}");
    }
    let kept: Vec<Listed> = bed
        .account
        .generations(&path())
        .try_collect()
        .await
        .unwrap();
    assert!(!kept.is_empty());
    // Asked again, by a run that was stopped: the same answer, not another.
    let again = bed.account.delete(&delete(), &version).await;
    assert!(matches!(again, Ok(Deleted::GoneOn(_))), "{again:?}");
}

#[tokio::test]
async fn a_purge_where_permanent_delete_is_allowed() {
    // With versions: nothing is left at all.
    let (with_versions, version) = bed(for_good(versions())).await;
    assert_eq!(forecast(&with_versions, true).await, Forecast::Gone);
    let deleted = with_versions.account.delete(&purge(), &version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert_eq!(with_versions.held(&path()), []);
    // Without: the name stays for its time, with nothing in it.
    let (bed, version) = bed(for_good(Settings::default())).await;
    let deleted = bed.account.delete(&purge(), &version).await;
    assert!(matches!(deleted, Ok(Deleted::GoneOn(_))), "{deleted:?}");
    let held = bed.held(&path());
    assert!(
        held.iter()
            .all(|(_, hidden, content)| *hidden && content.is_empty()),
        "{held:?}"
    );
}

#[tokio::test]
async fn a_purge_where_it_is_not_allowed_says_until_when() {
    let (bed, version) = bed(Settings {
        soft_delete_days: Some(14),
        ..versions()
    })
    .await;
    let told = forecast(&bed, true).await;
    assert!(matches!(told, Forecast::GoneOn(_)), "{told:?}");
    let deleted = bed.account.delete(&purge(), &version).await;
    assert!(matches!(deleted, Ok(Deleted::GoneOn(_))), "{deleted:?}");
    assert!(bed.held(&path()).iter().all(|(_, hidden, _)| *hidden));
}

#[tokio::test]
async fn snapshots_go_with_a_purge_only() {
    let (bed, version) = bed(Settings::default()).await;
    bed.other
        .ask(Method::PUT, &path(), "comp=snapshot", &[], b"")
        .await;
    let refused = bed.account.delete(&delete(), &version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    let deleted = bed.account.delete(&purge(), &version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert_eq!(bed.held(&path()), []);
}

#[tokio::test]
async fn what_is_held_is_not_touched() {
    for settings in [
        Settings::default(),
        versions(),
        for_good(versions()),
        for_good(Settings::default()),
    ] {
        let (bed, version) = bed(settings).await;
        let lease = [
            ("x-ms-lease-action", "acquire"),
            ("x-ms-lease-duration", "-1"),
        ];
        bed.other
            .ask(Method::PUT, &path(), "comp=lease", &lease, b"")
            .await;
        let before = bed.storage.mutations().len();
        let told = forecast(&bed, true).await;
        assert!(matches!(told, Forecast::Held(_)), "{told:?}");
        let refused = bed.account.delete(&purge(), &version).await;
        assert!(
            matches!(refused, Err(StoreError::Held { .. })),
            "{refused:?}"
        );
        let content = futures::stream::iter([Ok(bytes::Bytes::from_static(b"new"))]).boxed();
        let refused = bed
            .account
            .replace(&permit(Act::Redact), &version, content)
            .await;
        assert!(
            matches!(refused, Err(StoreError::Held { .. })),
            "{refused:?}"
        );
        assert_eq!(bed.storage.mutations().len(), before);
    }
}

#[tokio::test]
async fn a_redaction_leaves_nothing_of_what_it_cut() {
    for (settings, stays) in [
        (Settings::default(), false),
        (versions(), false),
        (soft_delete(), true),
        (for_good(Settings::default()), false),
        (for_good(versions()), false),
    ] {
        let (bed, version) = bed(settings.clone()).await;
        let content =
            futures::stream::iter([Ok(bytes::Bytes::from_static(b"second: [email]"))]).boxed();
        let redact = permit(Act::Redact);
        bed.account
            .replace(&redact, &version, content)
            .await
            .unwrap();
        let forgotten = bed.account.forget(&redact, &version).await.unwrap();
        assert_eq!(
            matches!(forgotten, Deleted::GoneOn(_)),
            stays,
            "{settings:?}"
        );
        let holds = bed.held(&path());
        let shows = holds
            .iter()
            .any(|(_, _, content)| content.contains("ada@example.com"));
        assert_eq!(shows, stays, "{settings:?}: {holds:?}");
        // Only that version: what was there before it is another entry.
        if settings.versioning {
            assert!(
                holds.iter().any(|(_, _, content)| content == "first"),
                "{holds:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_blob_has_besides_its_bytes_stays() {
    let bed = Simulated::start(Settings::default()).await;
    let headers = [
        ("x-ms-blob-content-type", "text/csv"),
        ("x-ms-blob-cache-control", "no-cache"),
        ("x-ms-meta-owner", "ada"),
        ("x-ms-tags", "keep=yes%20please"),
        ("x-ms-access-tier", "Cool"),
    ];
    bed.other.put_with(&path(), b"old", &headers).await;
    let before = bed.account.stat(&path()).await.unwrap();
    for name in ["content-type", "metadata:owner", "tag:keep", "tier"] {
        assert!(
            before.properties.get(name).is_some(),
            "{name}: {:?}",
            before.properties
        );
    }
    // Once in one request, and once in blocks.
    let mut version = before.version.clone();
    for length in [3, 20 * 1024 * 1024] {
        let chunks: Vec<_> = vec![b'x'; length]
            .chunks(256 * 1024)
            .map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk)))
            .collect();
        let content = futures::stream::iter(chunks).boxed();
        version = bed
            .account
            .replace(&permit(Act::Redact), &version, content)
            .await
            .unwrap();
        let after = bed.account.stat(&path()).await.unwrap();
        assert_eq!(
            (&after.version, after.size_bytes),
            (&version, Some(length as u64))
        );
        assert_eq!(after.properties, before.properties);
    }
}

/// One version under a legal hold keeps the purge from beginning: nothing is half gone.
#[tokio::test]
async fn a_version_that_is_held_keeps_all_of_it() {
    let (bed, version) = bed(versions()).await;
    let older = bed
        .account
        .generations(&path())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let Some(Listed::Entry(older)) = older.first() else {
        panic!("no version");
    };
    let (_, id) = older.path.as_str().split_once("?version=").unwrap();
    let query = format!("comp=legalhold&versionid={id}");
    let hold = [("x-ms-legal-hold", "true")];
    bed.other
        .ask(Method::PUT, &path(), &query, &hold, b"")
        .await;
    let before = bed.storage.mutations().len();
    let refused = bed.account.delete(&purge(), &version).await;
    assert!(
        matches!(&refused, Err(StoreError::Held { by, .. }) if by == "a legal hold"),
        "{refused:?}"
    );
    assert_eq!(bed.storage.mutations().len(), before);
}

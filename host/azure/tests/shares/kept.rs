//! What share snapshots and deleted shares keep, and who may know.

use crate::bed::SHARE;
use crate::faults::permit;
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::Act;
use remit_sim::{At, Fault, FaultKind, Gate, Settings};
use remit_workspace::conformance::{listed, read};
use remit_workspace::{Forecast, Pattern, Store as _, StoreError};

use super::{OLD, assert_old, bed, content, delete, with_signature};

#[tokio::test]
async fn what_a_share_snapshot_keeps_is_not_gone() {
    let (bed, path, version) = bed(Settings::default()).await;
    let id = bed.snapshot().await;
    let entry = bed.account.stat(&path).await.unwrap();
    let before = bed.storage.mutations().len();
    for purge in [false, true] {
        let forecast = bed.account.forecast(&entry, purge).await;
        assert!(
            matches!(&forecast, Forecast::Impossible(why) if why.contains(&id)),
            "{forecast:?}"
        );
        let deleted = bed
            .account
            .delete(&permit(delete(purge), &path), &version)
            .await;
        assert!(
            matches!(&deleted, Err(StoreError::Impossible { reason, .. }) if reason.contains(&id)),
            "{deleted:?}"
        );
    }
    let (kept, gaps) = listed(bed.account.generations(&path)).await.unwrap();
    assert_eq!((kept.len(), gaps.len()), (1, 0));
    let copy = &kept[0];
    assert!(copy.path.as_str().contains("?snapshot="), "{}", copy.path);
    assert_eq!(bed.account.stat(&copy.path).await.unwrap(), *copy);
    let opened = bed
        .account
        .open(&copy.path, &copy.version, 0)
        .await
        .unwrap();
    assert_eq!(read(opened).await.unwrap(), OLD);
    let deleted = bed
        .account
        .delete(&permit(delete(true), &copy.path), &copy.version)
        .await;
    assert!(
        matches!(deleted, Err(StoreError::Impossible { .. })),
        "{deleted:?}"
    );
    let mutations = bed.storage.mutations();
    assert_eq!(mutations[before..], [], "nothing was begun");
    // Redacted, and the old bytes are in the snapshot: that is said.
    let redact = permit(Act::Redact, &path);
    bed.account
        .replace(&redact, &version, content(b"new"))
        .await
        .unwrap();
    let forgotten = bed.account.forget(&redact, &version).await;
    assert!(
        matches!(&forgotten, Err(StoreError::Impossible { reason, .. })
            if reason.contains("redacted") && reason.contains(&id)),
        "{forgotten:?}"
    );
}

#[tokio::test]
async fn a_snapshot_of_what_was_redacted_keeps_nothing_old() {
    let (bed, path, version) = bed(Settings::default()).await;
    let redact = permit(Act::Redact, &path);
    bed.account
        .replace(&redact, &version, content(b"new"))
        .await
        .unwrap();
    bed.snapshot().await;
    let forgotten = bed.account.forget(&redact, &version).await;
    assert!(matches!(forgotten, Ok(Deleted::Gone)), "{forgotten:?}");
}

/// Taken while the delete was under way: it is told at the end.
#[tokio::test]
async fn a_snapshot_that_is_taken_meanwhile_is_seen() {
    let (bed, path, version) = bed(Settings::default()).await;
    let gate = Gate::default();
    bed.storage.inject(Fault {
        at: At::any().operation("File_Delete").nth(1),
        kind: FaultKind::Wait(gate.clone()),
    });
    let act = tokio::spawn({
        let (bed, path) = (bed.clone(), path.clone());
        async move {
            bed.account
                .delete(&permit(delete(false), &path), &version)
                .await
        }
    });
    gate.arrival().await;
    bed.snapshot().await;
    gate.admit();
    let deleted = act.await.unwrap();
    assert!(
        matches!(deleted, Err(StoreError::Failed { .. })),
        "{deleted:?}"
    );
    assert_eq!(bed.held(&path).len(), 1, "the snapshot's copy");
}

/// A share was deleted and made again under the same name: the service still has the old one.
#[tokio::test]
async fn a_deleted_share_of_the_same_name_keeps_until_a_date() {
    let settings = Settings {
        share_soft_delete_days: Some(7),
        ..Settings::default()
    };
    let (bed, path, _) = bed(settings).await;
    bed.other.delete_share().await;
    bed.storage.seed_share(SHARE);
    bed.other.put(&path, OLD.as_bytes()).await;
    let entry = bed.account.stat(&path).await.unwrap();
    let Forecast::GoneOn(forecast) = bed.account.forecast(&entry, false).await else {
        panic!("a forecast without a date");
    };
    let (kept, gaps) = listed(bed.account.generations(&path)).await.unwrap();
    assert_eq!((kept.len(), gaps.len()), (0, 1), "{gaps:?}");
    let deleted = bed
        .account
        .delete(&permit(delete(false), &path), &entry.version)
        .await;
    let Ok(Deleted::GoneOn(when)) = deleted else {
        panic!("{deleted:?}");
    };
    let days = (when - jiff::Timestamp::now().as_millisecond()) / 86_400_000;
    assert!((6..=8).contains(&days), "{days} days");
    assert!((when - forecast).abs() < 86_400_000);
}

#[tokio::test]
async fn who_may_not_list_shares_deletes_nothing() {
    let (bed, path, version) = bed(Settings::default()).await;
    let account = with_signature(&bed, "rwd");
    let everything = Pattern::parse("/files/**").unwrap();
    let (entries, gaps) = listed(account.list(&everything)).await.unwrap();
    assert_eq!((entries.len(), gaps.len()), (0, 1));
    assert_eq!(gaps[0].reason, "no permission to list");
    let before = bed.storage.mutations().len();
    let deleted = account
        .delete(&permit(delete(false), &path), &version)
        .await;
    assert!(
        matches!(deleted, Err(StoreError::Impossible { .. })),
        "{deleted:?}"
    );
    assert_eq!(bed.storage.mutations().len(), before);
    assert_old(&bed, &path);
    let (kept, gaps) = listed(account.generations(&path)).await.unwrap();
    assert_eq!(
        (kept.len(), gaps.len()),
        (0, 1),
        "silence would mean that there are none"
    );
}

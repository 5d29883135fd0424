//! What is listed, what is not, and who may look.

use crate::bed::{SHARE, open, open_with, within};
use remit_azure::{Check, Found};
use remit_sim::{At, Fault, FaultKind, Settings, Storage};
use remit_workspace::conformance::{listed, paths};
use remit_workspace::{EntryPath, Guard, Pattern, Store as _, StoreError};

use super::{bed, path, with_signature};

#[tokio::test]
async fn every_place_of_a_listing_is_seen_or_said() {
    let settings = Settings {
        page_size_max: 3,
        ..Settings::default()
    };
    let (bed, ..) = bed(settings).await;
    let mut names: Vec<String> = (0..60)
        .map(|index| format!("tree/{}/{}/{}/{index}", index % 2, index % 3, index % 5))
        .collect();
    names.extend([
        "dots./...".to_owned(),
        "dots./a.".to_owned(),
        "tree/x".to_owned(),
    ]);
    for name in &names {
        assert!(bed.storage.seed_file(SHARE, name, "x"));
    }
    names.push("Users/ada/notes.txt".to_owned());
    names.sort();
    let everything = Pattern::parse("/files/**").unwrap();
    let (entries, gaps) = listed(bed.account.list(&everything)).await.unwrap();
    let mut found: Vec<String> = entries.iter().map(|entry| within(&entry.path)).collect();
    found.sort();
    assert_eq!((found, gaps), (names, vec![]));
    // One directory is out of reach: a gap, and everything else.
    let at = || {
        At::any()
            .contains("tree/1/2?")
            .contains("tree/1?restype=directory&comp=list")
    };
    for (kind, is_whole) in [(403, true), (500, false)] {
        bed.storage.inject(Fault {
            at: at(),
            kind: FaultKind::Status(kind, None),
        });
        let listing = listed(bed.account.list(&everything)).await;
        bed.storage.clear_faults();
        match is_whole {
            true => {
                let (entries, gaps) = listing.unwrap();
                assert_eq!((entries.len(), gaps.len()), (34, 1), "{gaps:?}");
                assert_eq!(gaps[0].path, path("tree/1"));
            }
            false => assert!(
                matches!(listing, Err(StoreError::Failed { .. })),
                "{listing:?}"
            ),
        }
    }
    // A marker that leads back.
    bed.storage.inject(Fault {
        at: At::any().contains("marker="),
        kind: FaultKind::DuplicatePage,
    });
    let listing = listed(bed.account.list(&everything)).await;
    assert!(
        matches!(listing, Err(StoreError::Failed { .. })),
        "{listing:?}"
    );
}

#[tokio::test]
async fn an_account_whose_files_nobody_named_has_none() {
    let (bed, path, _) = bed(Settings::default()).await;
    assert_eq!(bed.account.guard(&path), Guard::Leased);
    let blob = EntryPath::parse("/blobs/c/x").unwrap();
    assert_eq!(bed.account.guard(&blob), Guard::Atomic);
    let account = open(bed.storage.blob_url(), &bed.storage.key());
    let (entries, gaps) = listed(account.list(&Pattern::everything())).await.unwrap();
    assert_eq!((entries.len(), gaps.len()), (0, 0));
    // Not even by name: that would be taken for gone.
    let stat = account.stat(&path).await;
    assert!(
        matches!(stat, Err(StoreError::OutOfReach { .. })),
        "{stat:?}"
    );
    let (kept, gaps) = listed(account.generations(&path)).await.unwrap();
    assert_eq!((kept.len(), gaps.len()), (0, 1));
}

#[tokio::test]
async fn a_doctor_changes_nothing() {
    let (bed, ..) = bed(Settings::default()).await;
    assert!(bed.storage.seed_file(SHARE, "in the root", "x"));
    let before = bed.storage.mutations().len();
    let right = |checks: &[Check], right: &str| {
        let check = checks.iter().find(|check| check.right == right);
        check.unwrap().found.clone()
    };
    let checks = bed.account.examine().await;
    for asked in [
        "list shares",
        "list files",
        "list share snapshots",
        "read files",
        "delete and lease files",
    ] {
        assert_eq!(right(&checks, asked), Found::Yes, "{asked}");
    }
    let reader = with_signature(&bed, "rl").examine().await;
    assert_eq!(right(&reader, "read files"), Found::Yes);
    let delete = right(&reader, "delete and lease files");
    assert!(matches!(delete, Found::No(_)), "{delete:?}");
    let writer = with_signature(&bed, "rwd").examine().await;
    let kept = right(&writer, "list share snapshots");
    assert!(matches!(kept, Found::No(_)), "{kept:?}");
    assert_eq!(bed.storage.mutations().len(), before);
}

/// The host of a file service that does not answer: an error, unless the account is of a kind that has none.
#[tokio::test]
async fn a_file_service_that_does_not_answer_is_not_taken_for_none() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    drop(silent);
    for (account_kind, has_none) in [("StorageV2", false), ("BlockBlobStorage", true)] {
        let settings = Settings {
            account_kind,
            ..Settings::default()
        };
        let storage = Storage::start(settings).await.unwrap();
        storage.seed_blob("container", "blob", "x");
        let files = format!("http://127.0.0.1:{port}/{}", storage.account());
        let account = open_with(storage.blob_url(), Some(&files), &storage.key());
        let listing = listed(account.list(&Pattern::everything())).await;
        match has_none {
            true => {
                let (entries, gaps) = listing.unwrap();
                assert_eq!((entries.len(), gaps.len()), (1, 0));
            }
            false => assert!(
                matches!(listing, Err(StoreError::Failed { .. })),
                "{listing:?}"
            ),
        }
    }
}

/// Shares come in pages too; a deleted share and the snapshots of one are no shares.
#[tokio::test]
async fn every_share_is_listed_once() {
    let settings = Settings {
        page_size_max: 1,
        share_soft_delete_days: Some(7),
        ..Settings::default()
    };
    let (bed, _, _) = bed(settings).await;
    bed.other.delete_share().await;
    for share in ["one", "one-more", "remit", "two"] {
        assert!(bed.storage.seed_file(share, "in/a", "x"));
    }
    assert!(bed.storage.seed_file(SHARE, "in/a", "x"));
    bed.snapshot().await;
    let shares = [SHARE, "one-more", "one", "remit", "two"];
    let expect = shares.map(|share| format!("/files/{share}/in/a"));
    assert_eq!(paths(&bed.account, "/**").await, expect);
    assert_eq!(paths(&bed.account, "/files/one*/**").await, expect[1..3]);
    assert_eq!(paths(&bed.account, "/files/one/**").await, expect[2..3]);
    assert_eq!(paths(&bed.account, "/files/ONE/**").await, [""; 0]);
    // Of one share, not of one whose name begins alike.
    let path = EntryPath::parse("/files/one/in/a").unwrap();
    let (kept, gaps) = listed(bed.account.generations(&path)).await.unwrap();
    assert_eq!((kept.len(), gaps.len()), (0, 0));
}

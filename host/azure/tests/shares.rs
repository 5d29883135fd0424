//! File shares: what a lease guards, what share snapshots keep, and how a file is replaced.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use remit_apply::{Deleted, StoreMut as _};
use remit_azure::{Account, Check, Choice, Credential, Endpoint, Found, Options};
use remit_policy::{Act, Strength};
use remit_sim::{At, Fault, FaultKind, Gate, Service, Settings, Storage};
use remit_workspace::conformance::{listed, paths, read, sample_bytes};
use remit_workspace::{
    Content, EntryPath, Forecast, Guard, Pattern, Store as _, StoreError, Version,
};
use reqwest::Method;

use crate::bed::{SHARE, Shares, account_sas, open, open_with, within};
use crate::faults::permit;

const OLD: &str = "old: ada@example.com";
const NEW: &str = "new";
const THEIRS: &str = "what somebody else wrote";

pub(crate) fn path(name: &str) -> EntryPath {
    EntryPath::parse(&format!("/files/{SHARE}/{name}")).unwrap()
}

fn delete(purge: bool) -> Act {
    Act::Delete(Strength {
        purge,
        ..Strength::default()
    })
}

pub(crate) fn content(bytes: &[u8]) -> Content {
    let chunks: Vec<_> = bytes
        .chunks(256 * 1024)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    futures::stream::iter(chunks).boxed()
}

/// A share with one file in it.
async fn bed(settings: Settings) -> (Arc<Shares>, EntryPath, Version) {
    let bed = Shares::start(settings).await;
    let path = path("Users/ada/notes.txt");
    bed.other.put(&path, OLD.as_bytes()).await;
    let version = bed.account.stat(&path).await.unwrap().version;
    (Arc::new(bed), path, version)
}

fn assert_old(bed: &Shares, path: &EntryPath) {
    let held: Vec<String> = bed.held(path).into_iter().map(|(_, held)| held).collect();
    assert!(
        !held.is_empty() && held.iter().all(|held| held == OLD),
        "{held:?}"
    );
}

/// Somebody tries to write at every moment there is between two requests of ours.
async fn somebody_writes_between(deletes: bool) {
    let mut n_writes = 0;
    for nth in 1.. {
        let (bed, path, version) = bed(Settings::default()).await;
        let gate = Gate::default();
        bed.storage.inject(Fault {
            at: At::any().service(Service::File).nth(nth),
            kind: FaultKind::Wait(gate.clone()),
        });
        let act = tokio::spawn({
            let (bed, path) = (bed.clone(), path.clone());
            async move {
                match deletes {
                    true => {
                        let permitted = permit(delete(false), &path);
                        let deleted = bed.account.delete(&permitted, &version).await;
                        deleted.map(|deleted| assert_eq!(deleted, Deleted::Gone))
                    }
                    false => {
                        let permitted = permit(Act::Redact, &path);
                        let new = content(NEW.as_bytes());
                        bed.account
                            .replace(&permitted, &version, new)
                            .await
                            .map(|_| ())
                    }
                }
            }
        });
        tokio::select! {
            () = gate.arrival() => {}
            _ = async { while !act.is_finished() { tokio::task::yield_now().await } } => {
                // Past the last request: every moment has been tried.
                act.await.unwrap().unwrap();
                break;
            }
        }
        let wrote = bed.other.try_to_write(&path, THEIRS.as_bytes()).await;
        gate.admit();
        let ended = act.await.unwrap();
        let held = bed.held(&path);
        if wrote {
            n_writes += 1;
            let theirs = [(String::new(), THEIRS.to_owned())];
            assert_eq!(held, theirs, "at {nth}: {ended:?}");
        } else {
            ended.unwrap();
            let expect = match deletes {
                true => vec![],
                false => vec![(String::new(), NEW.to_owned())],
            };
            assert_eq!(held, expect, "at {nth}");
        }
        let others = bed.holdings();
        assert_eq!(others.len(), held.len(), "at {nth}: {others:?}");
        if !held.is_empty() {
            assert!(!bed.other.is_leased(&path).await, "at {nth}");
        }
    }
    assert!(n_writes > 2, "{n_writes}");
}

#[tokio::test]
async fn what_somebody_wrote_meanwhile_is_never_deleted() {
    somebody_writes_between(true).await;
}

#[tokio::test]
async fn what_somebody_wrote_meanwhile_is_never_replaced() {
    somebody_writes_between(false).await;
}

/// The lease is broken by force, and the file written, in the moment before the act itself.
#[tokio::test]
async fn a_lease_that_was_taken_away_guards_still() {
    for deletes in [true, false] {
        let (bed, path, version) = bed(Settings::default()).await;
        let gate = Gate::default();
        let verb = match deletes {
            true => "File_Delete",
            false => "File_Rename",
        };
        bed.storage.inject(Fault {
            at: At::any().operation(verb).nth(1),
            kind: FaultKind::Wait(gate.clone()),
        });
        let act = tokio::spawn({
            let (bed, path) = (bed.clone(), path.clone());
            async move {
                match deletes {
                    true => {
                        let permitted = permit(delete(false), &path);
                        bed.account.delete(&permitted, &version).await.map(|_| ())
                    }
                    false => {
                        let permitted = permit(Act::Redact, &path);
                        let new = content(NEW.as_bytes());
                        bed.account
                            .replace(&permitted, &version, new)
                            .await
                            .map(|_| ())
                    }
                }
            }
        });
        gate.arrival().await;
        bed.other.break_lease(&path).await;
        assert!(bed.other.try_to_write(&path, THEIRS.as_bytes()).await);
        gate.admit();
        let ended = act.await.unwrap();
        assert!(matches!(ended, Err(StoreError::Changed(_))), "{ended:?}");
        assert_eq!(bed.held(&path), [(String::new(), THEIRS.to_owned())]);
        assert_eq!(bed.holdings().len(), 1);
    }
}

#[tokio::test]
async fn somebodys_lease_holds_a_file() {
    let (bed, path, version) = bed(Settings::default()).await;
    let lease = bed.other.lease(&path).await;
    let entry = bed.account.stat(&path).await.unwrap();
    let held = Forecast::Held("a lease".to_owned());
    assert_eq!(bed.account.forecast(&entry, false).await, held);
    let deleted = bed
        .account
        .delete(&permit(delete(true), &path), &version)
        .await;
    assert!(
        matches!(deleted, Err(StoreError::Held { .. })),
        "{deleted:?}"
    );
    let redact = permit(Act::Redact, &path);
    let replaced = bed
        .account
        .replace(&redact, &version, content(b"new"))
        .await;
    assert!(
        matches!(replaced, Err(StoreError::Held { .. })),
        "{replaced:?}"
    );
    assert_old(&bed, &path);
    assert_eq!(bed.holdings().len(), 1);
    // It still is theirs.
    let shown = [("x-ms-lease-id", lease.as_str())];
    bed.other.ask(Method::DELETE, &path, "", &shown, b"").await;
}

/// Everything fails from the act on, as if the run had been killed; the next run has the same lease.
#[tokio::test]
async fn a_stopped_run_leaves_nothing_that_stops_the_next() {
    for verb in ["File_Delete", "File_Rename"] {
        let (bed, path, version) = bed(Settings::default()).await;
        for at in [
            At::any().operation(verb),
            At::any().contains("comp=lease").from_nth(2),
        ] {
            bed.storage.inject(Fault {
                at,
                kind: FaultKind::ResetBefore,
            });
        }
        let redact = permit(Act::Redact, &path);
        let stopped = match verb {
            "File_Delete" => {
                let deleted = bed
                    .account
                    .delete(&permit(delete(false), &path), &version)
                    .await;
                deleted.map(|_| ())
            }
            _ => {
                // What was written beside stays too.
                bed.storage.inject(Fault {
                    at: At::any().operation("File_Delete"),
                    kind: FaultKind::ResetBefore,
                });
                let replaced = bed
                    .account
                    .replace(&redact, &version, content(b"half"))
                    .await;
                assert_eq!(bed.holdings().len(), 2);
                replaced.map(|_| ())
            }
        };
        assert!(
            matches!(stopped, Err(StoreError::Failed { .. })),
            "{stopped:?}"
        );
        assert_old(&bed, &path);
        assert!(bed.other.is_leased(&path).await);
        let everything = paths(&bed.account, "/**").await;
        assert_eq!(everything, [path.to_string()]);
        bed.storage.clear_faults();
        match verb {
            "File_Delete" => {
                let deleted = bed
                    .account
                    .delete(&permit(delete(false), &path), &version)
                    .await;
                assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
                assert_eq!(bed.holdings(), []);
            }
            _ => {
                let replaced = bed
                    .account
                    .replace(&redact, &version, content(b"new"))
                    .await;
                replaced.unwrap();
                assert_eq!(bed.held(&path), [(String::new(), NEW.to_owned())]);
                assert_eq!(bed.holdings().len(), 1, "what was left is cleared up");
                assert!(!bed.other.is_leased(&path).await);
            }
        }
    }
}

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

fn with_signature(bed: &Shares, permissions: &str) -> Account {
    let sas = account_sas(&bed.storage.account(), &bed.storage.key(), permissions);
    let address = format!("{}?{sas}", bed.storage.blob_url());
    let (endpoint, signature) = Endpoint::parse(&address).unwrap();
    let endpoint = endpoint.with_files(bed.storage.file_url()).unwrap();
    let credential = Credential::choose(&endpoint, signature, Some(Choice::Sas), &|_| None);
    Account::open(endpoint, credential.unwrap(), &Options::default()).unwrap()
}

#[tokio::test]
async fn a_signature_suffices_for_everything() {
    let (bed, path, version) = bed(Settings::default()).await;
    let account = with_signature(&bed, "rwdlc");
    let redact = permit(Act::Redact, &path);
    let made = account
        .replace(&redact, &version, content(b"new"))
        .await
        .unwrap();
    assert_eq!(bed.held(&path), [(String::new(), NEW.to_owned())]);
    let deleted = account.delete(&permit(delete(false), &path), &made).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
}

#[tokio::test]
async fn a_read_only_file_is_held() {
    let (bed, path, _) = bed(Settings::default()).await;
    let attributes = [("x-ms-file-attributes", "ReadOnly|Archive")];
    bed.other.put_with(&path, OLD.as_bytes(), &attributes).await;
    let everything = Pattern::parse("/files/**").unwrap();
    let (entries, _) = listed(bed.account.list(&everything)).await.unwrap();
    let by = "its read-only attribute".to_owned();
    assert_eq!(
        bed.account.forecast(&entries[0], false).await,
        Forecast::Held(by)
    );
    let version = &entries[0].version;
    let deleted = bed
        .account
        .delete(&permit(delete(false), &path), version)
        .await;
    assert!(
        matches!(deleted, Err(StoreError::Held { .. })),
        "{deleted:?}"
    );
    let redact = permit(Act::Redact, &path);
    let replaced = bed.account.replace(&redact, version, content(b"new")).await;
    assert!(
        matches!(replaced, Err(StoreError::Held { .. })),
        "{replaced:?}"
    );
    assert_old(&bed, &path);
    assert!(!bed.other.is_leased(&path).await);
}

#[tokio::test]
async fn what_a_file_has_besides_its_bytes_stays() {
    let (bed, path, _) = bed(Settings::default()).await;
    let besides = [
        ("x-ms-content-type", "text/x-notes"),
        ("x-ms-content-encoding", "identity"),
        ("x-ms-content-language", "de"),
        ("x-ms-content-disposition", "inline"),
        ("x-ms-cache-control", "no-store"),
        ("x-ms-content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-ms-meta-case", "x"),
        ("x-ms-file-attributes", "Hidden|Archive"),
        ("x-ms-file-creation-time", "2020-02-02T02:02:02.0000000Z"),
        ("x-ms-file-permission-key", "17*4"),
    ];
    // In one request, and in several: longer than before, and shorter.
    for (old, new) in [
        (10, 20),
        (10, 9_500_000),
        (9_000_000, 10_000_001),
        (9_000_000, 5_000_000),
    ] {
        bed.other
            .put_with(&path, &sample_bytes(old), &besides)
            .await;
        let version = bed.account.stat(&path).await.unwrap().version;
        let redact = permit(Act::Redact, &path);
        let new = sample_bytes(new);
        let made = bed
            .account
            .replace(&redact, &version, content(&new))
            .await
            .unwrap();
        let opened = bed.account.open(&path, &made, 0).await.unwrap();
        assert!(read(opened).await.unwrap() == new);
        let now = bed.other.ask(Method::HEAD, &path, "", &[], b"").await;
        for (name, value) in besides {
            let named = name
                .replace("x-ms-content-", "content-")
                .replace("x-ms-cache-", "cache-");
            let found = now
                .headers()
                .get(&named)
                .map(|found| found.to_str().unwrap());
            match name {
                // It would tell what was cut out.
                "x-ms-content-md5" => assert_eq!(found, None),
                // The simulator writes as many digits as it has.
                "x-ms-file-creation-time" => assert!(found.unwrap().starts_with(&value[..19])),
                _ => assert_eq!(found, Some(value), "{name}"),
            }
        }
        assert_eq!(bed.holdings().len(), 1);
    }
}

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

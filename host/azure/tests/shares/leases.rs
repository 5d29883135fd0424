//! Somebody else at the same file: what a lease guards, and what it leaves.

use crate::faults::permit;
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::Act;
use remit_sim::{At, Fault, FaultKind, Gate, Service, Settings};
use remit_workspace::conformance::paths;
use remit_workspace::{Forecast, Store as _, StoreError};
use reqwest::Method;

use super::{NEW, THEIRS, assert_old, bed, content, delete};

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

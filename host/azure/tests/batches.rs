//! Deletes that go in one request. What is checked is what the account holds after, the requests that the
//! simulator counted and its log of mutations.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::future::join_all;
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_sim::{At, Fault, FaultKind, Settings};
use remit_workspace::conformance::listed;
use remit_workspace::{Entry, EntryPath, Pattern, Store as _, StoreError};
use reqwest::Method;

use crate::bed::{Bed, Simulated};

const BATCH: &str = "Container_SubmitBatch";
/// As many as are worth a batch, and a few.
const MANY: usize = 24;

fn path(name: &str) -> EntryPath {
    EntryPath::parse(&format!("/blobs/base-container/{name}")).unwrap()
}

fn permit(path: &EntryPath) -> Permitted {
    let rights = Rights::none().with(Right::Delete, Pattern::everything(), Strength::default());
    let authority = Authority::for_operator(rights, Policy::absent());
    let act = Act::Delete(Strength::default());
    authority.permit(act, path, std::iter::empty()).unwrap()
}

/// Names with all that a request within a request could trip over.
fn names() -> Vec<String> {
    let odd = [
        "%20a%20",
        "a%2Bb%26c%3D%3F",
        "%C3%A9%0D%0A",
        "--batch_",
        "x%22%27",
    ];
    let plain = (0..MANY).map(|number| format!("many/{number:03}"));
    plain.chain(odd.map(ToOwned::to_owned)).collect()
}

type Deletes = BTreeMap<String, Result<Deleted, StoreError>>;

/// Deletes all of these at once, as they were listed.
async fn delete(account: &remit_azure::Account, entries: &[Entry]) -> Deletes {
    let deletes = entries.iter().map(|entry| async {
        let permitted = permit(&entry.path);
        let deleted = account.delete(&permitted, &entry.version).await;
        let name = entry
            .path
            .as_str()
            .rsplit("base-container/")
            .next()
            .unwrap();
        (name.to_owned(), deleted)
    });
    join_all(deletes).await.into_iter().collect()
}

async fn entries(account: &remit_azure::Account) -> Vec<Entry> {
    let everything = Pattern::parse("/blobs/base-container/**").unwrap();
    let (entries, gaps) = listed(account.list(&everything)).await.unwrap();
    assert!(gaps.is_empty(), "{gaps:?}");
    entries
}

/// What every service must do that has batches: each part has its own condition and its own end.
async fn each_has_its_own_end(bed: &Bed) {
    for name in names() {
        bed.other.put(&path(&name), b"old").await;
    }
    let entries = entries(&bed.account).await;
    assert_eq!(entries.len(), names().len());
    // After they were seen, somebody else was there.
    bed.other.put(&path("many/003"), b"new").await;
    bed.other.delete(&path("many/004")).await;
    bed.other
        .ask(Method::PUT, &path("many/005"), "comp=snapshot", &[], b"")
        .await;
    let lease = [
        ("x-ms-lease-action", "acquire"),
        ("x-ms-lease-duration", "-1"),
    ];
    bed.other
        .ask(Method::PUT, &path("many/006"), "comp=lease", &lease, b"")
        .await;
    let mut deletes = delete(&bed.account, &entries).await;
    let mut end = |name: &str| deletes.remove(name).unwrap();
    let changed = end("many/003");
    assert!(
        matches!(changed, Err(StoreError::Changed(_))),
        "{changed:?}"
    );
    let absent = end("many/004");
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
    let kept = end("many/005");
    assert!(
        matches!(kept, Err(StoreError::Impossible { .. })),
        "{kept:?}"
    );
    let held = end("many/006");
    assert!(matches!(held, Err(StoreError::Held { .. })), "{held:?}");
    for (name, end) in &deletes {
        assert!(matches!(end, Ok(Deleted::Gone)), "{name}: {end:?}");
    }
    let everything = Pattern::parse("/blobs/base-container/**").unwrap();
    let (left, _) = listed(bed.account.list(&everything)).await.unwrap();
    let left: Vec<&str> = left
        .iter()
        .map(|entry| &entry.path.as_str()[22..])
        .collect();
    assert_eq!(left, ["many/003", "many/005", "many/006"]);
}

#[tokio::test]
async fn the_emulator_ends_each_part_by_itself() {
    each_has_its_own_end(&Bed::emulator().await).await;
}

#[tokio::test]
async fn the_simulator_ends_each_part_by_itself() {
    for page_size_max in [3, 5000] {
        let settings = Settings {
            page_size_max,
            ..Settings::default()
        };
        each_has_its_own_end(&Bed::simulator(settings).await).await;
    }
}

/// An account with many blobs, and the entries of all of them. `changed` is no longer what was listed.
async fn many(settings: Settings, count: usize) -> (Simulated, Vec<Entry>) {
    let bed = Simulated::start(settings).await;
    for number in 1..count {
        bed.storage
            .seed_blob("base-container", &format!("many/{number:03}"), "old");
    }
    for name in ["changed", "beside"] {
        bed.storage.seed_blob("base-container", name, "old");
    }
    let mut entries = entries(&bed.account).await;
    entries.retain(|entry| !entry.path.as_str().ends_with("beside"));
    bed.other.put(&path("changed"), b"new").await;
    (bed, entries)
}

#[tokio::test]
async fn many_deletes_are_few_requests() {
    let (bed, entries) = many(Settings::default(), 600).await;
    let deletes = delete(&bed.account, &entries).await;
    let gone = deletes
        .values()
        .filter(|end| matches!(end, Ok(Deleted::Gone)));
    assert_eq!(gone.count(), 599);
    // The trial, and 256 parts each where so many waited; the first come before all have their turn.
    let batches = bed.storage.requests(BATCH);
    assert!((4..=7).contains(&batches), "{batches} batches");
    // The trial's blob, and the one that was changed.
    assert_eq!(bed.storage.requests("Blob_Delete"), 2);
    let listings = bed.storage.requests("Container_ListBlobFlatSegment");
    assert!(listings < 60, "{listings} listings");
    let names: Vec<_> = bed.storage.holdings("base-container");
    let names: Vec<&str> = names.iter().map(|holding| holding.blob.as_str()).collect();
    assert_eq!(names, ["beside", "changed"]);
}

#[tokio::test]
async fn few_deletes_do_nothing_besides() {
    let (bed, entries) = many(Settings::default(), 15).await;
    let before = bed.storage.mutations().len();
    let deletes = delete(&bed.account, &entries).await;
    let gone = deletes.values().filter(|end| end.is_ok()).count();
    assert_eq!(gone, 14);
    assert_eq!(bed.storage.requests(BATCH), 0);
    assert_eq!(bed.storage.mutations().len() - before, 14);
}

/// A service that ignores the conditions of parts is found out, and gets none that matters.
#[tokio::test]
async fn batches_that_keep_no_conditions_are_not_used() {
    let settings = Settings {
        batch_honours_conditions: false,
        ..Settings::default()
    };
    let (bed, entries) = many(settings, MANY).await;
    let deletes = delete(&bed.account, &entries).await;
    let changed = &deletes["changed"];
    assert!(
        matches!(changed, Err(StoreError::Changed(_))),
        "{changed:?}"
    );
    assert_eq!(deletes.values().filter(|end| end.is_ok()).count(), MANY - 1);
    // Only the trial.
    assert_eq!(bed.storage.requests(BATCH), 1);
    assert_eq!(bed.held(&path("changed"))[0].2, "new");
    let trials = bed.storage.holdings("base-container");
    assert!(trials.iter().all(|holding| !holding.blob.contains("trial")));
}

/// What would stay is never written for a trial.
#[tokio::test]
async fn no_trial_is_made_where_nothing_can_be_deleted() {
    let (bed, entries) = many(Settings::default(), MANY).await;
    bed.storage.hold_container("base-container", true);
    let before = bed.storage.mutations().len();
    let deletes = delete(&bed.account, &entries).await;
    assert!(deletes.values().all(Result::is_err));
    assert_eq!(bed.storage.mutations().len(), before);
}

#[tokio::test]
async fn what_soft_delete_keeps_of_a_batch_is_not_called_gone() {
    for page_size_max in [2, 5000] {
        let settings = Settings {
            soft_delete_days: Some(14),
            page_size_max,
            ..Settings::default()
        };
        let (bed, entries) = many(settings, 40).await;
        let deletes = delete(&bed.account, &entries).await;
        let dated = deletes.values();
        let dated = dated.filter(|end| matches!(end, Ok(Deleted::GoneOn(_))));
        assert_eq!(dated.count(), 39, "{deletes:?}");
        assert!(bed.storage.requests(BATCH) > 1);
    }
}

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::TruncateBody(700),
        FaultKind::WrongLength(-40),
        FaultKind::WrongLength(7),
        FaultKind::Status(500, None),
        FaultKind::Status(503, Some(0)),
        FaultKind::Status(403, None),
        FaultKind::StatusAfter(500),
        FaultKind::StatusAfter(503),
        FaultKind::PartsReversed,
        FaultKind::PartMissing,
        FaultKind::PartTwice,
        FaultKind::DuplicatePage,
        FaultKind::Stale(1),
        FaultKind::Stale(5),
    ]
}

/// Deletes many while something goes wrong, and then compares what was said with what is.
async fn check(settings: &Settings, fault: Fault, what: &str) {
    let (bed, entries) = many(settings.clone(), MANY).await;
    let before = bed.storage.mutations().len();
    bed.storage.inject(fault);
    let deletes = delete(&bed.account, &entries).await;
    bed.storage.clear_faults();
    for mutation in &bed.storage.mutations()[before..] {
        let name = mutation.blob.as_str();
        let meant = name.starts_with("many/") || name.starts_with("remit-trial/");
        assert!(meant, "{what}: {mutation}");
    }
    for (name, end) in deletes {
        let held = bed.held(&path(&name));
        match end {
            Ok(Deleted::Gone) => assert_eq!(held, [], "{what}: {name} is called gone"),
            Ok(Deleted::GoneOn(_)) => {
                assert!(held.iter().all(|(_, hidden, _)| *hidden), "{what}: {name}");
            }
            Ok(other) => panic!("{what}: {name}: {other:?}"),
            // What is not a failure says that nothing was done.
            Err(StoreError::Failed { .. }) => {}
            Err(error) => {
                let stands = held.iter().any(|(_, hidden, _)| !hidden);
                assert!(stands, "{what}: {name}: {error:?}, and yet {held:?}");
            }
        }
    }
}

fn accounts() -> [Settings; 3] {
    [
        Settings::default(),
        Settings {
            soft_delete_days: Some(7),
            page_size_max: 20,
            ..Settings::default()
        },
        Settings {
            batch_honours_conditions: false,
            ..Settings::default()
        },
    ]
}

/// Scenes that are played at once, each on an account of its own: most of a scene is waiting.
const AT_ONCE: usize = 8;

/// Plays a scene on each kind of account for each of these faults.
async fn play(faults: Vec<Fault>) {
    let scenes = accounts().into_iter().flat_map(|settings| {
        let with = move |fault: &Fault| (settings.clone(), fault.clone());
        faults.iter().map(with)
    });
    let play = |(settings, fault): (Settings, Fault)| async move {
        let what = format!("{settings:?}, {fault:?}");
        check(&settings, fault, &what).await;
    };
    futures::stream::iter(scenes)
        .for_each_concurrent(AT_ONCE, play)
        .await;
}

#[tokio::test]
async fn one_fault_at_any_request_of_a_batch() {
    let mut faults = Vec::new();
    for kind in kinds() {
        faults.extend((1..=14).map(|nth| Fault {
            at: At::any().nth(nth),
            kind: kind.clone(),
        }));
    }
    // The first batch is the trial.
    for kind in kinds()
        .into_iter()
        .chain([400, 403, 405].map(|it| FaultKind::Status(it, None)))
    {
        let places = [At::any().nth(1), At::any().nth(2), At::any().from_nth(2)];
        faults.extend(places.map(|at| Fault {
            at: at.operation(BATCH),
            kind: kind.clone(),
        }));
    }
    play(faults).await;
}

#[tokio::test]
async fn a_storm_over_batches() {
    let mut faults = Vec::new();
    for kind in kinds() {
        faults.extend([1, 5, 9].map(|nth| Fault {
            at: At::any().from_nth(nth),
            kind: kind.clone(),
        }));
    }
    play(faults).await;
}

/// Single parts that are refused or whose answer is a failure, in batches that are answered.
#[tokio::test]
async fn a_part_that_fails_is_looked_at_by_itself() {
    let mut faults = Vec::new();
    for kind in [
        FaultKind::Status(503, None),
        FaultKind::Status(500, None),
        FaultKind::StatusAfter(500),
        FaultKind::StatusAfter(503),
    ] {
        faults.extend([1, 3, 1000].map(|times| {
            Fault {
                at: At::any()
                    .operation("Blob_Delete")
                    .contains("/00")
                    .times(times),
                kind: kind.clone(),
            }
        }));
    }
    play(faults).await;
}

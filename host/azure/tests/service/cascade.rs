//! A plan that deletes the workspace and all it stands on, applied: in which order, what stops it, and that one
//! that is cut off at any request ends as an undisturbed one does.

use std::sync::Arc;

use remit_apply::{ApplyError, Progress, Standing, apply};
use remit_plan::State;
use remit_policy::{Right, Rights, Strength};
use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use remit_workspace::Pattern;

use crate::bed::Bed;
use crate::planned::{Planned, delete, step};

const BLOB: &str = "/blobs/azureml/x";
const STORAGE: &str = "/resources/storage/practice";
const VAULT: &str = "/resources/vault/kv-practice";
const LOGS: &str = "/resources/logs/log-practice";
const WORKSPACE: &str = "/workspace";
/// What is deleted, in the order in which it goes.
const DELETED: [&str; 8] = [
    BLOB,
    "/models/mail/1",
    LOGS,
    "/resources/insights/ai-practice",
    VAULT,
    "/resources/registry/acrpractice",
    STORAGE,
    WORKSPACE,
];
const HOLD: &str = "version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"/runs/x\"]\nreason = \"audit\"\nwho = \"Ada\"\nwhen = 2026-11-01\n";

async fn deleting(bed: &Bed, paths: &[&str], purge: bool) -> Planned {
    let strength = Strength {
        purge,
        cascade: true,
        cancel: false,
    };
    let mut steps = Vec::new();
    for at in paths {
        let mut step = step(&bed.store, at, delete(strength)).await;
        if !step.kind.is_object() && *at != "/models/mail/1" {
            step.effects.all_below.push(step.path.clone());
        }
        steps.push(step);
    }
    let purging = Strength {
        purge: true,
        ..strength
    };
    let granted = Rights::none().with(Right::Delete, Pattern::everything(), purging);
    Planned::of(&bed.store, steps, granted).await
}

async fn bed() -> Bed {
    let bed = Bed::new(AzureMlSettings {
        looks: 2,
        ..AzureMlSettings::default()
    })
    .await;
    bed.sim.storage().seed_container("azureml");
    bed.sim.storage().seed_blob("azureml", "x", "by Jane");
    bed
}

/// What was deleted or hidden, by name and in order, each once.
fn deleted(bed: &Bed) -> Vec<String> {
    let mut names = Vec::new();
    for change in bed.sim.mutations() {
        let is_delete = change.verb.contains("elete") && change.verb != "Vaults_PurgeDeleted";
        let name = match change.verb {
            "Workspaces_Delete" => "practice".to_owned(),
            _ => change.blob.clone(),
        };
        let is_effect = format!("{:?}", change.effect) != "Changed";
        if is_delete && is_effect && !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn is_purged(bed: &Bed) -> bool {
    let id = bed.sim.arm_id();
    bed.sim.record(&id).is_none() && !bed.sim.is_soft_deleted(&id)
}

/// Whether each ended as it should: for good, but for what nobody can purge.
fn check_done(planned: &Planned, progress: &Progress, purge: bool, what: &str) {
    assert!(progress.finished, "{what}");
    for at in DELETED {
        let is_kept = match at {
            STORAGE => true,
            LOGS | VAULT | WORKSPACE => !purge,
            _ => false,
        };
        let standing = planned.standing(progress, at);
        let is_right = match &standing {
            Standing::Ended(State::GoneOn(_)) => is_kept,
            Standing::Ended(State::Gone) => !is_kept,
            _ => false,
        };
        assert!(is_right, "{what}: {at}: {standing:?}");
    }
}

#[tokio::test]
async fn everything_goes_in_an_order_in_which_it_can_be_found() {
    for purge in [false, true] {
        let bed = bed().await;
        let planned = deleting(&bed, &DELETED, purge).await;
        let progress = planned.apply(bed.again()).await.unwrap();
        check_done(&planned, &progress, purge, "undisturbed");
        let names = deleted(&bed);
        let place = |name: &str| names.iter().position(|one| one == name);
        let order = ["log-practice", "ai-practice", "kv-practice", "acrpractice"];
        let places: Vec<Option<usize>> = order.into_iter().map(place).collect();
        assert!(places.is_sorted() && places[0] > place("x"), "{names:?}");
        assert_eq!(is_purged(&bed), purge);
        // What can be said afterwards is said, and nothing is called broken.
        let found = planned.verify(&bed, &progress).await;
        assert!(found.holds() && found.is_without_workspace, "{found:?}");
        let unseen = DELETED.len() as u64;
        assert_eq!(
            (found.unseen, found.hidden),
            match purge {
                true => (unseen, 0),
                false => (unseen - 1, 1),
            }
        );
        assert!(!found.is_whole());
    }
}

/// Stopped at a request and cut off from then on; then applied again by somebody who has only the case.
/// Whether it was stopped at all.
async fn stopped_at(at: At, kind: FaultKind, purge: bool, what: &str) -> bool {
    let bed = bed().await;
    let planned = deleting(&bed, &DELETED, purge).await;
    bed.sim.inject(Fault { at, kind });
    let first = planned.apply(bed.again()).await;
    bed.sim.clear_faults();
    let progress = planned.apply(bed.again()).await;
    let progress = progress.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    check_done(&planned, &progress, purge, what);
    assert_eq!(is_purged(&bed), purge, "{what}");
    !matches!(first, Ok(progress) if progress.finished)
}

/// Requests between two that are tried: those that change something are all tried, by another test.
const STEP: usize = 9;

async fn check(kind: FaultKind, purge: bool) {
    let mut cuts = 0;
    for nth in (1..).step_by(STEP) {
        let what = format!("cut off from request {nth} on ({kind:?}, purge {purge})");
        let at = At::any().from_nth(nth);
        match stopped_at(at, kind.clone(), purge, &what).await {
            true => cuts += 1,
            false => break,
        }
    }
    assert!(cuts > 15, "it was cut off only {cuts} times");
}

#[tokio::test]
async fn cut_off_before_a_request_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetBefore, true).await;
}

#[tokio::test]
async fn cut_off_after_a_request_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetAfter, true).await;
}

#[tokio::test]
async fn cut_off_after_a_request_of_a_soft_delete_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetAfter, false).await;
}

/// Each request that deletes or purges, and each that asks how far one is: never sent, or never answered.
#[tokio::test]
async fn stopped_around_whatever_changes_something_it_ends_as_if_undisturbed() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter] {
        for (operation, fewest) in [
            ("LogAnalytics_Delete", 1),
            ("Components_Delete", 1),
            ("Vaults_Delete", 1),
            ("Vaults_PurgeDeleted", 1),
            ("Registries_Delete", 1),
            ("StorageAccounts_Delete", 1),
            ("Workspaces_Delete", 2),
            ("Operations_Result", 3),
        ] {
            let mut cuts = 0;
            for nth in 1..=fewest {
                let what = format!("stopped at {operation} {nth} ({kind:?})");
                let at = At::any().operation(operation).from_nth(nth);
                cuts += u64::from(stopped_at(at, kind.clone(), true, &what).await);
            }
            // An answer that is lost may be made up for at once.
            let is_stop = kind == FaultKind::ResetBefore;
            assert!(!is_stop || cuts == fewest, "{operation}: only {cuts}");
        }
    }
}

#[tokio::test]
async fn a_lock_on_one_of_them_stops_all_before_anything_is_touched() {
    let bed = bed().await;
    let planned = deleting(&bed, &DELETED, true).await;
    let storage = bed.text(STORAGE).await;
    let storage: serde_json::Value = serde_json::from_str(&storage).unwrap();
    let id = storage["id"].as_str().unwrap();
    bed.sim.seed_lock(id, "keep", "CanNotDelete");
    let refused = planned.apply(bed.again()).await.unwrap_err();
    let said = refused.to_string();
    let expect =
        "/resources/storage/practice: held by the management lock keep (CanNotDelete) on practice";
    assert!(
        matches!(refused, ApplyError::Cascade(_)) && said.contains(expect),
        "{said}"
    );
    assert_eq!(bed.changes(), [""; 0]);
}

/// The vault's own service refuses: what comes after it stays, the workspace above all, and a later apply ends it.
#[tokio::test]
async fn what_fails_keeps_all_after_it() {
    let bed = bed().await;
    let planned = deleting(&bed, &DELETED, true).await;
    bed.goes_wrong("Vaults_Delete", FaultKind::Status(409, None));
    let progress = planned.apply(bed.again()).await.unwrap();
    let standing = planned.standing(&progress, VAULT);
    assert!(
        matches!(standing, Standing::Ended(State::Failed(_))),
        "{standing:?}"
    );
    for at in ["/resources/registry/acrpractice", STORAGE, WORKSPACE] {
        assert_eq!(planned.standing(&progress, at), Standing::Open, "{at}");
    }
    assert!(bed.sim.record(&bed.sim.arm_id()).is_some());
    bed.sim.clear_faults();
    let progress = planned.apply(bed.again()).await.unwrap();
    check_done(&planned, &progress, true, "tried again");
}

/// A hold that came while the rest was done: it lies in the account, and keeps it.
#[tokio::test]
async fn a_hold_that_came_last_keeps_the_account_it_lies_in() {
    let bed = bed().await;
    let planned = deleting(&bed, &DELETED, true).await;
    let bed = Arc::new(bed);
    let (watched, strides) = (bed.clone(), std::sync::atomic::AtomicU64::new(0));
    let (admitted, mut setup) = planned.admit(bed.again()).await.unwrap();
    setup.watch = Box::new(move |_| {
        // Blob and model, logs, insights, vault, registry: a stride each.
        if strides.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 4 {
            watched.sim.storage().seed_container("remit");
            watched.sim.storage().seed_blob("remit", "holds.toml", HOLD);
        }
    });
    let progress = apply(admitted, &setup).await.unwrap();
    let standing = planned.standing(&progress, STORAGE);
    assert_eq!(standing, Standing::Ended(State::Held("hold CASE-7".into())));
    let standing = planned.standing(&progress, WORKSPACE);
    assert!(
        matches!(standing, Standing::Ended(State::Skipped(_))),
        "{standing:?}"
    );
    assert!(!bed.sim.storage().holdings("remit").is_empty());
    assert!(bed.sim.record(&bed.sim.arm_id()).is_some());
}

/// Nothing but the management plane's word, and the journal's, says that a policy is gone.
#[tokio::test]
async fn a_policy_that_cannot_be_read_is_not_gone() {
    let bed = bed().await;
    let planned = deleting(&bed, &DELETED, true).await;
    // Somebody deleted the account before the plan was begun.
    let id = bed.text(STORAGE).await;
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let id = id["id"].as_str().unwrap().to_owned();
    let another = deleting(&bed, &[STORAGE, WORKSPACE], true).await;
    bed.goes_wrong("Workspaces_Delete", FaultKind::Status(409, None));
    let progress = another.apply(bed.again()).await.unwrap();
    assert!(!progress.finished && bed.sim.record(&id).is_none());
    bed.sim.clear_faults();
    let refused = planned.apply(bed.again()).await;
    assert!(matches!(refused, Err(ApplyError::Store(_))), "{refused:?}");
    // Whose plan it was goes on, but not where the management plane cannot be heard.
    bed.goes_wrong(
        "StorageAccounts_GetProperties",
        FaultKind::Status(403, None),
    );
    let refused = another.apply(bed.again()).await;
    assert!(matches!(refused, Err(ApplyError::Store(_))), "{refused:?}");
    bed.sim.clear_faults();
    assert!(another.apply(bed.again()).await.unwrap().finished);
    assert!(is_purged(&bed));
}

/// A policy that allows it, and a hold list with nothing in it: both go with the account, and what is left is ended
/// without them.
#[tokio::test]
async fn a_policy_that_allows_it_goes_with_its_account() {
    let bed = bed().await;
    let bounds =
        "version = 1\n[bounds]\ndelete = { paths = [\"/**\"], purge = true, cascade = true }\n";
    bed.sim.storage().seed_container("remit");
    bed.sim.storage().seed_blob("remit", "policy.toml", bounds);
    bed.sim
        .storage()
        .seed_blob("remit", "holds.toml", "version = 1\n");
    let planned = deleting(&bed, &DELETED, true).await;
    bed.goes_wrong("Workspaces_Delete", FaultKind::Status(409, None));
    let progress = planned.apply(bed.again()).await.unwrap();
    let standing = planned.standing(&progress, STORAGE);
    assert!(
        matches!(standing, Standing::Ended(State::GoneOn(_))),
        "{standing:?}"
    );
    assert!(!progress.finished);
    bed.sim.clear_faults();
    let progress = planned.apply(bed.again()).await.unwrap();
    check_done(&planned, &progress, true, "without its policy");
    assert!(is_purged(&bed));
}

/// Absent when the plan was made, and then present: the plan was made under another policy.
#[tokio::test]
async fn a_policy_that_changed_keeps_the_account() {
    let bed = bed().await;
    let planned = deleting(&bed, &[STORAGE, WORKSPACE], true).await;
    let (admitted, setup) = planned.admit(bed.again()).await.unwrap();
    bed.sim.storage().seed_container("remit");
    let bounds = "version = 1\n[bounds]\ndelete = [\"/runs/**\"]\n";
    bed.sim.storage().seed_blob("remit", "policy.toml", bounds);
    let refused = apply(admitted, &setup).await;
    assert!(
        matches!(refused, Err(ApplyError::PolicyChanged)),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
}

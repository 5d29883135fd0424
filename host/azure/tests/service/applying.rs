//! A plan over a workspace, applied: cut off from the service at any request there is, a second apply ends
//! where an undisturbed one does, and bytes go before the record that they belong to.

use remit_apply::{Progress, Standing};
use remit_plan::{Act, Plan, State};
use remit_policy::Strength;
use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use serde_json::json;

use crate::bed::{Bed, document, every_right, path};
use crate::planned::{Planned, delete, step};

const LOG: &str = "/blobs/azureml/ExperimentRun/dcid.first/logs/a.txt";
/// What is deleted, parts first.
const DELETED: [&str; 5] = [
    CANCELLED,
    LOG,
    "/runs/first/metrics",
    "/runs/first",
    "/computes/cluster",
];
const ARCHIVED: &str = "/models/mail/1";
/// Goes on, and is cancelled first.
const CANCELLED: &str = "/runs/going-on";

async fn plan_of(bed: &Bed, deleted: &[&str], archived: &[&str]) -> Planned {
    let mut steps = Vec::new();
    for at in deleted {
        let act = delete(Strength {
            cancel: *at == CANCELLED,
            ..Strength::default()
        });
        let mut step = step(&bed.store, at, act).await;
        if [LOG, "/runs/first/metrics"].contains(at) {
            step.part_of = Some(path("/runs/first"));
        }
        steps.push(step);
    }
    for at in archived {
        steps.push(step(&bed.store, at, Act::Archive {}).await);
    }
    let granted = every_right(Strength {
        cancel: true,
        ..Strength::default()
    });
    Planned::of(&bed.store, steps, granted).await
}

async fn bed() -> Bed {
    let settings = AzureMlSettings {
        looks: 3,
        // The planner's own order is what takes the bytes away, not the service's.
        job_delete_takes_blobs: false,
        ..AzureMlSettings::default()
    };
    let bed = Bed::new(settings).await;
    bed.sim.storage().seed_container("azureml");
    bed.sim
        .storage()
        .seed_blob("azureml", "ExperimentRun/dcid.first/logs/a.txt", "by Jane");
    let mut run = document(CANCELLED);
    run["status"] = json!("Running");
    bed.sim.seed_record(CANCELLED, run);
    bed
}

/// Whether the bytes of the run are there.
fn has_bytes(bed: &Bed) -> bool {
    !bed.sim.storage().holdings("azureml").is_empty()
}

fn check_done(bed: &Bed, progress: &Progress, plan: &Plan, at: &str) {
    assert!(progress.finished, "{at}");
    for step in plan.steps() {
        let step = step.unwrap();
        let expect = match step.act {
            Act::Archive {} => State::Done,
            _ => State::Gone,
        };
        let standing = progress.standing(step.number);
        assert_eq!(
            standing,
            Some(Standing::Ended(expect)),
            "{at}: {}",
            step.path
        );
    }
    for record in [
        CANCELLED,
        "/runs/first",
        "/runs/first/metrics",
        "/computes/cluster",
    ] {
        assert_eq!(bed.sim.record(record), None, "{at}: {record}");
    }
    assert!(!has_bytes(bed), "{at}");
    assert_eq!(
        bed.sim.record(ARCHIVED).unwrap()["properties"]["isArchived"],
        true,
        "{at}"
    );
}

/// Whether nothing but the service's own time stands between this and the end.
fn is_undisturbed(progress: &Progress, plan: &Plan) -> bool {
    plan.steps().all(|step| {
        let number = step.unwrap().number;
        match progress.standing(number) {
            Some(Standing::Ended(_)) => progress.succeeded(number),
            standing => standing.is_some(),
        }
    })
}

async fn check(kind: FaultKind, waits: bool) {
    let mut cuts = 0;
    for nth in 1.. {
        let bed = bed().await;
        let planned = plan_of(&bed, &DELETED, &[ARCHIVED]).await;
        let at = At::any().from_nth(nth);
        bed.sim.inject(Fault {
            at,
            kind: kind.clone(),
        });
        let what = format!("cut off from request {nth} on ({kind:?})");
        let first = planned.apply(match waits {
            true => bed.again(),
            false => bed.without_waiting(),
        });
        let first = first.await;
        if bed.sim.record("/runs/first").is_none() {
            assert!(!has_bytes(&bed), "{what}: bytes without their record");
        }
        bed.sim.clear_faults();
        let progress = planned.apply(bed.again()).await.unwrap();
        check_done(&bed, &progress, &planned.open(), &what);
        let verification = planned.verify(&bed, &progress).await;
        assert!(verification.holds(), "{what}: {verification:?}");
        match first {
            Ok(progress) if is_undisturbed(&progress, &planned.open()) => {
                assert_eq!(progress.finished, waits, "{what}");
                break;
            }
            _ => cuts += 1,
        }
    }
    assert!(cuts > 20, "it was cut off only {cuts} times");
}

#[tokio::test]
async fn cut_off_before_any_request_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetBefore, true).await;
}

#[tokio::test]
async fn cut_off_after_any_request_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetAfter, true).await;
}

#[tokio::test]
async fn cut_off_without_waiting_it_ends_as_if_undisturbed() {
    check(FaultKind::ResetBefore, false).await;
    check(FaultKind::ResetAfter, false).await;
}

/// What is under way has no end in the journal, and what is ordered after it is not begun.
#[tokio::test]
async fn what_comes_after_a_delete_that_is_under_way_is_not_begun() {
    let bed = bed().await;
    let under_way = ["/runs/first", CANCELLED, "/computes/cluster"];
    let after = "/experiments/churn";
    let names = [&under_way[..], &[after]].concat();
    let planned = plan_of(&bed, &names, &[]).await;
    let progress = planned.apply(bed.without_waiting()).await.unwrap();
    for at in under_way {
        assert_eq!(planned.standing(&progress, at), Standing::Begun, "{at}");
    }
    assert_eq!(planned.standing(&progress, after), Standing::Open);
    assert!(!progress.finished);
    assert_eq!(bed.sim.requests("Experiments_Delete"), 0);
    let progress = planned.apply(bed.again()).await.unwrap();
    for at in names {
        let standing = planned.standing(&progress, at);
        assert_eq!(standing, Standing::Ended(State::Gone), "{at}");
    }
    assert!(progress.finished);
}

//! A plan over a workspace, applied: cut off from the service at any request there is, a second apply ends
//! where an undisturbed one does, and bytes go before the record that they belong to.

use std::sync::Arc;

use remit_apply::{Durable, Progress, Setup, Standing, Stop, admit, apply, policy_pin, verify};
use remit_azure::Workspace;
use remit_plan::{About, Act, Case, Draft, Plan, State, Step};
use remit_policy::{Authority, Policy, Right, Rights, Strength};
use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use remit_workspace::{Pattern, Store as _};
use serde_json::json;

use crate::bed::{Bed, document, path};

const CREATED: i64 = 1_790_000_000_000;
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

struct Planned {
    folder: tempfile::TempDir,
}

fn authority() -> Authority {
    let rights = Right::ALL
        .into_iter()
        .fold(Rights::none(), |rights, right| {
            let strength = Strength {
                cancel: true,
                ..Strength::default()
            };
            rights.with(right, Pattern::everything(), strength)
        });
    Authority::for_operator(rights, Policy::absent())
}

impl Planned {
    async fn of(store: &Workspace) -> Self {
        Self::deleting(store, &DELETED, &[ARCHIVED]).await
    }

    async fn deleting(store: &Workspace, deleted: &[&str], archived: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("a.case")).unwrap();
        let mut draft = Draft::new(case).unwrap();
        let delete = |cancel_first: bool| Act::Delete {
            purge: false,
            cancel_first,
            detach: false,
            forecast: State::Gone,
        };
        for name in deleted.iter().chain(archived) {
            let act = match archived.contains(name) {
                true => Act::Archive {},
                false => delete(*name == CANCELLED),
            };
            let entry = store.stat(&path(name)).await.unwrap();
            let version = store.pin(&entry).await.unwrap();
            let guard = store.guard(&entry.path);
            let mut step = Step::propose(&entry, version, guard, act, "a test");
            if [LOG, "/runs/first/metrics"].contains(name) {
                step.part_of = Some(path("/runs/first"));
            }
            draft.propose(&step).unwrap();
        }
        let about = About {
            workspace: store.identity().into(),
            guest: "operator (test)".into(),
            policy: policy_pin(store).await.unwrap(),
            created: CREATED,
            expires: CREATED + 1000,
        };
        draft.settle().unwrap().seal(about).unwrap();
        Self { folder }
    }

    fn open(&self) -> Plan {
        Plan::open(Case::open(&self.folder.path().join("a.case")).unwrap()).unwrap()
    }

    async fn apply(&self, store: Workspace) -> Result<Progress, remit_apply::ApplyError> {
        let admitted = admit(self.open(), &store, &authority(), CREATED).await?;
        let setup = Setup {
            store: Arc::new(store),
            authority: authority(),
            append: Arc::new(Durable),
            clock: Arc::new(|| CREATED),
            in_flight: 2,
            deletes_in_flight: 2,
            stop: Stop::default(),
            watch: Box::new(|_| ()),
        };
        apply(admitted, &setup).await
    }
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
        let planned = Planned::of(&bed.store).await;
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
        let verification = verify(&planned.open(), &progress, &bed.again())
            .await
            .unwrap();
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
    let names = [
        "/runs/first",
        CANCELLED,
        "/computes/cluster",
        "/experiments/churn",
    ];
    let planned = Planned::deleting(&bed.store, &names, &[]).await;
    let standings = |progress: &Progress| {
        let steps = planned.open().steps().map(Result::unwrap);
        let stands = |step: Step| {
            (
                step.path.to_string(),
                progress.standing(step.number).unwrap(),
            )
        };
        steps.into_iter().map(stands).collect::<Vec<_>>()
    };
    let progress = planned.apply(bed.without_waiting()).await.unwrap();
    for (at, standing) in standings(&progress) {
        let expect = match at.as_str() {
            "/experiments/churn" => Standing::Open,
            _ => Standing::Begun,
        };
        assert_eq!(standing, expect, "{at}");
    }
    assert!(!progress.finished);
    assert_eq!(bed.sim.requests("Experiments_Delete"), 0);
    let progress = planned.apply(bed.again()).await.unwrap();
    for (at, standing) in standings(&progress) {
        assert_eq!(standing, Standing::Ended(State::Gone), "{at}");
    }
    assert!(progress.finished);
}

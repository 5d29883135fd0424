//! Rows of telemetry: named, purged together, and gone when the service says so.

use remit_apply::{Deleted, Progress, Standing, StoreMut as _};
use remit_plan::State;
use remit_policy::{Act, Strength};
use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Forecast, Guard, Store as _, StoreError};
use serde_json::{Value, json};

use crate::bed::{Bed, every_right, path, permit};
use crate::planned::{Planned, delete, step};

const PURGE: Strength = Strength {
    purge: true,
    cascade: false,
    cancel: false,
};
const JANE: &str = "/telemetry/ai-practice/AppTraces/UserId/jane";
const JOE: &str = "/telemetry/ai-practice/AppTraces/UserId/joe";

/// Ids of what the workspace depends on.
fn id(bed: &Bed, kind: &str, name: &str) -> String {
    let id = bed.sim.arm_id();
    let group = id.split("/providers/").next().unwrap();
    format!("{group}/providers/{kind}/{name}")
}

fn insights(bed: &Bed) -> String {
    id(bed, "Microsoft.Insights/components", "ai-practice")
}

fn logs(bed: &Bed) -> String {
    id(
        bed,
        "Microsoft.OperationalInsights/workspaces",
        "log-practice",
    )
}

/// A component whose rows lie in it.
fn make_classic(bed: &Bed) {
    let mut component = bed.sim.record(&insights(bed)).unwrap();
    let properties = component["properties"].as_object_mut().unwrap();
    properties.remove("WorkspaceResourceId").unwrap();
    bed.sim.seed_resource(&insights(bed), component);
}

/// Rows of three people, and one of jane in another application whose rows lie there too.
async fn bed(settings: AzureMlSettings) -> Bed {
    let bed = Bed::new(settings).await;
    let row = |user: &str, resource: &str| json!({"UserId": user, "_ResourceId": resource});
    // The service writes ids in lower case.
    let own = insights(&bed).to_lowercase();
    let rows = [
        row("jane", &own),
        row("joe", &own),
        row("jane", &bed.sim.arm_id()),
        row("ada", &own),
        row(
            "jane",
            "/subscriptions/1/providers/Microsoft.Insights/components/elsewhere",
        ),
    ];
    bed.sim.seed_rows(&logs(&bed), "AppTraces", rows);
    bed
}

/// Users of the rows that are left.
fn left(bed: &Bed) -> Vec<String> {
    let rows = bed.sim.rows(&logs(bed), "AppTraces").into_iter();
    rows.map(|row| row["UserId"].as_str().unwrap().to_owned())
        .collect()
}

fn bodies(bed: &Bed) -> Vec<Value> {
    bed.sim.purges().into_iter().map(|(_, body)| body).collect()
}

/// A plan that purges.
async fn purging(bed: &Bed, paths: &[&str]) -> Planned {
    let mut steps = Vec::new();
    for at in paths {
        steps.push(step(&bed.store, at, delete(PURGE)).await);
    }
    Planned::of(&bed.store, steps, every_right(PURGE)).await
}

fn states(progress: &Progress) -> Vec<State> {
    let standings = (1..).map_while(|step| progress.standing(step));
    standings
        .map(|standing| match standing {
            Standing::Ended(state) => state,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn rows_are_named_and_never_counted() {
    let bed = bed(AzureMlSettings::default()).await;
    // Where only the table is left open, the rows of each usual one.
    let rows = bed.paths("/telemetry/*/*/UserId/jane").await;
    assert_eq!(rows.len(), 10, "{rows:?}");
    assert!(rows.contains(&JANE.to_owned()));
    assert_eq!(
        bed.paths("/telemetry/ai-practice/AppTraces/*/*").await,
        [""; 0]
    );
    assert_eq!(bed.paths(JANE).await, [JANE]);
    // Another table has rows too, and is not listed.
    let other = "/telemetry/ai-practice/Mine_CL/customDimensions.user/jane";
    assert_eq!(bed.paths(other).await, [other]);
    for absent in [
        "/telemetry/ai-practice/Mine_CL",
        "/telemetry/absent/AppTraces",
        "/telemetry/absent/AppTraces/UserId/jane",
        "/telemetry/AI-PRACTICE/AppTraces",
        "/telemetry/ai-practice/AppTraces/UserId/",
    ] {
        let found = bed.store.stat(&path(absent)).await;
        assert!(
            matches!(found, Err(StoreError::NotFound(_))),
            "{absent}: {found:?}"
        );
    }
    // What a listing does not show is a gap, a plan's reader is told who reaches the rest.
    let (_, gaps) = bed.list("/telemetry/**").await.unwrap();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].reason.contains("privacy portal"), "{gaps:?}");
    assert!(bed.store.beyond(&path(JANE)).is_some());
    assert!(bed.store.beyond(&path("/runs/first")).is_none());
    assert_eq!(bed.store.guard(&path(JANE)), Guard::Checked);
    make_classic(&bed);
    let tables = bed.paths("/telemetry/*/*").await;
    assert!(
        tables.contains(&"/telemetry/ai-practice/traces".to_owned()),
        "{tables:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_listed_now_is_no_empty_telemetry() {
    for status in [403, 500] {
        let bed = bed(AzureMlSettings::default()).await;
        bed.goes_wrong("Components_Get", FaultKind::Status(status, None));
        match bed.list("/telemetry/*/*").await {
            Ok((entries, gaps)) => {
                assert_eq!((status, entries.len()), (403, 0));
                assert!(
                    gaps.iter().any(|gap| gap.reason.contains("permission")),
                    "{gaps:?}"
                );
            }
            Err(error) => assert_eq!(status, 500, "{error:?}"),
        }
    }
}

#[tokio::test]
async fn rows_go_with_purge_alone_and_tables_never() {
    let bed = bed(AzureMlSettings::default()).await;
    let entry = bed.stat(JANE).await;
    for (purge, expect) in [(true, true), (false, false)] {
        let forecast = bed.store.forecast(&entry, purge).await;
        assert_eq!(
            matches!(forecast, Forecast::GoneOn(_)),
            expect,
            "{forecast:?}"
        );
    }
    let table = bed.stat("/telemetry/ai-practice/AppTraces").await;
    let forecast = bed.store.forecast(&table, true).await;
    assert!(
        matches!(&forecast, Forecast::Impossible(why) if why.contains("COLUMN")),
        "{forecast:?}"
    );
    // The permit of a test that has every right, for a delete without purge.
    let plain = permit(Act::Delete(Strength::default()), &entry.path);
    let refused = bed.store.delete(&plain, &entry.version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    let whole = permit(Act::Delete(PURGE), &table.path);
    let refused = bed.store.delete(&whole, &table.version).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(bodies(&bed), [Value::Null; 0]);
}

#[tokio::test]
async fn many_identities_go_in_one_request_and_nobody_elses_rows() {
    let bed = bed(AzureMlSettings::default()).await;
    let planned = purging(&bed, &[JANE, JOE]).await;
    let progress = planned.apply(bed.again()).await.unwrap();
    assert_eq!(states(&progress), [State::Gone, State::Gone]);
    assert_eq!(left(&bed), ["ada", "jane"], "of another application");
    let bodies = bodies(&bed);
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["filters"][0]["value"], json!(["jane", "joe"]));
    let verification = planned.verify(&bed, &progress).await;
    assert!(verification.holds(), "{verification:?}");
    assert_eq!(verification.purged, 2);
}

#[tokio::test]
async fn a_classic_component_is_purged_itself() {
    let bed = bed(AzureMlSettings::default()).await;
    make_classic(&bed);
    let at = "/telemetry/ai-practice/customEvents/customDimensions.user/jane";
    let rows = ["jane", "joe"].map(|user| json!({"customDimensions": {"user": user}}));
    bed.sim.seed_rows(&insights(&bed), "customEvents", rows);
    let entry = bed.stat(at).await;
    let permit = permit(Act::Delete(PURGE), &entry.path);
    let deleted = bed.store.delete(&permit, &entry.version).await;
    assert!(
        matches!(
            deleted,
            Ok(Deleted::Purging {
                has_ended: true,
                ..
            })
        ),
        "{deleted:?}"
    );
    let left = bed.sim.rows(&insights(&bed), "customEvents");
    assert_eq!(left, [json!({"customDimensions": {"user": "joe"}})]);
    assert!(bed.sim.purges()[0].0.ends_with("/components/ai-practice"));
}

/// The simulator's hour has a second.
#[tokio::test]
async fn what_the_service_takes_no_more_of_is_asked_for_when_it_says() {
    let bed = bed(AzureMlSettings {
        purges_an_hour: 1,
        purge_hour_seconds: 1,
        ..AzureMlSettings::default()
    })
    .await;
    let other = "/telemetry/ai-practice/AppTraces/SessionId/7";
    let planned = purging(&bed, &[JANE, other]).await;
    let progress = planned.apply(bed.again()).await.unwrap();
    assert_eq!(states(&progress), [State::Gone, State::Gone]);
    assert_eq!(bodies(&bed).len(), 2, "one was put off");
}

#[tokio::test]
async fn what_the_service_has_not_done_yet_is_asked_about_later() {
    let bed = bed(AzureMlSettings {
        looks: 40,
        ..AzureMlSettings::default()
    })
    .await;
    let planned = purging(&bed, &[JANE]).await;
    let progress = planned.apply(bed.again()).await.unwrap();
    assert!(
        matches!(&states(&progress)[..], [State::GoneOn(_)]),
        "{progress:?}"
    );
    assert_eq!(left(&bed).len(), 5, "nothing is called gone before it is");
    let verification = planned.verify(&bed, &progress).await;
    assert_eq!((verification.hidden, verification.purged), (1, 0));
    let mut looks = 0;
    loop {
        let verification = planned.verify(&bed, &progress).await;
        assert!(verification.holds(), "{verification:?}");
        if verification.purged == 1 {
            break;
        }
        looks += 1;
        assert!(looks < 40);
    }
    assert_eq!(left(&bed), ["joe", "ada", "jane"]);
    // An operation that the service forgot proves nothing.
    bed.goes_wrong(
        "WorkspacePurge_GetPurgeStatus",
        FaultKind::Status(404, None),
    );
    let verification = planned.verify(&bed, &progress).await;
    assert_eq!((verification.broken, verification.purged), (1, 0));
}

#[tokio::test]
async fn stopped_before_the_end_was_seen_it_is_asked_for_again() {
    let bed = bed(AzureMlSettings::default()).await;
    let planned = purging(&bed, &[JANE, JOE]).await;
    bed.sim.set(|settings| settings.looks = 1_000_000);
    let asked = async {
        while bodies(&bed).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = planned.apply(bed.again()) => panic!("{ended:?}"),
        () = asked => {}
    }
    bed.sim.set(|settings| settings.looks = 2);
    let progress = planned.apply(bed.again()).await.unwrap();
    assert_eq!(states(&progress), [State::Gone, State::Gone]);
    assert_eq!(left(&bed), ["ada", "jane"]);
    assert_eq!(bodies(&bed).len(), 2);
    assert!(planned.verify(&bed, &progress).await.holds());
}

#[tokio::test]
async fn rows_of_a_component_that_is_another_now_stay() {
    let bed = bed(AzureMlSettings::default()).await;
    let planned = purging(&bed, &[JANE]).await;
    make_classic(&bed);
    let progress = planned.apply(bed.again()).await.unwrap();
    assert!(
        matches!(&states(&progress)[..], [State::Skipped(why)] if why.contains("changed")),
        "{progress:?}"
    );
    assert_eq!(bodies(&bed), [Value::Null; 0]);
}

/// Where its rows lie, only the component says: without it nobody may call them gone.
#[tokio::test]
async fn rows_of_a_component_that_went_are_not_called_gone() {
    let bed = bed(AzureMlSettings::default()).await;
    let entry = bed.stat(JANE).await;
    let component = bed.stat("/resources/insights/ai-practice").await;
    let strength = Strength {
        cascade: true,
        ..PURGE
    };
    let delete = permit(Act::Delete(strength), &component.path);
    bed.store.delete(&delete, &component.version).await.unwrap();
    let kept = listed(bed.again().generations(&entry.path)).await.unwrap();
    assert_eq!(kept.1.len(), 1, "{kept:?}");
}

async fn check(kind: FaultKind) {
    let mut cuts = 0;
    for nth in 1.. {
        let bed = bed(AzureMlSettings::default()).await;
        let planned = purging(&bed, &[JANE, JOE]).await;
        let at = At::any().from_nth(nth);
        let kind = kind.clone();
        bed.sim.inject(Fault { at, kind });
        let first = planned.apply(bed.again()).await;
        let what = format!("cut off from request {nth} on: {first:?}");
        if let Ok(progress) = &first
            && (1..=2).any(|step| progress.standing(step) == Some(Standing::Ended(State::Gone)))
        {
            assert_eq!(left(&bed), ["ada", "jane"], "{what}");
        }
        bed.sim.clear_faults();
        let progress = planned.apply(bed.again()).await.unwrap();
        assert!(progress.finished, "{what}");
        // What was asked for and not seen to its end may have ended since.
        while planned.verify(&bed, &progress).await.hidden > 0 {}
        let verification = planned.verify(&bed, &progress).await;
        assert!(verification.holds(), "{what}: {verification:?}");
        assert_eq!(verification.purged, 2, "{what}");
        assert_eq!(left(&bed), ["ada", "jane"], "{what}");
        match first {
            Ok(progress) if states_are_gone(&progress) => break,
            _ => cuts += 1,
        }
    }
    assert!(cuts > 5, "it was cut off only {cuts} times");
}

fn states_are_gone(progress: &Progress) -> bool {
    progress.finished
        && (1..=2).all(|step| progress.standing(step) == Some(Standing::Ended(State::Gone)))
}

#[tokio::test]
async fn cut_off_before_any_request_rows_are_gone_in_the_end() {
    check(FaultKind::ResetBefore).await;
}

#[tokio::test]
async fn cut_off_after_any_request_rows_are_gone_in_the_end() {
    check(FaultKind::ResetAfter).await;
}

//! What goes wrong goes wrong as it was asked, and the log tells what was done.

use remit_sim::{At, AzureMlSettings, Fault, FaultKind, Service};
use serde_json::json;

use crate::bed::Bed;

fn inject(bed: &Bed, at: At, kind: FaultKind) {
    bed.sim.inject(Fault { at, kind });
}

async fn paged() -> Bed {
    Bed::with(AzureMlSettings {
        page_size_max: 1,
        ..AzureMlSettings::default()
    })
    .await
}

#[tokio::test]
async fn storms_pass_and_say_when_to_come_again() {
    let bed = Bed::new().await;
    inject(
        &bed,
        At::any().service(Service::Management).times(1),
        FaultKind::Status(429, Some(17)),
    );
    let busy = bed.get("/jobs").await;
    assert_eq!(busy.refusal(), (429, "TooManyRequests".into()));
    assert_eq!(busy.header("retry-after"), "17");
    assert_eq!(bed.get("/jobs").await.status, 200);
    inject(
        &bed,
        At::any().operation("Runs_Get"),
        FaultKind::Status(503, None),
    );
    let run = bed.of("history/v1.0", "/experiments/churn/runs/churn-000000");
    assert_eq!(bed.ask("GET", &run, None).await.status, 503);
    bed.sim.clear_faults();
    assert_eq!(bed.ask("GET", &run, None).await.status, 200);
}

#[tokio::test]
async fn an_answer_is_lost_before_or_after_the_act() {
    let bed = Bed::new().await;
    let one = bed.at("/models/churn-model/versions/1");
    let delete = At::any().operation("ModelVersions_Delete");
    inject(&bed, delete.clone().nth(1), FaultKind::ResetBefore);
    inject(&bed, delete.nth(2), FaultKind::ResetAfter);
    assert!(bed.send("DELETE", &one, None).await.is_err());
    assert!(bed.changes().is_empty());
    assert!(bed.send("DELETE", &one, None).await.is_err());
    assert_eq!(
        bed.changes(),
        ["ModelVersions_Delete Removed models/churn-model/1"]
    );
    assert_eq!(bed.ask("DELETE", &one, None).await.status, 204);
    inject(
        &bed,
        At::any().operation("Jobs_Delete"),
        FaultKind::StatusAfter(500),
    );
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 500);
    bed.sim.settle();
    assert!(bed.sim.record("runs/churn-000000").is_none());
}

#[tokio::test]
async fn an_operation_fails_half_way() {
    let bed = Bed::new().await;
    inject(
        &bed,
        At::any().operation("Jobs_Delete").nth(1),
        FaultKind::FailsHalfWay,
    );
    let started = bed.delete("/jobs/churn-000000").await;
    assert_eq!(bed.awaited(started).await.refusal().0, 500);
    // Half of its bytes are gone, and the record is still there to try again.
    assert_eq!(bed.blobs("ExperimentRun/dcid.churn-000000/").len(), 1);
    assert!(bed.sim.record("runs/churn-000000").is_some());
    let started = bed.delete("/jobs/churn-000000").await;
    assert_eq!(bed.awaited(started).await.status, 200);

    inject(
        &bed,
        At::any().operation("Compute_Delete"),
        FaultKind::FailsHalfWay,
    );
    let started = bed
        .delete("/computes/cluster?underlyingResourceAction=Delete")
        .await;
    let place = started.header("azure-asyncoperation").to_owned();
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["status"],
        "InProgress"
    );
    let failed = bed.ask("GET", &place, None).await.json();
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("Failed"), &json!("InternalServerError"))
    );
    let shown = bed.get("/computes/cluster").await.json();
    assert_eq!(shown["properties"]["provisioningState"], "Failed");

    inject(
        &bed,
        At::any().operation("OnlineEndpoints_Delete"),
        FaultKind::FailsHalfWay,
    );
    let started = bed.delete("/onlineEndpoints/churn").await;
    assert_eq!(bed.awaited(started).await.status, 500);
    let deployments = bed.get("/onlineEndpoints/churn/deployments").await;
    assert!(deployments.names().is_empty());

    inject(
        &bed,
        At::any().operation("Workspaces_Delete"),
        FaultKind::FailsHalfWay,
    );
    let started = bed.delete("?forceToPurge=true").await;
    assert_eq!(bed.awaited(started).await.status, 500);
    assert_eq!(
        bed.get("").await.json()["properties"]["provisioningState"],
        "Failed"
    );
    assert!(bed.sim.record("runs/churn-000001").is_some());
    assert!(bed.get("/onlineEndpoints").await.names().is_empty());
}

#[tokio::test]
async fn listings_fail_after_good_pages_repeat_and_lag() {
    let bed = paged().await;
    let list = At::any().operation("Jobs_List");
    inject(&bed, list.clone().nth(4), FaultKind::Status(500, None));
    let (pages, failed) = bed.pages("/jobs").await;
    assert_eq!((pages.len(), failed.unwrap().status), (3, 500));
    bed.sim.clear_faults();

    inject(&bed, list.clone().nth(3), FaultKind::DuplicatePage);
    let (pages, _) = bed.pages("/jobs").await;
    assert_eq!(pages.len(), 6);
    assert_eq!(pages[2], pages[1]);
    bed.sim.clear_faults();

    let started = bed.delete("/jobs/churn-000000").await;
    bed.awaited(started).await;
    inject(&bed, list.clone(), FaultKind::Stale(1));
    assert!(
        bed.pages("/jobs")
            .await
            .0
            .concat()
            .contains(&"churn-000000".to_owned())
    );
    bed.sim.clear_faults();
    assert!(
        !bed.pages("/jobs")
            .await
            .0
            .concat()
            .contains(&"churn-000000".to_owned())
    );

    let query = bed.of("history/v1.0", "/experiments/churn/runs:query");
    inject(
        &bed,
        At::any().operation("Runs_GetByQuery").nth(2),
        FaultKind::DuplicatePage,
    );
    let first = bed.ask("POST", &query, Some(json!({}))).await;
    let token = first.json()["continuationToken"].clone();
    let again = bed
        .ask("POST", &query, Some(json!({"continuationToken": token})))
        .await;
    assert_eq!(again.members("runId"), first.members("runId"));
    let wrong = bed
        .ask("POST", &query, Some(json!({"continuationToken": "x"})))
        .await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn bodies_break() {
    let bed = Bed::new().await;
    inject(
        &bed,
        At::any().contains("/jobs/churn-000000"),
        FaultKind::TruncateBody(10),
    );
    assert!(
        bed.send("GET", &bed.at("/jobs/churn-000000"), None)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_no_operation_is_refused() {
    let bed = Bed::new().await;
    let refused = bed.ask_unspecified("GET", &bed.at("/nonsense"), None).await;
    assert_eq!(refused.refusal().0, 404);
    let (_, answer) = bed
        .send("PUT", &bed.at("/models/a/versions/1"), Some(json!(["x"])))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
}

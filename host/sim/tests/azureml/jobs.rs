//! Jobs: listed with filters, archived, cancelled, and deleted with what they own.

use remit_sim::AzureMlSettings;
use serde_json::json;

use crate::bed::Bed;

#[tokio::test]
async fn they_are_listed_in_pages_and_by_filters() {
    let settings = AzureMlSettings {
        page_size_max: 2,
        ..AzureMlSettings::default()
    };
    let bed = Bed::with(settings).await;
    let (pages, failed) = bed.pages("/jobs").await;
    assert!(failed.is_none());
    // The third is archived.
    assert_eq!(
        pages,
        [
            vec!["churn-000000", "churn-000001"],
            vec!["churn-000003", "churn-000004"],
            vec!["mslearn-bike-automl"],
        ]
    );
    for (query, names) in [
        ("jobType=AutoML", vec!["mslearn-bike-automl"]),
        ("jobType=Pipeline", vec!["churn-000003"]),
        ("listViewType=ArchivedOnly", vec!["churn-000002"]),
        ("tag=model_explain_run", vec!["mslearn-bike-automl"]),
        (
            "tag=n&properties=azureml.runsource%3Dazureml.PipelineRun",
            vec!["churn-000003"],
        ),
    ] {
        assert_eq!(
            bed.pages(&format!("/jobs?{query}")).await.0.concat(),
            names,
            "{query}"
        );
    }
    assert_eq!(
        bed.pages("/jobs?listViewType=All").await.0.concat().len(),
        6
    );
    bed.sim.set(|settings| settings.empty_pages = true);
    let (pages, _) = bed.pages("/jobs").await;
    assert_eq!((pages.len(), pages.concat().len()), (5, 5));
}

#[tokio::test]
async fn one_is_shown_and_archived() {
    let bed = Bed::new().await;
    let shown = bed.get("/jobs/churn-000000").await.json();
    assert_eq!(shown["properties"]["displayName"], "jane churn 0");
    assert_eq!(shown["systemData"]["createdBy"], "Jane Example");
    assert_eq!(
        bed.get("/jobs/none").await.refusal(),
        (404, "ResourceNotFound".into())
    );
    let mut body = shown;
    body["properties"]["isArchived"] = json!(true);
    let put = bed
        .ask("PUT", &bed.at("/jobs/churn-000000"), Some(body))
        .await;
    assert_eq!(put.status, 200);
    let run = bed.sim.record("runs/churn-000000").unwrap();
    assert_eq!(run["hidden"], true);
    // Whoever changes a run leaves a name on it.
    assert_eq!(run["lastModifiedBy"]["userName"], "Operator Example");
    assert_eq!(run["createdBy"]["userName"], "Jane Example");
    assert_eq!(
        bed.changes(),
        ["Jobs_CreateOrUpdate Changed runs/churn-000000"]
    );
}

#[tokio::test]
async fn a_delete_takes_record_metrics_and_blobs() {
    let bed = Bed::new().await;
    let prefix = "ExperimentRun/dcid.churn-000000/";
    assert_eq!(bed.blobs(prefix).len(), 2);
    let started = bed.delete("/jobs/churn-000000").await;
    assert!(!started.header("x-ms-async-operation-timeout").is_empty());
    assert_eq!(bed.get("/jobs/churn-000000").await.status, 200);
    assert_eq!(bed.awaited(started).await.status, 200);
    assert_eq!(bed.get("/jobs/churn-000000").await.status, 404);
    assert!(bed.blobs(prefix).is_empty());
    assert_eq!(
        bed.changes(),
        [
            "Jobs_Delete Removed metrics/churn-000000",
            "Jobs_Delete Removed runs/churn-000000",
        ]
    );
    // Not the child, and nobody else's blobs.
    assert_eq!(bed.get("/jobs/churn-000001").await.status, 200);
    assert_eq!(bed.blobs("ExperimentRun/").len(), 8);
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 204);
}

#[tokio::test]
async fn what_nobody_waits_for_still_ends() {
    let bed = Bed::new().await;
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 202);
    // A second one finds the first.
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 202);
    bed.sim.settle();
    assert_eq!(bed.get("/jobs/churn-000000").await.status, 404);
    assert_eq!(bed.delete("/jobs/churn-000001").await.status, 202);
    assert_eq!(bed.get("/jobs/churn-000001").await.status, 200);
    assert_eq!(bed.get("/jobs/churn-000001").await.status, 404);
}

#[tokio::test]
async fn bytes_that_are_held_keep_the_record() {
    let bed = Bed::new().await;
    bed.sim.storage().hold_container("azureml", true);
    let started = bed.delete("/jobs/churn-000000").await;
    let (status, code) = bed.awaited(started).await.refusal();
    assert_eq!((status, code.as_str()), (409, "StorageOperationRefused"));
    assert!(bed.sim.record("runs/churn-000000").is_some());
    assert_eq!(bed.blobs("ExperimentRun/dcid.churn-000000/").len(), 2);
}

#[tokio::test]
async fn a_running_one_is_cancelled_first() {
    let bed = Bed::new().await;
    let (status, _) = bed.delete("/jobs/churn-000004").await.refusal();
    assert_eq!(status, 409);
    let started = bed
        .ask("POST", &bed.at("/jobs/churn-000004/cancel"), None)
        .await;
    let shown = bed.get("/jobs/churn-000004").await.json();
    assert_eq!(shown["properties"]["status"], "CancelRequested");
    assert_eq!(bed.awaited(started).await.status, 200);
    let shown = bed.get("/jobs/churn-000004").await.json();
    assert_eq!(shown["properties"]["status"], "Canceled");
    let again = bed
        .ask("POST", &bed.at("/jobs/churn-000004/cancel"), None)
        .await;
    assert_eq!(again.status, 200);
    let started = bed.delete("/jobs/churn-000004").await;
    assert_eq!(bed.awaited(started).await.status, 200);
}

#[tokio::test]
async fn fifty_thousand_are_computed() {
    let bed = Bed::new().await;
    bed.sim.seed_generated_runs("many-", "churn", 50_000);
    let started = bed.delete("/jobs/many-000000001").await;
    bed.awaited(started).await;
    let first = bed.get("/jobs?tag=owner").await.names();
    assert_eq!(first[..2], ["many-000000000", "many-000000002"]);
    assert_eq!(bed.get("/jobs/many-000049999").await.status, 200);
    assert_eq!(bed.get("/jobs/many-000050000").await.status, 404);
    assert_eq!(bed.sim.records("runs/").len(), 50_005);
}

//! The workspace's own services: runs, experiments, artifacts, metrics, and the older ones.

use remit_sim::AzureMlSettings;
use serde_json::json;

use crate::bed::Bed;
use crate::client::send;

const HISTORY: &str = "history/v1.0";
const RUN: &str = "/experiments/churn/runs/churn-000000";

#[tokio::test]
async fn runs_are_queried_page_by_page() {
    let settings = AzureMlSettings {
        page_size_max: 3,
        ..AzureMlSettings::default()
    };
    let bed = Bed::with(settings).await;
    let place = bed.of(HISTORY, "/experiments/churn/runs:query");
    let mut found = Vec::new();
    let mut token = json!(null);
    loop {
        let body = json!({"top": 2, "continuationToken": token});
        let page = bed.ask("POST", &place, Some(body)).await;
        let names = page.members("runId");
        assert!(names.len() <= 2);
        found.extend(names);
        token = page.json()["continuationToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), 5);
    let body = json!({"filter": "status eq 'Running'"});
    let running = bed.ask("POST", &place, Some(body)).await;
    assert_eq!(running.members("runId"), ["churn-000004"]);
    let by_id = bed.of(
        HISTORY,
        "/experimentids/5a020000-b431-4fa1-af57-000000000000/runs:query",
    );
    let page = bed.ask_unspecified("POST", &by_id, Some(json!({}))).await;
    assert_eq!(page.members("runId").len(), 3);
    let body = json!({"filter": "contains(a, 'b')"});
    assert_eq!(bed.ask("POST", &place, Some(body)).await.refusal().0, 400);
    // A document that has only the id of its experiment.
    let id = "5a020000-b431-4fa1-af57-000000000003";
    bed.sim.seed_record(
        "experiments/bike",
        json!({"name": "bike", "experimentId": id}),
    );
    let by_name = bed.of(HISTORY, "/experiments/bike/runs:query");
    let page = bed.ask("POST", &by_name, Some(json!({}))).await;
    assert_eq!(page.members("runId"), ["mslearn-bike-automl"]);
    let absent = bed.of(HISTORY, "/experiments/none/runs:query");
    assert_eq!(bed.ask("POST", &absent, Some(json!({}))).await.status, 404);
}

#[tokio::test]
async fn a_run_is_shown_with_its_secrets_and_links_to_its_logs() {
    let bed = Bed::new().await;
    let run = bed.ask("GET", &bed.of(HISTORY, RUN), None).await.json();
    // As the service does: whoever reads must take it out.
    assert_eq!(run["token"], "c3ludGhldGlj");
    assert_eq!(run["createdBy"]["upn"], "jane.example@example.com");
    let short = bed
        .ask_unspecified("GET", &bed.of(HISTORY, "/runs/churn-000000"), None)
        .await;
    assert_eq!(short.json(), run);
    let body = json!({"runId": "churn-000000", "selectRunMetadata": true});
    let data = bed
        .ask_unspecified("POST", &bed.of(HISTORY, "/rundata"), Some(body))
        .await;
    assert_eq!(data.json()["runMetadata"], run);
    let details = bed
        .ask("GET", &bed.of(HISTORY, &format!("{RUN}/details")), None)
        .await
        .json();
    let link = details["logFiles"]["user_logs/std_log.txt"]
        .as_str()
        .unwrap();
    assert_eq!(
        send("GET", link, &[], "".into()).await.unwrap().text(),
        "by jane\n"
    );
    let children = bed
        .ask("GET", &bed.of(HISTORY, &format!("{RUN}/children")), None)
        .await;
    assert_eq!(children.members("runId"), ["churn-000001"]);
    let wrong = bed.of(HISTORY, "/experiments/empty/runs/churn-000000");
    assert_eq!(bed.ask("GET", &wrong, None).await.status, 404);
}

#[tokio::test]
async fn a_patch_changes_what_can_be_changed_and_names_who_did() {
    let bed = Bed::new().await;
    let body = json!({
        "displayName": "x", "description": "", "hidden": true, "tags": {"author": "gone"},
        "properties": {"a": "b"}, "createdBy": {"userName": "Somebody"},
    });
    let run = bed
        .ask("PATCH", &bed.of(HISTORY, RUN), Some(body))
        .await
        .json();
    assert_eq!(
        (&run["displayName"], &run["hidden"]),
        (&json!("x"), &json!(true))
    );
    assert_eq!(run["tags"], json!({"author": "gone", "n": "0"}));
    assert_eq!(run["createdBy"]["userName"], "Jane Example");
    assert_eq!(run["lastModifiedBy"]["userName"], "Operator Example");
    assert_eq!(
        bed.get("/jobs/churn-000000").await.json()["properties"]["isArchived"],
        true
    );
    let tags = bed.of(HISTORY, &format!("{RUN}/tags"));
    let run = bed
        .ask("DELETE", &tags, Some(json!(["author"])))
        .await
        .json();
    assert_eq!(run["tags"], json!({"n": "0"}));
    assert_eq!(
        bed.changes(),
        [
            "Runs_Patch Changed runs/churn-000000",
            "Runs_DeleteTags Changed runs/churn-000000"
        ]
    );
}

#[tokio::test]
async fn experiments_are_archived_and_deleted_when_empty() {
    let bed = Bed::new().await;
    let query = bed.of(HISTORY, "/experiments:query");
    let all = bed.ask("POST", &query, Some(json!({}))).await;
    assert_eq!(all.names(), ["churn", "empty"]);
    bed.ask("GET", &bed.of(HISTORY, "/experiments/churn"), None)
        .await;
    let churn = bed.of(
        HISTORY,
        "/experimentids/5a020000-b431-4fa1-af57-000000000000",
    );
    let empty = bed.of(
        HISTORY,
        "/experimentids/5a020000-b431-4fa1-af57-000000000001",
    );
    bed.ask("GET", &churn, None).await;
    let body = json!({"archive": true, "tags": {"a": "b"}});
    let archived = bed.ask("PATCH", &churn, Some(body)).await.json();
    assert!(archived["archivedTime"].is_string());
    assert_eq!(
        bed.ask("POST", &query, Some(json!({"viewType": "ActiveOnly"})))
            .await
            .names(),
        ["empty"]
    );
    assert_eq!(
        bed.ask("POST", &query, Some(json!({"viewType": "ArchivedOnly"})))
            .await
            .names(),
        ["churn"]
    );
    let tags = format!("{churn}/tags");
    let untagged = bed
        .ask("DELETE", &tags, Some(json!({"tags": ["a"]})))
        .await
        .json();
    assert_eq!(untagged["tags"], json!({}));
    assert_eq!(
        bed.ask_unspecified("DELETE", &churn, None)
            .await
            .refusal()
            .0,
        400
    );
    assert_eq!(
        bed.ask_unspecified("DELETE", &empty, None).await.status,
        200
    );
    assert_eq!(
        bed.ask("POST", &query, Some(json!({"viewType": "All"})))
            .await
            .names(),
        ["churn"]
    );
    let private = bed.of("history/v1.0/private", "/deleteConfiguration");
    assert_eq!(
        bed.ask_unspecified("GET", &private, None).await.json()["isEnabled"],
        false
    );
    let body = json!({"isEnabled": true, "cutoffDays": 30});
    bed.ask_unspecified("PATCH", &private, Some(body)).await;
    assert_eq!(
        bed.ask_unspecified("GET", &private, None).await.json()["cutoffDays"],
        30
    );
}

#[tokio::test]
async fn artifacts_are_blobs_with_links() {
    let settings = AzureMlSettings {
        page_size_max: 1,
        ..AzureMlSettings::default()
    };
    let bed = Bed::with(settings).await;
    let own = bed.of(
        "artifact/v2.0",
        "/artifacts/ExperimentRun/dcid.churn-000000",
    );
    let mut next = own.clone();
    let mut found = Vec::new();
    while !next.is_empty() {
        let page = bed.ask("GET", &next, None).await;
        found.extend(page.members("path"));
        next = page.json()["nextLink"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
    }
    assert_eq!(found, ["outputs/a b.json", "user_logs/std_log.txt"]);
    let path = "path=outputs/a%20b.json";
    for (rest, has_link) in [
        (format!("/metadata?{path}"), false),
        (format!("/contentinfo?{path}"), true),
        (format!("/contentinfo/storageuri?{path}"), false),
        (format!("/write?{path}"), true),
    ] {
        let shown = bed.ask("GET", &format!("{own}{rest}"), None).await.json();
        assert_eq!(shown["path"], "outputs/a b.json");
        if has_link {
            let link = shown["contentUri"].as_str().unwrap();
            assert_eq!(
                send("GET", link, &[], "".into()).await.unwrap().text(),
                "{}",
                "{link}"
            );
        }
    }
    assert_eq!(
        bed.ask("GET", &format!("{own}/content?{path}"), None)
            .await
            .text(),
        "{}"
    );
    let below = format!("{own}/prefix/contentinfo?path=user_logs");
    assert_eq!(
        bed.ask("GET", &below, None).await.members("path"),
        ["user_logs/std_log.txt"]
    );
    // The order of words that an older client asks in.
    for (rest, one) in [
        ("metadata", true),
        ("contentinfo", true),
        ("prefix/contentinfo", false),
    ] {
        let path = if one { "outputs/a%20b.json" } else { "outputs" };
        let old = bed.of(
            "artifact/v2.0",
            &format!("/artifacts/{rest}/ExperimentRun/dcid.churn-000000/{path}"),
        );
        let shown = bed.ask_unspecified("GET", &old, None).await.json();
        let shown = if one {
            shown
        } else {
            shown["value"][0].clone()
        };
        assert_eq!(shown["path"], "outputs/a b.json");
    }
    for rest in ["", "/path?path=outputs", "/prefix/contentinfo?path=outputs"] {
        let place = bed.of(HISTORY, &format!("{RUN}/artifacts{rest}"));
        assert_eq!(
            bed.ask("GET", &place, None).await.members("path"),
            ["outputs/a b.json"]
        );
    }
    for rest in ["metadata", "contentinfo", "artifacturi"] {
        let place = bed.of(HISTORY, &format!("{RUN}/artifacts/{rest}?{path}"));
        assert_eq!(bed.ask("GET", &place, None).await.status, 200);
    }
    assert_eq!(
        bed.ask("GET", &format!("{own}/contentinfo"), None)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn deleted_metadata_hides_an_artifact_and_a_hard_delete_takes_its_bytes() {
    let bed = Bed::new().await;
    let own = bed.of(
        "artifact/v2.0",
        "/artifacts/ExperimentRun/dcid.churn-000000",
    );
    let body = json!({"paths": [{"path": "outputs/a b.json"}, {"path": "none"}]});
    let batch = format!("{own}/batch/metadata:delete");
    assert_eq!(
        bed.ask("POST", &batch, Some(body.clone())).await.status,
        200
    );
    assert_eq!(
        bed.ask("GET", &own, None).await.members("path"),
        ["user_logs/std_log.txt"]
    );
    assert_eq!(bed.blobs("ExperimentRun/dcid.churn-000000/").len(), 2);
    assert_eq!(
        bed.changes(),
        [
            "Artifacts_DeleteBatchMetaData Removed artifacts/ExperimentRun/dcid.churn-000000/outputs/a b.json"
        ]
    );
    let one = format!("{own}/metadata?path=user_logs/std_log.txt&hardDelete=true");
    assert_eq!(bed.ask("DELETE", &one, None).await.status, 200);
    assert_eq!(
        bed.blobs("ExperimentRun/dcid.churn-000000/"),
        ["ExperimentRun/dcid.churn-000000/outputs/a b.json"]
    );
    let other = bed.of(
        "artifact/v2.0",
        "/artifacts/ExperimentRun/dcid.churn-000001/batch?hardDelete=true",
    );
    assert_eq!(bed.ask("DELETE", &other, None).await.status, 200);
    assert!(bed.blobs("ExperimentRun/dcid.churn-000001/").is_empty());
}

#[tokio::test]
async fn metrics_are_listed_read_and_deleted() {
    let bed = Bed::new().await;
    let own = bed.of("metric/v2.0", "/runs/churn-000000");
    let listed = bed
        .ask_unspecified("POST", &format!("{own}/list"), Some(json!({})))
        .await
        .json();
    assert_eq!(listed["value"][0]["metricKey"]["name"], "accuracy");
    for rest in ["full", "sample"] {
        let body = json!({"metricName": "loss"});
        let full = bed
            .ask_unspecified("POST", &format!("{own}/{rest}"), Some(body))
            .await
            .json();
        assert_eq!(full["value"][1]["data"]["loss"], 0.1);
    }
    let gone = bed
        .ask_unspecified("DELETE", &format!("{own}/deleteMetrics"), None)
        .await;
    assert_eq!(gone.status, 200);
    let listed = bed
        .ask_unspecified("POST", &format!("{own}/list"), Some(json!({})))
        .await
        .json();
    assert_eq!(listed["value"], json!([]));
    let by_container = bed.of("metric/v2.0", "/experiments/5a020000-b431-4fa1-af57-000000000000/containers/dcid.churn-000001/deleteMetrics");
    assert_eq!(
        bed.ask_unspecified("DELETE", &by_container, None)
            .await
            .status,
        200
    );
    assert_eq!(
        bed.changes(),
        [
            "Metric_DeleteMetricsByRunId Removed metrics/churn-000000",
            "Metric_DeleteMetricsByDataContainerId Removed metrics/churn-000001",
        ]
    );
}

#[tokio::test]
async fn the_first_sdk_finds_its_models_services_datasets_and_snapshots() {
    let bed = Bed::new().await;
    const OLD: &str = "modelmanagement/v1.0";
    let models = bed.ask("GET", &bed.of(OLD, "/models"), None).await;
    assert_eq!(models.members("id"), ["churn-model:1", "churn-model:2"]);
    let one = bed.of(OLD, "/models/churn-model:1");
    assert_eq!(bed.ask("GET", &one, None).await.json()["version"], 1);
    assert_eq!(bed.ask("DELETE", &one, None).await.status, 200);
    assert_eq!(bed.ask("DELETE", &one, None).await.status, 204);
    assert_eq!(bed.get("/models/churn-model/versions").await.names(), ["2"]);

    assert_eq!(
        bed.ask("GET", &bed.of(OLD, "/services"), None)
            .await
            .names(),
        ["old"]
    );
    let service = bed.of(OLD, "/services/old");
    bed.ask("GET", &service, None).await;
    let started = bed.ask("DELETE", &service, None).await;
    let place = started.header("operation-location").to_owned();
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["state"],
        "Running"
    );
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["state"],
        "Succeeded"
    );
    assert_eq!(bed.ask("DELETE", &service, None).await.status, 204);

    let datasets = bed.of("dataset/v1.0", "/datasets");
    let listed = bed.ask_unspecified("GET", &datasets, None).await;
    assert_eq!(listed.names(), ["churn-training", "churn-training"]);
    let version = bed.of("data/v1.0", "/dataversion/churn-training/versions/1");
    assert_eq!(
        bed.ask_unspecified("DELETE", &version, None).await.status,
        200
    );
    let one = format!("{datasets}/churn-training");
    assert_eq!(bed.ask_unspecified("DELETE", &one, None).await.status, 200);
    assert!(bed.get("/data").await.names().is_empty());

    bed.sim
        .seed_record("data/a/1", json!({"dataUri": "azureml://x"}));
    bed.sim
        .seed_record("data/b/1", json!({"dataUri": "azureml://y"}));
    let all = bed.ask_unspecified("DELETE", &datasets, None).await;
    assert_eq!(all.status, 200);
    assert!(bed.sim.records("data/").is_empty());

    let snapshot = bed.of("content/v1.0", "/snapshots/s1");
    let link = bed.ask_unspecified("GET", &snapshot, None).await.json();
    let zip = send("GET", link.as_str().unwrap(), &[], "".into())
        .await
        .unwrap();
    assert_eq!(zip.text(), "PK");
    assert_eq!(
        bed.ask_unspecified("DELETE", &snapshot, None).await.status,
        200
    );
    assert_eq!(
        bed.ask_unspecified("GET", &snapshot, None).await.status,
        404
    );
}

#[tokio::test]
async fn outputs_are_resolved_to_where_they_lie() {
    let bed = Bed::new().await;
    let run = bed.ask("GET", &bed.of(HISTORY, RUN), None).await.json();
    for (place, output, member) in [
        (
            bed.of("data/v1.0", "/dataversion/batchGetResolvedUris"),
            "scores",
            "uri",
        ),
        (
            bed.of("modelregistry/v1.0", "/models/batchGetResolvedUris"),
            "best",
            "path",
        ),
    ] {
        let id = run["outputs"][output]["assetId"].as_str().unwrap();
        let body =
            json!({"values": [id, "azureml://locations/x/workspaces/w/data/none/versions/1"]});
        let found = bed.ask_unspecified("POST", &place, Some(body)).await.json();
        let found = found["values"].as_object().unwrap();
        assert_eq!(found.len(), 1);
        let uri = found[id][member].as_str().unwrap();
        assert!(
            uri.contains("/workspaces/sample/datastores/workspaceblobstore/paths/"),
            "{uri}"
        );
    }
}

//! Models, data, components, environments, code, datastores, computes, endpoints, schedules.

use serde_json::json;

use crate::bed::Bed;

#[tokio::test]
async fn assets_are_containers_with_versions() {
    let bed = Bed::new().await;
    for (kind, name) in [
        ("models", "churn-model"),
        ("data", "churn-training"),
        ("components", "train"),
        ("environments", "py"),
        ("codes", "src"),
    ] {
        assert_eq!(bed.get(&format!("/{kind}")).await.names(), [name]);
        let container = bed.get(&format!("/{kind}/{name}")).await.json();
        assert_eq!(container["properties"]["latestVersion"], "2");
        let versions = format!("/{kind}/{name}/versions");
        assert_eq!(bed.get(&versions).await.names(), ["1", "2"]);
        let one = bed.get(&format!("{versions}/1")).await;
        assert_eq!(one.status, 200);
        assert_eq!(bed.delete(&format!("{versions}/1")).await.status, 200);
        assert_eq!(bed.delete(&format!("{versions}/1")).await.status, 204);
        assert_eq!(bed.get(&format!("{versions}/1")).await.status, 404);
        assert_eq!(bed.get(&versions).await.names(), ["2"]);
        assert_eq!(bed.delete(&format!("/{kind}/{name}")).await.status, 200);
        assert_eq!(bed.delete(&format!("/{kind}/{name}")).await.status, 204);
        assert!(bed.get(&format!("/{kind}")).await.names().is_empty());
        assert_eq!(bed.get(&versions).await.status, 404);
    }
    // Nothing of it touched a blob.
    assert!(bed.changes().len() == bed.sim.mutations().len());
}

#[tokio::test]
async fn archiving_hides_from_the_usual_listing() {
    let bed = Bed::new().await;
    for (kind, name) in [("models", "churn-model"), ("data", "churn-training")] {
        let version = format!("/{kind}/{name}/versions/1");
        let mut body = bed.get(&version).await.json();
        body["properties"]["isArchived"] = json!(true);
        assert_eq!(
            bed.ask("PUT", &bed.at(&version), Some(body)).await.status,
            200
        );
        let versions = format!("/{kind}/{name}/versions");
        assert_eq!(bed.get(&versions).await.names(), ["2"]);
        let archived = bed
            .get(&format!("{versions}?listViewType=ArchivedOnly"))
            .await;
        assert_eq!(archived.names(), ["1"]);
        assert_eq!(
            archived.json()["value"][0]["systemData"]["createdBy"],
            "Jane Example"
        );
        let mut body = bed.get(&format!("/{kind}/{name}")).await.json();
        body["properties"]["isArchived"] = json!(true);
        assert_eq!(
            bed.ask("PUT", &bed.at(&format!("/{kind}/{name}")), Some(body))
                .await
                .status,
            200
        );
        assert!(bed.get(&format!("/{kind}")).await.names().is_empty());
        assert_eq!(
            bed.get(&format!("/{kind}?listViewType=All")).await.names(),
            [name]
        );
    }
    let body = json!({"properties": {"modelUri": "azureml://x", "tags": {"a": "b"}}});
    let made = bed
        .ask("PUT", &bed.at("/models/new/versions/1"), Some(body))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(bed.get("/models").await.names(), ["new"]);
}

#[tokio::test]
async fn datastores_show_no_secret_but_to_who_asks_for_it() {
    let bed = Bed::new().await;
    let names = [
        "workspaceartifactstore",
        "workspaceblobstore",
        "workspaceworkingdirectory",
    ];
    let listed = bed.get("/datastores").await;
    assert_eq!(listed.names(), names);
    assert!(!String::from_utf8(listed.body).unwrap().contains("secrets"));
    assert_eq!(
        bed.get("/datastores?isDefault=true").await.names(),
        names[1..2]
    );
    bed.get("/datastores/workspaceworkingdirectory").await;
    let body = json!({"expirableSecret": true, "expireAfterHours": 1});
    let place = bed.at("/datastores/workspaceblobstore/listSecrets");
    let secrets = bed.ask("POST", &place, Some(body)).await.json();
    assert_eq!(secrets["key"], bed.sim.storage().key());
    assert_eq!(
        bed.delete("/datastores/workspaceblobstore").await.status,
        200
    );
    assert_eq!(
        bed.delete("/datastores/workspaceblobstore").await.status,
        204
    );
}

#[tokio::test]
async fn a_compute_is_deleted_or_detached_and_somebody_says_which() {
    let bed = Bed::new().await;
    assert_eq!(bed.get("/computes").await.names(), ["cluster"]);
    assert_eq!(bed.delete("/computes/cluster").await.status, 400);
    let started = bed
        .delete("/computes/cluster?underlyingResourceAction=Detach")
        .await;
    assert_eq!(
        bed.get("/computes/cluster").await.json()["properties"]["provisioningState"],
        "Deleting"
    );
    let place = started.header("azure-asyncoperation").to_owned();
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["status"],
        "Succeeded"
    );
    assert_eq!(bed.get("/computes/cluster").await.status, 404);
    let gone = bed
        .delete("/computes/cluster?underlyingResourceAction=Delete")
        .await;
    assert_eq!(gone.status, 204);
}

#[tokio::test]
async fn endpoints_go_with_their_deployments() {
    let bed = Bed::new().await;
    for (kind, endpoint, deployment) in [
        ("onlineEndpoints", "churn", "blue"),
        ("batchEndpoints", "nightly", "one"),
    ] {
        assert_eq!(bed.get(&format!("/{kind}")).await.names(), [endpoint]);
        let own = format!("/{kind}/{endpoint}");
        bed.get(&own).await;
        let keys = if kind == "onlineEndpoints" {
            "listKeys"
        } else {
            "listkeys"
        };
        bed.ask("POST", &bed.at(&format!("{own}/{keys}")), None)
            .await;
        assert_eq!(
            bed.get(&format!("{own}/deployments")).await.names(),
            [deployment]
        );
        let one = format!("{own}/deployments/{deployment}");
        assert_eq!(bed.get(&one).await.status, 200);
        let started = bed.delete(&own).await;
        assert_eq!(bed.awaited(started).await.status, 200);
        assert_eq!(bed.get(&one).await.status, 404);
        assert_eq!(bed.delete(&own).await.status, 204);
    }
}

#[tokio::test]
async fn schedules_and_single_deployments_go() {
    let bed = Bed::new().await;
    assert_eq!(bed.get("/schedules").await.names(), ["nightly"]);
    assert_eq!(bed.get("/schedules/nightly").await.status, 200);
    for path in [
        "/schedules/nightly",
        "/onlineEndpoints/churn/deployments/blue",
        "/batchEndpoints/nightly/deployments/one",
    ] {
        let started = bed.delete(path).await;
        assert_eq!(bed.awaited(started).await.status, 200);
        assert_eq!(bed.get(path).await.status, 404);
        assert_eq!(bed.delete(path).await.status, 204);
    }
    assert_eq!(bed.get("/onlineEndpoints").await.names(), ["churn"]);
}

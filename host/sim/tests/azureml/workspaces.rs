//! Workspaces: shown, changed, deleted softly and for good, and what is in the way.

use std::time::Duration;

use remit_sim::{AzureMlSettings, Settings};
use serde_json::json;

use crate::bed::Bed;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn it_is_shown_with_what_it_depends_on() {
    let bed = Bed::new().await;
    let shown = bed.get("").await.json();
    assert_eq!(shown["name"], "sample");
    assert_eq!(shown["tags"]["team"], "a");
    for dependent in [
        "storageAccount",
        "keyVault",
        "applicationInsights",
        "containerRegistry",
    ] {
        let id = shown["properties"][dependent].as_str().unwrap();
        assert_eq!(bed.ask("GET", id, None).await.status, 200, "{id}");
    }
    let place = shown["properties"]["discoveryUrl"].as_str().unwrap();
    // Discovery asks for no token.
    let found = crate::client::send("GET", place, &[], "".into())
        .await
        .unwrap();
    assert_eq!(found.json()["api"], bed.sim.url());
    bed.sim.seed_neighbour("other");
    for list in [bed.in_group("/providers/Microsoft.MachineLearningServices/workspaces"),
        "/subscriptions/00000000-1111-2222-3333-444444444444/providers/Microsoft.MachineLearningServices/workspaces".to_owned()] {
        assert_eq!(bed.ask("GET", &list, None).await.names(), ["other", "sample"]);
    }
    let body = json!({"tags": {"a": "b"}, "properties": {"description": "new"}});
    let changed = bed.ask("PATCH", &bed.at(""), Some(body)).await.json();
    assert_eq!(
        (&changed["tags"]["a"], &changed["properties"]["description"]),
        (&json!("b"), &json!("new"))
    );
    let keys = bed.ask("POST", &bed.at("/listKeys"), None).await.json();
    assert_eq!(keys["userStorageKey"], bed.sim.storage().key());
    bed.ask("POST", &bed.at("/listStorageAccountKeys"), None)
        .await;
}

#[tokio::test]
async fn a_delete_is_soft_and_ends_after_fourteen_days() {
    let bed = Bed::new().await;
    let id = bed.sim.arm_id();
    let started = bed.delete("").await;
    assert_eq!(
        bed.get("").await.json()["properties"]["provisioningState"],
        "Deleting"
    );
    assert_eq!(bed.awaited(started).await.status, 200);
    assert_eq!(
        bed.get("").await.refusal(),
        (404, "ResourceNotFound".into())
    );
    assert_eq!(bed.get("/jobs").await.status, 404);
    assert!(bed.sim.is_soft_deleted(&id));
    // What holds data is kept, what runs is not.
    assert!(bed.sim.record("runs/churn-000000").is_some());
    assert!(bed.sim.record("computes/cluster").is_none());
    assert_eq!(bed.delete("").await.status, 204);
    bed.sim.clock().advance(13 * DAY);
    assert!(bed.sim.is_soft_deleted(&id));
    bed.sim.clock().advance(2 * DAY);
    assert!(!bed.sim.is_soft_deleted(&id));
    assert!(bed.sim.record("runs/churn-000000").is_none());
}

#[tokio::test]
async fn a_purge_is_for_good_at_once_or_afterwards() {
    let bed = Bed::new().await;
    let started = bed.delete("?forceToPurge=true").await;
    assert_eq!(bed.awaited(started).await.status, 200);
    assert!(bed.sim.soft_deleted().is_empty());
    assert!(bed.sim.records("runs/").is_empty());
    // What it depended on stays.
    assert_eq!(bed.blobs("ExperimentRun/").len(), 10);

    let bed = Bed::new().await;
    let started = bed.delete("").await;
    bed.awaited(started).await;
    assert_eq!(bed.sim.soft_deleted().len(), 1);
    let started = bed.delete("?forceToPurge=true").await;
    bed.awaited(started).await;
    assert!(bed.sim.soft_deleted().is_empty());
    assert!(bed.sim.records("models/").is_empty());
}

#[tokio::test]
async fn who_asks_must_say_so_and_which_version() {
    let settings = AzureMlSettings {
        tokens: vec!["good".into()],
        storage: Settings::default(),
        ..AzureMlSettings::default()
    };
    let bed = Bed::with(settings).await;
    assert_eq!(bed.get("").await.status, 200);
    let url = format!("{}{}?api-version=1", bed.sim.url(), bed.sim.arm_id());
    for headers in [&[][..], &[("authorization", "Bearer bad")][..]] {
        let refused = crate::client::send("GET", &url, headers, "".into())
            .await
            .unwrap();
        assert_eq!(refused.status, 401);
    }
    let url = format!("{}{}", bed.sim.url(), bed.sim.arm_id());
    let headers = [("authorization", "Bearer good")];
    let refused = crate::client::send("GET", &url, &headers, "".into())
        .await
        .unwrap();
    assert_eq!(
        refused.refusal(),
        (400, "MissingApiVersionParameter".into())
    );
}

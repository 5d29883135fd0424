//! What a workspace depends on: listed, deleted, recovered or purged, and what is in the way.

use std::time::Duration;

use remit_sim::AzureMlSettings;
use serde_json::json;

use crate::bed::Bed;

const SUBSCRIPTION: &str = "/subscriptions/00000000-1111-2222-3333-444444444444";

fn storage(bed: &Bed) -> String {
    bed.in_group("/providers/Microsoft.Storage/storageAccounts/samplestorage")
}

fn vault(bed: &Bed) -> String {
    bed.in_group("/providers/Microsoft.KeyVault/vaults/kv-sample")
}

fn logs(bed: &Bed) -> String {
    bed.in_group("/providers/Microsoft.OperationalInsights/workspaces/log-sample")
}

#[tokio::test]
async fn the_account_goes_with_its_blobs_and_stays_recoverable() {
    let bed = Bed::new().await;
    let own = storage(&bed);
    let shown = bed.ask("GET", &own, None).await.json();
    let blob = shown["properties"]["primaryEndpoints"]["blob"]
        .as_str()
        .unwrap();
    assert_eq!(blob.trim_end_matches('/'), bed.sim.storage().blob_url());
    bed.ask("POST", &format!("{own}/listKeys"), None).await;
    for list in [
        bed.in_group("/providers/Microsoft.Storage/storageAccounts"),
        format!("{SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts"),
    ] {
        assert_eq!(bed.ask("GET", &list, None).await.names(), ["samplestorage"]);
    }
    let deleted = format!("{SUBSCRIPTION}/providers/Microsoft.Storage/deletedAccounts");
    assert!(bed.ask("GET", &deleted, None).await.names().is_empty());
    assert_eq!(bed.ask("DELETE", &own, None).await.status, 200);
    assert_eq!(bed.ask("DELETE", &own, None).await.status, 204);
    assert!(bed.blobs("").is_empty());
    assert_eq!(
        bed.ask("GET", &deleted, None).await.names(),
        ["samplestorage"]
    );
    let one = format!(
        "{SUBSCRIPTION}/providers/Microsoft.Storage/locations/eastus2/deletedAccounts/samplestorage"
    );
    assert_eq!(bed.ask("GET", &one, None).await.status, 200);
    assert!(
        bed.sim
            .mutations()
            .iter()
            .any(|change| change.container == "azureml" && change.verb == "StorageAccounts_Delete")
    );
    // Its name leads nowhere any more.
    let url = format!("{}?comp=list", bed.sim.storage().blob_url());
    assert!(
        crate::client::send("GET", &url, &[], "".into())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn its_policies_are_what_its_deletes_do() {
    let bed = Bed::new().await;
    let blobs = format!("{}/blobServices/default", storage(&bed));
    let shown = bed.ask("GET", &blobs, None).await.json();
    assert_eq!(
        shown["properties"]["deleteRetentionPolicy"]["enabled"],
        false
    );
    let body = json!({"properties": {"deleteRetentionPolicy": {"enabled": true, "days": 7, "allowPermanentDelete": true}}});
    let set = bed.ask("PUT", &blobs, Some(body)).await.json();
    assert_eq!(set["properties"]["deleteRetentionPolicy"]["days"], 7);
    let started = bed.delete("/jobs/churn-000000").await;
    bed.awaited(started).await;
    let kept = bed.sim.storage().holdings("azureml");
    assert_eq!(kept.iter().filter(|holding| holding.hidden).count(), 2);
    let files = format!("{}/fileServices/default", storage(&bed));
    let body =
        json!({"properties": {"shareDeleteRetentionPolicy": {"enabled": true, "days": 400}}});
    assert_eq!(bed.ask("PUT", &files, Some(body)).await.status, 400);
    let body = json!({"properties": {"shareDeleteRetentionPolicy": {"enabled": true, "days": 4}}});
    bed.ask("PUT", &files, Some(body)).await;
    let shown = bed.ask("GET", &files, None).await.json();
    assert_eq!(shown["properties"]["shareDeleteRetentionPolicy"]["days"], 4);
}

#[tokio::test]
async fn a_vault_is_gone_only_when_purged() {
    let bed = Bed::new().await;
    let own = vault(&bed);
    assert_eq!(bed.ask("GET", &own, None).await.status, 200);
    assert_eq!(
        bed.ask(
            "GET",
            &bed.in_group("/providers/Microsoft.KeyVault/vaults"),
            None
        )
        .await
        .names(),
        ["kv-sample"]
    );
    assert_eq!(bed.ask("DELETE", &own, None).await.status, 200);
    assert_eq!(bed.ask("DELETE", &own, None).await.status, 204);
    let deleted = format!("{SUBSCRIPTION}/providers/Microsoft.KeyVault/deletedVaults");
    assert_eq!(bed.ask("GET", &deleted, None).await.names(), ["kv-sample"]);
    let one = format!(
        "{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/eastus2/deletedVaults/kv-sample"
    );
    assert_eq!(bed.ask("GET", &one, None).await.status, 200);
    let started = bed.ask("POST", &format!("{one}/purge"), None).await;
    assert_eq!(bed.awaited(started).await.status, 200);
    assert!(bed.ask("GET", &deleted, None).await.names().is_empty());
    assert!(!bed.sim.is_soft_deleted(&own));
}

#[tokio::test]
async fn purge_protection_forbids_the_purge() {
    let settings = AzureMlSettings {
        purge_protection: true,
        ..AzureMlSettings::default()
    };
    let bed = Bed::with(settings).await;
    let own = vault(&bed);
    assert_eq!(
        bed.ask("GET", &own, None).await.json()["properties"]["enablePurgeProtection"],
        true
    );
    bed.ask("DELETE", &own, None).await;
    let one = format!(
        "{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/eastus2/deletedVaults/kv-sample"
    );
    assert_eq!(
        bed.ask("POST", &format!("{one}/purge"), None)
            .await
            .refusal()
            .0,
        403
    );
    bed.sim.clock().advance(Duration::from_secs(91 * 24 * 3600));
    assert_eq!(bed.ask("GET", &one, None).await.status, 404);
}

#[tokio::test]
async fn telemetry_and_registry_are_deleted() {
    let bed = Bed::new().await;
    let insights = bed.in_group("/providers/Microsoft.Insights/components/ai-sample");
    let registry = bed.in_group("/providers/Microsoft.ContainerRegistry/registries/acrsample");
    for own in [&insights, &logs(&bed)] {
        assert_eq!(bed.ask("GET", own, None).await.status, 200);
        assert_eq!(bed.ask("DELETE", own, None).await.status, 200);
        assert_eq!(bed.ask("DELETE", own, None).await.status, 204);
        assert_eq!(bed.ask("GET", own, None).await.status, 404);
    }
    let started = bed.ask("DELETE", &registry, None).await;
    assert_eq!(
        bed.ask("GET", &registry, None).await.json()["properties"]["provisioningState"],
        "Deleting"
    );
    assert_eq!(bed.awaited(started).await.status, 200);
    assert_eq!(bed.ask("DELETE", &registry, None).await.status, 204);
}

#[tokio::test]
async fn purges_are_polled_and_fifty_an_hour() {
    let bed = Bed::new().await;
    let purge = format!("{}/purge", logs(&bed));
    let body = || {
        Some(
            json!({"table": "AppRequests", "filters": [{"column": "UserId", "operator": "in", "value": ["a", "b"]}]}),
        )
    };
    let started = bed.ask("POST", &purge, body()).await;
    let place = started.header("x-ms-status-location").to_owned();
    assert!(place.contains("/operations/purge-"), "{place}");
    let rows = ["a", "c"].map(|user| json!({"UserId": user}));
    bed.sim.seed_rows(&logs(&bed), "AppRequests", rows);
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["status"],
        "pending"
    );
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["status"],
        "completed"
    );
    let left = bed.sim.rows(&logs(&bed), "AppRequests");
    assert_eq!(left, [json!({"UserId": "c"})]);
    for _ in 0..49 {
        assert_eq!(bed.ask("POST", &purge, body()).await.status, 202);
    }
    let refused = bed.send("POST", &purge, body()).await.unwrap().1;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3500);
    bed.sim.clock().advance(Duration::from_secs(3601));
    assert_eq!(bed.ask("POST", &purge, body()).await.status, 202);
    let wrong = json!({"table": "AppRequests", "filters": []});
    assert_eq!(
        bed.send("POST", &purge, Some(wrong))
            .await
            .unwrap()
            .1
            .status,
        400
    );
    // A workspace-based component is purged there and not here; a classic one is.
    let insights = bed.in_group("/providers/Microsoft.Insights/components/ai-sample");
    let own = format!("{insights}/purge");
    assert_eq!(bed.send("POST", &own, body()).await.unwrap().1.status, 400);
    let mut classic = bed.sim.record(&insights).unwrap();
    classic["properties"]
        .as_object_mut()
        .unwrap()
        .remove("WorkspaceResourceId");
    bed.sim.seed_resource(&insights, classic);
    let started = bed.ask("POST", &own, body()).await;
    let place = started.header("x-ms-status-location").to_owned();
    assert_eq!(
        bed.ask("GET", &place, None).await.json()["status"],
        "pending"
    );
}

#[tokio::test]
async fn a_lock_stands_in_the_way_above_and_below() {
    let bed = Bed::new().await;
    let account = storage(&bed);
    bed.sim.seed_lock(&account, "keep", "CanNotDelete");
    assert_eq!(
        bed.ask("DELETE", &account, None).await.refusal(),
        (409, "ScopeLocked".into())
    );
    assert_eq!(
        bed.ask(
            "GET",
            &bed.in_group("/providers/Microsoft.Authorization/locks"),
            None
        )
        .await
        .names(),
        ["keep"]
    );
    assert_eq!(
        bed.ask(
            "GET",
            &format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/locks"),
            None
        )
        .await
        .names(),
        ["keep"]
    );
    let at = format!("{account}/providers/Microsoft.Authorization/locks");
    assert_eq!(
        bed.ask_unspecified("GET", &at, None).await.names(),
        ["keep"]
    );
    let filter = bed.in_group("/providers/Microsoft.Authorization/locks?$filter=atScope()");
    assert!(bed.ask("GET", &filter, None).await.names().is_empty());
    // Others are free.
    assert_eq!(bed.delete("/models/churn-model").await.status, 200);
    bed.sim.seed_lock(&bed.in_group(""), "all", "ReadOnly");
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 409);
    assert_eq!(
        bed.ask("POST", &bed.at("/listKeys"), None).await.status,
        409
    );
    assert_eq!(bed.get("/jobs/churn-000000").await.status, 200);
    let group = bed.in_group("/providers/Microsoft.Authorization/locks/all");
    assert_eq!(bed.ask("DELETE", &group, None).await.status, 200);
    assert_eq!(bed.delete("/jobs/churn-000000").await.status, 202);
    let own = format!("{at}/keep");
    assert_eq!(bed.ask_unspecified("DELETE", &own, None).await.status, 200);
    assert_eq!(bed.ask("DELETE", &account, None).await.status, 200);
}

#[tokio::test]
async fn the_group_lists_its_resources_by_type() {
    let bed = Bed::new().await;
    let all = bed.ask("GET", &bed.in_group("/resources"), None).await;
    assert_eq!(all.names().len(), 6);
    let filter = "$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'%20or%20resourceType%20eq%20'Microsoft.Storage/storageAccounts'";
    let some = bed
        .ask("GET", &format!("{SUBSCRIPTION}/resources?{filter}"), None)
        .await;
    assert_eq!(some.names(), ["kv-sample", "samplestorage"]);
    let odd = bed.in_group("/resources?$filter=tagName%20eq%20'a'");
    assert_eq!(bed.ask("GET", &odd, None).await.status, 400);
}

#[tokio::test]
async fn each_kind_is_listed_in_group_and_subscription() {
    let bed = Bed::new().await;
    for (kind, name) in [
        ("Microsoft.Storage/storageAccounts", "samplestorage"),
        ("Microsoft.KeyVault/vaults", "kv-sample"),
        ("Microsoft.Insights/components", "ai-sample"),
        ("Microsoft.OperationalInsights/workspaces", "log-sample"),
        ("Microsoft.ContainerRegistry/registries", "acrsample"),
    ] {
        for list in [
            bed.in_group(&format!("/providers/{kind}")),
            format!("{SUBSCRIPTION}/providers/{kind}"),
        ] {
            assert_eq!(bed.ask("GET", &list, None).await.names(), [name], "{list}");
        }
    }
}

//! Redacting records: only members that the service lets be written change, and what is secret stays.

use bytes::Bytes;
use remit_apply::StoreMut as _;
use remit_policy::Act;
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::{Store as _, StoreError};
use serde_json::{Value, json};

use crate::bed::{Bed, document, path, permit};

/// The document as it is shown, with `Jane` replaced everywhere, as a redaction would.
async fn redacted(bed: &Bed, name: &str) -> Bytes {
    bed.text(name).await.replace("Jane", "[name]").into()
}

#[tokio::test]
async fn a_run_is_patched_and_what_made_it_stays() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let mut run = document("/runs/first");
    run["tags"]["key"] = json!("c3ludGhldGlj");
    run["properties"]["settings"] = json!("{\"key\":\"c3ludGhldGlj\",\"owner\":\"Jane\"}");
    run["token"] = json!("c3ludGhldGlj");
    bed.sim.seed_record("/runs/first", run);
    let before = bed.sim.record("/runs/first").unwrap();
    let entry = bed.stat("/runs/first").await;
    let given = redacted(&bed, "/runs/first").await;
    assert!(!String::from_utf8_lossy(&given).contains("c3ludGhldGlj"));
    let permitted = permit(Act::Redact, &entry.path);
    let version = bed
        .store
        .patch(&permitted, &entry.version, given.clone())
        .await
        .unwrap();
    assert_eq!(bed.stat("/runs/first").await.version, version);
    let after = bed.sim.record("/runs/first").unwrap();
    assert_eq!(after["displayName"], "Run of [name]");
    assert_eq!(after["description"], "by [name]");
    assert_eq!(
        after["tags"],
        json!({"who": "[name]", "keep": "no", "key": "c3ludGhldGlj"})
    );
    assert_eq!(after["properties"]["note"], "[name]");
    assert_eq!(
        after["properties"]["settings"],
        "{\"key\":\"c3ludGhldGlj\",\"owner\":\"[name]\"}"
    );
    // Who made it is residue.
    for name in ["createdBy", "token", "status", "experimentName", "runId"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    let late = bed.store.patch(&permitted, &entry.version, given).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
}

#[tokio::test]
async fn names_of_tags_go_and_names_of_properties_cannot() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let entry = bed.stat("/runs/first").await;
    let permitted = permit(Act::Redact, &entry.path);
    let mut given: Value = serde_json::from_str(&bed.text("/runs/first").await).unwrap();
    given["properties"] = json!({});
    let refused = bed
        .store
        .patch(&permitted, &entry.version, given.to_string().into())
        .await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
    let mut given: Value = serde_json::from_str(&bed.text("/runs/first").await).unwrap();
    given["tags"] = json!({"[name]": "x", "keep": "no"});
    let patched = bed
        .store
        .patch(&permitted, &entry.version, given.to_string().into())
        .await;
    patched.unwrap();
    let after = bed.sim.record("/runs/first").unwrap();
    assert_eq!(after["tags"], json!({"[name]": "x", "keep": "no"}));
}

#[tokio::test]
async fn assets_experiments_and_the_workspace_are_patched() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for name in [
        "/models/mail/1",
        "/data/people/1",
        "/components/step/1",
        "/environments/python/1",
        "/experiments/churn",
    ] {
        let before = bed.sim.record(name).unwrap();
        let entry = bed.stat(name).await;
        let permitted = permit(Act::Redact, &entry.path);
        let given = redacted(&bed, name).await;
        let version = bed
            .store
            .patch(&permitted, &entry.version, given)
            .await
            .unwrap();
        assert_eq!(bed.stat(name).await.version, version, "{name}");
        let after = bed.sim.record(name).unwrap();
        let text = |value: &Value| {
            let mut value = value.clone();
            value["systemData"] = Value::Null;
            value.to_string()
        };
        assert_eq!(
            text(&after),
            text(&before).replace("Jane", "[name]"),
            "{name}"
        );
    }
    let entry = bed.stat("/workspace").await;
    let mut given: Value = serde_json::from_str(&bed.text("/workspace").await).unwrap();
    given["tags"] = json!({"who": "[name]"});
    given["location"] = json!("elsewhere");
    let given = Bytes::from(given.to_string());
    bed.store
        .patch(&permit(Act::Redact, &entry.path), &entry.version, given)
        .await
        .unwrap();
    let after = bed.sim.record(&bed.sim.arm_id()).unwrap();
    assert_eq!(after["tags"], json!({"who": "[name]"}));
    assert_eq!(after["location"], "eastus2");
}

#[tokio::test]
async fn what_cannot_be_written_is_not_said_to_be() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for name in [
        "/datastores/workspaceblobstore",
        "/computes/cluster",
        "/schedules/weekly",
        "/endpoints/online/churn",
        "/codes/code/1",
        "/runs/first/metrics",
    ] {
        assert_eq!(bed.store.writable_fields(&path(name)), [""; 0], "{name}");
        let entry = bed.stat(name).await;
        let given = redacted(&bed, name).await;
        let patched = bed
            .store
            .patch(&permit(Act::Redact, &entry.path), &entry.version, given)
            .await;
        assert_eq!(patched.unwrap(), entry.version, "{name}");
    }
    let entry = bed.stat("/runs/first").await;
    for given in ["{\"tags\": ", "[]", "{\"tags\":1,\"tags\":2}"] {
        let refused = bed
            .store
            .patch(
                &permit(Act::Redact, &entry.path),
                &entry.version,
                given.into(),
            )
            .await;
        assert!(
            matches!(refused, Err(StoreError::Impossible { .. })),
            "{given}: {refused:?}"
        );
    }
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn a_patch_whose_answer_is_lost_is_done_once() {
    for (name, operation) in [
        ("/runs/first", "Runs_Patch"),
        ("/models/mail/1", "ModelVersions_CreateOrUpdate"),
    ] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let entry = bed.stat(name).await;
        let given = redacted(&bed, name).await;
        bed.goes_wrong(operation, FaultKind::ResetAfter);
        let permitted = permit(Act::Redact, &entry.path);
        let version = bed
            .store
            .patch(&permitted, &entry.version, given)
            .await
            .unwrap();
        assert_eq!(bed.stat(name).await.version, version);
        assert_eq!(bed.changes().len(), 1, "{:?}", bed.changes());
    }
}

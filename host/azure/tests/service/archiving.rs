//! Archiving: what is hidden from the usual listings, and kept.

use remit_apply::StoreMut as _;
use remit_policy::Act;
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::{Store as _, StoreError};

use crate::bed::{Bed, document, path, permit};

const ARCHIVED: [(&str, &str); 6] = [
    ("/runs/first", "Runs_Patch"),
    ("/experiments/churn", "Experiments_Update"),
    ("/models/mail/1", "ModelVersions_CreateOrUpdate"),
    ("/data/people/1", "DataVersions_CreateOrUpdate"),
    ("/components/step/1", "ComponentVersions_CreateOrUpdate"),
    (
        "/environments/python/1",
        "EnvironmentVersions_CreateOrUpdate",
    ),
];

#[tokio::test]
async fn each_kind_that_can_be_is_archived_and_still_listed() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let before = bed.paths("/**").await;
    for (name, _) in ARCHIVED {
        let entry = bed.stat(name).await;
        assert!(entry.properties.get("archived").is_none(), "{name}");
        let permitted = permit(Act::Archive, &entry.path);
        let version = bed.store.archive(&permitted, &entry.version).await.unwrap();
        let now = bed.stat(name).await;
        assert_eq!(now.version, version, "{name}");
        assert_eq!(now.properties.get("archived"), Some("true"), "{name}");
        let again = bed.store.archive(&permitted, &entry.version).await;
        assert!(
            matches!(again, Err(StoreError::Changed(_))),
            "{name}: {again:?}"
        );
        // What else it says is as it was.
        let given = document(name);
        let stored = bed.sim.record(name).unwrap();
        for member in ["description", "tags", "modelUri", "dataUri"] {
            if !given[member].is_null() {
                let own = match stored[member].is_null() {
                    true => &stored["properties"][member],
                    false => &stored[member],
                };
                assert_eq!(*own, given[member], "{name} {member}");
            }
        }
    }
    assert_eq!(bed.paths("/**").await, before);
    for name in [
        "/computes/cluster",
        "/schedules/weekly",
        "/codes/code/1",
        "/workspace",
    ] {
        let entry = bed.stat(name).await;
        let refused = bed
            .store
            .archive(&permit(Act::Archive, &entry.path), &entry.version)
            .await;
        assert!(
            matches!(refused, Err(StoreError::Impossible { .. })),
            "{name}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_archive_whose_answer_is_lost_is_done_once() {
    for (name, operation) in ARCHIVED {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let entry = bed.stat(name).await;
        bed.goes_wrong(operation, FaultKind::ResetAfter);
        let permitted = permit(Act::Archive, &entry.path);
        let version = bed.store.archive(&permitted, &entry.version).await.unwrap();
        assert_eq!(bed.stat(name).await.version, version, "{name}");
        assert_eq!(bed.changes().len(), 1, "{name}: {:?}", bed.changes());
    }
}

#[tokio::test]
async fn a_record_that_changed_is_not_archived() {
    for (name, _) in ARCHIVED {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let entry = bed.stat(name).await;
        let mut changed = document(name);
        changed["tags"] = serde_json::json!({"who": "Omar"});
        bed.sim.seed_record(name, changed);
        let late = bed
            .store
            .archive(&permit(Act::Archive, &path(name)), &entry.version)
            .await;
        assert!(
            matches!(late, Err(StoreError::Changed(_))),
            "{name}: {late:?}"
        );
        assert_eq!(bed.changes(), [""; 0]);
        assert!(bed.store.stat(&entry.path).await.is_ok());
    }
}

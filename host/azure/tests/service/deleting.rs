//! Deleting records. What is checked is what the simulator has and its log of mutations, never what the code
//! says of itself.

use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Strength};
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::{Forecast, Kind, Store as _, StoreError, Version};
use serde_json::json;

use crate::bed::{Bed, RECORDS, delete, document, permit};

/// Records that are deleted by themselves: what has something below it comes after that.
const ORDER: [&str; 17] = [
    "/codes/code/1",
    "/components/step/1",
    "/computes/cluster",
    "/data/people/1",
    "/datastores/workspaceblobstore",
    "/endpoints/batch/nightly/deployments/blue",
    "/endpoints/batch/nightly",
    "/endpoints/online/churn/deployments/green",
    "/endpoints/online/churn",
    "/environments/python/1",
    "/models/mail/1",
    "/models/mail/2",
    "/runs/first/metrics",
    "/runs/first",
    "/experiments/churn",
    "/schedules/weekly",
    "/services/scoring",
];

/// Those whose delete begins an operation that goes on, and the operation that begins it.
const LONG: [(&str, &str); 6] = [
    ("/computes/cluster", "Compute_Delete"),
    ("/endpoints/online/churn", "OnlineEndpoints_Delete"),
    (
        "/endpoints/batch/nightly/deployments/blue",
        "BatchDeployments_Delete",
    ),
    ("/runs/first", "Jobs_Delete"),
    ("/schedules/weekly", "Schedules_Delete"),
    ("/services/scoring", "Services_Delete"),
];

#[tokio::test]
async fn each_kind_is_deleted_and_nothing_else() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for (at, name) in ORDER.into_iter().enumerate() {
        let entry = bed.stat(name).await;
        let forecast = bed.store.forecast(&entry, false).await;
        match entry.kind {
            // Only when it is empty, which nobody knows beforehand.
            Kind::Experiment => assert!(matches!(forecast, Forecast::Unknown(_)), "{forecast:?}"),
            _ => assert_eq!(forecast, Forecast::Gone, "{name}"),
        }
        let before = bed.sim.mutations().len();
        let deleted = bed.store.delete(&delete(&entry.path), &entry.version).await;
        assert!(matches!(deleted, Ok(Deleted::Gone)), "{name}: {deleted:?}");
        let absent = bed.store.stat(&entry.path).await;
        assert!(
            matches!(absent, Err(StoreError::NotFound(_))),
            "{name}: {absent:?}"
        );
        let changed = &bed.sim.mutations()[before..];
        let own: Vec<String> = entry
            .path
            .segments()
            .map(|name| String::from_utf8(name).unwrap())
            .collect();
        let own = match own.as_slice() {
            [_, id, _] if entry.kind == Kind::Metrics => format!("metrics/{id}"),
            own => own.join("/"),
        };
        for one in changed {
            assert_eq!(format!("{}/{}", one.container, one.blob), own, "{one}");
        }
        let left = bed.paths("/**").await;
        assert_eq!(left.len(), RECORDS.len() - at - 1, "{name}: {left:?}");
        let again = bed.store.delete(&delete(&entry.path), &entry.version).await;
        assert!(
            matches!(again, Err(StoreError::NotFound(_))),
            "{name}: {again:?}"
        );
    }
}

#[tokio::test]
async fn a_record_that_changed_is_not_deleted() {
    for name in ORDER {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let entry = bed.stat(name).await;
        let mut changed = document(name);
        match entry.kind {
            Kind::Metrics => changed["metrics"][0]["value"] = json!([0.5, 0.125]),
            _ => changed["tags"] = json!({"who": "Omar"}),
        }
        bed.sim.seed_record(name, changed);
        for version in [entry.version, Version::new("invented")] {
            let late = bed.store.delete(&delete(&entry.path), &version).await;
            assert!(
                matches!(late, Err(StoreError::Changed(_))),
                "{name}: {late:?}"
            );
        }
        assert_eq!(bed.changes(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_permit_for_another_act_deletes_nothing() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for name in ["/runs/first", "/models/mail/1", "/computes/cluster"] {
        let entry = bed.stat(name).await;
        for act in [Act::Export, Act::Redact, Act::Archive] {
            let permitted = permit(act, &entry.path);
            assert!(bed.store.delete(&permitted, &entry.version).await.is_err());
            assert!(bed.store.detach(&permitted, &entry.version).await.is_err());
        }
        let archived = bed
            .store
            .archive(&delete(&entry.path), &entry.version)
            .await;
        assert!(archived.is_err(), "{archived:?}");
    }
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn detaching_is_of_computes_and_deletes_nothing_below() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let run = bed.stat("/runs/first").await;
    let refused = bed.store.detach(&delete(&run.path), &run.version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    let compute = bed.stat("/computes/cluster").await;
    let wrong = bed.store.detach(&delete(&compute.path), &run.version).await;
    assert!(matches!(wrong, Err(StoreError::Changed(_))), "{wrong:?}");
    assert_eq!(bed.changes(), [""; 0]);
    // A delete in its place would fail.
    let at = remit_sim::At::any().contains("resourceaction=Delete");
    let kind = FaultKind::Status(500, None);
    bed.sim.inject(remit_sim::Fault { at, kind });
    let detached = bed
        .store
        .detach(&delete(&compute.path), &compute.version)
        .await;
    assert!(matches!(detached, Ok(Deleted::Gone)), "{detached:?}");
    assert_eq!(bed.sim.record("/computes/cluster"), None);
}

/// The answer that begins an operation is lost, or nobody hears how it ends; and then somebody asks again.
#[tokio::test]
async fn a_stop_around_the_start_of_an_operation_ends_as_if_there_were_none() {
    let polls = ["Operations_Result", "Operations_Status", "Operations_Get"];
    let stops: [(&str, FaultKind); 4] = [
        ("before", FaultKind::ResetBefore),
        ("answer lost", FaultKind::ResetAfter),
        ("unheard", FaultKind::Status(503, None)),
        ("half-way", FaultKind::FailsHalfWay),
    ];
    for (name, operation) in LONG {
        for (when, fault) in &stops {
            let settings = AzureMlSettings {
                looks: 9,
                ..AzureMlSettings::default()
            };
            let bed = Bed::new(settings).await;
            let entry = bed.stat(name).await;
            match *when {
                "unheard" => polls
                    .into_iter()
                    .for_each(|poll| bed.goes_wrong(poll, fault.clone())),
                _ => bed.goes_wrong(operation, fault.clone()),
            }
            let first = bed.store.delete(&delete(&entry.path), &entry.version).await;
            if *when == "before" || *when == "half-way" {
                assert!(
                    matches!(first, Err(StoreError::Failed { .. })),
                    "{name} {when}: {first:?}"
                );
                assert!(bed.sim.record(name).is_some(), "{name} {when}");
            }
            // Whoever comes next knows no more than the plan did.
            bed.sim.clear_faults();
            let second = bed
                .again()
                .delete(&delete(&entry.path), &entry.version)
                .await;
            match first {
                Ok(_) => assert!(
                    matches!(second, Err(StoreError::NotFound(_))),
                    "{name} {when}: {second:?}"
                ),
                Err(_) => assert!(
                    matches!(second, Ok(Deleted::Gone) | Err(StoreError::NotFound(_))),
                    "{name} {when}: {second:?}"
                ),
            }
            assert_eq!(bed.sim.record(name), None, "{name} {when}");
        }
    }
}

/// What is being deleted, whoever began it, is awaited and not sent again.
#[tokio::test]
async fn what_is_being_deleted_is_awaited() {
    let settings = AzureMlSettings {
        looks: 30,
        ..AzureMlSettings::default()
    };
    let bed = Bed::new(settings).await;
    let entry = bed.stat("/computes/cluster").await;
    bed.goes_wrong("Operations_Status", FaultKind::Status(403, None));
    let unheard = bed.store.delete(&delete(&entry.path), &entry.version).await;
    assert!(unheard.is_err(), "{unheard:?}");
    assert_eq!(
        bed.sim.record("/computes/cluster").unwrap()["properties"]["provisioningState"],
        "Deleting"
    );
    bed.goes_wrong("Compute_Delete", FaultKind::Status(500, None));
    let awaited = bed
        .again()
        .delete(&delete(&entry.path), &entry.version)
        .await;
    assert!(matches!(awaited, Ok(Deleted::Gone)), "{awaited:?}");
}

/// Whoever does not wait is told so, and never that it is gone; whoever comes later, waiting or not, asks the thing
/// itself.
#[tokio::test]
async fn what_is_not_awaited_is_under_way() {
    for (name, operation) in LONG {
        let bed = Bed::new(AzureMlSettings {
            looks: 9,
            ..AzureMlSettings::default()
        })
        .await;
        let entry = bed.stat(name).await;
        for turn in ["first", "again"] {
            let sent = bed.without_waiting();
            let sent = sent.delete(&delete(&entry.path), &entry.version).await;
            assert!(
                matches!(sent, Ok(Deleted::UnderWay)),
                "{name} {turn}: {sent:?}"
            );
            assert!(bed.sim.record(name).is_some(), "{name} {turn}");
        }
        for poll in ["Operations_Result", "Operations_Status", "Operations_Get"] {
            assert_eq!(bed.sim.requests(poll), 0, "{name}: {operation} and {poll}");
        }
        let later = bed.again();
        let later = later.delete(&delete(&entry.path), &entry.version).await;
        assert!(matches!(later, Ok(Deleted::Gone)), "{name}: {later:?}");
        assert_eq!(bed.sim.record(name), None, "{name}");
    }
}

#[tokio::test]
async fn gone_is_said_only_when_a_look_shows_nothing() {
    for (name, operation) in [
        ("/models/mail/1", "ModelVersions_Delete"),
        ("/runs/first", "Jobs_Delete"),
    ] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let entry = bed.stat(name).await;
        // The service says that it is done, and has done nothing.
        bed.goes_wrong(operation, FaultKind::Status(200, None));
        let said = bed.store.delete(&delete(&entry.path), &entry.version).await;
        assert!(
            matches!(said, Err(StoreError::Failed { .. })),
            "{name}: {said:?}"
        );
        assert_eq!(bed.changes(), [""; 0]);
    }
}

/// One service may not know what another shows: that is not *no longer there*.
#[tokio::test]
async fn what_is_shown_is_there_though_nobody_deletes_it() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for status in [204, 404] {
        let entry = bed.stat("/runs/first").await;
        bed.goes_wrong("Jobs_Delete", FaultKind::Status(status, None));
        let unknown = bed.store.delete(&delete(&entry.path), &entry.version).await;
        assert!(
            matches!(unknown, Err(StoreError::Failed { .. })),
            "{status}: {unknown:?}"
        );
        bed.sim.clear_faults();
    }
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn a_lock_holds() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.sim.seed_lock(&bed.sim.arm_id(), "keep", "CanNotDelete");
    for name in ["/models/mail/1", "/runs/first", "/computes/cluster"] {
        let entry = bed.stat(name).await;
        let held = bed.store.delete(&delete(&entry.path), &entry.version).await;
        assert!(
            matches!(&held, Err(StoreError::Held { by, .. }) if by == "a management lock"),
            "{name}: {held:?}"
        );
    }
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn what_runs_is_cancelled_only_if_asked() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let mut running = document("/runs/first");
    running["status"] = json!("Running");
    bed.sim.seed_record("/runs/first", running);
    let entry = bed.stat("/runs/first").await;
    let refused = bed.store.delete(&delete(&entry.path), &entry.version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
    let cancel = Strength {
        cancel: true,
        ..Strength::default()
    };
    let permitted = permit(Act::Delete(cancel), &entry.path);
    let deleted = bed.store.delete(&permitted, &entry.version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert_eq!(bed.sim.record("/runs/first"), None);
}

/// Stopped between the cancel and the delete: what the cancel changed is not somebody else's change, and anything
/// else is.
#[tokio::test]
async fn a_run_that_was_cancelled_before_is_deleted_as_what_it_was() {
    let cancel = Strength {
        cancel: true,
        ..Strength::default()
    };
    let cases = [
        (json!({}), true),
        (json!({"status": "CancelRequested"}), true),
        (json!({"status": "Completed"}), false),
        (json!({"tags": {"who": "Omar"}}), false),
        (json!({"displayName": "another"}), false),
        (json!({"createdBy": {"userName": "Omar Example"}}), false),
        (json!({"properties": {"note": "Omar"}}), false),
    ];
    for (other, is_it) in cases {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let mut run = document("/runs/first");
        run["status"] = json!("Running");
        bed.sim.seed_record("/runs/first", run.clone());
        let entry = bed.stat("/runs/first").await;
        run["status"] = json!("Canceled");
        run["endTimeUtc"] = json!("2025-01-02T04:04:05Z");
        run["lastModifiedBy"] = json!({"userName": "Operator Example"});
        for (member, value) in other.as_object().unwrap() {
            run[member] = value.clone();
        }
        bed.sim.seed_record("/runs/first", run);
        let permitted = permit(Act::Delete(cancel), &entry.path);
        // Whoever had not begun it finds it changed.
        let first = bed.store.delete(&permitted, &entry.version).await;
        assert!(matches!(first, Err(StoreError::Changed(_))), "{first:?}");
        // Nor is it cancelled for somebody who may not.
        let weak = delete(&entry.path);
        let refused = bed.store.resume_delete(&weak, &entry.version).await;
        assert!(
            matches!(refused, Err(StoreError::Changed(_))),
            "{refused:?}"
        );
        assert_eq!(bed.changes(), [""; 0]);
        let resumed = bed.store.resume_delete(&permitted, &entry.version).await;
        match is_it {
            true => assert!(matches!(resumed, Ok(Deleted::Gone)), "{other}: {resumed:?}"),
            false => {
                assert!(
                    matches!(resumed, Err(StoreError::Changed(_))),
                    "{other}: {resumed:?}"
                );
                assert_eq!(bed.changes(), [""; 0]);
            }
        }
    }
}

#[tokio::test]
async fn an_experiment_with_runs_stays() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let entry = bed.stat("/experiments/churn").await;
    let refused = bed.store.delete(&delete(&entry.path), &entry.version).await;
    assert!(
        matches!(refused, Err(StoreError::Impossible { .. })),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
}

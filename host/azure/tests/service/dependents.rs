//! Deleting what a workspace depends on: each by itself, and none that somebody else needs.

use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Permitted, Strength};
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Forecast, Store as _, StoreError, Version};

use crate::bed::{Bed, path, permit};

const STORAGE: &str = "/resources/storage/practice";
const VAULT: &str = "/resources/vault/kv-practice";
const LOGS: &str = "/resources/logs/log-practice";
/// Each, whether a purge leaves nothing of it, and whether a plain delete does. What others are found
/// through comes after them.
const EACH: [(&str, bool, bool); 4] = [
    (LOGS, true, false),
    ("/resources/insights/ai-practice", true, true),
    ("/resources/registry/acrpractice", true, true),
    (VAULT, true, false),
];

fn deletes(at: &str, purge: bool) -> Permitted {
    let strength = Strength {
        purge,
        cascade: true,
        cancel: false,
    };
    permit(Act::Delete(strength), &path(at))
}

async fn id_of(bed: &Bed, at: &str) -> String {
    let text = bed.text(at).await;
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    shown["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_is_deleted_by_itself_and_what_is_kept_is_said() {
    for purge in [false, true] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        for (at, purged, plain) in EACH {
            let (entry, id) = (bed.stat(at).await, id_of(&bed, at).await);
            let is_gone = if purge { purged } else { plain };
            let forecast = bed.store.forecast(&entry, purge).await;
            match is_gone {
                true => assert_eq!(forecast, Forecast::Gone, "{at}"),
                false => assert!(
                    matches!(forecast, Forecast::GoneOn(_)),
                    "{at}: {forecast:?}"
                ),
            }
            let deleted = bed.store.delete(&deletes(at, purge), &entry.version).await;
            match is_gone {
                true => assert!(matches!(deleted, Ok(Deleted::Gone)), "{at}: {deleted:?}"),
                false => assert!(
                    matches!(deleted, Ok(Deleted::GoneOn(_))),
                    "{at}: {deleted:?}"
                ),
            }
            assert_eq!(bed.sim.record(&id), None, "{at}");
            assert_eq!(bed.sim.is_soft_deleted(&id), !is_gone, "{at}");
            if at != LOGS {
                let kept = listed(bed.again().generations(&entry.path)).await.unwrap();
                assert_eq!(kept.1.len(), usize::from(!is_gone), "{at}: {kept:?}");
            }
        }
        // The workspace itself is as it was.
        assert!(bed.sim.record(&bed.sim.arm_id()).is_some());
    }
}

/// It can be recovered for a while, and nobody can purge it.
#[tokio::test]
async fn an_account_is_gone_on_a_day_whatever_is_granted() {
    for purge in [false, true] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let (entry, id) = (bed.stat(STORAGE).await, id_of(&bed, STORAGE).await);
        let expect = jiff::Timestamp::now().as_millisecond() + 14 * 86_400_000;
        let is_near = |when: i64| (when - expect).abs() < 3_600_000;
        let forecast = bed.store.forecast(&entry, purge).await;
        assert!(
            matches!(forecast, Forecast::GoneOn(when) if is_near(when)),
            "{forecast:?}"
        );
        let deleted = bed
            .store
            .delete(&deletes(STORAGE, purge), &entry.version)
            .await;
        assert!(
            matches!(deleted, Ok(Deleted::GoneOn(when)) if is_near(when)),
            "{deleted:?}"
        );
        assert!(bed.sim.is_soft_deleted(&id));
    }
}

/// What a court or a policy holds in it would go with it.
#[tokio::test]
async fn an_account_in_which_something_is_held_stays() {
    type Spoil = fn(&Bed);
    let cases: [(Spoil, &str); 2] = [
        (
            |bed| bed.sim.storage().hold_container("evidence", true),
            "a legal hold in the container evidence",
        ),
        (
            |bed| bed.sim.storage().keep_container("evidence", Some(30)),
            "an immutability policy in the container evidence",
        ),
    ];
    for (spoil, by) in cases {
        let bed = Bed::new(AzureMlSettings::default()).await;
        bed.sim.storage().seed_container("another");
        spoil(&bed);
        let entry = bed.stat(STORAGE).await;
        let forecast = bed.store.forecast(&entry, true).await;
        assert_eq!(forecast, Forecast::Held(by.to_owned()));
        let held = bed
            .store
            .delete(&deletes(STORAGE, true), &entry.version)
            .await;
        assert!(
            matches!(&held, Err(StoreError::Held { by: said, .. }) if said == by),
            "{held:?}"
        );
        assert_eq!(bed.changes(), [""; 0]);
    }
    let bed = Bed::new(AzureMlSettings::default()).await;
    let entry = bed.stat(STORAGE).await;
    bed.goes_wrong(
        "Service_ListContainersSegment",
        FaultKind::Status(403, None),
    );
    let forecast = bed.store.forecast(&entry, true).await;
    assert!(matches!(forecast, Forecast::Unknown(_)), "{forecast:?}");
    let refused = bed
        .store
        .delete(&deletes(STORAGE, true), &entry.version)
        .await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn what_another_workspace_uses_stays() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.sim.seed_neighbour("next-door");
    for (at, ..) in EACH {
        let entry = bed.stat(at).await;
        let forecast = bed.store.forecast(&entry, true).await;
        assert!(
            matches!(&forecast, Forecast::Impossible(why) if why.contains("next-door")),
            "{at}: {forecast:?}"
        );
        let refused = bed.store.delete(&deletes(at, true), &entry.version).await;
        assert!(
            matches!(&refused, Err(StoreError::Impossible { reason, .. }) if reason.contains("next-door")),
            "{at}: {refused:?}"
        );
    }
    assert_eq!(bed.changes(), [""; 0]);
}

/// Who else uses what is said of it, before anybody thinks of deleting it.
#[tokio::test]
async fn who_else_uses_it_is_said_of_each() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let used_by = async |at: &str| {
        bed.stat(at)
            .await
            .properties
            .get("used-by")
            .map(str::to_owned)
    };
    for (at, ..) in EACH {
        assert_eq!(used_by(at).await, None, "{at}");
    }
    bed.sim.seed_neighbour("next-door");
    for (at, ..) in EACH {
        let said = used_by(at).await;
        assert_eq!(said.as_deref(), Some("the workspace next-door"), "{at}");
    }
    let (listed, _) = bed.list("/resources/**").await.unwrap();
    assert_eq!(listed.len(), 5);
    for entry in listed {
        assert_eq!(entry, bed.store.stat(&entry.path).await.unwrap());
    }
    let listing = "Workspaces_ListBySubscription";
    bed.goes_wrong(listing, FaultKind::Status(403, None));
    let said = used_by(VAULT).await.unwrap();
    assert!(said.starts_with("unknown: "), "{said}");
}

/// Logs may be kept by components that belong to no workspace at all.
#[tokio::test]
async fn logs_of_another_component_stay() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let logs = id_of(&bed, LOGS).await;
    let of_ours = id_of(&bed, "/resources/insights/ai-practice").await;
    let another = of_ours.replace("ai-practice", "ai-of-somebody");
    let document = serde_json::json!({"properties": {"WorkspaceResourceId": logs.to_uppercase()}});
    bed.sim.seed_resource(&another, document);
    let entry = bed.stat(LOGS).await;
    let user = "the Application Insights component ai-of-somebody";
    assert_eq!(entry.properties.get("used-by"), Some(user));
    let forecast = bed.store.forecast(&entry, true).await;
    assert!(
        matches!(&forecast, Forecast::Impossible(why) if why.contains(user)),
        "{forecast:?}"
    );
    let refused = bed.store.delete(&deletes(LOGS, true), &entry.version).await;
    assert!(
        matches!(&refused, Err(StoreError::Impossible { reason, .. }) if reason.contains(user)),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
    // Components that cannot be listed are not none.
    bed.goes_wrong("Components_List", FaultKind::Status(403, None));
    let forecast = bed.store.forecast(&entry, true).await;
    assert!(matches!(forecast, Forecast::Unknown(_)), "{forecast:?}");
}

#[tokio::test]
async fn users_or_locks_that_cannot_be_read_are_not_none() {
    for operation in [
        "Workspaces_ListBySubscription",
        "ManagementLocks_ListAtResourceGroupLevel",
    ] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        bed.goes_wrong(operation, FaultKind::Status(403, None));
        for (at, ..) in EACH {
            let entry = bed.stat(at).await;
            let forecast = bed.store.forecast(&entry, true).await;
            assert!(
                matches!(forecast, Forecast::Unknown(_)),
                "{at}: {forecast:?}"
            );
            let refused = bed.store.delete(&deletes(at, true), &entry.version).await;
            assert!(refused.is_err(), "{at}: {refused:?}");
        }
        assert_eq!(bed.changes(), [""; 0]);
    }
}

#[tokio::test]
async fn a_lock_on_it_holds_and_is_named() {
    for (at, ..) in EACH {
        let bed = Bed::new(AzureMlSettings::default()).await;
        bed.sim
            .seed_lock(&id_of(&bed, at).await, "keep", "ReadOnly");
        let entry = bed.stat(at).await;
        let forecast = bed.store.forecast(&entry, true).await;
        assert!(
            matches!(&forecast, Forecast::Held(by) if by.contains("lock keep (ReadOnly)")),
            "{at}: {forecast:?}"
        );
        let held = bed.store.delete(&deletes(at, true), &entry.version).await;
        assert!(
            matches!(&held, Err(StoreError::Held { by, .. }) if by.contains("lock keep (ReadOnly)")),
            "{at}: {held:?}"
        );
        assert_eq!(bed.changes(), [""; 0]);
    }
}

#[tokio::test]
async fn a_protected_vault_is_kept_whatever_is_granted() {
    let settings = AzureMlSettings {
        purge_protection: true,
        ..AzureMlSettings::default()
    };
    let bed = Bed::new(settings).await;
    let (entry, id) = (bed.stat(VAULT).await, id_of(&bed, VAULT).await);
    let forecast = bed.store.forecast(&entry, true).await;
    assert!(matches!(forecast, Forecast::GoneOn(_)), "{forecast:?}");
    let deleted = bed
        .store
        .delete(&deletes(VAULT, true), &entry.version)
        .await;
    assert!(matches!(deleted, Ok(Deleted::GoneOn(_))), "{deleted:?}");
    assert!(bed.sim.is_soft_deleted(&id));
}

/// Killed between the two halves of a purge: whoever comes next does not take what is kept for gone.
#[tokio::test]
async fn a_vault_that_is_kept_is_not_gone() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let entry = bed.stat(VAULT).await;
    bed.goes_wrong("Vaults_PurgeDeleted", FaultKind::ResetBefore);
    let first = bed
        .store
        .delete(&deletes(VAULT, true), &entry.version)
        .await;
    assert!(matches!(first, Err(StoreError::Failed { .. })), "{first:?}");
    bed.sim.clear_faults();
    let kept = listed(bed.again().generations(&entry.path)).await.unwrap();
    assert_eq!(kept.1.len(), 1, "{kept:?}");
    // And ends it, as strongly as it was asked for.
    let plain = bed.again().end_delete(&deletes(VAULT, false)).await;
    assert!(matches!(plain, Ok(Some(Deleted::GoneOn(_)))), "{plain:?}");
    let ended = bed.again().end_delete(&deletes(VAULT, true)).await;
    assert!(matches!(ended, Ok(Some(Deleted::Gone))), "{ended:?}");
    assert!(bed.sim.soft_deleted().is_empty());
}

#[tokio::test]
async fn one_that_changed_stays_and_what_is_no_longer_named_is_not_said_to_be_gone() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for (at, ..) in EACH {
        let late = bed
            .store
            .delete(&deletes(at, true), &Version::new("invented"))
            .await;
        assert!(
            matches!(late, Err(StoreError::Changed(_))),
            "{at}: {late:?}"
        );
    }
    assert_eq!(bed.changes(), [""; 0]);
    let insights = "/resources/insights/ai-practice";
    let entry = bed.stat(insights).await;
    let deleted = bed
        .store
        .delete(&deletes(insights, true), &entry.version)
        .await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    // Where the logs are, only the component said.
    let unknown = bed.store.stat(&path(LOGS)).await;
    assert!(
        matches!(unknown, Err(StoreError::OutOfReach { .. })),
        "{unknown:?}"
    );
}

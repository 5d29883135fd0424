//! Deleting the workspace itself. What is checked is what the simulator keeps, never what the code says.

use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Permitted, Strength};
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Forecast, Store as _, StoreError, Version};
use serde_json::json;

use crate::bed::{Bed, document, path, permit};

const DAYS_14: i64 = 14 * 86_400_000;

fn deletes(purge: bool, cancel: bool) -> Permitted {
    let strength = Strength {
        purge,
        cascade: true,
        cancel,
    };
    permit(Act::Delete(strength), &path("/workspace"))
}

async fn bed() -> Bed {
    let settings = AzureMlSettings {
        looks: 3,
        ..AzureMlSettings::default()
    };
    Bed::new(settings).await
}

/// Whether the workspace is neither there nor kept.
fn is_purged(bed: &Bed) -> bool {
    let id = bed.sim.arm_id();
    bed.sim.record(&id).is_none() && !bed.sim.is_soft_deleted(&id)
}

#[tokio::test]
async fn without_purge_it_is_kept_and_said_to_be() {
    let bed = bed().await;
    let before = jiff::Timestamp::now().as_millisecond();
    let entry = bed.stat("/workspace").await;
    let expect = |when: i64| (before + DAYS_14..before + DAYS_14 + 3_600_000).contains(&when);
    let forecast = bed.store.forecast(&entry, false).await;
    assert!(
        matches!(forecast, Forecast::GoneOn(when) if expect(when)),
        "{forecast:?}"
    );
    let deleted = bed
        .store
        .delete(&deletes(false, false), &entry.version)
        .await;
    assert!(
        matches!(deleted, Ok(Deleted::GoneOn(when)) if expect(when)),
        "{deleted:?}"
    );
    assert!(bed.sim.is_soft_deleted(&bed.sim.arm_id()));
    // Whoever finds it gone cannot know that nothing is kept.
    let kept = listed(bed.again().generations(&entry.path)).await.unwrap();
    assert_eq!((kept.0.len(), kept.1.len()), (0, 1));
    let again = bed
        .again()
        .delete(&deletes(true, false), &entry.version)
        .await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}

#[tokio::test]
async fn gone_means_purged() {
    let bed = bed().await;
    let entry = bed.stat("/workspace").await;
    assert_eq!(bed.store.forecast(&entry, true).await, Forecast::Gone);
    let kept = listed(bed.store.generations(&entry.path)).await.unwrap();
    assert_eq!((kept.0.len(), kept.1.len()), (0, 0));
    let deleted = bed
        .store
        .delete(&deletes(true, false), &entry.version)
        .await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    assert!(is_purged(&bed));
    // What it depends on has steps of its own.
    assert!(bed.sim.soft_deleted().is_empty());
}

/// Somebody deleted it softly while we waited for the lock to be looked at: what is kept is purged as well.
#[tokio::test]
async fn what_somebody_began_softly_is_purged_in_the_end() {
    let settings = AzureMlSettings {
        looks: 30,
        ..AzureMlSettings::default()
    };
    let bed = Bed::new(settings).await;
    let entry = bed.stat("/workspace").await;
    bed.goes_wrong("Operations_Result", FaultKind::Status(403, None));
    let soft = bed
        .store
        .delete(&deletes(false, false), &entry.version)
        .await;
    assert!(soft.is_err(), "{soft:?}");
    bed.sim.clear_faults();
    let purged = bed
        .again()
        .delete(&deletes(true, false), &entry.version)
        .await;
    assert!(matches!(purged, Ok(Deleted::Gone)), "{purged:?}");
    assert!(is_purged(&bed));
}

/// Begun, and then stopped: whoever comes back finds nothing shown, and knows how long it is kept at the most, or
/// purges it if that was granted.
#[tokio::test]
async fn what_is_no_longer_shown_is_ended_as_it_was_asked_for() {
    for purge in [false, true] {
        let bed = bed().await;
        let entry = bed.stat("/workspace").await;
        let there = bed.store.end_delete(&deletes(purge, false)).await;
        assert!(matches!(there, Err(StoreError::Changed(_))), "{there:?}");
        assert_eq!(bed.changes(), [""; 0]);
        let soft = deletes(false, false);
        let deleted = bed.store.delete(&soft, &entry.version).await;
        assert!(matches!(deleted, Ok(Deleted::GoneOn(_))), "{deleted:?}");
        let now = jiff::Timestamp::now().as_millisecond();
        let ended = bed.again().end_delete(&deletes(purge, false)).await;
        match purge {
            true => assert!(matches!(ended, Ok(Some(Deleted::Gone))), "{ended:?}"),
            false => assert!(
                matches!(ended, Ok(Some(Deleted::GoneOn(when))) if when >= now + DAYS_14),
                "{ended:?}"
            ),
        }
        assert_eq!(is_purged(&bed), purge);
        let other = permit(Act::Archive, &path("/workspace"));
        let refused = bed.again().end_delete(&other).await;
        assert!(
            matches!(refused, Err(StoreError::Impossible { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_workspace_that_changed_stays() {
    let bed = bed().await;
    let version = Version::new("invented");
    let late = bed.store.delete(&deletes(true, true), &version).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn a_lock_is_found_before_anything_is_begun() {
    let bed = bed().await;
    let mut running = document("/runs/first");
    running["status"] = json!("Running");
    bed.sim.seed_record("/runs/first", running);
    let below = format!("{}/computes/cluster", bed.sim.arm_id());
    bed.sim.seed_lock(&below, "keep", "CanNotDelete");
    let entry = bed.stat("/workspace").await;
    let by = "the management lock keep (CanNotDelete) on cluster";
    let forecast = bed.store.forecast(&entry, true).await;
    assert_eq!(forecast, Forecast::Held(by.to_owned()));
    let held = bed.store.delete(&deletes(true, true), &entry.version).await;
    assert!(
        matches!(&held, Err(StoreError::Held { by: said, .. }) if said == by),
        "{held:?}"
    );
    // Not even what runs was cancelled.
    assert_eq!(bed.changes(), [""; 0]);
}

#[tokio::test]
async fn locks_that_cannot_be_read_are_not_none() {
    for status in [403, 500] {
        let bed = bed().await;
        let entry = bed.stat("/workspace").await;
        let listing = "ManagementLocks_ListAtResourceGroupLevel";
        bed.goes_wrong(listing, FaultKind::Status(status, None));
        let forecast = bed.store.forecast(&entry, true).await;
        assert!(matches!(forecast, Forecast::Unknown(_)), "{forecast:?}");
        let deleted = bed.store.delete(&deletes(true, true), &entry.version).await;
        assert!(deleted.is_err(), "{deleted:?}");
        assert_eq!(bed.changes(), [""; 0]);
    }
}

#[tokio::test]
async fn work_that_goes_on_is_found_first_and_cancelled_only_if_asked() {
    let bed = bed().await;
    let mut running = document("/runs/first");
    running["status"] = json!("Running");
    bed.sim.seed_record("/runs/first", running);
    let entry = bed.stat("/workspace").await;
    let refused = bed
        .store
        .delete(&deletes(true, false), &entry.version)
        .await;
    assert!(
        matches!(&refused, Err(StoreError::Impossible { reason, .. }) if reason.contains("/runs/first")),
        "{refused:?}"
    );
    assert_eq!(bed.changes(), [""; 0]);
    let deleted = bed.store.delete(&deletes(true, true), &entry.version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    let changes = bed.changes();
    let cancelled = changes.iter().position(|one| one.contains("runs/first"));
    assert_eq!(cancelled, Some(0), "{changes:?}");
    assert!(is_purged(&bed));
}

/// A stop around the start of the operation, and then somebody who knows no more than the plan did.
#[tokio::test]
async fn a_stop_around_its_start_ends_as_if_there_were_none() {
    for (when, operation, fault) in [
        ("before", "Workspaces_Delete", FaultKind::ResetBefore),
        ("answer lost", "Workspaces_Delete", FaultKind::ResetAfter),
        ("unheard", "Operations_Result", FaultKind::Status(503, None)),
        ("half-way", "Workspaces_Delete", FaultKind::FailsHalfWay),
    ] {
        let bed = bed().await;
        let entry = bed.stat("/workspace").await;
        bed.goes_wrong(operation, fault);
        let first = bed
            .store
            .delete(&deletes(true, false), &entry.version)
            .await;
        assert!(first.is_err(), "{when}: {first:?}");
        bed.sim.clear_faults();
        let second = bed
            .again()
            .delete(&deletes(true, false), &entry.version)
            .await;
        assert!(
            matches!(second, Ok(Deleted::Gone) | Err(StoreError::NotFound(_))),
            "{when}: {second:?}"
        );
        assert!(is_purged(&bed), "{when}");
    }
}

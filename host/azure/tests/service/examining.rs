//! What `doctor` finds out of a workspace, and that it changes nothing.

use remit_azure::{Check, Found};
use remit_sim::{AzureMlSettings, FaultKind};

use crate::bed::Bed;

async fn examined() -> (Bed, Vec<Check>) {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let storage = bed.sim.storage();
    storage.seed_container("azureml");
    storage.seed_blob("azureml", "a", "x");
    storage.seed_share("code");
    let checks = bed.store.examine().await;
    (bed, checks)
}

fn of<'a>(checks: &'a [Check], right: &str) -> &'a Found {
    let check = checks.iter().find(|check| check.right == right);
    &check.unwrap_or_else(|| panic!("{right}: {checks:?}")).found
}

/// Rights, and the operation that shows each.
const SHOWN_BY: [(&str, &str); 7] = [
    ("read the workspace", "Workspaces_Get"),
    ("list registered models", "ModelContainers_List"),
    ("read run history", "Experiments_GetByQuery"),
    ("find the storage account", "StorageAccounts_GetProperties"),
    ("list containers", "Service_ListContainersSegment"),
    ("list shares", "Service_ListSharesSegment"),
    ("read blobs", "Blob_Download"),
];

#[tokio::test]
async fn whoever_may_do_everything_is_told_so_and_nothing_is_changed() {
    let (bed, checks) = examined().await;
    for (right, _) in SHOWN_BY {
        assert_eq!(of(&checks, right), &Found::Yes, "{right}");
    }
    assert_eq!(of(&checks, "reach the management plane"), &Found::Yes);
    assert_eq!(of(&checks, "no lock forbids deleting"), &Found::Yes);
    let lacking: Vec<_> = checks
        .iter()
        .filter(|check| matches!(check.found, Found::No(_)))
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    assert_eq!(bed.changes(), [""; 0]);
    assert!(bed.store.describe().contains("simulator"));
}

#[tokio::test]
async fn what_is_lacking_is_said() {
    for (right, operation) in SHOWN_BY {
        let (bed, _) = examined().await;
        bed.goes_wrong(operation, FaultKind::Status(403, None));
        let checks = bed.again().examine().await;
        assert!(
            matches!(of(&checks, right), Found::No(_)),
            "{right}: {checks:?}"
        );
        bed.sim.clear_faults();
        // What may be another time is not lacking.
        if !right.starts_with("find") {
            bed.goes_wrong(operation, FaultKind::Status(503, None));
            let checks = bed.again().examine().await;
            assert!(
                matches!(of(&checks, right), Found::Unknown(_)),
                "{right}: {checks:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_lock_anywhere_above_or_below_is_named() {
    let (probe, _) = examined().await;
    let id = probe.sim.arm_id();
    let up_to = |what: &str| id[..id.find(what).unwrap()].to_owned();
    let scopes = [
        (id.clone(), "practice"),
        (format!("{id}/computes/c"), "c"),
        (up_to("/providers/"), "the resource group"),
        (up_to("/resourceGroups/"), "the subscription"),
    ];
    for (scope, on) in scopes {
        let (bed, _) = examined().await;
        bed.sim.seed_lock(&scope, "keep", "CanNotDelete");
        let checks = bed.store.examine().await;
        let expect = format!("the management lock keep (CanNotDelete) on {on}");
        assert_eq!(
            of(&checks, "no lock forbids deleting"),
            &Found::No(expect),
            "{on}"
        );
    }
    let (bed, _) = examined().await;
    // Of a neighbour, whose name begins alike.
    let other = format!("{}-2", bed.sim.arm_id());
    bed.sim.seed_lock(&other, "keep", "CanNotDelete");
    let checks = bed.store.examine().await;
    assert_eq!(of(&checks, "no lock forbids deleting"), &Found::Yes);
    let at_subscription = "ManagementLocks_ListAtSubscriptionLevel";
    bed.goes_wrong(at_subscription, FaultKind::Status(403, None));
    let checks = bed.store.examine().await;
    let unknown = of(&checks, "no lock forbids deleting");
    assert!(matches!(unknown, Found::Unknown(_)), "{unknown:?}");
}

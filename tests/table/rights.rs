//! The stronger forms of a delete are granted by name. Without the name they are refused, with exit 3, and nothing
//! is changed; with it they work: typed, from a script and from a plugin. Detaching has no right of its own.

use std::collections::BTreeSet;

use remit_sim::{AzureMlSettings, Effect};

use crate::bed::Ran;
use crate::table::scene::Scene;
use crate::table::verbs::Deed;

const BLOB: &str = "/blobs/azureml/ExperimentRun/dcid.churn-000000/outputs/summary.json";
const RUNNING: &str = "/runs/churn-000009";
const ENDPOINT: &str = "/endpoints/online/churn";
const COMPUTE: &str = "/computes/cluster";

const PURGE: Deed = Deed {
    on: BLOB,
    typed: (&["delete", "--purge"], &["--yes"]),
    script: "e.delete(#{ purge: true });",
    act: "purge",
    rights: &["delete+purge"],
    exit: 0,
};
const CASCADE: Deed = Deed {
    on: ENDPOINT,
    typed: (&["delete", "--cascade"], &["--yes"]),
    script: "e.delete(\"no longer asked\");",
    act: "delete",
    rights: &["delete+cascade"],
    exit: 0,
};
const CANCEL: Deed = Deed {
    on: RUNNING,
    typed: (&["delete", "--cancel-first"], &["--yes"]),
    script: "e.delete(#{ cancel_first: true });",
    act: "cancel",
    rights: &["read", "delete+cancel"],
    exit: 0,
};
const DETACH: Deed = Deed {
    on: COMPUTE,
    typed: (&["delete", "--detach"], &["--yes"]),
    script: "e.delete(#{ detach: true });",
    act: "detach",
    rights: &["delete"],
    exit: 0,
};

fn keeps_versions(settings: &mut AzureMlSettings) {
    settings.storage.versioning = true;
}

fn running() -> Scene {
    let scene = Scene::new();
    scene.runs(RUNNING);
    scene
}

fn purged(scene: &Scene) {
    let left = scene.sim.storage().holdings("azureml");
    let left: Vec<_> = left
        .iter()
        .filter(|one| BLOB.ends_with(&one.blob))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(
        scene
            .changes()
            .iter()
            .all(|change| change.ends_with("outputs/summary.json"))
    );
}

fn cascaded(scene: &Scene) {
    assert!(!scene.has(ENDPOINT) && !scene.has("/endpoints/online/churn/deployments/blue"));
    let removed: BTreeSet<String> = scene.removed().into_iter().collect();
    assert!(
        removed
            .iter()
            .all(|gone| gone.starts_with("endpoints/online/churn")),
        "{removed:?}"
    );
}

fn cancelled(scene: &Scene) {
    assert!(!scene.has(RUNNING));
    let verbs: Vec<_> = scene.sim.mutations().iter().map(|one| one.verb).collect();
    let (cancel, delete) = (
        verbs.iter().position(|verb| *verb == "Jobs_Cancel"),
        verbs.iter().position(|verb| *verb == "Jobs_Delete"),
    );
    assert!(cancel.is_some() && cancel < delete, "{verbs:?}");
}

fn detached(scene: &Scene) {
    assert!(!scene.has(COMPUTE));
    let gone = scene.sim.mutations();
    let gone = gone
        .iter()
        .filter(|one| one.effect == Effect::Removed)
        .count();
    assert_eq!(gone, 1, "{:?}", scene.changes());
}

type Way = fn(&Deed, &Scene, &[&str]) -> Ran;

/// The three ways, with the name of the right and without it.
fn by_name(scene: fn() -> Scene, deed: &Deed, weak: &[&str], ends: fn(&Scene)) {
    let typed = scene();
    deed.typed(&typed).exits(deed.exit);
    ends(&typed);
    let ways: [Way; 2] = [Deed::by_script, Deed::by_plugin];
    for way in ways {
        let scene = scene();
        if !weak.is_empty() {
            way(deed, &scene, weak).exits(3).says("denied");
            scene.unchanged();
            std::fs::remove_dir_all(scene.bed.path("d.case")).ok();
        }
        way(deed, &scene, deed.rights).exits(deed.exit);
        ends(&scene);
    }
}

#[test]
fn purge() {
    by_name(|| Scene::with(keeps_versions), &PURGE, &["delete"], purged);
    // Typed without it, a blob of which versions are kept stays.
    let scene = Scene::with(keeps_versions);
    scene
        .remit(&["delete", BLOB, "--yes"])
        .exits(3)
        .says("versions");
    scene.unchanged();
}

/// What is typed is the grant, and the policy that lies with the workspace bounds it.
#[test]
fn a_policy_bounds_what_is_typed() {
    let policy = "version = 1\n[bounds]\nlist = \"/**\"\nread = \"/**\"\ndelete = \"/**\"\n";
    let running = running();
    let file = |scene: &Scene| {
        let storage = scene.sim.storage();
        storage.seed_blob("remit", "policy.toml", policy);
    };
    file(&running);
    CANCEL.typed(&running).exits(3).says("cancel");
    CASCADE.typed(&running).exits(3).says("cascade");
    PURGE.typed(&running).exits(3).says("[bounds]");
    running.unchanged();
    DETACH.typed(&running).exits(0);
}

/// A right on a run is one on the runs below it, and so is a hold.
#[test]
fn a_run_goes_with_those_below_it() {
    let scene = Scene::new();
    let (parent, child) = ("/runs/bike-demand-000004", "/runs/support-mail-000005");
    scene
        .remit(&["hold", "add", "CASE-7", parent, "--reason", "audit"])
        .exits(0);
    scene
        .remit(&["delete", child, "--yes"])
        .exits(3)
        .says("CASE-7");
    assert!(scene.has(child));
    scene.remit(&["hold", "remove", "CASE-7"]).exits(0);
    scene.remit(&["delete", parent, "--yes"]).exits(0);
    assert!(!scene.has(parent) && !scene.has(child));
    let ids = ["bike-demand-000004", "support-mail-000005"];
    // The policy's own place aside, in which the hold was.
    let changes = scene.changes().into_iter();
    for change in changes.filter(|change| !change.contains(" remit/")) {
        assert!(ids.iter().any(|id| change.contains(id)), "{change}");
    }
}

#[test]
fn cascade() {
    by_name(Scene::new, &CASCADE, &["delete"], cascaded);
    // What was typed of one endpoint is no grant on another.
    let scene = Scene::new();
    let plan = [
        "delete",
        ENDPOINT,
        "--cascade",
        "--plan",
        "--case",
        "p.case",
    ];
    scene.remit(&plan).exits(0);
    let granted = std::fs::read_to_string(scene.bed.path("p.case/grant.toml")).unwrap();
    assert!(granted.contains("/endpoints/online/churn/**"), "{granted}");
    assert!(!granted.contains("\"/**\""), "{granted}");
    scene
        .remit(&["delete", ENDPOINT, "--yes"])
        .exits(3)
        .says("cascade");
    scene
        .remit(&["delete", "/workspace", "--yes", "--purge"])
        .exits(3)
        .says("cascade");
    scene.unchanged();
}

#[test]
fn cancel() {
    by_name(running, &CANCEL, &["read", "delete"], cancelled);
    let scene = running();
    scene
        .remit(&["delete", RUNNING, "--yes"])
        .exits(3)
        .says("running");
    scene
        .remit(&["delete", "/workspace", "--cascade", "--yes"])
        .exits(3)
        .says("churn-000009");
    scene.unchanged();
}

#[test]
fn detach() {
    by_name(Scene::new, &DETACH, &[], detached);
    let scene = Scene::new();
    scene
        .remit(&["delete", "/runs/churn-000000", "--detach", "--yes"])
        .says("only a compute target");
    scene.unchanged();
}

//! A workspace of Azure Machine Learning deleted with all it stands on, by the binary, against the simulator.

use remit_sim::{At, AzureMl, AzureMlSettings, Fault, FaultKind};
use serde_json::json;

use crate::bed::{Bed, Ran};
use crate::service::{Served, serve};

struct Scene {
    bed: Bed,
    sim: Served<AzureMl>,
}

impl Scene {
    fn new() -> Self {
        let sim = serve(AzureMl::start(AzureMlSettings::default()));
        sim.seed_record(
            "runs/first",
            json!({"runId": "first", "status": "Completed"}),
        );
        Self {
            bed: Bed::new(),
            sim,
        }
    }

    fn remit(&self, arguments: &[&str]) -> Ran {
        self.sim.remit(&self.bed, arguments)
    }

    fn plan(&self, case: &str) {
        self.remit(&[
            "delete",
            "/workspace",
            "/resources/**",
            "--cascade",
            "--purge",
            "--plan",
            "--case",
            case,
        ])
        .exits(0);
    }

    fn is_there(&self) -> bool {
        self.sim.record(&self.sim.arm_id()).is_some()
    }
}

#[test]
fn a_workspace_goes_with_all_it_stands_on() {
    let scene = Scene::new();
    scene.plan("all.case");
    scene
        .remit(&["apply", "all.case", "--yes", "--accept-gap", "all"])
        // The account can be recovered for a while.
        .exits(7)
        .says("1 gone-on");
    assert!(!scene.is_there());
    let kept = scene.sim.soft_deleted();
    assert!(
        kept.len() == 1 && kept[0].contains("storageaccounts"),
        "{kept:?}"
    );
    scene
        .remit(&["verify", "all.case"])
        .exits(5)
        .says("the workspace itself is not there")
        .says("nobody can look at any more");
    scene.remit(&["apply", "all.case", "--yes"]).exits(7);
}

/// The policy and its holds are in the account. That it is gone is no reason to leave the rest undone, nor to
/// take the word of anything but the management plane for it.
#[test]
fn what_was_stopped_behind_the_account_is_ended_without_a_policy() {
    let scene = Scene::new();
    scene.plan("all.case");
    let at = At::any().operation("Workspaces_Delete");
    let kind = FaultKind::Status(409, None);
    scene.sim.inject(Fault { at, kind });
    scene
        .remit(&["apply", "all.case", "--yes", "--accept-gap", "all"])
        .exits(5);
    assert!(scene.is_there());
    scene.sim.clear_faults();
    // Whoever has not begun it may not go on without the policy.
    scene
        .remit(&["delete", "/workspace", "--cascade", "--purge", "--yes"])
        .exits(1);
    assert!(scene.is_there());
    scene.remit(&["apply", "all.case", "--yes"]).exits(7);
    assert!(!scene.is_there());
}

#[test]
fn a_lock_or_a_hold_refuses_all_of_it_by_name() {
    let scene = Scene::new();
    scene.plan("all.case");
    let cluster = format!("{}/computes/cluster", scene.sim.arm_id());
    scene.sim.seed_lock(&cluster, "keep", "CanNotDelete");
    let apply = ["apply", "all.case", "--yes", "--accept-gap", "all"];
    scene
        .remit(&apply)
        .exits(3)
        .says("/workspace: held by the management lock keep (CanNotDelete) on cluster");
    assert!(scene.sim.mutations().is_empty());
    scene
        .remit(&[
            "hold",
            "add",
            "CASE-7",
            "/runs/other",
            "--reason",
            "a dispute",
        ])
        .exits(0);
    let before = scene.sim.mutations().len();
    scene
        .remit(&apply)
        .exits(3)
        .says("/resources/storage/practice: hold CASE-7");
    assert_eq!(scene.sim.mutations().len(), before);
}

#[test]
fn the_account_alone_is_no_plan() {
    let scene = Scene::new();
    scene
        .remit(&["delete", "/resources/storage/*", "--cascade", "--yes"])
        .exits(3)
        .says("it goes only with /workspace");
    assert!(scene.sim.mutations().is_empty());
}

/// Whoever does not wait is told what goes on, and sees to its end later: `begun` is no failure and no end.
#[test]
fn a_delete_that_nobody_waits_for_is_ended_later() {
    let scene = Scene::new();
    scene
        .remit(&[
            "delete",
            "/workspace",
            "--cascade",
            "--no-wait",
            "--yes",
            "--case",
            "w.case",
        ])
        .exits(7)
        .says("1 begun")
        .says("The service goes on with 1 delete, not awaited. Later: remit apply")
        .says("w.case");
    assert!(scene.is_there());
    scene.remit(&["show", "w.case"]).exits(0).says("1 begun");
    scene.remit(&["case", "close", "w.case", "--now"]).exits(3);
    scene
        .remit(&["apply", "w.case", "--yes"])
        .exits(7)
        .says("1 gone-on");
    assert!(!scene.is_there());
}

/// Each waits for the one before it, however often it is applied without waiting.
#[test]
fn without_waiting_the_order_holds() {
    let scene = Scene::new();
    scene.plan("all.case");
    let apply = [
        "apply",
        "all.case",
        "--yes",
        "--accept-gap",
        "all",
        "--no-wait",
    ];
    let mut exits = Vec::new();
    while exits.last() != Some(&7) {
        assert!(exits.len() < 20, "it comes to no end: {exits:?}");
        let there_before = scene.is_there();
        let ran = scene.remit(&apply);
        exits.push(ran.exit.unwrap());
        if there_before && !scene.is_there() {
            assert_eq!(scene.sim.soft_deleted().len(), 1, "{exits:?}");
        }
    }
    // Once for the registry, once for the purge of the vault, once for the workspace.
    assert!(
        exits.len() > 2 && exits[..exits.len() - 1].iter().all(|exit| *exit == 5),
        "{exits:?}"
    );
    scene
        .remit(&["apply", "all.case", "--yes"])
        .exits(7)
        .says("1 gone-on");
    assert!(!scene.is_there());
}

/// A plan is in its case. Without its workspace it is shown all the same, and what that would say is not made up.
#[test]
fn a_plan_is_shown_where_the_policy_cannot_be_read() {
    let scene = Scene::new();
    scene.plan("all.case");
    let at = At::any().operation("Workspaces_Get");
    let kind = FaultKind::Status(403, None);
    scene.sim.inject(Fault { at, kind });
    let shown = scene.remit(&["show", "all.case"]).exits(0);
    assert!(!shown.stdout.contains("ceilings"), "{}", shown.stdout);
    shown.says("the policy is unknown").says("5 resources");
    scene
        .remit(&["apply", "all.case", "--yes", "--accept-gap", "all"])
        .exits(3);
    assert!(scene.sim.mutations().is_empty());
}

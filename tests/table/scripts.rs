//! The scripts that are whole workflows, on a simulated workspace: what they do to it, in its own books.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bed::{Ran, project};
use crate::table::row::has_text;
use crate::table::rows::ROWS;
use crate::table::scene::Scene;

/// Plans, or plans and applies, with a script that ships.
fn with(scene: &Scene, verb: &str, script: &str, rights: &[&str], params: &str) -> Ran {
    let script = project().join(format!("scripts/{script}.rhai"));
    scene.bed.write("params.toml", params);
    let mut arguments = vec![verb, script.to_str().unwrap(), "--params", "params.toml"];
    arguments.extend(["--case", "s.case", "--accept-gap", "all"]);
    if verb == "run" {
        arguments.push("--yes");
    }
    for right in ["list=/**", "read=/**"].iter().chain(rights) {
        arguments.extend(["--allow", right]);
    }
    scene.remit(&arguments)
}

/// What the guest said in the plan.
fn notes(scene: &Scene) -> Vec<String> {
    let shown = scene
        .without_workspace(&["show", "s.case", "--json"])
        .exits(0);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let said = shown["plan"]["guest_says"].as_array().unwrap();
    said.iter()
        .map(|note| note.as_str().unwrap().to_owned())
        .collect()
}

/// Every state of every blob whose name has this in it, kept ones too.
fn states(scene: &Scene, name: &str) -> Vec<String> {
    let containers = [
        "azureml",
        "azureml-blobstore-910a2dec-8902-4cc1-abee-8da1658eec67",
    ];
    let all = containers
        .into_iter()
        .flat_map(|one| scene.sim.storage().holdings(one));
    all.map(|one| one.blob)
        .filter(|blob| blob.contains(name))
        .collect()
}

#[test]
fn runs_are_purged_with_what_lies_below_them_and_no_others() {
    let scene = Scene::with(|settings| settings.storage.versioning = true);
    let (parent, child, other) = (
        "bike-demand-000004",
        "support-mail-000005",
        "bike-demand-000001",
    );
    let before = states(&scene, other).len();
    assert!(states(&scene, parent).len() > 2 && states(&scene, child).len() > 2 && before > 2);
    with(
        &scene,
        "run",
        "run-purge",
        &["delete+purge=/runs/**"],
        &format!("id = [\"{parent}\"]"),
    )
    .exits(0);
    for run in [parent, child] {
        assert!(!scene.has(&format!("/runs/{run}")) && !scene.has(&format!("/runs/{run}/metrics")));
        assert!(states(&scene, run).is_empty(), "{:?}", states(&scene, run));
    }
    assert_eq!(states(&scene, other).len(), before);
    for change in scene.changes() {
        assert!(
            change.contains(parent) || change.contains(child),
            "{change}"
        );
    }
    scene.without_workspace(&["verify", "s.case"]).exits(0);
}

#[test]
fn runs_are_purged_by_owner_and_one_that_runs_stays() {
    let scene = Scene::new();
    let (goes, runs) = ("/runs/churn-000000", "/runs/churn-000009");
    scene.runs(runs);
    let chosen = "owner = \"Jane Example\"\nexperiment = \"churn\"\nage = \"30 days\"";
    with(
        &scene,
        "run",
        "run-purge",
        &["delete+purge=/runs/**"],
        chosen,
    )
    .exits(0)
    .says("running");
    assert!(!scene.has(goes) && scene.has(runs) && scene.has("/runs/churn-000003"));
    // Nothing said is not everything meant.
    let scene = Scene::new();
    with(&scene, "run", "run-purge", &["delete+purge=/runs/**"], "")
        .exits(1)
        .says("say which runs");
    with(
        &scene,
        "run",
        "run-purge",
        &["delete=/runs/**"],
        "id = [\"churn-000000\"]",
    )
    .exits(3);
    scene.unchanged();
}

#[test]
fn a_run_that_is_held_keeps_no_other() {
    let scene = Scene::new();
    let held = "/runs/churn-000003";
    let hold = ["hold", "add", "CASE-7", held, "--reason", "a dispute"];
    scene.remit(&hold).exits(0);
    let before = states(&scene, "churn-000003").len();
    let rights = ["delete+purge=/runs/**"];
    with(
        &scene,
        "run",
        "run-purge",
        &rights,
        "experiment = \"churn\"",
    )
    .exits(0)
    .says("CASE-7");
    assert!(scene.has(held) && scene.has(&format!("{held}/metrics")));
    assert_eq!(states(&scene, "churn-000003").len(), before);
    for gone in ["churn-000000", "churn-000006", "churn-000009"] {
        assert!(!scene.has(&format!("/runs/{gone}")), "{gone}");
        assert!(states(&scene, gone).is_empty(), "{gone}");
    }
}

#[test]
fn a_report_is_shown_whole_and_asks_for_nothing() {
    let scene = Scene::new();
    // `/pipelines` is a gap: it is told, and nobody has to accept it where nothing is to be done.
    let script = "for entry in scope.list(\"/**\") { } for i in 0..5 { note(`line ${i}`); }";
    let arguments = [
        "run", "-e", script, "--allow", "list=/**", "--case", "r.case",
    ];
    let ran = scene.remit(&arguments).exits(0).says("/pipelines: no");
    for line in 0..5 {
        assert!(
            ran.stdout.contains(&format!("line {line}")),
            "{}",
            ran.stdout
        );
    }
    scene.unchanged();
}

#[test]
fn an_inventory_counts_what_a_listing_lists() {
    let scene = Scene::new();
    with(
        &scene,
        "plan",
        "workspace-inventory",
        &[],
        "form = \"json\"",
    )
    .exits(0);
    let mut counted: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for note in notes(&scene) {
        let line: Value = serde_json::from_str(&note).unwrap();
        let of = |name: &str| line[name].as_u64().unwrap();
        if line["by"] == "kind" {
            counted.insert(
                line["name"].as_str().unwrap().to_owned(),
                (of("entries"), of("bytes")),
            );
        }
    }
    let mut listed: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in scene.remit(&["list", "--json"]).stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let known = listed
            .entry(line["kind"].as_str().unwrap().to_owned())
            .or_default();
        known.0 += 1;
        known.1 += line["size_bytes"].as_u64().unwrap_or(0);
    }
    assert_eq!(counted, listed);
    assert!(counted.len() > 12, "{counted:?}");
    let owners: Vec<String> = notes(&scene)
        .into_iter()
        .filter(|note| note.contains("\"by\":\"owner\""))
        .collect();
    assert!(
        owners
            .iter()
            .any(|note| note.contains("jane.example@example.com")),
        "{owners:?}"
    );
    scene.unchanged();
}

#[test]
fn a_sweep_deletes_only_where_nobody_else_can_own_it() {
    let scene = Scene::new();
    let lost = [
        "ExperimentRun/dcid.lost/outputs/x.bin",
        "ExperimentRun/dcid.lost/user_logs/std_log.txt",
    ];
    for name in lost {
        scene.sim.storage().seed_blob("azureml", name, "left");
    }
    let bare = scene.record("/runs/churn-000000").unwrap();
    scene.sim.seed_record("/runs/bare", serde_json::json!({"runId": "bare", "status": "Completed", "experimentName": bare["experimentName"]}));
    let told = [
        "run lost is gone and left dcid.lost",
        "/runs/bare has neither artifacts nor outputs",
    ];
    with(
        &scene,
        "run",
        "orphan-sweep",
        &["delete=/blobs/**"],
        "age = \"0 s\"",
    )
    .exits(0);
    let said = notes(&scene);
    assert!(
        told.iter().all(|note| said.iter().any(|said| said == note)),
        "{said:?}"
    );
    scene.unchanged();
    std::fs::remove_dir_all(scene.bed.path("s.case")).unwrap();
    // Young, it may be a run that is beginning.
    with(
        &scene,
        "run",
        "orphan-sweep",
        &["delete=/blobs/**"],
        "alone = true",
    )
    .exits(0);
    scene.unchanged();
    std::fs::remove_dir_all(scene.bed.path("s.case")).unwrap();
    with(
        &scene,
        "run",
        "orphan-sweep",
        &["delete=/blobs/**"],
        "alone = true\nage = \"0 s\"",
    )
    .exits(0);
    let mut gone = scene.removed();
    gone.sort();
    assert_eq!(gone, lost.map(|name| format!("azureml/{name}")));
}

#[test]
fn a_workspace_is_given_up_by_its_name_only() {
    let scene = Scene::new();
    let rights = ["delete+purge+cascade+cancel=/**", "export=/**"];
    with(
        &scene,
        "run",
        "workspace-decommission",
        &rights,
        "name = \"another\"",
    )
    .exits(1)
    .says("is called sample");
    let weaker = ["delete+purge+cascade=/**", "export=/**"];
    with(
        &scene,
        "run",
        "workspace-decommission",
        &weaker,
        "name = \"sample\"",
    )
    .exits(3)
    .says("cancel");
    scene.runs("/runs/churn-000009");
    with(
        &scene,
        "run",
        "workspace-decommission",
        &rights,
        "name = \"sample\"",
    )
    .exits(1)
    .says("has not ended");
    scene.unchanged();
    with(
        &scene,
        "plan",
        "workspace-decommission",
        &rights,
        "name = \"sample\"\ncancel = true\nkeep = [\"/models/**\"]",
    )
    .exits(0);
    let steps = scene.without_workspace(&["show", "s.case", "--steps", "--json"]);
    let steps: Vec<Value> = steps
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let has = |act: &str, path: &str| {
        steps
            .iter()
            .any(|step| step["act"] == act && step["path"] == path)
    };
    for row in ROWS {
        let is_meant = !row.path.ends_with("/metrics");
        assert!(!is_meant || has("delete", row.path), "{}", row.path);
    }
    assert!(has("export", "/models/churn-model/1") && !has("export", "/data/churn-training/1"));
    assert!(
        steps
            .iter()
            .all(|step| step["act"] != "delete" || step["purge"] == true)
    );
    scene.unchanged();
}

const LAST: [&str; 6] = [
    "Microsoft.OperationalInsights/workspaces/log-sample",
    "Microsoft.Insights/components/ai-sample",
    "Microsoft.KeyVault/vaults/kv-sample",
    "Microsoft.ContainerRegistry/registries/acrsample",
    "Microsoft.Storage/storageAccounts/samplestorage",
    "Microsoft.MachineLearningServices/workspaces/sample",
];

/// Everything in it first, then what it stands on, one after the other, and itself at the end; only the storage account
/// can be brought back for a while, which the exit says.
#[test]
fn a_workspace_is_given_up_to_the_last() {
    let scene = Scene::new();
    scene.runs("/runs/churn-000009");
    let rights = ["delete+purge+cascade+cancel=/**", "export=/**"];
    let params = "name = \"sample\"\ncancel = true\nkeep = [\"/models/**\"]";
    with(&scene, "run", "workspace-decommission", &rights, params)
        .exits(7)
        .says("127 gone");
    assert_eq!(scene.sim.records(""), [""; 0]);
    let kept = scene.sim.soft_deleted();
    assert!(
        kept.len() == 1 && kept[0].ends_with("storageaccounts/samplestorage"),
        "{kept:?}"
    );
    let removed = scene.removed();
    let is_resource = |gone: &String| gone.starts_with("Microsoft.");
    let first = removed.iter().position(is_resource).unwrap();
    let mut resources: Vec<String> = removed[first..]
        .iter()
        .filter(|gone| is_resource(gone))
        .cloned()
        .collect();
    // A vault is deleted, and then purged.
    resources.dedup();
    assert_eq!(resources, LAST);
    assert!(
        removed[..first]
            .iter()
            .any(|gone| gone == "experiments/churn"),
        "{removed:?}"
    );
    assert!(has_text(&scene, "s.case/package", "custom_model"));
    // Nobody can look into a workspace that is gone, and nobody says that somebody did.
    scene
        .without_workspace(&["verify", "s.case"])
        .exits(5)
        .says("nobody can look at any more");
}

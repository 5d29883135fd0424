//! The files of a model and of a data asset, deleted by the asset's name: alone, and in one plan with the record.

use remit_sim::{At, Fault, FaultKind};
use serde_json::json;

use crate::table::scene::Scene;

/// An asset of the scene, the member of its document that says where its files are, and what they are.
const ASSETS: [(&str, &str, &str); 2] = [
    (
        "/models/churn-model/1",
        "modelUri",
        "/blobs/*/models/churn-model/1/**",
    ),
    (
        "/data/churn-training/1",
        "dataUri",
        "/blobs/*/training/churn/**",
    ),
];

/// Each asset in a scene of its own, with its pattern and the path of its one file.
fn each(check: impl Fn(&Scene, &str, &str, &str)) {
    for (asset, _, files) in ASSETS {
        let scene = Scene::new();
        let found = scene.listed(files);
        let [file] = found.as_slice() else {
            panic!("{found:?}")
        };
        check(&scene, asset, &format!("{asset}/**"), file);
    }
}

#[test]
fn files_go_alone_and_the_record_stays() {
    each(|scene, asset, files, file| {
        let how = ["delete", files, "--yes", "--case", "f.case"];
        // The plan names who refers to what goes: the record itself.
        scene.remit(&how).exits(0).says("1 gone").says(asset);
        assert!(!scene.has(file) && scene.has(asset));
        assert_eq!(scene.changes().len(), 1);
        scene
            .remit(&["delete", files, "--yes"])
            .exits(0)
            .says(&format!("where {asset} says that its files are"));
        assert_eq!(scene.changes().len(), 1);
    });
}

#[test]
fn bytes_and_record_both_go_in_one_plan() {
    each(|scene, asset, files, file| {
        let how = ["delete", asset, files, "--yes", "--case", "b.case"];
        scene.remit(&how).exits(0).says("2 gone");
        assert!(!scene.has(file) && !scene.has(asset));
        let removed = scene.removed();
        let at = |what: &str| {
            let name = what.rsplit('/').nth(1).unwrap();
            removed.iter().position(|one| one.contains(name)).unwrap()
        };
        // The bytes first: a record that is left can be found.
        assert!(at(file) <= at(asset), "{removed:?}");
        let blob = file.rsplit('/').next().unwrap();
        assert!(removed[0].ends_with(blob), "{removed:?}");
        scene.without_workspace(&["verify", "b.case"]).exits(0);
    });
}

#[test]
fn the_record_stays_while_bytes_stay() {
    each(|scene, asset, files, file| {
        scene.sim.storage().inject(Fault {
            at: At::any().operation("Blob_Delete"),
            kind: FaultKind::Status(403, None),
        });
        let how = ["delete", asset, files, "--yes", "--case", "b.case"];
        scene.remit(&how).says("which it needs, did not succeed");
        assert!(scene.has(file) && scene.has(asset));
        scene.unchanged();
    });
}

#[test]
fn a_hold_on_the_record_keeps_its_files() {
    each(|scene, asset, files, file| {
        let hold = ["hold", "add", "CASE-7", asset, "--reason", "asked"];
        scene.remit(&hold).exits(0);
        // It is not even planned; and if it had been, it would not be done.
        for how in ["--plan", "--yes"] {
            let case = format!("b{how}.case");
            scene
                .remit(&["delete", files, how, "--case", &case])
                .exits(3)
                .says("hold CASE-7");
        }
        assert!(scene.has(file));
    });
}

#[test]
fn files_elsewhere_are_refused_with_what_to_type() {
    for (asset, member, files) in ASSETS {
        let scene = Scene::new();
        let says = |address: &str| {
            let mut document = scene.record(asset).unwrap();
            document["properties"][member] = json!(address);
            scene.sim.seed_record(asset, document);
        };
        let pattern = format!("{asset}/**");
        let delete = ["delete", &pattern, "--yes"];
        says("https://others.blob.core.windows.net/their-data/people/");
        scene
            .remit(&delete)
            .exits(3)
            .says("'/blobs/their-data/people/**' with -w https://others.blob.core.windows.net");
        // A whole container has in it what is not the asset's.
        says("azureml://datastores/workspaceblobstore/paths/");
        scene
            .remit(&delete)
            .exits(3)
            .says("if that is what you mean, type");
        says("azureml://datastores/unknown/paths/x/");
        scene.remit(&delete).exits(1).says("not known here");
        assert_eq!(scene.listed(files).len(), 1);
        scene.unchanged();
    }
}

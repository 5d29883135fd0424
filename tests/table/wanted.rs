//! What is wanted of a listing is left out at the service, where nobody counts of how many.

use serde_json::json;

use crate::table::scene::Scene;

const QUERIES: &str = "Runs_GetByQuery";

#[test]
fn a_listing_asks_only_for_what_is_wanted() {
    let scene = Scene::new();
    let before = scene.sim.requests(QUERIES);
    let churn = scene.remit(&["list", "/runs/*", "--property", "experiment=churn"]);
    let churn = churn.exits(0).says("/runs/churn-000000");
    assert!(!churn.stdout.contains("bike"), "{}", churn.stdout);
    assert_eq!(scene.sim.requests(QUERIES) - before, 1);
    let old = scene.remit(&["list", "/runs/*", "--older-than", "100000 days"]);
    assert_eq!(old.exits(0).stdout, "");
    scene
        .remit(&["list", "--property", "experiment"])
        .exits(2)
        .says("a property is written like status=Failed");
    // A guest that may propose nothing asks likewise.
    let script = r#"let n = 0; for r in scope.list("/runs/*").property("experiment", "churn") { n += 1; } note(`${n}`);"#;
    let before = scene.sim.requests(QUERIES);
    let rights = ["--allow", "list=/runs/*", "--allow", "read=/runs/*"];
    let plan = ["plan", "-e", script, "--case", "r.case"];
    scene.remit(&[&plan[..], &rights].concat()).exits(0);
    assert_eq!(scene.sim.requests(QUERIES) - before, 1);
}

#[test]
fn a_percentage_is_of_all_there_are_and_not_of_those_wanted() {
    let scene = Scene::new();
    for name in ["old", "generated"] {
        let experiment = json!({"name": name, "experimentId": format!("id-of-{name}")});
        let path = format!("/experiments/{name}");
        scene.sim.seed_record(&path, experiment);
    }
    scene.sim.seed_generated_runs("gen", "generated", 100);
    // More than a tenth of all; but alone too few to be counted in percent.
    for at in 0..20 {
        let run =
            json!({"runId": format!("old{at}"), "experimentName": "old", "status": "Completed"});
        scene.sim.seed_record(&format!("/runs/old{at}"), run);
    }
    let script =
        r#"for r in scope.list("/runs/**").property("experiment", "old") { r.delete("old"); }"#;
    let mut arguments = vec!["plan", "-e", script, "--case", "r.case"];
    for right in ["list=/runs/**", "read=/runs/**", "delete=/runs/**"] {
        arguments.extend(["--allow", right]);
    }
    scene
        .remit(&arguments)
        .exits(3)
        .says("percent of all entries of kind run");
}

//! What planning costs the service: the closure of many runs takes the requests that list what is theirs, and no
//! request for each of what was found.

use std::collections::BTreeMap;

use serde_json::json;

use crate::table::scene::Scene;

/// What lists the parts of a run, and how often for each: its children, its metrics, and the blobs of each prefix
/// that carries its id.
const LISTS: [(&str, u64); 3] = [
    ("Container_ListBlobFlatSegment", 5),
    ("Metric_ListMetric", 1),
    ("Runs_GetChild", 1),
];

/// The requests for planning to delete so many runs, each with three blobs.
fn planned(runs: usize) -> BTreeMap<&'static str, u64> {
    let scene = Scene::new();
    for at in 0..runs {
        let run =
            json!({"runId": format!("lot{at}"), "experimentName": "churn", "status": "Completed"});
        scene.sim.seed_record(&format!("/runs/lot{at}"), run);
        for name in ["logs/a", "logs/b", "outputs/c"] {
            let name = format!("ExperimentRun/dcid.lot{at}/{name}");
            scene.sim.storage().seed_blob("azureml", &name, "x");
        }
    }
    let before = scene.sim.all_requests();
    let raised = ["--raise", "delete=1000", "--raise", "delete.percent=100"];
    let arguments = ["delete", "/runs/lot*", "--plan", "--case", "r.case"];
    let plan = scene.remit(&[&arguments[..], &raised].concat()).exits(0);
    let said = format!("{runs} runs, {} owned blobs", 3 * runs);
    assert!(plan.stdout.contains(&said), "{}", plan.stdout);
    let mut requests = scene.sim.all_requests();
    for (operation, count) in &mut requests {
        *count -= before.get(operation).copied().unwrap_or_default();
    }
    requests
}

#[test]
fn the_closure_of_many_runs_is_planned_from_lists_alone() {
    let (few, many) = (planned(5), planned(25));
    let grown: BTreeMap<&str, u64> = many
        .into_iter()
        .map(|(operation, count)| {
            (
                operation,
                count - few.get(operation).copied().unwrap_or_default(),
            )
        })
        .filter(|(_, more)| *more > 0)
        .collect();
    let lists = LISTS.map(|(operation, of_each)| (operation, 20 * of_each));
    assert_eq!(grown, BTreeMap::from(lists));
}

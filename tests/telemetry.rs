//! Rows of telemetry from the outside: what a person types, sees and gets.

use remit_sim::{AzureMl, AzureMlSettings};
use serde_json::json;

use crate::bed::{Bed, Ran};
use crate::service::{Served, serve};

struct Scene {
    bed: Bed,
    sim: Served<AzureMl>,
    logs: String,
}

impl Scene {
    fn new(settings: AzureMlSettings) -> Self {
        let sim = serve(AzureMl::start(settings));
        let id = sim.arm_id();
        let group = id.split("/providers/").next().unwrap().to_owned();
        let logs =
            format!("{group}/providers/Microsoft.OperationalInsights/workspaces/log-practice");
        let component = format!("{group}/providers/Microsoft.Insights/components/ai-practice");
        for table in ["AppTraces", "AppRequests"] {
            let rows = ["jane", "joe", "ada"]
                .map(|user| json!({"UserId": user, "_ResourceId": component}));
            sim.seed_rows(&logs, table, rows);
        }
        Self {
            bed: Bed::new(),
            sim,
            logs,
        }
    }

    fn remit(&self, arguments: &[&str]) -> Ran {
        self.sim.remit(&self.bed, arguments)
    }

    fn users(&self, table: &str) -> Vec<String> {
        let rows = self.sim.rows(&self.logs, table).into_iter();
        rows.map(|row| row["UserId"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn rows_of_people_are_purged_and_nobody_elses() {
    let scene = Scene::new(AzureMlSettings::default());
    scene
        .remit(&["list", "/telemetry/*/*"])
        .exits(5)
        .says("/telemetry/ai-practice/AppTraces")
        .says("privacy portal");
    // Not by a plain delete, and no table as a whole.
    let jane = "/telemetry/ai-practice/AppTraces/UserId/jane";
    let joe = "/telemetry/ai-practice/AppTraces/UserId/joe";
    scene
        .remit(&["delete", jane, "--yes", "--case", "n.case"])
        .says("purge");
    scene
        .remit(&[
            "delete",
            "/telemetry/*/AppTraces",
            "--purge",
            "--yes",
            "--case",
            "t.case",
        ])
        .says("COLUMN/VALUE");
    assert!(scene.sim.purges().is_empty());
    let delete = ["delete", jane, joe, "--purge", "--case", "d.case"];
    scene
        .remit(&[&delete[..], &["--plan"]].concat())
        .exits(0)
        .says("privacy portal");
    scene
        .remit(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("2 gone");
    assert_eq!(scene.sim.purges().len(), 1, "in one request");
    assert_eq!(scene.users("AppTraces"), ["ada"]);
    assert_eq!(scene.users("AppRequests").len(), 3);
    scene
        .remit(&["verify", "d.case"])
        .exits(0)
        .says("2 purged, as the service says");
    let journal: String = scene
        .bed
        .tree("d.case/journal")
        .into_values()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    assert!(
        journal.contains("purge-") && !journal.contains("jane"),
        "{journal}"
    );
}

#[test]
fn one_person_is_purged_from_every_usual_table() {
    let scene = Scene::new(AzureMlSettings::default());
    let delete = [
        "delete",
        "/telemetry/*/*/UserId/jane",
        "--purge",
        "--case",
        "d.case",
    ];
    // Which tables there are besides, nobody lists: that must be accepted.
    scene
        .remit(&[&delete[..], &["--plan"]].concat())
        .exits(0)
        .says("gaps");
    scene.remit(&["apply", "d.case", "--yes"]).says("gap");
    assert!(scene.sim.purges().is_empty());
    scene
        .remit(&["apply", "d.case", "--yes", "--accept-gap", "1"])
        .exits(0)
        .says("10 gone");
    for table in ["AppTraces", "AppRequests"] {
        assert_eq!(scene.users(table), ["joe", "ada"], "{table}");
    }
}

#[test]
fn a_hold_on_rows_holds_what_they_may_share() {
    let scene = Scene::new(AzureMlSettings::default());
    let hold = [
        "hold",
        "add",
        "CASE-7",
        "/telemetry/ai-practice/AppTraces/SessionId/7",
        "--reason",
        "asked",
    ];
    scene.sim.storage().seed_container("remit");
    scene.remit(&hold).exits(0);
    let jane = "/telemetry/ai-practice/AppTraces/UserId/jane";
    scene
        .remit(&["delete", jane, "--purge", "--yes", "--case", "d.case"])
        .says("CASE-7");
    assert!(scene.sim.purges().is_empty());
}

#[test]
fn a_persons_request_reaches_the_columns_that_are_named() {
    let scene = Scene::new(AzureMlSettings::default());
    scene.bed.write(
        "jane.toml",
        "alias = [\"jane\"]\ntelemetry-column = [\"UserId\"]\n",
    );
    let plan = [
        "plan",
        "erase-subject",
        "--params",
        "jane.toml",
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
        "--allow",
        "delete+purge=/telemetry/**",
        "--case",
        "j.case",
    ];
    scene.remit(&plan).exits(0).says("10 entries for good");
    scene
        .remit(&["apply", "j.case", "--yes", "--accept-gap", "all"])
        .exits(0)
        .says("10 gone");
    for table in ["AppTraces", "AppRequests"] {
        assert_eq!(scene.users(table), ["joe", "ada"], "{table}");
    }
    assert_eq!(scene.sim.purges().len(), 10, "one a table");
}

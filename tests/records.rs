//! The operator's verbs on records, and the list of cases.

use std::fs;

use crate::bed::Bed;
use crate::verbs::logs;

#[test]
fn a_delete_names_what_else_refers_to_it() {
    let bed = Bed::with_sample();
    let arguments = [
        "delete",
        "/data/churn-training/1",
        "-w",
        "sample",
        "--raise",
        "delete.percent=100",
        "--case",
        "d.case",
    ];
    let line = "/data/churn-training/1 is also referred to by /runs/churn-000000";
    bed.remit(&[&arguments[..], &["--plan"]].concat())
        .exits(0)
        .says(line);
    let json = bed.remit(&["show", "d.case", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let referred = &json["plan"]["referred"][0];
    assert_eq!(referred["to"], "/data/churn-training/1");
    assert_eq!(referred["by"], "/runs/churn-000000");
    bed.remit(&["show", "d.case", "--html"]).exits(0);
    let page = fs::read_to_string(bed.path("d.case/report.html")).unwrap();
    assert!(page.contains("Records that stay, and refer to what goes"));
    // Under the plan's digest, like everything that a person decides by.
    let referred = bed.path("d.case/referred.jsonl");
    let text = fs::read_to_string(&referred).unwrap();
    fs::write(&referred, text.replace("churn-000000", "churn-000001")).unwrap();
    bed.remit(&["apply", "d.case", "--yes"])
        .says("its SHA-256 is not the one in MANIFEST");
}

#[test]
fn a_compute_target_is_detached() {
    let bed = Bed::with_sample();
    bed.write(
        "sample/records/computes/cluster.json",
        r#"{"name": "cluster"}"#,
    );
    let detach = |pattern: &str, more: &[&str]| {
        bed.remit(&[&["delete", pattern, "--detach", "-w", "sample"], more].concat())
    };
    detach("/runs/churn-000000", &["--yes"])
        .exits(0)
        .says("only a compute target can be detached");
    detach("/computes/cluster", &["--purge"]).exits(2);
    let before = bed.tree("sample");
    detach("/computes/cluster", &["--case", "d.case", "--plan"])
        .exits(0)
        .says("1 only detached: what is below it stays");
    bed.remit(&["show", "d.case", "--steps"])
        .exits(0)
        .says("detached: what is below it stays");
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("1 gone");
    let after = bed.tree("sample");
    let gone: Vec<_> = before
        .keys()
        .filter(|name| !after.contains_key(*name))
        .collect();
    assert_eq!(gone, [b"records/computes/cluster.json"]);
    bed.remit(&["verify", "d.case"]).exits(0);
}

#[test]
fn records_are_archived_and_nothing_else_changes() {
    let bed = Bed::with_sample();
    let archive = |more: &[&str]| {
        let arguments = [&["archive", "-w", "sample"], more].concat();
        bed.remit(&arguments)
    };
    archive(&["/runs/churn-000000", "--case", "a.case"])
        .exits(3)
        .says("archive   1 run");
    let before = bed.tree("sample");
    bed.remit(&["apply", "a.case", "--yes"])
        .exits(0)
        .says("1 done");
    let after = bed.tree("sample");
    let changed: Vec<String> = before
        .iter()
        .filter(|(name, bytes)| after.get(*name) != Some(*bytes))
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    assert_eq!(changed, ["records/runs/churn-000000.json"]);
    assert_eq!(before.len(), after.len());
    bed.remit(&["show", "/runs/churn-000000", "-w", "sample"])
        .exits(0)
        .says("archived");
    bed.remit(&["verify", "a.case"]).exits(0).says("1 archived");
    archive(&["/runs/churn-000000", "--yes"])
        .exits(0)
        .says("Nothing to do");
    // What is not so any more is seen.
    let record = "records/runs/churn-000000.json";
    let original = String::from_utf8(before[record.as_bytes()].clone()).unwrap();
    bed.write(&format!("sample/{record}"), &original);
    bed.remit(&["verify", "a.case"])
        .exits(1)
        .says("it is not archived");
    archive(&["/blobs/**", "--yes"])
        .exits(0)
        .says("only records are archived");
    archive(&["/datastores/*", "--yes"])
        .exits(3)
        .says("its kind cannot be archived");
}

#[test]
fn cases_are_listed_with_how_far_they_have_come() {
    let bed = logs();
    let plan = |case: &str, path: &str| {
        bed.remit(&["delete", path, "-w", "logs", "--case", case, "--plan"])
            .exits(0);
    };
    plan("a-planned.case", "/files/clean.log");
    plan("b-done.case", "/files/app.log");
    bed.remit(&["apply", "b-done.case", "--yes"]).exits(0);
    plan("c-closed.case", "/files/keep.txt");
    bed.remit(&["apply", "c-closed.case", "--yes"]).exits(0);
    bed.remit(&["case", "close", "c-closed.case", "--yes"])
        .exits(0);
    plan("d-approved.case", "/files/clean.log");
    let keygen = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(bed.path("key"))
        .status()
        .unwrap();
    assert!(keygen.success());
    bed.remit(&["approve", "d-approved.case", "--key", "key"])
        .exits(0);
    plan("e-expired.case", "/files/clean.log");
    let manifest = bed.path("e-expired.case/MANIFEST");
    let text = fs::read_to_string(&manifest).unwrap();
    let expires = text
        .lines()
        .find(|line| line.starts_with("# expires"))
        .unwrap();
    let text = text.replace(expires, "# expires    2020-01-01T00:00:00Z");
    fs::write(&manifest, text).unwrap();
    let states = |more: &[&str]| {
        let listed = bed.remit(&[&["case", "list", "--json"], more].concat());
        let lines: Vec<String> = listed
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .map(|line: serde_json::Value| {
                let of = |name: &str| line[name].as_str().unwrap().to_owned();
                format!("{} {}", of("case"), of("state"))
            })
            .collect();
        (listed.exit, lines)
    };
    let expect = [
        "a-planned.case planned",
        "b-done.case done",
        "c-closed.case closed",
        "d-approved.case approved",
        "e-expired.case expired",
    ];
    assert_eq!(states(&[]), (Some(0), expect.map(str::to_owned).into()));
    bed.remit(&["case", "list"])
        .exits(0)
        .says("a-planned.case  operator on ");
    // A case that is damaged is told of, and the others are listed.
    bed.write("a-planned.case/gaps.jsonl", "x");
    bed.remit(&["case", "list"])
        .exits(5)
        .says("its SHA-256 is not the one in MANIFEST");
    assert_eq!(states(&[]).1.len(), 4);
    bed.remit(&["case", "list", "nowhere"]).exits(1);
}

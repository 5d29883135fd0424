//! The scripts that ship, each on the sample workspace: what it plans is written down in `tests/shipped/`.
//!
//! `REMIT_BLESS=1` writes it down anew; read the difference before you keep it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::bed::{Bed, project};

/// A script that ships, what it meets besides the sample, and what it is told.
struct Shipped {
    name: &'static str,
    meets: fn(&Bed),
    /// The file of its parameters.
    params: &'static str,
    /// What it is granted besides.
    more: &'static [&'static str],
}

const SHIPPED: &[Shipped] = &[
    Shipped {
        name: "export-experiment",
        meets: |_| {},
        params: "experiment = \"churn\"",
        more: &[],
    },
    Shipped {
        name: "failed-runs",
        meets: |bed| {
            set(bed, "runs/churn-000003", "/status", json!("Failed"));
            set(bed, "runs/churn-000006", "/status", json!("Canceled"));
            set(bed, "runs/churn-000009", "/status", json!("Failed"));
            set(bed, "runs/churn-000009", "/tags/keep", json!("yes"));
        },
        params: "",
        more: &[],
    },
    Shipped {
        name: "large-files",
        meets: |_| {},
        params: "least = \"100 KiB\"",
        more: &[],
    },
    Shipped {
        name: "leaver-notebooks",
        meets: |_| {},
        params: "alias = \"omar\"",
        more: &[],
    },
    Shipped {
        name: "orphan-sweep",
        meets: |bed| {
            remove(bed, "sample/records/runs/churn-000003.json");
            remove(bed, "sample/blobs/azureml/ExperimentRun/dcid.churn-000006");
            remove(
                bed,
                "sample/blobs/azureml-blobstore-910a2dec-8902-4cc1-abee-8da1658eec67/azureml/churn-000006",
            );
        },
        params: "alone = true",
        more: &[],
    },
    Shipped {
        name: "redact-logs",
        meets: |_| {},
        params: "",
        more: &[],
    },
    Shipped {
        name: "retention",
        meets: |_| {},
        params: "",
        more: &[],
    },
    Shipped {
        name: "run-purge",
        meets: |_| {},
        params: "experiment = \"bike-demand\"\nage = \"30 days\"",
        more: &["delete+purge=/runs/**"],
    },
    Shipped {
        name: "unused-models",
        meets: |bed| {
            for version in ["2", "3"] {
                copy_record(bed, "models/churn-model/1", "models/churn-model", version);
            }
        },
        params: "",
        more: &[],
    },
    Shipped {
        name: "workspace-decommission",
        meets: |_| {},
        params: "name = \"sample\"\nkeep = [\"/models/**\"]\ncancel = true",
        more: &["delete+purge+cascade+cancel=/**"],
    },
    Shipped {
        name: "workspace-inventory",
        meets: |_| {},
        params: "",
        more: &[],
    },
];

const GRANTED: &[&str] = &[
    "list=/**",
    "read=/**",
    "export=/**",
    "redact=/**",
    "delete=/**",
    "archive=/**",
];

/// Sets one place of a record's document.
fn set(bed: &Bed, record: &str, pointer: &str, to: Value) {
    let file = bed.path(&format!("sample/records/{record}.json"));
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let (above, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(above).unwrap()[key] = to;
    fs::write(&file, serde_json::to_vec_pretty(&document).unwrap()).unwrap();
}

fn remove(bed: &Bed, name: &str) {
    let path = bed.path(name);
    match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
    .unwrap();
}

/// The same record under another version.
fn copy_record(bed: &Bed, record: &str, asset: &str, version: &str) {
    let from = bed.path(&format!("sample/records/{record}.json"));
    let text = fs::read_to_string(from).unwrap();
    let old = record.rsplit('/').next().unwrap();
    let text = text.replace(
        &format!("versions/{old}\""),
        &format!("versions/{version}\""),
    );
    bed.write(&format!("sample/records/{asset}/{version}.json"), &text);
}

/// All files as old as the sample's runs: what a script calls old must not hang on the day of the test.
fn grow_old(folder: &Path) {
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_689_600);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            grow_old(&path);
        } else {
            let times = FileTimes::new().set_modified(then);
            File::options()
                .append(true)
                .open(path)
                .unwrap()
                .set_times(times)
                .unwrap();
        }
    }
}

/// What a script plans, without what differs from one run to the next.
fn planned(script: &Shipped) -> String {
    let bed = Bed::with_sample();
    (script.meets)(&bed);
    grow_old(&bed.path("sample"));
    let before = bed.tree("sample");
    let text = fs::read_to_string(project().join(format!("scripts/{}.rhai", script.name))).unwrap();
    let file = format!("{}.rhai", script.name);
    let file = file.as_str();
    bed.write(file, &text);
    bed.remit(&["check", file]).exits(0);
    bed.write("params.toml", script.params);
    let mut arguments = vec!["plan", file, "-w", "sample", "--case", "c.case"];
    arguments.extend(["--params", "params.toml"]);
    for right in GRANTED.iter().chain(script.more) {
        arguments.extend(["--allow", right]);
    }
    bed.remit(&arguments).exits(0);
    assert!(bed.tree("sample") == before, "{}: planning", script.name);
    let facts = bed.remit(&["--json", "show", "c.case"]).exits(0).stdout;
    let facts: Value = serde_json::from_str(&facts).unwrap();
    let mut text = String::new();
    for fact in [
        "incomplete",
        "acts",
        "gaps",
        "kept",
        "residue",
        "referred",
        "guest_says",
    ] {
        let value = &facts["plan"][fact];
        match value {
            Value::Null => {}
            Value::Array(lines) if lines.is_empty() => {}
            Value::Array(lines) => {
                writeln!(text, "{fact}:").unwrap();
                // A directory lists in no promised order.
                let mut lines: Vec<String> = lines
                    .iter()
                    .map(|line| ageless(&line.to_string()))
                    .collect();
                lines.sort();
                for line in lines {
                    writeln!(text, "  {line}").unwrap();
                }
            }
            value => writeln!(text, "{fact}: {value}").unwrap(),
        }
    }
    let steps = bed.remit(&["--json", "show", "c.case", "--steps"]).exits(0);
    for line in steps.stdout.lines() {
        let step: Value = serde_json::from_str(line).unwrap();
        let said = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        write!(text, "{} {}", said("act"), said("path")).unwrap();
        if step["purge"] == true {
            write!(text, " for good").unwrap();
        }
        if let Some(places) = step["redaction"].get("places") {
            write!(text, " {places}").unwrap();
        }
        match step["part_of"].as_str() {
            Some(record) => writeln!(text, " (part of {record})").unwrap(),
            None => writeln!(text, ": {}", said("reason")).unwrap(),
        }
    }
    text
}

/// Ages to the millisecond are those of the moment.
fn ageless(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let is_age = |at: usize| {
        let unit = words
            .get(at + 1)
            .map(|unit| unit.trim_end_matches([':', ',']));
        words[at].bytes().all(|byte| byte.is_ascii_digit())
            && matches!(unit, Some("ms" | "s" | "min" | "h"))
    };
    let shown = (0..words.len()).map(|at| match is_age(at) {
        true => "…",
        false => words[at],
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_script_that_ships_plans_what_is_written_down() {
    let mut wrong = Vec::new();
    for script in SHIPPED {
        let text = planned(script);
        let file = project().join(format!("tests/shipped/{}.txt", script.name));
        if std::env::var_os("REMIT_BLESS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if text != expected {
            wrong.push(format!(
                "{}\n--- expected\n{expected}--- planned\n{text}",
                script.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_script_that_ships_is_tried() {
    let scripts = fs::read_dir(project().join("scripts")).unwrap();
    let there: BTreeSet<String> = scripts
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rhai"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let tried: BTreeSet<String> = SHIPPED.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(tried, there);
}

/// The same clean-up as a script and as a plugin in Rust: one vocabulary, one session, the same steps.
#[test]
fn a_script_and_a_plugin_plan_identical_steps() {
    let bed = Bed::with_sample();
    let script = project().join("scripts/retention.rhai");
    let plan = |guest: &str, case: &str| {
        let mut arguments = vec!["plan", guest, "-w", "sample", "--case", case];
        for right in GRANTED {
            arguments.extend(["--allow", right]);
        }
        bed.remit(&arguments).exits(0);
        let steps: Vec<_> = bed
            .tree(&format!("{case}/steps"))
            .into_iter()
            .filter(|(name, _)| name.ends_with(b".jsonl"))
            .collect();
        let lines: usize = steps
            .iter()
            .map(|(_, bytes)| bytes.iter().filter(|byte| **byte == b'\n').count())
            .sum();
        assert!(lines > 20, "{lines} steps");
        steps
    };
    let by_script = plan(script.to_str().unwrap(), "script.case");
    let by_plugin = plan("old-runs", "plugin.case");
    assert!(by_script == by_plugin);
}

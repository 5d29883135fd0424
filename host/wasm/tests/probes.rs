//! Every hostile guest of `plugins/probes/PROBES.toml`, held to how it must end; the workspace stays as it
//! was, and the next guest runs as ever. A probe without an expectation fails, and so does one without a row.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/guests.rs"]
mod guests;
#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use remit_policy::{Bounded, Measure, StatedCeilings};
use remit_session::Budget;
use remit_wasm::{Cancel, GuestError, Limits, Loaded, Params, ScannerPool, run_workflow};
use remit_workspace::Memory;
use support::{RUNTIME, With, gaps, load, path, plugin, seal};

/// One row of the table.
struct Probe {
    name: String,
    world: String,
    module: String,
    manifest: Option<String>,
    ends: String,
    says: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/probes")
}

fn probes() -> Vec<Probe> {
    let text = fs::read_to_string(folder().join("PROBES.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let rows = table["probe"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let text = |key: &str| row.get(key).map(|value| value.as_str().unwrap().to_owned());
            let must =
                |key: &str| text(key).unwrap_or_else(|| panic!("a probe without `{key}`: {row}"));
            Probe {
                name: must("name"),
                world: must("world"),
                module: must("module"),
                manifest: text("manifest"),
                ends: must("ends"),
                says: text("says"),
            }
        })
        .collect()
}

/// Limits that are reached soon, on a slow machine too.
fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(2),
        memory_bytes: 64 << 20,
        handles: 1_000,
        ..Limits::default()
    }
}

const ALLOW: &[&str] = &[
    "list=/**",
    "read=/**",
    "export=/files/open/**",
    "redact=/files/open/**",
    "delete=/files/open/**",
    "export=/files/held/**",
    "redact=/files/held/**",
    "delete=/files/held/**",
    "export=/runs/**",
    "redact=/runs/**",
    "delete=/runs/**",
];

const HOLDS: &str = r#"
version = 1
[[hold]]
case = "CASE-7"
paths = ["/files/held/**", "/blobs/azureml/ExperimentRun/dcid.part-held/kept.log"]
reason = "A court asked."
who = "Ada"
when = 2026-01-01
"#;

fn workspace() -> Memory {
    let store = Memory::new("test");
    store.put(
        &path("/files/open/a.txt"),
        "some words that are long enough\n".repeat(8),
    );
    store.put(&path("/files/open/b.txt"), "some more words\n".repeat(8));
    store.put(&path("/files/open/c.txt"), "and yet more\n");
    store.put(&path("/files/closed/c.txt"), "closed\n");
    store.put(&path("/files/held/h.txt"), "held\n");
    store.put(
        &path("/runs/part-held"),
        r#"{"id":"part-held","status":"Completed"}"#,
    );
    store.put(
        &path("/blobs/azureml/ExperimentRun/dcid.part-held/kept.log"),
        "kept\n",
    );
    store
}

static SCANNER: LazyLock<Arc<Loaded>> = LazyLock::new(|| load(&plugin("probe-scanner")));
static WORKFLOW: LazyLock<Arc<Loaded>> = LazyLock::new(|| load(&plugin("probe-workflow")));

fn probe_param(name: &str) -> Params {
    Params::from([("probe".to_owned(), vec![name.to_owned()])])
}

/// How a probe ended: with what code, or by what the host did; and in what words.
#[derive(Debug)]
struct End {
    how: String,
    said: String,
}

impl End {
    fn of(error: &GuestError) -> Self {
        let how = match error {
            GuestError::Time(_) => "time",
            GuestError::WholeTime(_) => "whole-time",
            GuestError::Memory(_) => "memory",
            GuestError::Limit(what) if what.contains("handles") => "handles",
            GuestError::Limit(what) if what.contains("tables") => "tables",
            GuestError::Limit(_) => "other-limit",
            GuestError::Trap { .. } => "trap",
            GuestError::Refused { code, .. } => code,
            GuestError::Cancelled => "cancelled",
            GuestError::Fault(_) => "fault",
            GuestError::Start(_) => "start",
            GuestError::World { .. } => "world",
        };
        Self {
            how: how.to_owned(),
            said: error.to_string(),
        }
    }
}

/// Runs a workflow on a fresh workspace, and looks that nothing changed.
async fn run(loaded: &Loaded, probe: &str) -> End {
    let mut scanners = ScannerPool::new(limits(), Cancel::new());
    scanners
        .add(
            "probe-scanner",
            Arc::clone(&SCANNER),
            probe_param("scan-carry-over"),
        )
        .unwrap();
    let bench = With {
        allow: ALLOW,
        manifest: Some(&loaded.outline().manifest),
        holds: HOLDS,
        ceilings: StatedCeilings::default().with(Bounded::Delete, Measure::Entries, 2),
        budget: Budget {
            proposals_max: 500,
            ..Budget::default()
        },
        scanners: Arc::new(scanners),
        params: probe_param(probe),
        ..With::default()
    }
    .on(workspace());
    let before = bench.store.contents();
    let ended = run_workflow(loaded, &bench.session, &limits(), &Cancel::new()).await;
    assert_eq!(
        bench.store.contents(),
        before,
        "{probe}: the workspace changed"
    );
    match ended {
        Ok(()) => End {
            how: "ok".to_owned(),
            said: String::new(),
        },
        Err(error) => End::of(&error),
    }
}

/// Has the probe scan two entries through a session; the gap's words, if they became gaps.
async fn scan(probe: &str) -> Vec<String> {
    let mut scanners = ScannerPool::new(limits(), Cancel::new());
    scanners
        .add("probe-scanner", Arc::clone(&SCANNER), probe_param(probe))
        .unwrap();
    let bench = With {
        scanners: Arc::new(scanners),
        budget: Budget {
            findings_max: 100,
            ..Budget::default()
        },
        ..With::default()
    }
    .on(workspace());
    let before = bench.store.contents();
    let root = bench.session.root();
    let listing = root
        .select(&remit_session::Selector::new("/files/open/a.txt"))
        .await
        .unwrap();
    let mut scan = root.scan(listing, "probe-scanner").await.unwrap();
    while !scan.next(10).await.unwrap().is_empty() {}
    let listing = root
        .select(&remit_session::Selector::new("/files/open/b.txt"))
        .await
        .unwrap();
    let mut scan = root.scan(listing, "probe-scanner").await.unwrap();
    while !scan.next(10).await.unwrap().is_empty() {}
    assert_eq!(
        bench.store.contents(),
        before,
        "{probe}: the workspace changed"
    );
    gaps(&seal(bench.finish().await))
}

/// A good workflow and a good scanner run.
async fn the_next_guest_runs(after: &str) {
    let next = run(&WORKFLOW, "flood-log").await;
    assert_eq!(next.how, "ok", "after {after}: {next:?}");
    assert_eq!(scan("scan-carry-over").await, [""; 0], "after {after}");
}

/// What must stand in the reason of the gap, by how a scanner's probe ends.
fn gap_words(probe: &Probe) -> &'static str {
    match (probe.ends.as_str(), probe.name.as_str()) {
        ("time", _) => "the guest ran for more than 2 s",
        ("memory", _) => "the guest asked for more than 64 MiB of memory",
        ("trap", "scan-panic") => "it stopped itself: the probe fell over on purpose",
        ("trap", "scan-trap-midway") => "it stopped itself: after one finding",
        ("trap", "scan-forge-findings") => "unknown handle index 4711",
        ("invalid", "scan-beyond-end" | "scan-overflow") => "lies beyond what was read",
        ("invalid", "scan-undeclared-rule" | "scan-hostile-rule") => "is not declared",
        ("invalid", "scan-out-of-order" | "scan-overlap") => {
            "is out of order or overlaps the one before"
        }
        ("invalid", "scan-empty-finding") => "is empty",
        ("limit", _) => "at most 100 findings",
        ("failure", _) => "the guest says it failed",
        (ends, name) => {
            panic!("no expectation for the scanner's probe `{name}`, which ends `{ends}`")
        }
    }
}

/// What must stand in the message, by how a workflow's probe ends.
fn words(probe: &Probe) -> &'static str {
    match (probe.ends.as_str(), probe.name.as_str()) {
        ("ok", _) => "",
        ("time", _) => "the guest ran for more than 2 s",
        ("memory", _) => "the guest asked for more than 64 MiB of memory",
        ("handles", _) => "the guest holds more than 1000 handles at once",
        ("tables", _) => "the guest asked for larger tables than it may have",
        ("trap", "recurse") => "it reached beyond its memory, as a stack that is used up does",
        ("trap", "panic") => "it stopped itself: the probe fell over on purpose",
        ("trap", "trap-midway") => "it stopped itself: after two proposals",
        ("trap", "forge-scope" | "forge-listing") => "unknown handle index 4711",
        ("trap", "mistake-listing-for-scope") => "handle index",
        ("trap", "drop-twice") => "unknown handle index",
        ("trap", "keep-borrow") => "borrow handles still remain",
        ("limit", "flood-listings") => "at most 64 open listings",
        ("limit", "flood-proposals") => "at most 500 proposals",
        ("failure", _) => "the guest says it failed",
        ("out-of-scope" | "denied" | "over-ceiling" | "changed" | "not-found" | "invalid", _) => {
            "the guest says it failed: "
        }
        (ends, name) => panic!("no expectation for the probe `{name}`, which ends `{ends}`"),
    }
}

fn text_component(probe: &Probe) -> Vec<u8> {
    let manifest = probe
        .manifest
        .as_ref()
        .unwrap_or_else(|| panic!("{}: no manifest", probe.name));
    let mut component = wat::parse_file(folder().join(&probe.module)).unwrap();
    guests::section(
        &mut component,
        &fs::read_to_string(folder().join(manifest)).unwrap(),
    );
    component
}

fn plain(text: &str) {
    assert!(
        !text.chars().any(char::is_control),
        "control characters in {text:?}"
    );
    assert!(
        text.chars().count() < 1_000,
        "{} characters",
        text.chars().count()
    );
}

async fn check(probe: &Probe) {
    let name = &probe.name;
    if probe.ends == "refused" {
        let error = Loaded::load(&RUNTIME, &text_component(probe), None, |_| true)
            .expect_err(name)
            .to_string();
        let says = probe
            .says
            .as_ref()
            .unwrap_or_else(|| panic!("{name}: what is said?"));
        assert!(error.contains(says), "{name}: {error}");
    } else if probe.world == "scanner" {
        let gaps = scan(name).await;
        if probe.ends == "ok" {
            assert_eq!(gaps, [""; 0], "{name}");
        } else {
            let words = gap_words(probe);
            assert!(
                !gaps.is_empty() && gaps.iter().all(|gap| gap.contains(words)),
                "{name}: {gaps:?}"
            );
        }
    } else {
        let end = match probe.module.ends_with(".wat") {
            true => run(&load(&text_component(probe)), name).await,
            false => run(&WORKFLOW, name).await,
        };
        assert!(end.said.contains(words(probe)), "{name}: {end:?}");
        assert!(
            end.how == probe.ends || probe.ends == "failure" && end.how.len() > 20,
            "{name}: {end:?}"
        );
        plain(&end.said);
    }
    the_next_guest_runs(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_probe_ends_as_it_must() {
    let mut failed = Vec::new();
    for probe in probes() {
        let name = probe.name.clone();
        // On a task of its own, so that one failure does not hide the others.
        if tokio::spawn(async move { check(&probe).await })
            .await
            .is_err()
        {
            failed.push(name);
        }
    }
    assert_eq!(failed, [""; 0]);
}

#[test]
fn every_probe_on_disk_is_in_the_table() {
    let mut there = BTreeSet::new();
    for file in fs::read_dir(folder()).unwrap().map(Result::unwrap) {
        if file.path().join("Cargo.toml").exists() {
            there.insert(file.file_name().into_string().unwrap());
        }
    }
    for file in fs::read_dir(folder().join("wat"))
        .unwrap()
        .map(Result::unwrap)
    {
        let name = file.file_name().into_string().unwrap();
        if name.ends_with(".wat") {
            there.insert(format!("wat/{name}"));
        }
    }
    let listed: BTreeSet<String> = probes().into_iter().map(|probe| probe.module).collect();
    assert_eq!(listed, there);
}

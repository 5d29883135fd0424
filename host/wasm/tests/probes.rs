//! Every hostile guest of `plugins/probes`, held to how it must end; the workspace stays as it was, and the
//! next guest runs as ever. A probe without an expectation does not compile: the list is one macro, and the
//! expectations are one exhaustive `match`.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/guests.rs"]
mod guests;
#[path = "support/mod.rs"]
mod support;
#[path = "probes/twins.rs"]
mod twins;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use remit_policy::{Bounded, Measure, StatedCeilings};
use remit_session::{Budget, ExportOptions, Named, Refusal};
use remit_wasm::{
    Cancel, ConverterPool, GuestError, Limits, Loaded, Params, ScannerPool, run_workflow,
};
use remit_workspace::{Memory, Store as _};
use support::{RUNTIME, With, acts, gaps, load, path, probe as probe_component, seal};

include!("../../../plugins/probes/probes.in");
include!("../../../plugins/probes/texts.in");

macro_rules! table {
    (
        workflow { $($workflow:ident = $workflow_name:literal ($($workflow_does:tt)*) $workflow_words:literal,)* }
        scanner { $($scanner:ident = $scanner_name:literal ($($scanner_does:tt)*) $scanner_words:literal,)* }
        converter { $($converter:ident = $converter_name:literal ($($converter_does:tt)*) $converter_words:literal,)* }
        text { $($text:ident = $text_name:literal ($file:literal, $manifest:literal) $text_words:literal,)* }
    ) => {
        /// One misbehaviour.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Probe {
            $(#[doc = $workflow_words] $workflow,)*
            $(#[doc = $scanner_words] $scanner,)*
            $(#[doc = $converter_words] $converter,)*
            $(#[doc = $text_words] $text,)*
        }

        const PROBES: &[Probe] = &[
            $(Probe::$workflow,)* $(Probe::$scanner,)* $(Probe::$converter,)* $(Probe::$text,)*
        ];
        const TEXTS: &[&str] = &[$($file),*];

        impl Probe {
            fn name(self) -> &'static str {
                match self {
                    $(Self::$workflow => $workflow_name,)*
                    $(Self::$scanner => $scanner_name,)*
                    $(Self::$converter => $converter_name,)*
                    $(Self::$text => $text_name,)*
                }
            }

            fn guest(self) -> Guest {
                match self {
                    $(Self::$workflow => Guest::Workflow,)*
                    $(Self::$scanner => Guest::Scanner,)*
                    $(Self::$converter => Guest::Converter,)*
                    $(Self::$text => Guest::Text {
                        component: include_str!(concat!("../../../plugins/probes/", $file)),
                        manifest: include_str!(concat!("../../../plugins/probes/", $manifest)),
                    },)*
                }
            }
        }
    };
}

probes!(table);

/// What a probe is part of.
enum Guest {
    Workflow,
    Scanner,
    Converter,
    Text {
        component: &'static str,
        manifest: &'static str,
    },
}

/// How a probe must end, and in what words.
#[derive(Clone, Copy, Debug)]
enum Ends {
    /// Nothing bad happened; the probe looked itself.
    Well,
    /// The guest is told this code, and ends with it; a person reads these words.
    Told(&'static str, &'static str),
    /// A failure of the guest's own, whatever code it made up.
    OwnFailure,
    /// The host stops it.
    Stopped(&'static str, &'static str),
    /// The entry becomes a gap with this reason.
    Gap(&'static str),
    /// It is not started.
    Refused(&'static str),
}

/// What is expected of each. Exhaustive, and without a wildcard: that is the point of it.
fn ends(probe: Probe) -> Ends {
    match probe {
        Probe::Spin => Ends::Stopped("time", "the guest ran for more than 2 s"),
        Probe::Allocate => {
            Ends::Stopped("memory", "the guest asked for more than 64 MiB of memory")
        }
        Probe::Recurse => Ends::Stopped(
            "trap",
            "it reached beyond its memory, as a stack that is used up does",
        ),
        Probe::FloodListings => Ends::Told("limit", "at most 64 open listings"),
        Probe::FloodHandles => {
            Ends::Stopped("handles", "the guest holds more than 1000 handles at once")
        }
        Probe::FloodProposals => Ends::Told("limit", "at most 500 proposals"),
        Probe::FloodNotes => Ends::Well,
        Probe::FloodLog => Ends::Well,
        Probe::ForgeScope => Ends::Stopped("trap", "unknown handle index 4711"),
        Probe::ForgeListing => Ends::Stopped("trap", "unknown handle index 4711"),
        Probe::MistakeListingForScope => Ends::Stopped("trap", "handle index"),
        Probe::DropTwice => Ends::Stopped("trap", "unknown handle index"),
        Probe::Panic => Ends::Stopped("trap", "it stopped itself: the probe fell over on purpose"),
        Probe::TrapMidway => Ends::Stopped("trap", "it stopped itself: after two proposals"),
        Probe::HostileWords => Ends::Well,
        Probe::HostileFailure => Ends::OwnFailure,
        Probe::EscapePaths => Ends::Well,
        Probe::OutsideScope => Ends::Told("out-of-scope", "the guest says it failed: "),
        Probe::AfterNarrowing => Ends::Told("out-of-scope", "the guest says it failed: "),
        Probe::Widen => Ends::Told("out-of-scope", "the guest says it failed: "),
        Probe::WithoutRight => Ends::Told("denied", "the guest says it failed: "),
        Probe::Held => Ends::Told("denied", "the guest says it failed: "),
        Probe::HeldPart => Ends::Told("denied", "the guest says it failed: "),
        Probe::OverCeiling => Ends::Told("over-ceiling", "the guest says it failed: "),
        Probe::AnotherVersion => Ends::Told("changed", "the guest says it failed: "),
        Probe::AnothersEntry => Ends::Told("changed", "the guest says it failed: "),
        Probe::UnseenEntry => Ends::Told("not-found", "the guest says it failed: "),
        Probe::Reserved => Ends::Well,
        Probe::PurgeWithoutWord => Ends::Told("denied", "the guest says it failed: "),
        Probe::ForeignScanner => Ends::Told("invalid", "the guest says it failed: "),
        Probe::ScanSpin => Ends::Gap("the guest ran for more than 2 s"),
        Probe::ScanAllocate => Ends::Gap("the guest asked for more than 64 MiB of memory"),
        Probe::ScanPanic => Ends::Gap("it stopped itself: the probe fell over on purpose"),
        Probe::ScanTrapMidway => Ends::Gap("it stopped itself: after one finding"),
        Probe::ScanBeyondEnd => Ends::Gap("lies beyond what was read"),
        Probe::ScanOverflow => Ends::Gap("lies beyond what was read"),
        Probe::ScanUndeclaredRule => Ends::Gap("is not declared"),
        Probe::ScanHostileRule => Ends::Gap("is not declared"),
        Probe::ScanOutOfOrder => Ends::Gap("is out of order or overlaps the one before"),
        Probe::ScanOverlap => Ends::Gap("is out of order or overlaps the one before"),
        Probe::ScanEmptyFinding => Ends::Gap("is empty"),
        Probe::ScanFloodFindings => Ends::Gap("at most 100 findings"),
        Probe::ScanCarryOver => Ends::Well,
        Probe::ScanForgeFindings => Ends::Gap("unknown handle index 4711"),
        Probe::ScanHostileFailure => Ends::Gap("the guest says it failed"),
        Probe::ConvertSpin => Ends::Gap("the guest ran for more than 2 s"),
        Probe::ConvertAllocate => Ends::Gap("the guest asked for more than 64 MiB of memory"),
        Probe::ConvertPanic => Ends::Gap("it stopped itself: the probe fell over on purpose"),
        Probe::ConvertTrapMidway => Ends::Gap("it stopped itself: after half of it"),
        Probe::ConvertFloodOutput => Ends::Gap("a converter's output is limited"),
        Probe::ConvertCarryOver => Ends::Well,
        Probe::ConvertForgeSink => Ends::Gap("unknown handle index 4711"),
        Probe::ConvertHostileFailure => Ends::Gap("the guest says it failed"),
        Probe::ImportWasi => Ends::Refused("WASI"),
        Probe::ImportUnknown => Ends::Refused("does not know"),
        Probe::ImportNewer => Ends::Refused("newer host"),
        Probe::ImportFunction => Ends::Refused("does not exist"),
        Probe::ImportNotAsked => Ends::Refused("must ask"),
        Probe::ImportNotGranted => Ends::Refused("not granted"),
        Probe::ImportNotOffered => Ends::Refused("not offered"),
        Probe::ManyMemories => {
            Ends::Stopped("memory", "the guest asked for more than 64 MiB of memory")
        }
        Probe::LargeTable => Ends::Stopped(
            "tables",
            "the guest asked for larger tables than it may have",
        ),
        Probe::KeepBorrow => Ends::Stopped("trap", "borrow handles still remain"),
    }
}

/// Limits that are reached soon, on a slow machine too.
fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(2),
        memory_bytes: 64 << 20,
        handles: 1_000,
        output_bytes: 1 << 20,
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

static SCANNER: LazyLock<Arc<Loaded>> = LazyLock::new(|| load(&probe_component("probe-scanner")));
static CONVERTER: LazyLock<Arc<Loaded>> =
    LazyLock::new(|| load(&probe_component("probe-converter")));
static WORKFLOW: LazyLock<Arc<Loaded>> = LazyLock::new(|| load(&probe_component("probe-workflow")));

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
        manifest: Some(loaded.manifest()),
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

/// Has a scanner look at two entries through a session; the gaps' words, if they became gaps.
async fn scan(loaded: &Arc<Loaded>, probe: &str, store: Memory) -> Vec<String> {
    let mut scanners = ScannerPool::new(limits(), Cancel::new());
    scanners
        .add("probe-scanner", Arc::clone(loaded), probe_param(probe))
        .unwrap();
    let bench = With {
        scanners: Arc::new(scanners),
        budget: Budget {
            findings_max: 100,
            ..Budget::default()
        },
        ..With::default()
    }
    .on(store);
    let before = bench.store.contents();
    let root = bench.session.root();
    for entry in ["/files/open/a.txt", "/files/open/b.txt"] {
        let listing = root
            .select(&remit_session::Selector::new(entry))
            .await
            .unwrap();
        let mut scan = root.scan(listing, "probe-scanner").await.unwrap();
        while !scan.next(10).await.unwrap().is_empty() {}
    }
    assert_eq!(
        bench.store.contents(),
        before,
        "{probe}: the workspace changed"
    );
    gaps(&seal(bench.finish().await))
}

/// Has a converter make two entries' exports through a session; the gaps' words, if they became gaps. What
/// became a gap is not exported.
async fn convert(probe: &str) -> Vec<String> {
    let mut converters = ConverterPool::new(limits(), Cancel::new());
    converters
        .add(
            "probe-converter",
            Arc::clone(&CONVERTER),
            probe_param(probe),
        )
        .unwrap();
    let bench = With {
        converters: Arc::new(converters),
        ..With::default()
    }
    .on(workspace());
    let before = bench.store.contents();
    let through = ExportOptions {
        through: Some("probe-converter".to_owned()),
        ..ExportOptions::default()
    };
    let root = bench.session.root();
    let mut n_exported = 0;
    for at in ["/files/open/a.txt", "/files/open/b.txt"] {
        let named = Named::of(&bench.store.stat(&path(at)).await.unwrap());
        match root.export(&named, &through).await {
            Ok(_) => n_exported += 1,
            Err(Refusal::Failure(_)) => {}
            Err(Refusal::Fault(fault)) => panic!("{probe}: {fault}"),
        }
    }
    assert_eq!(
        bench.store.contents(),
        before,
        "{probe}: the workspace changed"
    );
    let plan = seal(bench.finish().await);
    assert_eq!(acts(&plan).len(), n_exported, "{probe}");
    let gaps = gaps(&plan);
    assert_eq!(gaps.len(), 2 - n_exported, "{probe}: {gaps:?}");
    gaps
}

/// A good workflow and a good scanner run.
async fn the_next_guest_runs(after: &str) {
    let next = run(&WORKFLOW, "flood-log").await;
    assert_eq!(next.how, "ok", "after {after}: {next:?}");
    assert_eq!(
        scan(&SCANNER, "scan-carry-over", workspace()).await,
        [""; 0],
        "after {after}"
    );
}

fn text_component(text: &str, manifest: &str) -> Vec<u8> {
    let mut component = wat::parse_str(text).unwrap();
    guests::section(&mut component, manifest);
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

async fn check(probe: Probe) {
    let (name, ends) = (probe.name(), ends(probe));
    match (probe.guest(), ends) {
        (
            Guest::Text {
                component,
                manifest,
            },
            Ends::Refused(words),
        ) => {
            let granted = probe != Probe::ImportNotGranted;
            let component = text_component(component, manifest);
            let error = Loaded::load(&RUNTIME, &component, None, |_| granted)
                .expect_err(name)
                .to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
        (Guest::Scanner, _) => check_gaps(name, ends, &scan(&SCANNER, name, workspace()).await),
        (Guest::Converter, _) => check_gaps(name, ends, &convert(name).await),
        (Guest::Workflow, _) => check_end(name, ends, run(&WORKFLOW, name).await),
        (
            Guest::Text {
                component,
                manifest,
            },
            _,
        ) => {
            let loaded = load(&text_component(component, manifest));
            check_end(name, ends, run(&loaded, name).await);
        }
    }
    the_next_guest_runs(name).await;
}

fn check_gaps(name: &str, ends: Ends, gaps: &[String]) {
    match ends {
        Ends::Well => assert_eq!(gaps, [""; 0], "{name}"),
        Ends::Gap(words) => assert!(
            !gaps.is_empty() && gaps.iter().all(|gap| gap.contains(words)),
            "{name}: {gaps:?}"
        ),
        _ => panic!("{name}: it ends well or with a gap"),
    }
}

fn check_end(name: &str, ends: Ends, end: End) {
    let (how, words) = match ends {
        Ends::Well => ("ok", ""),
        Ends::Told(how, words) | Ends::Stopped(how, words) => (how, words),
        // It made its code up, and long.
        Ends::OwnFailure => {
            assert!(end.how.len() > 20, "{name}: {end:?}");
            (end.how.as_str(), "the guest says it failed")
        }
        Ends::Gap(_) | Ends::Refused(_) => panic!("{name}: a workflow that runs cannot end so"),
    };
    assert_eq!(end.how, how, "{name}: {end:?}");
    assert!(end.said.contains(words), "{name}: {end:?}");
    plain(&end.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_probe_ends_as_it_must() {
    let mut failed = Vec::new();
    for probe in PROBES {
        // On a task of its own, so that one failure does not hide the others.
        if tokio::spawn(check(*probe)).await.is_err() {
            failed.push(probe.name());
        }
    }
    assert_eq!(failed, [""; 0]);
}

/// What is not compiled with the list: files of text that no probe names.
#[test]
fn every_text_is_a_probe() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/probes/wat");
    let there: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".wat"))
        .map(|name| format!("wat/{name}"))
        .collect();
    let listed: BTreeSet<String> = TEXTS.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(listed, there);
}

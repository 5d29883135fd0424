//! Scripts: an interpreter is a guest like any other, and a script has the rights of its header.
//!
//! The interpreters here are written by hand: one that minds its program, and one that does not.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/guests.rs"]
mod guests;
#[path = "support/mod.rs"]
mod support;

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::StreamExt as _;
use remit_policy::{Headless, Manifest, World};
use remit_session::Selector;
use remit_wasm::{
    Cancel, Error, GuestError, ImportError, Limits, Loaded, Params, ScannerPool, Script, Trial,
    inspect, inspect_script, pack, pack_interpreter, run_workflow, try_scanner,
};
use support::{Bench, RUNTIME, With, acts, gaps, path, seal, small};

const WORKFLOWS: &str = r#"
manifest = 1
name = "runs-anything"
version = "0.1.0"
world = "workflow"
description = "An interpreter written by hand."
[asks.optional]
list = ["/**"]
read = ["/**"]
delete = { paths = ["/**"], purge = true, cascade = true, cancel = true }
"#;

const SCANNERS: &str = r#"
manifest = 1
name = "scans-anything"
version = "0.1.0"
world = "scanner"
description = "An interpreter written by hand."
"#;

/// Deletes `/runs/old`, whatever its program says.
static HEEDLESS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let imports = r#"
        (import "remit:workspace/entries@0.1.0" "stat" (func $stat (param i32 i32 i32 i32)))
        (import "remit:workspace/deletions@0.1.0" "[constructor]deletion"
            (func $deletion (param i32 i32 i32 i32 i32 i64 i32 i32 i32 i64 i32 i64 i32 i32) (result i32)))
        (import "remit:workspace/deletions@0.1.0" "[method]deletion.propose" (func $propose (param i32 i32 i32)))
        (data (i32.const 64) "/runs/old")
        (func $fail (param $answer i32)
            (i32.store8 (i32.const 1024) (i32.const 1))
            (memory.copy (i32.const 1028) (i32.add (local.get $answer) (i32.const 8)) (i32.const 16)))
        (func $entry32 (param $at i32) (result i32) (i32.load (i32.add (i32.const 2056) (local.get $at))))
        (func $entry64 (param $at i32) (result i64) (i64.load (i32.add (i32.const 2056) (local.get $at))))
        (func $delete (param $root i32)
            (call $stat (local.get $root) (i32.const 64) (i32.const 9) (i32.const 2048))
            (if (i32.load8_u (i32.const 2048)) (then (call $fail (i32.const 2048)) (return)))
            (call $propose
                (call $deletion
                    (call $entry32 (i32.const 0)) (call $entry32 (i32.const 4))
                    (call $entry32 (i32.const 8)) (call $entry32 (i32.const 12))
                    (i32.load8_u (i32.const 2072)) (call $entry64 (i32.const 24))
                    (call $entry32 (i32.const 32)) (call $entry32 (i32.const 36))
                    (i32.load8_u (i32.const 2096)) (call $entry64 (i32.const 48))
                    (i32.load8_u (i32.const 2112)) (call $entry64 (i32.const 64))
                    (call $entry32 (i32.const 72)) (call $entry32 (i32.const 76)))
                (local.get $root) (i32.const 2048))
            (if (i32.load8_u (i32.const 2048)) (then (call $fail (i32.const 2048)))))"#;
    let module = guests::workflow(imports, "(call $delete (local.get $root))");
    pack_interpreter(&module, WORKFLOWS, false).unwrap()
});

/// Fails with what it was given: the program's name and text, or its first parameter's type and value.
fn mindful(with_params: bool) -> Vec<u8> {
    let imports = r#"
        (import "remit:workspace/programs@0.1.0" "name" (func $name (param i32)))
        (import "remit:workspace/programs@0.1.0" "text" (func $text (param i32)))
        (import "remit:workspace/programs@0.1.0" "params" (func $params (param i32)))"#;
    let body = match with_params {
        false => "(call $name (i32.const 1028)) (call $text (i32.const 1036))",
        // `of-type` is the second field of the record, `values` the last.
        true => {
            "(call $params (i32.const 2048))
             (memory.copy (i32.const 1028) (i32.add (i32.load (i32.const 2048)) (i32.const 8)) (i32.const 8))
             (memory.copy (i32.const 1036) (i32.load (i32.add (i32.load (i32.const 2048)) (i32.const 20))) (i32.const 8))"
        }
    };
    let body = format!("{body} (i32.store8 (i32.const 1024) (i32.const 1))");
    pack_interpreter(&guests::workflow(imports, &body), WORKFLOWS, false).unwrap()
}

/// Finds the rule `word` at the beginning of every content, as long as its program's name.
static SCANNER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let entry = "(param i32 i32 i32 i32 i32 i64 i32 i32 i32 i64 i32 i64 i32 i32)";
    let module = guests::module(
        r#"
        (import "remit:workspace/programs@0.1.0" "name" (func $name (param i32)))
        (import "remit:workspace/scanning@0.1.0" "[method]source.read" (func $read (param i32 i32 i32)))
        (import "remit:workspace/scanning@0.1.0" "[method]findings.report" (func $report (param i32 i32 i32 i32)))
        (import "remit:workspace/scanning@0.1.0" "[resource-drop]source" (func $drop-source (param i32)))
        (import "remit:workspace/scanning@0.1.0" "[resource-drop]findings" (func $drop-findings (param i32)))
        (data (i32.const 64) "word")"#,
        &format!(
            r#"(func (export "scan") {entry} (param $content i32) (param $found i32) (result i32)
                (call $read (local.get $content) (i32.const 65536) (i32.const 2048))
                (call $name (i32.const 2064))
                (i32.store (i32.const 2088) (i32.load (i32.const 2068)))
                (i32.store (i32.const 2092) (i32.const 64))
                (i32.store (i32.const 2096) (i32.const 4))
                (call $report (local.get $found) (i32.const 2080) (i32.const 1) (i32.const 2176))
                (i32.store8 (i32.const 1024) (i32.load8_u (i32.const 2176)))
                (memory.copy (i32.const 1028) (i32.const 2180) (i32.const 16))
                (call $drop-source (local.get $content))
                (call $drop-findings (local.get $found))
                (i32.const 1024))"#
        ),
    );
    pack_interpreter(&module, SCANNERS, false).unwrap()
});

fn script(text: &str) -> Arc<Script> {
    Script::read("mine.rhai", text.into(), Headless::AsksNothing).unwrap()
}

fn load(interpreter: &[u8], script: &Arc<Script>) -> Arc<Loaded> {
    Arc::new(Loaded::load_script(&RUNTIME, interpreter, script, None).unwrap())
}

/// A session with everything granted, for a script; and how its run ended.
async fn run(interpreter: &[u8], script: &Arc<Script>) -> (Bench, Result<(), GuestError>) {
    let loaded = load(interpreter, script);
    let bench = With {
        manifest: Some(loaded.manifest()),
        params: Params::from([("age".to_owned(), vec!["90 days".to_owned()])]),
        ..With::default()
    }
    .on(small());
    let ended = run_workflow(&loaded, &bench.session, &Limits::default(), &Cancel::new()).await;
    (bench, ended)
}

const LIST: &str =
    "//! Looks.\n//!\n//! [asks]\n//! list = [\"/runs/*\"]\n//! read = [\"/runs/*\"]\n";

#[tokio::test]
async fn an_interpreter_that_ignores_the_header_gains_nothing() {
    let elsewhere = format!("{LIST}//! delete = [\"/files/**\"]\n");
    for (text, right) in [
        ("", "list"),
        ("//! Nothing.\n", "list"),
        (LIST, "delete"),
        (&elsewhere, "delete"),
    ] {
        let (bench, ended) = run(&HEEDLESS, &script(text)).await;
        let Err(GuestError::Refused { code, message }) = ended else {
            panic!("{text}: {ended:?}")
        };
        assert_eq!(
            (code.as_str(), message),
            ("denied", format!("{right} is denied here")),
            "{text}"
        );
        let finished = bench.finish().await;
        assert!(
            finished.denials[0]
                .why
                .ends_with("the guest did not ask for it"),
            "{text}"
        );
        assert_eq!(acts(&seal(finished)), [""; 0], "{text}");
    }
    // The same interpreter can, where the script asks.
    let (bench, ended) = run(
        &HEEDLESS,
        &script(&format!("{LIST}//! delete = [\"/runs/**\"]\n")),
    )
    .await;
    ended.unwrap();
    assert_eq!(acts(&seal(bench.finish().await)), ["delete /runs/old"]);
}

#[tokio::test]
async fn a_program_is_told_its_name_its_whole_text_and_its_parameters() {
    let text =
        format!("{LIST}//! [params.age]\n//! description = \"A.\"\n//! type = \"duration\"\n1 + 1");
    let (_, ended) = run(&mindful(false), &script(&text)).await;
    let Err(GuestError::Refused { code, message }) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(
        (code.as_str(), message),
        ("mine", text.replace('\n', "\u{fffd}"))
    );
    let (_, ended) = run(&mindful(true), &script(&text)).await;
    assert_eq!(
        ended.unwrap_err().to_string(),
        "the guest says it failed: duration: 90 days"
    );
}

#[test]
fn only_an_interpreter_is_given_programs() {
    let packed = mindful(false);
    let refused = |error: &Error| matches!(error, Error::Import(ImportError::NotOffered { interface, .. }) if interface == "programs");
    let error = Loaded::load(&RUNTIME, &packed, None, |_| true).unwrap_err();
    assert!(refused(&error), "{error}");
    assert_eq!(
        error.to_string(),
        "it imports `programs`, which a workflow is not offered"
    );
    assert!(inspect(&packed).unwrap().links.is_err());
    let imports = r#"(import "remit:workspace/programs@0.1.0" "text" (func $text (param i32)))"#;
    let module = guests::workflow(imports, "(call $text (i32.const 2048))");
    assert!(pack(&module, WORKFLOWS, false).is_err());
    // An interpreter is offered that besides, and nothing more.
    let imports = r#"(import "remit:workspace/scanning@0.1.0" "[resource-drop]source" (func $x (param i32)))"#;
    assert!(
        pack_interpreter(
            &guests::workflow(imports, "(call $x (i32.const 1))"),
            WORKFLOWS,
            false
        )
        .is_err()
    );
}

const FINDS: &str = "//! Finds.\n//!\n//! [rules.word]\n//! description = \"The first.\"\n";

async fn tried(script: &Arc<Script>, content: &'static str) -> Result<Trial, GuestError> {
    let store = small();
    store.put(&path("/files/x"), content);
    let bench = With::default().on(store);
    let of = bench.session.root().stat("/files/x").await.unwrap();
    let content = futures::stream::iter([Ok(Bytes::from_static(content.as_bytes()))]).boxed();
    try_scanner(
        &load(&SCANNER, script),
        Params::new(),
        of,
        content,
        &Limits::default(),
        10,
    )
    .await
}

#[tokio::test]
async fn a_script_scans_in_the_pool_and_in_a_trial() {
    let scanner =
        script(&format!("{FINDS}//!\n").replace("[rules", "world = \"scanner\"\n//! [rules"));
    assert_eq!(scanner.manifest.world, World::Scanner);
    // A workflow that declares rules scans as well.
    let workflow = script(FINDS);
    for script in [&scanner, &workflow] {
        let trial = tried(script, "hello").await.unwrap();
        assert_eq!((trial.total, trial.findings[0].length), (1, 4));
        let mut pool = ScannerPool::new(Limits::default(), Cancel::new());
        pool.add("mine", load(&SCANNER, script), Params::new())
            .unwrap();
        let bench = With {
            scanners: Arc::new(pool),
            ..With::default()
        }
        .on(small());
        let root = bench.session.root();
        let listing = root.select(&Selector::new("/files/**")).await.unwrap();
        let mut scan = root.scan(listing, "mine").await.unwrap();
        let mut seen = Vec::new();
        loop {
            let page = scan.next(10).await.unwrap();
            if page.is_empty() {
                break;
            }
            seen.extend(page.into_iter().map(|scanned| {
                (
                    scanned.of.path.to_string(),
                    scanned.findings[0].rule.clone(),
                )
            }));
        }
        let word = |path: &str| (path.to_owned(), "word".to_owned());
        assert_eq!(seen, [word("/files/logs/a.log"), word("/files/logs/b.log")]);
        assert_eq!(gaps(&seal(bench.finish().await)), [""; 0]);
    }
    // Rules are those of the script's header: the interpreter declares none.
    let other = script(&FINDS.replace("word", "phrase"));
    let refused = tried(&other, "hello").await.unwrap_err();
    assert!(
        refused.to_string().contains("a rule is not declared"),
        "{refused}"
    );
}

#[test]
fn a_script_is_run_as_what_it_is() {
    let no_rules = script("");
    let error = Loaded::load_script(&RUNTIME, &SCANNER, &no_rules, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the script is a workflow, and a scanner is wanted here"
    );
    let scanner = script("//!\n//! world = \"scanner\"\n");
    let error = Loaded::load_script(&RUNTIME, &HEEDLESS, &scanner, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the script is a scanner, and a workflow is wanted here"
    );
}

#[test]
fn inspection_says_what_a_script_asks() {
    let script = script(LIST);
    let inspection = inspect_script(&script);
    assert_eq!(inspection.digest, script.digest.to_string());
    assert!(inspection.asks.iter().all(|ask| ask.required && ask.usable));
    let never = |sentence: &str| {
        inspection
            .never
            .iter()
            .any(|found| found.starts_with(sentence))
    };
    assert!(never("cannot propose deletions: it does not ask"));
    assert!(never("cannot change anything"));
    assert!(!never("cannot list entries"));
    let manifest: &Manifest = &inspection.manifest;
    assert_eq!(manifest.name.as_str(), "mine");
}

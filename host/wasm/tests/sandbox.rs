//! The sandbox: what a guest runs into, and that the next one is none the worse.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/guests.rs"]
mod guests;
#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use remit_wasm::{Cancel, GuestError, Limits, pack, run_workflow};
use support::{With, acts, load, seal, small};

/// Limits that are reached soon.
fn tight() -> Limits {
    Limits {
        time: Duration::from_millis(500),
        memory_bytes: 4 << 20,
        handles: 100,
        ..Limits::default()
    }
}

/// Runs a workflow written by hand; afterwards the workspace is unchanged and a good guest runs.
async fn run(imports: &str, body: &str) -> Result<(), GuestError> {
    let component = pack(&guests::workflow(imports, body), guests::WORKFLOW, false).unwrap();
    let bench = With::default().on(small());
    let before = bench.store.contents();
    let ended = run_workflow(&load(&component), &bench.session, &tight(), &Cancel::new()).await;
    assert_eq!(bench.store.contents(), before);

    let good = pack(&guests::workflow("", ""), guests::WORKFLOW, false).unwrap();
    let next = With::default().on(small());
    run_workflow(&load(&good), &next.session, &tight(), &Cancel::new())
        .await
        .expect("the next guest runs normally");
    ended
}

const NOTES: &str = r#"(import "remit:workspace/notes@0.1.0" "log" (func $log (param i32 i32)))"#;
const SELECTOR: &str = r#"(import "remit:workspace/entries@0.1.0" "[constructor]selector" (func $selector (param i32 i32) (result i32)))"#;

const KIND: &str = r#"(import "remit:workspace/entries@0.1.0" "[method]selector.kind" (func $kind (param i32 i32 i32)))"#;

#[tokio::test]
async fn what_a_guest_runs_into() {
    let table: [(&str, &str, &str, &str); 10] = [
        (
            "an endless loop",
            "",
            "(loop $on (br $on))",
            "the guest ran for more than 500 ms",
        ),
        (
            "an endless loop of calls",
            NOTES,
            "(loop $on (call $log (i32.const 0) (i32.const 0)) (br $on))",
            "the guest ran for more than 500 ms",
        ),
        (
            "too much memory",
            "",
            "(drop (memory.grow (i32.const 1000)))",
            "the guest asked for more than 4 MiB of memory",
        ),
        (
            "too many handles",
            SELECTOR,
            "(loop $on (drop (call $selector (i32.const 0) (i32.const 0))) (br $on))",
            "the guest holds more than 100 handles at once",
        ),
        (
            "too much text",
            &format!("{SELECTOR} {KIND}"),
            "(local $it i32) (local.set $it (call $selector (i32.const 0) (i32.const 0)))
             (loop $on (call $kind (local.get $it) (i32.const 0) (i32.const 60000)) (br $on))",
            "the guest left more than 64 MiB of text with the host",
        ),
        (
            "a bare trap",
            "",
            "unreachable",
            "the guest stopped in the middle: it stopped itself",
        ),
        (
            "a panic",
            &format!(r#"{NOTES} (data (i32.const 64) "panic: no such luck (lib.rs:7)")"#),
            "(call $log (i32.const 64) (i32.const 30)) unreachable",
            "the guest stopped in the middle: it stopped itself: no such luck (lib.rs:7)",
        ),
        (
            "a division by zero",
            "",
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            "the guest stopped in the middle: wasm trap: integer divide by zero",
        ),
        (
            "deep recursion",
            "",
            "(drop (call $deep (i32.const 0)))",
            "the guest stopped in the middle: it called itself too deeply",
        ),
        (
            "its own failure",
            r#"(data (i32.const 1024) "\01\00\00\00\40\00\00\00\04\00\00\00\50\00\00\00\03\00\00\00") (data (i32.const 64) "oops") (data (i32.const 80) "n\07!")"#,
            "",
            "the guest says it failed: oops: n\u{fffd}!",
        ),
    ];
    for (what, imports, body, message) in table {
        let imports = match body.contains("$deep") {
            true => {
                "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))"
            }
            false => imports,
        };
        let error = run(imports, body).await.expect_err(what).to_string();
        assert!(error.starts_with(message), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_guest_that_waits_is_stopped_by_the_flag_and_by_the_whole_time() {
    let component = pack(
        &guests::workflow("", "(loop $on (br $on))"),
        guests::WORKFLOW,
        false,
    )
    .unwrap();
    let loaded = load(&component);
    let long = Limits {
        time: Duration::from_secs(3600),
        ..Limits::default()
    };

    let bench = With::default().on(small());
    let cancel = Cancel::new();
    let flag = cancel.clone();
    let stopper = tokio::spawn(async move { flag.cancel() });
    let ended = run_workflow(&loaded, &bench.session, &long, &cancel).await;
    assert!(matches!(ended, Err(GuestError::Cancelled)), "{ended:?}");
    stopper.await.unwrap();

    let bench = With::default().on(small());
    let short = Limits {
        whole_time: Duration::from_millis(50),
        ..long
    };
    let ended = run_workflow(&loaded, &bench.session, &short, &Cancel::new()).await;
    assert!(matches!(ended, Err(GuestError::WholeTime(_))), "{ended:?}");
}

#[tokio::test]
async fn memories_are_added_up_over_a_component() {
    // Three memories of 2 MiB each; the limit is 4.
    let module = r#"(module
        (memory (export "memory") 32) (memory 32) (memory 32)
        (func (export "run") (param i32) (result i32) (i32.const 1024)))"#;
    let component = pack(&wat::parse_str(module).unwrap(), guests::WORKFLOW, false).unwrap();
    let bench = With::default().on(small());
    let ended = run_workflow(&load(&component), &bench.session, &tight(), &Cancel::new()).await;
    assert!(matches!(ended, Err(GuestError::Memory(_))), "{ended:?}");
}

#[tokio::test]
async fn a_forged_handle_is_a_trap_and_names_nothing() {
    let imports = r#"(import "remit:workspace/scopes@0.1.0" "[method]scope.now-ms" (func $now (param i32) (result i64)))"#;
    let error = run(imports, "(drop (call $now (i32.const 7)))")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown handle index 7"), "{error}");
}

#[tokio::test]
async fn handles_are_dead_after_the_run() {
    let component = pack(&guests::workflow("", ""), guests::WORKFLOW, false).unwrap();
    let bench = With::default().on(small());
    let root = bench.session.root();
    run_workflow(&load(&component), &bench.session, &tight(), &Cancel::new())
        .await
        .unwrap();
    let answer = root.narrow("/**", &[]).unwrap_err();
    let remit_session::Refusal::Failure(failure) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(failure.code.as_str(), "revoked");
    assert_eq!(acts(&seal(bench.finish().await)), [""; 0]);
}

//! What the words do.

use super::workspace::Workspace;
use super::{param, program, run_in, said};
use crate::host::Act;

/// What a script proposes.
fn proposed(text: &str) -> Vec<(String, Act)> {
    let workspace = Workspace::sample();
    let (_, outcome) = run_in(&workspace, program(text));
    assert_eq!(outcome.map_err(|failure| failure.message), Ok(()));
    workspace.proposed.take()
}

#[test]
fn the_first_example_reads_like_the_job() {
    let text = r#"//! Deletes runs older than a year that nobody tagged `keep`.
        for run in scope.list("/runs/*").older_than(days(365)) {
            if run.tag("keep") == () && run.status != "Running" {
                run.delete("retention");
            }
        }"#;
    let proposed = proposed(text);
    assert_eq!(proposed.len(), 1);
    assert_eq!(proposed[0].0, "/runs/old");
    assert!(
        matches!(&proposed[0].1, Act::Delete { because: Some(why), purge: false, .. } if why == "retention")
    );
}

#[test]
fn scope_is_at_hand_in_functions_too() {
    let text = "fn runs(n) { scope.list(\"/runs/*\").count() + n } log(runs(1));";
    assert_eq!(said(text), ["log: 4"]);
}

#[test]
fn facts_have_types() {
    let text = r#"
        let run = scope.stat("/runs/old");
        log(`${run} ${run.name} ${run.kind} ${run.age} ${run.size == ()} ${run.created.year}`);
        log(run.age > days(365) && run.age < duration("401 days"));
        log(run.created < now() - days(1));
        let log = scope.stat("/blobs/logs/a.log");
        log(log.size > size("2 GiB") && log.size + size("1 GiB") == size("4 GiB"));
        log(log.size);
        log(run.size > size("0 B") || run.size < size("9 TiB"));
    "#;
    let expected = [
        "log: /runs/old old run 400 days true 2023",
        "log: true",
        "log: true",
        "log: true",
        "log: 3 GiB",
        "log: false",
    ];
    assert_eq!(said(text), expected);
}

#[test]
fn documents_are_values_and_lines_are_lazy() {
    let text = r#"
        let run = scope.stat("/runs/old");
        let document = run.document();
        log(`${document.name} ${document.metrics[0]} ${document.metrics[1] + 1} ${document.metrics[2] == ()}`);
        log(run.json("$.metrics[*]").len);
        log(run.json("$.tags.a")[0]);
        for line in scope.stat("/blobs/logs/a.log").lines() { log(`<${line}>`); }
    "#;
    let expected = [
        "log: old 0.5 3 true",
        "log: 3",
        "log: x",
        "log: <one>",
        "log: <two \u{1a}>",
        "log: <>",
        "log: <last>",
    ];
    assert_eq!(said(text), expected);
}

#[test]
fn every_option_of_a_proposal_arrives() {
    let text = r#"
        let run = scope.stat("/runs/old");
        run.delete(#{because: "w", purge: true, keep_parts: true, cancel_first: true, detach: true});
        run.redact(#{scanner: "self", because: "w", operators: #{email: "mask"}});
        run.export(#{because: "w", redacted_by: "a", sparing: "b", through: "c"});
        run.archive("w");
        run.redact("personal-data", "w");
        run.export("w");
    "#;
    let because = || Some("w".to_owned());
    let acts: Vec<Act> = proposed(text).into_iter().map(|(_, act)| act).collect();
    let expected = [
        Act::Delete {
            because: because(),
            purge: true,
            keep_parts: true,
            cancel_first: true,
            detach: true,
        },
        Act::Redact {
            scanner: "tried".to_owned(),
            because: because(),
            operators: vec![("email".to_owned(), "mask".to_owned())],
        },
        Act::Export {
            because: because(),
            redacted_by: Some("a".to_owned()),
            sparing: Some("b".to_owned()),
            through: Some("c".to_owned()),
        },
        Act::Archive { because: because() },
        Act::Redact {
            scanner: "personal-data".to_owned(),
            because: because(),
            operators: Vec::new(),
        },
        Act::Export {
            because: because(),
            redacted_by: None,
            sparing: None,
            through: None,
        },
    ];
    assert_eq!(acts, expected);
}

#[test]
fn parameters_come_in_their_types() {
    let mut program = program(
        r#"log(param("age") == days(30)); log(param("most") > size("1 MiB")); log(param("n") + 1);
           log(param("sure") || false); log(param("who")); log(param("none") == ());
           log(param("all").len);"#,
    );
    program.params = vec![
        param("age", "duration", &["30 days"]),
        param("most", "size", &["2 MiB"]),
        param("n", "integer", &["41"]),
        param("sure", "boolean", &["true"]),
        param("who", "string", &["jane"]),
        param("none", "string", &[]),
        param("all", "string", &["a", "b"]),
    ];
    program.params[6].many = true;
    let (said, outcome) = run_in(&Workspace::sample(), program);
    assert_eq!(outcome.map_err(|failure| failure.message), Ok(()));
    let expected = ["true", "true", "42", "true", "jane", "true", "2"];
    assert_eq!(said, expected.map(|text| format!("log: {text}")));
}

#[test]
fn the_host_scans_and_self_is_the_script() {
    let workspace = Workspace::sample();
    let text = r#"
        for s in scope.list("/runs/*").scan("self") { log(`${s.entry.name} ${s.total} ${s.findings[0].rule}`); }
        scope.narrow("/runs/**", ["list"]).list("/runs/*").count();
    "#;
    let (said, outcome) = run_in(&workspace, program(text));
    assert_eq!(outcome.map_err(|failure| failure.message), Ok(()));
    assert_eq!(said[0], "log: old 1 word");
    assert_eq!(
        workspace.asked.take(),
        ["scan tried", "narrow /runs/** list", "list /runs/*"]
    );
}

#[test]
fn sets_hold_each_text_once() {
    let text = r#"
        let seen = set();
        for run in scope.list("/runs/*") { seen.add(run.name); seen.add("old"); }
        log(`${seen.len} ${"old" in seen} ${seen.contains("no")}`);
    "#;
    assert_eq!(said(text), ["log: 3 true false"]);
}

#[test]
fn what_is_printed_goes_to_the_log() {
    let text = "print(`a ${days(1)}`); debug(1); note(\"n\");";
    assert_eq!(said(text), ["log: a 1 days", "log: 1: 1", "note: n"]);
}

#[test]
fn selecting_asks_for_nothing_before_a_loop() {
    let workspace = Workspace::sample();
    let text = "let runs = scope.list(\"/runs/*\").kind(\"run\").older_than(days(1));";
    let (_, outcome) = run_in(&workspace, program(text));
    assert!(outcome.is_ok() && workspace.asked.take().is_empty());
}

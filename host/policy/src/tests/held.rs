//! What holds keep, whatever was granted, and what a refusal says of them.

use super::authority::{PLAIN, PURGE, check};
use super::*;
use crate::{Act, Authority, Right};

#[test]
fn holds_win_over_everything() {
    let held = |lines: &[&str]| {
        let all = [
            "export=/**",
            "read=/**",
            "list=/**",
            "redact=/**",
            "rewrite=/**",
            "archive=/**",
            "delete+purge+cascade+cancel=/**",
        ];
        Authority::for_operator(rights(&all), policy("", &holds(lines)))
    };
    let run = held(&["CASE-7 /runs/x"]);
    for act in [Act::Redact, Act::Rewrite, Act::Archive, Act::Delete(PURGE)] {
        check(&run, act, "/runs/x", &[], "held");
        check(&run, act, "/runs/X", &[], "held");
        check(
            &run,
            act,
            "/blobs/azureml/ExperimentRun/dcid.x/a",
            &[],
            "held",
        );
        check(&run, act, "/runs/parent", &["/runs/x"], "held");
        check(&run, act, "/runs/y", &[], "permitted");
    }
    check(&run, Act::Export, "/runs/x", &[], "permitted");
    for right in Right::ALL {
        assert_eq!(
            run.allows(right, &path("/runs/x")).is_err(),
            right.changes(),
            "{right}"
        );
    }
    // A held part protects its record, not its neighbours.
    let part = held(&["CASE-8 /runs/x/outputs/model.bin"]);
    check(&part, Act::Delete(PLAIN), "/runs/x", &[], "held");
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/ExperimentRun/dcid.x/outputs/model.bin",
        &[],
        "held",
    );
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/ExperimentRun/dcid.x/outputs/other.bin",
        &[],
        "permitted",
    );
    // Rows of telemetry may be named by any of their columns, and the component has them all.
    let jane = "/telemetry/ai/AppTraces/UserId/jane";
    for (place, expect) in [
        ("/telemetry/ai/AppTraces/SessionId/7", "held"),
        ("/telemetry/ai/AppTraces/UserId/joe", "permitted"),
        ("/resources/insights/ai", "held"),
    ] {
        let rows = held(&[&format!("CASE-3 {place}")]);
        check(&rows, Act::Delete(PURGE), jane, &[], expect);
    }
    // An output's name means both places where it may lie.
    let output = held(&["CASE-9 /runs/x/scores/**"]);
    check(&output, Act::Delete(PLAIN), "/runs/x", &[], "held");
    for folder in ["azureml", "dataset"] {
        let of = |name: &str| format!("/blobs/azureml-blobstore-1/{folder}/x/{name}/a");
        check(&output, Act::Delete(PLAIN), &of("scores"), &[], "held");
        check(&output, Act::Delete(PLAIN), &of("other"), &[], "permitted");
    }
    // What cannot be enumerated might hold it.
    check(
        &run,
        Act::Delete(PLAIN),
        "/blobs/azureml/q",
        &["/blobs/azureml/**"],
        "held",
    );
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/q",
        &["/blobs/azureml/ExperimentRun/**"],
        "held",
    );
    check(&part, Act::Delete(PLAIN), "/runs/q", &["/runs/**"], "held");
    check(
        &run,
        Act::Delete(PLAIN),
        "/blobs/other/q",
        &["/blobs/other/**"],
        "permitted",
    );
    // Every generation of a held object is held.
    check(
        &held(&["C /blobs/c/a"]),
        Act::Delete(PURGE),
        "/blobs/c/a?deleted=1",
        &[],
        "held",
    );
}

#[test]
fn all_cases_that_hold_it_are_named() {
    let held = policy(
        "",
        &holds(&["B-2 /runs/**", "A-1 /runs/x", "B-2 /runs/x", "C-3 /runs/y"]),
    );
    let authority = Authority::for_operator(rights(&["delete=/**"]), held);
    let denied = check(&authority, Act::Delete(PLAIN), "/runs/x", &[], "held").unwrap();
    assert_eq!(denied.to_string(), "delete of /runs/x: held by A-1, B-2");
    assert_eq!(
        denied.hint().unwrap(),
        "a human's act: have the hold lifted (A-1, B-2)"
    );
    assert_eq!(denied.guest_message(), "delete is denied here");
    assert_eq!(denied.guest_code(), "denied");
}

//! How scripts end early, and what they cannot pretend.

use super::workspace::Workspace;
use super::{failure, program, run_in, said};

#[test]
fn a_text_that_is_no_script_fails_where_it_stops_being_one() {
    let (code, message) = failure("//! A slip.\nlet x = ;\n");
    assert_eq!(code, "script");
    assert!(message.starts_with("2:9: "), "{message}");
    assert_eq!(
        failure("log(unknown);").1,
        "1:5: Undefined variable: unknown"
    );
}

#[test]
fn a_failure_inside_a_function_is_told_where_it_happened() {
    let (code, message) = failure("fn bad() {\n  1 / 0\n}\nlet a = 1;\nbad();");
    assert_eq!(code, "script");
    assert_eq!(message, "2:5: Division by zero: 1 / 0");
}

#[test]
fn a_failure_of_the_host_keeps_its_code() {
    let (code, message) = failure("let a = 1;\nscope.stat(\"/secret/x\");");
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("denied", "2:7: not granted")
    );
}

#[test]
fn a_listing_that_fails_in_the_middle_ends_the_script() {
    let workspace = Workspace {
        fails_after: Some(2),
        ..Workspace::sample()
    };
    let text = "for run in scope.list(\"/runs/*\") {\n  run.delete(\"x\");\n}\nlog(\"done\");";
    let (said, outcome) = run_in(&workspace, program(text));
    let failure = outcome.expect_err("the listing failed");
    assert_eq!(failure.code, "unreadable");
    assert_eq!(failure.message, "1:17: the service was cut off");
    assert!(said.is_empty());
    let (_, outcome) = run_in(&workspace, program("log(scope.list(\"/runs/*\").count());"));
    assert_eq!(outcome.expect_err("counting is listing").code, "unreadable");
}

#[test]
fn what_a_script_throws_is_marked_as_thrown() {
    let (code, message) = failure("throw \"denied: no right\";");
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("script", "1:1: thrown: denied: no right")
    );
    let (code, message) = failure("throw #{code: \"denied\", message: \"m\"};");
    assert_eq!(code, "script");
    assert!(message.starts_with("1:1: thrown: "), "{message}");
    assert_eq!(failure("let e = failure(\"denied\", \"m\");").0, "script");
}

#[test]
fn a_caught_failure_can_be_read_and_passed_on_and_not_changed() {
    let text =
        "try { scope.stat(\"/secret\"); } catch (e) { log(e.code); log(e.message); log(e); }";
    assert_eq!(
        said(text),
        [
            "log: denied",
            "log: not granted",
            "log: denied: not granted"
        ]
    );
    let passed_on = "try { scope.stat(\"/secret\"); } catch (e) { throw e; }";
    assert_eq!(failure(passed_on).0, "denied");
    let changed = "try { scope.stat(\"/x\"); } catch (e) { e.code = \"denied\"; throw e; }";
    assert_eq!(failure(changed).0, "script");
}

#[test]
fn a_word_used_wrongly_is_the_scripts_own_failure() {
    for (text, message) in [
        (
            "param(\"age\")",
            "1:1: the header declares no parameter `age`",
        ),
        (
            "duration(\"5\")",
            "1:1: `5` is no span of time such as `90 days` or `1.5 h`",
        ),
        (
            "scope.stat(\"/runs/old\").delete(#{purged: true})",
            "1:25: `purged` is no option here: did you mean `purge`?",
        ),
        (
            "scope.stat(\"/runs/old\").delete(#{purge: \"yes\"})",
            "1:25: `purge` is true or false, not a value of type string",
        ),
        (
            "scope.stat(\"/runs/old\").redact(#{because: \"x\"})",
            "1:25: `redact` needs a `scanner`: it says where to cut",
        ),
    ] {
        assert_eq!(
            failure(text),
            ("script".to_owned(), message.to_owned()),
            "{text}"
        );
    }
}

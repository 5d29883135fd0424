//! Scripts as scanners.

use remit_guest::{Content, Entry, Failure, Finding, Findings};

use super::program;
use crate::Interpreter;

fn entry() -> Entry {
    Entry {
        path: "/files/a.log".to_owned(),
        kind: "file".to_owned(),
        size_bytes: None,
        version: "v".to_owned(),
        created_ms: None,
        modified_ms: None,
        properties: Vec::new(),
    }
}

fn scan(text: &str, content: &[u8]) -> Result<Vec<Finding>, Failure> {
    let mut list = Vec::new();
    let mut found = Findings::of_list(&mut list);
    let content = Content::of_bytes(content, 100_000);
    Interpreter::take().scan(program(text), &entry(), content, &mut found)?;
    found.flush()?;
    Ok(list)
}

fn places(findings: &[Finding]) -> Vec<(u64, u32, &str)> {
    let place = |finding: &Finding| (finding.offset, finding.length);
    findings
        .iter()
        .map(|finding| (place(finding).0, place(finding).1, finding.rule.as_str()))
        .collect()
}

const EMPLOYEES: &str = r#"fn scan(text, entry) { regex("EMP-\\d+").find_all(text, "employee") }"#;

#[test]
fn findings_are_bytes_of_the_content() {
    let found = scan(EMPLOYEES, "é EMP-12\nEMP-7".as_bytes()).unwrap();
    assert_eq!(places(&found), [(3, 6, "employee"), (10, 5, "employee")]);
}

#[test]
fn pieces_end_with_lines_and_offsets_go_on() {
    let line = format!("{} EMP-1\n", "x".repeat(993));
    let content = line.repeat(1000);
    let found = scan(EMPLOYEES, content.as_bytes()).unwrap();
    assert_eq!(found.len(), 1000);
    assert!(
        found
            .iter()
            .enumerate()
            .all(|(n, finding)| finding.offset == n as u64 * 1000 + 994)
    );
    // One line without an end is cut, and no character with it.
    let long = "é".repeat(400_000);
    let text = "fn scan(text, entry) { if text.contains(\"\\x1a\") { throw \"cut\" } [finding(0, 2, \"r\")] }";
    assert_eq!(scan(text, long.as_bytes()).unwrap().len(), 4);
}

#[test]
fn findings_are_put_in_order_and_what_overlaps_is_one() {
    let text =
        r#"fn scan(text, entry) { [finding(6, 2, "b"), finding(0, 4, "a"), finding(3, 2, "c")] }"#;
    let found = scan(text, b"0123456789").unwrap();
    assert_eq!(places(&found), [(0, 5, "a"), (6, 2, "b")]);
}

#[test]
fn a_plain_text_finds_itself_and_a_group_is_what_is_found() {
    let text = r#"fn scan(text, entry) { "ab".find_all(text, "t") + regex("x=(\\w+)").find_all(text, "g") }"#;
    let found = scan(text, b"ab x=12 ab").unwrap();
    assert_eq!(places(&found), [(0, 2, "t"), (5, 2, "g"), (8, 2, "t")]);
}

#[test]
fn a_scanner_that_is_none_says_so() {
    for (text, message) in [
        (
            "log(1);",
            "0:0: a scanner has a function `fn scan(text, entry)`",
        ),
        (
            "fn scan(text, entry) { [1] }",
            "0:0: `scan` returns an array of findings, not one that holds a value of type i64",
        ),
        (
            "fn scan(text, entry) { [finding(9, 9, \"r\")] }",
            "0:0: `scan` returns an array of findings, not one that lies outside of the text",
        ),
        (
            "fn scan(text, entry) {\n entry.delete(\"x\") }",
            "2:8: a scanner is handed the content of one entry and reaches nothing else",
        ),
        (
            "fn scan(text, entry) { now() }",
            "1:24: a scanner has no `now()`: it finds the same at any time",
        ),
    ] {
        let failure = scan(text, b"0123456789").unwrap_err();
        assert_eq!(
            (failure.code.as_str(), failure.message.as_str()),
            ("script", message)
        );
    }
}

#[test]
fn statements_of_a_workflow_do_not_run_when_its_scanner_does() {
    let text = "scope.list(\"/**\").count();\nfn scan(text, entry) { log(entry.path); [] }";
    assert!(scan(text, b"x").unwrap().is_empty());
    assert_eq!(remit_guest::testing::said(), ["log: /files/a.log"]);
}

//! What a script is told that is only read.

use crate::{Role, check};

fn told(text: &str, asks: &[&str]) -> Vec<(usize, usize, String, Option<String>)> {
    check(text, Role::Workflow, asks)
        .into_iter()
        .map(|problem| (problem.line, problem.column, problem.message, problem.help))
        .collect()
}

#[track_caller]
fn one(text: &str, asks: &[&str], at: (usize, usize), message: &str, help: Option<&str>) {
    let expected = (at.0, at.1, message.to_owned(), help.map(str::to_owned));
    assert_eq!(told(text, asks), [expected]);
}

#[test]
fn a_right_script_is_told_nothing() {
    let text = r#"
        fn is_old(run, age) { run.age > age }
        let seen = set();
        for (run, n) in scope.list("/runs/*").kind("run") {
            if is_old(run, param("age")) && run.status != "Running" && seen.add(run.name) {
                let why = `older than ${param("age")}, number ${n}`;
                run.delete(#{because: why});
            }
        }
        let counts = #{};
        for file in scope.list("/files/**") {
            let kind = file.kind;
            counts[kind] = (counts[kind] ?? 0) + 1;
            let old = [1, 2].filter(|x| x > n_of(file));
            log(`${old.len} ${file.path.split("/").len()} ${counts.keys()}`);
        }
        fn n_of(file) { switch file.kind { "blob" => 1, _ => file.path.len } }
        try { scope.stat("/x").document().a.b[0].c } catch (e) { log(e.code ?? e); }
    "#;
    assert_eq!(told(text, &["list", "read", "delete"]), []);
}

#[test]
fn a_text_that_is_no_script_is_told_where() {
    one("let x = ;", &[], (1, 9), "Unexpected ';'", None);
    one(
        "scop.list(\"/**\");",
        &["list"],
        (1, 1),
        "Undefined variable: scop",
        Some("did you mean `scope`?"),
    );
}

#[test]
fn unknown_words_are_told_with_what_was_meant() {
    let list = "scope.list(\"/runs/*\")";
    one(
        "dayz(3);",
        &[],
        (1, 1),
        "there is no function `dayz`",
        Some("did you mean `days`?"),
    );
    one(
        &format!("{list}.older_then(days(1));"),
        &["list"],
        (1, 23),
        "a selection has no `older_then()`",
        Some("did you mean `older_than`?"),
    );
    one(
        &format!("for run in {list} {{ log(run.pth); }}"),
        &["list"],
        (1, 44),
        "an entry has no `pth`",
        Some("did you mean `path`?"),
    );
    one(
        &format!("for run in {list} {{ log(run.parts); }}"),
        &["list"],
        (1, 44),
        "an entry has no `parts`",
        Some("it is called: `entry.parts() -> parts`"),
    );
    one(
        &format!("for run in {list} {{ log(run.path()); }}"),
        &["list"],
        (1, 44),
        "an entry has no `path()`",
        Some("it takes no brackets: `entry.path -> string`"),
    );
    one(
        "fn f(x) { x.frobnicate() }",
        &[],
        (1, 13),
        "there is no `frobnicate()` for any value",
        None,
    );
}

#[test]
fn counts_and_types_of_arguments_are_told() {
    one(
        "days(1, 2);",
        &[],
        (1, 1),
        "`days` takes 1 argument, not 2",
        Some("`days(n: int) -> duration`"),
    );
    one(
        "scope.list(\"/runs/*\").older_than(\"365 days\");",
        &["list"],
        (1, 23),
        "`older_than` takes other types than these",
        Some("`selection.older_than(age: duration) -> selection`"),
    );
    one(
        "fn f(a) { a } f(1, 2);",
        &[],
        (1, 15),
        "`f` takes 1 argument, not 2",
        None,
    );
    one(
        "fn f(run) { run.delete() }",
        &[],
        (1, 17),
        "`delete` takes 1 argument, not 0",
        Some("`entry.delete(reason: string) -> int` or `entry.delete(how: map) -> int`"),
    );
    one(
        "scope.stat(\"/x\").delete(#{purgee: true});",
        &["list", "delete"],
        (1, 25),
        "`purgee` is no option of `delete`",
        Some("did you mean `purge`?"),
    );
}

#[test]
fn a_name_with_two_types_is_none_that_is_certain() {
    let text = "let x = scope.stat(\"/a\"); x = #{pth: 1}; log(x.pth);";
    assert_eq!(told(text, &["list"]), []);
}

#[test]
fn rights_are_held_against_the_header() {
    let text = "//! Deletes.\n//!\n//! [asks]\n//! list = [\"/**\"]\n//! export = [\"/**\"]\n\
                for run in scope.list(\"/runs/*\") { run.delete(#{purge: true}); }";
    let told = told(text, &["list", "export"]);
    let expected = [
        (
            5,
            5,
            "the header asks for `export`, and no word of the script needs it",
        ),
        (
            6,
            40,
            "`delete` needs the right `delete`, which the header does not ask for",
        ),
        (
            6,
            47,
            "`purge` needs the right `purge`, which the header does not ask for",
        ),
    ];
    let found: Vec<(usize, usize, &str)> = told
        .iter()
        .map(|one| (one.0, one.1, one.2.as_str()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        told[1].3.as_deref(),
        Some("under `[asks]`: `delete = [\"…\"]`")
    );
}

#[test]
fn a_right_that_may_be_needed_is_neither_missed_nor_in_vain() {
    let text = "fn f(x, how) { log(x.owner); x.delete(how); } f(scope.stat(\"/x\"), #{});";
    assert_eq!(
        told(
            text,
            &["list", "read", "delete", "purge", "cascade", "cancel"]
        ),
        []
    );
}

#[test]
fn a_scanner_needs_its_function() {
    let problems = check("log(1);", Role::Scanner, &[]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("fn scan(text, entry)"));
    let text = "fn scan(text, entry) { log(entry.pth); \"a\".find_all(text, \"r\") }";
    let problems = check(text, Role::WorkflowWithScanner, &[]);
    assert_eq!(problems[0].message, "an entry has no `pth`");
}

//! `remit check`: a script is read, nothing is run, and no workspace is needed.

use serde_json::Value;

use crate::bed::Bed;

/// Lines 8 and 9 would go wrong, and a right is asked for in vain.
const WRONG: &str = "\
//! Deletes what is old.
//!
//! [asks]
//! list   = [\"/runs/*\"]
//! read   = [\"/runs/*\"]
//! export = [\"/runs/**\"]
let age = days(30);
for run in scope.list(\"/runs/*\").older_then(age) {
    run.delete();
}
";

const RIGHT: &str = "\
//! Counts.
//!
//! [asks]
//! list = [\"/runs/*\"]
log(scope.list(\"/runs/*\").count());
";

#[test]
fn problems_are_shown_with_the_line_and_what_was_meant() {
    let bed = Bed::new();
    bed.write("wrong.rhai", WRONG);
    let ran = bed
        .remit(&["check", "wrong.rhai"])
        .exits(2)
        .says("[wrong.rhai:8:")
        .says("for run in scope.list(\"/runs/*\").older_then(age) {")
        .says("did you mean `older_than`?")
        .says("[wrong.rhai:9:")
        .says("the header asks for `export`, and no word of the script needs it")
        .says("[wrong.rhai:6:");
    assert!(ran.stdout.contains("older_then"), "problems are the answer");
    bed.write("right.rhai", RIGHT);
    let ran = bed.remit(&["check", "right.rhai"]).exits(0);
    assert_eq!(ran.stdout, "");
}

#[test]
fn problems_are_lines_of_json() {
    let bed = Bed::new();
    bed.write("wrong.rhai", WRONG);
    let ran = bed.remit(&["--json", "check", "wrong.rhai"]).exits(2);
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() >= 3, "{}", ran.stdout);
    let places: Vec<_> = lines.iter().map(|line| line["line"].as_u64()).collect();
    assert!(
        places.contains(&Some(6)) && places.contains(&Some(8)),
        "{places:?}"
    );
    assert!(
        lines
            .iter()
            .all(|line| line["remit"] == 1 && line["file"] == "wrong.rhai"),
        "{lines:?}"
    );
    bed.write("right.rhai", RIGHT);
    let ran = bed.remit(&["--json", "check", "right.rhai"]).exits(0);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_header_is_checked_by_the_host() {
    let bed = Bed::new();
    bed.write("slip.rhai", &RIGHT.replace("list =", "lisst ="));
    bed.remit(&["check", "slip.rhai"])
        .exits(2)
        .says("unknown key `lisst`")
        .says("[slip.rhai:4:");
    bed.write("not.rhai", "let x = ;\n");
    bed.remit(&["check", "not.rhai"])
        .exits(2)
        .says("[not.rhai:1:9]");
    bed.write(
        "scanner.rhai",
        "//! Finds.\n//!\n//! world = \"scanner\"\n//! [rules.a]\n//! description = \"A.\"\n",
    );
    bed.remit(&["check", "scanner.rhai"])
        .exits(2)
        .says("fn scan(text, entry)");
}

#[test]
fn only_scripts_are_checked_and_nothing_in_them_is_obeyed() {
    let bed = Bed::new();
    bed.remit(&["check", "personal-data"])
        .exits(2)
        .says("is a plugin");
    bed.remit(&["check", "-"]).exits(2).says("remit plan -");
    bed.remit(&["check", "none.rhai"]).exits(1);
    bed.write(
        "hostile.rhai",
        "\"\u{1b}[2J\".no_such_word(\"\u{202e}\");\n",
    );
    let ran = bed.remit(&["check", "hostile.rhai"]).exits(2);
    assert!(
        !ran.stdout.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        ran.stdout
    );
}

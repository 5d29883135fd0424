//! Scripts, from a file, from standard input and typed: the same rights, plans and refusals as any guest.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::bed::{Bed, Ran, plugins};

/// Deletes what is old, one way of many; it asks for what it needs.
const CLEAN: &str = "\
//! Deletes runs older than a while.
//!
//! [asks]
//! list   = [\"/runs/*\"]
//! read   = [\"/runs/*\"]
//! delete = [\"/runs/**\"]
//!
//! [params.age]
//! description = \"Runs younger than this stay.\"
//! type = \"duration\"
//! default = \"30 days\"
for run in scope.list(\"/runs/churn-*\").older_than(param(\"age\")) {
    run.delete(\"retention\");
}
";

const GRANTED: [&str; 6] = [
    "--allow",
    "list=/**",
    "--allow",
    "read=/**",
    "--allow",
    "delete=/runs/**",
];

fn remit(bed: &Bed, arguments: &[&str], more: &[&str]) -> Ran {
    bed.remit(&[arguments, more].concat())
}

/// Runs a command with a text on its standard input.
fn piped(bed: &Bed, arguments: &[&str], text: &str) -> Ran {
    let mut command = bed.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

fn manifest(bed: &Bed, case: &str) -> String {
    fs::read_to_string(bed.path(case).join("MANIFEST")).unwrap()
}

#[test]
fn a_script_is_planned_shown_and_carried_out_like_a_plugin() {
    let bed = Bed::with_sample();
    bed.write("clean.rhai", CLEAN);
    remit(
        &bed,
        &["plan", "clean.rhai", "-w", "sample", "--case", "c.case"],
        &GRANTED,
    )
    .exits(0)
    .says("4 runs")
    .says("remit apply c.case");
    let manifest = manifest(&bed, "c.case");
    let digest = manifest
        .split("# guest      clean 0 sha256:")
        .nth(1)
        .expect(&manifest);
    assert!(
        digest[64..].starts_with(" run by rhai-workflow 0.1.0 sha256:"),
        "{manifest}"
    );
    let kept = format!("c.case/guests/{}.rhai", &digest[..64]);
    assert_eq!(fs::read_to_string(bed.path(&kept)).unwrap(), CLEAN);
    let checked = Command::new("sha256sum")
        .args(["--quiet", "-c", "MANIFEST"])
        .current_dir(bed.path("c.case"))
        .status();
    assert!(checked.unwrap().success());
    assert!(
        manifest.contains(&format!("guests/{}.rhai", &digest[..64])),
        "the plan's digest covers the script"
    );
    bed.remit(&["apply", "c.case", "--yes"]).exits(0);
    bed.remit(&["show", "/runs/churn-000000", "-w", "sample"])
        .exits(1);
    bed.remit(&["verify", "c.case"]).exits(0);
    remit(
        &bed,
        &[
            "run",
            "clean.rhai",
            "-w",
            "sample",
            "--yes",
            "--case",
            "d.case",
        ],
        &GRANTED,
    )
    .exits(0);
}

#[test]
fn a_one_liner_may_look_and_whatever_else_is_granted_by_hand() {
    let bed = Bed::with_sample();
    let before = bed.tree("sample");
    let count = "log(scope.list(\"/runs/*\").count() + \" runs\")";
    bed.remit(&["plan", "-e", count, "-w", "sample", "--case", "e.case"])
        .exits(0)
        .says("the guest says: 12 runs");
    assert!(manifest(&bed, "e.case").contains("# guest      script 0 sha256:"));
    let delete = "for run in scope.list(\"/runs/churn-*\") { run.delete(\"old\"); }";
    bed.remit(&["plan", "-e", delete, "-w", "sample", "--case", "f.case"])
        .exits(3)
        .says("--allow delete='/runs/churn-000000'")
        .says("denied: delete is denied here")
        .says("╭─[-e:1:");
    assert!(!bed.path("f.case").exists(), "half a plan is no plan");
    // What is granted by hand is all that is granted.
    bed.remit(&[
        "plan",
        "-e",
        delete,
        "-w",
        "sample",
        "--allow",
        "delete=/runs/**",
    ])
    .exits(3)
    .says("--allow list='/runs/churn-*'");
    remit(
        &bed,
        &["plan", "-e", delete, "-w", "sample", "--case", "f.case"],
        &GRANTED,
    )
    .exits(0)
    .says("4 runs");
    bed.remit(&["plan", "clean.rhai", "-e", delete, "-w", "sample"])
        .exits(2);
    bed.remit(&["plan", "-w", "sample"]).exits(2);
    assert_eq!(bed.tree("sample"), before);
}

#[test]
fn standard_input_is_granted_nothing_by_itself() {
    let bed = Bed::with_sample();
    let count = "log(`${scope.list(\"/runs/*\").count()} runs`)";
    piped(&bed, &["plan", "-", "-w", "sample"], count)
        .exits(3)
        .says("--allow list='/**'");
    piped(
        &bed,
        &[
            "plan", "-", "-w", "sample", "--allow", "list=/**", "--case", "e.case",
        ],
        count,
    )
    .exits(0)
    .says("the guest says: 12 runs");
    piped(&bed, &["plan", "-", "-w", "sample", "--params", "-"], count)
        .exits(2)
        .says("cannot be the parameters as well");
    // A header is a header there too: what it does not ask for is denied, whatever is granted.
    let asks = "//! Counts.\n//!\n//! [asks]\n//! list = [\"/runs/*\"]\nfor run in scope.list(\"/runs/*\") { run.delete(\"x\"); }";
    piped(
        &bed,
        &[&["plan", "-", "-w", "sample"][..], &GRANTED].concat(),
        asks,
    )
    .exits(3)
    .says("the guest did not ask for it")
    .says("a script's header");
}

#[test]
fn a_file_without_a_header_is_given_nothing_and_told_what_to_write() {
    let bed = Bed::with_sample();
    bed.write("bare.rhai", "for run in scope.list(\"/runs/*\") { run.delete(\"x\"); }\n//! [asks]\n//! list = \"/**\"\n");
    let ran = remit(&bed, &["plan", "bare.rhai", "-w", "sample"], &GRANTED)
        .exits(3)
        .says("`bare` asks for nothing in its header");
    let header: String = ran
        .stderr
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("//!"))
        .map(|line| format!("//!{line}\n"))
        .collect();
    bed.write(
        "bare.rhai",
        &format!("{header}for run in scope.list(\"/runs/churn-*\") {{ run.delete(\"x\"); }}\n"),
    );
    remit(
        &bed,
        &["plan", "bare.rhai", "-w", "sample", "--case", "b.case"],
        &GRANTED,
    )
    .exits(0)
    .says("4 runs");
    bed.write(
        "hidden.rhai",
        "//! Counts.\u{202e}\n//!\n//! [asks]\n//! list = \"/**\"\n",
    );
    bed.remit(&["plan", "hidden.rhai", "-w", "sample"])
        .exits(2)
        .says("hidden.rhai:1: a header holds nothing hidden, and this is U+202E");
    bed.write(
        "wrong.rhai",
        "//! Counts.\n//!\n//! [asks]\n//! lst = \"/**\"\n",
    );
    bed.remit(&["plan", "wrong.rhai", "-w", "sample"])
        .exits(2)
        .says("wrong.rhai:4: unknown key `lst`")
        .says("//! lst = \"/**\"")
        .says("did you mean `list`?");
}

#[test]
fn an_error_is_shown_at_the_scripts_own_line() {
    let bed = Bed::with_sample();
    for (text, place, says) in [
        (
            "let x = 1;\nlet y = (x + ;\n",
            "x.rhai:2:",
            "let y = (x + ;",
        ),
        (
            "let x = 1;\n\n  no_such_word(x);\n",
            "x.rhai:3:3",
            "no_such_word(x);",
        ),
        (
            "fn f(x) {\n  throw `denied: ${x}`;\n}\nf(7);\n",
            "x.rhai:2:3",
            "thrown: denied: 7",
        ),
        ("\nloop {}\n", "x.rhai:2:", "loop {}"),
    ] {
        bed.write("x.rhai", text);
        let ran = bed
            .remit(&["plan", "x.rhai", "-w", "sample", "--case", "x.case"])
            .exits(1)
            .says(place)
            .says(says);
        assert!(
            ran.stderr.contains('▲') || ran.stderr.contains('┬') || ran.stderr.contains('─'),
            "{}",
            ran.stderr
        );
        assert!(!bed.path("x.case").exists());
    }
    // A script's words are shown without what they would do to a terminal.
    bed.write("x.rhai", "throw \"\\x1b[2J\\u202e\";");
    let ran = bed.remit(&["plan", "x.rhai", "-w", "sample"]).exits(1);
    assert!(
        !ran.stderr.contains(['\u{1b}', '\u{202e}']),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_script_is_told_its_parameters() {
    let bed = Bed::with_sample();
    bed.write("clean.rhai", CLEAN);
    let plan = ["plan", "clean.rhai", "-w", "sample"];
    remit(
        &bed,
        &[&plan[..], &["--param", "age=36500 days"]].concat(),
        &GRANTED,
    )
    .exits(0);
    remit(
        &bed,
        &[&plan[..], &["--param", "age=soon"]].concat(),
        &GRANTED,
    )
    .exits(2)
    .says("`soon` is not of the type duration");
    remit(
        &bed,
        &[&plan[..], &["--param", "agee=1 d"]].concat(),
        &GRANTED,
    )
    .exits(2)
    .says("parameters are: age");
    bed.write("p.toml", "age = \"1 day\"\n");
    remit(
        &bed,
        &[&plan[..], &["--params", "p.toml", "--case", "p.case"]].concat(),
        &GRANTED,
    )
    .exits(0)
    .says("4 runs");
}

#[test]
fn what_a_guest_proposed_before_it_failed_is_kept_only_when_asked_and_never_applied() {
    let bed = Bed::with_sample();
    bed.write(
        "half.rhai",
        &CLEAN.replace("(\"retention\");", "(\"retention\"); throw \"no more\";"),
    );
    bed.write("w/open/a.txt", "a text that is long enough\n");
    let probe = plugins()
        .with_file_name("probes")
        .join("probe-workflow.wasm");
    let plugin = [
        "plan",
        probe.to_str().unwrap(),
        "--param",
        "probe=trap-midway",
        "-w",
        "w",
    ];
    let everything = [
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
        "--allow",
        "export=/**",
        "--allow",
        "delete=/**",
    ];
    let script = ["plan", "half.rhai", "-w", "sample"];
    for (plan, granted, why, at, of) in [
        (
            &plugin[..],
            &everything[..],
            "after two proposals",
            "p.case",
            "w",
        ),
        (
            &script[..],
            &GRANTED[..],
            "half.rhai:13: thrown: no more",
            "s.case",
            "sample",
        ),
    ] {
        let before = bed.tree(of);
        let plan = [plan, &["--case", at]].concat();
        remit(&bed, &plan, granted).exits(1).says(why);
        assert!(!bed.path(at).exists(), "half a plan is no plan");
        remit(&bed, &[&plan[..], &["--keep-partial"]].concat(), granted)
            .exits(6)
            .says(why)
            .says("delete");
        assert!(
            manifest(&bed, at).contains("# incomplete "),
            "{}",
            manifest(&bed, at)
        );
        let shown = bed.remit(&["show", at]).exits(0).says(why);
        assert!(!shown.stdout.contains("remit apply"), "{}", shown.stdout);
        bed.remit(&["apply", at, "--yes"])
            .exits(6)
            .says("incomplete and cannot be applied");
        assert_eq!(bed.tree(of), before);
    }
    // What a ceiling stopped is no plan in part either: the ceiling is the cause.
    bed.write("grant.toml", "version = 1\nlist = \"/**\"\nread = \"/**\"\ndelete = \"/runs/**\"\n[ceilings]\ndelete = { entries = 2 }\n");
    let plan = [
        "plan",
        "half.rhai",
        "-w",
        "sample",
        "--grant",
        "grant.toml",
        "--keep-partial",
        "--case",
        "f.case",
    ];
    bed.write("half.rhai", CLEAN);
    bed.remit(&plan).exits(3).says("--raise delete=");
    assert!(!bed.path("f.case").exists());
}

const SCANNER: &str = "\
//! Finds the numbers of tickets.
//!
//! world = \"scanner\"
//! [rules.ticket]
//! description = \"T- and digits.\"
fn scan(text, entry) { regex(\"T-[0-9]+\").find_all(text, \"ticket\") }
";

#[test]
fn a_script_scans_by_file_by_name_and_for_itself() {
    let bed = Bed::new();
    bed.write("tickets.rhai", SCANNER);
    bed.write("w/app.log", "über T-4711 and T-12\n");
    bed.remit(&["plugin", "try", "tickets.rhai", "w/app.log"])
        .exits(0)
        .says("T-4711")
        .says("2 findings");
    bed.write(".local/share/remit/plugins/tickets.rhai", SCANNER);
    bed.write(".local/share/remit/plugins/broken.rhai", "//! name = 1\n");
    bed.remit(&["plugin", "list"])
        .exits(0)
        .says("`remit plugin inspect broken` says why")
        .says("tickets")
        .says("Finds the numbers of tickets.");
    bed.remit(&[
        "redact", "/files/*", "--with", "tickets", "-w", "w", "--yes",
    ])
    .exits(0);
    let log = fs::read_to_string(bed.path("w/app.log")).unwrap();
    assert_eq!(log, "über REDACTED-ticket and REDACTED-ticket\n");
    bed.remit(&["plan", "tickets.rhai", "-w", "w"])
        .exits(2)
        .says("is a scanner");

    bed.write("w/app.log", "T-1\n");
    let own = SCANNER.replace(
        "world = \"scanner\"",
        "[asks]\n//! list = \"/files/**\"\n//! read = \"/files/**\"\n//! redact = \"/files/**\"",
    );
    bed.write(
        "own.rhai",
        &format!("{own}for s in scope.list(\"/files/**\").scan(\"self\") {{ if s.total > 0 {{ s.entry.redact(\"self\", \"tickets\"); }} }}\n"),
    );
    let granted = [
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
        "--allow",
        "redact=/**",
        "--yes",
    ];
    remit(&bed, &["run", "own.rhai", "-w", "w"], &granted).exits(0);
    assert_eq!(
        fs::read_to_string(bed.path("w/app.log")).unwrap(),
        "REDACTED-ticket\n"
    );
    bed.remit(&["plugin", "try", "own.rhai", "tickets.rhai"])
        .exits(0);
}

#[test]
fn a_script_is_inspected_and_granted_by_its_digest() {
    let bed = Bed::with_sample();
    bed.write("clean.rhai", CLEAN);
    let inspected = bed
        .remit(&["plugin", "inspect", "clean.rhai"])
        .exits(0)
        .says("name       clean 0 (a script, workflow)")
        .says("says       Deletes runs older than a while.")
        .says("asks       needs delete on /runs/**")
        .says("parameter  age: Runs younger than this stay.")
        .says("never      cannot propose redactions: it does not ask");
    let digest = inspected
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("digest     "))
        .unwrap();
    let grant = |guest: &str| {
        format!(
            "version = 1\nlist = [\"/**\"]\nread = [\"/**\"]\ndelete = [\"/runs/**\"]\nguests = [\"{guest}\"]\n"
        )
    };
    bed.write("grant.toml", &grant(digest));
    let plan = [
        "plan",
        "clean.rhai",
        "-w",
        "sample",
        "--grant",
        "grant.toml",
    ];
    bed.remit(&plan).exits(0);
    bed.write("clean.rhai", &format!("{CLEAN}\n"));
    bed.remit(&plan)
        .exits(3)
        .says("the grant names other guests");
}

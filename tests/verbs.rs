//! The operator's own verbs, on a plain directory and on the sample.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use crate::bed::Bed;

pub(crate) fn logs() -> Bed {
    let bed = Bed::new();
    bed.write(
        "logs/app.log",
        "login of ada@example.com from 203.0.113.9\nnothing here\n",
    );
    bed.write("logs/deep/er/web.log", "mail to ben@example.org\n");
    bed.write("logs/clean.log", "nobody here\n");
    bed.write(
        "logs/data.json",
        "{\"who\": \"ada@example.com\", \"n\": 1.50, \"big\": 12345678901234567890}\n",
    );
    bed.write("logs/keep.txt", "ada@example.com");
    bed
}

#[test]
fn a_directory_of_logs_is_a_whole_session() {
    let bed = logs();
    bed.remit(&[
        "redact",
        "/files/**/*.log",
        "--with",
        "personal-data",
        "-w",
        "logs",
        "--yes",
    ])
    .exits(0)
    .says("2 done");
    let tree = bed.tree("logs");
    let text = |name: &str| String::from_utf8(tree[name.as_bytes()].clone()).unwrap();
    assert_eq!(
        text("app.log"),
        "login of REDACTED-email from REDACTED-ipv4\nnothing here\n"
    );
    assert_eq!(text("deep/er/web.log"), "mail to REDACTED-email\n");
    assert_eq!(text("clean.log"), "nobody here\n");
    assert_eq!(text("keep.txt"), "ada@example.com");
    bed.remit(&[
        "redact",
        "/files/**/*.log",
        "--with",
        "personal-data",
        "-w",
        "logs",
        "--yes",
    ])
    .exits(0)
    .says("Nothing to do");
}

#[test]
fn json_stays_json_and_keeps_its_digits() {
    let bed = logs();
    bed.remit(&[
        "redact",
        "/files/*.json",
        "--with",
        "personal-data",
        "--operator",
        "pseudonym",
        "-w",
        "logs",
        "--yes",
    ])
    .exits(0);
    let text = fs::read_to_string(bed.path("logs/data.json")).unwrap();
    assert!(
        text.starts_with("{\"who\": \"email-")
            && text.ends_with("\", \"n\": 1.50, \"big\": 12345678901234567890}\n"),
        "{text}"
    );
}

#[test]
fn deleting_asks_first_and_takes_what_was_typed() {
    let bed = logs();
    let before = bed.tree("logs");
    bed.remit(&[
        "delete",
        "/files/**/*.log",
        "-w",
        "logs",
        "--case",
        "d.case",
    ])
    .exits(3)
    .says("remit apply d.case --yes");
    assert_eq!(bed.tree("logs"), before);
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("3 gone");
    let left: Vec<_> = bed.tree("logs").into_keys().collect();
    assert_eq!(left, [b"data.json".to_vec(), b"keep.txt".to_vec()]);
    bed.remit(&["verify", "d.case"]).exits(0).says("3 gone");
    bed.write("logs/app.log", "back again");
    bed.remit(&["verify", "d.case"])
        .exits(1)
        .says("it is there");
}

#[test]
fn a_copy_can_be_kept_before_anything_is_destroyed() {
    let bed = logs();
    bed.remit(&[
        "delete",
        "/files/keep.txt",
        "--export-first",
        "-w",
        "logs",
        "--case",
        "d.case",
        "--yes",
    ])
    .exits(0);
    assert!(!bed.path("logs/keep.txt").exists());
    assert_eq!(
        fs::read_to_string(bed.path("d.case/package/data/files/keep.txt")).unwrap(),
        "ada@example.com"
    );
    bed.remit(&["verify", "d.case"])
        .exits(0)
        .says("complete and unchanged");
    fs::write(
        bed.path("d.case/package/data/files/keep.txt"),
        "ada@example.net",
    )
    .unwrap();
    bed.remit(&["verify", "d.case"]).exits(1);
}

/// A terminal's log: colours, and a progress bar.
const COLOURED: &str = "\u{1b}[31mloss 0.5\u{1b}[0m\n10%\r50%\r100%\n";

#[test]
fn an_export_goes_through_a_converter() {
    let bed = logs();
    bed.write("logs/run.log", COLOURED);
    let before = bed.tree("logs");
    bed.remit(&[
        "export",
        "/files/**/*.log",
        "--through",
        "plain-log",
        "-w",
        "logs",
        "--case",
        "e.case",
        "--plan",
    ])
    .exits(0)
    .says("4 through plain-log");
    bed.remit(&["show", "e.case", "--steps"])
        .exits(0)
        .says("/files/run.log  through plain-log");
    let json = bed.remit(&["show", "e.case", "--steps", "--json"]).exits(0);
    assert!(
        json.stdout
            .contains("\"through\":{\"converter\":\"plain-log\""),
        "{}",
        json.stdout
    );
    bed.remit(&["show", "e.case", "--html"]).exits(0);
    let page = fs::read_to_string(bed.path("e.case/report.html")).unwrap();
    assert!(page.contains("through plain-log"));
    let manifest = fs::read_to_string(bed.path("e.case/MANIFEST")).unwrap();
    assert!(
        manifest.contains("export 4 entries through plain-log sha256:"),
        "{manifest}"
    );
    bed.remit(&["apply", "e.case", "--yes"]).exits(0);
    assert_eq!(bed.tree("logs"), before);
    assert_eq!(
        fs::read_to_string(bed.path("e.case/package/data/files/run.log")).unwrap(),
        "loss 0.5\n100%\n"
    );
    bed.remit(&["verify", "e.case"])
        .exits(0)
        .says("complete and unchanged");
    bed.remit(&["case", "close", "e.case", "--yes"]).exits(0);
    assert!(!bed.path("e.case/staged").exists());
}

#[test]
fn a_workflow_names_its_converters_and_they_are_pinned() {
    let bed = logs();
    bed.write("logs/run.log", COLOURED);
    bed.remit(&[
        "plan",
        "readable-logs",
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
        "--allow",
        "export=/**",
        "-w",
        "logs",
        "--case",
        "p.case",
    ])
    .exits(0)
    .says("4 through plain-log");
    assert_eq!(bed.tree("p.case/guests").len(), 2, "both are in the case");
    bed.remit(&["apply", "p.case", "--yes"]).exits(0);
    assert_eq!(
        fs::read_to_string(bed.path("p.case/package/data/files/run.log")).unwrap(),
        "loss 0.5\n100%\n"
    );
}

#[test]
fn one_changed_byte_of_what_was_staged_is_another_plan() {
    let bed = logs();
    bed.remit(&[
        "export",
        "/files/app.log",
        "--through",
        "plain-log",
        "-w",
        "logs",
        "--case",
        "e.case",
        "--plan",
    ])
    .exits(0);
    let (name, mut bytes) = bed.tree("e.case/staged").pop_first().unwrap();
    bytes[0] ^= 1;
    let staged = bed.path("e.case/staged").join(OsStr::from_bytes(&name));
    fs::write(staged, bytes).unwrap();
    bed.remit(&["apply", "e.case", "--yes"])
        .says("its SHA-256 is not the one in MANIFEST");
    assert!(!bed.path("e.case/package").exists());
}

#[test]
fn a_run_takes_its_parts_with_it() {
    let bed = Bed::with_sample();
    let listed = bed
        .remit(&["list", "/runs/churn-000000", "-w", "sample"])
        .exits(0);
    assert!(listed.stdout.contains("/runs/churn-000000"));
    let parts = || {
        bed.remit(&[
            "list",
            "/blobs/azureml/ExperimentRun/dcid.churn-000000/**",
            "-w",
            "sample",
        ])
        .exits(0)
        .stdout
    };
    assert!(!parts().is_empty());
    bed.remit(&["delete", "/runs/churn-000000", "-w", "sample", "--yes"])
        .exits(0);
    assert_eq!(parts(), "");
    bed.remit(&["show", "/runs/churn-000000", "-w", "sample"])
        .exits(1)
        .says("does not exist");
}

#[test]
fn names_of_every_sort_are_handled_or_reported() {
    let bed = Bed::new();
    let names: &[&[u8]] = &[
        b"plain.txt",
        b" leading and trailing ",
        b"100%",
        b"a#b?c+d",
        "Grüße.txt".as_bytes(),
        b"not-utf8-\xff.txt",
        b"A.log",
        b"a.log",
        b"CON",
        b"trailing.",
        b"tab\there",
        b"-w",
        b"new\nline",
        // As long as a name may be; a replacement's own must not be longer.
        &[b'n'; 255],
    ];
    fs::create_dir(bed.path("odd")).unwrap();
    for name in names {
        fs::write(bed.path("odd").join(OsStr::from_bytes(name)), name).unwrap();
    }
    symlink("/etc/passwd", bed.path("odd/link")).unwrap();
    let listed = bed
        .remit(&["list", "-w", "odd"])
        .exits(5)
        .says("symbolic link");
    assert_eq!(
        listed.stdout.lines().count(),
        names.len(),
        "{}",
        listed.stdout
    );
    assert!(
        !listed.stdout.contains('\t'),
        "names reach the terminal escaped"
    );
    bed.remit(&[
        "export",
        "/files/**",
        "-w",
        "odd",
        "--case",
        "e.case",
        "--yes",
    ])
    .exits(3)
    .says("gap");
    bed.remit(&["apply", "e.case", "--accept-gap", "all", "--yes"])
        .exits(0)
        .says("14 done");
    bed.remit(&["verify", "e.case"])
        .exits(0)
        .says("complete and unchanged");
    let copies: Vec<Vec<u8>> = bed.tree("e.case/package/data").into_values().collect();
    for name in names {
        assert!(
            copies.contains(&name.to_vec()),
            "{}",
            String::from_utf8_lossy(name)
        );
    }
    bed.remit(&["download", "/files/**", "out", "-w", "odd"])
        .exits(0);
    assert_eq!(bed.tree("out").len(), names.len());
    // One of two names that differ in case, alone; then all.
    let delete = |what: &str, case: &str| {
        bed.remit(&[
            "delete",
            what,
            "-w",
            "odd",
            "--yes",
            "--case",
            case,
            "--accept-gap",
            "all",
        ])
        .exits(0);
    };
    delete("/files/a.log", "one.case");
    let left = bed.tree("odd");
    assert!(left.contains_key(&b"A.log"[..]) && !left.contains_key(&b"a.log"[..]));
    delete("/files/*", "all.case");
    let left = bed.tree("odd");
    assert_eq!(left.keys().collect::<Vec<_>>(), [&b"link".to_vec()]);
    assert!(fs::metadata("/etc/passwd").is_ok());
}

#[test]
fn downloads_land_below_the_fixed_part() {
    let bed = Bed::with_sample();
    let run = "/runs/churn-000000";
    bed.remit(&[
        "download",
        &format!("{run}/outputs/**"),
        "out",
        "-w",
        "sample",
    ])
    .exits(0)
    .says("Downloaded");
    assert!(!bed.tree("out").is_empty());
    bed.remit(&[
        "download",
        &format!("{run}/outputs/**"),
        "out",
        "-w",
        "sample",
    ])
    .exits(2)
    .says("--overwrite");
    bed.remit(&["download", "/runs/none/**", "out", "-w", "sample"])
        .exits(1)
        .says("no entry matches");
}

#[test]
fn a_file_with_several_links_cannot_be_deleted() {
    let bed = logs();
    fs::hard_link(bed.path("logs/keep.txt"), bed.path("twin.txt")).unwrap();
    bed.remit(&["delete", "/files/keep.txt", "-w", "logs", "--yes"])
        .exits(3)
        .says("other links");
    assert!(bed.path("logs/keep.txt").exists());
}

#[test]
fn json_answers_are_versioned_and_one_object_a_line() {
    let bed = logs();
    let listed = bed.remit(&["list", "--json", "-w", "logs"]).exits(0);
    for line in listed.stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["remit"], 1);
    }
    let plan = bed
        .remit(&["delete", "/files/*.log", "--json", "--plan", "-w", "logs"])
        .exits(0);
    let value: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(value["remit"], 1);
}

#[test]
fn every_command_explains_itself() {
    let bed = Bed::new();
    let help = bed.remit(&["--help"]).exits(0).stdout;
    for command in [
        "init",
        "list",
        "show",
        "download",
        "delete",
        "redact",
        "export",
        "archive",
        "plan",
        "run",
        "approve",
        "apply",
        "verify",
        "evidence",
        "case",
        "hold",
        "plugin",
        "sim",
        "completions",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is not in --help"
        );
        assert!(
            bed.remit(&[command, "--help"])
                .exits(0)
                .stdout
                .contains("Usage:")
        );
    }
    bed.remit(&["completions", "bash"]).exits(0).says("remit");
}

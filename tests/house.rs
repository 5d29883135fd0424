//! Rules of the house that can be read off the source. Nothing of the product is built for them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod graph;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folder: that of the run, wherever the test was built.
fn project() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&xtask).parent().unwrap().to_owned()
}

fn sources() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "*.rs"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(listed.status.success());
    let files = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<_> = files
        .split_terminator('\0')
        .map(|file| project().join(file))
        .filter(|file| file.exists())
        .collect();
    assert!(files.len() > 50, "{}", files.len());
    files
}

#[test]
fn modules_open_with_what_they_are() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not begin with `//!`",
            file.display()
        );
    }
}

#[test]
fn files_are_short_and_named_after_what_they_are() {
    for file in sources() {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        // Tables of cases are long and read one case at a time.
        let is_tests = file.components().any(|part| part.as_os_str() == "tests");
        assert!(
            is_tests || lines <= 600,
            "{} has {lines} lines",
            file.display()
        );
        let name = file.file_stem().unwrap().to_str().unwrap();
        let banned = [
            "util", "utils", "common", "helper", "helpers", "manager", "misc", "types", "core",
        ];
        assert!(!banned.contains(&name), "{}", file.display());
    }
}

#[test]
fn one_door_for_each_effect() {
    // (what, the only files of the host that may say it)
    let doors: &[(&str, &[&str])] = &[
        ("unsafe {", &["host/wasm/src/cache.rs"]),
        (
            "println!(",
            // A build script tells cargo so.
            &["host/cli/src/ui.rs", "host/cli/build.rs", "xtask/src/"],
        ),
        (
            "impl StoreMut for",
            &[
                "host/local/src/",
                "host/azure/src/change.rs",
                "host/azure/src/ml/change.rs",
                "host/apply/src/memory.rs",
            ],
        ),
        ("client::conn", &["host/azure/src/dial.rs"]),
        ("HttpConnector", &["host/azure/src/dial.rs"]),
        ("TcpStream::connect", &[]),
        ("reqwest::", &[]),
        ("std::process::exit", &[]),
    ];
    for file in sources() {
        let name = file
            .strip_prefix(project())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        // A door is looked for where it would be used, not where tests talk about it.
        if !name.starts_with("host/")
            || name.contains("/tests")
            || name.contains("/benches/")
            || name.contains("conformance")
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (what, doors) in doors {
            let says = text
                .lines()
                .any(|line| line.contains(what) && !line.trim_start().starts_with("//"));
            assert!(
                !says || doors.iter().any(|door| name.starts_with(door)),
                "{name} says `{what}`"
            );
        }
    }
}

/// Ways of naming a right that only `Authority::permit` may make.
#[test]
fn only_apply_calls_what_changes() {
    for file in sources() {
        let name = file
            .strip_prefix(project())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let allowed = [
            "host/apply/",
            "host/local/",
            "host/azure/",
            "host/cli/src/target.rs",
            "tests/",
        ];
        if allowed.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        assert!(
            !code.into_iter().any(|line| line.contains("StoreMut")),
            "{name} names StoreMut"
        );
    }
}

/// One vocabulary: a right, the verb on the command line, and the interface that a guest imports for it.
#[test]
fn verbs_are_the_same_everywhere() {
    let read = |name: &str| fs::read_to_string(project().join(name)).unwrap();
    let (rights, interfaces) = (
        read("host/policy/src/right.rs"),
        read("wit/reading.wit") + &read("wit/proposing.wit"),
    );
    let linked = read("host/wasm/src/wit.rs");
    for (right, interface, command) in [
        ("list", "entries", Some("list")),
        ("read", "contents", Some("download")),
        ("export", "exports", Some("export")),
        ("redact", "redactions", Some("redact")),
        ("delete", "deletions", Some("delete")),
        ("archive", "archives", None),
    ] {
        assert!(rights.contains(&format!("=> \"{right}\",")), "{right}");
        assert!(
            interfaces.contains(&format!("interface {interface} {{")),
            "{interface}"
        );
        assert!(linked.contains(&format!("\"{interface}\"")), "{interface}");
        if let Some(command) = command {
            let file = project().join(format!("host/cli/src/commands/{command}.rs"));
            assert!(file.exists(), "{command}");
        }
    }
}

/// A script that ships is run by a test: what it plans is written down, under its name.
#[test]
fn every_script_that_ships_is_written_down() {
    let stems = |folder: &str, ending: &str| -> Vec<String> {
        let files = fs::read_dir(project().join(folder)).unwrap();
        let mut stems: Vec<String> = files
            .map(|file| file.unwrap().path())
            .filter(|file| file.extension().is_some_and(|own| own == ending))
            .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        stems.sort();
        stems
    };
    let scripts = stems("scripts", "rhai");
    assert!(scripts.len() >= 8, "{scripts:?}");
    assert_eq!(scripts, stems("tests/shipped", "txt"));
}

//! Rules of the house that can be read off the source.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::bed::project;

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
        ("println!(", &["host/cli/src/ui.rs", "xtask/src/"]),
        (
            "impl StoreMut for",
            &[
                "host/local/src/",
                "host/azure/src/change.rs",
                "host/apply/src/memory.rs",
            ],
        ),
        ("reqwest::", &["host/azure/src/door.rs"]),
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

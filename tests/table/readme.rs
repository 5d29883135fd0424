//! The README's two tables: each row of the first is walked by a test and says what the test does, and each command
//! of the second works on such a thing.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::bed::{REMIT, Ran, project};
use crate::table::rows::{NAMED_ONLY, ROWS};
use crate::table::scene::Scene;

/// The cells of a table of the README, found by its head.
fn cells(head: &str) -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let mut lines = readme.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "no table with the head {head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let rows = rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    rows.collect()
}

/// What stands in backticks and begins so.
fn quoted<'a>(cell: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter(move |text| text.starts_with(begin))
}

fn is_named_only(path: &str) -> bool {
    NAMED_ONLY.iter().any(|(named, _)| *named == path)
}

#[test]
fn every_row_is_walked_and_says_what_is_done() {
    let mut named = BTreeSet::new();
    for row in cells("| what | list, show | delete | archive | redact |") {
        // What is a gap is neither listed nor deleted.
        if row[1].contains("a gap") {
            continue;
        }
        for path in quoted(&row[0], "/").filter(|path| !is_named_only(path)) {
            named.insert(path.to_owned());
            let walked: Vec<_> = ROWS.iter().filter(|one| one.named == path).collect();
            assert!(
                !walked.is_empty(),
                "the row {path} wants a line in tests/table/rows.rs"
            );
            let is_deleted = walked.iter().any(|one| one.delete.is_some());
            assert_eq!(is_deleted, !row[2].is_empty(), "{path}: delete");
            for one in walked {
                let what = one.path;
                assert_eq!(one.archive, row[3].starts_with("yes"), "{what}: archive");
                assert_eq!(one.redact, !row[4].is_empty(), "{what}: redact");
            }
        }
    }
    let walked: BTreeSet<String> = ROWS.iter().map(|row| row.named.to_owned()).collect();
    assert_eq!(named, walked);
}

#[test]
fn every_command_works() {
    let scene = Scene::new();
    let bin = std::path::Path::new(REMIT).parent().unwrap();
    let mut named = BTreeSet::new();
    for (at, row) in cells("| what | command | otherwise |").iter().enumerate() {
        let path = quoted(&row[0], "/").next().unwrap();
        let walked = ROWS.iter().filter(|one| one.delete.is_some());
        let walked = walked.map(|one| (one.named, one.path));
        let things = walked.chain(NAMED_ONLY.iter().copied());
        let mut things = things.filter(|(named, _)| *named == path);
        let (_, thing) = things.next().unwrap();
        if !is_named_only(path) {
            named.insert(path.to_owned());
        }
        for (nth, command) in quoted(&row[1], "remit ").enumerate() {
            assert!(command.contains(path), "{command} is about {path}");
            let mut line = command.replace(path, thing);
            line += &format!(" -w '{}'", scene.workspace);
            // A plan is made of it, and not applied: this is one workspace for all.
            if !command.starts_with("remit download ") {
                line += " --plan";
            }
            let folder = scene.bed.path(&format!("{at}-{nth}"));
            std::fs::create_dir(&folder).unwrap();
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &line])
                .current_dir(folder)
                .stdin(Stdio::null());
            let lent = scene.bed.command(&[]);
            shell.envs(
                lent.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
            shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
            shell.env("REMIT_MANAGEMENT_URL", scene.sim.url());
            let ran = Ran::of(shell.output().unwrap());
            let is_planned = ran.stdout.contains("next ") || command.contains("download");
            assert!(
                ran.exit == Some(0) && is_planned,
                "{line}\n{}{}",
                ran.stdout,
                ran.stderr
            );
        }
    }
    scene.unchanged();
    let walked: BTreeSet<String> = ROWS.iter().map(|row| row.named.to_owned()).collect();
    assert_eq!(named, walked);
}

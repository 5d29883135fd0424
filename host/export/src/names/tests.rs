//! Names: the readable common case, and properties over hostile paths.

use std::collections::HashSet;

use proptest::prelude::*;

use super::Names;
use crate::name::{Form, fold};

fn names(paths: &[&str]) -> Vec<String> {
    let names = Names::of(paths.iter().map(|p| (*p, form_of(p))));
    paths
        .iter()
        .map(|p| names.payload_path(p).expect("planned"))
        .collect()
}

/// Records are JSON, as the caller would say.
fn form_of(path: &str) -> Form {
    if path.starts_with("/runs/") {
        Form::Json
    } else {
        Form::Bytes
    }
}

/// Replaces every mark by `~#`.
fn unmark(payload: &str) -> String {
    let mut parts = payload.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_mark = part.len() >= 16 && part.bytes().take(16).all(|b| b.is_ascii_hexdigit());
        out += "~";
        out += if is_mark { "#" } else { "" };
        out += if is_mark { &part[16..] } else { part };
    }
    out
}

fn check(paths: &[&str], expect: &[&str]) {
    let got: Vec<String> = names(paths).iter().map(|n| unmark(n)).collect();
    assert_eq!(got, expect);
}

#[test]
fn the_common_case_reads_as_the_path_does() {
    check(
        &[
            "/blobs/azureml/ExperimentRun/dcid.x/logs/a%20b.txt",
            "/files/code/Users/jane/Untitled.ipynb",
            "/runs/x",
            "/runs/x/metrics",
        ],
        &[
            "data/blobs/azureml/ExperimentRun/dcid.x/logs/a b.txt",
            "data/files/code/Users/jane/Untitled.ipynb",
            "data/runs/x.json",
            "data/runs/x/metrics.json",
        ],
    );
}

#[test]
fn only_names_that_would_collide_are_marked() {
    check(
        &["/b/A.log", "/b/a.log", "/b/c.log"],
        &["data/b/A~#.log", "data/b/a~#.log", "data/b/c.log"],
    );
    check(&["/b/X/1", "/b/x/2"], &["data/b/X~#/1", "data/b/x~#/2"]);
    check(&["/b/a", "/b/a/c"], &["data/b/a~#", "data/b/a/c"]);
    check(
        &["/b/a", "/b/a?version=1"],
        &["data/b/a", "data/b/a@version=1~#"],
    );
    check(&["/b//a", "/b/a"], &["data/b/_~#/a", "data/b/a"]);
    check(&["/b/a%41", "/b/aA"], &["data/b/aA~#", "data/b/aA~#"]);
    check(&["/_long/a"], &["data/_long~#/a"]);
    check(&["", "/", "//"], &["data/_~#", "data/_~#", "data/_~#/_~#"]);
}

#[test]
fn a_long_path_moves_to_a_folder_of_its_own() {
    let path = format!("/blobs/c/{}end.txt", "deeper-and-deeper/".repeat(20));
    check(&[&path], &["data/_long/end~#.txt"]);
}

#[test]
fn what_was_not_planned_has_no_name() {
    assert_eq!(Names::of([("/a", Form::Bytes)]).payload_path("/b"), None);
}

/// Pieces that meet each other: letter case, escapes, devices, dots, marks, the void.
fn hostile_segment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "a", "A", "%61", "b", ".", "..", "%2E%2E", "", "con", "CON.txt", "a.", "a%20", "a%2F",
            "..%5C..", "C%3A", "%00", "%FF", "%C3%A9", "e%CC%81", "%C3%89", "a.json", "a.JSON",
            "_long", "_", "__", "?version=1", "a?x/../..", "~", "%E2%80%AE", "\u{3bb}", "\\", "%",
            "a~0000000000000000", "\u{17f}", "s", "\u{130}", "i",
        ]).prop_map(str::to_owned),
        2 => "[ -~]{0,12}",
        1 => "\\PC{0,20}",
        1 => "[aA%.]{100,300}",
    ]
}

fn hostile_paths() -> impl Strategy<Value = Vec<(String, Form)>> {
    let path = prop::collection::vec(hostile_segment(), 0..5).prop_map(|s| {
        let mut path = String::from("/");
        path += &s.join("/");
        path
    });
    let form = prop::sample::select(vec![Form::Bytes, Form::Json]);
    prop::collection::hash_map(path, form, 1..12).prop_map(|map| map.into_iter().collect())
}

fn assert_safe(payload: &str) {
    assert!(payload.len() <= 200, "{payload}");
    let mut segments = payload.split('/');
    assert_eq!(segments.next(), Some("data"));
    for segment in segments {
        assert!(!segment.is_empty() && segment.len() <= 160, "{payload}");
        assert!(
            !segment.ends_with(['.', ' ']) && !segment.starts_with(' '),
            "{payload}"
        );
        assert!(
            !segment.contains(['<', '>', ':', '"', '|', '?', '*', '\\', '%']),
            "{payload}"
        );
        assert!(!segment.chars().any(char::is_control), "{payload}");
        let stem = segment.split('.').next().unwrap_or_default().to_lowercase();
        assert!(
            !["con", "prn", "aux", "nul"].contains(&stem.as_str()),
            "{payload}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_paths_get_safe_names_that_differ_on_every_system(paths in hostile_paths()) {
        let names = Names::of(paths.iter().map(|(p, f)| (p, *f)));
        let mut seen = HashSet::new();
        let mut folders = HashSet::new();
        for (path, _) in &paths {
            let payload = names.payload_path(path).expect("planned");
            assert_safe(&payload);
            let folded = fold(&payload);
            for (at, _) in folded.match_indices('/') {
                folders.insert(folded[..at].to_owned());
            }
            prop_assert!(seen.insert(folded), "{payload} is given twice");
        }
        prop_assert!(seen.is_disjoint(&folders), "a file and a folder have one name");
    }

    #[test]
    fn names_do_not_depend_on_order(paths in hostile_paths()) {
        let forwards = Names::of(paths.iter().map(|(p, f)| (p, *f)));
        let backwards = Names::of(paths.iter().rev().map(|(p, f)| (p, *f)));
        for (path, _) in &paths {
            prop_assert_eq!(forwards.payload_path(path), backwards.payload_path(path));
        }
    }
}

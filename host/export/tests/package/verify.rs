//! Our own check finds every sort of damage, and all of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use remit_export::{Finding, Package};

use crate::fixture::{case, whole};

const TEXT: &str = "data/blobs/azureml/ExperimentRun/dcid.x/logs/a b.txt";
const RUN: &str = "data/runs/x.json";

fn check(damage: impl FnOnce(&Path), expected: &[Finding]) {
    let (_case, folder) = case();
    whole(&folder);
    damage(&folder);
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(Package::verify(&folder).unwrap().findings, expected);
}

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, change(text)).unwrap();
}

/// A changed manifest no longer has the sum that the tag manifests say.
fn differs(path: &str) -> Finding {
    Finding::Differs(path.to_owned())
}

#[test]
fn every_sort_of_damage_is_found() {
    check(|_| {}, &[]);
    check(
        |bag| fs::write(bag.join(TEXT), b"hellO\n").unwrap(),
        &[differs(TEXT)],
    );
    check(
        |bag| fs::remove_file(bag.join(RUN)).unwrap(),
        &[Finding::Missing(RUN.to_owned()), Finding::Count],
    );
    check(
        |bag| fs::write(bag.join("data/runs/y"), b"").unwrap(),
        &[Finding::Extra("data/runs/y".to_owned())],
    );
    check(
        |bag| fs::write(bag.join("note.txt"), b"").unwrap(),
        &[Finding::Extra("note.txt".to_owned())],
    );
    check(
        |bag| {
            fs::remove_file(bag.join(RUN)).unwrap();
            symlink("/etc/hostname", bag.join(RUN)).unwrap();
        },
        &[
            Finding::Missing(RUN.to_owned()),
            Finding::NotAFile(RUN.to_owned()),
            Finding::Count,
        ],
    );
    check(
        |bag| edit(&bag.join("index.html"), |t| t + " "),
        &[differs("index.html")],
    );
    check(
        |bag| fs::write(bag.join("bagit.txt"), "BagIt-Version: 0.97\n").unwrap(),
        &[differs("bagit.txt"), Finding::Declaration],
    );
    check(
        |bag| fs::remove_file(bag.join("tagmanifest-sha512.txt")).unwrap(),
        &[
            Finding::Missing("tagmanifest-sha512.txt".to_owned()),
            Finding::InOneManifest("bag-info.txt".to_owned()),
            Finding::InOneManifest("bagit.txt".to_owned()),
            Finding::InOneManifest("index.html".to_owned()),
            Finding::InOneManifest("index.jsonl".to_owned()),
            Finding::InOneManifest("manifest-sha256.txt".to_owned()),
            Finding::InOneManifest("manifest-sha512.txt".to_owned()),
        ],
    );
}

#[test]
fn a_forged_manifest_is_found_and_never_followed() {
    let sha256 = "manifest-sha256.txt";
    check(
        |bag| {
            edit(&bag.join(sha256), |t| {
                let kept: Vec<_> = t.lines().filter(|l| !l.ends_with(RUN)).collect();
                kept.join("\n") + "\n"
            });
        },
        &[differs(sha256), Finding::InOneManifest(RUN.to_owned())],
    );
    check(
        |bag| {
            edit(&bag.join(sha256), |t| {
                let first = t.lines().next().unwrap().to_owned();
                format!("ab  data/../../x\nab  /etc/passwd\nab  bagit.txt\nno line\n{t}{first}\n")
            });
        },
        &[
            differs(sha256),
            Finding::BadLine(sha256.to_owned(), 1),
            Finding::BadLine(sha256.to_owned(), 2),
            Finding::BadLine(sha256.to_owned(), 3),
            Finding::BadLine(sha256.to_owned(), 4),
            Finding::Twice(first_payload()),
        ],
    );
}

fn first_payload() -> String {
    let (_case, folder) = case();
    whole(&folder);
    let manifest = fs::read_to_string(folder.join("manifest-sha256.txt")).unwrap();
    manifest.lines().next().unwrap()[66..].to_owned()
}

#[test]
fn a_change_of_size_alone_is_counted() {
    check(
        |bag| fs::write(bag.join(TEXT), b"").unwrap(),
        &[differs(TEXT), Finding::Count],
    );
}

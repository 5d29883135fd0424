//! The scripts that we ship, read without running.

use std::fs;

use crate::{Role, check};

/// The rights that a header asks for: the keys under `[asks]`, and the stronger forms in their values.
fn asks(text: &str) -> Vec<&str> {
    let header = text.lines().map_while(|line| line.strip_prefix("//!"));
    let mut asks = Vec::new();
    let mut inside = false;
    for line in header.map(str::trim) {
        if line.starts_with('[') {
            inside = line.starts_with("[asks");
        } else if let (true, Some((right, value))) = (inside, line.split_once('=')) {
            asks.push(right.trim());
            asks.extend(
                ["purge", "cascade", "cancel"]
                    .into_iter()
                    .filter(|form| value.contains(form)),
            );
        }
    }
    asks
}

#[test]
fn every_script_opens_with_its_header_and_reads_without_a_problem() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../scripts");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rhai") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! ") && text.contains("//! [asks]"),
            "{}",
            path.display()
        );
        let role = match text.contains("//! [rules.") {
            true => Role::WorkflowWithScanner,
            false => Role::Workflow,
        };
        assert_eq!(check(&text, role, &asks(&text)), [], "{}", path.display());
    }
    assert_eq!(seen, 11);
}

#[test]
fn what_the_tutorial_shows_is_a_script() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../scripts/README.md");
    let page = fs::read_to_string(page).unwrap();
    let (engine, _) = crate::interpreter::engine();
    let blocks = page.split("```rhai\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        if let Err(error) = crate::interpreter::compile(&engine, block) {
            panic!("{error} in:\n{block}");
        }
    }
}

//! What must not be reachable from where: read off `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::project;

/// The crates of the house and which of each other they use, tests aside.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(project().join("Cargo.toml"))
        .other_options(vec![
            "--offline".into(),
            "--locked".into(),
            "--filter-platform=x86_64-unknown-linux-gnu".into(),
        ])
        .exec()
        .expect("cargo metadata");
    let packages = metadata.workspace_packages();
    let names: BTreeSet<String> = packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    packages
        .iter()
        .map(|package| {
            let uses = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| dependency.name.clone())
                .filter(|name| names.contains(name))
                .collect();
            (package.name.to_string(), uses)
        })
        .collect()
}

fn reachable(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in &graph[&name] {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

#[test]
fn who_runs_guests_cannot_change_a_workspace() {
    let graph = graph();
    for guests in ["remit-session", "remit-wasm"] {
        let reach = reachable(&graph, guests);
        for forbidden in [
            "remit-apply",
            "remit-local",
            "remit-azure",
            "remit-export",
            "remit",
        ] {
            assert!(!reach.contains(forbidden), "{guests} reaches {forbidden}");
        }
    }
    assert!(
        !reachable(&graph, "remit-apply").contains("remit-wasm"),
        "apply runs no guest"
    );
    assert!(
        !reachable(&graph, "remit-apply").contains("remit-session"),
        "apply runs no guest"
    );
}

/// The words of scripts, and the engine behind them, are known natively to `remit check` alone: whatever runs
/// a script runs it in the sandbox.
#[test]
fn only_the_command_line_knows_the_words_of_scripts() {
    let metadata = MetadataCommand::new()
        .manifest_path(project().join("Cargo.toml"))
        .other_options(vec!["--offline".into(), "--locked".into()])
        .exec()
        .expect("cargo metadata");
    let knows = |package: &cargo_metadata::Package| {
        let words = ["remit-vocabulary", "remit-guest", "rhai"];
        package
            .dependencies
            .iter()
            .any(|dependency| words.contains(&dependency.name.as_str()))
    };
    let knowing: Vec<String> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| knows(package))
        .map(|package| package.name.to_string())
        .collect();
    assert_eq!(knowing, ["remit"]);
}

#[test]
fn every_arrow_is_one_that_was_meant() {
    let meant: &[(&str, &[&str])] = &[
        ("remit-workspace", &[]),
        ("remit-formats", &[]),
        ("remit-export", &[]),
        // What our own stores are tested against must not share a line with them.
        ("remit-sim", &[]),
        ("remit-policy", &["remit-workspace"]),
        (
            "remit-plan",
            &["remit-formats", "remit-policy", "remit-workspace"],
        ),
        (
            "remit-session",
            &[
                "remit-formats",
                "remit-plan",
                "remit-policy",
                "remit-workspace",
            ],
        ),
        (
            "remit-wasm",
            &["remit-policy", "remit-session", "remit-workspace"],
        ),
        (
            "remit-apply",
            &[
                "remit-export",
                "remit-formats",
                "remit-plan",
                "remit-policy",
                "remit-workspace",
            ],
        ),
        (
            "remit-local",
            &[
                "remit-apply",
                "remit-formats",
                "remit-policy",
                "remit-workspace",
            ],
        ),
        (
            "remit-azure",
            &[
                "remit-apply",
                "remit-formats",
                "remit-policy",
                "remit-workspace",
            ],
        ),
        (
            "remit-report",
            &[
                "remit-apply",
                "remit-plan",
                "remit-policy",
                "remit-workspace",
            ],
        ),
    ];
    let graph = graph();
    for (name, meant) in meant {
        let uses: Vec<&str> = graph[*name].iter().map(String::as_str).collect();
        assert_eq!(&uses, meant, "{name}");
    }
    let known: BTreeSet<&str> = meant
        .iter()
        .map(|(name, _)| *name)
        .chain(["remit", "xtask"])
        .collect();
    for name in graph.keys() {
        assert!(
            known.contains(name.as_str()),
            "{name} is new: say what it may use"
        );
    }
}

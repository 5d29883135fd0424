//! One answer for a whole listing is the answer for each entry of it.

use super::*;
use crate::{Authority, Right};

const PATTERNS: [&str; 19] = [
    "/**",
    "/runs/*",
    "/runs/**",
    "/RUNS/**",
    "/runs/a",
    "/runs/A*",
    "/runs/*/metrics",
    "/runs/a/metrics",
    "/*/a",
    "/**/x",
    "/blobs/**",
    "/BLOBS/c/**",
    "/blobs/azureml/**",
    "/blobs/azureml/ExperimentRun/dcid.a/**",
    "/blobs/azureml-blobstore-1/*/a/x",
    "/files/**",
    "/Files/A/*",
    "/files/.remit/**",
    "/blobs/remit/x",
];

const PATHS: [&str; 17] = [
    "/runs/a",
    "/runs/A",
    "/runs/ab",
    "/runs/a/metrics",
    "/RUNS/a",
    "/blobs/c/x",
    "/BLOBS/c/x",
    "/blobs/c/x?version=1",
    "/blobs/remit/x",
    "/blobs/azureml/ExperimentRun/dcid.a/x",
    "/blobs/azureml/ExperimentRun/dcid.b/x",
    "/blobs/azureml-blobstore-1/azureml/a/x",
    "/files/a",
    "/files/A/x",
    "/files/.remit/policy.toml",
    "/models/a",
    "/x",
];

/// An authority whose rights are these in one layer, and everything in the others.
fn in_layer(at: usize, these: &Rights) -> Authority {
    let all = rights(&["list=/**", "read=/**"]);
    let written = |layer: usize| if layer == at { these } else { &all }.to_toml();
    let bounds = policy(&format!("version = 1\n[bounds]\n{}", written(2)), "");
    let grant = format!("version = 1\n{}", written(1));
    Authority::pinned(Some(&written(0)), &grant, bounds).unwrap()
}

/// Fails if anything that the pattern chooses is not allowed although everything is said to be. Whether it is.
#[track_caller]
fn holds(authority: &Authority, chosen: &str, told: &str) -> bool {
    let all = authority.allows_everywhere(Right::List, &[pattern(chosen)]);
    for path in PATHS.map(path) {
        if all && pattern(chosen).matches(&path) {
            let each = authority.allows(Right::List, &path);
            assert!(each.is_ok(), "{path} of {chosen}, {told}: {each:?}");
        }
    }
    all
}

#[test]
fn what_is_allowed_everywhere_is_allowed_on_each() {
    for layer in 0..3 {
        for place in PATTERNS {
            for except in std::iter::once(None).chain(PATTERNS.map(Some)) {
                let line = format!("list={place}");
                let these = rights(&[&line]);
                let these = except
                    .iter()
                    .fold(these, |these, except| these.without(pattern(except)));
                let authority = in_layer(layer, &these);
                for chosen in PATTERNS {
                    holds(&authority, chosen, &format!("{line} but {except:?}"));
                }
            }
        }
    }
}

#[test]
fn what_is_allowed_everywhere_is_in_every_scope() {
    let all = in_layer(0, &rights(&["list=/**"]));
    for place in PATTERNS {
        let narrow = all.narrow(&pattern(place), &[Right::List]);
        let twice = narrow.narrow(&pattern("/**"), &[Right::List]);
        for chosen in PATTERNS {
            let told = format!("in {place}");
            assert_eq!(
                holds(&narrow, chosen, &told),
                holds(&twice, chosen, &told),
                "{told}"
            );
        }
    }
    let kept = all.narrow(&pattern("/**"), &[Right::Read]);
    assert!(!holds(&kept, "/runs/*", "without the right"));
}

#[test]
fn the_usual_listings_are_decided_at_once() {
    for (lines, chosen, expect) in [
        (&["list=/**"][..], "/runs/*", true),
        (&["list=/runs/*"], "/runs/*", true),
        (&["list=/runs/**"], "/runs/old-*", true),
        (&["list=/**"], "/blobs/azureml/**", true),
        (&["list=/runs/old-*", "list=/runs/*"], "/runs/*", true),
        (&["list=/**", "!/models/prod/**"], "/runs/*", true),
        (&["list=/**", "!/runs/prod-*"], "/models/*/*", true),
        (&["list=/**", "!/runs/prod-*"], "/runs/*", false),
        (&["list=/**", "!/runs/x"], "/blobs/**", false),
        (&["list=/runs/old-*"], "/runs/*", false),
        (&["read=/**"], "/runs/*", false),
        // Where the place of the policy might lie.
        (&["list=/**"], "/**", false),
        (&["list=/**"], "/blobs/**", false),
        (&["list=/**"], "/files/.remit/**", false),
    ] {
        let authority = in_layer(1, &rights(lines));
        assert_eq!(
            holds(&authority, chosen, "in a grant"),
            expect,
            "{lines:?} {chosen}"
        );
    }
    let all = super::authority::operator(&["delete=/**"]);
    assert!(!all.allows_everywhere(Right::Delete, &[pattern("/runs/*")]));
    // Of several patterns all must be.
    let runs = in_layer(1, &rights(&["list=/runs/**"]));
    let [run, model] = ["/runs/*", "/models/*/*"].map(pattern);
    assert!(runs.allows_everywhere(Right::List, std::slice::from_ref(&run)));
    assert!(!runs.allows_everywhere(Right::List, &[run, model]));
}

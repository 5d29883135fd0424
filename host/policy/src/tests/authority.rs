//! Who may do what: a table for every rule about rights, bounds and scopes.

use super::*;
use crate::{Act, Authority, Denied, Effect, Right, Strength};

pub(super) const PLAIN: Strength = Strength {
    purge: false,
    cascade: false,
    cancel: false,
};
pub(super) const PURGE: Strength = Strength {
    purge: true,
    ..PLAIN
};
pub(super) const CASCADE: Strength = Strength {
    cascade: true,
    ..PLAIN
};
const CANCEL: Strength = Strength {
    cancel: true,
    ..PLAIN
};

/// Effects as text: `/x` an entry, `/x/**` everything below `/x`.
#[track_caller]
pub(super) fn check(
    authority: &Authority,
    act: Act,
    target: &str,
    effects: &[&str],
    expect: &str,
) -> Option<Denied> {
    let effects: Vec<(EntryPath, bool)> = effects
        .iter()
        .map(|text| match text.strip_suffix("/**") {
            Some(top) => (path(top), true),
            None => (path(text), false),
        })
        .collect();
    let members = effects.iter().map(|(path, all)| {
        if *all {
            Effect::AllBelow(path)
        } else {
            Effect::Entry(path)
        }
    });
    let target = path(target);
    let (found, denied) = match authority.permit(act, &target, members) {
        Ok(permitted) => {
            assert_eq!((permitted.act(), permitted.path()), (act, &target));
            ("permitted", None)
        }
        Err(denied) => (denied.code(), Some(denied)),
    };
    assert_eq!(found, expect, "{act} {target}: {denied:?}");
    denied
}

pub(super) fn operator(lines: &[&str]) -> Authority {
    Authority::for_operator(rights(lines), Policy::absent())
}

#[test]
fn what_was_typed_is_the_grant() {
    let authority = operator(&["delete=/runs/old-*", "redact=/files/**", "!/files/keep/**"]);
    check(
        &authority,
        Act::Delete(PLAIN),
        "/runs/old-1",
        &[],
        "permitted",
    );
    check(
        &authority,
        Act::Delete(PLAIN),
        "/runs/OLD-1",
        &[],
        "permitted",
    );
    check(&authority, Act::Delete(PLAIN), "/runs/new-1", &[], "denied");
    check(&authority, Act::Archive, "/runs/old-1", &[], "denied");
    check(&authority, Act::Redact, "/files/a", &[], "permitted");
    check(&authority, Act::Rewrite, "/files/a", &[], "denied");
    let denied = check(&authority, Act::Redact, "/files/keep/a", &[], "denied").unwrap();
    assert!(matches!(denied, Denied::Excepted { .. }));
    assert_eq!(
        denied.hint().unwrap(),
        "a human's act: take `/files/keep/**` out of the grant's `except`"
    );
    assert!(operator(&[]).allows(Right::List, &path("/runs/x")).is_err());
}

#[test]
fn every_member_of_the_effect_set_is_checked() {
    let authority = operator(&[
        "delete=/runs/x",
        "!/blobs/azureml/ExperimentRun/dcid.x/keep/**",
    ]);
    let delete = Act::Delete(PLAIN);
    check(
        &authority,
        delete,
        "/runs/x",
        &["/runs/x/metrics", "/blobs/azureml/ArtifactZip/dcid.x/a.zip"],
        "permitted",
    );
    check(
        &authority,
        delete,
        "/runs/x",
        &["/runs/x/metrics", "/blobs/other/a"],
        "denied",
    );
    check(
        &authority,
        delete,
        "/runs/x",
        &["/blobs/azureml/ExperimentRun/dcid.x/keep/a"],
        "denied",
    );
    check(&authority, delete, "/runs/x", &["/runs/child"], "denied");
    check(&authority, Act::Archive, "/runs/x", &[], "denied");
    check(
        &operator(&["archive=/runs/x"]),
        Act::Archive,
        "/blobs/azureml/ArtifactZip/dcid.x/a.zip",
        &[],
        "denied",
    );
}

#[test]
fn stronger_forms_are_granted_by_name() {
    for (line, act, effects, expect) in [
        ("delete=/blobs/c/**", Act::Delete(PURGE), &[][..], "denied"),
        (
            "delete+purge=/blobs/c/**",
            Act::Delete(PURGE),
            &[],
            "permitted",
        ),
        (
            "delete+cascade=/blobs/c/**",
            Act::Delete(PURGE),
            &[],
            "denied",
        ),
        ("delete=/blobs/c/**", Act::Delete(CANCEL), &[], "denied"),
        (
            "delete+cancel=/blobs/c/**",
            Act::Delete(CANCEL),
            &[],
            "permitted",
        ),
        (
            "delete+purge=/blobs/c/**",
            Act::Delete(PLAIN),
            &[],
            "permitted",
        ),
        // A generation is gone for good.
        (
            "delete=/blobs/c/**",
            Act::Delete(PLAIN),
            &["/blobs/c/a?version=1"],
            "denied",
        ),
        (
            "delete+purge=/blobs/c/**",
            Act::Delete(PLAIN),
            &["/blobs/c/a?version=1"],
            "permitted",
        ),
        // So are rows of telemetry.
        (
            "delete=/**",
            Act::Delete(PLAIN),
            &["/telemetry/ai/AppTraces/UserId/jane"],
            "denied",
        ),
        (
            "delete+purge=/**",
            Act::Delete(PLAIN),
            &["/telemetry/ai/AppTraces/UserId/jane"],
            "permitted",
        ),
        // What cannot be enumerated counts as everything below.
        (
            "delete=/blobs/c/**",
            Act::Delete(PLAIN),
            &["/blobs/c/**"],
            "denied",
        ),
        (
            "delete=/blobs/c/**",
            Act::Delete(CASCADE),
            &["/blobs/c/**"],
            "denied",
        ),
        (
            "delete+cascade=/blobs/c/**",
            Act::Delete(PLAIN),
            &["/blobs/c/**"],
            "permitted",
        ),
        (
            "delete+cascade=/blobs/c/**",
            Act::Delete(CASCADE),
            &["/blobs/c/**"],
            "permitted",
        ),
        (
            "delete+cascade=/blobs/c/*",
            Act::Delete(CASCADE),
            &["/blobs/c/**"],
            "denied",
        ),
    ] {
        check(&operator(&[line]), act, "/blobs/c/a", effects, expect);
    }
    let redact = operator(&["redact=/**"]);
    let denied = check(&redact, Act::Redact, "/files/a", &["/files/a/**"], "denied").unwrap();
    assert!(matches!(denied, Denied::NotEnumerable(_)));
    assert_eq!(denied.hint(), None);
}

#[test]
fn a_workspace_goes_with_everything_in_it() {
    let delete = Act::Delete(CASCADE);
    check(
        &operator(&["delete+cascade=/workspace/**"]),
        delete,
        "/workspace",
        &[],
        "denied",
    );
    check(
        &operator(&["delete=/**"]),
        Act::Delete(PLAIN),
        "/workspace",
        &[],
        "denied",
    );
    check(
        &operator(&["delete+cascade=/**"]),
        delete,
        "/workspace",
        &[],
        "permitted",
    );
    check(
        &operator(&["delete+cascade=/**", "!/files/a"]),
        delete,
        "/workspace",
        &[],
        "denied",
    );
    check(
        &operator(&["delete+cascade=/**"]),
        delete,
        "/resources/storage",
        &[],
        "reserved",
    );
    let held = Authority::for_operator(
        rights(&["delete+cascade=/**"]),
        policy("", &holds(&["C-1 /files/a"])),
    );
    check(&held, delete, "/workspace", &[], "held");
}

#[test]
fn nobody_touches_the_place_of_the_policy() {
    let authority = operator(&[
        "list=/**",
        "read=/**",
        "delete+cascade+purge=/**",
        "redact=/**",
    ]);
    for place in [
        "/files/.remit/policy.toml",
        "/files/.Remit/x",
        "/blobs/remit/holds.toml",
        "/blobs/remit/x?version=1",
    ] {
        assert!(
            matches!(
                authority.allows(Right::List, &path(place)),
                Err(Denied::Reserved(_))
            ),
            "{place}"
        );
        check(&authority, Act::Delete(PURGE), place, &[], "reserved");
        check(&authority, Act::Redact, "/runs/x", &[place], "reserved");
    }
    check(
        &authority,
        Act::Delete(CASCADE),
        "/blobs/c/x",
        &["/blobs/remit/**"],
        "reserved",
    );
    check(
        &authority,
        Act::Delete(CASCADE),
        "/blobs/c/x",
        &["/blobs/**"],
        "reserved",
    );
    check(
        &authority,
        Act::Delete(PLAIN),
        "/files/a/.remit/x",
        &[],
        "permitted",
    );
}

#[test]
fn the_policy_bounds_every_grant() {
    let rules = "version = 1\n[bounds]\nlist = [\"/**\"]\ndelete = [\"/runs/**\"]\nexcept = [\"/runs/gold-*\"]\n";
    let authority = Authority::for_operator(
        rights(&["list=/**", "read=/**", "delete+purge=/**"]),
        policy(rules, ""),
    );
    check(&authority, Act::Delete(PLAIN), "/runs/x", &[], "permitted");
    let denied = check(
        &authority,
        Act::Delete(PLAIN),
        "/files/x",
        &[],
        "out-of-bounds",
    )
    .unwrap();
    assert_eq!(
        denied.hint().unwrap(),
        "a human's act, in the [bounds] of the workspace's policy: delete = [\"/files/x\"]"
    );
    let denied = check(&authority, Act::Delete(PURGE), "/runs/x", &[], "denied").unwrap();
    assert_eq!(
        denied.hint().unwrap(),
        "a human's act, in the [bounds] of the workspace's policy: delete = { paths = [\"/runs/x\"], purge = true }"
    );
    check(
        &authority,
        Act::Delete(PLAIN),
        "/runs/gold-1",
        &[],
        "denied",
    );
    assert!(matches!(
        authority.allows(Right::Read, &path("/runs/x")),
        Err(Denied::OutOfBounds(_))
    ));
    // A second policy only takes away.
    let more = policy("version = 1\n[bounds]\ndelete = [\"/**\"]\n", "");
    let both = Authority::for_operator(
        rights(&["list=/**", "delete=/**"]),
        policy(rules, "").and(more),
    );
    check(&both, Act::Delete(PLAIN), "/runs/x", &[], "permitted");
    check(&both, Act::Delete(PLAIN), "/files/x", &[], "out-of-bounds");
    assert!(both.allows(Right::List, &path("/runs/x")).is_err());
}

#[test]
fn a_refusal_prints_the_narrowest_line_and_the_line_works() {
    for (act, target, effects, line) in [
        (
            Act::Redact,
            "/files/a b",
            &[][..],
            "--allow redact='/files/a%20b'",
        ),
        (
            Act::Delete(PLAIN),
            "/runs/x",
            &[],
            "--allow delete='/runs/x'",
        ),
        (
            Act::Delete(PURGE),
            "/blobs/c/a?version=1",
            &[],
            "--allow delete+purge='/blobs/c/a'",
        ),
        (
            Act::Delete(CASCADE),
            "/workspace",
            &[],
            "--allow delete+cascade='/**'",
        ),
        (
            Act::Export,
            "/models/m/1",
            &[],
            "--allow export='/models/m/1'",
        ),
    ] {
        let denied = check(&operator(&["read=/**"]), act, target, effects, "denied").unwrap();
        let hint = denied.hint().unwrap();
        assert_eq!(hint, format!("a human's act: {line}"));
        check(
            &operator(&[line.strip_prefix("--allow ").unwrap()]),
            act,
            target,
            effects,
            "permitted",
        );
    }
}

#[test]
fn a_scope_is_narrowed() {
    let authority = operator(&["list=/**", "read=/**", "delete+cascade=/**"]);
    let narrow = authority.narrow(&pattern("/runs/x"), &[Right::List, Right::Delete]);
    assert!(narrow.allows(Right::List, &path("/runs/x")).is_ok());
    assert!(
        narrow
            .allows(Right::List, &path("/blobs/azureml/ExperimentRun/dcid.x/a"))
            .is_ok()
    );
    let denied = narrow.allows(Right::Read, &path("/runs/x")).unwrap_err();
    assert_eq!(
        (denied.code(), denied.guest_code()),
        ("out-of-scope", "out-of-scope")
    );
    check(&narrow, Act::Delete(PLAIN), "/runs/y", &[], "out-of-scope");
    check(
        &narrow,
        Act::Delete(PLAIN),
        "/runs/x",
        &["/runs/**"],
        "out-of-scope",
    );
    let wide_again = narrow.narrow(&pattern("/**"), &Right::ALL);
    check(
        &wide_again,
        Act::Delete(PLAIN),
        "/runs/y",
        &[],
        "out-of-scope",
    );
}

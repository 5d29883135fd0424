//! Who may do what: a table for every rule.

use super::*;
use crate::{Act, Authority, Denied, Effect, GuestDigest, Manifest, Refused, Right, Strength};

pub(super) const PLAIN: Strength = Strength {
    purge: false,
    cascade: false,
    cancel: false,
};
const PURGE: Strength = Strength {
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
fn holds_win_over_everything() {
    let held = |lines: &[&str]| {
        let all = [
            "export=/**",
            "read=/**",
            "list=/**",
            "redact=/**",
            "rewrite=/**",
            "archive=/**",
            "delete+purge+cascade+cancel=/**",
        ];
        Authority::for_operator(rights(&all), policy("", &holds(lines)))
    };
    let run = held(&["CASE-7 /runs/x"]);
    for act in [Act::Redact, Act::Rewrite, Act::Archive, Act::Delete(PURGE)] {
        check(&run, act, "/runs/x", &[], "held");
        check(&run, act, "/runs/X", &[], "held");
        check(
            &run,
            act,
            "/blobs/azureml/ExperimentRun/dcid.x/a",
            &[],
            "held",
        );
        check(&run, act, "/runs/parent", &["/runs/x"], "held");
        check(&run, act, "/runs/y", &[], "permitted");
    }
    check(&run, Act::Export, "/runs/x", &[], "permitted");
    for right in Right::ALL {
        assert_eq!(
            run.allows(right, &path("/runs/x")).is_err(),
            right.changes(),
            "{right}"
        );
    }
    // A held part protects its record, not its neighbours.
    let part = held(&["CASE-8 /runs/x/outputs/model.bin"]);
    check(&part, Act::Delete(PLAIN), "/runs/x", &[], "held");
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/ExperimentRun/dcid.x/outputs/model.bin",
        &[],
        "held",
    );
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/ExperimentRun/dcid.x/outputs/other.bin",
        &[],
        "permitted",
    );
    // Rows of telemetry may be named by any of their columns, and the component has them all.
    let jane = "/telemetry/ai/AppTraces/UserId/jane";
    for (place, expect) in [
        ("/telemetry/ai/AppTraces/SessionId/7", "held"),
        ("/telemetry/ai/AppTraces/UserId/joe", "permitted"),
        ("/resources/insights/ai", "held"),
    ] {
        let rows = held(&[&format!("CASE-3 {place}")]);
        check(&rows, Act::Delete(PURGE), jane, &[], expect);
    }
    // An output's name means both places where it may lie.
    let output = held(&["CASE-9 /runs/x/scores/**"]);
    check(&output, Act::Delete(PLAIN), "/runs/x", &[], "held");
    for folder in ["azureml", "dataset"] {
        let of = |name: &str| format!("/blobs/azureml-blobstore-1/{folder}/x/{name}/a");
        check(&output, Act::Delete(PLAIN), &of("scores"), &[], "held");
        check(&output, Act::Delete(PLAIN), &of("other"), &[], "permitted");
    }
    // What cannot be enumerated might hold it.
    check(
        &run,
        Act::Delete(PLAIN),
        "/blobs/azureml/q",
        &["/blobs/azureml/**"],
        "held",
    );
    check(
        &part,
        Act::Delete(PLAIN),
        "/blobs/azureml/q",
        &["/blobs/azureml/ExperimentRun/**"],
        "held",
    );
    check(&part, Act::Delete(PLAIN), "/runs/q", &["/runs/**"], "held");
    check(
        &run,
        Act::Delete(PLAIN),
        "/blobs/other/q",
        &["/blobs/other/**"],
        "permitted",
    );
    // Every generation of a held object is held.
    check(
        &held(&["C /blobs/c/a"]),
        Act::Delete(PURGE),
        "/blobs/c/a?deleted=1",
        &[],
        "held",
    );
}

#[test]
fn all_cases_that_hold_it_are_named() {
    let held = policy(
        "",
        &holds(&["B-2 /runs/**", "A-1 /runs/x", "B-2 /runs/x", "C-3 /runs/y"]),
    );
    let authority = Authority::for_operator(rights(&["delete=/**"]), held);
    let denied = check(&authority, Act::Delete(PLAIN), "/runs/x", &[], "held").unwrap();
    assert_eq!(denied.to_string(), "delete of /runs/x: held by A-1, B-2");
    assert_eq!(
        denied.hint().unwrap(),
        "a human's act: have the hold lifted (A-1, B-2)"
    );
    assert_eq!(denied.guest_message(), "delete is denied here");
    assert_eq!(denied.guest_code(), "denied");
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

const MANIFEST: &str = r#"
manifest = 1
name = "erase-subject"
version = "0.1.0"
world = "workflow"
description = "Erases a person."
[asks]
list = ["/**"]
delete = { paths = ["/runs/**"], purge = true }
[asks.optional]
redact = ["/blobs/**"]
"#;

fn guest() -> GuestDigest {
    GuestDigest::of(b"a guest")
}

fn for_guest(given: &str) -> Result<Authority, Refused> {
    let manifest = Manifest::parse("plugin.toml", MANIFEST.as_bytes()).unwrap();
    Authority::for_guest(&manifest, guest(), grant(given), Policy::absent())
}

#[test]
fn a_guest_holds_what_it_asked_for_and_was_granted() {
    let given = "version = 1\nlist = [\"/**\"]\nread = [\"/**\"]\nredact = [\"/blobs/c/**\", \"/files/**\"]\n\
                 delete = { paths = [\"/**\"], purge = true, cascade = true }\n";
    let authority = for_guest(given).unwrap();
    check(&authority, Act::Delete(PURGE), "/runs/x", &[], "permitted");
    check(&authority, Act::Redact, "/blobs/c/a", &[], "permitted");
    check(&authority, Act::Redact, "/blobs/d/a", &[], "denied");
    // Granted, but not asked for.
    for (act, place, effects) in [
        (Act::Redact, "/files/a", &[][..]),
        (Act::Delete(PLAIN), "/models/m/1", &[]),
        (Act::Delete(CASCADE), "/runs/x", &[]),
        (Act::Delete(PLAIN), "/runs/x", &["/runs/x/**"]),
    ] {
        let denied = check(&authority, act, place, effects, "denied").unwrap();
        assert!(
            denied.hint().unwrap().starts_with("granting does not help"),
            "{denied}"
        );
    }
    let denied = authority.allows(Right::Read, &path("/runs/x")).unwrap_err();
    assert!(matches!(denied, Denied::NotAsked(_)), "{denied}");
}

#[test]
fn a_guest_without_its_required_asks_does_not_start() {
    let lines = |given: &str| match for_guest(given) {
        Ok(_) => vec![],
        Err(Refused::Missing { missing }) => missing
            .iter()
            .map(|one| format!("{} | {}", one.allow(), one.grant_line()))
            .collect(),
        Err(Refused::OtherGuest { guest }) => vec![guest.to_string()],
    };
    let delete =
        "--allow delete+purge='/runs/**' | delete = { paths = [\"/runs/**\"], purge = true }";
    assert_eq!(
        lines("version = 1"),
        ["--allow list='/**' | list = [\"/**\"]", delete]
    );
    // As strong as asked, and in the place asked for.
    assert_eq!(
        lines("version = 1\nlist = [\"/**\"]\ndelete = [\"/runs/**\"]"),
        [delete]
    );
    assert_eq!(
        lines("version = 1\nlist = [\"/**\"]\ndelete = { paths = [\"/models/**\"], purge = true }"),
        [delete]
    );
    // A part of what was asked is enough to start, and what is optional may be missing.
    let part =
        "version = 1\nlist = [\"/runs/**\"]\ndelete = { paths = [\"/runs/old-*\"], purge = true }";
    assert_eq!(lines(part), [""; 0]);
}

#[test]
fn a_grant_may_name_its_guests() {
    let given = |guest: GuestDigest| {
        format!(
            "version = 1\nlist = [\"/**\"]\ndelete = {{ paths = [\"/**\"], purge = true }}\nguests = [\"sha256:{guest}\"]"
        )
    };
    assert!(for_guest(&given(guest())).is_ok());
    let refused = for_guest(&given(GuestDigest::of(b"another"))).unwrap_err();
    assert_eq!(refused, Refused::OtherGuest { guest: guest() });
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

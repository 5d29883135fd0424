//! What a person reads when what was done is looked at again, word for word.

use remit_apply::{Beside, Difference, Finding, Verification};
use remit_report::{Style, show_verification, verification_json};
use remit_workspace::EntryPath;

use crate::made::text;

#[test]
fn verified_or_not() {
    let mut verification = Verification {
        gone: 4298,
        redacted: 3,
        unchanged: 0,
        known: Some(EntryPath::parse("/runs/a").unwrap()),
        ..Verification::default()
    };
    let show = |verification: &Verification| {
        text(|out| show_verification(out, verification, Style::Plain).unwrap())
    };
    insta::assert_snapshot!(show(&verification), @r#"
    control   /runs/a is found, an invented name is not: looking works
    holds     4,298 gone, older generations too · 3 redacted as planned
    verified  everything is as it should be
    "#);
    verification.broken = 2;
    verification.findings.push(Finding {
        step: Some(7),
        path: EntryPath::parse("/runs/b").unwrap(),
        why: "it is \u{1b}[8mthere".into(),
    });
    insta::assert_snapshot!(show(&verification), @r#"
    control   /runs/a is found, an invented name is not: looking works
    holds     4,298 gone, older generations too · 3 redacted as planned
    broken    2 entries are not as it should be
           7  /runs/b  it is \u{1b}[8mthere
              … and 1 more
    "#);
    insta::assert_snapshot!(
        text(|out| verification_json(out, &verification).unwrap()),
        @r#"{"remit":1,"verification":{"holds":false,"gone":4298,"hidden":0,"redacted":3,"archived":0,"unchanged":0,"broken":2,"known":"/runs/a","findings":[{"step":7,"path":"/runs/b","why":"it is \u001b[8mthere"}]}}"#
    );
}

/// A workspace that is gone can be asked nothing: that is neither well nor broken, and is not called either.
#[test]
fn what_nobody_can_look_at_any_more() {
    let verification = Verification {
        unseen: 120,
        hidden: 1,
        is_without_workspace: true,
        ..Verification::default()
    };
    insta::assert_snapshot!(
        text(|out| show_verification(out, &verification, Style::Plain).unwrap()),
        @r"
    control   the workspace itself is not there, and with it the way to look into it
    holds     1 hidden until the service lets go of them
    unseen    120 entries that nobody can look at any more: only the journal tells
    verified  what can be looked at is as it should be
    "
    );
    insta::assert_snapshot!(
        text(|out| verification_json(out, &verification).unwrap()),
        @r#"{"remit":1,"verification":{"holds":true,"gone":0,"hidden":1,"redacted":0,"archived":0,"unchanged":0,"unseen":120,"broken":0,"findings":[]}}"#
    );
}

#[test]
fn what_became_of_the_others() {
    let show = |beside: Beside| {
        let verification = Verification {
            gone: 3,
            beside,
            ..Verification::default()
        };
        text(|out| show_verification(out, &verification, Style::Plain).unwrap())
    };
    let unchanged = |unchanged| Difference {
        unchanged,
        ..Difference::default()
    };
    insta::assert_snapshot!(show(Beside::Compared { during: unchanged(1204), since: unchanged(1204) }), @r"
    control   the workspace lists nothing, and an invented name is not found
    holds     3 gone, older generations too
    others    1,204 entries of no step stayed unchanged while the plan was applied
    verified  everything is as it should be
    ");
    let during = Difference {
        vanished: 1,
        changed: 1,
        named: vec![
            EntryPath::parse("/runs/b").unwrap(),
            EntryPath::parse("/runs/c").unwrap(),
        ],
        ..unchanged(1)
    };
    let since = Difference {
        appeared: 2,
        unknown: 1,
        ..unchanged(1)
    };
    insta::assert_snapshot!(show(Beside::Compared { during, since }), @r"
    control   the workspace lists nothing, and an invented name is not found
    holds     3 gone, older generations too
    others    1 entry of no step stayed unchanged while the plan was applied
              1 vanished · 1 changed while it was applied, by no step of it
              /runs/b
              /runs/c
              2 new since then, not by this plan
              1 entry lies where nobody could look each time
    verified  the plan's own entries are as they should be; of the others it is not shown
    ");
    insta::assert_snapshot!(show(Beside::Unknown("before it: a listing broke off".into())), @r"
    control   the workspace lists nothing, and an invented name is not found
    holds     3 gone, older generations too
    others    not compared: before it: a listing broke off
    verified  the plan's own entries are as they should be; of the others it is not shown
    ");
}

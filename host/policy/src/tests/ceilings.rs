//! How much is too much.

use super::*;
use crate::{
    Act, Authority, Bounded, Ceilings, Measure, Raise, StatedCeilings, Strength, Tally, TextError,
};
use remit_workspace::Kind;

const DELETE: Act = Act::Delete(Strength {
    purge: false,
    cascade: false,
    cancel: false,
});

fn tally(act: Act, kind: Kind, proposed: u64, bytes: u64, listed: u64) -> Tally {
    let mut tally = Tally::new();
    (0..proposed).for_each(|_| tally.propose(act, kind, bytes));
    tally.list(kind, listed);
    tally
}

fn ceilings(granted: &str, raises: &[&str], rules: &str) -> Ceilings {
    let given = if granted.is_empty() {
        String::new()
    } else {
        format!("[ceilings]\n{granted}")
    };
    let raises: Vec<Raise> = raises
        .iter()
        .map(|raise| Raise::parse(raise).unwrap())
        .collect();
    let rules = if rules.is_empty() {
        String::new()
    } else {
        format!("version = 1\n[ceilings]\n{rules}")
    };
    Ceilings::of(
        &grant(&format!("version = 1\n{given}")).ceilings,
        &raises,
        &policy(&rules, "").ceilings(),
    )
    .unwrap()
}

#[track_caller]
fn check(ceilings: &Ceilings, tally: &Tally, expect: &[&str]) {
    match ceilings.check(tally) {
        Ok(()) => assert!(expect.is_empty(), "nothing over"),
        Err(over) => {
            let [message, hint] = expect else {
                panic!("{over}: {}", over.hint())
            };
            assert_eq!(
                over.to_string(),
                format!("the plan is over its ceilings: {message}")
            );
            assert_eq!(over.hint(), *hint);
        }
    }
}

#[test]
fn on_by_default() {
    let on = ceilings("", &[], "");
    check(&on, &Tally::new(), &[]);
    check(&on, &tally(DELETE, Kind::Run, 500, 0, 10_000), &[]);
    check(
        &on,
        &tally(DELETE, Kind::Run, 501, 0, 10_000),
        &[
            "delete 501 entries, at most 500",
            "a human's act: --raise delete=501",
        ],
    );
    check(
        &on,
        &tally(DELETE, Kind::Run, 1, 21 << 30, 10_000),
        &[
            "delete 21 GiB, at most 20 GiB",
            "a human's act: --raise delete.bytes=\"21 GiB\"",
        ],
    );
    check(
        &on,
        &tally(DELETE, Kind::Run, 501, 1 << 30, 600),
        &[
            "delete 501 entries, at most 500; delete 501 GiB, at most 20 GiB; \
             delete 84 percent of all entries of kind run, at most 10",
            "a human's act: --raise delete=501 --raise delete.bytes=\"501 GiB\" --raise delete.percent=84",
        ],
    );
    check(
        &on,
        &tally(Act::Rewrite, Kind::File, 5_001, 0, 10),
        &[
            "redact 5001 entries, at most 5000",
            "a human's act: --raise redact=5001",
        ],
    );
    check(&on, &tally(Act::Redact, Kind::File, 300, 0, 300), &[]);
    check(
        &on,
        &tally(Act::Archive, Kind::Run, 10_000, 1 << 40, 10_000),
        &[],
    );
    assert!(
        on.check(&tally(Act::Export, Kind::Run, 20_001, 0, 0))
            .is_err()
    );
}

#[test]
fn percent_counts_from_a_hundred_listed() {
    let on = ceilings("", &[], "");
    check(&on, &tally(DELETE, Kind::Run, 99, 0, 99), &[]);
    check(&on, &tally(DELETE, Kind::Run, 10, 0, 100), &[]);
    check(
        &on,
        &tally(DELETE, Kind::Run, 11, 0, 100),
        &[
            "delete 11 percent of all entries of kind run, at most 10",
            "a human's act: --raise delete.percent=11",
        ],
    );
    // A part of a hundredth more is more.
    assert!(on.check(&tally(DELETE, Kind::Run, 41, 0, 409)).is_err());
    // Each kind counts alone: many blobs do not make the runs few.
    let mut both = tally(DELETE, Kind::Run, 50, 0, 100);
    both.list(Kind::Blob, 100_000);
    assert!(on.check(&both).is_err());
}

#[test]
fn the_lowest_is_in_force() {
    let at = |ceilings: &Ceilings| ceilings.at(Bounded::Delete, Measure::Entries);
    assert_eq!(at(&ceilings("", &[], "")), 500);
    assert_eq!(at(&ceilings("delete = { entries = 9000 }", &[], "")), 9000);
    assert_eq!(
        at(&ceilings(
            "delete = { entries = 9000 }",
            &[],
            "delete = { entries = 800 }"
        )),
        800
    );
    assert_eq!(at(&ceilings("", &[], "delete = { entries = 800 }")), 500);
    assert_eq!(
        at(&ceilings("", &["delete=700"], "delete = { entries = 800 }")),
        700
    );
    let capped = ceilings("", &[], "delete = { entries = 600 }");
    check(
        &capped,
        &tally(DELETE, Kind::Run, 601, 0, 0),
        &[
            "delete 601 entries, at most 500",
            "the workspace's policy allows no more (delete entries); split the plan, or have the policy changed",
        ],
    );
}

#[test]
fn raising_is_refused_above_the_policy() {
    let rules = policy(
        "version = 1\n[ceilings]\ndelete = { entries = 800, bytes = \"1 TiB\" }\n",
        "",
    );
    let authority = Authority::for_operator(rights(&["delete=/**"]), rules);
    let refused = authority
        .raise(&[Raise::parse("delete=801").unwrap()])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "--raise delete=801 is above the policy's ceiling of 800"
    );
    let raised = authority
        .raise(&[Raise::parse("delete.bytes='1 TiB'").unwrap()])
        .unwrap();
    assert_eq!(
        raised.ceilings().at(Bounded::Delete, Measure::Bytes),
        1 << 40
    );
    // What was raised is pinned with the grant.
    let again = Authority::pinned(None, &raised.grant_toml(), authority.policy().clone()).unwrap();
    assert_eq!(again.ceilings(), raised.ceilings());
}

#[test]
fn raises_as_typed() {
    for text in [
        "delete=5000",
        "redact.bytes=\"100 GiB\"",
        "export.percent=50",
    ] {
        assert_eq!(Raise::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(
        Raise::parse("delete.entries=1").unwrap().to_string(),
        "delete=1"
    );
    for text in [
        "delete",
        "delete=",
        "delete=x",
        "delete.percent=101",
        "delete.size=1",
        "delete=-1",
        "",
    ] {
        assert!(Raise::parse(text).is_err(), "{text}");
    }
    let misspelt = Raise::parse("delte=1").unwrap_err();
    assert_eq!(
        misspelt,
        TextError::UnknownRight {
            found: "delte".into(),
            nearest: Some("delete")
        }
    );
}

#[test]
fn joining_states_the_lower() {
    let one = StatedCeilings::default()
        .with(Bounded::Delete, Measure::Entries, 5)
        .with(Bounded::Export, Measure::Bytes, 1);
    let other = StatedCeilings::default().with(Bounded::Delete, Measure::Entries, 3);
    let both = one.clone().and(&other);
    assert_eq!(both.stated(Bounded::Delete, Measure::Entries), Some(3));
    assert_eq!(both.stated(Bounded::Export, Measure::Bytes), Some(1));
    assert_eq!(other.and(&one), both);
}

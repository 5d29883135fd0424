//! A closed case has no key and no papers; what proves and what was handed over stays.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bed::{CREATED, Planned};
use remit_apply::{
    ApplyError, Closable, CloseError, Durable, Evidence, Exports, Journal, Unfinished,
};
use remit_plan::{Case, PlanError};
use remit_policy::Duration;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn applied() -> Planned {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    planned.apply_plainly(memory).await.unwrap();
    planned
}

fn closable(planned: &Planned, unfinished: Unfinished) -> Result<Closable, CloseError> {
    Closable::of(&planned.open().case().clone(), unfinished, None, CREATED)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_papers_go_and_the_proof_stays() {
    for (exports, expect) in [
        (Exports::Keep, vec!["CLOSED", "evidence", "package"]),
        (Exports::Remove, vec!["CLOSED", "evidence"]),
    ] {
        let planned = applied().await;
        let plan = planned.open();
        Evidence::make(&plan, None, CREATED).unwrap();
        let (evidence, package) = (
            bed::tree(&planned.dir().join("evidence")),
            planned.package(),
        );
        for paper in ["report.html", "target", "grant.toml", "MANIFEST.new"] {
            fs::write(planned.dir().join(paper), "a paper").unwrap();
        }
        // A second name for the key's bytes shows what became of them.
        let witness = planned.folder.path().join("witness");
        fs::hard_link(planned.dir().join("key"), &witness).unwrap();

        let closed = closable(&planned, Unfinished::Refuse)
            .unwrap()
            .destroy(exports, CREATED)
            .unwrap();
        assert!(closed.left.is_empty(), "{:?}", closed.left);
        assert_eq!(names(&planned.dir()), expect);
        assert_eq!(
            fs::read(&witness).unwrap(),
            [0; 32],
            "overwritten, then unlinked"
        );
        assert_eq!(bed::tree(&planned.dir().join("evidence")), evidence);
        if exports == Exports::Keep {
            assert_eq!(planned.package(), package);
        }
        let text = fs::read_to_string(planned.dir().join("CLOSED")).unwrap();
        assert!(text.contains(&plan.digest().to_string()), "{text}");
        assert!(text.contains("2026-09-21T"), "{text}");
        assert!(matches!(
            Case::open(&planned.dir()),
            Err(PlanError::Closed(_))
        ));
        assert!(
            Case::create(&planned.dir()).is_err(),
            "nothing new is planned over a closed case"
        );
    }
}

#[tokio::test]
async fn open_steps_and_the_policys_retention_keep_it_open() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let before = bed::tree(&planned.dir());
    assert!(matches!(
        closable(&planned, Unfinished::Refuse),
        Err(CloseError::Unfinished { begun: false })
    ));
    let _ = closable(&planned, Unfinished::Abandon).unwrap();
    assert_eq!(bed::tree(&planned.dir()), before, "asking changes nothing");

    planned.apply_plainly(memory).await.unwrap();
    let before = bed::tree(&planned.dir());
    let case = planned.open().case().clone();
    let retention = Some(Duration::parse("90 days").unwrap());
    for (later, is_closable) in [(0, false), (90 * DAY_MS - 1, false), (90 * DAY_MS, true)] {
        let found = Closable::of(&case, Unfinished::Refuse, retention, CREATED + later);
        match is_closable {
            true => _ = found.unwrap(),
            false => {
                let error = found.unwrap_err();
                assert!(matches!(error, CloseError::Retained { .. }));
                assert!(error.to_string().contains("2026-12-20"), "{error}");
            }
        }
    }
    assert_eq!(bed::tree(&planned.dir()), before, "asking changes nothing");
}

#[tokio::test]
async fn a_case_that_cannot_be_read_is_closed_only_when_it_is_given_up() {
    let planned = applied().await;
    let case = planned.open().case().clone();
    fs::write(planned.dir().join("gaps.jsonl"), "damaged").unwrap();
    let of = |unfinished| Closable::of(&case, unfinished, None, CREATED);
    assert!(matches!(
        of(Unfinished::Refuse),
        Err(CloseError::Case(ApplyError::Plan(
            PlanError::Damaged { .. }
        )))
    ));
    let closable = of(Unfinished::Abandon).unwrap();
    closable.destroy(Exports::Keep, CREATED).unwrap();
    assert_eq!(names(&planned.dir()), ["CLOSED", "package"]);
}

#[tokio::test]
async fn nothing_is_destroyed_while_another_process_applies() {
    let planned = applied().await;
    let plan = planned.open();
    let steps = plan.summary().steps;
    let journal = Journal::open(plan.case(), plan.digest(), steps, Arc::new(Durable)).unwrap();
    let before = bed::tree(&planned.dir());
    let close = || {
        closable(&planned, Unfinished::Refuse)
            .unwrap()
            .destroy(Exports::Keep, CREATED)
    };
    assert!(matches!(
        close(),
        Err(CloseError::Case(ApplyError::Busy(_)))
    ));
    assert_eq!(bed::tree(&planned.dir()), before);
    drop(journal);
    close().unwrap();
}

#[tokio::test]
async fn what_is_not_the_cases_own_is_left_and_named() {
    let planned = applied().await;
    let elsewhere = planned.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("kept.txt"), "not ours").unwrap();
    fs::write(planned.dir().join("params.toml"), "not ours").unwrap();
    // A paper that is a link: the link goes, and not what it leads to.
    fs::remove_dir_all(planned.dir().join("guests")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, planned.dir().join("guests")).unwrap();
    let closed = closable(&planned, Unfinished::Refuse)
        .unwrap()
        .destroy(Exports::Remove, CREATED)
        .unwrap();
    assert_eq!(closed.left, ["params.toml"]);
    assert_eq!(names(&planned.dir()), ["CLOSED", "params.toml"]);
    assert_eq!(names(&elsewhere), ["kept.txt"]);
}

#[tokio::test]
async fn stopped_while_closing_it_does_not_open_and_closing_again_ends_it() {
    assert!(Closable::begun(&applied().await.dir()).is_none());
    // What is there when it was stopped after the n-th paper, for a few n; the mark is always there.
    for gone in [&[][..], &["key"], &["key", "edits", "steps", "MANIFEST"]] {
        let planned = applied().await;
        fs::write(
            planned.dir().join("CLOSED"),
            "# remit closed 1\nthe first time\n",
        )
        .unwrap();
        for paper in gone {
            let path = planned.dir().join(paper);
            match path.is_dir() {
                true => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
        assert!(matches!(
            Case::open(&planned.dir()),
            Err(PlanError::Closed(_))
        ));
        for _ in 0..2 {
            let again = Closable::begun(&planned.dir()).unwrap();
            again.destroy(Exports::Keep, CREATED + DAY_MS).unwrap();
            assert_eq!(names(&planned.dir()), ["CLOSED", "package"], "{gone:?}");
        }
        let text = fs::read_to_string(planned.dir().join("CLOSED")).unwrap();
        assert!(text.ends_with("the first time\n"), "the first mark stays");
    }
}

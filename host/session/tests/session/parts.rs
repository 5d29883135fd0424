//! A record and its parts: they go together, and one part that stays keeps them all.

use remit_policy::Bounded;
use remit_session::{Budget, Code, DeleteOptions};
use remit_workspace::{Memory, Store as _};

use crate::bench::{With, acts, kept, path, steps};
use crate::deleting::{PART, because, delete, workspace};

#[tokio::test]
async fn a_record_goes_with_all_its_parts() {
    let bench = With::default().on(workspace());
    assert_eq!(delete(&bench, "/runs/r", because("old")).await, None);
    let finished = bench.session.finish().await.unwrap();
    assert_eq!(finished.tally.entries(Bounded::Delete), 1);
    let sizes = [r#"{"runId":"r"}"#, "{}", "log", "{}", "out"].map(str::len);
    assert_eq!(
        finished.tally.bytes(Bounded::Delete),
        sizes.iter().sum::<usize>() as u64
    );
    let plan = crate::bench::seal(finished);
    assert_eq!(
        acts(&plan),
        [
            "delete /blobs/azureml/ExperimentRun/dcid.child/out",
            "delete /blobs/azureml/ExperimentRun/dcid.r/logs/a",
            "delete /runs/child",
            "delete /runs/r",
            "delete /runs/r/metrics",
        ]
    );
    let steps = steps(&plan);
    let owner = |number: usize| steps[number].part_of.as_ref().map(ToString::to_string);
    assert_eq!(owner(0).as_deref(), Some("/runs/child"));
    assert_eq!(owner(2).as_deref(), Some("/runs/r"));
    assert_eq!(owner(3), None);
    assert!(steps.iter().all(|step| step.reason == "old"));
}

#[tokio::test]
async fn a_record_without_its_parts() {
    let bench = With::default().on(workspace());
    assert_eq!(
        delete(
            &bench,
            "/runs/r",
            DeleteOptions {
                keep_parts: true,
                ..because("")
            }
        )
        .await,
        None
    );
    assert_eq!(acts(&bench.plan().await), ["delete /runs/r"]);
}

/// One part that may not go keeps the record and everything else of it.
#[tokio::test]
async fn a_part_that_stays_protects_its_record() {
    let hold = |place: &str| {
        format!(
            "version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"{place}\"]\nreason = \"audit\"\nwho = \"Ada\"\nwhen = 2026-11-01\n"
        )
    };
    let by_case = hold(PART);
    let child_held = hold("/blobs/azureml/ExperimentRun/dcid.child/out");
    struct Case<'a> {
        with: With<'a>,
        spoil: fn(&Memory),
        expect: Code,
        why: &'a str,
    }
    let nothing: fn(&Memory) = |_| ();
    for Case {
        with,
        spoil,
        expect,
        why,
    } in [
        Case {
            with: With {
                holds: &by_case,
                ..With::default()
            },
            spoil: nothing,
            expect: Code::Denied,
            why: "hold CASE-7",
        },
        Case {
            with: With {
                holds: &child_held,
                ..With::default()
            },
            spoil: nothing,
            expect: Code::Denied,
            why: "part /runs/child stays: hold CASE-7",
        },
        Case {
            with: With {
                except: &["/blobs/azureml/ExperimentRun/dcid.child/out"],
                ..With::default()
            },
            spoil: nothing,
            expect: Code::Denied,
            why: "part /blobs/azureml/ExperimentRun/dcid.child/out stays: excepted by",
        },
        Case {
            with: With {
                except: &[PART],
                ..With::default()
            },
            spoil: nothing,
            expect: Code::Denied,
            why: "stays: excepted by `/blobs/azureml/ExperimentRun/dcid.r/logs/a`",
        },
        Case {
            with: With::default(),
            spoil: |store| store.hold(&path(PART), "a legal hold"),
            expect: Code::Held,
            why: "logs/a stays: held by a legal hold",
        },
        Case {
            with: With::default(),
            spoil: |store| store.forbid_listing(&path("/blobs/azureml")),
            expect: Code::Unreadable,
            why: "parts could not be listed",
        },
        Case {
            with: With::default(),
            spoil: |store| {
                let running = [
                    ("parent".to_owned(), "r".to_owned()),
                    ("status".to_owned(), "Running".to_owned()),
                ];
                store.put_with(&path("/runs/child"), "{}", running.into());
            },
            expect: Code::Running,
            why: "part /runs/child stays: running",
        },
        Case {
            with: With {
                budget: Budget {
                    parts_max: 2,
                    ..Budget::default()
                },
                ..With::default()
            },
            spoil: nothing,
            expect: Code::Limit,
            why: "too many parts",
        },
    ] {
        let bench = with.on(workspace());
        spoil(&bench.store);
        assert_eq!(
            delete(&bench, "/runs/r", because("old")).await,
            Some(expect),
            "{why}"
        );
        let finished = bench.session.finish().await.unwrap();
        assert_eq!(finished.tally.entries(Bounded::Delete), 0, "{why}");
        let plan = crate::bench::seal(finished);
        assert_eq!(acts(&plan), [""; 0], "{why}");
        let kept = kept(&plan);
        assert!(
            kept.len() == 1 && kept[0].starts_with("delete /runs/r: ") && kept[0].contains(why),
            "{why} {kept:?}"
        );
    }
}

#[tokio::test]
async fn a_listing_of_parts_that_failed_leaves_nothing() {
    let bench = With::default().on(workspace());
    bench.store.fail_listings_after(1);
    assert_eq!(
        delete(&bench, "/runs/r", because("")).await,
        Some(Code::Unreadable)
    );
    bench.store.heal();
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), [""; 0]);
    assert!(plan.summary().incomplete.is_some());
}

#[tokio::test]
async fn more_parts_than_fit_in_memory_wait_on_disk() {
    let bench = With::default().on(workspace());
    for number in 0..1_500 {
        bench.store.put(
            &path(&format!(
                "/blobs/azureml/ExperimentRun/dcid.r/many/{number}"
            )),
            "x",
        );
    }
    assert_eq!(delete(&bench, "/runs/r", because("")).await, None);
    let plan = bench.plan().await;
    assert_eq!(plan.summary().steps, 1_505);
    assert!(
        bench.store.stat(&path("/runs/r")).await.is_ok(),
        "a session changes nothing"
    );
}

//! Deletes: what expands, what is refused, and that nothing partial is left.

use remit_policy::{Bounded, Measure, StatedCeilings};
use remit_session::{Budget, Code, DeleteOptions, Named, Selector};
use remit_workspace::{Memory, Store as _};

use crate::bench::{ALL, Bench, With, acts, all, code, is_purge, kept, path, steps};

const PART: &str = "/blobs/azureml/ExperimentRun/dcid.r/logs/a";

pub(crate) fn workspace() -> Memory {
    let store = Memory::default();
    store.put(&path("/runs/r"), r#"{"runId":"r"}"#);
    store.put(&path("/runs/r/metrics"), "{}");
    store.put(&path(PART), "log");
    let child = [
        ("parent".to_owned(), "r".to_owned()),
        ("status".to_owned(), "Completed".to_owned()),
    ];
    store.put_with(&path("/runs/child"), "{}", child.into());
    store.put(&path("/blobs/azureml/ExperimentRun/dcid.child/out"), "out");
    store.put(&path("/blobs/c/x"), "0123456789");
    store
}

pub(crate) async fn delete(bench: &Bench, entry: &str, how: DeleteOptions) -> Option<Code> {
    let named = bench.named(entry).await;
    code(bench.root().delete(&named, &how).await)
}

pub(crate) fn because(reason: &str) -> DeleteOptions {
    DeleteOptions {
        reason: reason.into(),
        ..DeleteOptions::default()
    }
}

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
async fn refusals_of_deleting() {
    let bench = With {
        allow: &["list=/**", "delete=/runs/**", "delete=/blobs/c/**"],
        ..With::default()
    }
    .on(workspace());
    let running = [("status".to_owned(), "running".to_owned())];
    bench
        .store
        .put_with(&path("/runs/going"), "{}", running.into());
    bench.store.put(&path("/blobs/d/x"), "");
    bench.store.put(&path("/endpoints/online/e"), "{}");
    let plain = || because("");
    for (entry, how, expect) in [
        ("/blobs/d/x", plain(), Code::Denied),
        (
            "/blobs/c/x",
            DeleteOptions {
                purge: true,
                ..plain()
            },
            Code::Denied,
        ),
        (
            "/blobs/c/x",
            DeleteOptions {
                detach: true,
                ..plain()
            },
            Code::Invalid,
        ),
        ("/runs/going", plain(), Code::Running),
        (
            "/runs/going",
            DeleteOptions {
                cancel_first: true,
                ..plain()
            },
            Code::Denied,
        ),
    ] {
        assert_eq!(
            delete(&bench, entry, how.clone()).await,
            Some(expect),
            "{entry} {how:?}"
        );
    }
    let root = bench.root();
    let named = |path: &str, version: &str| Named {
        path: path.into(),
        version: version.into(),
    };
    assert_eq!(
        code(root.delete(&named("/blobs/c/none", "1"), &plain()).await),
        Some(Code::NotFound)
    );
    assert_eq!(
        code(root.delete(&named("/blobs/c/x", "1"), &plain()).await),
        Some(Code::Changed)
    );
    assert_eq!(
        code(root.delete(&named("/blobs/c/../x", "1"), &plain()).await),
        Some(Code::Invalid)
    );
    let narrow = root.narrow("/blobs/c/y", &["delete".into()]).unwrap();
    let x = bench.named("/blobs/c/x").await;
    assert_eq!(
        code(narrow.delete(&x, &plain()).await),
        Some(Code::OutOfScope)
    );
    // Not seen before, and not for this guest: whether it is there is not told.
    assert_eq!(
        code(root.delete(&named("/blobs/d/none", "1"), &plain()).await),
        Some(Code::Denied)
    );
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), [""; 0]);
    assert_eq!(kept(&plan), ["delete /runs/going: running"]);
}

/// A workspace is not deleted under work that goes on, unless somebody wants that by name.
#[tokio::test]
async fn work_that_goes_on_keeps_the_workspace() {
    let stop = DeleteOptions {
        cancel_first: true,
        ..because("")
    };
    for (how, expect) in [(because(""), Some(Code::Running)), (stop, None)] {
        let bench = With::default().on(workspace());
        bench.store.put(&path("/workspace"), "{}");
        let running = [("status".to_owned(), "Running".to_owned())];
        bench
            .store
            .put_with(&path("/runs/going"), "{}", running.into());
        let ended = delete(&bench, "/workspace", how).await;
        assert_eq!(ended, expect);
        let plan = bench.plan().await;
        match expect {
            Some(_) => {
                assert_eq!(acts(&plan), [""; 0]);
                assert_eq!(kept(&plan), ["delete /workspace: running (/runs/going)"]);
            }
            None => {
                let steps = steps(&plan);
                let cancels = matches!(
                    steps[0].act,
                    remit_plan::Act::Delete {
                        cancel_first: true,
                        ..
                    }
                );
                assert!(cancels, "{steps:?}");
            }
        }
    }
}

/// What was listed is believed only as long as it is so.
#[tokio::test]
async fn an_entry_that_changed_since_is_left_alone() {
    let bench = With::default().on(workspace());
    let mut listing = bench
        .root()
        .select(&Selector::new("/blobs/c/x"))
        .await
        .unwrap();
    let named = Named::of(&all(&mut listing, 1).await.unwrap()[0]);
    bench.store.put(&path("/blobs/c/x"), "another");
    assert_eq!(
        code(bench.root().delete(&named, &because("")).await),
        Some(Code::Changed)
    );
    bench.store.take_away(&path("/blobs/c/x"));
    assert_eq!(
        code(bench.root().delete(&named, &because("")).await),
        Some(Code::NotFound)
    );
    assert_eq!(acts(&bench.plan().await), [""; 0]);
}

/// A guest says which version it was shown. Another one, invented or borrowed, is not replaced by the host's.
#[tokio::test]
async fn a_version_that_the_guest_was_not_shown_is_no_version() {
    let bench = With::default().on(workspace());
    let other = bench.named("/runs/r").await.version;
    let right = bench.named("/blobs/c/x").await;
    for version in [other, String::new(), format!("{}0", right.version)] {
        let named = Named {
            version: version.clone(),
            ..right.clone()
        };
        let root = bench.root();
        let ends = [
            code(root.delete(&named, &because("")).await),
            code(root.export(&named, &Default::default()).await),
            code(
                root.redact(
                    &named,
                    &remit_session::RedactOptions {
                        scanner: "find:0".into(),
                        ..Default::default()
                    },
                )
                .await,
            ),
        ];
        assert_eq!(ends, [Some(Code::Changed); 3], "{version:?}");
    }
    assert_eq!(acts(&bench.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_purge_names_the_generations_it_takes() {
    let bench = With::default().on(workspace());
    let snapshot = bench.store.snapshot(&path("/blobs/c/x")).unwrap();
    assert_eq!(
        delete(
            &bench,
            "/blobs/c/x",
            DeleteOptions {
                purge: true,
                ..because("")
            }
        )
        .await,
        None
    );
    let plan = bench.plan().await;
    let steps = steps(&plan);
    assert!(is_purge(&steps[0]));
    assert_eq!(steps[0].effects.entries, [snapshot]);
}

#[tokio::test]
async fn a_generation_that_may_not_go_keeps_its_object() {
    let hold = "version = 1\n[[hold]]\ncase = \"C\"\npaths = [\"/blobs/c/x\"]\nreason = \"audit\"\nwho = \"Ada\"\nwhen = 2026-11-01\n";
    let bench = With {
        holds: hold,
        ..With::default()
    }
    .on(workspace());
    bench.store.snapshot(&path("/blobs/c/x")).unwrap();
    assert_eq!(
        delete(
            &bench,
            "/blobs/c/x",
            DeleteOptions {
                purge: true,
                ..because("")
            }
        )
        .await,
        Some(Code::Denied)
    );
    assert_eq!(kept(&bench.plan().await), ["delete /blobs/c/x: hold C"]);
}

#[tokio::test]
async fn what_lies_below_counts_where_it_cannot_be_named() {
    for (allow, expect) in [
        (ALL, None),
        (&["list=/**", "delete=/**"][..], Some(Code::Denied)),
    ] {
        let bench = With {
            allow,
            ..With::default()
        }
        .on(workspace());
        bench.store.put(&path("/endpoints/online/e"), "{}");
        assert_eq!(
            delete(&bench, "/endpoints/online/e", because("")).await,
            expect
        );
    }
}

#[tokio::test]
async fn ceilings_stop_a_plan_and_say_what_would_do() {
    let ceilings = StatedCeilings::default().with(Bounded::Delete, Measure::Entries, 1);
    let bench = With {
        ceilings,
        ..With::default()
    }
    .on(workspace());
    bench.store.put(&path("/blobs/c/y"), "");
    bench.store.put(&path("/blobs/c/z"), "");
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    // The same once more is the same.
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    assert_eq!(
        delete(&bench, "/blobs/c/y", because("")).await,
        Some(Code::OverCeiling)
    );
    assert_eq!(
        delete(&bench, "/blobs/c/z", because("")).await,
        Some(Code::OverCeiling)
    );
    let finished = bench.session.finish().await.unwrap();
    let over = finished.over_ceiling.as_ref().unwrap();
    assert_eq!(over.over[0].raise().to_string(), "delete=3");
    assert_eq!(acts(&crate::bench::seal(finished)), ["delete /blobs/c/x"]);
}

#[tokio::test]
async fn percent_counts_what_the_host_listed() {
    let ceilings = StatedCeilings::default().with(Bounded::Delete, Measure::Percent, 1);
    for listed_by_guest in [false, true] {
        let bench = With {
            ceilings: ceilings.clone(),
            ..With::default()
        }
        .on(Memory::default());
        for number in 0..200 {
            bench.store.put(&path(&format!("/files/{number}")), "");
        }
        bench.store.put(&path("/models/m/1"), "{}");
        if listed_by_guest {
            // A filter hides nothing from the count.
            let selector = Selector {
                kind: Some("run".into()),
                ..Selector::new("/**")
            };
            let mut listing = bench.root().select(&selector).await.unwrap();
            assert!(all(&mut listing, 10).await.unwrap().is_empty());
        }
        for number in 0..3 {
            assert_eq!(
                delete(&bench, &format!("/files/{number}"), because("")).await,
                None
            );
        }
        let finished = bench.session.finish().await.unwrap();
        assert_eq!(
            finished.over_ceiling.as_ref().unwrap().over[0]
                .raise()
                .to_string(),
            "delete.percent=2"
        );
        assert_eq!(crate::bench::seal(finished).summary().listed["file"], 200);
    }
}

#[tokio::test]
async fn a_count_that_failed_makes_the_plan_incomplete() {
    let bench = With::default().on(workspace());
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    bench.store.fail_listings_after(1);
    assert!(bench.plan().await.summary().incomplete.is_some());
}

#[tokio::test]
async fn contradictions_are_answered_at_once() {
    let bench = With::default().on(workspace());
    assert_eq!(delete(&bench, "/blobs/c/x", because("one")).await, None);
    assert_eq!(delete(&bench, "/blobs/c/x", because("two")).await, None);
    let purge = DeleteOptions {
        purge: true,
        ..because("")
    };
    assert_eq!(
        delete(&bench, "/blobs/c/x", purge).await,
        Some(Code::Conflict)
    );
    assert_eq!(bench.plan().await.summary().steps, 1);
}

#[tokio::test]
async fn records_are_archived_and_objects_are_not() {
    let store = workspace();
    store.put(&path("/computes/c"), "{}");
    store.put(&path("/runs/done"), "{}");
    store.set_property(&path("/runs/done"), "archived", "true");
    let bench = With::default().on(store);
    let (run, blob) = (
        bench.named("/runs/r").await,
        bench.named("/blobs/c/x").await,
    );
    assert_eq!(code(bench.root().archive(&run, "done").await), None);
    assert_eq!(
        code(bench.root().archive(&blob, "").await),
        Some(Code::Invalid)
    );
    let compute = bench.named("/computes/c").await;
    assert_eq!(
        code(bench.root().archive(&compute, "").await),
        Some(Code::Impossible)
    );
    let done = bench.named("/runs/done").await;
    assert_eq!(
        code(bench.root().archive(&done, "").await),
        Some(Code::Invalid)
    );
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), ["archive /runs/r"]);
    assert_eq!(
        kept(&plan),
        ["archive /computes/c: impossible (its kind cannot be archived)"]
    );
}

#[tokio::test]
async fn proposals_are_numbered_and_capped() {
    let budget = Budget {
        proposals_max: 2,
        ..Budget::default()
    };
    let bench = With {
        budget,
        ..With::default()
    }
    .on(workspace());
    let named = bench.named("/blobs/c/x").await;
    let root = bench.root();
    assert_eq!(root.delete(&named, &because("")).await.unwrap(), 1);
    assert_eq!(root.delete(&named, &because("")).await.unwrap(), 2);
    assert_eq!(
        code(root.delete(&named, &because("")).await),
        Some(Code::Limit)
    );
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

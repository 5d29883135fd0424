//! Deletes of one entry: what is refused, what goes along, and how archiving differs.

use remit_session::{Code, DeleteOptions, Named, Selector};
use remit_workspace::Memory;

use crate::bench::{ALL, Bench, With, acts, all, code, is_purge, kept, path, steps};

pub(crate) const PART: &str = "/blobs/azureml/ExperimentRun/dcid.r/logs/a";

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

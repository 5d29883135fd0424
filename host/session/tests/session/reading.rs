//! Listing, reading and what is shown of an entry.

use remit_policy::Right;
use remit_session::{Budget, Code, Named, Selector};
use remit_workspace::{Memory, Store as _};

use crate::bench::{ALL, Bench, NOW, With, all, code, gaps, path};

fn workspace() -> Memory {
    let store = Memory::default();
    for (name, owner) in [("a", "jane"), ("b", "bob")] {
        let properties = [("owner".to_owned(), owner.to_owned())].into();
        store.put_with(
            &path(&format!("/files/logs/{name}.log")),
            "text",
            properties,
        );
    }
    store.put(&path("/blobs/c/x"), "0123456789");
    store.put(&path("/runs/r"), r#"{"runId":"r"}"#);
    store.put(&path("/blobs/azureml/ExperimentRun/dcid.r/logs/a"), "log");
    store
}

async fn listed(bench: &Bench, selector: Selector) -> Vec<String> {
    let mut listing = bench.root().select(&selector).await.unwrap();
    let mut paths: Vec<String> = all(&mut listing, 2)
        .await
        .unwrap()
        .iter()
        .map(|entry| entry.path.to_string())
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn a_listing_shows_what_is_selected_and_may_be_seen() {
    let select = |pattern: &str| Selector::new(pattern);
    let owner = |pattern: &str| vec![("owner".to_owned(), pattern.to_owned())];
    for (allow, except, selector, expect) in [
        (
            ALL,
            &[][..],
            select("/files/**"),
            &["/files/logs/a.log", "/files/logs/b.log"][..],
        ),
        (ALL, &[], select("/files/*"), &[]),
        (
            ALL,
            &["/files/logs/a.log"],
            select("/files/**"),
            &["/files/logs/b.log"],
        ),
        (
            &["list=/files/**"],
            &[],
            select("/**"),
            &["/files/logs/a.log", "/files/logs/b.log"],
        ),
        (
            &["list=/files/logs/b.log"],
            &[],
            select("/**"),
            &["/files/logs/b.log"],
        ),
        (
            &["list=/runs/**"],
            &[],
            select("/**"),
            &["/blobs/azureml/ExperimentRun/dcid.r/logs/a", "/runs/r"],
        ),
        (&["list=/runs/**"], &[], select("/files/**"), &[]),
        (
            ALL,
            &[],
            select("/runs/r/logs/*"),
            &["/blobs/azureml/ExperimentRun/dcid.r/logs/a"],
        ),
        (
            ALL,
            &[],
            Selector {
                kind: Some("run".into()),
                ..select("/**")
            },
            &["/runs/r"],
        ),
        (
            ALL,
            &[],
            Selector {
                older_than_ms: Some(0),
                ..select("/blobs/c/*")
            },
            &["/blobs/c/x"],
        ),
        (
            ALL,
            &[],
            Selector {
                older_than_ms: Some(u64::MAX),
                ..select("/**")
            },
            &[],
        ),
        (
            ALL,
            &[],
            Selector {
                properties: owner("j*"),
                ..select("/**")
            },
            &["/files/logs/a.log"],
        ),
        (ALL, &["/runs/r"], select("/runs/*"), &[]),
        // What may not be read is not told apart by its properties.
        (
            &["list=/**", "read=/files/logs/b.log"],
            &[],
            Selector {
                properties: owner("*"),
                ..select("/**")
            },
            &["/files/logs/b.log"],
        ),
    ] {
        let bench = With {
            allow,
            except,
            ..With::default()
        }
        .on(workspace());
        assert_eq!(
            listed(&bench, selector.clone()).await,
            expect,
            "{allow:?} {except:?} {selector:?}"
        );
    }
}

#[tokio::test]
async fn of_what_a_pattern_means_only_what_may_be_seen_is_shown() {
    let store = workspace();
    let made = |folder| format!("/blobs/azureml-blobstore-1/{folder}/r/made");
    let both = [made("azureml"), made("dataset")];
    for made in &both {
        store.put(&path(made), "made");
    }
    for (allow, expect) in [
        (&["list=/blobs/**"][..], &both[..]),
        (&["list=/blobs/azureml-blobstore-*/azureml/**"], &both[..1]),
    ] {
        let bench = With {
            allow,
            ..With::default()
        }
        .on(store.clone());
        assert_eq!(listed(&bench, Selector::new("/runs/r/made")).await, expect);
    }
}

#[tokio::test]
async fn properties_need_the_right_to_read() {
    for (allow, shown) in [(ALL, true), (&["list=/**", "read=/blobs/**"][..], false)] {
        let bench = With {
            allow,
            ..With::default()
        }
        .on(workspace());
        let mut listing = bench
            .root()
            .select(&Selector::new("/files/logs/a.log"))
            .await
            .unwrap();
        let entry = listing.next(1).await.unwrap().remove(0);
        assert_eq!(!entry.properties.is_empty(), shown);
        let entry = bench.root().stat("/files/logs/a.log").await.unwrap();
        assert_eq!(!entry.properties.is_empty(), shown);
    }
}

#[tokio::test]
async fn refusals_of_reading() {
    let bench = With {
        allow: &["list=/files/**", "read=/files/logs/a.log"],
        ..With::default()
    }
    .on(workspace());
    let root = bench.root();
    let narrow = root.narrow("/files/logs/b.log", &["list".into()]).unwrap();
    for (scope, path, expect) in [
        (&root, "/files/logs/a.log", None),
        (&root, "/files/none", Some(Code::NotFound)),
        (&root, "/blobs/c/x", Some(Code::Denied)),
        (&root, "/files/.remit/policy.toml", Some(Code::Denied)),
        (&root, "/files/logs/a log", Some(Code::Invalid)),
        (&root, "../files", Some(Code::Invalid)),
        (&narrow, "/files/logs/b.log", None),
        (&narrow, "/files/logs/a.log", Some(Code::OutOfScope)),
    ] {
        assert_eq!(code(scope.stat(path).await), expect, "{path}");
    }
    let named = |path: &str| Named {
        path: path.into(),
        version: "x".into(),
    };
    assert_eq!(
        code(root.open(&named("/files/logs/b.log"), 0).await),
        Some(Code::Denied)
    );
    assert_eq!(
        code(root.open(&named("/files/logs/a.log"), 0).await),
        Some(Code::Changed)
    );
    assert_eq!(
        code(narrow.open(&named("/files/logs/b.log"), 0).await),
        Some(Code::OutOfScope)
    );
    assert_eq!(
        code(root.narrow("/files/**", &["own".into()])),
        Some(Code::Invalid)
    );
    assert_eq!(code(root.narrow("files", &[])), Some(Code::Invalid));
    let selector = Selector {
        kind: Some("thing".into()),
        ..Selector::new("/**")
    };
    assert_eq!(code(root.select(&selector).await), Some(Code::Invalid));
    let none = root.narrow("/**", &["read".into()]).unwrap();
    assert_eq!(
        code(none.select(&Selector::new("/**")).await),
        Some(Code::Denied)
    );
    // The operator learns what would have helped; leaving one's own scope asks for nothing.
    let finished = bench.session.finish().await.unwrap();
    let told: Vec<_> = finished
        .denials
        .iter()
        .map(|denial| (denial.right, denial.place.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Right::List, "/blobs/c/x"),
            (Right::List, "/files/.remit/policy.toml"),
            (Right::Read, "/files/logs/b.log"),
        ]
    );
    assert!(
        finished.denials[2]
            .hint
            .as_ref()
            .unwrap()
            .contains("--allow read='/files/logs/b.log'")
    );
}

#[tokio::test]
async fn a_right_that_is_held_nowhere_is_told_with_the_line_for_the_place() {
    let bench = With {
        allow: &["list=/**"],
        ..With::default()
    }
    .on(workspace());
    let root = bench.root();
    let selector = Selector {
        properties: vec![("owner".into(), "*".into())],
        ..Selector::new("/files/*")
    };
    assert_eq!(code(root.select(&selector).await), Some(Code::Denied));
    let denial = bench.session.finish().await.unwrap().denials.remove(0);
    assert_eq!(denial.why, "read of /files/*: not granted");
    assert_eq!(
        denial.hint.unwrap(),
        "a human's act: --allow read='/files/*'"
    );
}

#[tokio::test]
async fn scopes_are_narrowed_and_never_widened() {
    let bench = With {
        allow: &["list=/**", "read=/files/**"],
        ..With::default()
    }
    .on(workspace());
    let root = bench.root();
    let rights = |rights: &[&str]| {
        rights
            .iter()
            .map(|right| (*right).to_owned())
            .collect::<Vec<_>>()
    };
    let files = root
        .narrow("/files/**", &rights(&["list", "read", "delete"]))
        .unwrap();
    let wide = files
        .narrow("/**", &rights(&["list", "read", "export"]))
        .unwrap();
    for (scope, right, path, expect) in [
        (&root, "read", "/files/logs/a.log", true),
        (&root, "read", "/blobs/c/x", false),
        (&files, "list", "/files/logs/a.log", true),
        (&files, "list", "/blobs/c/x", false),
        (&files, "delete", "/files/logs/a.log", false),
        (&wide, "list", "/blobs/c/x", false),
        (&wide, "read", "/files/logs/a.log", true),
        (&wide, "export", "/files/logs/a.log", false),
        (&wide, "fly", "/files/logs/a.log", false),
        (&wide, "read", "nowhere", false),
    ] {
        assert_eq!(scope.allows(right, path).unwrap(), expect, "{right} {path}");
    }
    let mut scope = root;
    let error = loop {
        match scope.narrow("/**", &rights(&["list"])) {
            Ok(narrower) => scope = narrower,
            error => break code(error),
        }
    };
    assert_eq!(error, Some(Code::Limit));
}

#[tokio::test]
async fn a_record_names_its_parts() {
    let bench = With {
        except: &["/blobs/azureml/ExperimentRun/dcid.r/logs/b"],
        ..With::default()
    }
    .on(workspace());
    bench.store.put(
        &path("/blobs/azureml/ExperimentRun/dcid.r/logs/b"),
        "hidden",
    );
    bench
        .store
        .refer(&path("/runs/r"), "/blobs/c/x".parse().unwrap());
    let owned = all(&mut bench.root().owned_parts("/runs/r").await.unwrap(), 10)
        .await
        .unwrap();
    assert_eq!(owned.len(), 1);
    assert_eq!(
        owned[0].path.as_str(),
        "/blobs/azureml/ExperimentRun/dcid.r/logs/a"
    );
    let referenced = all(
        &mut bench.root().referenced_parts("/runs/r").await.unwrap(),
        10,
    )
    .await
    .unwrap();
    assert_eq!(referenced[0].path.as_str(), "/blobs/c/x");
}

#[tokio::test]
async fn content_comes_in_chunks_of_one_version() {
    let bench = With::default().on(workspace());
    let long = "0123456789".repeat(60_000);
    bench.store.put(&path("/blobs/c/long"), long.clone());
    let named = bench.named("/blobs/c/long").await;
    for (offset, max) in [(0, u32::MAX), (0, 100_000), (599_990, 3), (600_000, 5)] {
        let mut reader = bench.root().open(&named, offset).await.unwrap();
        let mut text = Vec::new();
        loop {
            let bytes = reader.read(max).await.unwrap();
            assert!(bytes.len() <= (max as usize).min(256 << 10));
            if bytes.is_empty() {
                break;
            }
            text.extend_from_slice(&bytes);
        }
        assert_eq!(text, long.as_bytes()[offset as usize..], "{offset} {max}");
    }
    bench.store.put(&path("/blobs/c/long"), "another");
    assert_eq!(
        code(bench.root().open(&named, 0).await),
        Some(Code::Changed)
    );
}

#[tokio::test]
async fn what_could_not_be_looked_at_is_in_the_plan() {
    let bench = With {
        allow: &["list=/blobs/**", "read=/blobs/**"],
        ..With::default()
    }
    .on(workspace());
    bench.store.forbid_listing(&path("/blobs/c"));
    bench.store.forbid_listing(&path("/files/logs"));
    assert_eq!(
        listed(&bench, Selector::new("/**")).await,
        ["/blobs/azureml/ExperimentRun/dcid.r/logs/a"]
    );
    let plan = bench.plan().await;
    assert_eq!(gaps(&plan), ["/blobs/c: no permission to list"]);
    assert_eq!(plan.summary().incomplete, None);

    let bench = With::default().on(workspace());
    bench.store.fail_listings_after(2);
    let mut listing = bench.root().select(&Selector::new("/**")).await.unwrap();
    assert_eq!(code(all(&mut listing, 10).await), Some(Code::Unreadable));
    bench.store.heal();
    assert_eq!(
        code(listing.next(1).await),
        Some(Code::Unreadable),
        "a failed listing stays failed"
    );
    assert!(bench.plan().await.summary().incomplete.is_some());

    let bench = With::default().on(workspace());
    let named = bench.named("/blobs/c/x").await;
    bench.store.break_off_after(4);
    let mut reader = bench.root().open(&named, 0).await.unwrap();
    assert_eq!(code(reader.read(100).await), Some(Code::Unreadable));
    assert_eq!(code(reader.read(100).await), Some(Code::Unreadable));
    assert!(bench.plan().await.summary().incomplete.is_some());
}

#[tokio::test]
async fn budgets_are_kept() {
    let budget = Budget {
        calls_max: 8,
        read_bytes_max: 6,
        open_max: 1,
        notes_max: 1,
        log_bytes_max: 64,
        ..Budget::default()
    };
    let bench = With {
        budget,
        ..With::default()
    }
    .on(workspace());
    let root = bench.root();
    let named = bench.named("/blobs/c/x").await;
    let mut reader = root.open(&named, 0).await.unwrap();
    assert_eq!(code(root.open(&named, 0).await), Some(Code::Limit));
    assert_eq!(reader.read(100).await.unwrap().len(), 6);
    assert_eq!(code(reader.read(100).await), Some(Code::Limit));
    drop(reader);
    let listing = root.select(&Selector::new("/**")).await.unwrap();
    assert_eq!(code(root.owned_parts("/runs/r").await), Some(Code::Limit));
    drop(listing);
    for _ in 0..2 {
        assert_eq!(code(root.stat("/blobs/c/x").await), None);
    }
    assert_eq!(code(root.stat("/blobs/c/x").await), Some(Code::Limit));
    bench.session.note("one").unwrap();
    bench.session.note("two").unwrap();
    (0..9).for_each(|_| bench.session.log("a line of the log"));
    let finished = bench.session.finish().await.unwrap();
    assert_eq!(
        finished.log,
        [
            "further notes were dropped",
            "a line of the log",
            "a line of the log",
            "(the log is full)"
        ]
    );
    assert_eq!(crate::bench::seal(finished).notes().count(), 1);
}

#[tokio::test]
async fn handles_are_taken_back_when_the_run_is_over() {
    let bench = With::default().on(workspace());
    let root = bench.root();
    let named = bench.named("/blobs/c/x").await;
    let mut listing = root.select(&Selector::new("/**")).await.unwrap();
    let mut reader = root.open(&named, 0).await.unwrap();
    let scanned = root.select(&Selector::new("/**")).await.unwrap();
    let mut scan = root.scan(scanned, "find:jane").await.unwrap();
    let _finished = bench.session.finish().await.unwrap();
    assert_eq!(code(root.stat("/blobs/c/x").await), Some(Code::Revoked));
    assert_eq!(code(root.allows("list", "/blobs/c/x")), Some(Code::Revoked));
    assert_eq!(code(root.narrow("/**", &[])), Some(Code::Revoked));
    assert_eq!(
        code(root.delete(&named, &Default::default()).await),
        Some(Code::Revoked)
    );
    assert_eq!(code(listing.next(1).await), Some(Code::Revoked));
    assert_eq!(code(reader.read(1).await), Some(Code::Revoked));
    assert_eq!(code(scan.next(1).await), Some(Code::Revoked));
    assert!(bench.session.finish().await.is_err());
}

#[tokio::test]
async fn params_and_the_clock_are_the_operators() {
    let bench = With::default().on(workspace());
    assert_eq!(bench.session.params("mail"), ["jane@example.com"]);
    assert!(bench.session.params("none").is_empty());
    assert_eq!(bench.root().now(), NOW);
    // The workspace's own clock is another.
    assert!(
        bench
            .store
            .stat(&path("/blobs/c/x"))
            .await
            .unwrap()
            .modified
            .unwrap()
            != NOW
    );
}

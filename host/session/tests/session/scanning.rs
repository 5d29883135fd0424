//! Scans: what a scanner may report, and what becomes of its failures.

use remit_session::{Answer, Budget, Code, Scanned, Selector};
use remit_workspace::Memory;

use crate::bench::{Bench, With, code, gaps, path};

fn workspace() -> Memory {
    let store = Memory::default();
    for number in 0..50 {
        let text = if number % 2 == 0 {
            "jane met bob, jane left"
        } else {
            "nobody"
        };
        store.put(&path(&format!("/files/{number:02}.log")), text);
    }
    store
}

async fn scan(bench: &Bench, pattern: &str, scanner: &str) -> Answer<Vec<Scanned>> {
    let listing = bench.root().select(&Selector::new(pattern)).await?;
    let mut scan = bench.root().scan(listing, scanner).await?;
    let mut all = Vec::new();
    loop {
        let page = scan.next(7).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_is_scanned_once_in_the_order_of_the_listing() {
    let bench = With::default().on(workspace());
    let scanned = scan(&bench, "/files/**", "find:bob,jane").await.unwrap();
    let names: Vec<&str> = scanned
        .iter()
        .map(|scanned| scanned.of.path.as_str())
        .collect();
    assert_eq!(
        names,
        (0..50)
            .map(|number| format!("/files/{number:02}.log"))
            .collect::<Vec<_>>()
    );
    for (number, scanned) in scanned.iter().enumerate() {
        assert_eq!(scanned.total, if number % 2 == 0 { 3 } else { 0 });
        let rules: Vec<&str> = scanned
            .findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .collect();
        assert_eq!(
            rules,
            if number % 2 == 0 {
                vec!["jane", "bob", "jane"]
            } else {
                vec![]
            }
        );
    }
    assert_eq!(gaps(&bench.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_scanner_that_breaks_the_rules_makes_a_gap() {
    for (scanner, why) in [
        ("bad:beyond", "lies beyond what was read"),
        ("bad:far", "lies beyond what was read"),
        ("bad:undeclared", "the rule `other` is not declared"),
        ("bad:empty", "is empty"),
        ("bad:overlap", "out of order or overlaps"),
        ("bad:apart", "out of order or overlaps"),
        ("bad:flood", "at most 5 findings"),
        ("bad:trap", "it ran out of memory"),
    ] {
        let budget = Budget {
            findings_max: 5,
            ..Budget::default()
        };
        let bench = With {
            budget,
            ..With::default()
        }
        .on(workspace());
        assert_eq!(
            scan(&bench, "/files/00.log", scanner).await.unwrap(),
            [],
            "{scanner}"
        );
        let plan = bench.plan().await;
        let gaps = gaps(&plan);
        assert_eq!(gaps.len(), 1, "{scanner}");
        assert!(
            gaps[0].starts_with("/files/00.log: scanner bad:"),
            "{gaps:?}"
        );
        assert!(gaps[0].contains(why), "{scanner}: {gaps:?}");
    }
}

#[tokio::test]
async fn a_host_that_cannot_scan_stops_the_run() {
    let bench = With::default().on(workspace());
    for scanner in ["bad:host", "bad:panic"] {
        let answer = scan(&bench, "/files/00.log", scanner).await;
        assert!(
            matches!(answer, Err(remit_session::Refusal::Fault(_))),
            "{scanner}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_scanned_is_said() {
    let bench = With {
        allow: &["list=/**", "read=/blobs/**"],
        ..With::default()
    }
    .on(Memory::default());
    bench.store.put(&path("/blobs/c/a.txt"), "jane");
    bench
        .store
        .put(&path("/blobs/c/b.zip"), "PK\u{3}\u{4} jane");
    bench.store.put(&path("/blobs/c/c.txt"), "jane");
    bench.store.to_archive_tier(&path("/blobs/c/c.txt"));
    bench.store.put(&path("/files/d.txt"), "jane");
    let scanned = scan(&bench, "/**", "find:jane").await.unwrap();
    assert_eq!(scanned.len(), 1);
    let plan = bench.plan().await;
    assert_eq!(
        gaps(&plan),
        [
            "/blobs/c/b.zip: no decoder for this format",
            "/blobs/c/c.txt: archive tier",
            "/files/d.txt: reading it is not granted",
        ]
    );
    assert_eq!(plan.summary().incomplete, None);
}

#[tokio::test]
async fn a_read_that_broke_off_makes_the_plan_incomplete() {
    // While the format is found out, and behind that, where the scanner keeps the error to itself and
    // says that all is well.
    for bytes in [3, 5_000] {
        let bench = With::default().on(workspace());
        bench
            .store
            .put(&path("/files/long.log"), "jane ".repeat(2_000));
        bench.store.break_off_after(bytes);
        let scanned = scan(&bench, "/files/long.log", "find:jane").await;
        assert_eq!(scanned.unwrap(), [], "{bytes}");
        let plan = bench.plan().await;
        assert!(plan.summary().incomplete.is_some(), "{bytes}");
        assert_eq!(gaps(&plan), [""; 0], "{bytes}");
    }
}

#[tokio::test]
async fn a_scanner_sees_properties_only_with_the_right_to_read_them() {
    let store = Memory::default();
    store.put_with(
        &path("/files/a"),
        "text",
        [("owner".to_owned(), "jane".to_owned())].into(),
    );
    let bench = With::default().on(store.clone());
    assert_eq!(
        scan(&bench, "/files/a", "bad:peek").await.unwrap()[0].total,
        1
    );
    // A redaction without the right to read: the host scans, and shows nothing of the properties.
    let bench = With {
        allow: &["list=/**", "redact=/**"],
        ..With::default()
    }
    .on(store);
    let how = remit_session::RedactOptions {
        scanner: "bad:peek".into(),
        ..Default::default()
    };
    let named = bench.named("/files/a").await;
    assert_eq!(
        code(bench.root().redact(&named, &how).await),
        Some(Code::Invalid)
    );
}

#[tokio::test]
async fn refusals_of_scanning() {
    let bench = With::default().on(workspace());
    let root = bench.root();
    assert_eq!(
        code(scan(&bench, "/files/**", "nobody").await),
        Some(Code::Invalid)
    );
    let mut listing = root.select(&Selector::new("/files/**")).await.unwrap();
    listing.next(1).await.unwrap();
    assert_eq!(
        code(root.scan(listing, "find:jane").await),
        Some(Code::Invalid)
    );
    let listing = root.select(&Selector::new("/files/**")).await.unwrap();
    let blind = root.narrow("/**", &["list".into()]).unwrap();
    assert_eq!(
        code(blind.scan(listing, "find:jane").await),
        Some(Code::Denied)
    );
}

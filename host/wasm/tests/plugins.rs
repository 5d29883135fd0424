//! First-party plugins, as they are packed, through the sandbox.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use remit_session::Selector;
use remit_wasm::{
    Cancel, Converter, ConverterPool, Limits, Params, ScannerPool, inspect, run_workflow,
    try_scanner,
};
use remit_workspace::{Content, Store as _};
use support::{With, acts, gaps, load, path, plugin, pool, seal, small};

fn content(text: &'static str) -> Content {
    futures::stream::iter([Ok(Bytes::from_static(text.as_bytes()))]).boxed()
}

#[tokio::test]
async fn a_scanner_finds_through_the_session() {
    let scanner = load(&plugin("personal-data"));
    let bench = With {
        scanners: pool(Limits::default(), &[("personal-data", &scanner)]),
        ..With::default()
    }
    .on(small());
    let root = bench.session.root();
    let listing = root.select(&Selector::new("/files/**")).await.unwrap();
    let mut scan = root.scan(listing, "personal-data").await.unwrap();
    let mut found = Vec::new();
    loop {
        let page = scan.next(10).await.unwrap();
        if page.is_empty() {
            break;
        }
        for scanned in page {
            for finding in &scanned.findings {
                found.push(format!(
                    "{} {} {} {}",
                    scanned.of.path, finding.rule, finding.offset, finding.length
                ));
            }
        }
    }
    assert_eq!(found, ["/files/logs/a.log email 5 16"]);
    drop(scan);
    assert_eq!(gaps(&seal(bench.finish().await)), [""; 0]);
}

#[tokio::test]
async fn a_scanner_is_tried_without_a_session() {
    let scanner = load(&plugin("employee-numbers"));
    let of = small().stat(&path("/files/logs/a.log")).await.unwrap();
    let text = "jane EMP-004711 and EMP-000815\n";
    let trial = try_scanner(
        &scanner,
        Params::new(),
        of.clone(),
        content(text),
        &Limits::default(),
        1,
    )
    .await
    .unwrap();
    assert_eq!(trial.total, 2);
    assert_eq!(
        (
            trial.findings.len(),
            trial.findings[0].offset,
            trial.findings[0].length
        ),
        (1, 5, 10)
    );
}

#[tokio::test]
async fn nothing_carries_over_and_many_run_at_once() {
    let scanner = load(&plugin("personal-data"));
    let store = small();
    for n in 0..300 {
        store.put(
            &path(&format!("/files/many/{n:03}.log")),
            format!("{n} jane{n}@example.com\n"),
        );
    }
    let bench = With {
        scanners: pool(Limits::default(), &[("personal-data", &scanner)]),
        ..With::default()
    }
    .on(store);
    let root = bench.session.root();
    let listing = root.select(&Selector::new("/files/many/**")).await.unwrap();
    let mut scan = root.scan(listing, "personal-data").await.unwrap();
    let mut total = 0;
    loop {
        let page = scan.next(100).await.unwrap();
        if page.is_empty() {
            break;
        }
        total += page.iter().map(|scanned| scanned.total).sum::<u64>();
    }
    assert_eq!(total, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_scans_and_proposes() {
    let subject = load(&plugin("subject"));
    let personal = load(&plugin("personal-data"));
    let workflow = load(&plugin("erase-subject"));
    let mut params = Params::from([("email".to_owned(), vec!["jane@example.com".to_owned()])]);
    let mut scanners = ScannerPool::new(Limits::default(), Cancel::new());
    scanners
        .add("subject", Arc::clone(&subject), params.clone())
        .unwrap();
    params.insert("telemetry-column".to_owned(), vec!["UserId".to_owned()]);
    let store = small();
    for rows in [
        "UserId/jane%40example.com",
        "UserId/joe",
        "Other/jane%40example.com",
    ] {
        store.put(&path(&format!("/telemetry/ai/AppTraces/{rows}")), "{}");
    }
    scanners
        .add("personal-data", Arc::clone(&personal), Params::new())
        .unwrap();
    let bench = With {
        manifest: Some(&workflow.outline().manifest),
        scanners: Arc::new(scanners),
        params,
        ..With::default()
    }
    .on(store);
    let before = bench.store.contents();
    run_workflow(
        &workflow,
        &bench.session,
        &Limits::default(),
        &Cancel::new(),
    )
    .await
    .unwrap();
    assert_eq!(bench.store.contents(), before);
    let acts = acts(&seal(bench.finish().await));
    assert!(
        acts.contains(&"redact /files/logs/a.log".to_owned()),
        "{acts:?}"
    );
    assert!(!acts.iter().any(|act| act.contains("b.log")), "{acts:?}");
    // Rows of telemetry, in the columns that the operator names.
    let telemetry: Vec<&String> = acts
        .iter()
        .filter(|act| act.contains("/telemetry/"))
        .collect();
    assert_eq!(
        telemetry,
        ["delete /telemetry/ai/AppTraces/UserId/jane%40example.com"]
    );
}

#[tokio::test]
async fn a_converter_writes_what_it_makes_of_the_content() {
    let converter = Converter::new(
        load(&plugin("plain-log")),
        Params::new(),
        Limits {
            output_bytes: 64,
            ..Limits::default()
        },
        Cancel::new(),
    )
    .unwrap();
    let bench = With::default().on(small());
    let of = bench.store.stat(&path("/files/logs/a.log")).await.unwrap();
    let convert = async |text: &'static str| {
        let (to, mut from) = tokio::sync::mpsc::channel(1);
        let converted = converter.convert(&bench.session, of.clone(), content(text), to);
        let taken = async {
            let mut all = Vec::new();
            while let Some(bytes) = from.recv().await {
                all.extend_from_slice(&bytes);
            }
            String::from_utf8(all).unwrap()
        };
        tokio::join!(converted, taken)
    };
    let (ended, made) = convert("\u{1b}[31mred\u{1b}[0m plain\n").await;
    ended.unwrap();
    assert_eq!(made, "red plain\n");

    // Each line is short enough, all of them together are not.
    let (ended, made) = convert(
        "0123456789012345678\n0123456789012345678\n0123456789012345678\n0123456789012345678\n",
    )
    .await;
    assert_eq!(made.len(), 60);
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("limit"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_exports_through_a_converter() {
    let workflow = load(&plugin("readable-logs"));
    let mut converters = ConverterPool::new(
        Limits {
            output_bytes: 64,
            ..Limits::default()
        },
        Cancel::new(),
    );
    let converter = load(&plugin("plain-log"));
    let digest = format!("sha256:{}", converter.outline().digest);
    converters
        .add("plain-log", converter, Params::new())
        .unwrap();
    let store = small();
    store.put(&path("/files/logs/red.log"), "\u{1b}[31mred\u{1b}[0m\n");
    store.put(
        &path("/files/logs/long.log"),
        "0123456789012345678\n".repeat(10),
    );
    let bench = With {
        manifest: Some(&workflow.outline().manifest),
        converters: Arc::new(converters),
        params: Params::from([("pattern".to_owned(), vec!["/files/logs/*.log".to_owned()])]),
        ..With::default()
    }
    .on(store);
    run_workflow(
        &workflow,
        &bench.session,
        &Limits::default(),
        &Cancel::new(),
    )
    .await
    .unwrap();
    let plan = seal(bench.finish().await);
    let conversion = plan
        .steps()
        .map(Result::unwrap)
        .find(|step| step.path.as_str() == "/files/logs/red.log")
        .and_then(|step| step.act.conversion().cloned())
        .unwrap();
    assert_eq!(conversion.converter_digest, digest);
    assert_eq!(
        std::fs::read_to_string(plan.case().path(&conversion.staged)).unwrap(),
        "red\n"
    );
    // The sandbox stopped it in the middle: nothing of it is exported, and the plan says so.
    assert!(!acts(&plan).contains(&"export /files/logs/long.log".to_owned()));
    let gaps = gaps(&plan);
    assert!(
        gaps.len() == 1 && gaps[0].contains("converter plain-log failed"),
        "{gaps:?}"
    );
}

#[test]
fn first_party_plugins_can_do_no_more_than_they_say() {
    for name in [
        "personal-data",
        "subject",
        "employee-numbers",
        "erase-subject",
        "plain-log",
        "readable-logs",
        "one-act",
    ] {
        let inspection = inspect(&plugin(name)).unwrap();
        assert_eq!(inspection.links, Ok(()), "{name}");
        assert!(
            inspection.asks.iter().all(|ask| ask.usable),
            "{name} asks for what it does not use: {:?}",
            inspection.asks
        );
    }
}

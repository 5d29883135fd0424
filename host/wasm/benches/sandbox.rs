//! What the sandbox costs, as ratios within one run. `cargo xtask bench` builds the plugins and runs this.
//!
//! Not a test: it asserts nothing and fails on nothing but a missing plugin.
#![allow(clippy::print_stdout, reason = "its figures are its answer")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken must fail"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use regex_automata::meta::Regex;
use remit_wasm::{Cache, Limits, Loaded, Runtime, try_scanner};
use remit_workspace::{Entry, EntryPath, Kind, StoreError, Version};

/// Chunks as the host hands them to a scanner.
const CHUNK: usize = 256 * 1024;

fn plugin(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("REMIT_PLUGINS")
        .map(PathBuf::from)
        .expect("run it with `cargo xtask bench`");
    std::fs::read(folder.join(format!("{name}.wasm"))).expect("run it with `cargo xtask bench`")
}

/// Logs and JSON Lines as a training job writes them: little in them is personal.
fn content(bytes: usize) -> Bytes {
    let mut text = String::with_capacity(bytes + 1024);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut line = 0_u64;
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        line += 1;
        let (a, b) = (state >> 33, state & 0xFFFF);
        let written = match line % 4 {
            0 => writeln!(
                text,
                "2026-11-23T08:{:02}:{:02}.{:03}Z INFO trainer epoch={} step={line} loss=0.{b:05} lr=1.5e-4 sha={state:016x}",
                a % 60,
                b % 60,
                a % 1000,
                a % 90
            ),
            1 => writeln!(
                text,
                "{{\"run\":\"churn-{a:06}\",\"metric\":\"accuracy\",\"value\":0.{b},\"step\":{line},\"id\":\"{state:08x}-0000-4000-8000-{a:012x}\"}}"
            ),
            2 => writeln!(
                text,
                "worker {} on node-{} loaded 4096 rows from /mnt/azureml/cr/j/{state:032x}/part-{line:05}.parquet in {b} ms",
                a % 8,
                a % 16
            ),
            _ if line % 40 == 3 => writeln!(
                text,
                "WARN mail of user{a}@example.com bounced, peer 203.0.113.{}",
                b % 250 + 1
            ),
            _ => writeln!(
                text,
                "DEBUG cache hit ratio {}.{:02} % after {line} lookups (v1.27.{})",
                a % 100,
                b % 100,
                b % 40
            ),
        };
        written.unwrap();
    }
    text.truncate(bytes);
    text.into()
}

fn entry(bytes: usize) -> Entry {
    Entry {
        path: EntryPath::parse("/files/bench.log").unwrap(),
        kind: Kind::File,
        size_bytes: Some(bytes as u64),
        version: Version::new("bench"),
        created: None,
        modified: None,
        properties: BTreeMap::new(),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn scan(loaded: &Loaded, content: &Bytes, limits: &Limits) -> u64 {
    let chunks: Vec<Result<Bytes, StoreError>> = (0..content.len())
        .step_by(CHUNK)
        .map(|at| Ok(content.slice(at..content.len().min(at + CHUNK))))
        .collect();
    let stream = futures::stream::iter(chunks).boxed();
    try_scanner(
        loaded,
        Default::default(),
        entry(content.len()),
        stream,
        limits,
        0,
    )
    .await
    .unwrap()
    .total
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let engine = Arc::new(Runtime::new().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("compiled")).unwrap();
    let limits = Limits::default();
    let scanner = plugin("personal-data");

    let begun = Instant::now();
    let loaded = Loaded::load(&engine, &scanner, Some(&cache), |_| true).unwrap();
    println!(
        "compile personal-data ({} KiB)         {:>9.1} ms",
        scanner.len() / 1024,
        begun.elapsed().as_secs_f64() * 1e3
    );
    let loads = (0..50).map(|_| {
        let begun = Instant::now();
        let _loaded = Loaded::load(&engine, &scanner, Some(&cache), |_| true).unwrap();
        begun.elapsed()
    });
    println!(
        "load it from the cache, median         {:>9.3} ms",
        median(loads.collect()).as_secs_f64() * 1e3
    );

    let mut instances = Vec::new();
    for _ in 0..2000 {
        let begun = Instant::now();
        loaded.try_instance(&limits).await.unwrap();
        instances.push(begun.elapsed());
    }
    println!(
        "a fresh pooled instance, median        {:>9.1} µs",
        median(instances).as_secs_f64() * 1e6
    );
    let small = content(2048);
    let mut scans = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        scan(&loaded, &small, &limits).await;
        scans.push(begun.elapsed());
    }
    println!(
        "2 KiB scanned in a fresh one, median   {:>9.1} µs",
        median(scans).as_secs_f64() * 1e6
    );

    // The same five sorts of things, in one search over all patterns.
    let native = Regex::new_many(&[
        r"(?i-u)[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}",
        r"(?-u)\b(?:\d[ -]?){13,19}\b",
        r"(?-u)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
        r"(?-u)\b(?:\d{1,3}\.){3}\d{1,3}\b",
        r"(?-u)\+\d{1,3}[ -]?(?:\d[ -]?){6,12}\d\b",
    ])
    .unwrap();
    println!(
        "\n{:>8}  {:>14}  {:>14}  {:>6}  findings (sandbox, native)",
        "MiB", "sandbox MiB/s", "native MiB/s", "ratio"
    );
    for mib in [16_usize, 64, 256] {
        let text = content(mib << 20);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut found, mut native_found) = (0, 0);
        // In turn, so that a change of the machine's speed meets both.
        for _ in 0..3 {
            let begun = Instant::now();
            found = scan(&loaded, &text, &limits).await;
            ours.push(begun.elapsed());
            let begun = Instant::now();
            native_found = native.find_iter(&text[..]).count();
            theirs.push(begun.elapsed());
        }
        let (ours, theirs) = (median(ours).as_secs_f64(), median(theirs).as_secs_f64());
        println!(
            "{mib:>8}  {:>14.0}  {:>14.0}  {:>6.2}  {found}, {native_found}",
            mib as f64 / ours,
            mib as f64 / theirs,
            theirs / ours
        );
    }
}

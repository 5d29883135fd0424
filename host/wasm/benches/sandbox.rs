//! What the sandbox costs, as ratios within one run. `cargo xtask bench` builds the plugins and runs this.
//!
//! Not a test: it asserts nothing and fails on nothing but what is missing. Its lines are figures for the
//! table: name, value, what is wanted.
#![allow(clippy::print_stdout, reason = "its figures are its answer")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken must fail"
)]

#[path = "sandbox/content.rs"]
mod content;
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use regex_automata::meta::Regex;
use remit_session::{Named, RedactOptions};
use remit_wasm::{Cache, Limits, Loaded, pack, try_scanner};
use remit_workspace::{Entry, Kind, Memory, Store as _, StoreError, Version};

use support::{RUNTIME, With, path, plugin, pool};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Chunks as the host hands them to a scanner.
const CHUNK: usize = 256 * 1024;

/// The same five sorts of things as `personal-data` looks for, for one search over all of them.
const PATTERNS: [&str; 5] = [
    r"(?i-u)[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}",
    r"(?-u)\b(?:\d[ -]?){13,19}\b",
    r"(?-u)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
    r"(?-u)\b(?:\d{1,3}\.){3}\d{1,3}\b",
    r"(?-u)\+\d{1,3}[ -]?(?:\d[ -]?){6,12}\d\b",
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = folder("REMIT_BENCH");
    runtime.block_on(async {
        starts().await;
        speeds(&folder).await;
        redactions().await;
    });
}

fn folder(variable: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    named.expect("run it with `cargo xtask bench`")
}

fn figure(name: &str, value: String, wanted: &str) {
    println!("{name}\t{value}\t{wanted}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// What it takes until a scanner scans.
async fn starts() {
    let (limits, small) = (Limits::default(), content::mixed(2048));
    for (name, kind) in [
        ("personal-data", "hand-written"),
        ("employee-numbers", "regex"),
    ] {
        let component = plugin(name);
        let named = format!("`{name}` ({kind}, {} KB)", component.len() / 1000);
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::open(&home.path().join("compiled")).unwrap();
        let load = || Loaded::load(&RUNTIME, &component, Some(&cache), |_| true).unwrap();
        let begun = Instant::now();
        let loaded = load();
        figure(&format!("compiling {named}"), millis(begun.elapsed()), "");
        let loads = timed(50, || drop(load()));
        let wanted = "under 1 ms";
        figure(
            &format!("loading it from the cache, {named}"),
            millis(loads),
            wanted,
        );
        let mut instances = Vec::new();
        for _ in 0..2000 {
            let begun = Instant::now();
            loaded.try_instance(&limits).await.unwrap();
            instances.push(begun.elapsed());
        }
        let wanted = "under 50 µs";
        figure(
            &format!("a fresh pooled instance, {named}"),
            micros(median(instances)),
            wanted,
        );
        let first = first_scan(&loaded, &small, &limits).await;
        figure(
            &format!("its first 2 KiB in a fresh instance, {named}"),
            micros(first),
            "",
        );
        if kind == "regex" {
            let unprepared = Arc::new(unprepared(name));
            let slow = first_scan(&unprepared, &small, &limits).await;
            figure("the same, not pre-initialised", micros(slow), "");
            let ratio = slow.as_secs_f64() / first.as_secs_f64();
            figure(
                "pre-initialised, times as fast",
                format!("{ratio:.1}"),
                "prototype: 7.4",
            );
        }
    }
}

fn timed(times: usize, mut work: impl FnMut()) -> Duration {
    median(
        (0..times)
            .map(|_| {
                let begun = Instant::now();
                work();
                begun.elapsed()
            })
            .collect(),
    )
}

async fn first_scan(loaded: &Loaded, content: &Bytes, limits: &Limits) -> Duration {
    let mut scans = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        scan(loaded, content, limits).await;
        scans.push(begun.elapsed());
    }
    median(scans)
}

/// The scanner as it would be without its preparation.
fn unprepared(name: &str) -> Loaded {
    let module = folder("REMIT_MODULES").join(format!("{}.wasm", name.replace('-', "_")));
    let module = std::fs::read(module).unwrap();
    let manifest = format!(
        "{}/../../plugins/examples/{name}/plugin.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let component = pack(&module, &manifest, false).unwrap();
    Loaded::load(&RUNTIME, &component, None, |_| true).unwrap()
}

fn entry(bytes: usize) -> Entry {
    Entry {
        path: path("/files/bench.log"),
        kind: Kind::File,
        size_bytes: Some(bytes as u64),
        version: Version::new("bench"),
        created: None,
        modified: None,
        properties: Default::default(),
    }
}

async fn scan(loaded: &Loaded, content: &Bytes, limits: &Limits) -> u64 {
    let chunks: Vec<Result<Bytes, StoreError>> = (0..content.len())
        .step_by(CHUNK)
        .map(|at| Ok(content.slice(at..content.len().min(at + CHUNK))))
        .collect();
    let stream = futures::stream::iter(chunks).boxed();
    let of = entry(content.len());
    let trial = try_scanner(loaded, Default::default(), of, stream, limits, 0);
    trial.await.unwrap().total
}

/// How fast `personal-data` reads, beside a native search and `rg`.
async fn speeds(folder: &Path) {
    let limits = Limits::default();
    let loaded = support::load(&plugin("personal-data"));
    let native = Regex::new_many(&PATTERNS).unwrap();
    let patterns = folder.join("patterns");
    std::fs::write(&patterns, PATTERNS.join("\n")).unwrap();
    let mut first = None;
    for mib in [16_usize, 64, 256] {
        let text = content::mixed(mib << 20);
        let file = folder.join("content");
        std::fs::write(&file, &text).unwrap();
        let mut times = [const { Vec::new() }; 3];
        let (mut found, mut native_found) = (0, 0);
        // In turn, so that a change of the machine's speed meets all.
        for _ in 0..3 {
            let begun = Instant::now();
            found = scan(&loaded, &text, &limits).await;
            times[0].push(begun.elapsed());
            let begun = Instant::now();
            native_found = native.find_iter(&text[..]).count();
            times[1].push(begun.elapsed());
            let begun = Instant::now();
            rg(&patterns, &file);
            times[2].push(begun.elapsed());
        }
        let [ours, native, rg] = times.map(|times| median(times).as_secs_f64());
        let speed = |seconds: f64| format!("{:.0} MiB/s", mib as f64 / seconds);
        let name = format!("`personal-data` over {mib} MiB of logs and JSON Lines");
        let value = format!("{}, {found} findings", speed(ours));
        figure(&name, value, "");
        let value = format!("{}, {native_found} matches", speed(native));
        figure("native `regex-automata`, one search", value, "");
        let value = format!("{:.2}", native / ours);
        figure("sandbox to native", value, "at least 0.85");
        figure("`rg --count`, the same patterns", speed(rg), "");
        let linear = ours / mib as f64 / *first.get_or_insert(ours / mib as f64);
        let value = format!("{linear:.2}");
        figure("time for a MiB, to that of 16 MiB", value, "near 1");
    }
    let some = content::mixed(20_000);
    std::fs::write(folder.join("presidio.txt"), &some).unwrap();
    let found = scan(&loaded, &some, &limits).await;
    let time = first_scan(&loaded, &some, &limits).await;
    let value = format!("{}, {found} findings", millis(time));
    figure("`personal-data` over the first 20 kB", value, "");
}

fn rg(patterns: &Path, file: &Path) {
    let mut rg = Command::new("/usr/bin/rg");
    rg.args(["--no-config", "--count", "--text", "--file"]);
    let status = rg.arg(patterns).arg(file).stdout(Stdio::null()).status();
    assert!(status.unwrap().success(), "rg finds nothing");
}

/// A redaction as it is planned: scanned in the sandbox, cut, checked, thrown away.
async fn redactions() {
    const MIB: usize = 32;
    let loaded = support::load(&plugin("personal-data"));
    let mut speeds = Vec::new();
    for (name, content) in [
        ("bench.log", content::text(MIB << 20)),
        ("bench.jsonl", content::json_lines(MIB << 20)),
    ] {
        let mut times = Vec::new();
        for _ in 0..3 {
            let store = Memory::new("bench");
            let at = path(&format!("/files/{name}"));
            store.put(&at, content.clone());
            let entry = store.stat(&at).await.unwrap();
            let bench = With {
                scanners: pool(Limits::default(), &[("personal-data", &loaded)]),
                ..With::default()
            }
            .on(store);
            let options = RedactOptions {
                scanner: "personal-data".into(),
                ..RedactOptions::default()
            };
            let begun = Instant::now();
            let root = bench.session.root();
            root.redact(&Named::of(&entry), &options).await.unwrap();
            times.push(begun.elapsed());
        }
        speeds.push(MIB as f64 / median(times).as_secs_f64());
    }
    let value = |speed: f64| format!("{speed:.0} MiB/s");
    figure(
        "planning a redaction of text (scan, cut, check)",
        value(speeds[0]),
        "",
    );
    let wanted = "at least 100 MiB/s";
    figure(
        "planning a redaction of JSON Lines",
        value(speeds[1]),
        wanted,
    );
}

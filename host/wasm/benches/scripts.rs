//! What a script costs against the same clean-up as a plugin, on a workspace of a million runs. `cargo xtask
//! bench` builds both and runs this.
//!
//! Not a test: it asserts nothing and fails on nothing but a guest that is missing or fails. The workspace is
//! made up as it is listed, so that the peak of memory is the host's and the guest's.
#![allow(clippy::print_stdout, reason = "its figures are its answer")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken must fail"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt as _;
use remit_plan::{Case, Draft};
use remit_policy::{
    Authority, Bounded, Ceilings, Headless, Measure, Policy, Rights, StatedCeilings, parse_allow,
};
use remit_session::{Budget, NoConverters, Session, Setup};
use remit_wasm::{
    Cache, Cancel, Limits, Loaded, Params, Runtime, ScannerPool, Script, run_workflow,
};
use remit_workspace::{
    Content, Entry, EntryPath, Forecast, Guard, Kind, Listed, Listing, Pattern, References,
    Relation, Store, StoreError, Version,
};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const RUNS: u64 = 1_000_000;

/// One run in so many goes: the others are tagged or still running.
const GOES: u64 = 100;

/// The clean-up that the vocabulary was made for, as short as it is.
const SHORT: &str = r#"//! Deletes runs older than a year that nobody tagged `keep`.
//!
//! [asks]
//! list   = ["/runs/*"]
//! read   = ["/runs/*"]
//! delete = ["/runs/**"]

for run in scope.list("/runs/*").older_than(days(365)) {
    if run.tag("keep") == () && run.status != "Running" {
        run.delete("retention");
    }
}
"#;

/// Times each; the best counts, because whatever disturbs a run makes it longer.
const ROUNDS: usize = 3;

const NOW: i64 = 1_700_000_000_000;

/// Runs that are made up as they are listed.
#[derive(Debug)]
struct Endless;

fn run(number: u64) -> Entry {
    let is_running = number % 2 == 1;
    let status = if is_running { "Running" } else { "Completed" };
    let is_kept = !is_running && !number.is_multiple_of(GOES);
    let tag = is_kept.then_some(("tag:keep", "yes"));
    let facts = [("owner", "ada@example.com"), ("status", status)];
    Entry {
        path: EntryPath::parse(&format!("/runs/run-{number:07}")).unwrap(),
        kind: Kind::Run,
        size_bytes: Some(2048),
        version: Version::new("1"),
        created: Some(0),
        modified: Some(0),
        properties: facts.into_iter().chain(tag).collect(),
    }
}

fn nothing() -> Listing {
    futures::stream::empty().boxed()
}

#[async_trait]
impl Store for Endless {
    fn identity(&self) -> &'static str {
        "bench:endless"
    }

    fn list(&self, _: &Pattern) -> Listing {
        futures::stream::iter((0..RUNS).map(|number| Ok(Listed::Entry(run(number))))).boxed()
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        let number = path.as_str().trim_start_matches("/runs/run-").parse();
        number
            .map(run)
            .map_err(|_| StoreError::NotFound(path.clone()))
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        Ok(entry.version.clone())
    }

    async fn open(&self, path: &EntryPath, _: &Version, _: u64) -> Result<Content, StoreError> {
        Err(StoreError::NotFound(path.clone()))
    }

    fn generations(&self, _: &EntryPath) -> Listing {
        nothing()
    }

    fn parts(&self, _: &EntryPath, _: Relation) -> Listing {
        nothing()
    }

    fn references(&self) -> References {
        futures::stream::empty().boxed()
    }

    fn guard(&self, _: &EntryPath) -> Guard {
        Guard::Checked
    }

    async fn forecast(&self, _: &Entry, _: bool) -> Forecast {
        Forecast::Gone
    }

    fn writable_fields(&self, _: &EntryPath) -> &'static [&'static str] {
        &[]
    }

    async fn policy_file(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }
}

fn component(folder: &str, name: &str) -> Vec<u8> {
    let plugins = std::env::var_os("REMIT_PLUGINS")
        .map(PathBuf::from)
        .expect("run it with `cargo xtask bench`");
    let file = plugins.with_file_name(folder).join(format!("{name}.wasm"));
    std::fs::read(file).expect("run it with `cargo xtask bench`")
}

/// Runs a guest to its end; how long it took, and how many deletions it proposed.
async fn measure(guest: &Loaded, params: &Params) -> (Duration, u64) {
    let everything = ["list=/**", "read=/**", "delete=/**"].map(|text| parse_allow(text).unwrap());
    let rights = everything
        .iter()
        .fold(Rights::none(), |all, one| all.and(one));
    let ceilings = StatedCeilings::default()
        .with(Bounded::Delete, Measure::Entries, RUNS)
        .with(Bounded::Delete, Measure::Bytes, u64::MAX)
        .with(Bounded::Delete, Measure::Percent, 100);
    let folder = tempfile::tempdir().unwrap();
    let policy = Policy::parse(None, None).unwrap();
    let session = Session::new(Setup {
        store: Arc::new(Endless),
        ceilings: Ceilings::of(&ceilings, &[], &policy.ceilings()).unwrap(),
        authority: Authority::for_operator(rights, policy),
        draft: Draft::new(Case::create(&folder.path().join("case")).unwrap()).unwrap(),
        scanners: Arc::new(ScannerPool::new(Limits::default(), Cancel::new())),
        converters: Arc::new(NoConverters),
        params: params.clone(),
        now: NOW,
        budget: Budget::default(),
    });
    let begun = Instant::now();
    run_workflow(guest, &session, &Limits::default(), &Cancel::new())
        .await
        .unwrap();
    let took = begun.elapsed();
    let proposed = session.finish().await.unwrap();
    (took, proposed.tally.entries(Bounded::Delete))
}

/// The most memory that this process has held, in KiB; none where the system does not say.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(compare());
}

async fn compare() {
    let engine = Arc::new(Runtime::new().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("compiled")).unwrap();
    let plugin = component("plugins", "old-runs");
    let interpreter = component("interpreters", "rhai-workflow");
    let text = include_str!("../../../scripts/retention.rhai");
    let script = Script::read("retention.rhai", text.into(), Headless::AsksNothing).unwrap();
    let short = Script::read("short.rhai", SHORT.into(), Headless::AsksNothing).unwrap();

    let begun = Instant::now();
    Loaded::load_script(&engine, &interpreter, &script, Some(&cache)).unwrap();
    println!(
        "compile the interpreter of scripts ({} KiB)\t{:.0} ms\t",
        interpreter.len() / 1024,
        begun.elapsed().as_secs_f64() * 1e3
    );
    // What is compiled needs far more memory than what runs: measured with both from the cache.
    Loaded::load(&engine, &plugin, Some(&cache), |_| true).unwrap();
    reset_peak();
    let plugin = Loaded::load(&engine, &plugin, Some(&cache), |_| true).unwrap();
    let script = Loaded::load_script(&engine, &interpreter, &script, Some(&cache)).unwrap();
    let short = Loaded::load_script(&engine, &interpreter, &short, Some(&cache)).unwrap();

    let told = |pairs: &[(&str, &str)]| -> Params {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
        pairs.iter().map(own).collect()
    };
    let guests = [
        ("a short script", "3000 ns", &short, Params::new()),
        (
            "old-runs, a plugin that looks at the parts of what goes besides",
            "",
            &plugin,
            told(&[("days", "365"), ("tag", "keep")]),
        ),
        (
            "retention.rhai, a script that does the same",
            "",
            &script,
            told(&[("age", "365 days"), ("tag", "keep")]),
        ),
    ];
    let mut best = [Duration::MAX; 3];
    // In turn, so that a change of the machine's speed meets all of them.
    for _ in 0..ROUNDS {
        for (at, (_, _, guest, params)) in guests.iter().enumerate() {
            let (took, proposed) = measure(guest, params).await;
            assert_eq!(proposed, RUNS / GOES);
            best[at] = best[at].min(took);
        }
    }
    for ((name, wanted, ..), took) in guests.iter().zip(best) {
        println!(
            "{RUNS} runs listed, two properties tested, {} deletions proposed: {name}\t{:.0} ns a run\t{wanted}",
            RUNS / GOES,
            took.as_secs_f64() * 1e9 / RUNS as f64
        );
    }
    println!(
        "that script's time, to that plugin's\t{:.2}\t10",
        best[2].as_secs_f64() / best[1].as_secs_f64()
    );
    if let Some(kib) = peak_kib() {
        println!(
            "peak memory of all three\t{:.1} MiB\t250 MiB",
            kib as f64 / 1024.0
        );
    }
}

/// Forgets the most that was held so far, where the system lets us.
fn reset_peak() {
    let _tried = std::fs::write("/proc/self/clear_refs", "5");
}

//! The client under test, in a process of its own: this crate's `Store`, as the commands use it.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_apply::{Deleted, StoreMut as _};
use remit_azure::{Account, Choice, Credential, Endpoint, Options};
use remit_policy::{Act, Authority, Policy, Right, Rights, Strength};
use remit_workspace::{Entry, Listed, Listing, Pattern, Store as _};

/// As the command `download` has it for accounts.
const DOWNLOADS_IN_FLIGHT: usize = 64;
/// As `apply` has it for accounts: so many steps in a stride, all at once.
const DELETES_IN_FLIGHT: usize = 256;
/// Steps that are not plain deletes under way at once.
const PURGES_IN_FLIGHT: usize = 8;

/// What an act took.
#[derive(Debug, Default)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// Seconds of a processor.
    pub(crate) processor: f64,
    pub(crate) peak_kib: f64,
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    /// Seconds after the listing.
    pub(crate) alone: f64,
}

impl Took {
    pub(crate) fn parse(line: &str) -> Self {
        let mut numbers = line
            .split_whitespace()
            .map(|word| word.parse::<f64>().unwrap());
        let mut next = || numbers.next().unwrap();
        Self {
            seconds: next(),
            processor: next(),
            peak_kib: next(),
            entries: next() as u64,
            bytes: next() as u64,
            alone: next(),
        }
    }

    pub(crate) fn mebibytes(&self) -> f64 {
        self.bytes as f64 / f64::from(1 << 20)
    }

    pub(crate) fn peak_mebibytes(&self) -> f64 {
        self.peak_kib / 1024.0
    }

    pub(crate) fn spelled(&self) -> String {
        format!(
            "{:.1} s, {:.1} s of a processor, {:.0} MiB at most",
            self.seconds,
            self.processor,
            self.peak_mebibytes()
        )
    }
}

/// Does it, and prints what it took.
pub(crate) fn run(verb: &str, url: &str, key: &str, container: &str, into: &Path) {
    let begun = Instant::now();
    // As the commands that run no guest have it.
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.saturating_sub(1).max(1))
        .enable_all()
        .build()
        .unwrap();
    let (entries, bytes, alone) = runtime.block_on(async {
        let (endpoint, signature) = Endpoint::parse(&format!("{url}/{container}")).unwrap();
        let look = |name: &str| (name == "AZURE_STORAGE_KEY").then(|| key.to_owned());
        let credential =
            Credential::choose(&endpoint, signature, Some(Choice::Key), &look).unwrap();
        let account = Account::open(endpoint, credential, &Options::default()).unwrap();
        let everything = Pattern::parse(&format!("/blobs/{container}/**")).unwrap();
        let listing = account.list(&everything);
        match verb {
            "list" => (entries(listing, |_| ()).await.len() as u64, 0, 0.0),
            "download" => download(&account, listing, into).await,
            "delete" => delete(&account, listing, false).await,
            "erase" => delete(&account, listing, true).await,
            verb => panic!("no verb: {verb}"),
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let (processor, peak_kib) = (processor(), peak_kib());
    println!("{seconds} {processor} {peak_kib} {entries} {bytes} {alone}");
}

/// What is kept of every entry.
async fn entries<T>(listing: Listing, keep: impl Fn(Entry) -> T) -> Vec<T> {
    let entry = |listed| match listed {
        Listed::Entry(entry) => keep(entry),
        Listed::Gap(gap) => panic!("{gap:?}"),
    };
    listing.map_ok(entry).try_collect().await.unwrap()
}

/// Reads all; into files, unless the folder is `-`.
async fn download(account: &Account, listing: Listing, into: &Path) -> (u64, u64, f64) {
    let writes = into != Path::new("-");
    let entries = entries(listing, |entry| entry).await;
    let begun = Instant::now();
    let copies = entries.iter().enumerate().map(|(number, entry)| {
        let to = into.join(number.to_string());
        async move {
            let mut content = account.open(&entry.path, &entry.version, 0).await.unwrap();
            let mut file = writes.then(|| fs::File::create(to).unwrap());
            let mut bytes = 0;
            while let Some(chunk) = content.try_next().await.unwrap() {
                bytes += chunk.len() as u64;
                if let Some(file) = &mut file {
                    std::io::Write::write_all(file, &chunk).unwrap();
                }
            }
            assert_eq!(Some(bytes), entry.size_bytes);
            bytes
        }
    });
    let all = stream::iter(copies)
        .buffer_unordered(DOWNLOADS_IN_FLIGHT)
        .collect();
    let total = entries.iter().map(|entry| entry.size_bytes.unwrap()).sum();
    let sizes: Vec<u64> = remit_azure::copying(entries.len() as u64, Some(total), all).await;
    let alone = begun.elapsed().as_secs_f64();
    (sizes.len() as u64, sizes.iter().sum(), alone)
}

/// Deletes all, a stride of `apply` after the other.
async fn delete(account: &Account, listing: Listing, purge: bool) -> (u64, u64, f64) {
    let strength = Strength {
        purge,
        ..Strength::default()
    };
    let rights = Rights::none().with(Right::Delete, Pattern::everything(), strength);
    let authority = Authority::for_operator(rights, Policy::absent());
    // What a step names, and no more: so much a plan holds of an entry while it is applied.
    let entries = entries(listing, |entry| (entry.path, entry.version)).await;
    let in_flight = if purge {
        PURGES_IN_FLIGHT
    } else {
        DELETES_IN_FLIGHT
    };
    let begun = Instant::now();
    let mut gone = 0;
    for stride in entries.chunks(DELETES_IN_FLIGHT) {
        let deletes = stride.iter().map(|(path, version)| async {
            let act = Act::Delete(strength);
            let permitted = authority.permit(act, path, std::iter::empty()).unwrap();
            let deleted = account.delete(&permitted, version).await.unwrap();
            u64::from(matches!(deleted, Deleted::Gone))
        });
        let ends: Vec<u64> = stream::iter(deletes)
            .buffer_unordered(in_flight)
            .collect()
            .await;
        gone += ends.iter().sum::<u64>();
    }
    (gone, 0, begun.elapsed().as_secs_f64())
}

fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Seconds of a processor, user and system, in the ticks of 10 ms that Linux counts.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let rest = stat.rsplit_once(')').unwrap().1;
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

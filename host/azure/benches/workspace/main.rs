//! What an inventory costs: everything that a big workspace lists, beside a bare client that only follows the
//! same pages.
//!
//! Not a test: nothing fails because a machine is slow. The server is the simulator, on one thread of a
//! process of its own; each client is a process of its own too. It prints a figure a line, name, value and
//! what is wanted, between tabs.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up must fail"
)]

mod bare;
mod inventory;
mod server;

use std::process::{Command, Stdio};

use server::Server;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Runs of the workspace.
const RUNS: u64 = 50_000;
/// Blobs of its storage account.
const BLOBS: u64 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["server"] => server::serve(),
        ["bare", what, url, account] => bare::run(what, url, account),
        ["inventory", what, url, id] => inventory::run(what, url, id),
        _ => figures(),
    }
}

fn figures() {
    let server = Server::start();
    // Runs first, alone: a document each. Blobs next: a name each. Then everything.
    for (what, name) in [
        ("runs", format!("{RUNS} runs")),
        ("blobs", format!("{BLOBS} blobs")),
        ("all", format!("{RUNS} runs and {BLOBS} blobs")),
    ] {
        let bare = Took::of(&["bare", what, &server.url, &server.account]);
        let ours = Took::of(&["inventory", what, &server.url, &server.id]);
        println!(
            "inventory of {name}\t{:.1} s, {:.1} s of a processor, {:.0} MiB at most\t{}",
            ours.seconds,
            ours.processor,
            ours.peak_mebibytes,
            if what == "all" { "under 250 MiB" } else { "" }
        );
        println!(
            "to a bare client that follows the same pages\t{:.2} ({:.1} s)\t{}",
            ours.seconds / bare.seconds,
            bare.seconds,
            if what == "all" { "at most 1.3" } else { "" }
        );
    }
}

/// What a client took.
struct Took {
    seconds: f64,
    processor: f64,
    peak_mebibytes: f64,
}

impl Took {
    /// Starts this program again, as a client.
    fn of(arguments: &[&str]) -> Self {
        let out = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(out.status.success(), "the client failed: {arguments:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap());
        let mut next = || -> f64 { numbers.next().unwrap() };
        Self {
            seconds: next(),
            processor: next(),
            peak_mebibytes: next() / 1024.0,
        }
    }
}

/// Prints what this process took since `begun`.
fn say(begun: std::time::Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let peak_kib = peak.split_whitespace().nth(1).unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let rest = stat.rsplit_once(')').unwrap().1;
    // User and system, in the ticks of 10 ms that Linux counts.
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum();
    println!("{seconds} {} {peak_kib}", ticks / 100.0);
}

//! What an account costs: seconds, processor time and memory, beside `wrk` and AzCopy on the same server.
//!
//! Not a test: nothing fails because a machine is slow. The server is the simulator, on one thread of a
//! process of its own; whatever is measured is a process of its own too, so that its time and its memory
//! are its own: this program starts itself again, as `server` or as `client`. It prints a figure a line,
//! name, value and what is wanted, between tabs.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up must fail"
)]

mod client;
mod rivals;
mod server;

use std::path::{Path, PathBuf};

use client::Took;
use server::Server;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Blobs of 4 KiB.
const SMALL: u64 = 20_000;
/// Blobs of 64 MiB: 2 GiB.
const LARGE: u64 = 32;
/// Blobs that are deleted.
const DELETED: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["server", kind] => server::serve(kind),
        ["client", verb, url, key, container, into] => {
            client::run(verb, url, key, container, Path::new(into));
        }
        _ => figures(words.iter().find(|word| !word.starts_with("--")).copied()),
    }
}

/// All figures, or those whose name has this word in it.
fn figures(only: Option<&str>) {
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    if wanted("small") {
        downloads("small", SMALL);
    }
    if wanted("large") {
        downloads("large", LARGE);
    }
    if wanted("list") {
        listings();
    }
    if wanted("delete") {
        deletes();
    }
    if wanted("erase") {
        erasure();
    }
}

/// A fresh folder below the target folder.
fn folder(name: &str) -> PathBuf {
    let folder = rivals::target().join("bench/accounts").join(name);
    let _absent = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn figure(name: &str, value: impl std::fmt::Display, wanted: &str) {
    println!("{name}\t{value}\t{wanted}");
}

fn downloads(container: &str, blobs: u64) {
    let server = Server::start("plain");
    let is_small = container == "small";
    let what = match is_small {
        true => format!("downloading {blobs} blobs of 4 KiB"),
        false => format!("downloading {blobs} blobs of 64 MiB"),
    };
    let rate = |took: &Took| match is_small {
        true => took.entries as f64 / took.alone,
        false => took.mebibytes() / took.alone,
    };
    let unit = if is_small { "blobs/s" } else { "MiB/s" };
    // Read and let go, as the load generator does, which lists nothing either.
    let read = server.client("download", container, Path::new("-"));
    assert_eq!(read.entries, blobs);
    figure(
        &format!("{what}, read only"),
        format!(
            "{:.0} {unit}, {:.1} s of a processor",
            rate(&read),
            read.processor
        ),
        "",
    );
    let bare = rivals::wrk(&server, container, blobs, is_small);
    figure("`wrk`, the same requests", format!("{bare:.0} {unit}"), "");
    figure(
        "to that of `wrk`",
        format!("{:.2}", rate(&read) / bare),
        "at least 0.8",
    );
    // Written to files, as AzCopy does.
    let ours = server.client("download", container, &folder("ours"));
    figure(
        &format!("{what}, into files"),
        format!(
            "{:.0} {unit}, {:.1} s of a processor, {:.0} MiB at most",
            rate(&ours),
            ours.processor,
            ours.peak_mebibytes()
        ),
        "",
    );
    let theirs = rivals::azcopy_download(&server, container, &folder("theirs"));
    against(&ours, &theirs, "1.5");
    folder("ours");
    folder("theirs");
}

/// AzCopy's figure, and how ours is to it.
fn against(ours: &Took, theirs: &Took, faster: &str) {
    figure(
        "AzCopy",
        format!(
            "{:.1} s, {:.1} s of a processor, {:.0} MiB at most",
            theirs.seconds,
            theirs.processor,
            theirs.peak_mebibytes()
        ),
        "",
    );
    let wanted = match faster {
        "" => String::new(),
        faster => format!("at least {faster}"),
    };
    figure(
        "times as fast as AzCopy",
        format!("{:.2}", theirs.seconds / ours.seconds),
        &wanted,
    );
    figure(
        "memory to AzCopy's",
        format!("{:.2}", ours.peak_kib / theirs.peak_kib),
        "at most 0.25",
    );
}

fn listings() {
    let server = Server::start("plain");
    let ours = server.client("list", "listed", Path::new("-"));
    figure("listing 100000 blobs", ours.spelled(), "");
    let theirs = rivals::azcopy_list(&server, "listed");
    against(&ours, &theirs, "");
    let million = server.client("list", "million", Path::new("-"));
    assert_eq!(million.entries, 1_000_000);
    figure(
        "listing 1000000 blobs: peak memory",
        format!("{:.0} MiB", million.peak_mebibytes()),
        "under 200 MiB",
    );
}

fn deletes() {
    let server = Server::start("plain");
    let ours = server.client("delete", "deleted-by-us", Path::new("-"));
    assert_eq!(ours.entries, DELETED);
    figure(
        "deleting 20000 blobs, each on its condition and proved gone",
        ours.spelled(),
        "",
    );
    let theirs = rivals::azcopy_remove(&server, "deleted-by-them");
    against(&ours, &theirs, "1");
}

fn erasure() {
    let server = Server::start("versions");
    let erased = server.client("erase", "deleted-by-us", Path::new("-"));
    figure(
        "erasing 20000 blobs for good, where versions and deleted blobs are kept",
        format!("{}, {} gone", erased.spelled(), erased.entries),
        "",
    );
}

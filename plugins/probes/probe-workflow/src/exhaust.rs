//! Taking more than there is.

use remit_guest::{Failure, Scope, log, note};

use super::{escaped, first};

/// More than any limit, and still an end if there is none.
const MANY: usize = 20_000_000;

pub(crate) fn spin(_: &Scope) -> Result<(), Failure> {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

pub(crate) fn allocate(_: &Scope) -> Result<(), Failure> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..4_096 {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
    Err(escaped("4 GiB of memory"))
}

pub(crate) fn recurse(_: &Scope) -> Result<(), Failure> {
    let depth = deeper(1);
    Err(escaped(&format!("{depth} calls deep")))
}

#[expect(unconditional_recursion, reason = "that is what is tried")]
#[inline(never)]
fn deeper(n: u64) -> u64 {
    let room = std::hint::black_box([n; 64]);
    deeper(n + 1) + std::hint::black_box(room)[7]
}

pub(crate) fn flood_listings(root: &Scope) -> Result<(), Failure> {
    let mut open = Vec::new();
    for _ in 0..MANY {
        open.push(root.select("/**").list()?);
    }
    Err(escaped("open listings"))
}

pub(crate) fn flood_handles(root: &Scope) -> Result<(), Failure> {
    let mut kept = Vec::new();
    for _ in 0..MANY {
        kept.push(root.select("/**"));
    }
    Err(escaped("handles"))
}

pub(crate) fn flood_proposals(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/open/*")?;
    for _ in 0..MANY {
        root.export(&entry).propose()?;
    }
    Err(escaped("proposals"))
}

pub(crate) fn flood_notes(_: &Scope) -> Result<(), Failure> {
    let long = "note ".repeat(20_000);
    for n in 0..2_000 {
        note!("{n} {long}");
    }
    Ok(())
}

pub(crate) fn flood_log(_: &Scope) -> Result<(), Failure> {
    let long = "log ".repeat(20_000);
    for n in 0..2_000 {
        log!("{n} {long}");
    }
    Ok(())
}

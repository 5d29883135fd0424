//! Hostile scanners, one misbehaviour each, chosen by the parameter `probe`.
//!
//! What should have been refused and was not ends with the failure `escaped`.

#![deny(
    dead_code,
    reason = "code that is no probe is a probe that was forgotten"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use remit_guest::bindings::remit::workspace::scanning;
use remit_guest::{Content, Entry, Failure, Findings, Scanner, params};

/// A probe: its name, and what it does once the content was read.
type Probe = (
    &'static str,
    fn(u64, &mut Findings<'_>) -> Result<(), Failure>,
);

include!("../../probes.in");

macro_rules! table {
    (
        workflow { $($workflows:tt)* }
        scanner { $($probe:ident = $name:literal ($does:path) $words:literal,)* }
        $($others:tt)*
    ) => {
        const PROBES: &[Probe] = &[$(($name, $does)),*];
    };
}

probes!(table);

struct ProbeScanner;

impl Scanner for ProbeScanner {
    fn scan(_: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        let wanted = params::required("probe")?;
        let (_, probe) = PROBES
            .iter()
            .find(|(name, _)| *name == wanted)
            .ok_or_else(|| format!("there is no probe `{wanted}`"))?;
        let mut length = 0;
        while let Some(chunk) = content.read_chunk()? {
            length += chunk.len() as u64;
        }
        probe(length, found)
    }
}

fn escaped(what: &str) -> Failure {
    Failure::new("escaped", what)
}

fn spin(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

fn allocate(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..4_096 {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
    Err(escaped("4 GiB of memory"))
}

fn panic(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    let empty: &[u8] = std::hint::black_box(&[]);
    assert!(!empty.is_empty(), "the probe fell over on purpose");
    Ok(())
}

fn trap_midway(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(0, 1, "declared")?;
    found.flush()?;
    panic!("after one finding")
}

fn beyond_end(length: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(length - 1, 2, "declared")?;
    found.flush()?;
    Err(escaped("a finding beyond the end"))
}

fn overflow(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(u64::MAX, u32::MAX as usize, "declared")?;
    found.flush()?;
    Err(escaped("a finding beyond all numbers"))
}

fn undeclared_rule(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(0, 1, "undeclared")?;
    found.flush()?;
    Err(escaped("an undeclared rule"))
}

fn hostile_rule(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(0, 1, "\u{1b}[2Jdeclared\r\n\u{202e}")?;
    found.flush()?;
    Err(escaped("a rule of control characters"))
}

fn out_of_order(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(2, 1, "declared")?;
    found.flush()?;
    found.report(0, 1, "declared")?;
    found.flush()?;
    Err(escaped("a finding before the last"))
}

fn overlap(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(0, 2, "declared")?;
    found.report(1, 2, "declared")?;
    found.flush()?;
    Err(escaped("overlapping findings"))
}

fn empty_finding(_: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    found.report(0, 0, "declared")?;
    found.flush()?;
    Err(escaped("a finding of nothing"))
}

/// The entry must have more bytes than one may have findings.
fn flood_findings(length: u64, found: &mut Findings<'_>) -> Result<(), Failure> {
    for offset in 0..length {
        found.report(offset, 1, "declared")?;
    }
    found.flush()?;
    Err(escaped("a finding for every byte"))
}

/// Whether anything of one entry is still there when the next one is looked at.
fn carry_over(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    static BEFORE: AtomicU32 = AtomicU32::new(0);
    match BEFORE.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(()),
        n => Err(escaped(&format!("the memory of {n} entries before"))),
    }
}

#[expect(unsafe_code, reason = "forging a handle is unsafe, and what is tried")]
fn forge_findings(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    // SAFETY: a wrong number is the host's to refuse; nothing in this memory depends on it.
    let forged = unsafe { scanning::Findings::from_handle(4_711) };
    let answer = forged.report(&[]);
    Err(escaped(&format!("forged findings say {answer:?}")))
}

fn hostile_failure(_: u64, _: &mut Findings<'_>) -> Result<(), Failure> {
    let text = "\u{1b}[2J\r\nnext remit apply \u{202e}\0</td><script>";
    Err(Failure::new(text, text.repeat(10_000)))
}

remit_guest::scanner!(ProbeScanner);

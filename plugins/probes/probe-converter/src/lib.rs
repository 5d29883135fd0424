//! Hostile converters, one misbehaviour each, chosen by the parameter `probe`.
//!
//! What should have been refused and was not ends with the failure `escaped`.

#![deny(
    dead_code,
    reason = "code that is no probe is a probe that was forgotten"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use remit_guest::bindings::remit::workspace::converting;
use remit_guest::{Content, Converter, Entry, Failure, Output, params};

/// A probe: its name, and what it makes of the content.
type Probe = (
    &'static str,
    fn(&[u8], &mut Output<'_>) -> Result<(), Failure>,
);

include!("../../probes.in");

macro_rules! table {
    (
        workflow { $($workflows:tt)* }
        scanner { $($scanners:tt)* }
        converter { $($probe:ident = $name:literal ($does:path) $words:literal,)* }
        $($others:tt)*
    ) => {
        const PROBES: &[Probe] = &[$(($name, $does)),*];
    };
}

probes!(table);

struct ProbeConverter;

impl Converter for ProbeConverter {
    fn convert(_: &Entry, mut content: Content<'_>, into: &mut Output<'_>) -> Result<(), Failure> {
        let wanted = params::required("probe")?;
        let (_, probe) = PROBES
            .iter()
            .find(|(name, _)| *name == wanted)
            .ok_or_else(|| format!("there is no probe `{wanted}`"))?;
        let mut all = Vec::new();
        while let Some(chunk) = content.read_chunk()? {
            all.extend_from_slice(&chunk);
        }
        probe(&all, into)
    }
}

fn escaped(what: &str) -> Failure {
    Failure::new("escaped", what)
}

fn spin(_: &[u8], _: &mut Output<'_>) -> Result<(), Failure> {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

fn allocate(_: &[u8], _: &mut Output<'_>) -> Result<(), Failure> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..4_096 {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
    Err(escaped("4 GiB of memory"))
}

fn panic(_: &[u8], _: &mut Output<'_>) -> Result<(), Failure> {
    let empty: &[u8] = std::hint::black_box(&[]);
    assert!(!empty.is_empty(), "the probe fell over on purpose");
    Ok(())
}

fn trap_midway(content: &[u8], into: &mut Output<'_>) -> Result<(), Failure> {
    into.write(&content[..content.len() / 2])?;
    panic!("after half of it")
}

fn flood_output(_: &[u8], into: &mut Output<'_>) -> Result<(), Failure> {
    let chunk = vec![b'x'; 1 << 16];
    for _ in 0..1 << 16 {
        into.write(&chunk)?;
    }
    Err(escaped("4 GiB of output"))
}

/// Whether anything of one entry is still there when the next one is converted.
fn carry_over(content: &[u8], into: &mut Output<'_>) -> Result<(), Failure> {
    static BEFORE: AtomicU32 = AtomicU32::new(0);
    match BEFORE.fetch_add(1, Ordering::Relaxed) {
        0 => into.write(content),
        n => Err(escaped(&format!("the memory of {n} entries before"))),
    }
}

#[expect(unsafe_code, reason = "forging a handle is unsafe, and what is tried")]
fn forge_sink(content: &[u8], _: &mut Output<'_>) -> Result<(), Failure> {
    // SAFETY: a wrong number is the host's to refuse; nothing in this memory depends on it.
    let forged = unsafe { converting::Sink::from_handle(4_711) };
    let answer = forged.write(content);
    Err(escaped(&format!("a forged sink says {answer:?}")))
}

fn hostile_failure(_: &[u8], _: &mut Output<'_>) -> Result<(), Failure> {
    let text = "\u{1b}[2J\r\nnext remit apply \u{202e}\0</td><script>";
    Err(Failure::new(text, text.repeat(10_000)))
}

remit_guest::converter!(ProbeConverter);

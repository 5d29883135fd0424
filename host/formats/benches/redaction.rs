//! How fast the host cuts: text and JSON Lines, with few findings and with many. `cargo xtask bench` runs this.
//!
//! Not a test: it asserts nothing. Its lines are figures for the table: name, value, what is wanted.
#![allow(clippy::print_stdout, reason = "its figures are its answer")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken must fail"
)]

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use remit_formats::{Edit, Format, Key, Operator, Redaction};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Content in chunks as a workspace hands them out.
const CHUNK: usize = 256 * 1024;

const MIB: usize = 16;

const ADDRESS: &str = "jo@example.com";

/// Lines as a training job writes them, one address in every `every`th.
fn content(format: Format, every: usize) -> (Vec<u8>, Vec<Edit>) {
    let mut text = String::new();
    let mut edits = Vec::new();
    let mut line = 0_usize;
    while text.len() < MIB << 20 {
        line += 1;
        let who = if line.is_multiple_of(every) {
            ADDRESS
        } else {
            "worker-17"
        };
        let (before, after) = match format {
            Format::Text => (
                format!(
                    "2026-11-23T08:21:{:02}.{:03}Z INFO trainer step={line} by ",
                    line % 60,
                    line % 1000
                ),
                format!(
                    " loss=0.{:05} from /mnt/data/part-{line:06}.parquet",
                    line % 99_999
                ),
            ),
            _ => (
                format!(
                    r#"{{"time":"2026-11-23T08:21:{:02}.{:03}Z","step":{line},"by":""#,
                    line % 60,
                    line % 1000
                ),
                format!(
                    r#"","loss":0.{:05},"file":"/mnt/data/part-{line:06}.parquet"}}"#,
                    line % 99_999
                ),
            ),
        };
        if who == ADDRESS {
            edits.push(Edit {
                offset: (text.len() + before.len()) as u64,
                length: who.len() as u32,
                rule: "email".to_owned(),
                operator: Operator::Label,
            });
        }
        writeln!(text, "{before}{who}{after}").unwrap();
    }
    (text.into_bytes(), edits)
}

fn redact(format: Format, content: &[u8], edits: &[Edit]) -> Duration {
    let begun = Instant::now();
    let edits = edits.iter().cloned().map(Ok::<_, Infallible>);
    let mut redaction = Redaction::new(format, edits, &Key::new([7; 32])).unwrap();
    for chunk in content.chunks(CHUNK) {
        std::hint::black_box(redaction.push(chunk).unwrap());
    }
    redaction.finish().unwrap();
    begun.elapsed()
}

fn main() {
    for (format, name) in [
        (Format::Text, "text"),
        (Format::JsonLines, "JSON Lines"),
        (Format::Json, "one JSON document after another"),
    ] {
        for (every, findings) in [(40, "a finding in every 40th line"), (1, "in every line")] {
            let (content, edits) = content(format, every);
            let mut times: Vec<Duration> =
                (0..5).map(|_| redact(format, &content, &edits)).collect();
            times.sort();
            let speed = MIB as f64 / times[2].as_secs_f64();
            let wanted = if (format, every) == (Format::JsonLines, 40) {
                "at least 100"
            } else {
                ""
            };
            println!("cutting and checking {name}, {findings}\t{speed:.0} MiB/s\t{wanted}");
        }
    }
}

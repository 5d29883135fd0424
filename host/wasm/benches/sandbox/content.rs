//! What training jobs write, made up: little in it is personal.

use std::fmt::Write as _;

use bytes::Bytes;

/// Numbers that look like chance and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> (u64, u64, u64) {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0, self.0 >> 33, self.0 & 0xFFFF)
    }
}

fn fill(bytes: usize, mut line: impl FnMut(&mut String, u64, (u64, u64, u64))) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for n in 1_u64.. {
        if text.len() >= bytes {
            break;
        }
        line(&mut text, n, numbers.next());
        text.push('\n');
    }
    text
}

/// Logs and JSON Lines in one stream, cut at exactly so many bytes.
pub(crate) fn mixed(bytes: usize) -> Bytes {
    let mut text = fill(bytes, |text, line, (state, a, b)| {
        let written = match line % 4 {
            0 => write!(
                text,
                "2026-11-23T08:{:02}:{:02}.{:03}Z INFO trainer epoch={} step={line} loss=0.{b:05} lr=1.5e-4 sha={state:016x}",
                a % 60,
                b % 60,
                a % 1000,
                a % 90
            ),
            1 => write!(
                text,
                "{{\"run\":\"churn-{a:06}\",\"metric\":\"accuracy\",\"value\":0.{b},\"step\":{line},\"id\":\"{state:08x}-0000-4000-8000-{a:012x}\"}}"
            ),
            2 => write!(
                text,
                "worker {} on node-{} loaded 4096 rows from /mnt/azureml/cr/j/{state:032x}/part-{line:05}.parquet in {b} ms",
                a % 8,
                a % 16
            ),
            _ if line % 40 == 3 => write!(
                text,
                "WARN mail of user{a}@example.com bounced, peer 203.0.113.{}",
                b % 250 + 1
            ),
            _ => write!(
                text,
                "DEBUG cache hit ratio {}.{:02} % after {line} lookups (v1.27.{})",
                a % 100,
                b % 100,
                b % 40
            ),
        };
        written.unwrap();
    });
    text.truncate(bytes);
    text.into()
}

/// Lines of a log; an address in every fortieth.
pub(crate) fn text(bytes: usize) -> Bytes {
    let line = |text: &mut String, line: u64, (state, a, b): (u64, u64, u64)| {
        let who = who(line, a);
        let written = write!(
            text,
            "2026-11-23T08:{:02}:{:02}Z INFO {who} step={line} loss=0.{b:05} sha={state:016x}",
            a % 60,
            b % 60
        );
        written.unwrap();
    };
    fill(bytes, line).into()
}

/// The same as JSON Lines.
pub(crate) fn json_lines(bytes: usize) -> Bytes {
    let line = |text: &mut String, line: u64, (state, a, b): (u64, u64, u64)| {
        let who = who(line, a);
        let written = write!(
            text,
            "{{\"at\":\"2026-11-23T08:{:02}:{:02}Z\",\"by\":\"{who}\",\"step\":{line},\"loss\":0.{b:05},\"sha\":\"{state:016x}\"}}",
            a % 60,
            b % 60
        );
        written.unwrap();
    };
    fill(bytes, line).into()
}

fn who(line: u64, a: u64) -> String {
    match line % 40 {
        0 => format!("user{a}@example.com"),
        _ => format!("worker-{}", a % 8),
    }
}

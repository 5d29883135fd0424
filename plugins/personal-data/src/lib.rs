//! Finds e-mail addresses, telephone numbers, payment cards, IBANs and IP addresses, and is quiet
//! on what machines write: run ids, GUIDs, hashes, versions, time stamps, floats.
//!
//! Speed comes from `mask`: it leaves few candidates, and a small verifier looks at each. The
//! decision on a candidate depends on [`BEFORE`] bytes before it and [`AFTER`] bytes after it, and
//! on what was found before, so that chunks do not change what is found.

mod edge;
mod email;
mod ip;
mod mask;
mod number;
mod phone;

use core::ops::Range;

use remit_guest::{Content, Entry, Failure, Findings, Scanner};

use mask::{BLOCK, Classes};

/// Bytes before a candidate that the decision on it looks at: a local part and its escapes.
pub const BEFORE: usize = 96;

/// Bytes after a candidate that the decision on it looks at: a domain.
pub const AFTER: usize = 320;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Payment card number that passes the Luhn check.
    Card,
    /// Bank account that passes the mod-97 check.
    Iban,
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
}

impl Rule {
    /// Returns the name under which the manifest declares the rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// A place in the bytes searched, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub rule: Rule,
}

/// Finds everything in `bytes`, in order and without overlap.
pub fn find_all(bytes: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    let all = find(bytes, 0, bytes.len(), 0, |hit| {
        hits.push(hit);
        Ok(())
    });
    debug_assert!(all.is_ok(), "pushing does not fail");
    hits
}

/// Finds what has its candidate from `start` to `end` of `bytes` and does not begin before
/// `covered`.
pub fn find(
    bytes: &[u8],
    start: usize,
    end: usize,
    mut covered: usize,
    mut found: impl FnMut(Hit) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut before = Classes::of(&block_before(bytes, start));
    let mut base = start;
    while base < end {
        let classes = match bytes[base..].first_chunk() {
            Some(block) => Classes::of(block),
            None => Classes::of(&last_block(&bytes[base..])),
        };
        let mut candidates = classes.candidates(&before);
        if end - base < BLOCK {
            candidates &= (1 << (end - base)) - 1;
        }
        while candidates != 0 {
            let at = base + candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            if at >= covered
                && let Some(hit) = verify(bytes, at, covered)
            {
                covered = hit.range.end;
                found(hit)?;
            }
        }
        before = classes;
        base += BLOCK;
    }
    Ok(())
}

/// The block that ends before `start`, where the stream begins filled with zeros.
fn block_before(bytes: &[u8], start: usize) -> [u8; BLOCK] {
    let known = &bytes[start.saturating_sub(BLOCK)..start];
    let mut block = [0; BLOCK];
    block[BLOCK - known.len()..].copy_from_slice(known);
    block
}

fn last_block(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Decides on the candidate at `at`; right for every position, and quick where nothing is.
fn verify(bytes: &[u8], at: usize, covered: usize) -> Option<Hit> {
    let hit = |range, rule| Hit { range, rule };
    let found = match bytes[at] {
        b'@' => {
            let mut range = email::at(bytes, at)?;
            // What was found before it keeps its place; nothing of the address stays behind.
            range.start = range.start.max(covered);
            hit(range, Rule::Email)
        }
        b':' => hit(ip::v6(bytes, at)?, Rule::Ipv6),
        b'+' => hit(phone::international(bytes, at)?, Rule::Phone),
        b'(' => hit(phone::in_parentheses(bytes, at)?, Rule::Phone),
        b'0'..=b'9' => match edge::before(bytes, at) {
            Some(b'A'..=b'Z') => hit(number::iban(bytes, at)?, Rule::Iban),
            _ => ip::v4(bytes, at)
                .map(|range| hit(range, Rule::Ipv4))
                .or_else(|| {
                    edge::begins(bytes, at).then_some(())?;
                    number::card(bytes, at)
                        .map(|range| hit(range, Rule::Card))
                        .or_else(|| Some(hit(phone::national(bytes, at)?, Rule::Phone)))
                })?,
        },
        _ => return None,
    };
    (found.range.start >= covered).then_some(found)
}

struct PersonalData;

impl Scanner for PersonalData {
    fn scan(_: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        let mut covered = 0;
        while let Some(window) = content.next_window(BEFORE, AFTER)? {
            let done = u64::saturating_sub(covered, window.offset) as usize;
            find(window.bytes, window.start, window.end, done, |hit| {
                covered = window.offset + hit.range.end as u64;
                let start = window.offset + hit.range.start as u64;
                found.report(start, hit.range.len(), hit.rule.name())
            })?;
        }
        Ok(())
    }
}

remit_guest::scanner!(PersonalData);

#[cfg(test)]
mod tests;

//! Telephone numbers. Digits alone are not one: there must be a country code, or the separators
//! that people write, and no further numbers beside it as in a table.

use core::ops::Range;

use crate::edge::{begins, digits, ends, is_alone, is_joined};

/// Returns the number whose `+` stands at `at`.
pub(crate) fn international(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !begins(bytes, at) || !matches!(bytes.get(at + 1), Some(b'1'..=b'9')) {
        return None;
    }
    let written = Written::read(bytes, at + 1);
    let short = matches!(bytes[at + 1], b'1' | b'7');
    let fits = if short {
        written.digits == 11
    } else {
        (9..=15).contains(&written.digits)
    };
    // One dot makes a float; many single digits make a list.
    let likely = written.dots != 1 && written.groups * 2 <= written.digits + 1;
    (fits && likely && ends(bytes, written.end) && !is_clock(bytes, written.end))
        .then_some(at..written.end)
}

/// Returns the number that begins at `at` without a country code.
pub(crate) fn national(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && bytes[at - 1] == b'/' {
        return None;
    }
    let end = american(bytes, at)
        .or_else(|| pairs(bytes, at))
        .or_else(|| area(bytes, at))?;
    is_whole(bytes, at, end).then_some(at..end)
}

/// Returns the number whose area code is in the parentheses that open at `at`.
pub(crate) fn in_parentheses(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if is_joined(bytes, at) {
        return None;
    }
    let code = digits(bytes, at + 1, 6);
    let close = at + 1 + code;
    if bytes.get(close) != Some(&b')') {
        return None;
    }
    let mut rest = close + 1;
    if bytes.get(rest) == Some(&b' ') {
        rest += 1;
    }
    let area = &bytes[at + 1..close];
    let end = match area {
        [b'2'..=b'9', _, _] => {
            let three = digits(bytes, rest, 4) == 3 && matches!(bytes[rest], b'2'..=b'9');
            let joint = matches!(bytes.get(rest + 3), Some(b'-' | b'.' | b' '));
            (three && joint && digits(bytes, rest + 4, 5) == 4).then_some(rest + 8)?
        }
        [b'0', b'1'..=b'9', ..] if (3..=5).contains(&code) => {
            let written = Written::read(bytes, rest);
            let all = code + written.digits;
            (written.digits >= 5 && written.dots == 0 && written.groups <= 3 && all <= 12)
                .then_some(written.end)?
        }
        _ => return None,
    };
    is_whole(bytes, at, end).then_some(at..end)
}

fn is_whole(bytes: &[u8], start: usize, end: usize) -> bool {
    ends(bytes, end) && !is_clock(bytes, end) && is_alone(bytes, start, end)
}

/// Whether what seems to end here goes on as a time or a path.
fn is_clock(bytes: &[u8], end: usize) -> bool {
    matches!(
        bytes.get(end..end + 2),
        Some([b':' | b'/' | b',', b'0'..=b'9'])
    )
}

/// `212-555-0123`, `212.555.0123`
fn american(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 12)?;
    let joint = number[3];
    let shaped = matches!(joint, b'-' | b'.')
        && number[7] == joint
        && matches!((number[0], number[4]), (b'2'..=b'9', b'2'..=b'9'))
        && digits(number, 0, 3) == 3
        && digits(number, 4, 3) == 3
        && digits(bytes, at + 8, 5) == 4;
    let value = |range: Range<usize>| {
        number[range]
            .iter()
            .fold(0, |all, digit| all * 10 + u32::from(digit - b'0'))
    };
    // `512-256-1024` are the widths of layers.
    let is_layers = || [0..3, 4..7, 8..12].into_iter().all(|r| value(r) % 32 == 0);
    (shaped && !is_layers()).then_some(at + 12)
}

/// `01 23 45 67 89`
fn pairs(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 14)?;
    let joint = number[2];
    let shaped = matches!(joint, b' ' | b'.')
        && number[0] == b'0'
        && matches!(number[1], b'1'..=b'9')
        && (0..5).all(|n| digits(number, 3 * n, 2) == 2)
        && (1..5).all(|n| number[3 * n - 1] == joint);
    (shaped && digits(bytes, at + 14, 1) == 0).then_some(at + 14)
}

/// `030 901820`, `0171/1234567`, `020 7946 0958`
fn area(bytes: &[u8], at: usize) -> Option<usize> {
    let code = digits(bytes, at, 6);
    let shaped = (3..=5).contains(&code)
        && bytes[at] == b'0'
        && bytes[at + 1] != b'0'
        && matches!(bytes.get(at + code), Some(b' ' | b'-' | b'/'))
        && digits(bytes, at + code + 1, 1) == 1;
    if !shaped {
        return None;
    }
    let written = Written::read(bytes, at + code + 1);
    let all = code + written.digits;
    (written.digits >= 5
        && (9..=12).contains(&all)
        && written.dots == 0
        && written.groups <= 3
        && written.groups * 2 <= written.digits)
        .then_some(written.end)
}

/// Digits and what separates them.
struct Written {
    end: usize,
    digits: usize,
    groups: usize,
    dots: usize,
}

impl Written {
    /// Reads groups of digits as far as they may belong to one number of 15 digits.
    fn read(bytes: &[u8], start: usize) -> Self {
        let mut written = Self {
            end: start,
            digits: 0,
            groups: 0,
            dots: 0,
        };
        let mut at = start;
        let mut open = false;
        loop {
            let run = digits(bytes, at, 17);
            // The zero of `+49 (0)30` is not dialled with the country code.
            let silent = open && run == 1 && bytes[at] == b'0';
            if run == 0 || written.digits + run > 15 && written.groups > 0 {
                break;
            }
            if !silent {
                written.digits += run;
            }
            written.groups += usize::from(!silent);
            at += run;
            let mut closed = false;
            if open && bytes.get(at) == Some(&b')') {
                at += 1;
                open = false;
                closed = true;
            }
            written.end = at;
            // Parentheses are the area code's, right after the country's.
            let early = written.groups <= 1 && written.digits <= 3;
            let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
            match bytes.get(at) {
                Some(b' ' | b'-' | b'/' | b'.') if is_digit(at + 1) => {
                    if is_date(bytes, at + 1) {
                        break;
                    }
                    written.dots += usize::from(bytes[at] == b'.');
                    at += 1;
                }
                Some(b' ') if early && bytes.get(at + 1) == Some(&b'(') && is_digit(at + 2) => {
                    at += 2;
                    open = true;
                }
                Some(b'(') if early && is_digit(at + 1) => {
                    at += 1;
                    open = true;
                }
                _ if closed && is_digit(at) => {}
                _ => break,
            }
        }
        written
    }
}

/// Whether a date or a time of day begins here.
fn is_date(bytes: &[u8], at: usize) -> bool {
    let run = digits(bytes, at, 5);
    match bytes.get(at + run) {
        Some(b'-' | b'/') => run == 4 && matches!(&bytes[at..at + 2], b"19" | b"20"),
        Some(b':') => run <= 2,
        _ => false,
    }
}

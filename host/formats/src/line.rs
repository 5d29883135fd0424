//! The quick answer for most lines of a log: whether a line is plainly one JSON document.
//!
//! Says yes only where the [`Walker`] says the same, and no wherever it is unsure: deep nesting, a
//! byte order mark, anything broken. The walker then reads the line and decides. It checks no
//! UTF-8, as the walker does not.
//!
//! [`Walker`]: crate::json::Walker

use crate::json::is_bare;
use crate::scalar::Scalar;

/// Brackets that fit in a word beside the mark of its bottom.
const NESTING_FULL: u64 = 1 << 63;

/// The word before anything is open. Each open bracket is a bit behind it: 1 an object, 0 an array.
const NOTHING_OPEN: u64 = 1;

/// Whether `line`, without its line break, is one JSON value and nothing else.
pub(crate) fn is_one_value(line: &[u8]) -> bool {
    one_value(line) == Some(line.len())
}

/// Where the only value ends, with the white space behind it.
fn one_value(line: &[u8]) -> Option<usize> {
    let mut open = NOTHING_OPEN;
    let mut at = 0;
    loop {
        at = space(line, at);
        let first = *line.get(at)?;
        at = match first {
            b'"' => string(line, at + 1)?,
            b'{' | b'[' => {
                if open & NESTING_FULL != 0 {
                    return None;
                }
                let is_object = first == b'{';
                open = open << 1 | u64::from(is_object);
                at = space(line, at + 1);
                match (line.get(at)?, is_object) {
                    (b'}', true) | (b']', false) => {
                        open >>= 1;
                        at + 1
                    }
                    (_, true) => {
                        at = key(line, at)?;
                        continue;
                    }
                    (_, false) => continue,
                }
            }
            _ => scalar(line, at)?,
        };
        // A value has ended, and perhaps those around it.
        loop {
            at = space(line, at);
            if open == NOTHING_OPEN {
                return Some(at);
            }
            let in_object = open & 1 == 1;
            match (line.get(at)?, in_object) {
                (b',', false) => {
                    at += 1;
                    break;
                }
                (b',', true) => {
                    at = key(line, space(line, at + 1))?;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    open >>= 1;
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

/// Behind the key at `at` and its colon.
#[inline]
fn key(line: &[u8], at: usize) -> Option<usize> {
    if line.get(at) != Some(&b'"') {
        return None;
    }
    let at = space(line, string(line, at + 1)?);
    (line.get(at) == Some(&b':')).then_some(at + 1)
}

#[inline]
fn space(line: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r') = line.get(at) {
        at += 1;
    }
    at
}

/// Behind the closing quote of the string whose text begins at `at`.
#[inline]
fn string(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += plain_len(line.get(at..)?);
        match line.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape(line, at + 1)?,
            _ => return None,
        }
    }
}

fn escape(line: &[u8], at: usize) -> Option<usize> {
    match line.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = line.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

fn scalar(line: &[u8], at: usize) -> Option<usize> {
    let token = line[at..].iter().take_while(|byte| is_bare(**byte));
    let mut scalar = Scalar::start(line[at]);
    let mut end = at + 1;
    for &byte in token.skip(1) {
        scalar = scalar.next(byte);
        end += 1;
    }
    scalar.is_complete().then_some(end)
}

/// How many bytes at the start of `bytes` are neither quote, backslash nor control character.
#[inline]
fn plain_len(bytes: &[u8]) -> usize {
    len_until(bytes, not_plain, |byte| {
        !matches!(byte, b'"' | b'\\' | 0..=0x1f)
    })
}

/// How many bytes at the start of `bytes` are printable ASCII, but neither quote nor backslash.
#[inline]
pub(crate) fn ascii_len(bytes: &[u8]) -> usize {
    len_until(
        bytes,
        |word| not_plain(word) | is(word, 0x7f) & HIGHS | word & HIGHS,
        |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'),
    )
}

/// How far `bytes` go on, eight at a time: `ends` marks the high bits of those that are not to be passed.
#[inline]
fn len_until(bytes: &[u8], ends: impl Fn(u64) -> u64, passes: impl Fn(u8) -> bool) -> usize {
    const WORD: usize = size_of::<u64>();
    let mut at = 0;
    while let Some(word) = bytes[at..].first_chunk::<WORD>() {
        let found = ends(u64::from_le_bytes(*word));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += WORD;
    }
    let rest = bytes[at..].iter();
    at + rest.take_while(|byte| passes(**byte)).count()
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// The high bits of the bytes of a word that are quote, backslash or control character. The lowest
/// is exact; above it a borrow may add some.
#[inline]
fn not_plain(word: u64) -> u64 {
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    (below_space | is(word, b'"') | is(word, b'\\')) & HIGHS
}

/// As above, for one byte; the other bits mean nothing.
#[inline]
fn is(word: u64, byte: u8) -> u64 {
    let word = word ^ (ONES * u64::from(byte));
    word.wrapping_sub(ONES) & !word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Mode, Walker};
    use proptest::prelude::*;

    /// What the walker says of the line, read byte by byte.
    fn walked(line: &[u8]) -> bool {
        let mut walker = Walker::new(Mode::Lines);
        for &byte in line {
            walker.step(byte);
        }
        let verdict = walker.finish();
        verdict.broken.is_none() && verdict.n_values == 1
    }

    #[test]
    fn plain_lines_are_known_at_once() {
        for line in [
            r#"{"run":"churn-000711","value":0.25,"ok":true,"at":null,"tags":["a","\u00e9\n"]}"#,
            " [ ] ",
            "{}\r",
            "-1.5e+7",
            r#""Zoë""#,
            r#"[[],{},[{"a":{"b":[]}}],1]"#,
        ] {
            assert!(is_one_value(line.as_bytes()), "{line}");
            assert!(walked(line.as_bytes()), "{line}");
        }
        let deep = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert!(is_one_value(&deep(63)));
        assert!(!is_one_value(&deep(64)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// It never says yes where the walker would say no; for lines that are neither deep nor marked it
        /// says neither more nor less.
        #[test]
        fn it_agrees_with_the_walker(line in prop_oneof![
            r#"[ab0\-7e.+"\\u{}\[\]:, \x01nrult]{0,24}"#.prop_map(String::into_bytes),
            r#"(\{"a":)?(\[1|"[a\\"]{0,2}"|-?0?[12]?\.?|\{\})[,:\]}" ]{0,3}[\]}]{0,2}"#.prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>().prop_filter("a line", |byte| *byte != b'\n'), 0..24),
        ]) {
            let expect = walked(&line) && !line.starts_with(b"\xef");
            prop_assert_eq!(is_one_value(&line), expect);
        }

        #[test]
        fn plain_bytes_are_counted_exactly(bytes in prop::collection::vec(prop_oneof![
            4 => 0x20..=0xff_u8,
            1 => any::<u8>(),
        ], 0..40)) {
            let expect = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_len(&bytes), expect.unwrap_or(bytes.len()));
            let is_ascii = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
            let expect = bytes.iter().take_while(|byte| is_ascii(byte)).count();
            prop_assert_eq!(ascii_len(&bytes), expect);
        }
    }
}

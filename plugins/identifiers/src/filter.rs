//! A cheap test that most positions fail: could one of the needles begin here?
//!
//! Three tables, one per byte, each with a bit per group of needles. A position survives where all
//! three have a bit in common. It may let through what is nothing, never keep back what is
//! something: a property test compares it with looking everywhere.

use crate::needle::{Needle, Token};
use crate::text::fold;

/// Groups of needles; the two bits above are for escapes.
const GROUPS: usize = 6;
/// The first character is escaped, or outside ASCII.
const FIRST_ESCAPED: u8 = 1 << 6;
/// The second character is escaped.
const SECOND_ESCAPED: u8 = 1 << 7;

/// What begins an escape.
const ESCAPES: &[u8] = b"%\\";
/// What goes on with one.
const IN_ESCAPE: &[u8] = b"0123456789abcdefABCDEFu\\/\"%";

/// The tables for the bytes that follow one another.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    first: [u8; 256],
    second: [u8; 256],
    third: [u8; 256],
}

impl Filter {
    /// For these needles.
    pub(crate) fn new(needles: &[Needle]) -> Self {
        let mut filter = Self::nothing();
        for (n, needle) in needles.iter().enumerate() {
            let bit = 1 << (n % GROUPS);
            let starts = starts(&needle.tokens);
            for &byte in &starts[0] {
                filter.first[byte as usize] |= bit | SECOND_ESCAPED;
            }
            for &byte in &starts[1] {
                filter.second[byte as usize] |= bit;
            }
            for &byte in starts[2].iter().chain(ESCAPES) {
                filter.third[byte as usize] |= bit;
            }
        }
        for &byte in ESCAPES {
            filter.first[byte as usize] |= FIRST_ESCAPED;
            filter.second[byte as usize] |= SECOND_ESCAPED;
        }
        for &byte in IN_ESCAPE {
            filter.second[byte as usize] |= FIRST_ESCAPED;
            filter.third[byte as usize] |= FIRST_ESCAPED | SECOND_ESCAPED;
        }
        for byte in 0x80..=0xff {
            filter.first[byte] = u8::MAX;
            filter.second[byte] = u8::MAX;
            filter.third[byte] = u8::MAX;
        }
        // A first character outside ASCII may be anything two bytes on.
        for byte in 0..0x80 {
            filter.third[byte] |= FIRST_ESCAPED;
        }
        filter
    }

    fn nothing() -> Self {
        Self {
            first: [0; 256],
            second: [0; 256],
            third: [0; 256],
        }
    }

    /// Returns the first place from `at` to `end` where something may begin, or `end`.
    pub(crate) fn next(&self, bytes: &[u8], at: usize, end: usize) -> usize {
        // Behind the last three bytes there is nothing to go by.
        let known = &bytes[at..bytes.len().min(end + 2)];
        known
            .windows(3)
            .position(|three| self.groups(three[0], three[1], three[2]) != 0)
            .map_or(end.min(at + known.len().saturating_sub(2)), |n| at + n)
    }

    /// Returns the groups that may begin where these three bytes stand.
    #[inline]
    pub(crate) fn groups(&self, first: u8, second: u8, third: u8) -> u8 {
        self.first[first as usize] & self.second[second as usize] & self.third[third as usize]
    }
}

/// Whether needle `n` is in one of the groups, of which escapes stand for all.
pub(crate) fn in_groups(groups: u8, n: usize) -> bool {
    groups & (1 << (n % GROUPS) | FIRST_ESCAPED | SECOND_ESCAPED) != 0
}

/// The bytes that the first three characters may begin with, unescaped.
fn starts(tokens: &[Token]) -> [Vec<u8>; 3] {
    prefixes(tokens).map(|characters| {
        let mut bytes = Vec::new();
        for character in characters {
            if character.is_ascii() {
                let byte = character as u8;
                bytes.extend([byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]);
            }
        }
        bytes
    })
}

const GAP: &[char] = &[
    ' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '+', '_', '.', ',', '-', '\u{a0}',
];
const LOOSE: &[char] = &[' ', '-', '.', '/', '(', ')', '\u{a0}'];

/// The characters that may stand first, second and third.
fn prefixes(tokens: &[Token]) -> [Vec<char>; 3] {
    let mut places: [Vec<char>; 3] = Default::default();
    // Which tokens may be the next; optional ones let the one behind them be it, too.
    let mut next = vec![0];
    for place in &mut places {
        let mut later = Vec::new();
        let mut seen = 0;
        while let Some(&n) = next.get(seen) {
            seen += 1;
            let (characters, repeats, optional): (&[char], bool, bool) = match tokens.get(n) {
                Some(Token::Character(character)) => (&[*character], false, false),
                Some(Token::Gap) => (GAP, true, false),
                Some(Token::Loose) => (LOOSE, true, true),
                Some(Token::Dash) => (&['-'], false, true),
                Some(Token::Tag) => (&['+'], true, true),
                // A needle of two characters: anything may follow.
                None => {
                    place.extend((0..0x80).map(|byte: u8| byte as char));
                    place.push('\u{80}');
                    continue;
                }
            };
            place.extend(characters);
            later.push(n + 1);
            if repeats {
                later.push(n);
            }
            if optional {
                next.push(n + 1);
            }
        }
        later.sort_unstable();
        later.dedup();
        next = later;
    }
    places.map(|place| place.into_iter().flat_map(fold).collect())
}

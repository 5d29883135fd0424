//! Payment cards and bank accounts: numbers with a check.

use core::ops::Range;

use crate::edge::{begins, digits, ends, is_alone};

/// Groups in which cards are written.
const CARD_GROUPS: &[&[usize]] = &[&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// Returns the card number that begins at `at`.
pub(crate) fn card(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && bytes[at - 1] == b'/' {
        return None;
    }
    let run = digits(bytes, at, 20);
    let range = if (13..=19).contains(&run) {
        at..at + run
    } else {
        CARD_GROUPS
            .iter()
            .find_map(|groups| grouped(bytes, at, groups))?
    };
    let follows = bytes.get(range.end..range.end + 2);
    if matches!(follows, Some([b':' | b'/', b'0'..=b'9'])) || !ends(bytes, range.end) {
        return None;
    }
    let number: Vec<u8> = bytes[range.clone()]
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| byte - b'0')
        .collect();
    (is_issued(&number) && luhn(&number)).then_some(range)
}

fn grouped(bytes: &[u8], at: usize, groups: &[usize]) -> Option<Range<usize>> {
    let gap = *bytes.get(at + 4)?;
    if !matches!(gap, b' ' | b'-') {
        return None;
    }
    let mut end = at;
    for (n, &length) in groups.iter().enumerate() {
        if n > 0 {
            if bytes.get(end) != Some(&gap) {
                return None;
            }
            end += 1;
        }
        if digits(bytes, end, length + 1) != length {
            return None;
        }
        end += length;
    }
    is_alone(bytes, at, end).then_some(at..end)
}

/// Whether some issuer's numbers begin like this and are this long.
fn is_issued(number: &[u8]) -> bool {
    let prefix = |n: usize| {
        number[..n]
            .iter()
            .fold(0, |all, d| all * 10 + u32::from(*d))
    };
    matches!(
        (number.len(), prefix(4)),
        (13 | 16 | 19, 4000..=4999)
            | (14, 3000..=3059 | 3600..=3699 | 3800..=3999)
            | (15, 3400..=3499 | 3700..=3799)
            | (16, 5100..=5599 | 2221..=2720 | 3528..=3589)
            | (16, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
            | (16 | 19, 6011 | 6440..=6599)
            | (16..=19, 6200..=6299)
    )
}

fn luhn(number: &[u8]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(n, &digit)| match (n % 2, digit) {
            (0, digit) => u32::from(digit),
            (_, 9) => 9,
            (_, digit) => u32::from(digit) * 2 % 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// How long an account number is, by country, from the registry of ISO 13616.
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Returns the account number whose check digits begin at `at`.
pub(crate) fn iban(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2)?;
    let country: &[u8; 2] = bytes[start..at].try_into().ok()?;
    let known = IBAN_LENGTHS.binary_search_by_key(&country, |(code, _)| code);
    let (_, length) = IBAN_LENGTHS[known.ok()?];
    if digits(bytes, at, 2) != 2 || !begins(bytes, start) {
        return None;
    }
    let spaced = bytes.get(start + 4) == Some(&b' ');
    let mut end = start;
    let mut rest = 0_u32;
    let mut head = 0_u32;
    for n in 0..length {
        if spaced && n > 0 && n % 4 == 0 {
            if bytes.get(end) != Some(&b' ') {
                return None;
            }
            end += 1;
        }
        let (value, scale) = match *bytes.get(end)? {
            digit @ b'0'..=b'9' => (u32::from(digit - b'0'), 10),
            letter @ b'A'..=b'Z' => (u32::from(letter - b'A') + 10, 100),
            _ => return None,
        };
        // The first four are read as if they stood last.
        if n < 4 {
            head = head * scale + value;
        } else {
            rest = (rest * scale + value) % 97;
        }
        end += 1;
    }
    let all = (rest * 1_000_000 + head) % 97;
    (all == 1 && ends(bytes, end)).then_some(start..end)
}

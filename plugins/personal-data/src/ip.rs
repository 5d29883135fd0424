//! IP addresses, as far as they can lead to a person: not the unspecified one, not the loopback,
//! not a network's.

use core::net::Ipv6Addr;
use core::ops::Range;

use crate::edge::{before, digits, ends, is_joined};

/// The longest IPv6 address in text, and the colon of a sentence.
const V6_MAX: usize = 40;

/// Returns the IPv4 address that begins at `at`.
pub(crate) fn v4(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if matches!(before(bytes, at), Some(b'_' | b'.' | b'-' | b'+' | b'%')) || is_joined(bytes, at) {
        return None;
    }
    let mut end = at;
    let mut octets = [0_u32; 4];
    let mut short = true;
    for (n, octet) in octets.iter_mut().enumerate() {
        if n > 0 {
            if bytes.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
        let run = digits(bytes, end, 4);
        if !(1..=3).contains(&run) || run > 1 && bytes[end] == b'0' {
            return None;
        }
        short &= run == 1;
        let text = &bytes[end..end + run];
        *octet = text
            .iter()
            .fold(0, |all, digit| all * 10 + u32::from(digit - b'0'));
        if *octet > 255 {
            return None;
        }
        end += run;
    }
    // `1.2.3.4` and `12.4.131.0` are versions far more often than addresses.
    let reachable = !short && !matches!(octets[0], 0 | 127 | 224..) && octets[3] != 0;
    (reachable && ends(bytes, end) && !is_version(bytes, at)).then_some(at..end)
}

/// Whether a word such as `version` or the `==` of a package list stands before.
fn is_version(bytes: &[u8], at: usize) -> bool {
    let mut head = &bytes[at.saturating_sub(16)..at];
    if head.ends_with(b"==") {
        return true;
    }
    for _ in 0..6 {
        match head {
            [
                shorter @ ..,
                b' ' | b'"' | b'\'' | b':' | b'=' | b'\\' | b',',
            ] => head = shorter,
            _ => break,
        }
    }
    let word = head.to_ascii_lowercase();
    [&b"version"[..], b"ver", b"build", b"release", b"driver"]
        .iter()
        .any(|name| word.ends_with(name))
}

/// Returns the IPv6 address whose first colon stands at `at`.
pub(crate) fn v6(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(4)?;
    let first = &bytes[start..at];
    let routed = match first[0] {
        b'2' | b'3' => true,
        b'f' | b'F' => {
            matches!(first[1], b'c' | b'C' | b'd' | b'D')
                || matches!(first[1], b'e' | b'E')
                    && matches!(first[2], b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B')
        }
        _ => false,
    };
    let within = matches!(before(bytes, start), Some(b':' | b'.' | b'_' | b'-' | b'%'));
    if !routed || within || is_joined(bytes, start) {
        return None;
    }
    let length = bytes[start..]
        .iter()
        .take(V6_MAX + 1)
        .take_while(|byte| byte.is_ascii_hexdigit() || **byte == b':')
        .count();
    if length > V6_MAX {
        return None;
    }
    let mut text = str::from_utf8(&bytes[start..start + length]).ok()?;
    if text.ends_with(':') && !text.ends_with("::") {
        text = &text[..text.len() - 1];
    }
    text.parse::<Ipv6Addr>().ok()?;
    // `fdab::cafe` may be a name in a program; a group that begins with a digit is not.
    let groups = || text.split(':').filter(|group| !group.is_empty());
    let likely = groups().count() >= 3
        || groups()
            .skip(1)
            .any(|group| group.starts_with(|c: char| c.is_ascii_digit()));
    let end = start + text.len();
    (likely && ends(bytes, end)).then_some(start..end)
}

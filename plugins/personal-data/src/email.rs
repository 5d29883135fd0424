//! E-mail addresses, found by their `@`.

use core::ops::Range;

use crate::edge::{before, is_escaped, is_wide_lead};

/// The longest local part, by RFC 5321.
const LOCAL_MAX: usize = 64;

/// The longest domain.
const DOMAIN_MAX: usize = 253;

/// Endings of file names that stand where a top-level domain would, as in `icon@2x.png`.
const FILE_ENDINGS: &[&[u8]] = &[
    b"bmp", b"css", b"csv", b"gif", b"gz", b"html", b"ipynb", b"jpeg", b"jpg", b"js", b"json",
    b"log", b"onnx", b"parquet", b"pkl", b"png", b"pt", b"svg", b"txt", b"webp", b"whl", b"xml",
    b"yaml", b"yml",
];

/// Returns the address whose `@` stands at `at`.
pub(crate) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = local(bytes, at)?;
    let end = domain(bytes, at + 1)?;
    // `git@host:path` is how repositories are named.
    if bytes[start..at].eq_ignore_ascii_case(b"git") && bytes.get(end) == Some(&b':') {
        return None;
    }
    // `q@k.transpose(…)` is a product of matrices.
    (!matches!(bytes.get(end), Some(b'(' | b'@' | b'_' | b'['))).then_some(start..end)
}

fn local(bytes: &[u8], at: usize) -> Option<usize> {
    let mut start = at;
    while let Some(byte) = before(bytes, start) {
        let fits = byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
            || is_wide_lead(byte)
            || (0x80..0xc0).contains(&byte) && before(bytes, start - 1).is_some_and(is_wide_lead);
        if !fits {
            break;
        }
        start -= 1;
        if at - start > LOCAL_MAX {
            return None;
        }
    }
    // `\njane@…`: the first letter may belong to an escape.
    if matches!(bytes[start], b'n' | b'r' | b't' | b'b' | b'f' | b'u') && is_escaped(bytes, start) {
        let length = if bytes[start] == b'u' { 5 } else { 1 };
        start = at.min(start + length);
    }
    let trimmed = bytes[start..at]
        .iter()
        .position(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || is_wide_lead(*byte))?;
    let last = before(bytes, at)?;
    (last != b'.').then_some(start + trimmed)
}

fn domain(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let mut length = 0;
    while let Some(&byte) = rest.get(length) {
        let fits = byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'-')
            || is_wide_lead(byte)
            || (0x80..0xc0).contains(&byte) && length > 0 && is_wide_lead(rest[length - 1]);
        if !fits {
            break;
        }
        length += 1;
        if length > DOMAIN_MAX {
            return None;
        }
    }
    let mut name = &rest[..length];
    while let [shorter @ .., b'.' | b'-'] = name {
        name = shorter;
    }
    // `jane@example.com.log`: the address ends before the file's.
    if let Some(dot) = name.iter().rposition(|&byte| byte == b'.')
        && FILE_ENDINGS.contains(&name[dot + 1..].to_ascii_lowercase().as_slice())
    {
        name = &name[..dot];
    }
    let mut labels = 0;
    let mut last: &[u8] = b"";
    for label in name.split(|&byte| byte == b'.') {
        let (Some(head), Some(tail)) = (label.first(), label.last()) else {
            return None;
        };
        if label.len() > 63 || *head == b'-' || *tail == b'-' {
            return None;
        }
        // `x@self.weight`
        if labels == 0 && label == b"self" {
            return None;
        }
        labels += 1;
        last = label;
    }
    let top = (2..=24).contains(&last.len())
        && (last
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
            || last.starts_with(b"xn--"));
    (labels >= 2 && top).then_some(start + name.len())
}

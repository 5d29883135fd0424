//! Where a word or number begins and ends, so that nothing is cut out of the middle of another.

/// Backslashes that are counted before an escape.
const BACKSLASHES_MAX: usize = 8;

/// Returns the byte before `at`.
pub(crate) fn before(bytes: &[u8], at: usize) -> Option<u8> {
    at.checked_sub(1).map(|at| bytes[at])
}

/// Whether the letter before `at` is the end of an escape such as `\n`.
pub(crate) fn follows_escape(bytes: &[u8], at: usize) -> bool {
    let Some(letter) = at.checked_sub(1) else {
        return false;
    };
    matches!(bytes[letter], b'n' | b'r' | b't' | b'b' | b'f') && is_escaped(bytes, letter)
}

/// Whether an odd number of backslashes stands before `at`.
pub(crate) fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let backslashes = bytes[..at]
        .iter()
        .rev()
        .take(BACKSLASHES_MAX)
        .take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Whether `byte` belongs to a letter outside ASCII: Latin, Greek or Cyrillic. Quotation marks,
/// dashes and ideographs stand beside an address without being part of it.
pub(crate) fn is_wide_lead(byte: u8) -> bool {
    (0xc3..=0xd4).contains(&byte)
}

/// Whether a letter or digit ends right before `at`.
pub(crate) fn is_joined(bytes: &[u8], at: usize) -> bool {
    match before(bytes, at) {
        Some(byte) if byte.is_ascii_alphanumeric() => !follows_escape(bytes, at),
        Some(0x80..=0xbf) => before(bytes, at - 1).is_some_and(is_wide_lead),
        _ => false,
    }
}

/// Whether a number may begin at `at`.
pub(crate) fn begins(bytes: &[u8], at: usize) -> bool {
    let within = matches!(
        before(bytes, at),
        Some(b'_' | b'.' | b'-' | b'+' | b'%' | b'#' | b'$')
    );
    !within && !is_joined(bytes, at)
}

/// Whether a number may end before `end`.
pub(crate) fn ends(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        None => true,
        Some(b'_' | b'@' | b'+') => false,
        Some(b'.' | b'-') => !bytes
            .get(end + 1)
            .is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(&byte) => !byte.is_ascii_alphanumeric() && !is_wide_lead(byte),
    }
}

/// Whether no further number stands one space away, as in a table or a dump.
pub(crate) fn is_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let digit_before = before(bytes, start) == Some(b' ')
        && before(bytes, start - 1).is_some_and(|byte| byte.is_ascii_digit());
    let after = match bytes.get(end..) {
        Some([b' ', a, b, ..]) => {
            a.is_ascii_digit() || a.is_ascii_hexdigit() && b.is_ascii_hexdigit()
        }
        Some([b' ', a]) => a.is_ascii_digit(),
        _ => false,
    };
    !digit_before && !after
}

/// Returns how many digits stand from `at` on, counting to `max`.
pub(crate) fn digits(bytes: &[u8], at: usize, max: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter()
        .take(max)
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

//! Reading one character of a text that may be escaped, forwards and backwards.
//!
//! Nothing here knows what is looked for.

/// How the bytes spell characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// UTF-8, with `%XX` and `\uXXXX` escapes, also of JSON within JSON.
    Escaped,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

/// Backslashes before an escape that are looked at: JSON in JSON in JSON has seven.
const BACKSLASHES_MAX: usize = 8;

/// Returns the character at `at` and the bytes that spell it.
pub(crate) fn character(bytes: &[u8], at: usize, form: Form) -> Option<(char, usize)> {
    match form {
        Form::Escaped => match *bytes.get(at)? {
            b'%' => percent(bytes, at).or(Some(('%', 1))),
            b'\\' => Some(backslash(bytes, at)),
            byte if byte.is_ascii() => Some((byte as char, 1)),
            _ => utf8(&bytes[at..]),
        },
        Form::Utf16Le | Form::Utf16Be => utf16(bytes, at, form),
    }
}

/// Returns the character that ends right before `at`.
pub(crate) fn character_before(bytes: &[u8], at: usize, form: Form) -> Option<char> {
    if form != Form::Escaped {
        let unit = unit16(bytes, at.checked_sub(2)?, form)?;
        // Half of a pair stands for a character outside the basic plane; letters there are rare.
        return Some(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}'));
    }
    let last = *bytes.get(at.checked_sub(1)?)?;
    if last.is_ascii_hexdigit() {
        // `%2B` and `\u002B` end in a letter or digit but need not spell one.
        for length in [3, 6, 9, 12] {
            let Some(start) = at.checked_sub(length) else {
                break;
            };
            if let Some((character, read)) = percent(bytes, start)
                && read == length
            {
                return Some(character);
            }
        }
        if let Some(start) = at.checked_sub(6)
            && bytes[start] == b'\\'
            && let Some((character, 6)) = unicode_escape(bytes, start)
        {
            return Some(character);
        }
    }
    if matches!(last, b'n' | b'r' | b't' | b'b' | b'f') {
        let backslashes = bytes[..at - 1]
            .iter()
            .rev()
            .take(BACKSLASHES_MAX)
            .take_while(|&&byte| byte == b'\\')
            .count();
        if backslashes % 2 == 1 {
            return Some('\n');
        }
    }
    if last.is_ascii() {
        return Some(last as char);
    }
    let start = (at.saturating_sub(4)..at)
        .rev()
        .find(|&start| bytes[start] & 0xc0 != 0x80)?;
    utf8(&bytes[start..at])
        .filter(|(_, length)| start + length == at)
        .map(|(character, _)| character)
}

/// Folds letter case fully: `ß`, `ẞ` and `SS` are the same, as are `ς` and `Σ`.
pub(crate) fn fold(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

/// Returns what the folded character begins with.
pub(crate) fn fold_first(character: char) -> char {
    match character {
        '\0'..='\x7f' => character.to_ascii_lowercase(),
        // Ideographs and syllables have no case; what is misread as UTF-16 is mostly these.
        '\u{2e80}'..='\u{a63f}' | '\u{ac00}'..='\u{d7ff}' => character,
        _ => fold(character).next().unwrap_or(character),
    }
}

fn utf8(bytes: &[u8]) -> Option<(char, usize)> {
    let length = match bytes.first()? {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let text = str::from_utf8(bytes.get(..length)?).ok()?;
    text.chars().next().map(|character| (character, length))
}

/// Reads `%XX`, or as many as spell one character of UTF-8.
fn percent(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let mut decoded = [0; 4];
    for n in 0..4 {
        let start = at + 3 * n;
        if *bytes.get(start)? != b'%' {
            return None;
        }
        decoded[n] = hex(bytes.get(start + 1..start + 3)?)? as u8;
        if let Some((character, length)) = utf8(&decoded[..=n])
            && length == n + 1
        {
            return Some((character, 3 * length));
        }
    }
    None
}

/// Reads what a backslash, or several of an escape within an escape, introduce.
fn backslash(bytes: &[u8], at: usize) -> (char, usize) {
    let run = bytes[at..]
        .iter()
        .take(BACKSLASHES_MAX)
        .take_while(|&&byte| byte == b'\\')
        .count();
    let last = at + run - 1;
    if let Some((character, length)) = unicode_escape(bytes, last) {
        return (character, run - 1 + length);
    }
    match bytes.get(at + run) {
        Some(b'/') => ('/', run + 1),
        Some(b'"') => ('"', run + 1),
        _ => ('\\', run),
    }
}

/// Reads `\uXXXX`, or a pair of them.
fn unicode_escape(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let escape = bytes.get(at..at + 6)?;
        escape.starts_with(b"\\u").then(|| hex(&escape[2..]))?
    };
    let high = unit(at)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, 6));
    }
    // The second of a pair is escaped as deeply as the first.
    let run = bytes[at + 6..]
        .iter()
        .take(BACKSLASHES_MAX)
        .take_while(|&&byte| byte == b'\\')
        .count();
    let low = unit(at + 6 + run.checked_sub(1)?)?;
    pair(high, low).map(|character| (character, 11 + run))
}

fn utf16(bytes: &[u8], at: usize, form: Form) -> Option<(char, usize)> {
    let high = u32::from(unit16(bytes, at, form)?);
    if let Some(character) = char::from_u32(high) {
        return Some((character, 2));
    }
    let low = u32::from(unit16(bytes, at + 2, form)?);
    pair(high, low).map(|character| (character, 4))
}

fn unit16(bytes: &[u8], at: usize, form: Form) -> Option<u16> {
    let unit = [*bytes.get(at)?, *bytes.get(at + 1)?];
    Some(match form {
        Form::Utf16Be => u16::from_be_bytes(unit),
        Form::Utf16Le | Form::Escaped => u16::from_le_bytes(unit),
    })
}

fn pair(high: u32, low: u32) -> Option<char> {
    let high = (0xd800..0xdc00).contains(&high).then(|| high - 0xd800)?;
    let low = (0xdc00..0xe000).contains(&low).then(|| low - 0xdc00)?;
    char::from_u32(0x1_0000 + (high << 10) + low)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | (digit as char).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_however_they_are_spelt() {
        for (text, expected) in [
            (&b"jane"[..], ('j', 1)),
            (b"%40x", ('@', 3)),
            (b"%C3%BCx", ('\u{fc}', 6)),
            (b"%zz", ('%', 1)),
            (b"\\u0040", ('@', 6)),
            (b"\\\\u0040", ('@', 7)),
            (b"\\ud83d\\ude00", ('\u{1f600}', 12)),
            (b"\\\\ud83d\\\\ude00", ('\u{1f600}', 14)),
            (b"\\/", ('/', 2)),
            (b"\\jane", ('\\', 1)),
            (b"\\\\jane", ('\\', 2)),
            ("\u{fc}".as_bytes(), ('\u{fc}', 2)),
        ] {
            assert_eq!(
                character(text, 0, Form::Escaped),
                Some(expected),
                "{text:?}"
            );
        }
        assert_eq!(character(b"\xff", 0, Form::Escaped), None);
        assert_eq!(character(b"j\0", 0, Form::Utf16Le), Some(('j', 2)));
        assert_eq!(character(b"\0j", 0, Form::Utf16Be), Some(('j', 2)));
    }

    #[test]
    fn the_character_before_is_read_through_escapes() {
        for (text, expected) in [
            (&b"b"[..], 'b'),
            (b"x%20", ' '),
            (b"%41", 'A'),
            (b"%C3%BC", '\u{fc}'),
            (b"\\u0020", ' '),
            (b"\\n", '\n'),
            (b"\\\\n", 'n'),
            ("\u{fc}".as_bytes(), '\u{fc}'),
        ] {
            let found = character_before(text, text.len(), Form::Escaped);
            assert_eq!(found, Some(expected), "{text:?}");
        }
        assert_eq!(character_before(b"jane", 0, Form::Escaped), None);
    }
}

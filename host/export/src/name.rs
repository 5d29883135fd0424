//! How one segment of a canonical path is spelled in the package: readable, and safe on
//! Linux, macOS and Windows. Which segments need a mark to be told apart is decided in
//! [`crate::names`], not here.

use unicode_normalization::UnicodeNormalization as _;

/// What an entry's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The bytes of an object; the name is kept.
    Bytes,
    /// The JSON document of a record; the name ends in `.json`.
    Json,
}

/// The name of the folder for entries whose path is too long.
pub(crate) const LONG: &str = "_long";
/// The longest stem in bytes; with mark and extension a name stays far below 255.
const STEM_BYTES_MAX: usize = 96;
/// The longest ending that is taken for an extension, in bytes.
const EXTENSION_BYTES_MAX: usize = 12;
/// Hexadecimal digits of a mark.
pub(crate) const MARK_DIGITS: usize = 16;

/// A segment as it may be written, before it is marked.
#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    stem: String,
    /// With its dot, or empty.
    extension: String,
    /// Whether a reader sees exactly what the segment says.
    pub(crate) exact: bool,
}

impl Spelling {
    /// Spells a segment that is a folder in the package.
    pub(crate) fn folder(segment: &str) -> Self {
        Self::of(decode(segment))
    }

    /// Spells the last segment of a path, with its generation if it names one.
    pub(crate) fn file(segment: &str, form: Form) -> Self {
        let (name, generation) = match segment.split_once('?') {
            Some((name, generation)) => (name, Some(generation)),
            None => (segment, None),
        };
        let mut spelling = Self::of(decode(name));
        if let Some(generation) = generation {
            let (generation, _) = decode(generation);
            spelling.stem = format!("{}@{}", spelling.stem, clean(&generation));
            spelling.exact = false;
            spelling.shorten();
        }
        if form == Form::Json && !fold(&spelling.extension).eq(".json") {
            let stem = spelling.unmarked();
            spelling = Self {
                stem,
                extension: ".json".to_owned(),
                exact: spelling.exact,
            };
            spelling.shorten();
        }
        spelling
    }

    fn of((text, decoded): (String, bool)) -> Self {
        let cleaned = clean(&text);
        let exact = decoded && cleaned == text && !looks_marked(&cleaned) && fold(&cleaned) != LONG;
        let at = extension_at(&cleaned);
        let mut spelling = Self {
            stem: cleaned[..at].to_owned(),
            extension: cleaned[at..].to_owned(),
            exact,
        };
        spelling.shorten();
        spelling
    }

    fn shorten(&mut self) {
        if self.stem.len() > STEM_BYTES_MAX {
            cut(&mut self.stem, STEM_BYTES_MAX);
            self.exact = false;
        }
    }

    /// Returns the name without a mark.
    pub(crate) fn unmarked(&self) -> String {
        format!("{}{}", self.stem, self.extension)
    }

    /// Returns the name with a mark before its extension, so that it still opens.
    pub(crate) fn marked(&self, mark: &str) -> String {
        format!("{}~{mark}{}", self.stem, self.extension)
    }

    /// Returns the spelling with a stem of at most `bytes` bytes.
    pub(crate) fn shortened(mut self, bytes: usize) -> Self {
        cut(&mut self.stem, bytes);
        self
    }
}

/// Returns what two names have in common that some file system takes for one.
pub(crate) fn fold(name: &str) -> String {
    // Upper case first: it joins spellings such as `ſ` and `s` that lower case alone keeps apart.
    name.to_uppercase().to_lowercase().nfc().collect()
}

/// Decodes percent escapes; false if a reader of the text could not get the bytes back.
fn decode(segment: &str) -> (String, bool) {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex::decode([*high, *low]).ok(),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (
            String::from_utf8_lossy(error.as_bytes()).into_owned(),
            false,
        ),
    }
}

/// Replaces what some system cannot store, or a person cannot see.
fn clean(text: &str) -> String {
    let mut name: String = text.nfc().map(|c| if unfit(c) { '_' } else { c }).collect();
    if name.starts_with(char::is_whitespace) {
        let first = name.chars().next().map_or(0, char::len_utf8);
        name.replace_range(..first, "_");
    }
    // Windows drops trailing dots and spaces; readers of manifests drop trailing white space.
    let kept = name
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
        .len();
    let dropped = name[kept..].chars().count();
    name.truncate(kept);
    name.extend(std::iter::repeat_n('_', dropped));
    if name.is_empty() {
        name.push('_');
    }
    if is_device(&name) {
        name.insert(0, '_');
    }
    name
}

fn unfit(c: char) -> bool {
    c.is_control()
        // `%` is safe on every disk, but readers of BagIt disagree about it in manifests.
        || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\' | '/' | '%')
        // Unseen, or able to turn the text around it.
        || matches!(u32::from(c),
            0xAD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xD800..=0xF8FF
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFF | 0xE0000..=0x10_FFFF)
}

/// Whether Windows takes the name for a device, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_lowercase();
    if matches!(
        stem.as_str(),
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) {
        return true;
    }
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    port.is_some_and(|n| {
        let mut digits = n.chars();
        matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
    })
}

/// Whether the name could be one that a mark was put into.
fn looks_marked(name: &str) -> bool {
    let digits = |part: &str| {
        part.len() >= MARK_DIGITS
            && part
                .bytes()
                .take(MARK_DIGITS)
                .all(|b| b.is_ascii_hexdigit())
    };
    fold(name).split('~').skip(1).any(digits)
}

/// Returns where the extension begins, or the end of the name.
fn extension_at(name: &str) -> usize {
    match name.rfind('.') {
        Some(at)
            if at > 0
                && (2..=EXTENSION_BYTES_MAX).contains(&(name.len() - at))
                && name[at + 1..].bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            at
        }
        _ => name.len(),
    }
}

fn cut(text: &mut String, bytes: usize) {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    // A cut may leave a space at the end; the mark or the extension follows it.
}

#[cfg(test)]
mod tests {
    use super::{Form, Spelling};

    fn check(segment: &str, name: &str, exact: bool) {
        let spelling = Spelling::file(segment, Form::Bytes);
        assert_eq!(
            (spelling.unmarked().as_str(), spelling.exact),
            (name, exact),
            "{segment}"
        );
    }

    #[test]
    fn a_name_stays_readable_and_becomes_safe() {
        check("a%20b.txt", "a b.txt", true);
        check("dcid.x", "dcid.x", true);
        check("Zo%C3%AB.txt", "Zoë.txt", true);
        check("Zoe%CC%88.txt", "Zoë.txt", false);
        check(".amlignore", ".amlignore", true);
        check("", "_", false);
        check("%2E", "_", false);
        check("%2E%2E", "__", false);
        check("..", "__", false);
        check("CON", "_CON", false);
        check("nul.tar.gz", "_nul.tar.gz", false);
        check("COM1.txt", "_COM1.txt", false);
        check("lpt%C2%B9", "_lpt¹", false);
        check("com", "com", true);
        check("com10", "com10", true);
        check("end.", "end_", false);
        check("end%20%20", "end__", false);
        check("end%C2%A0", "end_", false);
        check("%20x", "_x", false);
        check("a%0D%0Ab", "a__b", false);
        check("C%3A%5Cx", "C__x", false);
        check("a%2Fb", "a_b", false);
        check("50%25", "50_", false);
        check("%E2%80%AEgpj.exe", "_gpj.exe", false);
        check("%FF.bin", "_.bin", false);
        check("%zz", "_zz", false);
        check("x~0123456789abcdef", "x~0123456789abcdef", false);
        check(
            "x~0123456789ABCDEFxy.log",
            "x~0123456789ABCDEFxy.log",
            false,
        );
        check("x~12", "x~12", true);
        check("_LONG", "_LONG", false);
        check(
            "a.txt?version=2026-01-02T03%3A04",
            "a@version=2026-01-02T03_04.txt",
            false,
        );
    }

    #[test]
    fn a_record_is_a_json_file() {
        let name = |segment| Spelling::file(segment, Form::Json).unmarked();
        assert_eq!(name("run-1"), "run-1.json");
        assert_eq!(name("dcid.x"), "dcid.x.json");
        assert_eq!(name("a.JSON"), "a.JSON");
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_keeps_its_extension() {
        let spelling = Spelling::file(&format!("{}.parquet", "%C3%A9".repeat(200)), Form::Bytes);
        assert!(!spelling.exact);
        assert_eq!(spelling.unmarked(), format!("{}.parquet", "é".repeat(48)));
    }
}

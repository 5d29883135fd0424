//! The canonical name of an entry.
//!
//! A path is a list of segments, kept in its written form. Not here: which entries exist, and
//! patterns that name many.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The one name of an entry, such as `/blobs/azureml/ExperimentRun/dcid.x/logs/a%20b.txt`.
///
/// - It starts with `/`; segments are separated by `/` and hold the service's exact bytes.
/// - Bytes outside `A-Za-z0-9-._~` are percent-encoded with upper-case digits, so the text is ASCII
///   and equal paths are equal texts. No Unicode normalisation.
/// - Empty segments are kept. The segments `.` and `..` are written `%2E` and `%2E%2E`.
/// - A generation of an object follows a `?`: `?version=…`, `?snapshot=…` or `?deleted=…`.
///
/// Paths order as their texts do, so everything below a path is one contiguous range.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(Arc<str>);

/// Which state of an object a path means, when it is not the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation<'a> {
    /// A previous version that the service kept.
    Version(&'a str),
    /// A snapshot that somebody took.
    Snapshot(&'a str),
    /// A deleted state that the service still keeps.
    Deleted(&'a str),
}

/// Why a text is not a path.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    /// It does not start with a slash.
    #[error("a path starts with `/`: `{0}`")]
    NotAbsolute(String),
    /// It names nothing below the root.
    #[error("`/` alone names no entry")]
    Empty,
    /// A `%` without two hexadecimal digits.
    #[error("`%` wants two hexadecimal digits after it (write `%25` for the sign itself): `{0}`")]
    BadEscape(String),
    /// A byte that must be percent-encoded.
    #[error("`{found}` must be percent-encoded in `{path}`")]
    NotEncoded {
        /// The character.
        found: char,
        /// The text given.
        path: String,
    },
    /// What follows `?` is no generation.
    #[error("after `?` comes `version=`, `snapshot=` or `deleted=`: `{0}`")]
    BadGeneration(String),
    /// Longer than [`EntryPath::LENGTH_MAX`].
    #[error("a path has at most {max} bytes; this one has {found}", max = EntryPath::LENGTH_MAX)]
    TooLong {
        /// Bytes of the text given.
        found: usize,
    },
}

impl EntryPath {
    /// The most bytes a written path may have: three for each byte of the longest name a
    /// service allows (Azure Files: 2,048 characters of UTF-16, at most 6,144 bytes).
    pub const LENGTH_MAX: usize = 24 * 1024;

    /// Parses a path that may be written loosely: any character but `%`, `/` and `?` may stand for
    /// itself, and escapes may be in lower case. The result is canonical.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.len() > Self::LENGTH_MAX {
            return Err(PathError::TooLong { found: text.len() });
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(PathError::NotAbsolute(text.to_owned()));
        };
        let (names, generation) = match rest.split_once('?') {
            Some((names, generation)) => (names, Some(generation)),
            None => (rest, None),
        };
        if names.is_empty() {
            return Err(PathError::Empty);
        }
        // Most texts come from a service, or were told by us.
        if generation.is_none() && is_plain(text) {
            return Ok(Self(text.into()));
        }
        let mut written = String::with_capacity(text.len());
        for segment in names.split('/') {
            let bytes = decode(segment).ok_or_else(|| PathError::BadEscape(text.to_owned()))?;
            written.push('/');
            encode_into(&bytes, &mut written);
        }
        if let Some(generation) = generation {
            let (name, value) = generation
                .split_once('=')
                .filter(|(name, value)| GENERATIONS.contains(name) && !value.is_empty())
                .ok_or_else(|| PathError::BadGeneration(text.to_owned()))?;
            let value = decode(value).ok_or_else(|| PathError::BadEscape(text.to_owned()))?;
            written.push('?');
            written.push_str(name);
            written.push('=');
            encode_into(&value, &mut written);
        }
        Self::bounded(written)
    }

    /// Parses a path that must already be in its canonical form, as a plan or a guest gives it back.
    pub fn parse_canonical(text: &str) -> Result<Self, PathError> {
        let path = Self::parse(text)?;
        if path.as_str() == text {
            return Ok(path);
        }
        let found = text
            .chars()
            .zip(path.as_str().chars())
            .find_map(|(given, canonical)| (given != canonical).then_some(given))
            .unwrap_or('%');
        Err(PathError::NotEncoded {
            found,
            path: text.to_owned(),
        })
    }

    /// The path of these segments, each the exact bytes of a name.
    ///
    /// Fails when there is no segment, or only one empty one, or the text gets too long.
    pub fn of_segments<I, S>(segments: I) -> Result<Self, PathError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<[u8]>,
    {
        let mut written = String::new();
        for segment in segments {
            written.push('/');
            encode_into(segment.as_ref(), &mut written);
        }
        if written.len() <= 1 {
            return Err(PathError::Empty);
        }
        Self::bounded(written)
    }

    fn bounded(written: String) -> Result<Self, PathError> {
        if written.len() > Self::LENGTH_MAX {
            return Err(PathError::TooLong {
                found: written.len(),
            });
        }
        Ok(Self(written.into()))
    }

    /// This path with one more segment. Generations have nothing below them, so a generation is dropped.
    pub fn child(&self, segment: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let mut written = String::from(self.names());
        written.push('/');
        encode_into(segment.as_ref(), &mut written);
        Self::bounded(written)
    }

    /// The path of a generation of this object.
    pub fn generation_of(&self, generation: Generation<'_>) -> Result<Self, PathError> {
        let (name, value) = match generation {
            Generation::Version(value) => ("version", value),
            Generation::Snapshot(value) => ("snapshot", value),
            Generation::Deleted(value) => ("deleted", value),
        };
        let mut written = format!("{}?{name}=", self.names());
        encode_into(value.as_bytes(), &mut written);
        Self::bounded(written)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The canonical text, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The canonical text without a generation.
    fn names(&self) -> &str {
        let end = self.0.bytes().position(|byte| byte == b'?');
        &self.0[..end.unwrap_or(self.0.len())]
    }

    /// The segments as written, byte by byte, without a generation: they are ASCII.
    pub(crate) fn written_bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.names().as_bytes()[1..].split(|byte| *byte == b'/')
    }

    /// The segments as written, without a generation.
    pub fn written_segments(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.names()[1..].split('/')
    }

    /// The segments as the service's exact bytes.
    pub fn segments(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.written_segments()
            .map(|segment| decode(segment).expect("a canonical path has only whole escapes"))
    }

    /// The first segment: `runs`, `blobs`, `files`, …
    pub fn root(&self) -> &str {
        let rest = &self.0[1..];
        let end = rest.bytes().position(|byte| byte == b'/' || byte == b'?');
        &rest[..end.unwrap_or(rest.len())]
    }

    /// The last segment as text for a person: what is not UTF-8 is replaced.
    pub fn file_name(&self) -> String {
        let last = self.segments().last().unwrap_or_default();
        String::from_utf8_lossy(&last).into_owned()
    }

    /// Which generation this path means; none for the current state.
    pub fn generation(&self) -> Option<Generation<'_>> {
        let (name, value) = self.0.split_once('?')?.1.split_once('=')?;
        Some(match name {
            "version" => Generation::Version(value),
            "snapshot" => Generation::Snapshot(value),
            _ => Generation::Deleted(value),
        })
    }

    /// The path of the current state.
    pub fn current(&self) -> Self {
        Self(self.names().into())
    }

    /// Whether this path lies strictly below `other`, segment by segment.
    pub fn is_below(&self, other: &Self) -> bool {
        self.names()
            .strip_prefix(other.names())
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The path as authority compares it: letters folded where the service ignores case.
    ///
    /// Blob names are case-sensitive; container names are lower case anyway. Azure Files and the
    /// ids of Resource Manager ignore case. Folding only ever makes a hold or a grant cover names
    /// that the service may take for the same one.
    pub fn match_key(&self) -> Self {
        if ["blobs", "telemetry"].contains(&self.root()) || is_folded(&self.0) {
            return self.clone();
        }
        let mut written = String::with_capacity(self.0.len());
        for segment in self.written_segments() {
            written.push('/');
            written.push_str(&fold(segment));
        }
        if let Some((_, generation)) = self.0.split_once('?') {
            written.push('?');
            written.push_str(generation);
        }
        Self(written.into())
    }
}

const GENERATIONS: [&str; 3] = ["version", "snapshot", "deleted"];

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for EntryPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

/// Whether a byte stands for itself in a canonical text.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether this text, which begins with a slash, surely is canonical as it is: without escapes, and without a
/// segment that begins with a dot.
fn is_plain(text: &str) -> bool {
    let mut before = b'/';
    text.bytes().all(|byte| {
        let plain = byte == b'/' || (is_unreserved(byte) && !(byte == b'.' && before == b'/'));
        before = byte;
        plain
    })
}

/// Whether folding certainly leaves this canonical text as it is.
fn is_folded(written: &str) -> bool {
    // What is not ASCII is escaped.
    !written
        .bytes()
        .any(|byte| byte == b'%' || byte.is_ascii_uppercase())
}

/// A written segment with its letters folded: simple lower case where the name is UTF-8, ASCII elsewhere.
pub(crate) fn fold(written: &str) -> Cow<'_, str> {
    if is_folded(written) {
        return written.into();
    }
    let bytes = decode(written).expect("a canonical segment has only whole escapes");
    let folded = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => bytes.to_ascii_lowercase(),
    };
    let mut out = String::with_capacity(written.len());
    encode_into(&folded, &mut out);
    out.into()
}

/// Writes a segment in its canonical form.
pub(crate) fn encode_into(segment: &[u8], out: &mut String) {
    if segment == b"." || segment == b".." {
        segment.iter().for_each(|_| out.push_str("%2E"));
        return;
    }
    for &byte in segment {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
}

/// The bytes a written segment means; none when an escape is broken.
pub(crate) fn decode(written: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2)?;
            let high = char::from(digits[0]).to_digit(16)?;
            let low = char::from(digits[1]).to_digit(16)?;
            bytes.push((high * 16 + low) as u8);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(given: &str, expect: &str) {
        let path = EntryPath::parse(given).unwrap();
        assert_eq!(path.as_str(), expect);
        assert_eq!(EntryPath::parse_canonical(path.as_str()).unwrap(), path);
    }

    #[test]
    fn loose_text_becomes_canonical() {
        check("/runs/x", "/runs/x");
        check("/files/a b+c#d", "/files/a%20b%2Bc%23d");
        check("/files/a%2fb", "/files/a%2Fb");
        check("/files/%41", "/files/A");
        check("/files/é", "/files/%C3%A9");
        check("/files/./../x", "/files/%2E/%2E%2E/x");
        check("/blobs/c//x/", "/blobs/c//x/");
        check(
            "/blobs/c/x?version=2026-01-01T00:00:00Z",
            "/blobs/c/x?version=2026-01-01T00%3A00%3A00Z",
        );
    }

    #[test]
    fn broken_text_is_refused() {
        for (given, expect) in [
            ("runs/x", PathError::NotAbsolute("runs/x".into())),
            ("/", PathError::Empty),
            ("/files/%4", PathError::BadEscape("/files/%4".into())),
            ("/files/100%", PathError::BadEscape("/files/100%".into())),
            ("/files/a?b", PathError::BadGeneration("/files/a?b".into())),
            (
                "/files/a?version=",
                PathError::BadGeneration("/files/a?version=".into()),
            ),
        ] {
            assert_eq!(EntryPath::parse(given), Err(expect), "{given}");
        }
        assert!(matches!(
            EntryPath::parse(&format!("/{}", "a".repeat(30_000))),
            Err(PathError::TooLong { .. })
        ));
    }

    #[test]
    fn only_canonical_text_is_taken_back() {
        for given in [
            "/files/a b",
            "/files/%61",
            "/files/%c3%a9",
            "/files/..",
            "/files/a/./b",
        ] {
            assert!(EntryPath::parse_canonical(given).is_err(), "{given}");
        }
    }

    #[test]
    fn below_means_whole_segments() {
        let path = |text| EntryPath::parse(text).unwrap();
        assert!(path("/runs/a/metrics").is_below(&path("/runs/a")));
        assert!(!path("/runs/ab").is_below(&path("/runs/a")));
        assert!(!path("/runs/a").is_below(&path("/runs/a")));
    }

    #[test]
    fn match_keys_fold_where_the_service_does() {
        let key = |text| EntryPath::parse(text).unwrap().match_key().to_string();
        assert_eq!(key("/files/Code/Users/JANE"), "/files/code/users/jane");
        assert_eq!(key("/files/ÄRGER"), key("/files/ärger"));
        assert_eq!(key("/blobs/c/Name"), "/blobs/c/Name");
        assert_eq!(key("/files/%FFA"), "/files/%FFa");
    }

    proptest! {
        #[test]
        fn any_names_round_trip(names in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 1..6)) {
            prop_assume!(names.len() > 1 || !names[0].is_empty());
            let path = EntryPath::of_segments(&names).unwrap();
            prop_assert_eq!(path.segments().collect::<Vec<_>>(), names);
            prop_assert_eq!(EntryPath::parse_canonical(path.as_str()).unwrap(), path);
        }

        #[test]
        fn parsing_never_panics_and_is_idempotent(text in "\\PC*") {
            if let Ok(path) = EntryPath::parse(&text) {
                prop_assert_eq!(EntryPath::parse(path.as_str()).unwrap(), path);
            }
        }

        #[test]
        fn folding_is_idempotent(names in prop::collection::vec("\\PC{1,8}", 1..4)) {
            let key = EntryPath::of_segments(&names).unwrap().match_key();
            prop_assert_eq!(key.match_key().match_key(), key.match_key());
        }

        #[test]
        fn everything_below_is_one_range(name in "[a-z]{1,3}", others in prop::collection::vec("[a-z/.-]{1,6}", 0..40)) {
            let root = EntryPath::of_segments([&name]).unwrap();
            let mut paths: Vec<_> = others.iter().filter_map(|other| EntryPath::parse(&format!("/{other}")).ok()).collect();
            paths.sort();
            let inside: Vec<_> = paths.iter().map(|path| path.is_below(&root)).collect();
            let changes = inside.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert!(changes <= 2);
        }
    }
}

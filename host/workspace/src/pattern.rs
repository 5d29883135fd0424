//! A pattern names many entries: for choosing them, and for saying who may touch them.
//!
//! Two ways to match, and they are never mixed: *choosing* compares exact names
//! ([`Pattern::matches`]); *authority* compares match keys, which fold letters where the service
//! ignores case ([`Pattern::governs`] and its kin).

use std::borrow::Cow;
use std::fmt;

use crate::path::{decode, encode_into, fold};
use crate::{EntryPath, PathError};

/// Segments of names in which `*` stands for any text, or `**` for any number of whole segments.
///
/// `/runs/old-*`, `/files/**/*.log`, `/**`. A literal `*` is written `%2A`; other characters may be
/// written as they are or percent-encoded. A generation is governed by what governs its object.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: Box<str>,
    exact: Box<[Segment]>,
    folded: Box<[Segment]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    /// `**`: any number of segments, none included.
    Any,
    /// The literal parts of a name, with a `*` between each two.
    Name(Box<[Box<[u8]>]>),
}

/// Why a text is not a pattern.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PatternError {
    /// It breaks a rule of paths.
    #[error(transparent)]
    Path(#[from] PathError),
    /// `**` beside other characters.
    #[error("`**` stands alone between slashes: `{0}`")]
    PartialAny(String),
    /// More segments than a pattern may have.
    #[error("a pattern has at most {max} segments: `{0}`", max = Pattern::SEGMENTS_MAX)]
    TooManySegments(String),
}

impl Pattern {
    /// The most segments a pattern may have, so that matching is a few operations on one word.
    pub const SEGMENTS_MAX: usize = 63;

    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > EntryPath::LENGTH_MAX {
            return Err(PathError::TooLong { found: text.len() }.into());
        }
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| PathError::NotAbsolute(text.to_owned()))?;
        if rest.is_empty() {
            return Err(PathError::Empty.into());
        }
        let mut written = String::with_capacity(text.len());
        let mut exact = Vec::new();
        for segment in rest.split('/') {
            written.push('/');
            if segment == "**" {
                written.push_str(segment);
                exact.push(Segment::Any);
                continue;
            }
            if segment.contains("**") {
                return Err(PatternError::PartialAny(text.to_owned()));
            }
            let mut parts = Vec::new();
            let whole = !segment.contains('*');
            for (index, part) in segment.split('*').enumerate() {
                let bytes = decode(part).ok_or_else(|| PathError::BadEscape(text.to_owned()))?;
                if index > 0 {
                    written.push('*');
                }
                if whole {
                    encode_into(&bytes, &mut written);
                } else {
                    // A lone `.` beside a `*` is not the segment `.`: written as it is.
                    bytes.iter().for_each(|byte| match byte {
                        b'.' => written.push('.'),
                        other => encode_into(&[*other], &mut written),
                    });
                }
                parts.push(bytes.into_boxed_slice());
            }
            exact.push(Segment::Name(parts.into()));
        }
        if exact.len() > Self::SEGMENTS_MAX {
            return Err(PatternError::TooManySegments(text.to_owned()));
        }
        Ok(Self {
            text: written.into(),
            folded: exact.iter().map(Segment::folded).collect(),
            exact: exact.into(),
        })
    }

    /// The pattern that names exactly this entry. Fails only for a path with too many segments.
    pub fn exactly(path: &EntryPath) -> Result<Self, PatternError> {
        Self::parse(path.current().as_str())
    }

    /// The pattern that names everything below this entry, and the entry itself.
    pub fn at_and_below(path: &EntryPath) -> Result<Self, PatternError> {
        Self::parse(&format!("{}/**", path.current()))
    }

    /// The pattern that names everything.
    pub fn everything() -> Self {
        Self::parse("/**").expect("a constant")
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern chooses this path: exact names.
    pub fn matches(&self, path: &EntryPath) -> bool {
        accepts(&self.exact, path.written_bytes(), false)
    }

    /// Whether authority given to the pattern holds for this path: match keys.
    pub fn governs(&self, path: &EntryPath) -> bool {
        let fold = folds_path(path);
        accepts(self.folded_for(fold), path.written_bytes(), fold)
    }

    /// Whether authority given to the pattern holds for everything below `path`, whatever it is.
    /// May say no where a closer look would say yes, never the reverse.
    pub fn governs_all_below(&self, path: &EntryPath) -> bool {
        let fold = folds_path(path);
        let segments = self.folded_for(fold);
        let states = run(segments, path.written_bytes(), fold);
        // Only a trailing `**` takes whatever comes.
        matches!(segments.last(), Some(Segment::Any)) && states & (1 << (segments.len() - 1)) != 0
    }

    /// Whether anything at or below `path` could be governed by the pattern.
    /// May say yes where a closer look would say no, never the reverse.
    pub fn may_govern_below(&self, path: &EntryPath) -> bool {
        let fold = folds_path(path);
        run(self.folded_for(fold), path.written_bytes(), fold) != 0
    }

    /// Whether anything at or below `path` could be chosen by the pattern.
    /// May say yes where a closer look would say no, never the reverse.
    pub fn may_match_below(&self, path: &EntryPath) -> bool {
        run(&self.exact, path.written_bytes(), false) != 0
    }

    /// Whether authority given to the pattern holds for everything that `chosen` chooses.
    /// May say no where a closer look would say yes, never the reverse.
    pub fn governs_all_of(&self, chosen: &Self) -> bool {
        let (head, is_open) = match self.exact.split_last() {
            Some((Segment::Any, head)) => (head, true),
            _ => (&*self.exact, false),
        };
        let is_long_enough = match is_open {
            true => chosen.exact.len() >= head.len(),
            false => chosen.exact.len() == head.len(),
        };
        let takes_all = |(wide, narrow): (&Segment, &Segment)| {
            wide == narrow || (wide.takes_any_name() && *narrow != Segment::Any)
        };
        is_long_enough && head.iter().zip(&chosen.exact).all(takes_all)
    }

    /// The leading segments without a wildcard: every match lies at or below them.
    pub fn literal_prefix(&self) -> Vec<Vec<u8>> {
        self.exact
            .iter()
            .map_while(Segment::literal)
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// The one path this pattern names, if it has no wildcard.
    pub fn as_path(&self) -> Option<EntryPath> {
        let prefix = self.literal_prefix();
        (prefix.len() == self.exact.len()).then(|| EntryPath::of_segments(prefix).ok())?
    }

    /// The segments to compare with paths that fold, or do not. A pattern such as `/**` or `/*/x`
    /// governs both sorts of places.
    fn folded_for(&self, fold: bool) -> &[Segment] {
        match fold {
            true => &self.folded,
            false => &self.exact,
        }
    }
}

impl Segment {
    fn literal(&self) -> Option<&[u8]> {
        match self {
            Self::Name(parts) if parts.len() == 1 => Some(&parts[0]),
            Self::Name(_) | Self::Any => None,
        }
    }

    /// Whether it is `*`.
    fn takes_any_name(&self) -> bool {
        matches!(self, Self::Name(parts) if parts.len() == 2 && parts.iter().all(|part| part.is_empty()))
    }

    fn folded(&self) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::Name(parts) => Self::Name(
                parts
                    .iter()
                    .map(|part| {
                        let mut written = String::new();
                        encode_into(part, &mut written);
                        decode(&fold(&written))
                            .expect("folding writes whole escapes")
                            .into_boxed_slice()
                    })
                    .collect(),
            ),
        }
    }

    fn takes(&self, name: &[u8]) -> bool {
        let Self::Name(parts) = self else { return true };
        if self.takes_any_name() {
            return true;
        }
        let (first, rest) = parts
            .split_first()
            .expect("splitting yields at least one part");
        let Some((last, middle)) = rest.split_last() else {
            return name == &**first;
        };
        let Some(mut left) = name
            .strip_prefix(&**first)
            .and_then(|left| left.strip_suffix(&**last))
        else {
            return false;
        };
        // Leftmost is best: a later place leaves less for the parts that follow.
        for part in middle.iter().filter(|part| !part.is_empty()) {
            match left
                .windows(part.len())
                .position(|window| window == &**part)
            {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

fn folds_path(path: &EntryPath) -> bool {
    !["blobs", "telemetry"].contains(&path.root())
}

/// Runs the names through the pattern; bit *i* of the answer: the first *i* segments have been used up.
fn run<'a>(segments: &[Segment], names: impl Iterator<Item = &'a [u8]>, folded: bool) -> u64 {
    let close = |mut states: u64| {
        for (index, segment) in segments.iter().enumerate() {
            if states & (1 << index) != 0 && *segment == Segment::Any {
                states |= 1 << (index + 1);
            }
        }
        states
    };
    let mut states = close(1);
    for written in names {
        let name = name_of(written, folded);
        let mut next = 0;
        for (index, segment) in segments.iter().enumerate() {
            if states & (1 << index) == 0 {
                continue;
            }
            match segment {
                Segment::Any => next |= 1 << index,
                Segment::Name(_) if segment.takes(&name) => next |= 1 << (index + 1),
                Segment::Name(_) => {}
            }
        }
        states = close(next);
        if states == 0 {
            return 0;
        }
    }
    states
}

/// The bytes that a written segment means, folded or not.
fn name_of(written: &[u8], folded: bool) -> Cow<'_, [u8]> {
    let is_plain = |byte: &u8| *byte != b'%' && !(folded && byte.is_ascii_uppercase());
    if written.iter().all(is_plain) {
        return written.into();
    }
    let text = std::str::from_utf8(written).expect("a canonical path is ASCII");
    let text = match folded {
        true => fold(text),
        false => text.into(),
    };
    decode(&text)
        .expect("a canonical segment has only whole escapes")
        .into()
}

fn accepts<'a>(segments: &[Segment], names: impl Iterator<Item = &'a [u8]>, folded: bool) -> bool {
    run(segments, names, folded) & (1 << segments.len()) != 0
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn path(text: &str) -> EntryPath {
        EntryPath::parse(text).unwrap()
    }

    #[test]
    fn matching() {
        for (given, takes, leaves) in [
            (
                "/runs/*",
                &["/runs/a", "/runs/a.b"][..],
                &["/runs/a/metrics", "/run/a"][..],
            ),
            (
                "/runs/old-*",
                &["/runs/old-", "/runs/old-1"],
                &["/runs/bold-1", "/runs/old"],
            ),
            (
                "/files/**/*.log",
                &["/files/a.log", "/files/x/y/b.log"],
                &["/files/a.txt", "/blobs/a.log"],
            ),
            ("/**", &["/runs/a", "/files/a/b"], &[]),
            (
                "/**/logs/**",
                &["/logs", "/a/logs", "/a/logs/b/c"],
                &["/a/log/b"],
            ),
            (
                "/files/a*b*c",
                &["/files/abc", "/files/a-b-b-c"],
                &["/files/acb", "/files/ab", "/files/bac"],
            ),
            ("/files/aa*aa", &["/files/aaaa"], &["/files/aaa"]),
            ("/files/%2A", &["/files/%2A"], &["/files/x"]),
            ("/files/*%A9", &["/files/%C3%A9"], &["/files/A9"]),
            ("/files/*A9", &["/files/xA9"], &["/files/%C3%A9"]),
            ("/blobs/c//x", &["/blobs/c//x"], &["/blobs/c/x"]),
        ] {
            for text in takes {
                assert!(pattern(given).matches(&path(text)), "{given} takes {text}");
            }
            for text in leaves {
                assert!(
                    !pattern(given).matches(&path(text)),
                    "{given} leaves {text}"
                );
            }
        }
    }

    #[test]
    fn choosing_is_exact_and_authority_folds() {
        let files = pattern("/files/code/Users/Jane/**");
        assert!(!files.matches(&path("/files/code/users/JANE/a")));
        assert!(files.governs(&path("/files/code/users/JANE/a")));
        assert!(!pattern("/blobs/c/Jane").governs(&path("/blobs/c/jane")));
        assert!(pattern("/*/Jane").governs(&path("/files/jane")));
        assert!(!pattern("/*/*/Jane").governs(&path("/blobs/c/jane")));
    }

    #[test]
    fn a_generation_is_governed_with_its_object() {
        assert!(pattern("/blobs/c/x").governs(&path("/blobs/c/x?version=1")));
    }

    #[test]
    fn below() {
        assert!(pattern("/blobs/c/**").governs_all_below(&path("/blobs/c")));
        assert!(pattern("/blobs/c/**").governs_all_below(&path("/blobs/c/d")));
        assert!(!pattern("/blobs/c/*").governs_all_below(&path("/blobs/c")));
        assert!(!pattern("/blobs/c/d/**").governs_all_below(&path("/blobs/c")));
        assert!(pattern("/blobs/c/d/x").may_govern_below(&path("/blobs/c")));
        assert!(pattern("/blobs/c/d/x").may_govern_below(&path("/blobs/c/d/x")));
        assert!(!pattern("/blobs/c/d/x").may_govern_below(&path("/blobs/e")));
        assert!(!pattern("/runs/*").may_match_below(&path("/runs/a/metrics")));
    }

    #[test]
    fn broken_text_is_refused() {
        assert_eq!(
            Pattern::parse("/a**/b"),
            Err(PatternError::PartialAny("/a**/b".into()))
        );
        assert!(matches!(
            Pattern::parse("runs/*"),
            Err(PatternError::Path(PathError::NotAbsolute(_)))
        ));
        assert!(matches!(
            Pattern::parse(&"/a".repeat(64)),
            Err(PatternError::TooManySegments(_))
        ));
    }

    #[test]
    fn literal_prefixes() {
        assert_eq!(
            pattern("/blobs/c/*/d").literal_prefix(),
            [b"blobs".to_vec(), b"c".to_vec()]
        );
        assert_eq!(pattern("/runs/a b").as_path(), Some(path("/runs/a%20b")));
        assert_eq!(pattern("/runs/*").as_path(), None);
    }

    #[test]
    fn one_pattern_holds_another() {
        for (wide, narrow, expect) in [
            ("/**", "/runs/*", true),
            ("/**", "/**", true),
            ("/runs/**", "/runs/*", true),
            ("/runs/**", "/runs/old-*/metrics", true),
            ("/runs/**", "/runs", true),
            ("/runs/*", "/runs/old-*", true),
            ("/runs/*", "/runs/**", false),
            ("/runs/*", "/runs/x/metrics", false),
            ("/runs/old-*", "/runs/*", false),
            ("/runs/**", "/**", false),
            ("/*/x", "/runs/x", true),
            ("/*/x", "/**/x", false),
            ("/**/x", "/**/x", true),
        ] {
            assert_eq!(
                pattern(wide).governs_all_of(&pattern(narrow)),
                expect,
                "{wide} {narrow}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_path_names_itself(names in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..8), 1..6)) {
            let path = EntryPath::of_segments(&names).unwrap();
            let pattern = Pattern::exactly(&path).unwrap();
            prop_assert!(pattern.matches(&path) && pattern.governs(&path));
            prop_assert_eq!(pattern.as_path(), Some(path));
        }

        #[test]
        fn authority_covers_at_least_what_is_chosen(
            names in prop::collection::vec("[aAbB.*%é]{1,4}", 1..5),
            globs in prop::collection::vec("[aAbB*é]{1,3}", 1..5),
        ) {
            let path = EntryPath::of_segments(&names).unwrap();
            if let Ok(pattern) = Pattern::parse(&format!("/{}", globs.join("/"))) {
                prop_assert!(!pattern.matches(&path) || pattern.governs(&path));
                prop_assert!(!pattern.governs(&path) || pattern.may_govern_below(&path));
                prop_assert_eq!(Pattern::parse(pattern.as_str()).unwrap(), pattern);
            }
        }

        #[test]
        fn what_governs_all_of_a_pattern_governs_each(
            wide in prop::collection::vec(prop_oneof![Just("**"), Just("*"), Just("a"), Just("A"), Just("a*")], 1..4),
            narrow in prop::collection::vec(prop_oneof![Just("**"), Just("*"), Just("a"), Just("A"), Just("a*")], 1..4),
            names in prop::collection::vec("[aAb]{1,2}", 1..4),
        ) {
            let [wide, narrow] = [wide, narrow].map(|globs| pattern(&format!("/{}", globs.join("/"))));
            let path = EntryPath::of_segments(&names).unwrap();
            prop_assert!(!wide.governs_all_of(&narrow) || !narrow.matches(&path) || wide.governs(&path));
        }

        #[test]
        fn what_governs_all_below_governs_each(
            above in prop::collection::vec("[ab]", 1..4), below in prop::collection::vec("[ab]", 1..4),
            globs in prop::collection::vec(prop_oneof![Just("**"), Just("*"), Just("a"), Just("b")], 1..5),
        ) {
            let pattern = Pattern::parse(&format!("/{}", globs.join("/"))).unwrap();
            let top = EntryPath::of_segments(&above).unwrap();
            let under = EntryPath::of_segments(above.iter().chain(&below)).unwrap();
            prop_assert!(!pattern.governs_all_below(&top) || pattern.governs(&under));
            prop_assert!(!pattern.governs(&under) || pattern.may_govern_below(&top));
        }
    }
}

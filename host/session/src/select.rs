//! What to look for.

use remit_workspace::{Entry, Kind, Millis, Pattern, layout};

use crate::scope::{excerpt, invalid, parsed};
use crate::{Code, Failure};

/// Conditions on entries, as a guest states them. Every one must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Which paths.
    pub pattern: String,
    /// Only entries of this kind.
    pub kind: Option<String>,
    /// Only entries last modified (or, where that is unknown, created) more than so many milliseconds ago.
    pub older_than_ms: Option<u64>,
    /// Only entries whose property of this name matches this pattern, in which `*` stands for any text.
    /// Needs the right to read.
    pub properties: Vec<(String, String)>,
}

impl Selector {
    /// Everything that matches the pattern.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            ..Self::default()
        }
    }
}

/// A selector that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    /// As it was written.
    pub(crate) pattern: Pattern,
    /// What it means in the workspace: any of these.
    meant: Vec<Pattern>,
    kind: Option<Kind>,
    before: Option<Millis>,
    properties: Vec<(String, String)>,
}

/// Each is a text that is kept and compared with every entry.
const PROPERTIES_MAX: usize = 16;
const PROPERTY_BYTES_MAX: usize = 1024;

impl Conditions {
    pub(crate) fn parse(what: &Selector, now: Millis) -> Result<Self, Failure> {
        let kind = match &what.kind {
            Some(kind) => Some(
                Kind::parse(kind)
                    .ok_or_else(|| invalid(format!("there is no kind `{}`", excerpt(kind))))?,
            ),
            None => None,
        };
        let long =
            |(name, pattern): &(String, String)| name.len() + pattern.len() > PROPERTY_BYTES_MAX;
        if what.properties.len() > PROPERTIES_MAX || what.properties.iter().any(long) {
            return Err(Failure::new(
                Code::Limit,
                "too many conditions on properties, or too long ones",
            ));
        }
        let pattern = parsed(&what.pattern)?;
        let age = what
            .older_than_ms
            .map(|age| Millis::try_from(age).unwrap_or(Millis::MAX));
        Ok(Self {
            meant: layout::resolve(&pattern),
            pattern,
            kind,
            before: age.map(|age| now.saturating_sub(age)),
            properties: what.properties.clone(),
        })
    }

    /// What the pattern means in the workspace that is listed.
    pub(crate) fn mean(&mut self, patterns: Vec<Pattern>) {
        self.meant = patterns;
    }

    /// Which paths are meant: any of these.
    pub(crate) fn meant(&self) -> &[Pattern] {
        &self.meant
    }

    /// Whether the conditions look at properties.
    pub(crate) fn need_reading(&self) -> bool {
        !self.properties.is_empty()
    }

    /// Whether they hold. The entry still has its properties.
    pub(crate) fn hold(&self, entry: &Entry) -> bool {
        let old = |before| {
            entry
                .modified
                .or(entry.created)
                .is_some_and(|changed| changed < before)
        };
        let has = |(name, pattern): &(String, String)| {
            entry
                .properties
                .get(name)
                .is_some_and(|value| text_matches(pattern, value))
        };
        self.meant
            .iter()
            .any(|pattern| pattern.matches(&entry.path))
            && self.kind.is_none_or(|kind| entry.kind == kind)
            && self.before.is_none_or(old)
            && self.properties.iter().all(has)
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
fn text_matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    // Leftmost is best: a later place leaves less for the parts that follow.
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match() {
        for (pattern, text, expect) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("*b*b*", "ab", false),
            ("**", "x", true),
        ] {
            assert_eq!(text_matches(pattern, text), expect, "{pattern} {text}");
        }
    }
}

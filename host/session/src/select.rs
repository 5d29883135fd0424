//! What to look for.

use remit_workspace::{Entry, Kind, Millis, Pattern, Wanted, layout};

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
    pub(crate) wanted: Wanted,
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
            wanted: Wanted {
                kind,
                before: age.map(|age| now.saturating_sub(age)),
                properties: what.properties.clone(),
            },
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
        !self.wanted.properties.is_empty()
    }

    /// Whether they hold. The entry still has its properties.
    pub(crate) fn hold(&self, entry: &Entry) -> bool {
        self.meant
            .iter()
            .any(|pattern| pattern.matches(&entry.path))
            && self.wanted.holds(entry)
    }
}

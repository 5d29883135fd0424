//! What is looked for besides a pattern: conditions on entries, every one of which must hold.

use crate::{Entry, Kind, Millis};

/// Conditions on entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only entries of this kind.
    pub kind: Option<Kind>,
    /// Only entries last modified (or, where that is unknown, created) before this instant.
    pub before: Option<Millis>,
    /// Only entries whose property of this name matches this pattern, in which `*` stands for any text.
    pub properties: Vec<(String, String)>,
}

impl Wanted {
    /// Whether an entry, with its properties, is looked for.
    pub fn holds(&self, entry: &Entry) -> bool {
        let old = |before| {
            entry
                .modified
                .or(entry.created)
                .is_some_and(|changed| changed < before)
        };
        let has = |(name, pattern): &(String, String)| {
            let value = entry.properties.get(name);
            value.is_some_and(|value| text_matches(pattern, value))
        };
        self.may_be(entry.kind) && self.before.is_none_or(old) && self.properties.iter().all(has)
    }

    /// Whether anything of this kind may be looked for.
    pub fn may_be(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }

    /// The one value that a property must have; none where it may have several, or any.
    pub fn exactly(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(wanted, pattern)| wanted == name && !pattern.contains('*'))
            .map(|(_, value)| value.as_str())
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

    #[test]
    fn one_value_is_one_without_a_star() {
        let wanted = Wanted {
            properties: [("a", "x*"), ("a", "y"), ("b", "*")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Wanted::default()
        };
        assert_eq!(wanted.exactly("a"), Some("y"));
        assert_eq!((wanted.exactly("b"), wanted.exactly("c")), (None, None));
    }
}

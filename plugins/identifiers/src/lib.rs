//! One person's identifiers, and where they stand in a text: in any letter case, URL- or
//! JSON-escaped, GUIDs with and without dashes, telephone numbers with any separators, and in
//! UTF-16 without a mark. What was not given is not looked for.
//!
//! A crate of its own because a scanner and a workflow need it, and a component cannot be built of
//! two guests.

mod filter;
mod needle;
mod text;

use remit_guest::{Failure, params};

use filter::{Filter, in_groups};
pub use needle::{CHARACTERS_MAX, Kind, Needle, Unfit, spellings};
pub use text::Form;
use text::{character, fold_first};

/// Bytes before a position that the decision on it looks at: an escaped character and one more.
pub const BEFORE: usize = 32;

/// Bytes that spell one character at most: `%XX` four times, or a pair of deep `\uXXXX`.
const SPELLING_MAX: usize = 28;

/// Everything that is looked for.
pub struct Identifiers {
    needles: Vec<Needle>,
    /// What each of them begins with.
    firsts: Vec<char>,
    filter: Filter,
    after: usize,
}

/// What was found: where, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Which identifier it is.
    pub kind: Kind,
}

impl Identifiers {
    /// Prepares the search for these needles.
    pub fn new(needles: Vec<Needle>) -> Self {
        let longest = needles.iter().map(|needle| {
            let extra = |token: &needle::Token| match token {
                needle::Token::Tag => 66,
                needle::Token::Gap | needle::Token::Loose => 3,
                needle::Token::Character(_) | needle::Token::Dash => 1,
            };
            needle.tokens.iter().map(extra).sum::<usize>()
        });
        // Two more: what follows the needle, and half of a pair.
        let after = (longest.max().unwrap_or(0) + 2) * SPELLING_MAX;
        Self {
            firsts: needles.iter().map(Needle::first).collect(),
            filter: Filter::new(&needles),
            needles,
            after,
        }
    }

    /// Takes the identifiers from the operator's parameters, which have the names of the kinds.
    pub fn of_params() -> Result<Self, Failure> {
        Self::of_params_of(&Kind::ALL).and_then(|all| match all.needles.is_empty() {
            true => Err("no parameter says who is looked for".into()),
            false => Ok(all),
        })
    }

    /// Takes the identifiers of these kinds only, which may be none.
    pub fn of_params_of(kinds: &[Kind]) -> Result<Self, Failure> {
        let mut needles = Vec::new();
        for &kind in kinds {
            for value in params::many(kind.rule()) {
                let why = |unfit| match unfit {
                    Unfit::TooShort => "too short: it would be found everywhere".to_owned(),
                    Unfit::TooLong => format!("longer than {CHARACTERS_MAX} characters"),
                };
                needles.extend(spellings(kind, &value).map_err(|unfit| {
                    format!(
                        "a value of the parameter `{}` is {}",
                        kind.rule(),
                        why(unfit)
                    )
                })?);
            }
        }
        Ok(Self::new(needles))
    }

    /// Returns how many bytes after a position the decision on it may look at.
    pub fn after(&self) -> usize {
        self.after
    }

    /// Whether the text is one of the identifiers and nothing else.
    pub fn is(&self, text: &str) -> bool {
        let text = text.trim();
        !text.is_empty()
            && self
                .first(text)
                .is_some_and(|hit| hit.start == 0 && hit.end == text.len())
    }

    /// Whether one of the identifiers stands in the text.
    pub fn are_in(&self, text: &str) -> bool {
        self.first(text).is_some()
    }

    fn first(&self, text: &str) -> Option<Hit> {
        let mut first = None;
        let found = self.find(text.as_bytes(), 0, text.len(), 0, |hit| {
            first.get_or_insert(hit);
            Ok(())
        });
        debug_assert!(found.is_ok(), "keeping the first does not fail");
        first
    }

    /// Asks every needle at every position, in every form: what the short cuts must not change.
    #[doc(hidden)]
    pub fn find_slowly(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let mut longest: Option<Hit> = None;
            for form in [Form::Escaped, Form::Utf16Le, Form::Utf16Be] {
                // Escaped text goes first; so does the first of several needles that are as long.
                if longest.is_some() {
                    break;
                }
                for needle in &self.needles {
                    if let Some(end) = needle.end_at(bytes, at, form)
                        && longest.is_none_or(|hit| hit.end < end)
                        && (form == Form::Escaped || has_zero(bytes, at, end))
                    {
                        let (start, kind) = (at, needle.kind);
                        longest = Some(Hit { start, end, kind });
                    }
                }
            }
            at = longest.map_or(at + 1, |hit| hit.end);
            hits.extend(longest);
        }
        hits
    }

    /// Finds the needles that begin from `start` to `end` of `bytes`, the longest at each place,
    /// without overlap and not before `covered`.
    pub fn find(
        &self,
        bytes: &[u8],
        start: usize,
        end: usize,
        covered: usize,
        mut found: impl FnMut(Hit) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // Without a zero in sight there is none at any place either.
        let wide = memchr::memchr(0, bytes).is_some();
        let mut at = start.max(covered);
        while at < end {
            if !wide {
                at = self.filter.next(bytes, at, end);
                if at == end {
                    break;
                }
            }
            let hit = self
                .text_at(bytes, at)
                .or_else(|| wide.then(|| self.wide_at(bytes, at)).flatten());
            match hit {
                Some(hit) => {
                    found(hit)?;
                    at = hit.end;
                }
                None => at += 1,
            }
        }
        Ok(())
    }

    fn text_at(&self, bytes: &[u8], at: usize) -> Option<Hit> {
        let groups = match bytes.get(at..at + 3) {
            Some(three) => self.filter.groups(three[0], three[1], three[2]),
            // The last two bytes: cheaper to look than to reason.
            None => u8::MAX,
        };
        (groups != 0)
            .then(|| self.longest(bytes, at, Form::Escaped, groups))
            .flatten()
    }

    fn wide_at(&self, bytes: &[u8], at: usize) -> Option<Hit> {
        [Form::Utf16Le, Form::Utf16Be]
            .into_iter()
            .find_map(|form| self.longest(bytes, at, form, u8::MAX))
    }

    fn longest(&self, bytes: &[u8], at: usize, form: Form, groups: u8) -> Option<Hit> {
        let (first, _) = character(bytes, at, form)?;
        let first = fold_first(first);
        let mut longest: Option<Hit> = None;
        for (n, needle) in self.needles.iter().enumerate() {
            if self.firsts[n] == first
                && in_groups(groups, n)
                && let Some(end) = needle.end_at(bytes, at, form)
                && longest.is_none_or(|hit| hit.end < end)
                && (form == Form::Escaped || has_zero(bytes, at, end))
            {
                longest = Some(Hit {
                    start: at,
                    end,
                    kind: needle.kind,
                });
            }
        }
        longest
    }
}

/// UTF-16 has zeros wherever it has a space, a digit or a Latin letter. Asked of the very place, so
/// that the answer is the same in any chunks.
fn has_zero(bytes: &[u8], start: usize, end: usize) -> bool {
    let around = start.saturating_sub(2)..bytes.len().min(end + 2);
    bytes[around].contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane() -> Identifiers {
        let given = [
            (Kind::Email, "jane@example.com"),
            (Kind::ObjectId, "0f8fad5b-d9cb-469f-a165-70867728950e"),
            (Kind::Alias, "jane"),
            (Kind::Name, "Jane Roe"),
        ];
        let needles = given
            .into_iter()
            .flat_map(|(kind, value)| spellings(kind, value).expect("an identifier that is fit"));
        Identifiers::new(needles.collect())
    }

    #[test]
    fn a_text_is_the_person_only_as_a_whole() {
        for text in [
            "Jane@Example.com",
            "jane",
            " Roe, Jane ",
            "0F8FAD5BD9CB469FA16570867728950E",
            "jane%40example.com",
        ] {
            assert!(jane().is(text), "{text}");
        }
        for text in ["", "jane@example.com, joe@example.com", "janet", "the jane"] {
            assert!(!jane().is(text), "{text}");
        }
        assert!(jane().are_in("/files/code/Users/jane/a.py"));
        assert!(!jane().are_in("/files/code/Users/janet/a.py"));
    }
}

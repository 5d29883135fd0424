//! Finds one person's identifiers, however they are written: in any letter case, URL- or
//! JSON-escaped, GUIDs with and without dashes, telephone numbers with any separators, and in
//! UTF-16 without a mark. It does not guess: what was not given is not looked for.

mod filter;
mod needle;
mod text;

use remit_guest::{Content, Entry, Failure, Findings, Scanner, params};

use filter::{Filter, in_groups};
pub use needle::{CHARACTERS_MAX, Kind, Needle, Unfit, spellings};
pub use text::{Form, character, character_before, fold};

/// Bytes before a position that the decision on it looks at: an escaped character and one more.
const BEFORE: usize = 32;

/// Bytes that spell one character at most: `%XX` four times, or a pair of deep `\uXXXX`.
const SPELLING_MAX: usize = 28;

/// Everything that is looked for.
pub struct Subject {
    needles: Vec<Needle>,
    text: Filter,
    wide: Filter,
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

impl Subject {
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
            text: Filter::of_text(&needles),
            wide: Filter::of_wide(&needles),
            needles,
            after,
        }
    }

    /// Takes the needles from the operator's parameters.
    pub fn of_params() -> Result<Self, Failure> {
        let mut needles = Vec::new();
        for kind in Kind::ALL {
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
        if needles.is_empty() {
            return Err("no parameter says who is looked for".into());
        }
        Ok(Self::new(needles))
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
                at = self.text.next(bytes, at, end);
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
            Some(three) => self.text.groups(three[0], three[1], three[2]),
            // The last two bytes: cheaper to look than to reason.
            None => u8::MAX,
        };
        (groups != 0)
            .then(|| self.longest(bytes, at, Form::Escaped, groups))
            .flatten()
    }

    fn wide_at(&self, bytes: &[u8], at: usize) -> Option<Hit> {
        [(Form::Utf16Le, 0), (Form::Utf16Be, 1)]
            .into_iter()
            .find_map(|(form, low)| {
                let byte = |n: usize| bytes.get(at + low + n).copied();
                let groups = match (byte(0), byte(2), byte(4)) {
                    (Some(a), Some(b), Some(c)) => self.wide.groups(a, b, c),
                    _ => u8::MAX,
                };
                (groups != 0)
                    .then(|| self.longest(bytes, at, form, groups))
                    .flatten()
            })
    }

    fn longest(&self, bytes: &[u8], at: usize, form: Form, groups: u8) -> Option<Hit> {
        let mut longest: Option<Hit> = None;
        for (n, needle) in self.needles.iter().enumerate() {
            if in_groups(groups, n)
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

struct SubjectScanner;

impl Scanner for SubjectScanner {
    fn scan(_: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        let subject = Subject::of_params()?;
        let mut covered = 0;
        while let Some(window) = content.next_window(BEFORE, subject.after)? {
            let done =
                usize::try_from(u64::saturating_sub(covered, window.offset)).unwrap_or(usize::MAX);
            subject.find(window.bytes, window.start, window.end, done, |hit| {
                covered = window.offset + hit.end as u64;
                let start = window.offset + hit.start as u64;
                found.report(start, hit.end - hit.start, hit.kind.rule())
            })?;
        }
        Ok(())
    }
}

remit_guest::scanner!(SubjectScanner);

#[cfg(test)]
mod tests;

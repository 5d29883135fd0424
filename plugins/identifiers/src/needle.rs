//! What is looked for: identifiers as patterns, and whether one stands at a position.

use crate::text::{Form, character, character_before, fold};

/// The longest identifier that is taken, in characters.
pub const CHARACTERS_MAX: usize = 200;

/// A kind of identifier; the finding's rule and the parameter have its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// An id in the directory, as a rule a GUID.
    ObjectId,
    /// A user name.
    UserName,
    /// A short name.
    Alias,
    /// A telephone number.
    Phone,
    /// A person's name.
    Name,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Email,
        Self::ObjectId,
        Self::UserName,
        Self::Alias,
        Self::Phone,
        Self::Name,
    ];

    /// Returns the name of the rule and of the parameter.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ObjectId => "object-id",
            Self::UserName => "user-name",
            Self::Alias => "alias",
            Self::Phone => "phone",
            Self::Name => "name",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character, case folded.
    Character(char),
    /// Between words: one to three of white space, `+`, `_`, `.`, `,` and `-`.
    Gap,
    /// Between the digits of a telephone number: up to three separators, or nothing.
    Loose,
    /// Between the groups of a GUID: a dash, or nothing.
    Dash,
    /// Before an `@`: `+tag`, or nothing. It is the same mailbox.
    Tag,
}

/// One spelling of an identifier.
#[derive(Debug, Clone)]
pub struct Needle {
    pub(crate) kind: Kind,
    pub(crate) tokens: Vec<Token>,
}

/// Why a value cannot be looked for. It never repeats the value, which is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing is left to look for, or it would be found everywhere.
    TooShort,
    /// Longer than [`CHARACTERS_MAX`].
    TooLong,
}

/// Returns the spellings of an identifier.
pub fn spellings(kind: Kind, value: &str) -> Result<Vec<Needle>, Unfit> {
    let value = value.trim();
    if value.chars().count() > CHARACTERS_MAX {
        return Err(Unfit::TooLong);
    }
    let all = match kind {
        Kind::Phone => phones(value)?,
        Kind::Name => names(value),
        Kind::ObjectId => vec![guid(value).unwrap_or_else(|| literal(value))],
        Kind::Email => vec![address(value)],
        Kind::UserName if value.contains('@') => vec![address(value)],
        Kind::UserName | Kind::Alias => vec![literal(value)],
    };
    // One letter would be found everywhere.
    if all.iter().any(|tokens| tokens.len() < 2) {
        return Err(Unfit::TooShort);
    }
    Ok(all
        .into_iter()
        .map(|tokens| Needle { kind, tokens })
        .collect())
}

fn literal(value: &str) -> Vec<Token> {
    value.chars().flat_map(fold).map(Token::Character).collect()
}

fn address(value: &str) -> Vec<Token> {
    let mut tokens = literal(value);
    let tagged = tokens.contains(&Token::Character('+'));
    if let Some(at) = tokens.iter().rposition(|t| *t == Token::Character('@'))
        && !tagged
    {
        tokens.insert(at, Token::Tag);
    }
    tokens
}

/// A GUID's groups have 8, 4, 4, 4 and 12 digits.
fn guid(value: &str) -> Option<Vec<Token>> {
    let digits: Vec<char> = value
        .chars()
        .filter(|c| !matches!(c, '-' | '{' | '}'))
        .collect();
    if digits.len() != 32 || !digits.iter().all(char::is_ascii_hexdigit) {
        return None;
    }
    let mut tokens = Vec::new();
    for (n, digit) in digits.into_iter().enumerate() {
        if matches!(n, 8 | 12 | 16 | 20) {
            tokens.push(Token::Dash);
        }
        tokens.push(Token::Character(digit.to_ascii_lowercase()));
    }
    Some(tokens)
}

fn names(value: &str) -> Vec<Vec<Token>> {
    let words: Vec<Vec<Token>> = value
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(literal)
        .collect();
    let forward = words.join(&Token::Gap);
    match words.split_last() {
        // "Doe, Jane Mary" besides "Jane Mary Doe".
        Some((last, rest @ [_, ..])) => {
            let mut turned = vec![last.clone()];
            turned.extend_from_slice(rest);
            vec![forward, turned.join(&Token::Gap)]
        }
        _ => vec![forward],
    }
}

/// Country codes of two digits; those of one are 1 and 7, all others have three.
const COUNTRY_CODES_OF_TWO: &[u8] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

fn phones(value: &str) -> Result<Vec<Vec<Token>>, Unfit> {
    let value = value.replace("(0)", "");
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 6 {
        return Err(Unfit::TooShort);
    }
    let international = if value.trim_start().starts_with('+') {
        Some(digits.as_str())
    } else {
        digits.strip_prefix("00")
    };
    let mut written = Vec::new();
    if let Some(number) = international {
        let length = match number.as_bytes() {
            [b'1' | b'7', ..] => 1,
            [a, b, ..] if COUNTRY_CODES_OF_TWO.contains(&((a - b'0') * 10 + (b - b'0'))) => 2,
            _ => 3,
        };
        let (country, rest) = number.split_at(length.min(number.len()));
        written.push(format!("+{number}"));
        written.push(format!("00{number}"));
        written.push(number.to_owned());
        written.push(format!("+{country}0{rest}"));
        if !matches!(country, "1" | "7") {
            written.push(format!("0{rest}"));
        } else if rest.len() >= 10 {
            written.push(rest.to_owned());
        }
    } else {
        written.push(digits.clone());
    }
    let spread = |digits: &String| -> Vec<Token> {
        let tokens = digits.chars().map(|digit| vec![Token::Character(digit)]);
        tokens.collect::<Vec<_>>().join(&Token::Loose)
    };
    Ok(written.iter().map(spread).collect())
}

impl Needle {
    /// What it begins with: spellings begin with a character, never with a gap.
    pub(crate) fn first(&self) -> char {
        match self.tokens.first() {
            Some(Token::Character(first)) => *first,
            _ => '\0',
        }
    }

    /// Returns the end of this needle where it begins at `at`, if it stands there as a whole.
    pub(crate) fn end_at(&self, bytes: &[u8], at: usize, form: Form) -> Option<usize> {
        let end = self.spelt_at(bytes, at, form)?;
        (self.begins(bytes, at, form) && self.ends(bytes, end, form)).then_some(end)
    }

    fn spelt_at(&self, bytes: &[u8], mut at: usize, form: Form) -> Option<usize> {
        let mut tokens = self.tokens.as_slice();
        while let Some((token, rest)) = tokens.split_first() {
            match token {
                Token::Character(wanted) => {
                    let (found, length) = character(bytes, at, form)?;
                    at += length;
                    if found.is_ascii() {
                        if *wanted != found.to_ascii_lowercase() {
                            return None;
                        }
                        tokens = rest;
                        continue;
                    }
                    for folded in fold(found) {
                        let (Token::Character(wanted), rest) = tokens.split_first()? else {
                            return None;
                        };
                        if *wanted != folded {
                            return None;
                        }
                        tokens = rest;
                    }
                    continue;
                }
                Token::Gap => {
                    let end = run(bytes, at, form, 3, |c| {
                        c.is_whitespace() || matches!(c, '+' | '_' | '.' | ',' | '-')
                    });
                    if end == at {
                        return None;
                    }
                    at = end;
                }
                Token::Loose => {
                    at = run(bytes, at, form, 3, |c| {
                        matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2011}')
                    });
                }
                Token::Dash => at = run(bytes, at, form, 1, |c| c == '-'),
                Token::Tag => {
                    if let Some(('+', length)) = character(bytes, at, form) {
                        at = run(bytes, at + length, form, 64, |c| {
                            c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')
                        });
                    }
                }
            }
            tokens = rest;
        }
        Some(at)
    }

    fn begins(&self, bytes: &[u8], at: usize, form: Form) -> bool {
        let Some(before) = character_before(bytes, at, form) else {
            return true;
        };
        if before.is_alphanumeric() {
            return false;
        }
        let width = if form == Form::Escaped { 1 } else { 2 };
        let joined = || {
            at.checked_sub(width)
                .and_then(|at| character_before(bytes, at, form))
                .is_some_and(char::is_alphanumeric)
        };
        match self.kind {
            // `mary-jane@example.com` is somebody else.
            Kind::Email | Kind::UserName if self.tokens.contains(&Token::Character('@')) => {
                !(matches!(before, '.' | '_' | '-' | '+') && joined())
            }
            // A float's fraction, or the middle of a longer number.
            Kind::Phone => !(matches!(before, '.' | '-' | ',') && joined()),
            _ => true,
        }
    }

    fn ends(&self, bytes: &[u8], end: usize, form: Form) -> bool {
        character(bytes, end, form).is_none_or(|(after, _)| !after.is_alphanumeric())
    }
}

/// Skips up to `max` characters that are `wanted`.
fn run(bytes: &[u8], mut at: usize, form: Form, max: usize, wanted: fn(char) -> bool) -> usize {
    for _ in 0..max {
        match character(bytes, at, form) {
            Some((found, length)) if wanted(found) => at += length,
            _ => break,
        }
    }
    at
}

//! What takes the place of a found text: a closed set of operators.
//!
//! Replacements use only `A-Z a-z 0-9 -` and start with a letter, so that none of them means
//! anything to JSON, CSV, YAML, XML, Markdown, a URL or a shell. Brackets as in `[email]` would:
//! they open a list in YAML, a link in Markdown, a pattern in a shell. A replacement never
//! repeats anything of the found text but its length (`mask`).

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::error::FormatError;

/// How a finding is made unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Operator {
    /// `REDACTED-<rule>`.
    #[default]
    Label,
    /// One `X` per character; line breaks stay. Punctuation goes too, since `xxx@xxx.xx` still
    /// reads as an address, and digits do, since a row of zeros passes many checksums.
    Mask,
    /// `<rule>-<16 letters>`: equal for equal text under one key, whatever its letter case and
    /// escapes. Only consonants, so that no scanner takes it for a number or a word.
    Pseudonym,
    /// Nothing; a bare JSON token becomes `null`.
    Remove,
}

impl Operator {
    /// Returns the name used in WIT, on the command line and in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Mask => "mask",
            Self::Pseudonym => "pseudonym",
            Self::Remove => "remove",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Operator {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, FormatError> {
        match name {
            "label" => Ok(Self::Label),
            "mask" => Ok(Self::Mask),
            "pseudonym" => Ok(Self::Pseudonym),
            "remove" => Ok(Self::Remove),
            other => Err(FormatError::UnknownOperator(other.to_owned())),
        }
    }
}

/// The secret of a case, under which its pseudonyms are made. Overwritten when dropped.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes 32 bytes from a cryptographic source of randomness.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn pseudonyms(&self) -> Pseudonyms {
        let mac = Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        Pseudonyms(mac)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Returns the pseudonym of `text` found by `rule`, as [`Operator::Pseudonym`] writes it.
pub fn pseudonym(key: &Key, rule: &str, text: &str) -> String {
    let mut pseudonym = key.pseudonyms().start(rule);
    pseudonym.push(text.as_bytes());
    pseudonym.finish()
}

/// Returns what [`Operator::Label`] writes for `rule`.
pub fn label(rule: &str) -> String {
    format!("REDACTED-{}", safe_rule(rule))
}

/// What stands for one masked character.
pub(crate) const MASK: u8 = b'X';

/// Longest part of a rule's name that a replacement shows, in bytes.
const RULE_LEN_MAX: usize = 64;

/// Folds a rule's name, which a guest chose, into the safe alphabet. Different names may fold
/// to one; pseudonyms still differ, because the whole name goes into the keyed hash.
fn safe_rule(rule: &str) -> String {
    let mut safe = String::new();
    for byte in rule.bytes().take(RULE_LEN_MAX) {
        safe.push(match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte),
            _ => '-',
        });
    }
    if !safe.starts_with(|first: char| first.is_ascii_alphabetic()) {
        safe.insert(0, 'r');
    }
    safe
}

/// Makes pseudonyms under one key.
pub(crate) struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    pub(crate) fn start(&self, rule: &str) -> Pseudonym {
        let mut mac = self.0.clone();
        mac.update(b"remit-pseudonym-v1");
        mac.update(&(rule.len() as u64).to_le_bytes());
        mac.update(rule.as_bytes());
        Pseudonym {
            mac,
            rule: safe_rule(rule),
            percent: Vec::with_capacity(3),
            character: Vec::with_capacity(4),
        }
    }
}

/// A pseudonym of text that arrives in pieces: percent-decoded, then lower-cased, then hashed.
/// Bytes that are no UTF-8 are hashed as they are.
pub(crate) struct Pseudonym {
    mac: Hmac<Sha256>,
    rule: String,
    percent: Vec<u8>,
    character: Vec<u8>,
}

impl Pseudonym {
    pub(crate) fn push(&mut self, text: &[u8]) {
        for &byte in text {
            self.unescape(byte);
        }
    }

    pub(crate) fn finish(mut self) -> String {
        for byte in std::mem::take(&mut self.percent) {
            self.fold(byte);
        }
        self.mac.update(&self.character);
        let tag = self.mac.finalize().into_bytes();
        let mut text = self.rule;
        text.push('-');
        for byte in &tag[..8] {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(LETTERS[usize::from(nibble)]));
            }
        }
        text
    }

    fn unescape(&mut self, byte: u8) {
        let continues = match self.percent.len() {
            0 => byte == b'%',
            _ => byte.is_ascii_hexdigit(),
        };
        if continues {
            self.percent.push(byte);
            if let [_, high, low] = self.percent[..] {
                self.percent.clear();
                self.fold(hex(high) << 4 | hex(low));
            }
        } else {
            for held in std::mem::take(&mut self.percent) {
                self.fold(held);
            }
            if byte == b'%' {
                self.percent.push(byte);
            } else {
                self.fold(byte);
            }
        }
    }

    fn fold(&mut self, byte: u8) {
        if self.character.is_empty() && byte.is_ascii() {
            self.mac.update(&[byte.to_ascii_lowercase()]);
            return;
        }
        self.character.push(byte);
        match std::str::from_utf8(&self.character) {
            Ok(character) => {
                let lower = character.to_lowercase();
                self.mac.update(lower.as_bytes());
                self.character.clear();
            }
            Err(error) if error.error_len().is_none() => {}
            Err(_) => {
                // The last byte may start a character of its own.
                let last = self.character.pop().expect("a byte was just pushed");
                if self.character.is_empty() {
                    self.mac.update(&[last]);
                } else {
                    self.mac.update(&self.character);
                    self.character.clear();
                    self.fold(last);
                }
            }
        }
    }
}

/// Sixteen consonants, one per half byte.
const LETTERS: &[u8; 16] = b"bcdfghjklmnpqrst";

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    #[test]
    fn operators_are_named_as_everywhere() {
        for operator in [
            Operator::Label,
            Operator::Mask,
            Operator::Pseudonym,
            Operator::Remove,
        ] {
            assert_eq!(operator.to_string().parse::<Operator>().unwrap(), operator);
        }
        assert!("Label".parse::<Operator>().is_err());
    }

    #[test]
    fn labels_stay_in_the_safe_alphabet() {
        assert_eq!(label("email"), "REDACTED-email");
        assert_eq!(label("a b\"],\n"), "REDACTED-a-b----");
        assert_eq!(label(""), "REDACTED-r");
        assert_eq!(label(&"x".repeat(999)).len(), "REDACTED-".len() + 64);
    }

    #[test]
    fn pseudonyms_do_not_see_case_and_escapes() {
        let key = Key::new(KEY);
        let plain = pseudonym(&key, "email", "zoë@example.com");
        for same in [
            "ZOË@Example.COM",
            "zoë%40example.com",
            "ZO%c3%8B%40example.com",
        ] {
            assert_eq!(pseudonym(&key, "email", same), plain, "{same}");
        }
        for other in ["zoe@example.com", "zoë%4", "zoë@example.com%", ""] {
            assert_ne!(pseudonym(&key, "email", other), plain, "{other}");
        }
        assert_ne!(pseudonym(&key, "name", "zoë@example.com"), plain);
        assert_ne!(
            pseudonym(&Key::new([8; 32]), "email", "zoë@example.com"),
            plain
        );
        assert!(plain.starts_with("email-") && plain.len() == 22, "{plain}");
    }

    #[test]
    fn a_key_prints_nothing() {
        assert_eq!(format!("{:?}", Key::new(KEY)), "Key(..)");
    }
}

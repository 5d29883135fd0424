//! A JSON document in memory as spans: where its members and values lie.

use std::ops::Range;

use crate::error::FormatError;
use crate::json::{Mode, Walker};

/// Deepest nesting of a document in memory, which is read by recursion.
const TREE_DEPTH_MAX: usize = 256;

/// A value and where it lies.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    Object(Vec<Member>),
    Array(Vec<Node>),
    /// The span includes the quotes.
    String,
    Number,
    /// `true`, `false`, `null`.
    Word,
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Member {
    /// The span includes the quotes.
    pub(crate) key: Range<usize>,
    pub(crate) value: Node,
}

/// Reads exactly one document.
pub(crate) fn parse(doc: &[u8]) -> Result<Node, FormatError> {
    let mut walker = Walker::new(Mode::Document);
    for &byte in doc {
        walker.step(byte);
    }
    let verdict = walker.finish();
    if let Some(offset) = verdict.too_deep {
        return Err(FormatError::TooDeep { offset });
    }
    let not_one = (verdict.n_values != 1).then_some(doc.len() as u64);
    if let Some(offset) = verdict.broken.or(not_one) {
        return Err(FormatError::NotJson { offset });
    }
    let at = if doc.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    Reader { doc, at }.value(0)
}

/// Reads what the walker has found to be JSON, so that the syntax is taken for granted.
struct Reader<'a> {
    doc: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, FormatError> {
        let first = self.next_byte();
        let start = self.at;
        if depth > TREE_DEPTH_MAX {
            return Err(FormatError::TooDeep {
                offset: start as u64,
            });
        }
        let kind = match first {
            b'{' => Kind::Object(self.members(depth)?),
            b'[' => Kind::Array(self.items(depth)?),
            b'"' => {
                self.string();
                Kind::String
            }
            _ => {
                self.scalar();
                match first {
                    b't' | b'f' | b'n' => Kind::Word,
                    _ => Kind::Number,
                }
            }
        };
        Ok(Node {
            span: start..self.at,
            kind,
        })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Member>, FormatError> {
        let mut members = Vec::new();
        self.at += 1;
        while self.next_byte() != b'}' {
            let key_start = self.at;
            self.string();
            let key = key_start..self.at;
            self.next_byte();
            self.at += 1;
            let value = self.value(depth + 1)?;
            members.push(Member { key, value });
            self.skip_comma();
        }
        self.at += 1;
        Ok(members)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, FormatError> {
        let mut items = Vec::new();
        self.at += 1;
        while self.next_byte() != b']' {
            items.push(self.value(depth + 1)?);
            self.skip_comma();
        }
        self.at += 1;
        Ok(items)
    }

    fn skip_comma(&mut self) {
        if self.next_byte() == b',' {
            self.at += 1;
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while self.doc[self.at] != b'"' {
            self.at += if self.doc[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
    }

    fn scalar(&mut self) {
        let is_part =
            |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.');
        self.at += self.doc[self.at..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
    }

    /// Skips white space and returns the byte behind it.
    fn next_byte(&mut self) -> u8 {
        while matches!(self.doc[self.at], b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        self.doc[self.at]
    }
}

/// The text of a JSON string, each byte with the bytes of the document it came from.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    /// Where each byte's character or escape starts. Documents are far below 4 GiB.
    starts: Vec<u32>,
    end: usize,
}

impl Text {
    /// Reads the string at `span`, which includes its quotes.
    pub(crate) fn of(doc: &[u8], span: &Range<usize>) -> Self {
        let mut at = span.start + 1;
        let end = span.end - 1;
        let place =
            |at: usize| u32::try_from(at).expect("a document is at most MAX_DOCUMENT bytes long");
        let mut text = Self {
            bytes: Vec::with_capacity(end - at),
            starts: Vec::with_capacity(end - at),
            end,
        };
        // Up to the first escape, every byte is itself.
        let plain = memchr::memchr(b'\\', &doc[at..end]).map_or(end, |plain| at + plain);
        text.bytes.extend_from_slice(&doc[at..plain]);
        text.starts.extend(place(at)..place(plain));
        at = plain;
        while at < end {
            let start = place(at);
            if doc[at] == b'\\' {
                let len = escape_len(&doc[at..end]);
                crate::atoms::unescape(&doc[at..at + len], &mut text.bytes);
                at += len;
            } else {
                text.bytes.push(doc[at]);
                at += 1;
            }
            text.starts.resize(text.bytes.len(), start);
        }
        text
    }

    /// The bytes of the document that the text's byte at `at` came from.
    pub(crate) fn origin(&self, at: usize) -> Range<usize> {
        let start = self.starts[at];
        let next = self.starts[at..].iter().find(|&&next| next != start);
        start as usize..next.map_or(self.end, |&next| next as usize)
    }
}

/// Length of the escape at the start of `rest`; a pair of surrogates is one.
fn escape_len(rest: &[u8]) -> usize {
    let unit = |rest: &[u8]| match rest {
        [b'\\', b'u', digits @ ..] => {
            let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
            u16::from_str_radix(digits, 16).ok()
        }
        _ => None,
    };
    match unit(rest) {
        None => 2,
        Some(0xd800..=0xdbff) if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => {
            12
        }
        Some(_) => 6,
    }
}

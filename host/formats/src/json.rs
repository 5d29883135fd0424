//! A JSON walker: one byte in, what that byte is out; constant memory.
//!
//! The lexer is total: any bytes have a reading, so that broken JSON can still be cut safely.
//! The grammar above it only says whether, and where, the bytes stop being JSON. It checks no
//! UTF-8 and takes several documents after one another, as service logs named `.json` have them.

use memchr::{memchr, memrchr};

use crate::line::{ascii_len, is_one_value};
use crate::scalar::Scalar;

/// Deepest nesting of arrays and objects that is accepted.
pub const MAX_DEPTH: usize = 1024;

/// What a byte is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// White space, punctuation and quotes: what holds the document together.
    Structure,
    /// A character of a string, or the escape of one.
    Char,
    /// A number, `true`, `false`, `null`, or what stands in their place.
    Scalar,
}

/// What a byte does to the objects around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    ObjectStart,
    ObjectEnd,
    KeyStart,
    KeyEnd,
    /// A line of JSON Lines ended.
    LineEnd,
}

/// The reading of one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) class: Class,
    /// The byte belongs to the same character or token as the byte before.
    pub(crate) joins: bool,
    pub(crate) event: Option<Event>,
}

/// Whether line breaks end a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Document,
    Lines,
}

/// What the bytes so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Verdict {
    /// The first byte that is not JSON.
    pub(crate) broken: Option<u64>,
    /// The bracket that nests too deeply.
    pub(crate) too_deep: Option<u64>,
    /// Documents, and how many of them are neither array nor object.
    pub(crate) n_values: u64,
    pub(crate) n_scalars: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Scalar(Scalar),
    Text,
    /// Inside a character of several bytes; how many are to come.
    Utf8(u8),
    Escape {
        second: bool,
    },
    Unicode {
        digits: u8,
        unit: u16,
        second: bool,
    },
    /// Behind the escape of a high surrogate; an escape that follows belongs to it.
    HalfPair,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nest {
    Array,
    Object,
}

pub(crate) struct Walker {
    mode: Mode,
    offset: u64,
    state: State,
    want: Want,
    nesting: Vec<Nest>,
    in_key: bool,
    /// A line begins here, and nothing of it has been read. Never in a document.
    line_begins: bool,
    verdict: Verdict,
    last_line: Verdict,
}

impl Walker {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            offset: 0,
            state: State::Outside,
            want: Want::Value,
            nesting: Vec::new(),
            in_key: false,
            line_begins: mode == Mode::Lines,
            verdict: Verdict::default(),
            last_line: Verdict::default(),
        }
    }

    #[inline]
    pub(crate) fn step(&mut self, byte: u8) -> Step {
        self.line_begins = false;
        let step = self.read(byte);
        self.offset += 1;
        step
    }

    /// Steps over the line at the start of `bytes`, its break included, if a line begins there and
    /// is plainly one document, and returns how many bytes that is. [`Self::last_line`] says so too.
    pub(crate) fn plain_line(&mut self, bytes: &[u8]) -> Option<usize> {
        if !self.line_begins {
            return None;
        }
        let n = memchr(b'\n', bytes)?;
        if !is_one_value(&bytes[..n]) {
            return None;
        }
        self.offset += n as u64 + 1;
        self.last_line = Verdict {
            n_values: 1,
            ..Verdict::default()
        };
        Some(n + 1)
    }

    /// Steps over all of `bytes` up to the last line break, unread, and returns how many bytes that
    /// is: for whoever needs to know only where a line begins. Nothing of a line is left at its end.
    ///
    /// Does so where a line begins, and with `is_settled` in the middle of one.
    pub(crate) fn pass_lines(&mut self, bytes: &[u8], is_settled: bool) -> usize {
        if self.mode != Mode::Lines || !(self.line_begins || is_settled) {
            return 0;
        }
        let Some(last) = memrchr(b'\n', bytes) else {
            return 0;
        };
        self.end_line();
        self.offset += last as u64 + 1;
        last + 1
    }

    /// Steps over the plain characters at the start of `bytes`, if a string is being read, and
    /// returns how many there are. Each is a character of its own.
    pub(crate) fn plain_run(&mut self, bytes: &[u8]) -> usize {
        if self.state != State::Text {
            return 0;
        }
        let n = ascii_len(bytes);
        self.offset += n as u64;
        n
    }

    /// Whether the next byte might belong to the same character or token as the last.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Outside | State::Text)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What the line amounts to whose [`Event::LineEnd`] came last.
    pub(crate) fn last_line(&self) -> Verdict {
        self.last_line
    }

    /// Ends the document, or the last line.
    pub(crate) fn finish(&mut self) -> Verdict {
        if let State::Scalar(scalar) = self.state {
            self.end_scalar(scalar);
        }
        if self.state != State::Outside || !self.nesting.is_empty() {
            self.fail();
        }
        self.verdict
    }

    #[inline]
    fn read(&mut self, byte: u8) -> Step {
        if byte == b'\n' && self.mode == Mode::Lines {
            return self.end_line();
        }
        match self.state {
            State::Outside => self.outside(byte),
            State::Scalar(scalar) if is_bare(byte) => {
                self.state = State::Scalar(scalar.next(byte));
                joined(Class::Scalar)
            }
            State::Scalar(scalar) => {
                self.end_scalar(scalar);
                self.outside(byte)
            }
            State::Utf8(n) if matches!(byte, 0x80..=0xbf) => {
                self.state = if n == 1 {
                    State::Text
                } else {
                    State::Utf8(n - 1)
                };
                joined(Class::Char)
            }
            State::Escape { second } => {
                self.escape(byte, second);
                joined(Class::Char)
            }
            State::Unicode {
                digits,
                unit,
                second,
            } => match char::from(byte).to_digit(16) {
                Some(digit) => {
                    let unit = unit << 4 | digit as u16;
                    self.state = match digits {
                        3 if !second && matches!(unit, 0xd800..=0xdbff) => State::HalfPair,
                        3 => State::Text,
                        _ => State::Unicode {
                            digits: digits + 1,
                            unit,
                            second,
                        },
                    };
                    joined(Class::Char)
                }
                None => {
                    self.fail();
                    self.text(byte)
                }
            },
            State::HalfPair if byte == b'\\' => {
                self.state = State::Escape { second: true };
                joined(Class::Char)
            }
            State::Text | State::Utf8(_) | State::HalfPair => self.text(byte),
        }
    }

    fn escape(&mut self, byte: u8, second: bool) {
        match byte {
            b'u' => {
                self.state = State::Unicode {
                    digits: 0,
                    unit: 0,
                    second,
                };
                return;
            }
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            _ => self.fail(),
        }
        self.state = after_lead(byte);
    }

    #[inline]
    fn text(&mut self, byte: u8) -> Step {
        self.state = State::Text;
        match byte {
            b'"' => {
                self.state = State::Outside;
                let event = self.in_key.then_some(Event::KeyEnd);
                self.end_string();
                return structure(event);
            }
            b'\\' => self.state = State::Escape { second: false },
            0..=0x1f => self.fail(),
            _ => self.state = after_lead(byte),
        }
        begun(Class::Char)
    }

    #[inline]
    fn outside(&mut self, byte: u8) -> Step {
        self.state = State::Outside;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => structure(None),
            b'"' => {
                self.state = State::Text;
                self.start_string();
                structure(self.in_key.then_some(Event::KeyStart))
            }
            b'{' => structure(self.open(Nest::Object)),
            b'[' => structure(self.open(Nest::Array)),
            b'}' => structure(self.close(Nest::Object)),
            b']' => structure(self.close(Nest::Array)),
            b':' => structure(self.move_on(self.want == Want::Colon, Want::Value)),
            b',' => {
                let next = match self.nesting.last() {
                    Some(Nest::Object) => Want::Key,
                    _ => Want::Value,
                };
                structure(self.move_on(self.want == Want::CommaOrEnd, next))
            }
            _ if is_mark(byte, self.offset) => structure(None),
            _ => {
                if !matches!(self.want, Want::Value | Want::ValueOrEnd) {
                    self.fail();
                }
                self.state = State::Scalar(Scalar::start(byte));
                begun(Class::Scalar)
            }
        }
    }

    fn open(&mut self, nest: Nest) -> Option<Event> {
        if self.verdict.broken.is_some() || !matches!(self.want, Want::Value | Want::ValueOrEnd) {
            self.fail();
            return None;
        }
        if self.nesting.len() == MAX_DEPTH {
            self.verdict.too_deep.get_or_insert(self.offset);
            {
                self.fail();
                return None;
            }
        }
        self.nesting.push(nest);
        match nest {
            Nest::Array => {
                self.want = Want::ValueOrEnd;
                None
            }
            Nest::Object => {
                self.want = Want::KeyOrEnd;
                Some(Event::ObjectStart)
            }
        }
    }

    fn close(&mut self, nest: Nest) -> Option<Event> {
        let empty = match nest {
            Nest::Array => Want::ValueOrEnd,
            Nest::Object => Want::KeyOrEnd,
        };
        let fits = self.nesting.last() == Some(&nest)
            && (self.want == Want::CommaOrEnd || self.want == empty);
        if self.verdict.broken.is_some() || !fits {
            self.fail();
            return None;
        }
        self.nesting.pop();
        self.end_value();
        (nest == Nest::Object).then_some(Event::ObjectEnd)
    }

    fn start_string(&mut self) {
        self.in_key = false;
        match self.want {
            _ if self.verdict.broken.is_some() => {}
            Want::Key | Want::KeyOrEnd => self.in_key = true,
            Want::Value | Want::ValueOrEnd => {}
            Want::Colon | Want::CommaOrEnd => self.fail(),
        }
    }

    fn end_string(&mut self) {
        if self.in_key {
            self.in_key = false;
            self.want = Want::Colon;
        } else {
            self.end_value();
            self.verdict.n_scalars += u64::from(self.nesting.is_empty());
        }
    }

    fn end_scalar(&mut self, scalar: Scalar) {
        self.state = State::Outside;
        if scalar.is_complete() {
            self.end_value();
            self.verdict.n_scalars += u64::from(self.nesting.is_empty());
        } else {
            self.fail();
        }
    }

    fn end_value(&mut self) {
        if self.nesting.is_empty() {
            self.verdict.n_values += 1;
            self.want = Want::Value;
        } else {
            self.want = Want::CommaOrEnd;
        }
    }

    fn end_line(&mut self) -> Step {
        self.last_line = self.finish();
        // Depth is the one thing that a later line cannot make good.
        self.verdict = Verdict {
            too_deep: self.verdict.too_deep,
            ..Verdict::default()
        };
        self.state = State::Outside;
        self.want = Want::Value;
        self.nesting.clear();
        self.in_key = false;
        self.line_begins = true;
        structure(Some(Event::LineEnd))
    }

    fn move_on(&mut self, fits: bool, next: Want) -> Option<Event> {
        if !fits {
            self.fail();
            return None;
        }
        self.want = next;
        None
    }

    fn fail(&mut self) {
        self.verdict.broken.get_or_insert(self.offset);
        self.in_key = false;
    }
}

fn structure(event: Option<Event>) -> Step {
    Step {
        class: Class::Structure,
        joins: false,
        event,
    }
}

fn begun(class: Class) -> Step {
    Step {
        class,
        joins: false,
        event: None,
    }
}

fn joined(class: Class) -> Step {
    Step {
        class,
        joins: true,
        event: None,
    }
}

fn after_lead(byte: u8) -> State {
    match continuation_len(byte) {
        0 => State::Text,
        n => State::Utf8(n),
    }
}

/// How many bytes should follow `byte` in a character of UTF-8.
pub(crate) fn continuation_len(byte: u8) -> u8 {
    match byte {
        0xc2..=0xdf => 1,
        0xe0..=0xef => 2,
        0xf0..=0xf4 => 3,
        _ => 0,
    }
}

pub(crate) fn is_bare(byte: u8) -> bool {
    !matches!(
        byte,
        b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'{' | b'}' | b'[' | b']' | b':' | b','
    )
}

/// Whether `byte` is part of the byte order mark, which many tools put before JSON.
fn is_mark(byte: u8, offset: u64) -> bool {
    matches!((offset, byte), (0, 0xef) | (1, 0xbb) | (2, 0xbf))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &[u8]) -> Verdict {
        let mut walker = Walker::new(Mode::Document);
        for &byte in text {
            walker.step(byte);
        }
        walker.finish()
    }

    #[test]
    fn the_grammar_agrees_with_a_parser() {
        for text in [
            "{}",
            "[]",
            "[1,2]",
            "{\"a\":1}",
            "{\"a\":[{}],\"b\":{}}",
            "-0.5e+10",
            "0",
            "null",
            "true",
            "\"\\u00e9\\n\"",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "01",
            "-",
            "1.",
            "1e",
            ".5",
            "+1",
            "nul",
            "nulll",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "[",
            "]",
            "[}",
            "{\"a\":1]",
            "",
            " ",
            "\"\n\"",
            "{1:2}",
            "[1 2]",
            "\u{feff}1",
            "'a'",
            "[\"a\" \"b\"]",
            "{\"a\":1 \"b\":2}",
            "{\"a\",1}",
            "[:]",
            "1,2",
            "1:2",
            "tru",
            "[,1]",
        ] {
            let found = verdict(text.as_bytes());
            let valid = found.broken.is_none() && found.n_values == 1;
            let text = text.trim_start_matches('\u{feff}');
            let expect = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(valid, expect, "{text:?} {found:?}");
        }
    }

    #[test]
    fn documents_may_follow_one_another() {
        let found = verdict(b"{}\n{\"a\":1} [] 7\n");
        assert_eq!(
            (found.broken, found.n_values, found.n_scalars),
            (None, 4, 1)
        );
        assert_eq!(verdict(b"{} }").broken, Some(3));
    }

    #[test]
    fn nesting_is_capped() {
        let deep = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert_eq!(verdict(&deep(MAX_DEPTH)).broken, None);
        let found = verdict(&deep(MAX_DEPTH + 1));
        assert_eq!(found.too_deep, Some(MAX_DEPTH as u64));
        assert!(found.broken.is_some());
    }
}

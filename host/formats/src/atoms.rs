//! Splits raw bytes into what must not be cut: characters, escapes, tokens.

use crate::format::{ByteOrder, Format};
use crate::json::{Class, Event, Mode, Walker, continuation_len};

/// What one byte, or one unit of UTF-16, adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) class: Class,
    pub(crate) joins: bool,
    pub(crate) event: Option<Event>,
    /// No later byte can join; the atom is whole.
    pub(crate) closed: bool,
}

pub(crate) enum Atoms {
    /// Bytes to come in a character of UTF-8; `quotes` are structure in CSV.
    Utf8 {
        to_come: u8,
        quotes: bool,
    },
    Utf16 {
        order: ByteOrder,
        first: Option<u8>,
        after_high: bool,
    },
    Json(Walker),
}

impl Atoms {
    /// None for content without a decoder.
    pub(crate) fn new(format: Format) -> Option<Self> {
        let utf16 = |order| Self::Utf16 {
            order,
            first: None,
            after_high: false,
        };
        match format {
            Format::Text => Some(Self::Utf8 {
                to_come: 0,
                quotes: false,
            }),
            Format::Csv => Some(Self::Utf8 {
                to_come: 0,
                quotes: true,
            }),
            Format::Utf16Le => Some(utf16(ByteOrder::Little)),
            Format::Utf16Be => Some(utf16(ByteOrder::Big)),
            Format::Json => Some(Self::Json(Walker::new(Mode::Document))),
            Format::JsonLines => Some(Self::Json(Walker::new(Mode::Lines))),
            Format::Binary => None,
        }
    }

    /// Reads one byte.
    #[inline]
    pub(crate) fn step(&mut self, byte: u8) -> Piece {
        match self {
            Self::Utf8 { to_come, quotes } => {
                let joins = *to_come > 0 && matches!(byte, 0x80..=0xbf);
                *to_come = if joins {
                    *to_come - 1
                } else {
                    continuation_len(byte)
                };
                let class = match byte {
                    b'"' if *quotes => Class::Structure,
                    _ => Class::Char,
                };
                Piece {
                    class,
                    joins,
                    event: None,
                    closed: *to_come == 0,
                }
            }
            // The first byte of a unit never tells whether the unit joins the one before (in
            // little order the second byte does), so it joins for the time being.
            Self::Utf16 {
                order,
                first,
                after_high,
            } => {
                let Some(before) = first.take() else {
                    *first = Some(byte);
                    return character(*after_high, false);
                };
                let unit = order.unit([before, byte]);
                // A high surrogate without its low one keeps the unit behind it, but no more.
                *after_high = !*after_high && matches!(unit, 0xd800..=0xdbff);
                character(true, !*after_high)
            }
            Self::Json(walker) => {
                let step = walker.step(byte);
                Piece {
                    class: step.class,
                    joins: step.joins,
                    event: step.event,
                    closed: !walker.is_open(),
                }
            }
        }
    }

    /// Steps over bytes at the start of `bytes` that need no reading, if none of them is within
    /// reach of an edit that starts `until_edit` bytes on; returns how many. May only be called
    /// between atoms.
    pub(crate) fn skip(&mut self, bytes: &[u8], until_edit: u64) -> usize {
        let within = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
        match self {
            // A character that reaches the edit starts at most three bytes before it.
            Self::Utf8 { to_come, .. } => {
                *to_come = 0;
                within(until_edit.saturating_sub(4))
            }
            Self::Utf16 {
                order,
                first: None,
                after_high: false,
            } => {
                let n = within(until_edit.saturating_sub(4)) & !1;
                // Two high surrogates are one character here: of an odd run, the last opens the next one.
                let is_high =
                    |unit: &&[u8]| matches!(order.unit([unit[0], unit[1]]), 0xd800..=0xdbff);
                let highs = bytes[..n].rchunks_exact(2).take_while(is_high).count();
                n - highs % 2 * 2
            }
            Self::Utf16 { .. } => 0,
            Self::Json(walker) => walker.plain_run(&bytes[..within(until_edit)]),
        }
    }

    /// Steps over whole lines of JSON Lines that no edit reaches, and over the rest of one that
    /// `is_settled`; returns how many bytes that is. May only be called between atoms.
    pub(crate) fn pass_lines(&mut self, bytes: &[u8], until_edit: u64, is_settled: bool) -> usize {
        let Self::Json(walker) = self else {
            return 0;
        };
        let reach = usize::try_from(until_edit).unwrap_or(usize::MAX);
        walker.pass_lines(&bytes[..reach.min(bytes.len())], is_settled)
    }

    /// Appends the text of one character to `text`, as UTF-8 where it is text at all.
    pub(crate) fn decode(&self, atom: &[u8], text: &mut Vec<u8>) {
        match self {
            Self::Json(_) if atom.first() == Some(&b'\\') => unescape(atom, text),
            Self::Utf8 { .. } | Self::Json(_) => text.extend_from_slice(atom),
            Self::Utf16 { order, .. } => {
                let units = atom.chunks(2).map(|unit| match *unit {
                    [first, second] => order.unit([first, second]),
                    // Half a unit at the end decodes to nothing sensible.
                    _ => 0xd800,
                });
                push_units(units, text);
            }
        }
    }
}

fn character(joins: bool, closed: bool) -> Piece {
    Piece {
        class: Class::Char,
        joins,
        event: None,
        closed,
    }
}

pub(crate) fn unescape(atom: &[u8], text: &mut Vec<u8>) {
    let mut rest = atom;
    let mut units = [0; 2];
    let mut n_units = 0;
    while let [b'\\', letter, tail @ ..] = rest {
        rest = tail;
        units[n_units] = match letter {
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = &tail[..tail.len().min(4)];
                rest = &tail[digits.len()..];
                let digits = std::str::from_utf8(digits).unwrap_or_default();
                u16::from_str_radix(digits, 16).unwrap_or(0xfffd)
            }
            other => u16::from(*other),
        };
        n_units += 1;
        if n_units == units.len() {
            break;
        }
    }
    push_units(units[..n_units].iter().copied(), text);
}

fn push_units(units: impl Iterator<Item = u16>, text: &mut Vec<u8>) {
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

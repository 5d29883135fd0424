//! JSON that is safe to print: what a terminal would obey is written as `\u….`

use std::io::{self, Write};

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::words;

/// The format of everything this crate writes as JSON; the field `remit` of each object holds it.
pub(crate) const FORMAT: u32 = 1;

/// Writes a value on a line of its own.
pub(crate) fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut *out, Inert,
    ))?;
    out.write_all(b"\n")
}

/// JSON escapes control characters below 0x20; terminals obey some above, and readers are fooled by others.
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W>(&mut self, out: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut plain = 0;
        for (index, c) in fragment.char_indices() {
            if words::is_visible(c) {
                continue;
            }
            out.write_all(&fragment.as_bytes()[plain..index])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = index + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }
}

/// A list whose items are read while they are written.
pub(crate) struct Items<F>(pub(crate) F);

impl<F, I, T, E> Serialize for Items<F>
where
    F: Fn() -> I,
    I: Iterator<Item = Result<T, E>>,
    T: Serialize,
    E: std::fmt::Display,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        for item in (self.0)() {
            list.serialize_element(&item.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_written_out_and_reads_back() {
        let text = "a\u{9b}31m\u{202e}\u{1b}\u{e0041}\n\"é";
        let mut out = Vec::new();
        line(&mut out, &text).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(
            written,
            "\"a\\u009b31m\\u202e\\u001b\\udb40\\udc41\\n\\\"é\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}

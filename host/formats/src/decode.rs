//! The stream that scanners read, and the way back from it.
//!
//! Scanners read UTF-8. Text and JSON are handed on byte for byte, escapes and byte order mark
//! included; UTF-16 is converted. What is not decodable becomes U+FFFD and hides nothing else.

use std::error::Error;

use crate::edit::{Edit, Edits};
use crate::error::FormatError;
use crate::format::{ByteOrder, Format};

/// Turns raw bytes into what scanners see, as they come.
///
/// Memory: four bytes, and the output of one push (at most one and a half times the input).
#[derive(Debug)]
pub struct Decoder {
    units: Option<Units>,
}

impl Decoder {
    /// Fails for [`Format::Binary`].
    pub fn new(format: Format) -> Result<Self, FormatError> {
        match format {
            Format::Binary => Err(FormatError::Undecodable),
            _ => Ok(Self {
                units: format.utf16_order().map(Units::new),
            }),
        }
    }

    /// Reads `raw` and appends what it decodes to.
    pub fn push(&mut self, raw: &[u8], decoded: &mut Vec<u8>) {
        match &mut self.units {
            None => decoded.extend_from_slice(raw),
            Some(units) => units.push(raw, |character, _| push_char(character, decoded)),
        }
    }

    /// Ends the content and appends what was held back.
    pub fn finish(&mut self, decoded: &mut Vec<u8>) {
        if let Some(units) = &mut self.units {
            units.finish(|character, _| push_char(character, decoded));
        }
    }
}

/// Moves edits from offsets in the decoded stream to raw offsets, given the raw bytes again.
///
/// `edits` are in decoded offsets, sorted, without overlap, and come out as raw edits in the same
/// order, widened to whole characters. One that lies in a character already covered is dropped.
/// Memory: the edits that end within one push.
pub struct RawEdits<I: Iterator> {
    edits: Edits<I>,
    units: Option<Units>,
    decoded: u64,
    raw: u64,
    /// The edit that has started: it, and where it starts in raw bytes.
    open: Option<(Edit, u64)>,
}

impl<I, E> RawEdits<I>
where
    I: Iterator<Item = Result<Edit, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Fails for [`Format::Binary`].
    pub fn new(format: Format, edits: I) -> Result<Self, FormatError> {
        let decoder = Decoder::new(format)?;
        Ok(Self {
            edits: Edits::new(edits),
            units: decoder.units,
            decoded: 0,
            raw: 0,
            open: None,
        })
    }

    /// Reads `raw` and appends the edits that end in it.
    pub fn push(&mut self, raw: &[u8], edits: &mut Vec<Edit>) -> Result<(), FormatError> {
        let Some(mut units) = self.units.take() else {
            return self.pass(raw.len() as u64, edits);
        };
        let mut result = Ok(());
        units.push(raw, |character, raw_len| {
            if result.is_ok() {
                result = self.advance(character.len_utf8() as u64, raw_len, edits);
            }
        });
        self.units = Some(units);
        result
    }

    /// Ends the content. Fails if an edit reaches beyond it.
    pub fn finish(&mut self, edits: &mut Vec<Edit>) -> Result<(), FormatError> {
        if let Some(mut units) = self.units.take() {
            let mut result = Ok(());
            units.finish(|character, raw_len| {
                result = self.advance(character.len_utf8() as u64, raw_len, edits);
            });
            self.units = Some(units);
            result?;
        }
        let left = match &self.open {
            Some((edit, _)) => Some(edit.offset),
            None => self.edits.peek()?.map(|edit| edit.offset),
        };
        left.map_or(Ok(()), |offset| Err(FormatError::BeyondEnd { offset }))
    }

    /// Where decoded and raw are one, edits pass once their end has been seen.
    fn pass(&mut self, n: u64, edits: &mut Vec<Edit>) -> Result<(), FormatError> {
        self.raw += n;
        let end = self.raw;
        while self.edits.peek()?.is_some_and(|edit| edit.end() <= end) {
            edits.extend(self.edits.take()?);
        }
        Ok(())
    }

    /// One character has been read, of so many bytes decoded and raw.
    fn advance(
        &mut self,
        decoded: u64,
        raw: u64,
        edits: &mut Vec<Edit>,
    ) -> Result<(), FormatError> {
        let raw_start = self.raw;
        self.decoded += decoded;
        self.raw += raw;
        let mut covered = false;
        loop {
            if self.open.is_none() {
                let end = self.decoded;
                if self.edits.peek()?.is_none_or(|edit| edit.offset >= end) {
                    return Ok(());
                }
                let start = if covered { self.raw } else { raw_start };
                self.open = self.edits.take()?.map(|edit| (edit, start));
            }
            covered = true;
            if self
                .open
                .as_ref()
                .is_none_or(|(edit, _)| edit.end() > self.decoded)
            {
                return Ok(());
            }
            let Some((mut edit, start)) = self.open.take() else {
                return Ok(());
            };
            if start < self.raw {
                let offset = edit.offset;
                edit.length = u32::try_from(self.raw - start)
                    .map_err(|_| FormatError::BeyondEnd { offset })?;
                edit.offset = start;
                edits.push(edit);
            }
        }
    }
}

fn push_char(character: char, decoded: &mut Vec<u8>) {
    decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// UTF-16 read byte by byte into characters, each with the number of raw bytes it took.
#[derive(Debug)]
struct Units {
    order: ByteOrder,
    first: Option<u8>,
    high: Option<u16>,
}

impl Units {
    fn new(order: ByteOrder) -> Self {
        Self {
            order,
            first: None,
            high: None,
        }
    }

    fn push(&mut self, raw: &[u8], mut each: impl FnMut(char, u64)) {
        for &byte in raw {
            let Some(first) = self.first.take() else {
                self.first = Some(byte);
                continue;
            };
            self.unit(self.order.unit([first, byte]), &mut each);
        }
    }

    fn finish(&mut self, mut each: impl FnMut(char, u64)) {
        if self.high.take().is_some() {
            each(char::REPLACEMENT_CHARACTER, 2);
        }
        if self.first.take().is_some() {
            each(char::REPLACEMENT_CHARACTER, 1);
        }
    }

    fn unit(&mut self, unit: u16, each: &mut impl FnMut(char, u64)) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(character)) = char::decode_utf16([high, unit]).next() {
                each(character, 4);
                return;
            }
            each(char::REPLACEMENT_CHARACTER, 2);
        }
        match char::decode_utf16([unit]).next() {
            Some(Ok(character)) => each(character, 2),
            _ if matches!(unit, 0xd800..=0xdbff) => self.high = Some(unit),
            _ => each(char::REPLACEMENT_CHARACTER, 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::operator::Operator;

    fn decode(format: Format, raw: &[u8], chunk: usize) -> Vec<u8> {
        let mut decoder = Decoder::new(format).unwrap();
        let mut decoded = Vec::new();
        for part in raw.chunks(chunk) {
            decoder.push(part, &mut decoded);
        }
        decoder.finish(&mut decoded);
        decoded
    }

    fn spans(format: Format, raw: &[u8], at: &[(u64, u32)], chunk: usize) -> Vec<(u64, u32)> {
        let edits = at.iter().map(|&(offset, length)| {
            Ok::<_, Infallible>(Edit {
                offset,
                length,
                rule: "r".to_owned(),
                operator: Operator::Mask,
            })
        });
        let mut mapper = RawEdits::new(format, edits).unwrap();
        let mut out = Vec::new();
        for part in raw.chunks(chunk) {
            mapper.push(part, &mut out).unwrap();
        }
        mapper.finish(&mut out).unwrap();
        out.iter().map(|edit| (edit.offset, edit.length)).collect()
    }

    fn utf16(text: &str, order: ByteOrder) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| order.bytes(unit))
            .collect()
    }

    #[test]
    fn utf16_decodes_and_maps_back() {
        let text = "\u{feff}Zoë 😀 end";
        for (format, order) in [
            (Format::Utf16Le, ByteOrder::Little),
            (Format::Utf16Be, ByteOrder::Big),
        ] {
            let raw = utf16(text, order);
            for chunk in 1..raw.len() {
                assert_eq!(decode(format, &raw, chunk), text.as_bytes());
                let at = |part: &str| (text.find(part).unwrap() as u64, part.len() as u32);
                let found = spans(format, &raw, &[at("oë"), at("😀"), at("end")], chunk);
                assert_eq!(found, [(4, 4), (10, 4), (16, 6)]);
            }
        }
    }

    #[test]
    fn spans_inside_a_character_are_widened_once() {
        let raw = utf16("a😀b", ByteOrder::Little);
        assert_eq!(
            spans(Format::Utf16Le, &raw, &[(2, 1), (3, 1), (4, 2)], 3),
            [(2, 4), (6, 2)]
        );
    }

    #[test]
    fn broken_utf16_becomes_replacement_characters() {
        let raw = [0x00, 0xd8, b'a', 0, 0x00, 0xdc, 0x00, 0xd8, b'x'];
        assert_eq!(
            decode(Format::Utf16Le, &raw, 2),
            "\u{fffd}a\u{fffd}\u{fffd}\u{fffd}".as_bytes()
        );
        assert_eq!(
            spans(Format::Utf16Le, &raw, &[(3, 1), (10, 3)], 1),
            [(2, 2), (8, 1)]
        );
    }

    #[test]
    fn other_text_is_itself() {
        let raw = b"\xef\xbb\xbfa\xffb\0";
        for format in [Format::Text, Format::Csv, Format::Json, Format::JsonLines] {
            assert_eq!(decode(format, raw, 2), raw);
            assert_eq!(spans(format, raw, &[(0, 2), (4, 3)], 3), [(0, 2), (4, 3)]);
        }
        assert!(matches!(
            Decoder::new(Format::Binary),
            Err(FormatError::Undecodable)
        ));
    }
}

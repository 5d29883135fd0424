//! Cuts edits out of a stream of bytes and puts their replacements in.
//!
//! The cut follows what holds the content together. Characters, escapes and surrogate pairs are
//! cut whole, so an edit that reaches into one is widened to its ends. In JSON a bare token
//! (number, `true`, `null`) is replaced whole by a string; all else keeps its bytes. An edit that
//! covers structure is refused. Nothing is checked here about the result: see [`Redaction`].
//!
//! [`Redaction`]: crate::Redaction

use std::error::Error;

use crate::atoms::Atoms;
use crate::edit::{Edit, Edits};
use crate::error::FormatError;
use crate::format::Format;
use crate::json::Class;
use crate::keys::{Keys, MAX_KEYS};
use crate::operator::{Key, MASK, Operator, Pseudonym, Pseudonyms, label};

/// Longest bare JSON token that can be replaced, in bytes. Longer ones pass if nothing in them
/// is edited.
pub const MAX_SCALAR: usize = 64 * 1024;

/// Redacts raw bytes as they come, without asking whether the result is still valid.
///
/// `edits` are in raw offsets, sorted, without overlap. Memory: one token, the keys of open JSON
/// objects up to [`MAX_KEYS`], and the output of one push.
pub struct Splicer<I: Iterator> {
    edits: Edits<I>,
    atoms: Atoms,
    keys: Option<Keys>,
    pseudonyms: Pseudonyms,
    /// Raw bytes read, those of the atom being read included.
    offset: u64,
    /// Where the next edit starts, as far as was known between the last two atoms.
    next_edit: u64,
    /// An edit has just ended, and what follows on its line matters to nothing that was cut.
    line_is_settled: bool,
    atom: Vec<u8>,
    class: Class,
    /// The start of the token being read has left already: it is too long to be replaced.
    long: bool,
    active: Option<Active>,
    text: Vec<u8>,
    n_done: u64,
}

/// An edit whose start has been read, and its end has not.
struct Active {
    start: u64,
    end: u64,
    cut: Cut,
}

enum Cut {
    /// What there is to write has been written.
    Drop,
    Mask,
    Pseudonym(Box<Pseudonym>),
}

impl<I, E> Splicer<I>
where
    I: Iterator<Item = Result<Edit, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Fails for [`Format::Binary`].
    pub fn new(format: Format, edits: I, key: &Key) -> Result<Self, FormatError> {
        let atoms = Atoms::new(format).ok_or(FormatError::Undecodable)?;
        let is_json = matches!(atoms, Atoms::Json(_));
        Ok(Self {
            edits: Edits::new(edits),
            atoms,
            keys: is_json.then(|| Keys::new(MAX_KEYS)),
            pseudonyms: key.pseudonyms(),
            offset: 0,
            next_edit: 0,
            line_is_settled: false,
            atom: Vec::new(),
            class: Class::Char,
            long: false,
            active: None,
            text: Vec::new(),
            n_done: 0,
        })
    }

    /// Reads `raw` and appends to `out` what is settled. After an error neither is of any use.
    pub fn push(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        let mut rest = raw;
        while !rest.is_empty() {
            if self.atom.is_empty() && self.active.is_none() {
                let n = self.skip(rest)?;
                self.copy(&rest[..n], out);
                rest = &rest[n..];
            }
            if let [byte, tail @ ..] = rest {
                self.step(*byte, out)?;
                rest = tail;
            }
        }
        Ok(())
    }

    /// Ends the content and returns how many edits were done.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<u64, FormatError> {
        self.end_atom(out)?;
        if let Some(active) = &self.active {
            return Err(FormatError::BeyondEnd {
                offset: active.start,
            });
        }
        match self.edits.peek()? {
            Some(edit) => Err(FormatError::BeyondEnd {
                offset: edit.offset,
            }),
            None => Ok(self.n_done),
        }
    }

    fn skip(&mut self, rest: &[u8]) -> Result<usize, FormatError> {
        self.next_edit = self.edits.peek()?.map_or(u64::MAX, |edit| edit.offset);
        // An edit that starts inside what has been read is dealt with by the next atom.
        let until_edit = self.next_edit.saturating_sub(self.offset);
        let is_settled = std::mem::take(&mut self.line_is_settled);
        let passed = self.atoms.pass_lines(rest, until_edit, is_settled);
        if passed == 0 {
            return Ok(self.atoms.skip(rest, until_edit));
        }
        if let Some(keys) = &mut self.keys {
            keys.clear();
        }
        Ok(passed)
    }

    fn copy(&mut self, skipped: &[u8], out: &mut Vec<u8>) {
        if let Some(keys) = &mut self.keys {
            keys.keep(skipped);
        }
        out.extend_from_slice(skipped);
        self.offset += skipped.len() as u64;
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), FormatError> {
        let piece = self.atoms.step(byte);
        if !piece.joins {
            self.end_atom(out)?;
            self.class = piece.class;
        }
        if piece.closed && !piece.joins && self.active.is_none() && self.offset < self.next_edit {
            // An atom of one byte that no edit touches: most of what is not in a string.
            self.copy(&[byte], out);
        } else {
            self.atom.push(byte);
            self.offset += 1;
            if piece.closed {
                self.end_atom(out)?;
            } else if self.atom.len() > MAX_SCALAR {
                self.refuse_edit_in_long_token()?;
                out.append(&mut self.atom);
                self.long = true;
            }
        }
        if let (Some(keys), Atoms::Json(walker)) = (&mut self.keys, &self.atoms) {
            if walker.verdict().broken.is_some() {
                keys.clear();
            } else if let Some(event) = piece.event {
                keys.event(event, self.offset - 1)?;
            }
        }
        Ok(())
    }

    /// Writes the atom that was read, or what the edits that touch it make of it.
    fn end_atom(&mut self, out: &mut Vec<u8>) -> Result<(), FormatError> {
        if self.long {
            self.refuse_edit_in_long_token()?;
            out.append(&mut self.atom);
            self.long = false;
        }
        if self.atom.is_empty() {
            return Ok(());
        }
        let atom = std::mem::take(&mut self.atom);
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        self.atoms.decode(&atom, &mut text);
        if !self.replace(&atom, &text, out)? {
            if let Some(keys) = &mut self.keys {
                keys.keep(&text);
            }
            out.extend_from_slice(&atom);
        }
        self.text = text;
        self.atom = atom;
        self.atom.clear();
        Ok(())
    }

    /// Does the edits that touch the atom just read; returns whether any did.
    fn replace(
        &mut self,
        atom: &[u8],
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, FormatError> {
        let end = self.offset;
        let start = end - atom.len() as u64;
        let mut replaced = false;
        loop {
            let edit = if self.active.is_some() {
                None
            } else if self.next_starts_before(end)? {
                self.edits.take()?
            } else {
                return Ok(replaced);
            };
            if self.class == Class::Structure {
                let first = edit.map_or(start, |edit| edit.offset);
                return Err(FormatError::CrossesStructure {
                    offset: first.max(start),
                });
            }
            if !replaced && let Some(keys) = &mut self.keys {
                keys.cut(text);
                keys.mark_edited();
            }
            if let Some(edit) = edit {
                let cut = match self.class {
                    // Of several edits in one atom the first has replaced it.
                    _ if replaced && edit.end() <= end => Cut::Drop,
                    Class::Scalar => self.replace_token(&edit, start, atom, out),
                    Class::Char | Class::Structure => self.start_cut(&edit, out),
                };
                self.active = Some(Active {
                    start: edit.offset,
                    end: edit.end(),
                    cut,
                });
            }
            let active_end = self.active.as_ref().map_or(end, |active| active.end);
            if !replaced && self.class == Class::Char {
                self.cut(text, out);
            }
            replaced = true;
            if active_end > end {
                return Ok(true);
            }
            self.end_cut(out);
        }
    }

    fn next_starts_before(&mut self, end: u64) -> Result<bool, FormatError> {
        Ok(self.edits.peek()?.is_some_and(|edit| edit.offset < end))
    }

    fn start_cut(&mut self, edit: &Edit, out: &mut Vec<u8>) -> Cut {
        match edit.operator {
            Operator::Label => {
                self.put(label(&edit.rule).as_bytes(), out);
                Cut::Drop
            }
            Operator::Mask => Cut::Mask,
            Operator::Pseudonym => Cut::Pseudonym(Box::new(self.pseudonyms.start(&edit.rule))),
            Operator::Remove => Cut::Drop,
        }
    }

    fn cut(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let Some(active) = &mut self.active else {
            return;
        };
        match &mut active.cut {
            Cut::Drop => {}
            Cut::Pseudonym(pseudonym) => pseudonym.push(text),
            Cut::Mask => {
                // Line breaks stay, except that in JSON they are escapes inside a string.
                let breaks = matches!(text, b"\n" | b"\r") && self.keys.is_none();
                self.put(if breaks { text } else { &[MASK] }, out);
            }
        }
    }

    fn end_cut(&mut self, out: &mut Vec<u8>) {
        if let Some(active) = self.active.take()
            && let Cut::Pseudonym(pseudonym) = active.cut
        {
            self.put(pseudonym.finish().as_bytes(), out);
        }
        // A cut key may come to equal one that follows in its object.
        self.line_is_settled = self.keys.as_ref().is_some_and(Keys::are_untouched);
        self.n_done += 1;
    }

    /// Replaces a bare token as a whole. A pseudonym is made of the found part alone, so that it
    /// equals that of the same text found in a string.
    fn replace_token(&self, edit: &Edit, start: u64, token: &[u8], out: &mut Vec<u8>) -> Cut {
        let replacement = match edit.operator {
            Operator::Label => label(&edit.rule),
            Operator::Mask => {
                let n = String::from_utf8_lossy(token).chars().count();
                char::from(MASK).to_string().repeat(n)
            }
            Operator::Pseudonym => {
                // Both differences are below the token's length, which is a usize.
                let from = edit.offset.saturating_sub(start) as usize;
                let to = (edit.end() - start).min(token.len() as u64) as usize;
                let mut pseudonym = self.pseudonyms.start(&edit.rule);
                pseudonym.push(&token[from..to]);
                pseudonym.finish()
            }
            Operator::Remove => {
                out.extend_from_slice(b"null");
                return Cut::Drop;
            }
        };
        out.push(b'"');
        out.extend_from_slice(replacement.as_bytes());
        out.push(b'"');
        Cut::Drop
    }

    fn refuse_edit_in_long_token(&mut self) -> Result<(), FormatError> {
        let end = self.offset;
        match self.edits.peek()? {
            Some(edit) if edit.offset < end => Err(FormatError::TokenTooLong {
                offset: edit.offset,
            }),
            _ => Ok(()),
        }
    }

    /// Writes ASCII text in the content's encoding.
    fn put(&mut self, ascii: &[u8], out: &mut Vec<u8>) {
        if let Some(keys) = &mut self.keys {
            keys.put(ascii);
        }
        match self.atoms {
            Atoms::Utf16 { order, .. } => {
                out.extend(ascii.iter().flat_map(|&byte| order.bytes(u16::from(byte))));
            }
            Atoms::Utf8 { .. } | Atoms::Json(_) => out.extend_from_slice(ascii),
        }
    }
}

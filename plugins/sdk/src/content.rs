//! Reading bytes: a scanner's decoded stream, and an entry's content in a workflow.

use crate::Failure;
use crate::bindings::remit::workspace::{contents, scanning};

/// Bytes asked for at once: the best median of the sizes measured, and below every limit.
const CHUNK: u32 = 256 * 1024;

/// A line longer than this comes in pieces, so that memory stays bounded.
const LINE_MAX: usize = 1024 * 1024;

/// The stream that a scanner or converter is given: decoded bytes, front to back, once.
pub struct Content<'a> {
    origin: Origin<'a>,
    held: Vec<u8>,
    /// What of `held` was given away as lines.
    taken: usize,
    /// Where `held` begins in the stream.
    offset: u64,
}

enum Origin<'a> {
    Host(&'a scanning::Source),
    /// Bytes at hand, given out in chunks of this many.
    Bytes(&'a [u8], usize),
}

/// A piece of the stream with enough around it to decide.
///
/// Whoever decides on each position from `start` to `end` by looking at no more than the promised
/// bytes before and after it finds the same in any chunks.
pub struct Window<'a> {
    /// The bytes at hand: what is to be decided, and what lies around it.
    pub bytes: &'a [u8],
    /// Where `bytes` begins in the stream.
    pub offset: u64,
    /// The first position in `bytes` to be decided on.
    pub start: usize,
    /// The first position that the next window decides on.
    pub end: usize,
}

/// A line, without its end, and where it begins in the stream.
pub struct Line<'a> {
    /// First byte, counted from the start of the stream.
    pub offset: u64,
    /// The line without `\n`. Lines over 1 MiB come in pieces.
    pub bytes: &'a [u8],
}

impl<'a> Content<'a> {
    pub(crate) fn of_host(source: &'a scanning::Source) -> Self {
        Self::new(Origin::Host(source))
    }

    /// Makes a content of bytes at hand, given out in chunks of `chunk` (at least 1) bytes: for tests.
    pub fn of_bytes(bytes: &'a [u8], chunk: usize) -> Self {
        Self::new(Origin::Bytes(bytes, chunk.max(1)))
    }

    fn new(origin: Origin<'a>) -> Self {
        Self {
            origin,
            held: Vec::new(),
            taken: 0,
            offset: 0,
        }
    }

    /// Reads on. Chunks have any length; none means that the end was reached.
    pub fn read_chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if self.taken < self.held.len() {
            let rest = self.held.split_off(self.taken);
            self.offset += (self.taken + rest.len()) as u64;
            self.held.clear();
            self.taken = 0;
            return Ok(Some(rest));
        }
        let chunk = self.fetch()?;
        self.offset += (self.taken + chunk.len()) as u64;
        self.held.clear();
        self.taken = 0;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Reads on to the end of the line.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, Failure> {
        let mut searched = self.taken;
        let (end, next) = loop {
            if let Some(at) = memchr::memchr(b'\n', &self.held[searched..]) {
                break (searched + at, searched + at + 1);
            }
            let waiting = self.held.len() - self.taken;
            if waiting >= LINE_MAX {
                break (self.held.len(), self.held.len());
            }
            let chunk = self.fetch()?;
            if chunk.is_empty() {
                if waiting == 0 {
                    return Ok(None);
                }
                break (self.held.len(), self.held.len());
            }
            self.held.drain(..self.taken);
            self.offset += self.taken as u64;
            self.taken = 0;
            searched = waiting;
            self.held.extend_from_slice(&chunk);
        };
        let line = Line {
            offset: self.offset + self.taken as u64,
            bytes: &self.held[self.taken..end],
        };
        self.taken = next;
        Ok(Some(line))
    }

    /// Reads on, so that at least `before` bytes before and `after` bytes after each position to be
    /// decided are at hand, unless the stream begins or ends there.
    pub fn next_window(
        &mut self,
        before: usize,
        after: usize,
    ) -> Result<Option<Window<'_>>, Failure> {
        let done = self.taken.saturating_sub(before);
        self.held.drain(..done);
        self.offset += done as u64;
        self.taken -= done;
        let end = loop {
            let chunk = self.fetch()?;
            if chunk.is_empty() {
                break self.held.len();
            }
            self.held.extend_from_slice(&chunk);
            let end = self.held.len().saturating_sub(after);
            if end > self.taken {
                break end;
            }
        };
        if end == self.taken {
            return Ok(None);
        }
        let window = Window {
            bytes: &self.held,
            offset: self.offset,
            start: self.taken,
            end,
        };
        self.taken = end;
        Ok(Some(window))
    }

    fn fetch(&mut self) -> Result<Vec<u8>, Failure> {
        match &mut self.origin {
            Origin::Host(source) => source.read(CHUNK),
            Origin::Bytes(bytes, chunk) => {
                let (now, later) = bytes.split_at((*chunk).min(bytes.len()));
                *bytes = later;
                Ok(now.to_vec())
            }
        }
    }
}

/// The content of one version of an entry, as a workflow reads it: as stored, not decoded.
pub struct Reader {
    raw: contents::Reader,
}

impl Reader {
    pub(crate) fn new(raw: contents::Reader) -> Self {
        Self { raw }
    }

    /// Reads on. Chunks have any length; none means that the end was reached.
    pub fn read_chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = self.raw.read(CHUNK)?;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], chunk: usize) -> Vec<(u64, Vec<u8>)> {
        let mut content = Content::of_bytes(text, chunk);
        let mut lines = Vec::new();
        while let Some(line) = content.next_line().expect("bytes at hand do not fail") {
            lines.push((line.offset, line.bytes.to_vec()));
        }
        lines
    }

    #[test]
    fn lines_are_the_same_in_any_chunks() {
        let text = b"one\n\nthree\nlast";
        let expected: [(u64, &[u8]); 4] = [(0, b"one"), (4, b""), (5, b"three"), (11, b"last")];
        for chunk in 1..=text.len() + 1 {
            let found = lines(text, chunk);
            let found: Vec<_> = found.iter().map(|(at, line)| (*at, &line[..])).collect();
            assert_eq!(found, expected, "in chunks of {chunk}");
        }
    }

    #[test]
    fn a_very_long_line_comes_in_pieces() {
        let text = vec![b'x'; 3 * LINE_MAX + 7];
        let pieces = lines(&text, CHUNK as usize);
        assert!(
            pieces
                .iter()
                .all(|(_, piece)| piece.len() <= LINE_MAX + CHUNK as usize)
        );
        assert_eq!(
            pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>(),
            text.len()
        );
        assert!(pieces.len() > 2);
    }

    #[test]
    fn windows_cover_the_stream_once_with_what_lies_around() {
        let text: Vec<u8> = (0..97).collect();
        for chunk in 1..=text.len() + 1 {
            let mut content = Content::of_bytes(&text, chunk);
            let mut decided = 0;
            while let Some(window) = content.next_window(3, 5).expect("bytes at hand") {
                let at = window.offset as usize;
                assert_eq!(window.bytes, &text[at..at + window.bytes.len()]);
                assert_eq!(at + window.start, decided);
                assert!(window.start >= 3.min(decided), "too little before");
                decided = at + window.end;
                let after = window.bytes.len() - window.end;
                assert!(after >= 5 || at + window.bytes.len() == text.len());
            }
            assert_eq!(decided, text.len(), "in chunks of {chunk}");
        }
    }

    #[test]
    fn chunks_go_on_where_lines_stopped() {
        let mut content = Content::of_bytes(b"one\ntwo\nthree", 9);
        assert_eq!(content.next_line().unwrap().unwrap().bytes, b"one");
        assert_eq!(content.read_chunk().unwrap().unwrap(), b"two\nt");
        assert_eq!(content.next_line().unwrap().unwrap().offset, 9);
        assert!(content.read_chunk().unwrap().is_none());
        assert!(content.next_line().unwrap().is_none());
    }
}

//! Bytes of a blob or a file: pieces that are shared, never copied.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

/// Bytes in pieces.
///
/// Equal means *the same*: two contents compare by identity, because the mutation log asks
/// whether somebody wrote, not whether the bytes differ.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pieces: Arc<Vec<Bytes>>,
    length: u64,
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && Arc::ptr_eq(&self.pieces, &other.pieces)
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::of(vec![bytes])
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl Content {
    pub(crate) fn of(mut pieces: Vec<Bytes>) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        let length = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self {
            pieces: Arc::new(pieces),
            length,
        }
    }

    /// `length` bytes of one repeated piece, so that gigabytes cost a list of handles.
    pub(crate) fn repeated(piece: &Bytes, length: u64) -> Self {
        if piece.is_empty() {
            return Self::default();
        }
        let whole = length / piece.len() as u64;
        let mut pieces: Vec<Bytes> = (0..whole).map(|_| piece.clone()).collect();
        let rest = usize::try_from(length % piece.len() as u64).unwrap_or(0);
        pieces.push(piece.slice(..rest));
        Self::of(pieces)
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// The bytes of a range, which is cut to what there is.
    pub(crate) fn slice(&self, range: Range<u64>) -> Self {
        if range.start == 0 && range.end >= self.length {
            return self.clone();
        }
        let mut pieces = Vec::new();
        let mut at = 0u64;
        for piece in self.pieces.iter() {
            let end = at + piece.len() as u64;
            let from = range.start.clamp(at, end);
            let to = range.end.clamp(at, end);
            if from < to {
                // Both lie within this piece, whose length is a usize.
                pieces.push(piece.slice((from - at) as usize..(to - at) as usize));
            }
            if end >= range.end {
                break;
            }
            at = end;
        }
        Self::of(pieces)
    }

    /// This with more at its end.
    pub(crate) fn append(&self, more: Bytes) -> Self {
        let mut pieces = self.pieces.to_vec();
        pieces.push(more);
        Self::of(pieces)
    }

    /// This with other bytes from `offset` on.
    pub(crate) fn overwrite(&self, offset: u64, with: Bytes) -> Self {
        let end = offset + with.len() as u64;
        let mut pieces = self.slice(0..offset).pieces.to_vec();
        pieces.push(with);
        pieces.extend(self.slice(end..self.length).pieces.iter().cloned());
        Self::of(pieces)
    }

    /// All of it in one piece; for tests and small documents.
    #[cfg(test)]
    pub(crate) fn flat(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_what_a_flat_slice_would_be() {
        let content = Content::of(vec![
            Bytes::from_static(b"abc"),
            Bytes::new(),
            Bytes::from_static(b"defgh"),
            Bytes::from_static(b"i"),
        ]);
        let flat = content.flat();
        for from in 0..=flat.len() {
            for to in from..=flat.len() + 2 {
                let slice = content.slice(from as u64..to as u64);
                assert_eq!(slice.flat(), flat[from..to.min(flat.len())], "{from}..{to}");
            }
        }
        assert_eq!(
            content.overwrite(2, Bytes::from_static(b"XYZ")).flat(),
            b"abXYZfghi"
        );
        let long = Content::repeated(&Bytes::from_static(b"0123456789"), 25);
        assert_eq!(long.flat(), b"0123456789012345678901234");
    }
}

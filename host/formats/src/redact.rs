//! One redaction from start to end: cut, check, hand on.

use std::error::Error;
use std::io;

use bytes::Bytes;

use crate::edit::Edit;
use crate::error::FormatError;
use crate::format::Format;
use crate::operator::Key;
use crate::splice::Splicer;
use crate::validity::Kept;

/// Raw bytes that are cut and checked together. Also the bound on how far the check of the
/// original may be ahead of that of the result.
const STEP_LEN: usize = 64 * 1024;

/// Redacts content as it comes and refuses what would break it.
///
/// A host runs it twice over the same bytes: when planning, for the digest of the result and to
/// see that it is allowed; when applying, to write. The result depends on format, edits and key
/// alone, never on how the bytes were cut into chunks. A document that was valid before is valid
/// after, and has no equal keys it did not have; one that was not valid may be redacted too.
///
/// What was handed out before an error must be thrown away.
///
/// ```
/// use remit_formats::{Edit, Format, Key, Operator, Redaction};
/// use std::convert::Infallible;
///
/// let edit = Edit { offset: 9, length: 14, rule: "email".into(), operator: Operator::Label };
/// let edits = [Ok::<_, Infallible>(edit)].into_iter();
/// let mut redaction = Redaction::new(Format::Json, edits, &Key::new([7; 32]))?;
/// let mut out = redaction.push(br#"{"who": "jo@example.com", "n": 1.0}"#)?.to_vec();
/// let tail = redaction.finish()?;
/// out.extend_from_slice(&tail.bytes);
/// assert_eq!(out, br#"{"who": "REDACTED-email", "n": 1.0}"#);
/// assert_eq!(tail.edits_done, 1);
/// # Ok::<_, remit_formats::FormatError>(())
/// ```
pub struct Redaction<I: Iterator> {
    splicer: Splicer<I>,
    kept: Kept,
    stopped: bool,
}

/// The end of a redaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// The last bytes of the result.
    pub bytes: Bytes,
    /// Edits done: all that there were.
    pub edits_done: u64,
}

impl<I, E> Redaction<I>
where
    I: Iterator<Item = Result<Edit, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Starts a redaction. `edits` are in raw offsets, sorted, without overlap, and are read as
    /// the content comes. Fails for [`Format::Binary`].
    pub fn new(format: Format, edits: I, key: &Key) -> Result<Self, FormatError> {
        Ok(Self {
            splicer: Splicer::new(format, edits, key)?,
            kept: Kept::new(format)?,
            stopped: false,
        })
    }

    /// Reads `raw` and returns what is settled, which may be nothing.
    pub fn push(&mut self, raw: &[u8]) -> Result<Bytes, FormatError> {
        if self.stopped {
            return Err(FormatError::Stopped);
        }
        // Stays set if a step below fails.
        self.stopped = true;
        let mut out = Vec::with_capacity(raw.len());
        for step in raw.chunks(STEP_LEN) {
            let done = out.len();
            self.splicer.push(step, &mut out)?;
            self.kept.push(step, &out[done..])?;
        }
        self.stopped = false;
        Ok(out.into())
    }

    /// Ends the content. Fails if an edit was not reached, or if the document would be broken.
    pub fn finish(mut self) -> Result<Tail, FormatError> {
        if self.stopped {
            return Err(FormatError::Stopped);
        }
        let mut out = Vec::new();
        let edits_done = self.splicer.finish(&mut out)?;
        self.kept.finish(&out)?;
        Ok(Tail {
            bytes: out.into(),
            edits_done,
        })
    }
}

/// Runs a whole redaction in memory: for small content and for tests.
pub fn redact_all<I, E>(
    format: Format,
    edits: I,
    key: &Key,
    chunks: impl IntoIterator<Item = io::Result<Bytes>>,
) -> Result<(Vec<u8>, u64), FormatError>
where
    I: Iterator<Item = Result<Edit, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut redaction = Redaction::new(format, edits, key)?;
    let mut out = Vec::new();
    for chunk in chunks {
        let chunk = chunk.map_err(FormatError::Content)?;
        out.extend_from_slice(&redaction.push(&chunk)?);
    }
    let tail = redaction.finish()?;
    out.extend_from_slice(&tail.bytes);
    Ok((out, tail.edits_done))
}

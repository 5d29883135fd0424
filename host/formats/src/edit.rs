//! Places to cut, in order.

use std::error::Error;
use std::iter::Fuse;

use crate::error::FormatError;
use crate::operator::Operator;

/// One place to cut, and what to put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte, counted from the start of the stream the edit belongs to (raw or decoded).
    pub offset: u64,
    /// Bytes; at least 1.
    pub length: u32,
    /// The rule that found it, as the scanner declares it.
    pub rule: String,
    /// What happens to it.
    pub operator: Operator,
}

impl Edit {
    /// The first byte behind the edit. Offsets near the top of `u64` cannot be real.
    pub(crate) fn end(&self) -> u64 {
        self.offset.saturating_add(u64::from(self.length))
    }
}

/// Edits read ahead by one, with their order checked as they are read.
pub(crate) struct Edits<I: Iterator> {
    source: Fuse<I>,
    next: Option<Edit>,
    last: Option<(u64, u64)>,
}

impl<I, E> Edits<I>
where
    I: Iterator<Item = Result<Edit, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    pub(crate) fn new(source: I) -> Self {
        Self {
            source: source.fuse(),
            next: None,
            last: None,
        }
    }

    pub(crate) fn peek(&mut self) -> Result<Option<&Edit>, FormatError> {
        if self.next.is_none() {
            self.next = self.read()?;
        }
        Ok(self.next.as_ref())
    }

    pub(crate) fn take(&mut self) -> Result<Option<Edit>, FormatError> {
        self.peek()?;
        Ok(self.next.take())
    }

    fn read(&mut self) -> Result<Option<Edit>, FormatError> {
        let Some(edit) = self.source.next() else {
            return Ok(None);
        };
        let edit = edit.map_err(|source| FormatError::Edits(source.into()))?;
        let offset = edit.offset;
        if edit.length == 0 {
            return Err(FormatError::EmptyEdit { offset });
        }
        match self.last {
            Some((start, _)) if offset < start => return Err(FormatError::OutOfOrder { offset }),
            Some((_, end)) if offset < end => return Err(FormatError::Overlap { offset }),
            _ => {}
        }
        self.last = Some((offset, edit.end()));
        Ok(Some(edit))
    }
}

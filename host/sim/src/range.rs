//! `Range` and `x-ms-range`.

use crate::refusal::{Code, Refusal};
use crate::request::Request;

/// A range of bytes; its end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: Option<u64>,
}

impl Range {
    /// The range a request asks for; the service's own header wins.
    pub(crate) fn of(request: &Request) -> Result<Option<Self>, Refusal> {
        let Some(text) = request.header("x-ms-range").or(request.header("range")) else {
            return Ok(None);
        };
        let invalid = || Refusal(Code::InvalidHeaderValue);
        let (start, end) = text
            .strip_prefix("bytes=")
            .and_then(|range| range.split_once('-'))
            .ok_or_else(invalid)?;
        // A range from the end (`bytes=-5`) is not in the service's documentation.
        let start = start.parse().map_err(|_| invalid())?;
        let end = match end {
            "" => None,
            end => Some(end.parse::<u64>().map_err(|_| invalid())?.saturating_add(1)),
        };
        if end.is_some_and(|end| end <= start) {
            return Err(invalid());
        }
        Ok(Some(Self { start, end }))
    }

    /// What of it there is in `length` bytes.
    pub(crate) fn within(self, length: u64) -> Result<std::ops::Range<u64>, Refusal> {
        if self.start >= length {
            return Err(Code::InvalidRange.into());
        }
        Ok(self.start..self.end.unwrap_or(length).min(length))
    }
}

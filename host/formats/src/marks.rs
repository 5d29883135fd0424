//! What is known of each line or row, queued until the other side's counterpart is known too.

use std::collections::VecDeque;

use crate::error::FormatError;
use crate::json::Verdict;

/// Lines or rows by which one side may be ahead. Both sides advance in small steps, so more means
/// that one edit swallowed them.
const AHEAD_MAX: usize = 1 << 18;

/// A line that is no JSON document.
pub(crate) const LINE_BROKEN: u64 = 0;
const LINE_VALUE: u64 = 1;
const LINE_BLANK: u64 = 2;

pub(crate) fn line_mark(line: Verdict) -> u64 {
    match (line.broken, line.n_values) {
        (None, 0) => LINE_BLANK,
        (None, 1) => LINE_VALUE,
        _ => LINE_BROKEN,
    }
}

/// Starts and marks of lines, in order.
#[derive(Debug, Default)]
pub(crate) struct Marks(VecDeque<(u64, u64)>);

impl Marks {
    pub(crate) fn push(&mut self, start: u64, mark: u64) {
        // One more than may be is enough for `compare` to see it.
        if self.0.len() <= AHEAD_MAX {
            self.0.push_back((start, mark));
        }
    }

    /// Compares and forgets what both sides know.
    pub(crate) fn compare(
        &mut self,
        syntax: &'static str,
        after: &mut Self,
        is_kept: impl Fn(u64, u64) -> bool,
    ) -> Result<(), FormatError> {
        let n = self.0.len().min(after.0.len());
        for ((_, before), (offset, after)) in self.0.drain(..n).zip(after.0.drain(..n)) {
            if !is_kept(before, after) {
                return Err(FormatError::WouldBreak { syntax, offset });
            }
        }
        let mut ahead = self.0.iter().chain(&after.0);
        match ahead.nth(AHEAD_MAX) {
            Some(&(offset, _)) => Err(FormatError::WouldBreak { syntax, offset }),
            None => Ok(()),
        }
    }

    /// At the end nothing may be left over on either side; `end` is the length of the result.
    pub(crate) fn same_number(
        &self,
        syntax: &'static str,
        after: &Self,
        end: u64,
    ) -> Result<(), FormatError> {
        if self.0.is_empty() && after.0.is_empty() {
            return Ok(());
        }
        let offset = after.0.front().map_or(end, |&(start, _)| start);
        Err(FormatError::WouldBreak { syntax, offset })
    }
}

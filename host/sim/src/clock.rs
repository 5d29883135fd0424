//! The simulator's own clock: the machine's, plus what a test has advanced it by.
//!
//! Retention, leases and immutability run on it. Signatures and their expiry do not: the
//! client that signs reads the machine's clock, so the server compares with that one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The simulator's time; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<SignedDuration>>);

impl Clock {
    /// Returns the simulator's time.
    pub fn now(&self) -> Timestamp {
        let advanced = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::now()
            .checked_add(advanced)
            .unwrap_or(Timestamp::MAX)
    }

    /// Moves the simulator's time forward.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut advanced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *advanced = advanced.saturating_add(by);
    }
}

/// As in `Last-Modified`: whole seconds, RFC 9110.
pub(crate) fn http_date(time: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_default()
}

/// The instant that an HTTP date names.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// As in snapshots and version ids: seven digits after the second.
pub(crate) fn stamp(time: Timestamp) -> String {
    let second = time.as_second();
    let ticks = time.subsec_nanosecond().max(0) / 100;
    match Timestamp::from_second(second) {
        Ok(whole) => {
            let text = whole.to_string();
            format!("{}.{ticks:07}Z", text.trim_end_matches('Z'))
        }
        Err(_) => time.to_string(),
    }
}

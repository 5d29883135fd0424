//! Where a step stands, or is expected to stand.

use std::fmt;

use jiff::Timestamp;
use remit_workspace::{Forecast, Millis};
use serde::{Deserialize, Serialize};

/// What became of a step. A delete is never `done`: it is `gone`, or it is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// An export, a redaction or an archival was carried out.
    Done,
    /// Nothing of the entry remains.
    Gone,
    /// The service keeps it until then.
    GoneOn(Millis),
    /// Who or what holds it.
    Held(String),
    /// It cannot be done: why.
    Impossible(String),
    /// It was not begun, or nothing was there to do: why.
    Skipped(String),
    /// It was tried, and nothing was changed: why.
    Failed(String),
    /// Whether it happened cannot be told: why.
    Unknown(String),
}

impl State {
    /// The word for it, without the reason.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Gone => "gone",
            Self::GoneOn(_) => "gone-on",
            Self::Held(_) => "held",
            Self::Impossible(_) => "impossible",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether what was asked has happened, so that steps which need it may begin.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::Gone | Self::GoneOn(_))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done | Self::Gone => f.write_str(self.as_str()),
            Self::GoneOn(when) => match Timestamp::from_millisecond(*when) {
                Ok(when) => write!(f, "gone-on {}", when.strftime("%Y-%m-%d")),
                Err(_) => f.write_str("gone-on an unknown date"),
            },
            Self::Held(why)
            | Self::Impossible(why)
            | Self::Skipped(why)
            | Self::Failed(why)
            | Self::Unknown(why) => {
                write!(f, "{} ({why})", self.as_str())
            }
        }
    }
}

impl From<Forecast> for State {
    fn from(forecast: Forecast) -> Self {
        match forecast {
            Forecast::Gone => Self::Gone,
            Forecast::GoneOn(when) => Self::GoneOn(when),
            Forecast::Held(by) => Self::Held(by),
            Forecast::Impossible(why) => Self::Impossible(why),
            Forecast::Unknown(why) => Self::Unknown(why),
        }
    }
}

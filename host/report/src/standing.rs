//! Where a step stands, in words.

use jiff::Timestamp;
use remit_apply::{Outcome, Progress, Standing};
use remit_plan::{Act, Plan, State, Step};

use crate::words;

/// Characters of a reason that are shown.
const WHY_CHARS_MAX: usize = 300;

/// Where a step stands, or what is expected of it while nothing was begun.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    /// `gone`, `failed`, `open`, … Empty where nothing is known yet.
    pub(crate) word: &'static str,
    /// Whether this is a forecast.
    pub(crate) is_forecast: bool,
    /// A reason, escaped.
    pub(crate) why: Option<String>,
    /// Until when the service keeps it.
    pub(crate) date: Option<String>,
}

impl Stand {
    /// Without progress, what the plan forecasts.
    pub(crate) fn of(step: &Step, progress: Option<&Progress>) -> Self {
        let open = |word| Self {
            word,
            is_forecast: false,
            why: None,
            date: None,
        };
        match (progress, &step.act) {
            (None, Act::Delete { forecast, .. }) => Self::ended(forecast, true),
            (None, Act::Export { .. } | Act::Redact(_) | Act::Archive {}) => open(""),
            (Some(progress), _) => match progress.standing(step.number) {
                Some(Standing::Ended(state)) => Self::ended(&state, false),
                Some(Standing::Begun) => open(Outcome::BEGUN),
                Some(Standing::Open) | None => open(Outcome::OPEN),
            },
        }
    }

    fn ended(state: &State, is_forecast: bool) -> Self {
        let (why, date) = match state {
            State::Done | State::Gone => (None, None),
            State::GoneOn(when) => (None, Some(date(*when))),
            State::Held(why)
            | State::Impossible(why)
            | State::Skipped(why)
            | State::Failed(why)
            | State::Unknown(why) => (Some(words::hearsay(why, WHY_CHARS_MAX)), None),
        };
        Self {
            word: state.as_str(),
            is_forecast,
            why,
            date,
        }
    }

    /// The word, with its date.
    pub(crate) fn group(&self) -> String {
        match &self.date {
            Some(date) => format!("{} {date}", self.word),
            None => self.word.to_owned(),
        }
    }

    /// All of it: `forecast gone-on 2027-01-06`, `failed (no space left)`.
    pub(crate) fn text(&self) -> String {
        let forecast = if self.is_forecast { "forecast " } else { "" };
        match &self.why {
            Some(why) => format!("{forecast}{} ({why})", self.group()),
            None => format!("{forecast}{}", self.group()),
        }
    }

    /// Whether what was asked has happened.
    pub(crate) fn is_success(&self) -> bool {
        !self.is_forecast && ["done", "gone", "gone-on"].contains(&self.word)
    }
}

fn date(when: i64) -> String {
    match Timestamp::from_millisecond(when) {
        Ok(when) => when.strftime("%Y-%m-%d").to_string(),
        Err(_) => "an unknown date".to_owned(),
    }
}

/// Whose words the reasons of a plan's steps are.
pub(crate) fn speaker(plan: &Plan) -> &'static str {
    if plan.manifest().about.guest == "operator" {
        "the operator says"
    } else {
        "the guest says"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_in_words() {
        for (state, forecast, expect) in [
            (State::Gone, true, "forecast gone"),
            (
                State::GoneOn(1_799_231_400_000),
                false,
                "gone-on 2027-01-06",
            ),
            (
                State::Failed("no \u{1b}[1mspace".into()),
                false,
                "failed (no \\u{1b}[1mspace)",
            ),
        ] {
            assert_eq!(Stand::ended(&state, forecast).text(), expect);
        }
    }

    #[test]
    fn the_words_for_success_are_the_states_own() {
        for state in [
            State::Done,
            State::Gone,
            State::GoneOn(0),
            State::Held(String::new()),
            State::Impossible(String::new()),
            State::Skipped(String::new()),
            State::Failed(String::new()),
            State::Unknown(String::new()),
        ] {
            assert_eq!(
                Stand::ended(&state, false).is_success(),
                state.is_success(),
                "{state}"
            );
        }
    }
}

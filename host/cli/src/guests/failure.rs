//! What a guest's end comes to for a person: for a script, with its own line and a caret.

use remit_policy::FileError;
use remit_report::words::escape;
use remit_wasm::GuestError;

use super::{Body, Guest};
use crate::error::{Cause, CommandError};
use crate::exit::Exit;

/// The code of a failure that is the script's own: an error of syntax or at run time, or what it threw.
const SCRIPT: &str = "script";

/// The codes with which the host refuses a guest what a right or a hold forbids. A guest may say them of its own
/// accord: it gains another number for having failed.
const REFUSALS: [&str; 2] = ["denied", "held"];

impl Guest {
    /// Why this guest did not come to its end.
    pub(crate) fn failed(&self, error: GuestError) -> CommandError {
        let exit = match &error {
            GuestError::Refused { code, .. } if REFUSALS.contains(&code.as_str()) => Exit::Refused,
            _ => Exit::Failed,
        };
        match (&self.body, &error) {
            (Body::Script(script), GuestError::Refused { code, message }) => {
                let (place, said) = placed(message);
                let said = match code.as_str() {
                    SCRIPT => escape(said),
                    code => format!("{}: {}", escape(code), escape(said)),
                };
                let file = self.place.display().to_string();
                let at = place.and_then(|(line, column)| {
                    FileError::at(&file, &script.text, line, column, said.clone())
                });
                match at {
                    Some(error) => CommandError {
                        cause: Cause::File(Box::new(error)),
                        ..CommandError::new(exit, "")
                    },
                    None => CommandError::new(exit, format!("{}: {said}", escape(&file))),
                }
            }
            _ => CommandError::new(exit, error),
        }
    }
}

/// Whether the guest is to blame, so that what it did before can be kept and looked at.
pub(crate) fn is_its_own(error: &GuestError) -> bool {
    match error {
        GuestError::Time(_)
        | GuestError::WholeTime(_)
        | GuestError::Memory(_)
        | GuestError::Limit(_)
        | GuestError::Trap { .. }
        | GuestError::Refused { .. } => true,
        GuestError::Cancelled
        | GuestError::Fault(_)
        | GuestError::Start(_)
        | GuestError::World { .. } => false,
    }
}

/// `LINE:COLUMN: text`, taken apart; `0:0` is no place.
fn placed(message: &str) -> (Option<(usize, usize)>, &str) {
    let parsed = || {
        let (line, rest) = message.split_once(':')?;
        let (column, said) = rest.split_once(':')?;
        let place = (line.parse().ok()?, column.parse().ok()?);
        Some((place, said.trim_start()))
    };
    match parsed() {
        Some(((0, _) | (_, 0), said)) => (None, said),
        Some((place, said)) => (Some(place), said),
        None => (None, message),
    }
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn a_place_is_taken_off_the_message() {
        for (message, place, said) in [
            ("3:14: thrown: no", Some((3, 14)), "thrown: no"),
            ("0:0: too deep", None, "too deep"),
            ("thrown: no", None, "thrown: no"),
            ("3: no", None, "3: no"),
            ("-1:2: no", None, "-1:2: no"),
            ("1:2:3:4: no", Some((1, 2)), "3:4: no"),
            ("", None, ""),
        ] {
            assert_eq!(placed(message), (place, said), "{message}");
        }
    }
}

//! How a script fails: what it can catch, and what the host is told at its end.

use std::rc::Rc;

use remit_guest::Failure;
use rhai::{Dynamic, EvalAltResult, ParseError, Position};

/// The code of everything that is the script's own doing.
pub(crate) const CODE: &str = "script";

/// The longest text of a thrown value that is passed on.
const THROWN_MAX: usize = 1_000;

/// A failure as a script sees it that catches one. There is no word that makes one: a script can
/// pass on what it caught, and what it throws besides is marked as thrown.
#[derive(Clone)]
pub(crate) struct Caught(Rc<Failure>);

impl Caught {
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }
}

/// Ends the script with the host's failure, unless it catches it.
pub(crate) fn raise(failure: Failure) -> Box<EvalAltResult> {
    let caught = Dynamic::from(Caught(Rc::new(failure)));
    EvalAltResult::ErrorRuntime(caught, Position::NONE).into()
}

/// Ends the script because a word was used wrongly.
pub(crate) fn misuse(message: impl Into<String>) -> Box<EvalAltResult> {
    raise(Failure::new(CODE, message))
}

/// What the host is told when a text is no script.
pub(crate) fn unreadable(error: &ParseError) -> Failure {
    told(CODE, &error.0.to_string(), error.1)
}

/// What the host is told when a script ended early.
pub(crate) fn ended(error: &EvalAltResult) -> Failure {
    // Where it happened, not where the function was called in which it happened.
    let inner = error.unwrap_inner();
    let at = match inner.position() {
        at if at.is_none() => error.position(),
        at => at,
    };
    match inner {
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<Caught>() {
            Some(caught) => told(caught.code(), caught.message(), at),
            None => told(CODE, &format!("thrown: {}", shown(value)), at),
        },
        EvalAltResult::ErrorParsing(error, _) => told(CODE, &error.to_string(), at),
        other => told(CODE, &reason(other), at),
    }
}

fn told(code: &str, text: &str, at: Position) -> Failure {
    let (line, column) = (at.line().unwrap_or(0), at.position().unwrap_or(0));
    Failure::new(code, format!("{line}:{column}: {text}"))
}

/// The engine's words without the place, which stands before them.
fn reason(error: &EvalAltResult) -> String {
    let text = error.to_string();
    match text.rfind(" (line ") {
        Some(at) if !error.position().is_none() => text[..at].to_owned(),
        _ => text,
    }
}

/// A thrown value as text, cut short.
fn shown(value: &Dynamic) -> String {
    let text = value.to_string();
    match text.char_indices().nth(THROWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

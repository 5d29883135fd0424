//! What is wrong in a script, for programs. For people the command line draws the line and a caret.

use std::io::{self, Write};

use serde::Serialize;

use crate::json;

/// Something that would go wrong in a script.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'p> {
    /// The script's file.
    pub file: &'p str,
    /// The line, from 1; 0: none in particular.
    pub line: usize,
    /// The column in characters, from 1; 0: none in particular.
    pub column: usize,
    /// What is wrong.
    pub message: &'p str,
    /// What may have been meant.
    pub help: Option<&'p str>,
}

#[derive(Serialize)]
struct Line<'p> {
    remit: u32,
    file: &'p str,
    #[serde(skip_serializing_if = "is_nowhere")]
    line: usize,
    #[serde(skip_serializing_if = "is_nowhere")]
    column: usize,
    message: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'p str>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the serializer passes a reference"
)]
fn is_nowhere(place: &usize) -> bool {
    *place == 0
}

/// Writes one problem as a JSON object on a line of its own.
pub fn problem_json(out: &mut dyn Write, problem: &Problem<'_>) -> io::Result<()> {
    json::line(
        out,
        &Line {
            remit: json::FORMAT,
            file: problem.file,
            line: problem.line,
            column: problem.column,
            message: problem.message,
            help: problem.help,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_line_and_says_no_place_that_it_does_not_have() {
        let mut out = Vec::new();
        let problem = Problem {
            file: "a.rhai",
            line: 2,
            column: 5,
            message: "\u{202e}",
            help: None,
        };
        problem_json(&mut out, &problem).unwrap();
        problem_json(
            &mut out,
            &Problem {
                line: 0,
                column: 0,
                help: Some("so"),
                ..problem
            },
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"remit\":1,\"file\":\"a.rhai\",\"line\":2,\"column\":5,\"message\":\"\\u202e\"}\n\
             {\"remit\":1,\"file\":\"a.rhai\",\"message\":\"\\u202e\",\"help\":\"so\"}\n"
        );
    }
}

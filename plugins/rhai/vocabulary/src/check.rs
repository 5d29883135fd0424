//! Reading a script without running it: what would go wrong, and which rights it needs.
//!
//! Values have their types only when a script runs. What is certain without running is told: a word
//! that exists nowhere, a count of arguments that fits no word, a fact that an entry does not have. Of a
//! value whose type is not certain, only words that exist for no type at all are told.

mod known;
mod reader;
mod rights;

use crate::interpreter;
use crate::nearest::nearest;
use known::Known;
use reader::Reader;
use rights::Rights;

/// Something that would go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0: none in particular.
    pub line: usize,
    /// The column in characters, from 1; 0: none in particular.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub help: Option<String>,
}

/// What the script's header makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its statements run.
    Workflow,
    /// Its function `scan` is called.
    Scanner,
    /// A workflow whose header declares rules: both.
    WorkflowWithScanner,
}

/// Reads a script's whole text, header and all.
///
/// `asks` are the names of the rights that the header asks for anywhere, with the stronger forms of
/// `delete` (`purge`, `cascade`, `cancel`) as names of their own.
pub fn check(text: &str, role: Role, asks: &[&str]) -> Vec<Problem> {
    let (engine, table) = interpreter::engine();
    let ast = match interpreter::compile(&engine, text) {
        Ok(ast) => ast,
        Err(error) => return vec![unparsed(&error)],
    };
    let known = Known::new(&engine, &table, &ast);
    let mut problems = Vec::new();
    if role != Role::Workflow && !known.defines("scan", 2) {
        problems.push(Problem {
            line: 0,
            column: 0,
            message: "a scanner has a function `fn scan(text, entry)`, and this script has none"
                .to_owned(),
            help: Some(
                "it returns an array of findings, as `regex(\"…\").find_all(text, \"rule\")`"
                    .to_owned(),
            ),
        });
    }
    let mut reader = Reader::new(&known);
    reader.read(&ast);
    problems.append(&mut reader.problems);
    reader.rights.compare(text, asks, &mut problems);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    problems
}

fn unparsed(error: &rhai::ParseError) -> Problem {
    let message = error.0.to_string();
    let unknown = message.strip_prefix("Undefined variable: ");
    let help = unknown.map(|name| match nearest(name, ["scope"]) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "a function sees its parameters and `scope`, and no other variable".to_owned(),
    });
    Problem {
        line: error.1.line().unwrap_or(0),
        column: error.1.position().unwrap_or(0),
        message,
        help,
    }
}

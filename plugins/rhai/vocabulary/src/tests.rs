//! Scripts run natively, over a workspace in memory.

mod bounds;
mod checking;
mod failures;
mod scanning;
mod scripts;
mod table;
mod words;
mod workspace;

use remit_guest::{Failure, testing};

use crate::{Interpreter, Param, Program};
use workspace::Workspace;

fn program(text: &str) -> Program {
    Program {
        name: "tried".to_owned(),
        text: text.to_owned(),
        params: Vec::new(),
    }
}

/// Runs a script over the sample; what it said, and how it ended.
fn run(text: &str) -> (Vec<String>, Result<(), Failure>) {
    run_in(&Workspace::sample(), program(text))
}

fn run_in(workspace: &Workspace, program: Program) -> (Vec<String>, Result<(), Failure>) {
    testing::said();
    let outcome = Interpreter::take().run_within(program, Box::new(workspace.clone()));
    (testing::said(), outcome)
}

/// What a script that must end well says.
#[track_caller]
fn said(text: &str) -> Vec<String> {
    let (said, outcome) = run(text);
    assert_eq!(outcome.map_err(|failure| failure.message), Ok(()));
    said
}

/// How a script fails that must: code and message.
#[track_caller]
fn failure(text: &str) -> (String, String) {
    let failure = run(text).1.expect_err("the script must fail");
    (failure.code, failure.message)
}

fn param(name: &str, of_type: &str, values: &[&str]) -> Param {
    Param {
        name: name.to_owned(),
        of_type: of_type.to_owned(),
        many: false,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

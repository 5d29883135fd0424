//! `remit check`: reads a script without running it, and without a workspace.
//!
//! The header is the host's; the rest is read by the vocabulary's own check, natively. Not here: anything that
//! runs a script. What passes can still be refused or fail: values have their types only when it runs.

use remit_policy::{FileError, Manifest, Right, World};
use remit_report::words::escape;
use remit_report::{Problem, problem_json};
use remit_vocabulary::Role;
use remit_wasm::Script;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::Guest;
use crate::ui::{Ui, rendered};

/// Read a script without running it: unknown words, wrong counts of arguments, rights not asked for or not used
///
/// Touches no workspace. Ends with 2 where something would go wrong.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script: a .rhai file, or an installed one by its name
    script: String,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, CommandError> {
    if args.script == "-" {
        return Err(CommandError::usage("a file is checked, not standard input")
            .hint("a script that only looks can be tried: remit plan -"));
    }
    let guest = Guest::find(&args.script)?;
    let Some((script, file)) = guest.as_script() else {
        return Err(CommandError::usage(format!(
            "`{}` is a plugin, and scripts are checked",
            guest.name()
        ))
        .hint(format!("remit plugin inspect {}", args.script)));
    };
    let problems = problems(script)?;
    let mut out = ui.out();
    for problem in &problems {
        use std::io::Write as _;
        if ui.json {
            let said = Problem {
                file,
                line: problem.line,
                column: problem.column,
                message: &problem.message,
                help: problem.help.as_deref(),
            };
            problem_json(&mut out, &said)?;
        } else {
            writeln!(out, "{}\n", shown(script, file, problem))?;
        }
    }
    drop(out);
    ui.status(match problems.len() {
        0 => format!("{file}: nothing is wrong as far as can be told without running it"),
        1 => format!("{file}: 1 problem"),
        n => format!("{file}: {n} problems"),
    });
    Ok(match problems.is_empty() {
        true => Exit::Done,
        false => Exit::Usage,
    })
}

fn problems(script: &Script) -> Result<Vec<remit_vocabulary::Problem>, CommandError> {
    let manifest = &script.manifest;
    let role = match (manifest.world, manifest.rules.is_empty()) {
        (World::Workflow, true) => Role::Workflow,
        (World::Workflow, false) => Role::WorkflowWithScanner,
        (World::Scanner, _) => Role::Scanner,
        (World::Converter, _) => return Err(CommandError::usage("no script is a converter")),
    };
    Ok(remit_vocabulary::check(
        &script.text,
        role,
        &asked(manifest),
    ))
}

/// The rights that a header asks for anywhere, and the stronger forms of `delete` as names of their own.
fn asked(manifest: &Manifest) -> Vec<&'static str> {
    let asks = manifest.asks();
    let strong = |of: fn(&remit_policy::Strength) -> bool| {
        let mut lines = asks.lines(Right::Delete).iter();
        lines.any(|line| of(&line.strength))
    };
    let stronger = [
        ("purge", strong(|strength| strength.purge)),
        ("cascade", strong(|strength| strength.cascade)),
        ("cancel", strong(|strength| strength.cancel)),
    ];
    let stronger = stronger
        .into_iter()
        .filter_map(|(name, is_asked)| is_asked.then_some(name));
    asks.rights().map(Right::as_str).chain(stronger).collect()
}

/// With the script's line and a caret, where there is a place.
fn shown(script: &Script, file: &str, problem: &remit_vocabulary::Problem) -> String {
    let message = escape(&problem.message);
    let at = FileError::at(
        file,
        &script.text,
        problem.line,
        problem.column,
        message.clone(),
    );
    let help = problem.help.as_deref().map(escape);
    match (at, help) {
        (Some(error), Some(help)) => rendered(&error.with_help(help)),
        (Some(error), None) => rendered(&error),
        (None, Some(help)) => format!("{file}: {message}\n  help: {help}"),
        (None, None) => format!("{file}: {message}"),
    }
}

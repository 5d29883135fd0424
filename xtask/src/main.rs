//! The project's tasks. `cargo xtask demo` shows the main job; `cargo xtask test` is everything CI runs.
//!
//! Not here: anything a user of the product needs.

mod azcopy;
mod bench;
mod breaks;
mod demo;
mod emulator;
mod guests;
mod run;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <task>

  demo       build the host and the plugins, make a sample workspace, and do the main job on it
  test       everything CI runs: format, lints, all tests, docs, dependency checks
  break      breaks the rules of the house one by one, in a copy: a test must go red each time
             (`cargo xtask break 6 journal` takes the breaks of rule 6 and those about `journal`)
  bench      the figures, as one table: speeds, start-up, peaks of memory (a release build; 25 minutes the first time)
  emulator   install Microsoft's storage emulator (Azurite), which tests of `remit-azure` use
  plugins    build the plugins and the interpreters of scripts, and put them where `remit` finds them";

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let done = match task.as_str() {
        "demo" => demo::run_demo(),
        "test" => test::test(),
        "break" => breaks::break_rules(&std::env::args().skip(2).collect::<Vec<_>>()),
        "bench" => bench::bench(),
        "emulator" => emulator::install(),
        "plugins" => guests::build().map(|_| ()),
        _ => {
            println!("{HELP}");
            return if task.is_empty() || task == "help" {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

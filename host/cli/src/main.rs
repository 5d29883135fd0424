//! The command line of Remit: parses what was typed, runs it, and says how it went.
//!
//! The only crate that joins the guests' side (`remit-session`, `remit-wasm`) with the side that changes
//! a workspace (`remit-apply`). Not here: any decision about rights, steps or states.

mod applying;
mod args;
mod authority;
mod case;
mod commands;
mod contexts;
mod error;
mod exit;
mod files;
mod guests;
mod outputs;
mod planning;
mod target;
mod ui;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use args::Command;
use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let ui = ui::Ui::new(&args.output);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers(&args.command))
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(source) => return ui.fail(&error::CommandError::io("cannot start threads", source)),
    };
    match runtime.block_on(commands::run(args, &ui)) {
        Ok(exit) => exit.into(),
        Err(error) => ui.fail(&error),
    }
}

/// Threads beside this one. Guests scan on every processor. Other commands do their work here, waiting for a
/// network most of the time: one thread more than there are processors costs them more than it gives.
fn workers(command: &Command) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    match command {
        Command::List(_) | Command::Download(_) | Command::Apply(_) | Command::Verify(_) => {
            processors.saturating_sub(1).max(1)
        }
        _ => processors,
    }
}

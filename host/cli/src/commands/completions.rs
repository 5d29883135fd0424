//! `remit completions`: completions for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Print completions for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    clap_complete::generate(
        args.shell,
        &mut crate::args::Args::command(),
        "remit",
        &mut ui.out(),
    );
    Ok(Exit::Done)
}

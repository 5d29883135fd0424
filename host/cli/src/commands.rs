//! One file for each command: what it takes, and what it does.

pub(crate) mod apply;
pub(crate) mod approve;
pub(crate) mod archive;
pub(crate) mod case;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod download;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod hold;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod plugin;
pub(crate) mod redact;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod sim;
pub(crate) mod verify;

mod verb;

use crate::args::{Args, Command};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Runs what was typed.
pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    match args.command {
        Command::Init(args) => init::run(args, ui).await,
        Command::List(args) => list::run(args, ui).await,
        Command::Show(args) => show::run(args, ui).await,
        Command::Download(args) => download::run(args, ui).await,
        Command::Delete(args) => delete::run(args, ui).await,
        Command::Redact(args) => redact::run(args, ui).await,
        Command::Export(args) => export::run(args, ui).await,
        Command::Archive(args) => archive::run(args, ui).await,
        Command::Plan(args) => plan::run(args, ui).await,
        Command::Run(args) => run::run(args, ui).await,
        Command::Approve(args) => approve::run(args, ui).await,
        Command::Apply(args) => apply::run(args, ui).await,
        Command::Verify(args) => verify::run(args, ui).await,
        Command::Evidence(args) => evidence::run(args, ui).await,
        Command::Case(args) => case::run(args, ui).await,
        Command::Plugin(args) => plugin::run(args, ui).await,
        Command::Check(args) => check::run(&args, ui),
        Command::Doctor(args) => doctor::run(args, ui).await,
        Command::Hold(args) => hold::run(args, ui).await,
        Command::Sim(args) => sim::run(args, ui).await,
        Command::Completions(args) => completions::run(args, ui),
    }
}

//! `remit apply`: carries out a plan, or goes on where an earlier run stopped.

use std::path::PathBuf;

use remit_plan::{Case, Plan};

use crate::applying;
use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::planning::accept_gaps;
use crate::target::Workspace;
use crate::ui::Ui;

/// Apply a plan, or go on where an earlier run was stopped
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The case that holds the plan
    case: PathBuf,
    /// Accept a gap by its number, or `all`
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    accept_gap: Vec<String>,
    /// Do not ask; for pipelines
    #[arg(short, long)]
    yes: bool,
    /// Do not await deletes that take the service long; `remit apply` sees to their end later
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(mut args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let plan = accept_gaps(Plan::open(Case::open(&args.case)?)?, &args.accept_gap)?;
    args.target.no_wait = args.no_wait;
    let workspace = Workspace::open_for(&args.target, plan.case())?;
    applying::carry_out(ui, &workspace, plan, args.yes).await
}

//! `remit run`: plan, show, ask, apply in one go.

use crate::applying;
use crate::commands::plan::{self, GuestArgs, OnFailure};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Run a workflow: plan, show, ask, apply in one go
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    guest: GuestArgs,
    /// Do not ask; for pipelines
    #[arg(short, long)]
    yes: bool,
    /// Do not await deletes that take the service long; `remit apply` sees to their end later
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(mut args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    args.guest.target.no_wait = args.no_wait;
    let (workspace, plan) = plan::plan(&args.guest, OnFailure::LeaveNothing, ui).await?;
    applying::show(ui, Some(&workspace), &plan, None).await?;
    let summary = plan.summary();
    // A report was shown. There is nothing to ask or to approve; what nobody could see stands in it.
    if summary.steps == 0 && summary.kept == 0 && summary.incomplete.is_none() {
        return Ok(Exit::Done);
    }
    applying::carry_out(ui, &workspace, plan, args.yes).await
}

//! `remit verify`: looks at the workspace again, after a plan was applied.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use remit_apply::{ApplyError, Durable, Event, Journal, Verification, verify};
use remit_plan::{Case, Plan};

use crate::args::Target;
use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// Look at the workspace again: is what should be gone gone, and the rest as planned?
///
/// Ends with 0 when everything was shown; 1 when something is not as the plan says; 5 when the plan's own
/// entries are, but others vanished or changed while it was applied, or not all of it can be looked at any more.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The case whose plan was applied
    case: PathBuf,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let plan = Plan::open(Case::open(&args.case)?)?;
    let workspace = Workspace::open_for(&args.target, plan.case())?;
    let progress = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    if !progress.started {
        return Err(CommandError::usage("the plan was not applied yet")
            .hint(format!("remit apply {}", args.case.display())));
    }
    let verification = verify(&plan, &progress, workspace.reading().as_ref()).await?;
    if let Err(error) = record(&plan, &verification).await {
        // What was found is found; only the evidence will not tell of it.
        ui.warn(format!("this look is not in the journal: {error}"));
    }
    let package = plan.case().path("package");
    let package = match package.exists() {
        true => Some(
            remit_export::Package::verify(&package)
                .map_err(|error| CommandError::new(Exit::Failed, error))?,
        ),
        false => None,
    };
    let mut out = ui.out();
    match ui.json {
        true => remit_report::verification_json(&mut out, &verification)?,
        false => remit_report::show_verification(&mut out, &verification, ui.style())?,
    }
    if let (Some(report), false) = (&package, ui.json) {
        writeln!(
            out,
            "package   {} files, {}, {}",
            report.files,
            remit_report::words::size(report.bytes),
            if report.is_valid() {
                "complete and unchanged"
            } else {
                "NOT as its manifests say"
            }
        )?;
        for finding in &report.findings {
            writeln!(out, "  {finding:?}")?;
        }
    }
    out.flush()?;
    if !verification.holds() || package.is_some_and(|report| !report.is_valid()) {
        return Ok(Exit::Failed);
    }
    // The plan was carried out as it says; that nothing else was changed meanwhile could not be shown, or
    // something that it was about can no longer be looked at.
    Ok(match verification.is_whole() {
        true => Exit::Done,
        false => Exit::Partly,
    })
}

/// Journals what was found, so that the evidence can say it.
async fn record(plan: &Plan, found: &Verification) -> Result<(), ApplyError> {
    let steps = plan.summary().steps;
    let mut journal = Journal::open(plan.case(), plan.digest(), steps, Arc::new(Durable))?;
    let event = Event::Verified {
        held: found.held(),
        broken: found.broken,
        beside: found.beside.lost(),
    };
    journal.write(event, now()).await
}

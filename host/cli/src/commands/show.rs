//! `remit show`: one entry, or the plan of a case and how far it has come.

use std::io::Write as _;
use std::path::Path;

use futures::TryStreamExt as _;
use remit_apply::Journal;
use remit_plan::{Case, Manifest, Plan};
use remit_workspace::EntryPath;

use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;
use crate::applying;

/// Show an entry, or the plan of a case
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A case, or the path of an entry, such as /runs/x
    what: String,
    /// Every step of the plan, one a line
    #[arg(long)]
    steps: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = Path::new(&args.what);
    if args.what.starts_with('/') && !dir.join(Manifest::FILE).exists() {
        return entry(&args, ui).await;
    }
    let plan = Plan::open(Case::open(dir)?)?;
    let journal = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    let progress = journal.started.then_some(journal);
    if args.steps {
        let mut out = ui.out();
        match ui.json {
            true => remit_report::steps_json(&mut out, &plan, progress.as_ref())?,
            false => remit_report::show_steps(&mut out, &plan, progress.as_ref(), ui.style())?,
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    let workspace = Workspace::open_for(&args.target, &plan).ok();
    applying::show(ui, workspace.as_ref(), &plan, progress).await?;
    Ok(Exit::Done)
}

async fn entry(args: &Args, ui: &Ui) -> Result<Exit, CommandError> {
    let path = EntryPath::parse(&args.what).map_err(|error| CommandError::new(Exit::Usage, error))?;
    let workspace = Workspace::open(&args.target)?;
    let entry = workspace.store.stat(&path).await?;
    let mut out = ui.out();
    if ui.json {
        remit_report::entry_json(&mut out, &entry)?;
    } else {
        remit_report::show_entry(&mut out, &entry, ui.style())?;
        if !entry.kind.is_object() {
            writeln!(out)?;
            let mut content = workspace.store.open(&path, &entry.version, 0).await?;
            let mut document = Vec::new();
            while let Some(chunk) = content.try_next().await? {
                document.extend_from_slice(&chunk);
            }
            writeln!(out, "{}", remit_report::words::escape_lines(&String::from_utf8_lossy(&document)))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

//! `remit show`: one entry, or the plan of a case and how far it has come.

use std::io::Write as _;
use std::path::Path;

use futures::TryStreamExt as _;
use remit_apply::{Journal, Progress};
use remit_plan::{Case, Manifest, Plan, Step};
use remit_policy::Authority;
use remit_report::{ShowPage, StepFilter};
use remit_workspace::EntryPath;

use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;
use crate::{applying, authority, contexts};

/// Show an entry, or the plan of a case
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A case, or the path of an entry, such as /runs/x
    what: String,
    /// Every step of the plan, one a line
    #[arg(long)]
    steps: bool,
    /// Write the plan as an HTML page into the case (report.html)
    #[arg(long, conflicts_with = "steps")]
    html: bool,
    /// With --steps: only this act: export, redact, archive or delete
    #[arg(long, requires = "steps")]
    act: Option<String>,
    /// With --steps: only steps in this state: gone, failed, open, …
    #[arg(long, requires = "steps")]
    state: Option<String>,
    /// With --steps: only steps on these entries
    #[arg(long, requires = "steps", value_name = "PATTERN")]
    paths: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Args {
    fn filter(&self) -> Result<StepFilter, CommandError> {
        let paths = self
            .paths
            .as_ref()
            .map(|text| authority::patterns(std::slice::from_ref(text)))
            .transpose()?;
        Ok(StepFilter {
            act: self.act.clone(),
            state: self.state.clone(),
            paths: paths.and_then(|mut paths| paths.pop()),
        })
    }
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = Path::new(&args.what);
    if args.what.starts_with('/') && !dir.join(Manifest::FILE).exists() {
        return entry(&args, ui).await;
    }
    let plan = Plan::open(Case::open(dir)?)?;
    let journal = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    let progress = journal.started.then_some(journal);
    if args.html {
        return html(&args, ui, &plan, progress).await;
    }
    if args.steps {
        let mut out = ui.out();
        match ui.json {
            true => {
                _ = remit_report::steps_json(&mut out, &plan, progress.as_ref(), &args.filter()?)?
            }
            false => {
                _ = remit_report::show_steps(
                    &mut out,
                    &plan,
                    progress.as_ref(),
                    &args.filter()?,
                    ui.style(),
                )?
            }
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    let workspace = Workspace::open_for(&args.target, plan.case()).ok();
    applying::show(ui, workspace.as_ref(), &plan, progress).await?;
    Ok(Exit::Done)
}

async fn entry(args: &Args, ui: &Ui) -> Result<Exit, CommandError> {
    let path =
        EntryPath::parse(&args.what).map_err(|error| CommandError::new(Exit::Usage, error))?;
    let workspace = Workspace::open(&args.target)?;
    let entry = workspace.store.stat(&path).await?;
    let mut out = ui.out();
    if ui.json {
        remit_report::entry_json(&mut out, &entry)?;
    } else {
        remit_report::list_entry(&mut out, &entry, ui.style())?;
        for (name, value) in entry.properties.iter() {
            writeln!(out, "{name:<14} {}", remit_report::words::escape(value))?;
        }
        writeln!(out, "{:<14} {}", "version", entry.version)?;
        if !entry.kind.is_object() {
            writeln!(out)?;
            let mut content = workspace.store.open(&path, &entry.version, 0).await?;
            let mut document = Vec::new();
            while let Some(chunk) = content.try_next().await? {
                document.extend_from_slice(&chunk);
            }
            for line in String::from_utf8_lossy(&document).lines() {
                writeln!(out, "{}", remit_report::words::escape(line))?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

async fn html(
    args: &Args,
    ui: &Ui,
    plan: &Plan,
    progress: Option<Progress>,
) -> Result<Exit, CommandError> {
    let workspace = Workspace::open_for(&args.target, plan.case()).ok();
    let authority = match &workspace {
        Some(workspace) => Some(applying::pinned_authority(workspace, plan).await?),
        None => None,
    };
    let store = workspace.as_ref().map(Workspace::reading);
    let contexts = |step: &Step| match &store {
        Some(store) => contexts::around(store.as_ref(), plan, step),
        None => Vec::new(),
    };
    let page = ShowPage {
        ceilings: authority.as_ref().map(Authority::ceilings),
        policy_absent: authority
            .as_ref()
            .is_some_and(|authority| authority.policy().is_absent()),
        contexts: &contexts,
    };
    let mut file = std::io::BufWriter::new(plan.case().create_file("report.html")?);
    remit_report::html(&mut file, plan, progress.as_ref(), &page)
        .and_then(|()| file.flush())
        .map_err(|error| CommandError::io("cannot write report.html", error))?;
    let mut out = ui.out();
    writeln!(out, "{}", plan.case().path("report.html").display())?;
    out.flush()?;
    Ok(Exit::Done)
}

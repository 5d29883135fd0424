//! `remit case list`: the cases in a folder, and how far each has come.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use remit_apply::{ApplyError, Journal};
use remit_plan::{Approval, Case, Manifest, Plan};
use remit_report::{CaseLine, CasePlan, Stage};

use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// List the cases in a folder, and how far each has come: planned, approved, expired, begun, done, closed
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, CommandError> {
    let mut unread = 0_u64;
    let mut out = ui.out();
    for dir in folders(&args.folder)? {
        match line(&dir) {
            Ok(None) => {}
            Ok(Some(line)) => match ui.json {
                true => remit_report::case_json(&mut out, &line)?,
                false => remit_report::list_case(&mut out, &line, ui.style())?,
            },
            Err(error) => {
                unread += 1;
                let case = remit_report::words::escape(&dir.display().to_string());
                ui.warn(format!("{case}: {error}"));
            }
        }
    }
    out.flush()?;
    Ok(if unread > 0 { Exit::Partly } else { Exit::Done })
}

/// The folders in a folder, in order of their names. Links are not followed.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let failed = |error| CommandError::io(format!("cannot list `{}`", folder.display()), error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            found.push(match folder == Path::new(".") {
                true => PathBuf::from(entry.file_name()),
                false => entry.path(),
            });
        }
    }
    found.sort();
    Ok(found)
}

/// What there is to say of a folder; none where it is no case, or planning in it did not come to its end.
fn line(dir: &Path) -> Result<Option<CaseLine>, ApplyError> {
    let case = dir.display().to_string();
    if Case::closed(dir).is_some() {
        let (stage, plan) = (Stage::Closed, None);
        return Ok(Some(CaseLine { case, stage, plan }));
    }
    if !dir.join(Manifest::FILE).is_file() {
        return Ok(None);
    }
    let plan = Plan::open(Case::open(dir)?)?;
    let about = &plan.manifest().about;
    let progress = Journal::read(plan.case(), plan.digest(), plan.summary().steps)?;
    // What was begun can be ended whenever it is; only what was not can be too late.
    let stage = if progress.finished {
        Stage::Done
    } else if progress.started {
        Stage::Begun
    } else if now() >= about.expires {
        Stage::Expired
    } else if Approval::fingerprints(plan.case())?.is_empty() {
        Stage::Planned
    } else {
        Stage::Approved
    };
    Ok(Some(CaseLine {
        case,
        stage,
        plan: Some(CasePlan {
            workspace: about.workspace.clone(),
            guest: about.guest.clone(),
            created: about.created,
            steps: plan.summary().steps,
        }),
    }))
}

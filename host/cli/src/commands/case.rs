//! `remit case`: what is done with a case as a whole.

mod list;

use std::path::{Path, PathBuf};

use remit_apply::{ApplyError, Closable, Exports, Unfinished};
use remit_plan::{Case, Manifest};
use remit_policy::Duration;

use crate::args::Target;
use crate::authority;
use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// List cases, or close one
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    List(list::Args),
    Close(Close),
}

/// Destroy a case's key and its working papers; the evidence stays, and the package
///
/// Without the key, nobody can tell any more whom a pseudonym stands for, nor which entry a step of
/// the evidence is about.
#[derive(clap::Args)]
struct Close {
    /// The case
    case: PathBuf,
    /// Close it although steps have not ended: they are given up
    #[arg(long)]
    abandon: bool,
    /// Close it before the time for which the workspace's policy keeps papers
    #[arg(long)]
    now: bool,
    /// Remove the package too
    #[arg(long)]
    package: bool,
    /// Do not ask; for pipelines
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let args = match args.what {
        What::List(args) => return list::run(&args, ui),
        What::Close(args) => args,
    };
    let exports = match args.package {
        true => Exports::Remove,
        false => Exports::Keep,
    };
    // What was begun was confirmed before, and cannot be taken back.
    if let Some(begun) = Closable::begun(&args.case) {
        return destroy(begun, &args.case, exports, ui);
    }
    let case = Case::open(&args.case)?;
    let retention = match args.now {
        true => None,
        false => retention(&case, &args.target).await.map_err(|error| {
            error.hint("to close it without asking the workspace's policy: --now")
        })?,
    };
    let unfinished = match args.abandon {
        true => Unfinished::Abandon,
        false => Unfinished::Refuse,
    };
    let closable = Closable::of(&case, unfinished, retention, now())?;
    if !case.path("evidence").exists() {
        ui.warn("there is no evidence of this case, and after closing it none can be made");
        ui.hint(format!("remit evidence {} --key FILE", args.case.display()));
    }
    if !args.yes && !confirm(&args.case, exports, ui)? {
        ui.status("Nothing was destroyed.");
        return Ok(Exit::Refused);
    }
    destroy(closable, &args.case, exports, ui)
}

/// How long the workspace's policy keeps papers. A workspace that cannot be asked is an error: it may
/// have a policy.
async fn retention(case: &Case, target: &Target) -> Result<Option<Duration>, CommandError> {
    let (manifest, _) = Manifest::read(case)?;
    let workspace = Workspace::open_for(target, case)?;
    let store = workspace.reading();
    if store.identity() != manifest.about.workspace {
        return Err(ApplyError::OtherWorkspace {
            planned: manifest.about.workspace,
            found: store.identity().to_owned(),
        }
        .into());
    }
    Ok(authority::policy(store.as_ref()).await?.retention())
}

fn confirm(case: &Path, exports: Exports, ui: &Ui) -> Result<bool, CommandError> {
    if !ui.can_ask() {
        return Err(
            CommandError::refused("nobody is there to confirm, and nothing was destroyed")
                .hint(format!("then: remit case close {} --yes", case.display())),
        );
    }
    let package = match exports {
        Exports::Keep => "the package stays",
        Exports::Remove => "the package goes too",
    };
    ui.status(format!(
        "The key, the plan, the approvals and the journal of {} will be destroyed; {package}.",
        case.display()
    ));
    let answer = ui.ask("Type close to go on, or anything else to stop:")?;
    Ok(answer.is_some_and(|answer| answer == "close"))
}

fn destroy(
    closable: Closable,
    case: &Path,
    exports: Exports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let closed = closable.destroy(exports, now())?;
    if !closed.left.is_empty() {
        ui.warn(format!(
            "left in {}, for they are none of the case's own: {}",
            case.display(),
            remit_report::words::escape(&closed.left.join(", "))
        ));
    }
    ui.status(format!("Closed: {}", case.display()));
    Ok(Exit::Done)
}

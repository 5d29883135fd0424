//! `remit hold`: what nobody may touch, for as long as a case needs it.

use std::io::Write as _;

use jiff::Timestamp;
use remit_policy::{CaseId, HOLDS_FILE, Hold, add_hold, remove_holds};
use remit_report::words::escape;

use crate::args::Target;
use crate::authority;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// Put entries on hold, or release them: holds win over everything
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Hold what the patterns name
    Add {
        /// The case that needs it, such as CASE-7
        case: String,
        /// What to hold, such as '/runs/x' or '/blobs/azureml/hr/**'
        #[arg(required = true, value_name = "PATTERN")]
        patterns: Vec<String>,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who says so [default: $USER]
        #[arg(long)]
        who: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List the holds
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Release every hold of a case
    Remove {
        /// The case
        case: String,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    match args.what {
        What::Add {
            case,
            patterns,
            reason,
            who,
            target,
        } => {
            let workspace = Workspace::open(&target)?;
            let who = who
                .or_else(|| std::env::var("USER").ok())
                .unwrap_or_else(|| "unknown".into());
            let when = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let case = CaseId::parse(&case)?;
            let hold = Hold::new(
                case.clone(),
                patterns.iter().map(String::as_str),
                &reason,
                &who,
                &when,
            )?;
            let before = workspace.store.policy_file(HOLDS_FILE).await?;
            let after = add_hold(HOLDS_FILE, before.as_deref(), &hold)?;
            workspace
                .store
                .write_policy_file(HOLDS_FILE, after.as_bytes())
                .await?;
            ui.status(format!("Held for {case}: {}", patterns.join(", ")));
        }
        What::List { target } => {
            let workspace = Workspace::open(&target)?;
            let policy = authority::policy(workspace.reading().as_ref()).await?;
            let mut out = ui.out();
            for hold in policy.holds() {
                let paths: Vec<&str> = hold.paths().map(|path| path.as_str()).collect();
                match ui.json {
                    true => {
                        let line = serde_json::json!({
                            "remit": 1, "case": hold.case().as_str(), "paths": paths, "reason": hold.reason(),
                            "who": hold.who(), "when": hold.when(),
                        });
                        writeln!(out, "{line}")?;
                    }
                    false => writeln!(
                        out,
                        "{:<12} {}  ({}, {}, {})",
                        hold.case(),
                        paths.join(" "),
                        escape(hold.reason()),
                        escape(hold.who()),
                        hold.when()
                    )?,
                }
            }
            out.flush()?;
        }
        What::Remove { case, target } => {
            let workspace = Workspace::open(&target)?;
            let case = CaseId::parse(&case)?;
            let before = workspace.store.policy_file(HOLDS_FILE).await?;
            let (after, removed) = remove_holds(HOLDS_FILE, before.as_deref(), &case)?;
            if removed == 0 {
                return Err(CommandError::usage(format!("there is no hold of {case}"))
                    .hint("remit hold list"));
            }
            workspace
                .store
                .write_policy_file(HOLDS_FILE, after.as_bytes())
                .await?;
            ui.status(format!("Released {removed} hold(s) of {case}."));
        }
    }
    Ok(Exit::Done)
}

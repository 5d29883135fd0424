//! `remit doctor`: which rights a credential has on an account or a workspace, without changing anything.

use std::io::Write as _;

use remit_azure::Found;
use serde_json::json;

use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::{Workspace, is_service, open_account, open_service};
use crate::ui::Ui;

/// Look at an account or a workspace: who you are to it, what you may do, and what is lacking
///
/// Changes nothing. What cannot be known without changing something is said to be unknown.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let given = args
        .target
        .workspace
        .as_deref()
        .and_then(|path| path.to_str());
    let Some(address) = given.filter(|text| text.contains("://")) else {
        Workspace::open(&args.target)?;
        ui.status("A directory: what this user may read and write there, the system decides.");
        return Ok(Exit::Done);
    };
    let (what, checks, identity, who) = match is_service(address) {
        true => {
            let (service, identity) = open_service(address, &args.target)?;
            let who = service.describe();
            ("workspace", service.examine().await, identity, who)
        }
        false => {
            let (account, identity, who) = open_account(address, &args.target)?;
            ("account", account.examine().await, identity, who)
        }
    };
    let mut out = ui.out();
    if !ui.json {
        writeln!(out, "{what:9} {identity}\nyou are   {who}\n")?;
    }
    let mut lacking = 0;
    for check in &checks {
        let (word, why) = match &check.found {
            Found::Yes => ("yes", ""),
            Found::No(why) => ("no", why.as_str()),
            Found::Unknown(why) => ("unknown", why.as_str()),
        };
        lacking += u32::from(matches!(check.found, Found::No(_)));
        match ui.json {
            true => {
                let line = json!({
                    "version": 1, what: identity, "identity": who,
                    "right": check.right, "for": check.needed_for, "found": word, "why": why,
                });
                writeln!(out, "{line}")?;
            }
            false if why.is_empty() => {
                writeln!(out, "{word:8}  {:34} {}", check.right, check.needed_for)?;
            }
            false => writeln!(
                out,
                "{word:8}  {:34} {} ({why})",
                check.right, check.needed_for
            )?,
        }
    }
    out.flush()?;
    Ok(if lacking > 0 {
        Exit::Partly
    } else {
        Exit::Done
    })
}

//! `remit approve`: signs a plan.

use std::path::PathBuf;

use remit_plan::{Approval, Case, Plan};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::planning::accept_gaps;
use crate::ui::Ui;

/// Approve a plan with an SSH key
///
/// The same as `ssh-keygen -Y sign -n remit-plan -f KEY MANIFEST`, with the signature put into the
/// case's `approvals/`; do that yourself for keys in an agent or on hardware.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The case that holds the plan
    case: PathBuf,
    /// The private key, such as ~/.ssh/id_ed25519
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Accept a gap by its number, or `all`, before the plan is signed
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    accept_gap: Vec<String>,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let case = Case::open(&args.case)?;
    let plan = accept_gaps(Plan::open(case.clone())?, &args.accept_gap)?;
    if let Some(key) = &args.key {
        let passphrase = || ui.ask_secret("Passphrase of the key:");
        let file = Approval::sign(&case, key, passphrase)
            .map_err(|error| CommandError::new(Exit::Failed, error))?;
        ui.status(format!("Signed: {}", case.path(&file).display()));
    } else if args.accept_gap.is_empty() {
        return Err(CommandError::usage(
            "nothing to do: name a key (--key FILE) or a gap to accept (--accept-gap 1)",
        ));
    }
    ui.status(format!("The plan's digest is {}", plan.digest()));
    Ok(Exit::Done)
}

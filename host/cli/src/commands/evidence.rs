//! `remit evidence`: what can be shown of a case to somebody who must not see it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use remit_apply::{Checked, Disclosure, Evidence, check, open_step};
use remit_plan::{Case, Plan, Signers, SigningKey};
use remit_report::words::{escape, thousands};

use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Make the evidence of a case, or check somebody's: digests and numbers, no names
///
/// The evidence is the folder `evidence` of the case. Its `evidence.json` may also be signed with
/// `ssh-keygen -Y sign -n remit-evidence -f KEY evidence.json`, for keys in an agent or on hardware.
/// In its `steps.jsonl`, `entry` is the SHA-256 of a nonce and, after it, the entry's path.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The case
    #[arg(required_unless_present = "check", conflicts_with = "check")]
    case: Option<PathBuf>,
    /// Sign it with this private key, such as ~/.ssh/id_ed25519
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    key: Option<PathBuf>,
    /// Open one step instead: print its path and its nonce, for whoever checks the evidence
    #[arg(long, value_name = "STEP", conflicts_with_all = ["check", "key"])]
    reveal: Option<u64>,
    /// Check this folder of evidence; no case is needed
    #[arg(long, value_name = "DIR", requires = "signers")]
    check: Option<PathBuf>,
    /// Who may sign: a file as OpenSSH's allowed_signers
    #[arg(long, value_name = "FILE", requires = "check")]
    signers: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    if let (Some(dir), Some(signers)) = (&args.check, &args.signers) {
        return check_folder(dir, signers, ui);
    }
    let case = args
        .case
        .expect("clap wants a case where nothing is checked");
    let plan = Plan::open(Case::open(&case)?)?;
    match args.reveal {
        Some(step) => show_disclosure(&open_step(&plan, step)?, ui),
        None => make(&plan, args.key.as_deref(), ui),
    }
}

fn make(plan: &Plan, key: Option<&Path>, ui: &Ui) -> Result<Exit, CommandError> {
    let key = key
        .map(|file| SigningKey::read(file, || ui.ask_secret("Passphrase of the key:")))
        .transpose()
        .map_err(|error| CommandError::new(Exit::Failed, error))?;
    let (evidence, folder) = Evidence::make(plan, key.as_ref(), now())?;
    if evidence.finished.is_none() {
        ui.warn("the case is not finished: the evidence says so");
    }
    if evidence.verified.is_none() {
        ui.hint(format!(
            "nobody has looked at the workspace again: remit verify {}",
            plan.case().dir().display()
        ));
    }
    if key.is_none() {
        ui.hint(format!(
            "it is not signed yet: name a key (--key FILE), or ssh-keygen -Y sign -n remit-evidence -f KEY {}",
            folder.join("evidence.json").display()
        ));
    }
    show(&evidence, None, ui)?;
    ui.status(format!("The evidence lies in {}", folder.display()));
    Ok(Exit::Done)
}

fn check_folder(dir: &Path, signers: &Path, ui: &Ui) -> Result<Exit, CommandError> {
    let lines = std::fs::read_to_string(signers)
        .map_err(|error| CommandError::io(format!("cannot read `{}`", signers.display()), error))?;
    let signers =
        Signers::parse(lines.lines()).map_err(|error| CommandError::new(Exit::Usage, error))?;
    let checked = check(dir, &signers, now())?;
    show(&checked.evidence, Some(&checked), ui)?;
    Ok(Exit::Done)
}

fn show(evidence: &Evidence, checked: Option<&Checked>, ui: &Ui) -> Result<(), CommandError> {
    let mut out = ui.out();
    if ui.json {
        let mut line = serde_json::json!({ "remit": 1, "evidence": evidence });
        if let Some(checked) = checked {
            line["signer"] = serde_json::json!({
                "principal": checked.signer.principal, "fingerprint": checked.signer.fingerprint,
            });
        }
        writeln!(out, "{line}")?;
        return Ok(out.flush()?);
    }
    let mut fact = |name: &str, value: &str| writeln!(out, "{name:<10}{}", escape(value));
    fact("plan", &evidence.plan)?;
    fact("policy", &evidence.policy)?;
    fact("proposer", &evidence.proposer)?;
    fact("begun", &evidence.begun)?;
    fact("finished", evidence.finished.as_deref().unwrap_or("no"))?;
    for (act, states) in &evidence.counts {
        let states: Vec<String> = states
            .iter()
            .map(|(state, n)| format!("{} {state}", thousands(*n)))
            .collect();
        fact(act, &states.join(" · "))?;
    }
    fact(
        "gaps",
        &format!("{}, accepted: {}", evidence.gaps, evidence.gaps_accepted),
    )?;
    fact("residue", &thousands(evidence.residue))?;
    fact("kept", &thousands(evidence.kept))?;
    for fingerprint in &evidence.approvals {
        fact("approved", &format!("by the key {fingerprint}"))?;
    }
    match evidence.verified {
        Some(verified) => fact(
            "verified",
            &format!(
                "{} as it should be, {} not; {} beside the plan changed while it was applied",
                thousands(verified.held),
                thousands(verified.broken),
                thousands(verified.beside)
            ),
        )?,
        None => fact("verified", "no")?,
    }
    if let Some(checked) = checked {
        fact(
            "signed",
            &format!(
                "by {} ({}); the steps are those that were signed, and add up",
                checked.signer.principal, checked.signer.fingerprint
            ),
        )?;
    }
    Ok(out.flush()?)
}

fn show_disclosure(opened: &Disclosure, ui: &Ui) -> Result<Exit, CommandError> {
    let mut out = ui.out();
    match ui.json {
        true => {
            let line = serde_json::json!({
                "remit": 1, "step": opened.step, "path": opened.path.as_str(),
                "nonce": opened.nonce, "entry": opened.entry,
            });
            writeln!(out, "{line}")?;
        }
        false => {
            writeln!(out, "{:<10}{}", "step", opened.step)?;
            writeln!(out, "{:<10}{}", "path", opened.path)?;
            writeln!(out, "{:<10}{}", "nonce", opened.nonce)?;
            writeln!(out, "{:<10}{}", "entry", opened.entry)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

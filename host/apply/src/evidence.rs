//! What can be shown to somebody who must not see the case: values that the host made, signed.
//!
//! A folder of two files and a signature. `evidence.json` says what was planned, under which policy,
//! with which guests, and what became of it, in numbers; `steps.jsonl`, whose digest it names, says the
//! same step by step, where the entry is `SHA-256(nonce ‖ path)`. The nonces come from the case's key:
//! without it nobody can find a path by guessing, and whoever has it can open a single step.
//!
//! Never in it: a path, a reason, a note, a parameter, a principal, the workspace's name, or any other
//! word that a guest or a person chose.

mod check;
mod disclosure;
mod error;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;
use remit_plan::{Act, Approval, Case, Digest, Plan, SigningKey, State};
use remit_workspace::Millis;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{ApplyError, Journal, Progress, Standing};

pub use check::{Checked, check};
pub use disclosure::{Disclosure, open_step};
pub use error::EvidenceError;

use disclosure::Nonces;

/// What a signature over evidence is for: an approval does not fit, and the other way round.
pub const EVIDENCE_NAMESPACE: &str = "remit-evidence";

/// The folder in the case.
pub(crate) const FOLDER: &str = "evidence";
const FACTS: &str = "evidence.json";
const SIGNATURE: &str = "evidence.json.sig";
const STEPS: &str = "steps.jsonl";

/// What became of a plan, for those who see nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// The format of this file and of the steps.
    pub remit_evidence: u32,
    /// The plan's digest.
    pub plan: String,
    /// The digest of the policy that the plan was made under, or `none`.
    pub policy: String,
    /// Who proposed: `operator`, or a guest's digest.
    pub proposer: String,
    /// The digests of all guests that took part.
    pub guests: Vec<String>,
    /// When the plan was made.
    pub created: String,
    /// When it was begun.
    pub begun: String,
    /// When every step had ended; none where some have not.
    pub finished: Option<String>,
    /// When this was written.
    pub made: String,
    /// Steps by act, then by the word for where they stand.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Entries that stayed although a step was proposed for them.
    pub kept: u64,
    /// Places that nobody could look at.
    pub gaps: u64,
    /// Which of them a person accepted, by number.
    pub gaps_accepted: String,
    /// Matches that no redaction reaches.
    pub residue: u64,
    /// The fingerprints of the keys that signed the plan.
    pub approvals: Vec<String>,
    /// SHA-256 of the package's tag manifest, where there is a package.
    pub package: Option<String>,
    /// SHA-256 of the journal's last line.
    pub journal: String,
    /// What the last verification of the workspace found.
    pub verified: Option<Verified>,
    /// SHA-256 of the file of steps.
    pub steps: String,
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Things that were as they should be.
    pub held: u64,
    /// Things that were not.
    pub broken: u64,
    /// Entries of no step that vanished or changed while the plan was applied.
    #[serde(default, skip_serializing_if = "crate::journal::is_zero")]
    pub beside: u64,
}

/// One step, as a line of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepLine {
    step: u64,
    act: String,
    /// SHA-256 of the nonce's bytes and, after them, the path's text.
    entry: String,
    state: String,
    /// When the service lets go of it, for `gone-on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    guard: String,
}

/// Steps by act and by the word for where they stand.
#[derive(Default, PartialEq, Eq)]
struct Counts(BTreeMap<String, BTreeMap<String, u64>>);

/// Words for steps that have not ended.
const OPEN: &str = "open";
const BEGUN: &str = "begun";

impl Counts {
    fn add(&mut self, line: &StepLine) {
        let states = self.0.entry(line.act.clone()).or_default();
        *states.entry(line.state.clone()).or_default() += 1;
    }
}

impl Evidence {
    /// The format this program writes.
    pub const FORMAT: u32 = 1;

    /// Writes the evidence of a case into its folder `evidence`, in place of any older, and signs it if
    /// there is a key. The folder.
    pub fn make(
        plan: &Plan,
        key: Option<&SigningKey>,
        now: Millis,
    ) -> Result<(Self, PathBuf), EvidenceError> {
        let case = plan.case();
        let (progress, head) = Journal::read_to_head(case, plan.digest(), plan.summary().steps)?;
        let Some(begun) = progress.began_at else {
            return Err(EvidenceError::NotBegun);
        };
        let folder = case.folder(FOLDER)?;
        // An older signature must never lie beside newer facts.
        match fs::remove_file(folder.join(SIGNATURE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(EvidenceError::io("cannot replace", &folder.join(SIGNATURE))(error));
            }
            _ => {}
        }
        let (counts, steps) = write_steps(plan, &progress, &Nonces::of(&case.key()?))?;
        let manifest = plan.manifest();
        let damaged =
            |what: &str| ApplyError::damaged(&case.path(remit_plan::Manifest::FILE), what);
        let policy = match manifest.about.policy.as_str() {
            "none" => "none".to_owned(),
            pin => digest(pin).ok_or_else(|| damaged("the policy is named by no digest"))?,
        };
        // A proposer's name and version are its own words; of them only the digest is taken.
        let proposer = manifest.about.guest.split_whitespace().find_map(digest);
        let mut guests: Vec<String> = manifest
            .files
            .iter()
            .filter(|file| file.name.starts_with("guests/"))
            .map(|file| file.digest.to_string())
            .chain(proposer.clone())
            .collect();
        guests.sort();
        guests.dedup();
        let evidence = Self {
            remit_evidence: Self::FORMAT,
            plan: plan.digest().to_string(),
            policy,
            proposer: proposer.unwrap_or_else(|| "operator".into()),
            guests,
            created: instant(manifest.about.created),
            begun: instant(begun),
            finished: progress
                .finished_at
                .filter(|_| progress.finished)
                .map(instant),
            made: instant(now),
            counts: counts.0,
            kept: plan.summary().kept,
            gaps: manifest.gaps,
            gaps_accepted: manifest.accepted.to_string(),
            residue: plan.summary().residue,
            approvals: Approval::fingerprints(case)?.into_iter().collect(),
            package: progress.packaged.as_deref().and_then(digest),
            journal: format!("sha256:{head}"),
            verified: progress.verified,
            steps,
        };
        let mut facts = serde_json::to_string_pretty(&evidence)
            .expect("evidence is written without fallible parts");
        facts.push('\n');
        case.replace(&format!("{FOLDER}/{FACTS}"), facts.as_bytes())?;
        if let Some(key) = key {
            let signature = key.sign(EVIDENCE_NAMESPACE, facts.as_bytes())?;
            case.replace(&format!("{FOLDER}/{SIGNATURE}"), signature.as_bytes())?;
        }
        Ok((evidence, folder))
    }
}

/// Writes the file of steps; how they stand in numbers, and the file's digest.
fn write_steps(
    plan: &Plan,
    progress: &Progress,
    nonces: &Nonces,
) -> Result<(Counts, String), EvidenceError> {
    let case = plan.case();
    let name = format!("{FOLDER}/{STEPS}");
    let partial = format!("{name}.new");
    let partial_path = case.path(&partial);
    let failed = || EvidenceError::io("cannot write", &partial_path);
    let mut file = BufWriter::new(case.create_file(&partial)?);
    let (mut counts, mut hash) = (Counts::default(), Sha256::new());
    for step in plan.steps() {
        let step = step?;
        let (state, until) = match progress.standing(step.number) {
            Some(Standing::Ended(state)) => {
                let until = match state {
                    State::GoneOn(when) => Some(instant(when)),
                    _ => None,
                };
                (state.as_str(), until)
            }
            Some(Standing::Begun) => (BEGUN, None),
            Some(Standing::Open) | None => (OPEN, None),
        };
        let line = StepLine {
            step: step.number,
            act: Act::as_str(&step.act).to_owned(),
            entry: nonces.of_step(step.number).entry(&step.path),
            state: state.to_owned(),
            until,
            guard: step.guard.as_str().to_owned(),
        };
        counts.add(&line);
        let mut text = serde_json::to_vec(&line).expect("a line is written without fallible parts");
        text.push(b'\n');
        hash.update(&text);
        file.write_all(&text).map_err(failed())?;
    }
    let file = file
        .into_inner()
        .map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(failed())?;
    fs::rename(&partial_path, case.path(&name)).map_err(failed())?;
    sync(case)?;
    Ok((counts, format!("sha256:{}", hex::encode(hash.finalize()))))
}

fn sync(case: &Case) -> Result<(), EvidenceError> {
    let folder = case.path(FOLDER);
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(EvidenceError::io("cannot flush", &folder))
}

/// A digest in one form, if it is one.
fn digest(text: &str) -> Option<String> {
    Digest::parse(text).map(|digest| digest.to_string())
}

fn instant(millis: Millis) -> String {
    Timestamp::from_millisecond(millis)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

//! Checks evidence with nothing but the folder and the keys that may sign.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use remit_plan::{Digest, Signed, Signers};
use remit_workspace::Millis;
use serde::Deserialize;

use super::{
    BEGUN, Counts, EVIDENCE_NAMESPACE, Evidence, EvidenceError, FACTS, OPEN, SIGNATURE, STEPS,
    StepLine,
};

/// Evidence that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "evidence says what it says: somebody should read it"]
pub struct Checked {
    /// What it says.
    pub evidence: Evidence,
    /// Who signed it.
    pub signer: Signed,
}

/// Facts are a few kilobytes; more is not read from a file that nobody has vouched for yet.
const FACTS_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Checks that the facts are signed by somebody who may, that the steps are the ones they name, and
/// that they add up.
pub fn check(dir: &Path, signers: &Signers, now: Millis) -> Result<Checked, EvidenceError> {
    let path = dir.join(FACTS);
    let facts = read(&path)?;
    let signature_path = dir.join(SIGNATURE);
    if !signature_path.exists() {
        return Err(EvidenceError::NotSigned(signature_path));
    }
    let signature = String::from_utf8_lossy(&read(&signature_path)?).into_owned();
    let signer = signers
        .check(EVIDENCE_NAMESPACE, &facts, &signature, now)
        .map_err(|source| EvidenceError::Signature {
            path: signature_path,
            source,
        })?;
    let evidence = parse(&facts, &path)?;
    check_steps(&dir.join(STEPS), &evidence)?;
    Ok(Checked { evidence, signer })
}

fn read(path: &Path) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FACTS_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(EvidenceError::io("cannot read", path))?;
    if bytes.len() as u64 > FACTS_BYTES_MAX {
        return Err(broken(path, "it is too large"));
    }
    Ok(bytes)
}

fn parse(facts: &[u8], path: &Path) -> Result<Evidence, EvidenceError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Format {
        remit_evidence: u64,
    }
    let format: Format = serde_json::from_slice(facts).map_err(|error| broken(path, error))?;
    if format.remit_evidence != u64::from(Evidence::FORMAT) {
        return Err(EvidenceError::Newer {
            found: format.remit_evidence,
            known: Evidence::FORMAT,
        });
    }
    serde_json::from_slice(facts).map_err(|error| broken(path, error))
}

fn check_steps(path: &Path, evidence: &Evidence) -> Result<(), EvidenceError> {
    let cannot_read = || EvidenceError::io("cannot read", path);
    // First whether these are the steps that were signed; only then what they say.
    let found = Digest::of_file(path).map_err(cannot_read())?;
    if found.to_string() != evidence.steps {
        return Err(broken(path, "its SHA-256 is not the one that was signed"));
    }
    let file = BufReader::new(File::open(path).map_err(cannot_read())?);
    let mut counts = Counts::default();
    for (index, line) in file.lines().enumerate() {
        let line = line.map_err(cannot_read())?;
        let number = index as u64 + 1;
        let line: StepLine = serde_json::from_str(&line)
            .map_err(|error| broken(path, format!("line {number}: {error}")))?;
        if line.step != number {
            return Err(broken(
                path,
                format!("line {number} is about step {}", line.step),
            ));
        }
        if evidence.finished.is_some() && [OPEN, BEGUN].contains(&line.state.as_str()) {
            return Err(broken(
                path,
                format!(
                    "step {number} is {}, and yet all are said to have ended",
                    line.state
                ),
            ));
        }
        counts.add(&line);
    }
    if counts.0 != evidence.counts {
        return Err(broken(
            path,
            "its steps do not add up to the counts that were signed",
        ));
    }
    Ok(())
}

fn broken(path: &Path, why: impl ToString) -> EvidenceError {
    EvidenceError::Broken {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

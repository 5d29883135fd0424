//! Approvals: SSH signatures over the `MANIFEST` of a case.
//!
//! `ssh-keygen -Y sign` can make one, also with an agent or a hardware key, and `ssh-keygen -Y verify`
//! can check one. Who may approve, the workspace's policy says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use remit_workspace::Millis;

use crate::signature::fingerprint_of;
use crate::{Case, Manifest, PlanError, SignatureError, Signers, SigningKey};

/// What a signature is for: one made for something else is no approval.
pub const NAMESPACE: &str = "remit-plan";

const FOLDER: &str = "approvals";

/// A signature over this plan by somebody who may approve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approval {
    /// The principal of the signer's line.
    pub principal: String,
    /// The key's fingerprint, as `SHA256:…`.
    pub fingerprint: String,
}

/// Why an approval could not be made or does not count.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The key, or the allowed signers.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A file in `approvals/` that is no signature over this plan by an allowed signer.
    #[error("`{}` is no valid approval: {why}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Fewer approvals than the policy wants.
    #[error("the policy wants {wanted} approvals; this plan has {found}")]
    TooFew {
        /// What the policy says.
        wanted: u32,
        /// Different signers found.
        found: usize,
    },
    /// The case.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Approval {
    /// Signs the plan of a case with a private key file; `passphrase` is asked for an encrypted one.
    /// The signature's file, relative to the case.
    pub fn sign(
        case: &Case,
        key_file: &Path,
        passphrase: impl FnOnce() -> Option<String>,
    ) -> Result<String, ApprovalError> {
        let key = SigningKey::read(key_file, passphrase)?;
        let text = key.sign(NAMESPACE, &manifest_of(case)?)?;
        let name = format!("{FOLDER}/{}.sig", key.file_name());
        case.replace(&name, text.as_bytes())?;
        Ok(name)
    }

    /// The approvals of a case, one for each different key. Any file among them that is not a valid
    /// approval is an error: an approval that does not count must not look like one that does.
    pub fn read_all(
        case: &Case,
        signers: &Signers,
        now: Millis,
    ) -> Result<BTreeSet<Self>, ApprovalError> {
        let manifest = manifest_of(case)?;
        let mut approvals = BTreeSet::new();
        for path in files_of(case)? {
            let text =
                std::fs::read_to_string(&path).map_err(PlanError::io("cannot read", &path))?;
            let signed = signers
                .check(NAMESPACE, &manifest, &text, now)
                .map_err(|error| ApprovalError::Invalid {
                    path: path.clone(),
                    why: match error {
                        SignatureError::Mismatch => {
                            "it does not fit this plan: it was made for another, or the plan has changed".into()
                        }
                        SignatureError::Unreadable(source) => format!("no SSH signature ({source})"),
                        other => other.to_string(),
                    },
                })?;
            approvals.insert(Self {
                principal: signed.principal,
                fingerprint: signed.fingerprint,
            });
        }
        Ok(approvals)
    }

    /// The fingerprints of all keys that signed the plan of a case, whoever they belong to. A file that
    /// is no signature over this plan says nothing about it, and is passed over.
    pub fn fingerprints(case: &Case) -> Result<BTreeSet<String>, PlanError> {
        let manifest = manifest_of(case)?;
        let mut fingerprints = BTreeSet::new();
        for path in files_of(case)? {
            let bytes = std::fs::read(&path).map_err(PlanError::io("cannot read", &path))?;
            fingerprints.extend(
                std::str::from_utf8(&bytes)
                    .ok()
                    .and_then(|text| fingerprint_of(NAMESPACE, &manifest, text).ok()),
            );
        }
        Ok(fingerprints)
    }

    /// The approvals of a case, if they are as many as the policy wants.
    pub fn require(
        case: &Case,
        signers: &Signers,
        wanted: u32,
        now: Millis,
    ) -> Result<BTreeSet<Self>, ApprovalError> {
        if wanted == 0 {
            // Where nobody must approve, there may be nobody who could: signatures are then only kept.
            return Ok(Self::read_all(case, signers, now).unwrap_or_default());
        }
        let approvals = Self::read_all(case, signers, now)?;
        if approvals.len() < wanted as usize {
            return Err(ApprovalError::TooFew {
                wanted,
                found: approvals.len(),
            });
        }
        Ok(approvals)
    }
}

fn manifest_of(case: &Case) -> Result<Vec<u8>, PlanError> {
    let path = case.path(Manifest::FILE);
    std::fs::read(&path).map_err(PlanError::io("cannot read", &path))
}

fn files_of(case: &Case) -> Result<Vec<PathBuf>, PlanError> {
    let folder = case.path(FOLDER);
    let files = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(PlanError::io("cannot read", &folder))?,
    };
    files
        .map(|file| Ok(file.map_err(PlanError::io("cannot read", &folder))?.path()))
        .collect()
}

#[cfg(test)]
mod tests;

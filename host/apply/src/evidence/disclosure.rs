//! How a path is hidden in evidence, and how one step is opened.

use hmac::{Hmac, Mac as _};
use remit_plan::{CaseKey, Plan};
use remit_workspace::EntryPath;
use sha2::{Digest as _, Sha256};

use super::EvidenceError;

/// What tells these uses of the case's key from all others of it.
const PURPOSE: &[u8] = b"remit-evidence-v1";

/// The nonces of a case's steps.
pub(super) struct Nonces(Hmac<Sha256>);

/// The nonce of one step. Two steps on one entry have different ones, so that evidence does not even
/// tell that they are about the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonce([u8; 32]);

impl Nonces {
    pub(super) fn of(key: &CaseKey) -> Self {
        let mut mac = Hmac::new_from_slice(key.bytes()).expect("HMAC takes a key of any length");
        mac.update(PURPOSE);
        Self(mac)
    }

    pub(super) fn of_step(&self, number: u64) -> Nonce {
        let mut mac = self.0.clone();
        mac.update(&number.to_be_bytes());
        Nonce(mac.finalize().into_bytes().into())
    }
}

impl Nonce {
    /// What stands for the path in evidence. The nonce's length is fixed, so the two cannot be cut
    /// apart in another way.
    pub(super) fn entry(&self, path: &EntryPath) -> String {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(path.as_str().as_bytes());
        hex::encode(hash.finalize())
    }
}

/// What shows which entry one step of the evidence is about. It opens this step and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The step.
    pub step: u64,
    /// Its entry.
    pub path: EntryPath,
    /// The nonce, in hexadecimal.
    pub nonce: String,
    /// SHA-256 of the nonce's 32 bytes and, after them, the path's text: what stands in the evidence.
    pub entry: String,
}

/// Opens one step, for whoever holds the case.
pub fn open_step(plan: &Plan, number: u64) -> Result<Disclosure, EvidenceError> {
    let nonces = Nonces::of(&plan.case().key()?);
    for step in plan.steps() {
        let step = step?;
        if step.number == number {
            let nonce = nonces.of_step(number);
            return Ok(Disclosure {
                step: number,
                entry: nonce.entry(&step.path),
                nonce: hex::encode(nonce.0),
                path: step.path,
            });
        }
    }
    Err(EvidenceError::NoSuchStep {
        given: number,
        count: plan.summary().steps,
    })
}

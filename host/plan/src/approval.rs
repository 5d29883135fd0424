//! Approvals: SSH signatures over the `MANIFEST` of a case.
//!
//! The format is OpenSSH's own (PROTOCOL.sshsig), so `ssh-keygen -Y sign` can make one, also with an
//! agent or a hardware key, and `ssh-keygen -Y verify` can check one. Who may approve, the workspace's
//! policy says, in the lines of an `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use remit_workspace::Millis;
use ssh_key::{Fingerprint, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::{Case, Manifest, PlanError};

/// What a signature is for: one made for something else is no approval.
pub const NAMESPACE: &str = "remit-plan";

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
    /// A line of the allowed signers.
    #[error("line {line} of the allowed signers: {why}")]
    Signers {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The key file.
    #[error("cannot use the key `{}`: {why}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What to do.
        why: &'static str,
        /// What the key's format says.
        #[source]
        source: Option<ssh_key::Error>,
    },
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

/// Who may approve.
#[derive(Clone, Debug, Default)]
pub struct Signers(Vec<Signer>);

#[derive(Clone, Debug)]
struct Signer {
    principals: String,
    key: PublicKey,
    namespaces: Option<Vec<String>>,
    valid_after: Option<Millis>,
    valid_before: Option<Millis>,
}

impl Signers {
    /// Parses lines of an `allowed_signers` file. A line that cannot be understood is an error, never
    /// passed over: it might be the one that forbids.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, ApprovalError> {
        let mut signers = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let signer = Signer::parse(line).map_err(|why| ApprovalError::Signers {
                line: index + 1,
                why,
            })?;
            signers.push(signer);
        }
        Ok(Self(signers))
    }

    fn find(&self, key: &PublicKey, now: Millis) -> Result<&Signer, String> {
        let mut refused = format!(
            "the key {} is not among the allowed signers",
            key.fingerprint(HashAlg::Sha256)
        );
        for signer in self
            .0
            .iter()
            .filter(|signer| signer.key.key_data() == key.key_data())
        {
            if signer
                .namespaces
                .as_ref()
                .is_some_and(|names| !names.iter().any(|name| matches(name, NAMESPACE)))
            {
                refused = format!("the key may not sign for `{NAMESPACE}`");
            } else if signer.valid_after.is_some_and(|after| now < after) {
                refused = "the key is not valid yet".into();
            } else if signer.valid_before.is_some_and(|before| now >= before) {
                refused = "the key is no longer valid".into();
            } else {
                return Ok(signer);
            }
        }
        Err(refused)
    }
}

impl Signer {
    fn parse(line: &str) -> Result<Self, String> {
        let (principals, rest) =
            split_quoted(line).ok_or("a line has principals, options and a key")?;
        let (mut namespaces, mut valid_after, mut valid_before) = (None, None, None);
        let mut key = rest.trim_start();
        if PublicKey::from_openssh(key).is_err() {
            let (options, rest) = split_quoted(key).ok_or("there is no key")?;
            for option in split_options(options) {
                let (name, value) = option.split_once('=').unwrap_or((&option, ""));
                let value = value.trim_matches('"');
                match name.to_ascii_lowercase().as_str() {
                    "namespaces" => {
                        namespaces = Some(value.split(',').map(str::to_owned).collect())
                    }
                    "valid-after" => valid_after = Some(instant(value)?),
                    "valid-before" => valid_before = Some(instant(value)?),
                    "cert-authority" => {
                        return Err("certificates are not supported; name the key itself".into());
                    }
                    other => return Err(format!("unknown option `{other}`")),
                }
            }
            key = rest.trim_start();
        }
        let key =
            PublicKey::from_openssh(key).map_err(|error| format!("no public key: {error}"))?;
        Ok(Self {
            principals: principals.trim_matches('"').to_owned(),
            key,
            namespaces,
            valid_after,
            valid_before,
        })
    }
}

/// Splits at the first blank outside quotes.
fn split_quoted(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = line.find(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    })?;
    Some((&line[..at], &line[at..]))
}

fn split_options(options: &str) -> Vec<String> {
    let mut quoted = false;
    options
        .split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .map(str::to_owned)
        .collect()
}

/// A namespace pattern: `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((first, rest)) => name.strip_prefix(first).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| matches(rest, &left[at..]))
        }),
    }
}

/// `YYYYMMDD[Z]` or `YYYYMMDDHHMM[SS][Z]`; without `Z` in the local time zone, as ssh-keygen has it.
fn instant(text: &str) -> Result<Millis, String> {
    let digits = text.trim_end_matches('Z');
    let zone = if digits.len() < text.len() {
        TimeZone::UTC
    } else {
        TimeZone::system()
    };
    let unreadable =
        || format!("`{text}` is no time (YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC)");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(unreadable());
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i16>);
    let parts = || -> Result<_, std::num::ParseIntError> {
        let small = |from, to| number(from, to).map(|value| value as i8);
        Ok((
            number(0, 4)?,
            small(4, 6)?,
            small(6, 8)?,
            small(8, 10)?,
            small(10, 12)?,
            small(12, 14)?,
        ))
    };
    let (year, month, day, hour, minute, second) = parts().map_err(|_overflow| unreadable())?;
    DateTime::new(year, month, day, hour, minute, second, 0)
        .and_then(|civil| civil.to_zoned(zone))
        .map(|zoned| Timestamp::from(&zoned).as_millisecond())
        .map_err(|_impossible| unreadable())
}

impl Approval {
    /// Signs the plan of a case with a private key file; `passphrase` is asked for an encrypted one.
    /// The signature's file, relative to the case.
    pub fn sign(
        case: &Case,
        key_file: &Path,
        passphrase: impl FnOnce() -> Option<String>,
    ) -> Result<String, ApprovalError> {
        let refuse = |why, source| ApprovalError::Key {
            path: key_file.to_owned(),
            why,
            source,
        };
        let mut key = PrivateKey::read_openssh_file(key_file)
            .map_err(|source| refuse("it must be an OpenSSH private key", Some(source)))?;
        if key.is_encrypted() {
            let passphrase = passphrase().ok_or_else(|| {
                refuse("it has a passphrase; run this at a terminal, or sign with `ssh-keygen -Y sign`", None)
            })?;
            key = key
                .decrypt(passphrase)
                .map_err(|source| refuse("the passphrase does not fit", Some(source)))?;
        }
        let path = case.path(Manifest::FILE);
        let manifest = std::fs::read(&path).map_err(PlanError::io("cannot read", &path))?;
        let signature = key
            .sign(NAMESPACE, HashAlg::Sha512, &manifest)
            .map_err(|source| {
                refuse(
                    "it cannot sign; sign with `ssh-keygen -Y sign`",
                    Some(source),
                )
            })?;
        let text = signature
            .to_pem(LineEnding::LF)
            .map_err(|source| refuse("its signature cannot be written", Some(source)))?;
        let name = format!(
            "approvals/{}.sig",
            file_name(&key.public_key().fingerprint(HashAlg::Sha256))
        );
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
        let folder = case.path("approvals");
        let path = case.path(Manifest::FILE);
        let manifest = std::fs::read(&path).map_err(PlanError::io("cannot read", &path))?;
        let mut approvals = BTreeSet::new();
        let files = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(approvals),
            files => files.map_err(PlanError::io("cannot read", &folder))?,
        };
        for file in files {
            let path = file.map_err(PlanError::io("cannot read", &folder))?.path();
            let text =
                std::fs::read_to_string(&path).map_err(PlanError::io("cannot read", &path))?;
            let invalid = |why: String| ApprovalError::Invalid {
                path: path.clone(),
                why,
            };
            let signature = SshSig::from_pem(&text)
                .map_err(|error| invalid(format!("no SSH signature ({error})")))?;
            let key = PublicKey::from(signature.public_key().clone());
            let signer = signers.find(&key, now).map_err(invalid)?;
            key.verify(NAMESPACE, &manifest, &signature).map_err(|_mismatch| {
                invalid("it does not fit this plan: it was made for another, or the plan has changed".into())
            })?;
            approvals.insert(Self {
                principal: signer.principals.clone(),
                fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
            });
        }
        Ok(approvals)
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

/// A fingerprint as a file name: base64 has slashes.
fn file_name(fingerprint: &Fingerprint) -> String {
    hex::encode(fingerprint.as_bytes())
}

#[cfg(test)]
mod tests;

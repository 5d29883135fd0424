//! SSH signatures: made with a key file, checked against those whose signatures count.
//!
//! The format is OpenSSH's own (PROTOCOL.sshsig, and ssh-keygen(1), ALLOWED SIGNERS), so `ssh-keygen`
//! can make and check all of it. A signature is for a namespace: one made for something else does not
//! fit. What is signed, and whose signatures count, others decide.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use remit_workspace::Millis;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

/// Why a signature could not be made or does not count.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
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
    /// A text that is no signature.
    #[error("no SSH signature")]
    Unreadable(#[source] ssh_key::Error),
    /// The key may not sign this, or not now, or at all.
    #[error("{0}")]
    NotAllowed(String),
    /// The signature is over other bytes, or for something else.
    #[error("it was made over other bytes, or for another purpose")]
    Mismatch,
}

/// Who made a signature that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The principal of the signer's line.
    pub principal: String,
    /// The key's fingerprint, as `SHA256:…`.
    pub fingerprint: String,
}

/// A private key of a file, ready to sign.
pub struct SigningKey {
    key: PrivateKey,
    path: PathBuf,
}

impl SigningKey {
    /// Reads a private key file; `passphrase` is asked for an encrypted one.
    pub fn read(
        path: &Path,
        passphrase: impl FnOnce() -> Option<String>,
    ) -> Result<Self, SignatureError> {
        let refuse = |why, source| SignatureError::Key {
            path: path.to_owned(),
            why,
            source,
        };
        let mut key = PrivateKey::read_openssh_file(path)
            .map_err(|source| {
                let why = match source {
                    // A number that is a byte shorter than usual, as one in 256 is, the library does not take.
                    ssh_key::Error::Encoding(_) => {
                        "it must be an OpenSSH private key, and one ECDSA key in 256 cannot be read all the same: \
                         then sign with `ssh-keygen -Y sign`"
                    }
                    _ => "it must be an OpenSSH private key",
                };
                refuse(why, Some(source))
            })?;
        if key.is_encrypted() {
            let passphrase = passphrase().ok_or_else(|| {
                refuse("it has a passphrase; run this at a terminal, or sign with `ssh-keygen -Y sign`", None)
            })?;
            key = key
                .decrypt(passphrase)
                .map_err(|source| refuse("the passphrase does not fit", Some(source)))?;
        }
        Ok(Self {
            key,
            path: path.to_owned(),
        })
    }

    /// The key's fingerprint as hexadecimal digits: in its usual form it is no file name.
    pub fn file_name(&self) -> String {
        hex::encode(
            self.key
                .public_key()
                .fingerprint(HashAlg::Sha256)
                .as_bytes(),
        )
    }

    /// A signature for `namespace` over these bytes, in the form `ssh-keygen` has them.
    pub fn sign(&self, namespace: &str, bytes: &[u8]) -> Result<String, SignatureError> {
        let refuse = |why, source| SignatureError::Key {
            path: self.path.clone(),
            why,
            source: Some(source),
        };
        self.key
            .sign(namespace, HashAlg::Sha512, bytes)
            .map_err(|source| refuse("it cannot sign; sign with `ssh-keygen -Y sign`", source))?
            .to_pem(LineEnding::LF)
            .map_err(|source| refuse("its signature cannot be written", source))
    }
}

/// The fingerprint of the key that made this signature for `namespace` over these bytes. Whether the
/// key's signatures count is not asked.
pub(crate) fn fingerprint_of(
    namespace: &str,
    bytes: &[u8],
    signature: &str,
) -> Result<String, SignatureError> {
    let signature = read(signature)?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(namespace, bytes, &signature)
        .map_err(|_mismatch| SignatureError::Mismatch)?;
    Ok(key.fingerprint(HashAlg::Sha256).to_string())
}

fn read(signature: &str) -> Result<SshSig, SignatureError> {
    SshSig::from_pem(signature).map_err(SignatureError::Unreadable)
}

/// Whose signatures count, for what, and when: the lines of an `allowed_signers` file.
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
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, SignatureError> {
        let mut signers = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let signer = Signer::parse(line).map_err(|why| SignatureError::Signers {
                line: index + 1,
                why,
            })?;
            signers.push(signer);
        }
        Ok(Self(signers))
    }

    /// Checks a signature for `namespace` over these bytes, by a key that may sign so now.
    pub fn check(
        &self,
        namespace: &str,
        bytes: &[u8],
        signature: &str,
        now: Millis,
    ) -> Result<Signed, SignatureError> {
        let signature = read(signature)?;
        let key = PublicKey::from(signature.public_key().clone());
        let signer = self
            .find(&key, namespace, now)
            .map_err(SignatureError::NotAllowed)?;
        key.verify(namespace, bytes, &signature)
            .map_err(|_mismatch| SignatureError::Mismatch)?;
        Ok(Signed {
            principal: signer.principals.clone(),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        })
    }

    fn find(&self, key: &PublicKey, namespace: &str, now: Millis) -> Result<&Signer, String> {
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
                .is_some_and(|names| !names.iter().any(|name| matches(name, namespace)))
            {
                refused = format!("the key may not sign for `{namespace}`");
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

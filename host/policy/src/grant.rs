//! A grant: what somebody gives a guest, as a file.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use crate::file::{File, quoted};
use crate::rights::list;
use crate::{Duration, FileError, Rights, Size, StatedCeilings, TextError};

/// The SHA-256 of a guest's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestDigest([u8; 32]);

impl GuestDigest {
    /// The digest of these bytes.
    pub fn of(guest: &[u8]) -> Self {
        Self(Sha256::digest(guest).into())
    }

    /// Parses 64 hexadecimal digits, after `sha256:` or not.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest)
            .map_err(|_| TextError::Digest(text.to_owned()))?;
        Ok(Self(digest))
    }
}

impl fmt::Display for GuestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for GuestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What the sandbox may use; what is not said is left to the sandbox's own limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// The guest's own running time per call.
    pub time: Option<Duration>,
    /// Memory of all its instances' memories together.
    pub memory: Option<Size>,
}

/// Rights, ceilings and limits that somebody gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// What may be done where.
    pub rights: Rights,
    /// How much of it.
    pub ceilings: StatedCeilings,
    /// With what means.
    pub sandbox: Sandbox,
    /// The only guests that may have it; none named: any guest.
    pub guests: Vec<GuestDigest>,
}

impl Grant {
    /// A grant of these rights, with the usual ceilings and limits.
    pub fn of(rights: Rights) -> Self {
        Self {
            rights,
            ..Self::default()
        }
    }

    /// Parses a grant file; `name` is what errors call it.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, FileError> {
        let mut table = File::of_bytes(name, text)?.table("version")?;
        let rights = Rights::take(&mut table)?;
        let ceilings = match table.take("ceilings") {
            Some(item) => StatedCeilings::take(item.into_table()?)?,
            None => StatedCeilings::default(),
        };
        let mut sandbox = Sandbox::default();
        if let Some(item) = table.take("sandbox") {
            let mut inner = item.into_table()?;
            sandbox.time = inner
                .take("time")
                .map(|item| item.parsed(Duration::parse))
                .transpose()?;
            sandbox.memory = inner
                .take("memory")
                .map(|item| item.parsed(Size::parse))
                .transpose()?;
            inner.finish()?;
        }
        let mut guests = Vec::new();
        if let Some(item) = table.take("guests") {
            let place = item.place();
            for item in item.into_texts()? {
                guests.push(item.parsed(GuestDigest::parse)?);
            }
            if guests.is_empty() {
                return Err(
                    place.error("an empty list names no guest; leave it out to mean any guest")
                );
            }
        }
        table.finish()?;
        Ok(Self {
            rights,
            ceilings,
            sandbox,
            guests,
        })
    }

    /// As a grant file that [`Grant::parse`] reads back to an equal value.
    pub fn to_toml(&self) -> String {
        let mut text = format!("version = 1\n{}", self.rights.to_toml());
        if !self.guests.is_empty() {
            let guests = list(self.guests.iter().map(|guest| quoted(&guest.to_string())));
            let _infallible = writeln!(text, "guests = {guests}");
        }
        if !self.ceilings.is_empty() {
            let _infallible = write!(text, "\n[ceilings]\n{}", self.ceilings.to_toml());
        }
        if self.sandbox != Sandbox::default() {
            text.push_str("\n[sandbox]\n");
            if let Some(time) = self.sandbox.time {
                let _infallible = writeln!(text, "time = {}", quoted(&time.to_string()));
            }
            if let Some(memory) = self.sandbox.memory {
                let _infallible = writeln!(text, "memory = {}", quoted(&memory.to_string()));
            }
        }
        text
    }
}

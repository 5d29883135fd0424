//! The version of a file: what the file system knows of it and, once pinned, the digest of its content.

use std::fmt::Write as _;

use remit_workspace::{Millis, Version};
use rustix::fs::Stat;

/// What a file system says about the state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    pub(crate) size_bytes: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Stamp {
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "the fields' types differ by platform"
    )]
    pub(crate) fn of(stat: &Stat) -> Self {
        let nanos = |seconds: i64, nanos: i128| i128::from(seconds) * 1_000_000_000 + nanos;
        Self {
            inode: stat.st_ino as u64,
            size_bytes: u64::try_from(stat.st_size).unwrap_or_default(),
            modified_ns: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i128),
            changed_ns: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as i128),
        }
    }

    pub(crate) fn modified(&self) -> Millis {
        Millis::try_from(self.modified_ns.div_euclid(1_000_000)).unwrap_or(Millis::MAX)
    }

    /// The version as it is listed.
    pub(crate) fn version(&self) -> Version {
        Version::new(self.text())
    }

    /// The version as a step carries it.
    pub(crate) fn pinned(&self, content: &[u8; 32]) -> Version {
        Version::new(format!("{}{PIN}{}", self.text(), hex::encode(content)))
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(160);
        let _infallible = write!(
            text,
            "file-{:x}-{:x}-{:x}-{:x}",
            self.inode, self.size_bytes, self.modified_ns, self.changed_ns
        );
        text
    }

    /// What this version demands of a file with this stamp.
    pub(crate) fn against(&self, version: &Version) -> Demand {
        let Some(rest) = version.as_str().strip_prefix(&self.text()) else {
            return Demand::Unmet;
        };
        let mut digest = [0; 32];
        match rest.strip_prefix(PIN) {
            None if rest.is_empty() => Demand::Met,
            Some(digits) if hex::decode_to_slice(digits, &mut digest).is_ok() => {
                Demand::Content(digest)
            }
            _ => Demand::Unmet,
        }
    }
}

const PIN: &str = "-sha256-";

/// What is left to check of a version once the stamp is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing: it is that version.
    Met,
    /// The content must have this SHA-256.
    Content([u8; 32]),
    /// It is another version.
    Unmet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_form_is_compared() {
        let stamp = Stamp {
            inode: 1,
            size_bytes: 2,
            modified_ns: 3,
            changed_ns: 4,
        };
        let other = Stamp {
            changed_ns: 5,
            ..stamp
        };
        // A stamp whose text begins with another's.
        let longer = Stamp {
            changed_ns: 0x41,
            ..stamp
        };
        let digest = [7; 32];
        for (version, expect) in [
            (stamp.version(), Demand::Met),
            (stamp.pinned(&digest), Demand::Content(digest)),
            (other.version(), Demand::Unmet),
            (other.pinned(&digest), Demand::Unmet),
            (longer.version(), Demand::Unmet),
            (
                Version::new(format!("{}-sha256-7", stamp.version())),
                Demand::Unmet,
            ),
            (Version::of_document(b""), Demand::Unmet),
        ] {
            assert_eq!(stamp.against(&version), expect, "{version}");
        }
    }
}

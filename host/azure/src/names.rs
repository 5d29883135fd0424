//! Names of the service and paths of the house, both ways, without losing a byte.
//!
//! Addresses are written here and nowhere else. Every byte of a name outside `A-Za-z0-9-._~` is escaped,
//! the slash too: a name is then one segment of the address, in which libraries find no `..` to resolve
//! and no tab to drop. Both have happened: a name with a tab in it became another blob's.

use std::sync::Arc;

use azure_core::http::Url;
use remit_workspace::{EntryPath, Generation, StoreError};

use crate::endpoint::is_container_name;

/// A blob, or one of its generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobName {
    pub(crate) container: Arc<str>,
    pub(crate) name: String,
    pub(crate) state: BlobState,
}

/// Which state of a blob is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BlobState {
    Current,
    Version(String),
    Snapshot(String),
    /// Soft-deleted. What was deleted can only be listed, never read.
    Deleted(DeletedState),
}

/// What of a blob was soft-deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeletedState {
    /// The blob itself, at this time.
    Base(String),
    Version(String),
    Snapshot(String),
}

/// The container of the workspace's own policy, which no verb touches.
pub(crate) const RESERVED: &str = "remit";

impl BlobName {
    /// The blob that a path names. None when no blob can have this name.
    pub(crate) fn of(path: &EntryPath) -> Result<Option<Self>, StoreError> {
        let mut segments = path.segments();
        if segments.next().as_deref() != Some(b"blobs") {
            return Ok(None);
        }
        let Some(container) = segments
            .next()
            .and_then(|name| String::from_utf8(name).ok())
        else {
            return Ok(None);
        };
        if container.contains('@') {
            return Err(StoreError::OutOfReach {
                path: path.clone(),
                reason: "another account, which no policy names".to_owned(),
            });
        }
        let rest: Vec<Vec<u8>> = segments.collect();
        if rest.is_empty() || container == RESERVED || !is_container_name(&container) {
            return Ok(None);
        }
        let Ok(name) = String::from_utf8(rest.join(&b'/')) else {
            return Ok(None);
        };
        let state = match path.generation() {
            None => BlobState::Current,
            Some(Generation::Version(id)) => BlobState::Version(decoded(id)),
            Some(Generation::Snapshot(id)) => BlobState::Snapshot(decoded(id)),
            Some(Generation::Deleted(id)) => BlobState::Deleted(DeletedState::parse(&decoded(id))),
        };
        Ok((!name.is_empty()).then_some(Self {
            container: container.into(),
            name,
            state,
        }))
    }

    /// The path of this blob, or of this generation. None when it is longer than a path may be.
    pub(crate) fn path(&self) -> Option<EntryPath> {
        let names = ["blobs", &self.container]
            .into_iter()
            .chain(self.name.split('/'));
        let path = EntryPath::of_segments(names).ok()?;
        match &self.state {
            BlobState::Current => Some(path),
            BlobState::Version(id) => path.generation_of(Generation::Version(id)).ok(),
            BlobState::Snapshot(id) => path.generation_of(Generation::Snapshot(id)).ok(),
            BlobState::Deleted(state) => path
                .generation_of(Generation::Deleted(&state.to_string()))
                .ok(),
        }
    }

    /// Whether [`Self::url`] can say it.
    pub(crate) fn has_address(&self) -> bool {
        self.name != "." && self.name != ".." && !self.name.contains('\\')
    }

    /// Its address, without a generation. None for the two names that every library takes for a folder, and
    /// for those with a backslash: a server (the emulator, for one) takes it for a slash, and what was meant
    /// for one blob would reach another.
    pub(crate) fn url(&self, blobs: &str) -> Option<Url> {
        if !self.has_address() {
            return None;
        }
        let name = escaped(&self.name);
        let url = Url::parse(&format!("{blobs}/{}/{name}", escaped(&self.container))).ok()?;
        // The last word: what will be sent is what was meant.
        url.path().ends_with(&format!("/{name}")).then_some(url)
    }
}

impl DeletedState {
    fn parse(text: &str) -> Self {
        match text.split_once('-') {
            Some(("version", id)) => Self::Version(id.to_owned()),
            Some(("snapshot", id)) => Self::Snapshot(id.to_owned()),
            _ => Self::Base(text.to_owned()),
        }
    }
}

impl std::fmt::Display for DeletedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Base(when) => f.write_str(when),
            Self::Version(id) => write!(f, "version-{id}"),
            Self::Snapshot(id) => write!(f, "snapshot-{id}"),
        }
    }
}

/// A name as one segment of an address, or as a value of its query.
pub(crate) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What a written segment means, as text.
pub(crate) fn decoded(written: &str) -> String {
    EntryPath::parse(&format!("/{written}"))
        .ok()
        .and_then(|path| path.segments().next())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, url: Option<&str>) {
        let path = EntryPath::parse(path).unwrap();
        let blob = BlobName::of(&path).unwrap().unwrap();
        assert_eq!(blob.path().unwrap(), path);
        let base = "http://127.0.0.1:1/acct";
        let found = blob.url(base).map(|url| url.to_string());
        assert_eq!(found, url.map(|url| format!("{base}{url}")));
    }

    #[test]
    fn every_name_is_one_segment() {
        check("/blobs/abc/a/b", Some("/abc/a%2Fb"));
        check(
            "/blobs/abc/a%20b%25%23%3F%2B",
            Some("/abc/a%20b%25%23%3F%2B"),
        );
        check("/blobs/abc/a%09b%0Ac", Some("/abc/a%09b%0Ac"));
        check("/blobs/abc/a%5Cb", None);
        check("/blobs/abc//x/", Some("/abc/%2Fx%2F"));
        check("/blobs/abc/a/%2E%2E/%2E%2E/b", Some("/abc/a%2F..%2F..%2Fb"));
        check("/blobs/abc/%2E%2E/x", Some("/abc/..%2Fx"));
        check("/blobs/abc/%2E%2E", None);
        check("/blobs/abc/caf%C3%A9.", Some("/abc/caf%C3%A9."));
    }

    #[test]
    fn generations() {
        for path in [
            "/blobs/abc/a?version=2026-01-01T00%3A00%3A00.0000001Z",
            "/blobs/abc/a?snapshot=2026-01-01T00%3A00%3A00.0000001Z",
            "/blobs/abc/a?deleted=version-2026-01-01T00%3A00%3A00.0000001Z",
            "/blobs/abc/a?deleted=2026-01-01T00%3A00%3A00Z",
        ] {
            let path = EntryPath::parse(path).unwrap();
            assert_eq!(BlobName::of(&path).unwrap().unwrap().path().unwrap(), path);
        }
    }

    #[test]
    fn what_is_no_blob() {
        for path in [
            "/blobs/abc",
            "/blobs/remit/x",
            "/files/a/b",
            "/blobs/UP/x",
            "/blobs/abc/%FF",
        ] {
            let path = EntryPath::parse(path).unwrap();
            assert_eq!(BlobName::of(&path).unwrap(), None, "{path}");
        }
        let other = EntryPath::parse("/blobs/abc@other/x").unwrap();
        assert!(BlobName::of(&other).is_err());
    }
}

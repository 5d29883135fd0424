//! The two forms of a directory, and which file on disk holds which entry.

use std::path::Path;

use remit_workspace::{EntryPath, Kind, StoreError};

use crate::error::{LEFT_OVER, Miss, OpenError, RESERVED};

/// The file that makes a directory a full workspace.
pub(crate) const DESCRIPTION: &str = "workspace.toml";
/// The folder of the policy, at the root.
pub(crate) const POLICY: &str = ".remit";
/// The folder of the records, at the root of a full workspace.
pub(crate) const RECORDS: &str = "records";
const SUFFIX: &[u8] = b".json";

/// How a directory is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Every file is `/files/<relative path>`.
    Plain,
    /// `records/`, `blobs/` and `files/`.
    Workspace {
        /// As a person calls it.
        name: String,
        /// Its GUID.
        id: String,
    },
}

#[derive(serde::Deserialize)]
struct Description {
    version: i64,
    name: String,
    id: String,
}

/// Where an entry lies: names from the root down, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) names: Vec<Vec<u8>>,
    pub(crate) kind: Kind,
}

impl Form {
    pub(crate) fn of(root: &Path) -> Result<Self, OpenError> {
        let path = root.join(DESCRIPTION);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Plain),
            Err(source) => return Err(OpenError::Read { path, source }),
        };
        let description: Description = match toml::from_str(&text) {
            Ok(description) => description,
            Err(source) => {
                return Err(OpenError::Description {
                    path,
                    source: Box::new(source),
                });
            }
        };
        if description.version != 1 {
            return Err(OpenError::UnknownVersion {
                path,
                found: description.version,
            });
        }
        Ok(Self::Workspace {
            name: description.name,
            id: description.id,
        })
    }

    /// Where the entry at `path` lies, if anywhere.
    pub(crate) fn place(&self, path: &EntryPath) -> Result<Place, StoreError> {
        let absent = || StoreError::NotFound(path.clone());
        let kind = Kind::of(path).ok_or_else(absent)?;
        // A directory keeps no generations.
        if path.generation().is_some() {
            return Err(absent());
        }
        if self.is_reserved(path) {
            return Err(Miss::OutOfReach(RESERVED).at(path, ""));
        }
        let mut names: Vec<Vec<u8>> = Vec::new();
        match (self, kind.is_object()) {
            (Self::Plain, true) if kind == Kind::File => names.extend(path.segments().skip(1)),
            (Self::Plain, _) => return Err(absent()),
            (Self::Workspace { .. }, true) => names.extend(path.segments()),
            (Self::Workspace { .. }, false) => {
                names.push(RECORDS.into());
                names.extend(
                    path.written_segments()
                        .map(|segment| segment.as_bytes().to_vec()),
                );
                names
                    .last_mut()
                    .expect("a path has a segment")
                    .extend(SUFFIX);
            }
        }
        if !names.iter().all(|name| can_be_on_disk(name)) {
            return Err(absent());
        }
        if names.last().is_some_and(|name| is_temporary(name)) {
            return Err(Miss::OutOfReach(LEFT_OVER).at(path, ""));
        }
        Ok(Place { names, kind })
    }

    /// Whether this path, or what lies at and below it, belongs to the policy.
    pub(crate) fn is_reserved(&self, path: &EntryPath) -> bool {
        let mut segments = path.written_segments();
        let reserved = match self {
            Self::Plain => ["files", POLICY],
            Self::Workspace { .. } => ["blobs", "remit"],
        };
        segments.next() == Some(reserved[0]) && segments.next() == Some(reserved[1])
    }
}

/// The path of the record in the file of this name, below this path.
///
/// None when the name is not what a path would write, or no record has such a path.
pub(crate) fn record_path(folder: Option<&EntryPath>, name: &[u8]) -> Option<EntryPath> {
    let path = folder_path(folder, name.strip_suffix(SUFFIX)?)?;
    Kind::of(&path).filter(|kind| !kind.is_object())?;
    Some(path)
}

/// The path that a folder of records stands for.
pub(crate) fn folder_path(above: Option<&EntryPath>, name: &[u8]) -> Option<EntryPath> {
    let name = std::str::from_utf8(name).ok()?;
    EntryPath::parse_canonical(&format!("{}/{name}", above.map_or("", EntryPath::as_str))).ok()
}

fn can_be_on_disk(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

/// The name under which a new content for `name` is written before it takes its place. It is the same
/// each time, so that what a crash leaves is found and removed.
pub(crate) fn temporary(name: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    let digest = hex::encode(&sha2::Sha256::digest(name)[..16]);
    format!("{TEMPORARY}{digest}").into_bytes()
}

/// Whether this is a name that [`temporary`] gives.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    name.strip_prefix(TEMPORARY.as_bytes()).is_some_and(|rest| {
        rest.len() == 32
            && rest
                .iter()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

const TEMPORARY: &str = ".remit-new-";

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Form {
        Form::Workspace {
            name: "w".into(),
            id: "i".into(),
        }
    }

    fn check(form: &Form, path: &str, expect: Option<&str>) {
        let place = form.place(&EntryPath::parse(path).unwrap()).ok();
        let names =
            place.map(|place| String::from_utf8_lossy(&place.names.join(&b'/')).into_owned());
        assert_eq!(names.as_deref(), expect, "{path}");
    }

    #[test]
    fn places() {
        check(&workspace(), "/runs/a b", Some("records/runs/a%20b.json"));
        check(
            &workspace(),
            "/runs/a%2F..%2Fb",
            Some("records/runs/a%2F..%2Fb.json"),
        );
        check(
            &workspace(),
            "/runs/x/metrics",
            Some("records/runs/x/metrics.json"),
        );
        check(&workspace(), "/blobs/c/a b", Some("blobs/c/a b"));
        check(&workspace(), "/blobs/c/a%2Fb", None);
        check(&workspace(), "/blobs/c/../x", None);
        check(&workspace(), "/blobs/c//x", None);
        check(&workspace(), "/blobs/c/a%00", None);
        check(&workspace(), "/blobs/remit/policy.toml", None);
        check(&workspace(), "/blobs/c/x?version=1", None);
        check(&workspace(), "/runs", None);
        check(&Form::Plain, "/files/a/b", Some("a/b"));
        check(&Form::Plain, "/files/.remit/policy.toml", None);
        check(&Form::Plain, "/files/a/.remit/x", Some("a/.remit/x"));
        check(&Form::Plain, "/files/../etc", None);
        check(&Form::Plain, "/runs/x", None);
    }

    #[test]
    fn temporary_names_are_known_again() {
        for name in [&b"a"[..], b"\xff", &[b'x'; 255]] {
            assert!(is_temporary(&temporary(name)));
        }
        assert!(!is_temporary(b".remit-new-"));
        assert!(!is_temporary(
            b".remit-new-0123456789abcdef0123456789abcdeX"
        ));
    }
}

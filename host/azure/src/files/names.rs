//! Names of files and paths of the house, both ways.
//!
//! The service takes names that differ in case for the same one, keeps the spelling that it was given, and
//! forbids what Windows forbids. Dots at the end of a name are kept because every request asks for that.

use azure_core::http::Url;
use remit_workspace::{EntryPath, Generation};

use crate::endpoint::is_container_name;
use crate::names::{decoded, escaped};

/// A file, as it is or as a share snapshot keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) share: String,
    /// The directories above it.
    pub(crate) above: Vec<String>,
    pub(crate) name: String,
    pub(crate) snapshot: Option<String>,
}

/// A directory of a share; the share's own root has no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) share: String,
    pub(crate) names: Vec<String>,
}

/// The most characters of one name.
const LENGTH_MAX: usize = 255;
/// What a redaction writes beside a file; as in a directory workspace, it is never an entry.
const TEMPORARY: &str = ".remit-new-";

impl FileName {
    /// The file that a path names. None when no file can have this name.
    pub(crate) fn of(path: &EntryPath) -> Option<Self> {
        let mut names = Vec::new();
        for segment in path.segments() {
            names.push(String::from_utf8(segment).ok()?);
        }
        let mut names = names.into_iter();
        let (root, share) = (names.next()?, names.next()?);
        let mut above: Vec<String> = names.collect();
        let name = above.pop()?;
        let snapshot = match path.generation() {
            None => None,
            Some(Generation::Snapshot(id)) => Some(decoded(id)),
            Some(Generation::Version(_) | Generation::Deleted(_)) => return None,
        };
        let is_legal = root == "files"
            && is_share_name(&share)
            && above.iter().all(|name| is_name(name))
            && is_name(&name)
            && !is_temporary(&name);
        is_legal.then_some(Self {
            share,
            above,
            name,
            snapshot,
        })
    }

    /// The path of it. None when it is longer than a path may be.
    pub(crate) fn path(&self) -> Option<EntryPath> {
        let path = self.directory().path()?.child(&self.name).ok()?;
        match &self.snapshot {
            None => Some(path),
            Some(id) => path.generation_of(Generation::Snapshot(id)).ok(),
        }
    }

    pub(crate) fn directory(&self) -> Directory {
        Directory {
            share: self.share.clone(),
            names: self.above.clone(),
        }
    }

    /// Another file in the same directory.
    pub(crate) fn beside(&self, name: String) -> Self {
        Self {
            name,
            snapshot: None,
            ..self.clone()
        }
    }

    /// The same file in a snapshot of its share.
    pub(crate) fn in_snapshot(&self, id: &str) -> Self {
        Self {
            snapshot: Some(id.to_owned()),
            ..self.clone()
        }
    }

    /// Its address, with more in the query. None for a name that cannot be asked for.
    pub(crate) fn url(&self, files: &str, query: &[(&str, &str)]) -> Option<Url> {
        let names = self.above.iter().chain([&self.name]);
        let mut pairs: Vec<(&str, &str)> = query.to_vec();
        if let Some(id) = &self.snapshot {
            pairs.push(("sharesnapshot", id));
        }
        address(files, &self.share, names, &pairs)
    }
}

impl Directory {
    pub(crate) fn root(share: &str) -> Self {
        Self {
            share: share.to_owned(),
            names: Vec::new(),
        }
    }

    pub(crate) fn child(&self, name: &str) -> Self {
        let mut child = self.clone();
        child.names.push(name.to_owned());
        child
    }

    pub(crate) fn path(&self) -> Option<EntryPath> {
        let names = ["files", self.share.as_str()];
        EntryPath::of_segments(
            names
                .into_iter()
                .chain(self.names.iter().map(String::as_str)),
        )
        .ok()
    }

    pub(crate) fn url(&self, files: &str, query: &[(&str, &str)]) -> Option<Url> {
        address(files, &self.share, self.names.iter(), query)
    }
}

fn address<'a>(
    files: &str,
    share: &str,
    names: impl Iterator<Item = &'a String> + Clone,
    query: &[(&str, &str)],
) -> Option<Url> {
    if !names.clone().all(|name| is_name(name)) {
        return None;
    }
    let mut path = format!("/{}", escaped(share));
    for name in names {
        path.push('/');
        path.push_str(&escaped(name));
    }
    let mut url = Url::parse(&format!("{files}{path}")).ok()?;
    // The last word: what will be sent is what was meant.
    if !url.path().ends_with(&path) {
        return None;
    }
    if !query.is_empty() {
        url.set_query(Some(&written(query)));
    }
    Some(url)
}

/// A query, each value escaped.
pub(crate) fn written(query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    pairs.join("&")
}

/// Whether the service allows this name for a share.
pub(crate) fn is_share_name(name: &str) -> bool {
    is_container_name(name) && !name.starts_with('$')
}

/// Whether the service allows this name for a file or a directory.
pub(crate) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.chars().count() <= LENGTH_MAX
        && !name.contains(['"', '/', '\\', ':', '|', '<', '>', '*', '?'])
        && !name.chars().any(char::is_control)
}

/// A name beside a file for what will take its place: where it comes from, and one of many.
pub(crate) fn temporary(of: &str, one: &str) -> String {
    format!("{TEMPORARY}{of}{one}")
}

/// Whether this is a name that [`temporary`] makes, in whatever letters.
pub(crate) fn is_temporary(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix(TEMPORARY).is_some_and(|rest| {
        rest.len() == 32
            && rest
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str) -> Option<FileName> {
        FileName::of(&EntryPath::parse(path).unwrap())
    }

    #[test]
    fn names_both_ways() {
        for (path, url) in [
            ("/files/code/a/b", "/code/a/b"),
            ("/files/code/a%20b%25%23%2B", "/code/a%20b%25%23%2B"),
            ("/files/code/caf%C3%A9./...", "/code/caf%C3%A9./..."),
            (
                "/files/code/a?snapshot=2026-01-01T00%3A00%3A00.0000000Z",
                "/code/a?sharesnapshot=2026-01-01T00%3A00%3A00.0000000Z",
            ),
        ] {
            let found = name(path).unwrap();
            assert_eq!(found.path().unwrap().as_str(), path);
            let base = "http://127.0.0.1:1/acct";
            let written = found.url(base, &[]).unwrap().to_string();
            assert_eq!(written, format!("{base}{url}"));
        }
    }

    #[test]
    fn what_is_no_file() {
        for path in [
            "/files/code",
            "/blobs/code/x",
            "/files/UPPER/x",
            "/files/$logs/x",
            "/files/code//x",
            "/files/code/x/",
            "/files/code/%2E%2E/x",
            "/files/code/a%2Fb",
            "/files/code/a%3Ab",
            "/files/code/a%0Ab",
            "/files/code/%FF",
            "/files/code/x?version=1",
            "/files/code/.remit-new-0123456789abcdef0123456789ABCDEF",
        ] {
            assert_eq!(name(path), None, "{path}");
        }
        assert!(name("/files/code/.remit-new-1").is_some());
    }
}

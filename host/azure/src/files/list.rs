//! The walk through directories.
//!
//! The service lists one directory at a time, in pages; only the marker says which is the last. A directory
//! is walked into as its page comes, so memory does not grow with what a share holds. What the pattern names
//! literally is asked for by prefix at every level: so every name is given out as the service spells it, and
//! never as somebody typed it.

use std::sync::PoisonError;

use azure_core::http::Method;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use remit_workspace::{EntryPath, Gap, Listed, Listing, Pattern, StoreError};

use crate::error::Answer;
use crate::files::Files;
use crate::files::entry;
use crate::files::names::{Directory, FileName, is_name, is_share_name, is_temporary};
use crate::files::wire::about;
use crate::listing::next_marker;
use crate::names::decoded;
use crate::tree::Tree;
use crate::wire::{Effect, header};

/// Directories of one directory that are walked through at once, in the first levels.
const AT_ONCE: usize = 6;
/// Levels in which several are; below, one after the other.
const LEVELS_AT_ONCE: usize = 2;
/// Directories whose spelling is remembered.
const SPELLED_MAX: usize = 4_096;

/// One page of a directory.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) files: Vec<(String, Tree<'static>)>,
    pub(crate) directories: Vec<String>,
    next: Option<String>,
}

impl Files {
    /// The files that a pattern chooses.
    pub(crate) fn list(&self, what: &Pattern) -> Listing {
        let place = EntryPath::of_segments(["files"]).expect("a constant");
        if self.wire.endpoint.files().is_none() || !what.may_match_below(&place) {
            return stream::empty().boxed();
        }
        let (this, what) = (self.clone(), what.clone());
        stream::once(async move {
            match this.shares_for(&what).await {
                Ok(shares) => stream::iter(shares)
                    .flat_map(move |share| this.walk(Directory::root(&share), what.clone()))
                    .boxed(),
                Err(answer) if this.has_no_service(&answer).await => stream::empty().boxed(),
                Err(answer) => unlisted(&place, answer),
            }
        })
        .flatten()
        .boxed()
    }

    /// The shares in which the pattern may choose something.
    async fn shares_for(&self, what: &Pattern) -> Result<Vec<String>, Answer> {
        let listed = match what.literal_prefix().get(1) {
            Some(named) => String::from_utf8(named.clone()).into_iter().collect(),
            None => self.share_names().await?,
        };
        let may_match = |share: &String| {
            let path = Directory::root(share).path();
            is_share_name(share) && path.is_some_and(|path| what.may_match_below(&path))
        };
        Ok(listed.into_iter().filter(may_match).collect())
    }

    pub(crate) async fn share_names(&self) -> Result<Vec<String>, Answer> {
        let mut names = Vec::new();
        let mut pages = std::pin::pin!(self.share_pages(&[]));
        while let Some(page) = pages.next().await {
            for share in page?.shares {
                let name = share
                    .value("Name")
                    .ok_or(Answer::Malformed("a share without a name"))?;
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Whether the account is of a kind without a file service: then its host does not exist.
    async fn has_no_service(&self, answer: &Answer) -> bool {
        if !matches!(answer, Answer::Connection(_)) {
            return false;
        }
        let url = self
            .wire
            .url("", &[("restype", "account"), ("comp", "properties")]);
        let asked = self
            .wire
            .send(Effect::Reads, Method::Get, url, &[], Bytes::new(), &[200])
            .await;
        let kind = asked
            .ok()
            .and_then(|answer| header(&answer, "x-ms-account-kind"));
        matches!(kind.as_deref(), Some("BlobStorage" | "BlockBlobStorage"))
    }

    /// What of one directory, and of all below it, the pattern chooses.
    fn walk(&self, directory: Directory, what: Pattern) -> Listing {
        let level = directory.names.len();
        let Some(prefix) = prefix(&what, level + 2) else {
            return stream::empty().boxed();
        };
        let this = self.clone();
        let listings = self
            .pages(directory.clone(), prefix)
            .map(move |page| match page {
                Ok(page) => this.walk_page(&directory, page, &what),
                Err(answer) => match directory.path() {
                    Some(place) => unlisted(&place, answer),
                    None => stream::empty().boxed(),
                },
            });
        match level < LEVELS_AT_ONCE {
            true => listings.flatten_unordered(AT_ONCE).boxed(),
            false => listings.flatten().boxed(),
        }
    }

    fn walk_page(&self, directory: &Directory, page: Page, what: &Pattern) -> Listing {
        let mut below: Vec<Listing> = Vec::new();
        let listed: Vec<_> = page
            .files
            .into_iter()
            .filter_map(|(name, file)| chosen(directory, name, &file, what))
            .map(Ok)
            .collect();
        below.push(stream::iter(listed).boxed());
        for name in page.directories {
            let child = directory.child(&name);
            match child.path() {
                Some(path) if !what.may_match_below(&path) => {}
                Some(_) if is_name(&name) => below.push(self.walk(child, what.clone())),
                Some(path) => below.push(stream::iter([Ok(gap(path, UNASKABLE))]).boxed()),
                None => {
                    let place = directory.path().map(|place| Ok(gap(place, TOO_LONG)));
                    below.push(stream::iter(place).boxed());
                }
            }
        }
        match directory.names.len() < LEVELS_AT_ONCE {
            true => stream::iter(below).flatten_unordered(AT_ONCE).boxed(),
            false => stream::iter(below).flatten().boxed(),
        }
    }

    /// Every page of one directory, fetched as it is asked for. The first error ends it.
    pub(crate) fn pages(
        &self,
        directory: Directory,
        prefix: String,
    ) -> BoxStream<'static, Result<Page, Answer>> {
        let this = self.clone();
        let begin = Some(None::<String>);
        stream::try_unfold(begin, move |at| {
            let (this, directory, prefix) = (this.clone(), directory.clone(), prefix.clone());
            async move {
                let Some(marker) = at else { return Ok(None) };
                let page = this.page(&directory, &prefix, marker.as_deref()).await?;
                let next = page.next.clone().map(Some);
                Ok(Some((page, next)))
            }
        })
        .boxed()
    }

    async fn page(
        &self,
        directory: &Directory,
        prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page, Answer> {
        let mut query = vec![
            ("restype", "directory"),
            ("comp", "list"),
            ("include", "Timestamps,Etag,Attributes"),
        ];
        let optional = [("prefix", prefix), ("marker", marker.unwrap_or_default())];
        query.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
        let url = self.within(directory, &query)?;
        let extended = [("x-ms-file-extended-info", "true")];
        let (mut tree, _) = self.document(url, &extended).await?;
        let next = next_marker(&tree, marker)?;
        let at = tree
            .children
            .iter()
            .position(|child| child.name == "Entries");
        let entries = at.map(|at| tree.children.swap_remove(at));
        let entries = entries.ok_or(Answer::Malformed("a page without an element Entries"))?;
        let mut page = Page {
            files: Vec::new(),
            directories: Vec::new(),
            next,
        };
        for child in entries.children {
            let name = || {
                let name = child.blob_name();
                name.ok_or(Answer::Malformed("an entry without a name"))
            };
            match &*child.name {
                "File" => page.files.push((name()?, child)),
                "Directory" => page.directories.push(name()?),
                _ => {}
            }
        }
        Ok(page)
    }

    /// Whether every name on the way to a file, and its own, is the service's own spelling.
    pub(crate) async fn is_spelled(&self, name: &FileName) -> Result<bool, Answer> {
        // A snapshot's path came from a file's own.
        if name.snapshot.is_some() {
            return Ok(true);
        }
        let mut directory = Directory::root(&name.share);
        for above in &name.above {
            let child = directory.child(above);
            if !self.knows_spelling(&child) {
                if !self.has(&directory, above, false).await? {
                    return Ok(false);
                }
                self.learn_spelling(&child);
            }
            directory = child;
        }
        self.has(&directory, &name.name, true).await
    }

    /// Whether a directory holds exactly this name.
    async fn has(&self, directory: &Directory, name: &str, is_file: bool) -> Result<bool, Answer> {
        let mut pages = self.pages(directory.clone(), name.to_owned());
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(answer) if answer.status() == 404 => return Ok(false),
                Err(answer) => return Err(answer),
            };
            let found = match is_file {
                true => page.files.iter().any(|(listed, _)| listed == name),
                false => page.directories.iter().any(|listed| listed == name),
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn knows_spelling(&self, directory: &Directory) -> bool {
        let known = self.spelled.lock().unwrap_or_else(PoisonError::into_inner);
        directory.path().is_some_and(|path| known.contains(&path))
    }

    fn learn_spelling(&self, directory: &Directory) {
        let mut known = self.spelled.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SPELLED_MAX {
            known.clear();
        }
        known.extend(directory.path());
    }
}

const UNASKABLE: &str = "a name that no client can ask for";
const TOO_LONG: &str = "a name that is too long to be written as a path";

/// What a listing says of a place that it could not list: nothing when it is not there, a gap when it is
/// out of reach, an error when it may be another time.
fn unlisted(place: &EntryPath, answer: Answer) -> Listing {
    let said = match about(answer, place, "listing") {
        StoreError::NotFound(_) => None,
        StoreError::OutOfReach { path, reason } => Some(Ok(gap(path, &reason))),
        error => Some(Err(error)),
    };
    stream::iter(said).boxed()
}

fn gap(path: EntryPath, reason: &str) -> Listed {
    let reason = reason.to_owned();
    Listed::Gap(Gap { path, reason })
}

/// A listed file, if the pattern chooses it. What no path can say is a gap, never left out in silence.
fn chosen(directory: &Directory, name: String, file: &Tree<'_>, what: &Pattern) -> Option<Listed> {
    if is_temporary(&name) {
        return None;
    }
    let is_askable = is_name(&name);
    let file_name = FileName {
        share: directory.share.clone(),
        above: directory.names.clone(),
        name,
        snapshot: None,
    };
    let Some(path) = file_name.path() else {
        return directory.path().map(|place| gap(place, TOO_LONG));
    };
    if !what.matches(&path) {
        return None;
    }
    match entry::of_listed(&file_name, file) {
        _ if !is_askable => Some(gap(path, UNASKABLE)),
        Some(entry) => Some(Listed::Entry(entry)),
        None => Some(gap(path, "the service does not say its version")),
    }
}

/// What the names that a pattern may choose begin with, in its segment of this number; none if it can choose
/// nothing there.
fn prefix(what: &Pattern, number: usize) -> Option<String> {
    let literal = what.literal_prefix();
    if let Some(named) = literal.get(number) {
        let name = String::from_utf8(named.clone()).ok()?;
        return is_name(&name).then_some(name);
    }
    let next = match literal.len() == number {
        true => what.as_str().split('/').nth(number + 1),
        false => None,
    };
    Some(match next {
        None | Some("**") => String::new(),
        Some(name) => decoded(name.split('*').next().unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_begin_with() {
        for (pattern, expect) in [
            ("/**", ["", ""]),
            ("/files/code/**", ["", ""]),
            ("/files/code/Users/**", ["Users", ""]),
            ("/files/code/Users/jane/*", ["Users", "jane"]),
            ("/files/code/Users/old%20x*/a", ["Users", "old x"]),
            ("/files/code/*/jane", ["", ""]),
            ("/files/*/Users", ["", ""]),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            let found = [prefix(&pattern, 2), prefix(&pattern, 3)];
            assert_eq!(found, expect.map(|text| Some(text.to_owned())), "{pattern}");
        }
        let nothing = Pattern::parse("/files/code/%2E%2E/**").unwrap();
        assert_eq!(prefix(&nothing, 2), None);
    }
}

//! Looking: selections, listings and scans as iterators.
//!
//! Pages are the host's; these iterators hold one page and no more.

use std::time::Duration;
use std::vec;

use crate::bindings::remit::workspace::{contents, entries, scans};
use crate::{Archival, Deletion, Entry, Export, Failure, Finding, Reader, Redaction, Scope};

/// Entries per page: a call costs less than a microsecond per entry from here on, and a page
/// stays well below the host's limit on bytes per call.
const PAGE: u32 = 1_000;

/// Scanned entries carry their findings, so that their pages are smaller.
const SCANNED_PAGE: u32 = 64;

/// Returns a span of `n` days, for [`Selection::older_than`].
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 60 * 60)
}

/// Returns a span of `n` hours, for [`Selection::older_than`].
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 60 * 60)
}

impl Scope {
    /// Begins a selection of the entries that match `pattern`.
    pub fn select(&self, pattern: &str) -> Selection<'_> {
        Selection {
            scope: self,
            selector: entries::Selector::new(pattern),
        }
    }

    /// Returns the entry at `path`.
    pub fn stat(&self, path: &str) -> Result<Entry, Failure> {
        entries::stat(self, path)
    }

    /// Lists what the service laid out under the record's own id. A step on the record reaches it.
    pub fn owned_parts(&self, record: &Entry) -> Result<Listing, Failure> {
        entries::owned_parts(self, &record.path).map(Listing::new)
    }

    /// Lists what the record only points to. Each needs a step of its own.
    pub fn referenced_parts(&self, record: &Entry) -> Result<Listing, Failure> {
        entries::referenced_parts(self, &record.path).map(Listing::new)
    }

    /// Opens the content of the version that `entry` names.
    pub fn open(&self, entry: &Entry) -> Result<Reader, Failure> {
        self.open_at(entry, 0)
    }

    /// Opens the content from byte `offset` on.
    pub fn open_at(&self, entry: &Entry, offset: u64) -> Result<Reader, Failure> {
        contents::open(self, entry, offset).map(Reader::new)
    }

    /// Returns a scope with no more than these rights, and only where `pattern` matches.
    pub fn narrow_to(&self, pattern: &str, rights: &[&str]) -> Result<Self, Failure> {
        let rights: Vec<String> = rights.iter().map(|&right| right.to_owned()).collect();
        self.narrow(pattern, &rights)
    }

    /// Begins a proposal to delete `entry`.
    pub fn delete(&self, entry: &Entry) -> Deletion<'_> {
        Deletion::new(self, entry)
    }

    /// Begins a proposal to redact what `scanner` finds in `entry`.
    pub fn redact(&self, entry: &Entry, scanner: &str) -> Redaction<'_> {
        Redaction::new(self, entry, scanner)
    }

    /// Begins a proposal to put a copy of `entry` into the case's package.
    pub fn export(&self, entry: &Entry) -> Export<'_> {
        Export::new(self, entry)
    }

    /// Begins a proposal to archive the record `entry`.
    pub fn archive(&self, entry: &Entry) -> Archival<'_> {
        Archival::new(self, entry)
    }
}

/// What to look for. Every condition must hold.
#[must_use = "a selection looks at nothing until it is listed or scanned"]
pub struct Selection<'a> {
    scope: &'a Scope,
    selector: entries::Selector,
}

impl Selection<'_> {
    /// Only entries of this kind: `run`, `blob`, `file`, …
    pub fn kind(self, kind: &str) -> Self {
        self.selector.kind(kind);
        self
    }

    /// Only entries last modified (where that is unknown: created) longer ago than `age`.
    pub fn older_than(self, age: Duration) -> Self {
        self.selector
            .older_than_ms(age.as_millis().try_into().unwrap_or(u64::MAX));
        self
    }

    /// Only entries whose property `name` matches `pattern`. Needs the right to read.
    pub fn property(self, name: &str, pattern: &str) -> Self {
        self.selector.property(name, pattern);
        self
    }

    /// Lists what was selected.
    pub fn list(self) -> Result<Listing, Failure> {
        entries::select(self.scope, &self.selector).map(Listing::new)
    }

    /// Has the host run `scanner` over what was selected, on all cores.
    pub fn scan(self, scanner: &str) -> Result<Scan, Failure> {
        let scope = self.scope;
        self.list()?.scan(scope, scanner)
    }
}

/// Entries, page by page.
pub struct Listing {
    pages: entries::Listing,
    page: vec::IntoIter<Entry>,
    over: bool,
}

impl Listing {
    fn new(pages: entries::Listing) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
            over: false,
        }
    }

    /// Has the host run `scanner` over the listing, on all cores. What was already taken from the
    /// listing is not scanned.
    pub fn scan(self, within: &Scope, scanner: &str) -> Result<Scan, Failure> {
        if self.page.len() != 0 {
            return Err(Failure::new(
                "invalid",
                "a listing is scanned from its beginning: part of it was taken already",
            ));
        }
        Ok(Scan {
            pages: scans::start(within, self.pages, scanner)?,
            page: Vec::new().into_iter(),
            over: false,
        })
    }
}

impl Iterator for Listing {
    type Item = Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        turn(&mut self.page, &mut self.over, || self.pages.next(PAGE))
    }
}

/// One entry that a scanner looked at.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// The entry, in the version that was scanned.
    pub entry: Entry,
    /// How many findings there are.
    pub total: u64,
    /// The first thousand of them.
    pub findings: Vec<Finding>,
}

/// Scanned entries, page by page. What could not be decoded is a gap of the plan and not here.
pub struct Scan {
    pages: scans::Scan,
    page: vec::IntoIter<scans::Scanned>,
    over: bool,
}

impl Iterator for Scan {
    type Item = Result<Scanned, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = turn(&mut self.page, &mut self.over, || {
            self.pages.next(SCANNED_PAGE)
        })?;
        Some(next.map(|scanned| Scanned {
            entry: scanned.of,
            total: scanned.total,
            findings: scanned.findings,
        }))
    }
}

/// Takes the next item of a page, fetching another page when it is used up. A failure ends the
/// iteration: what comes after it is unknown, not empty.
fn turn<T>(
    page: &mut vec::IntoIter<T>,
    over: &mut bool,
    fetch: impl FnOnce() -> Result<Vec<T>, Failure>,
) -> Option<Result<T, Failure>> {
    if let Some(item) = page.next() {
        return Some(Ok(item));
    }
    if *over {
        return None;
    }
    match fetch() {
        Ok(items) => {
            *over = items.is_empty();
            *page = items.into_iter();
            page.next().map(Ok)
        }
        Err(failure) => {
            *over = true;
            Some(Err(failure))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iteration_ends_at_the_empty_page_and_after_a_failure() {
        let mut pages = vec![Ok(vec![1, 2]), Ok(vec![3]), Ok(vec![])].into_iter();
        let (mut page, mut over) = (Vec::new().into_iter(), false);
        let mut seen = Vec::new();
        while let Some(item) = turn(&mut page, &mut over, || pages.next().expect("no page more")) {
            seen.push(item.expect("no failure"));
        }
        assert_eq!(seen, [1, 2, 3]);

        let mut pages = vec![Ok(vec![1]), Err(Failure::new("changed", ""))].into_iter();
        let (mut page, mut over) = (Vec::new().into_iter(), false);
        let mut next = || turn(&mut page, &mut over, || pages.next().expect("no page more"));
        assert!(next().expect("an item").is_ok());
        assert!(next().expect("the failure").is_err());
        assert!(next().is_none());
    }
}

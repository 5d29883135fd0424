//! The reference store, in memory.
//!
//! The twin that every backend is compared with: it has versions, snapshots, soft delete, holds and an
//! archive tier of its own, as a storage account does, and it fails on demand. Its methods that seed
//! and change take `&self`, so that a test may change the workspace under a plan's feet.

mod state;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;

use self::state::{Fault, State};
use crate::{
    Content, Entry, EntryPath, Forecast, Guard, Kind, Listed, Listing, Millis, Pattern, References,
    Referring, Relation, Store, StoreError, Version,
};

/// The most bytes of one chunk: small, so that tests see many.
const CHUNK_BYTES: usize = 64 * 1024;

/// A workspace in memory. A clone is the same workspace.
#[derive(Clone, Debug)]
pub struct Memory {
    identity: Arc<str>,
    state: Arc<Mutex<State>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new("memory:test")
    }
}

impl Memory {
    /// An empty workspace of this name: it keeps no generations, and its clock stands at a whole day.
    pub fn new(identity: &str) -> Self {
        Self {
            identity: identity.into(),
            state: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an object or a record, whatever was there before, and leaves no generation.
    ///
    /// Panics for a path that can hold no entry.
    pub fn put(&self, path: &EntryPath, content: impl Into<Bytes>) -> Version {
        self.put_with(path, content, BTreeMap::new())
    }

    /// Puts an object or a record with its properties. The property `parent` of a run names its parent.
    pub fn put_with(
        &self,
        path: &EntryPath,
        content: impl Into<Bytes>,
        properties: BTreeMap<String, String>,
    ) -> Version {
        self.state().put(path, content.into(), properties)
    }

    /// Gives an entry one more property; nothing else of it changes.
    pub fn set_property(&self, path: &EntryPath, name: &str, value: &str) {
        if let Some(held) = self.state().current.get_mut(path) {
            held.properties.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Takes an entry away, whatever holds it, and leaves no generation.
    pub fn take_away(&self, path: &EntryPath) {
        self.state().current.remove(path);
    }

    /// Takes a snapshot of an object.
    pub fn snapshot(&self, path: &EntryPath) -> Result<EntryPath, StoreError> {
        self.state().snapshot(path)
    }

    /// Says that a record's document refers to entries: what somebody wrote in it.
    pub fn refer(&self, record: &EntryPath, to: Pattern) {
        self.state()
            .references
            .entry(record.clone())
            .or_default()
            .push(to);
    }

    /// Keeps what is overwritten or deleted from now on as a version, for ever.
    pub fn keep_versions(&self, keep: bool) {
        self.state().keeps_versions = keep;
    }

    /// Keeps what is overwritten or deleted from now on for so many days.
    pub fn soft_delete(&self, days: Option<u32>) {
        self.state().soft_delete_days = days;
    }

    /// Moves the clock on; what was kept only until then is gone.
    pub fn advance(&self, by: Millis) {
        self.state().advance(by);
    }

    /// The workspace's clock.
    pub fn now(&self) -> Millis {
        self.state().now
    }

    /// Has the service hold an entry: it can be read and not changed.
    pub fn hold(&self, path: &EntryPath, by: &str) {
        self.state().holds.insert(path.clone(), by.to_owned());
    }

    /// Lets go of an entry.
    pub fn release(&self, path: &EntryPath) {
        self.state().holds.remove(path);
    }

    /// Moves an object to the archive tier: listed, deletable, not readable.
    pub fn to_archive_tier(&self, path: &EntryPath) {
        if let Some(held) = self.state().current.get_mut(path) {
            held.properties
                .insert("tier".to_owned(), "archive".to_owned());
            held.unreadable = Some("archive tier".to_owned());
        }
    }

    /// Makes listings see a gap at a place, and nothing below it.
    pub fn forbid_listing(&self, place: &EntryPath) {
        self.state().unlistable.insert(place.clone());
    }

    /// Lets the next listings fail after so many items, until [`Memory::heal`].
    pub fn fail_listings_after(&self, items: usize) {
        self.state().listings_fail_after = Some(items);
    }

    /// Lets what records refer to fail after so many places, until [`Memory::heal`].
    pub fn fail_references_after(&self, places: usize) {
        self.state().references_fail_after = Some(places);
    }

    /// Lets the next so many reads (stat, pin, open, policy files) fail as throttled.
    pub fn fail_reads(&self, count: usize) {
        self.state().reads_to_fail = count;
    }

    /// Lets so many reads pass, and fails all later ones as throttled, until [`Memory::heal`].
    pub fn fail_reads_after(&self, count: usize) {
        self.state().reads_until_failing = Some(count);
    }

    /// Lets content break off after so many bytes, until [`Memory::heal`].
    pub fn break_off_after(&self, bytes: usize) {
        self.state().content_breaks_after = Some(bytes);
    }

    /// Lets the next so many changes fail, with nothing done.
    pub fn fail_changes(&self, count: usize) {
        self.state().changes_to_fail = count;
    }

    /// Ends every failure that was asked for.
    pub fn heal(&self) {
        let mut state = self.state();
        state.listings_fail_after = None;
        state.references_fail_after = None;
        state.content_breaks_after = None;
        state.reads_to_fail = 0;
        state.reads_until_failing = None;
        state.changes_to_fail = 0;
    }

    /// Has records shown through this function: what blanks the values of credential fields.
    pub fn show_records_through(&self, show: fn(&[u8]) -> Vec<u8>) {
        self.state().show = Some(show);
    }

    /// Writes a file of the policy.
    pub fn put_policy_file(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.state().policy.insert(name.to_owned(), bytes.into());
    }

    /// Everything in the workspace, generations included, with its real bytes: for comparing two.
    pub fn contents(&self) -> BTreeMap<EntryPath, Bytes> {
        self.state().contents()
    }

    /// Deletes what still is this version; with `purge`, its generations too. When the service keeps
    /// it until later, until when.
    pub fn delete_version(
        &self,
        path: &EntryPath,
        version: &Version,
        purge: bool,
    ) -> Result<Option<Millis>, StoreError> {
        let mut state = self.state();
        state.changing(path)?;
        state.delete(path, version, purge)
    }

    /// Overwrites what still is this version; everything else about it stays.
    pub fn replace_version(
        &self,
        path: &EntryPath,
        version: &Version,
        content: impl Into<Bytes>,
    ) -> Result<Version, StoreError> {
        let mut state = self.state();
        state.changing(path)?;
        state.replace(path, version, content.into())
    }

    /// The real bytes of what still is this version.
    pub fn read_version(&self, path: &EntryPath, version: &Version) -> Result<Bytes, StoreError> {
        Ok(self.state().check(path, version)?.content.clone())
    }
}

#[async_trait]
impl Store for Memory {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn list(&self, what: &Pattern) -> Listing {
        let this = self.clone();
        let what = what.clone();
        // Looked at when it is first polled, as a listing from a service is.
        let items = move || this.state().list(&what);
        futures::stream::once(async move { futures::stream::iter(items()) })
            .flatten()
            .boxed()
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        let mut state = self.state();
        state.reading(path)?;
        state.entry(path)
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        let mut state = self.state();
        state.reading(&entry.path)?;
        state.check(&entry.path, &entry.version)?;
        Ok(entry.version.clone())
    }

    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        let mut state = self.state();
        state.reading(path)?;
        let content = state.shown(path, version)?;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(content.len());
        let end = state
            .content_breaks_after
            .unwrap_or(usize::MAX)
            .min(content.len())
            .max(start);
        let broken = end < content.len();
        let content_part = content.slice(start..end);
        let length = content_part.len();
        let chunks = (0..length)
            .step_by(CHUNK_BYTES)
            .map(move |at| Ok(content_part.slice(at..(at + CHUNK_BYTES).min(length))));
        let fault = broken.then(|| Err(StoreError::failed(path, "reading", Fault::CutOff)));
        Ok(futures::stream::iter(chunks.chain(fault)).boxed())
    }

    fn generations(&self, of: &EntryPath) -> Listing {
        let state = self.state();
        let found: Vec<_> = state
            .generations_of(of)
            .map(|entry| Ok(Listed::Entry(entry)))
            .collect();
        futures::stream::iter(found).boxed()
    }

    fn parts(&self, of: &EntryPath, relation: Relation) -> Listing {
        let places = match relation {
            Relation::Owned => {
                let mut places = crate::layout::owned_places(of);
                let state = self.state();
                places.extend(
                    state
                        .children(of)
                        .filter_map(|child| Pattern::exactly(child).ok()),
                );
                places
            }
            Relation::Referenced => self.state().references.get(of).cloned().unwrap_or_default(),
        };
        let this = self.clone();
        futures::stream::iter(places)
            .flat_map(move |place| this.list(&place))
            .boxed()
    }

    fn references(&self) -> References {
        let state = self.state();
        let mut found: Vec<_> = state
            .references
            .iter()
            .filter(|(by, _)| state.current.contains_key(by))
            .flat_map(|(by, places)| {
                let places = places
                    .iter()
                    .filter_map(|place| EntryPath::of_segments(place.literal_prefix()).ok());
                places.map(|to| Ok(Referring::To { by: by.clone(), to }))
            })
            .collect();
        if let Some(count) = state.references_fail_after {
            found.truncate(count);
            let place = EntryPath::parse("/workspace").expect("a constant");
            found.push(Err(StoreError::failed(&place, "listing", Fault::CutOff)));
        }
        futures::stream::iter(found).boxed()
    }

    fn guard(&self, _path: &EntryPath) -> Guard {
        Guard::Atomic
    }

    async fn forecast(&self, entry: &Entry, purge: bool) -> Forecast {
        self.state().forecast(&entry.path, purge)
    }

    fn writable_fields(&self, path: &EntryPath) -> &'static [&'static str] {
        match Kind::of(path) {
            Some(Kind::Run) => &["displayName", "description", "tags", "properties"],
            Some(kind) if !kind.is_object() => &["description", "tags"],
            _ => &[],
        }
    }

    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut state = self.state();
        let path = EntryPath::of_segments([".remit", name]).expect("two names");
        state.reading(&path)?;
        Ok(state.policy.get(name).cloned())
    }
}

#[cfg(test)]
mod tests;

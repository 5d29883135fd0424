//! The checks that every backend's reading side must pass.
//!
//! One list, [`all`], runs over each store; a fault found in one backend becomes a check here first.
//! A check panics with what it expected. Each works below a folder of its own, so the list runs on one
//! workspace, and whatever else lies there stays.

mod objects;
mod records;
mod states;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::{Content, Entry, EntryPath, Gap, Listed, Listing, Pattern, Store, StoreError};

/// A store under test, and how somebody else changes what is in it.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn Store;

    /// Where objects may be put: a path below which anything can lie.
    fn objects(&self) -> EntryPath;

    /// What this backend can hold.
    fn holds(&self) -> Holds;

    /// An entry of the reserved place, which no check may see.
    fn reserved(&self) -> EntryPath;

    /// Writes an entry, not through the store.
    async fn put(&self, path: &EntryPath, content: &[u8]);

    /// Removes an entry, not through the store.
    async fn take_away(&self, path: &EntryPath);

    /// The document that a record has after `content` was put there, as far as anybody may know it. A service
    /// adds members of its own, and writes a form of its own.
    async fn kept(&self, _path: &EntryPath, content: &[u8]) -> Vec<u8> {
        content.to_owned()
    }
}

/// What a backend can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Records, not only objects.
    pub records: bool,
    /// Names that are not UTF-8.
    pub any_bytes: bool,
    /// Names with control characters in them, which services forbid and disks do not.
    pub control_characters: bool,
    /// Names with a backslash in them, which some services take for a slash.
    pub backslashes: bool,
    /// Names that differ in their letters' case alone, as two entries.
    pub cases: bool,
    /// Characters that no name can have.
    pub forbidden: &'static str,
    /// The most bytes of one segment of a name.
    pub segment_bytes_max: usize,
}

/// Runs every check.
pub async fn all(fixture: &dyn Fixture) {
    objects::listing_by_pattern(fixture).await;
    objects::hostile_names_round_trip(fixture).await;
    objects::names_that_differ_in_case(fixture).await;
    objects::stat_pin_and_open_agree(fixture).await;
    objects::offsets_and_chunks(fixture).await;
    objects::empty_objects(fixture).await;
    objects::many_entries(fixture).await;
    objects::what_is_not_there(fixture).await;
    objects::reserved_places(fixture).await;
    objects::many_readers(fixture).await;
    states::an_object_that_changed(fixture).await;
    states::an_object_that_was_deleted(fixture).await;
    states::an_object_that_was_made_again(fixture).await;
    states::an_object_that_changes_while_read(fixture).await;
    if fixture.holds().records {
        records(fixture).await;
    }
}

/// The checks of records alone, for a store whose objects are another's.
pub async fn records(fixture: &dyn Fixture) {
    records::documents_and_versions(fixture).await;
    records::credentials_are_never_seen(fixture).await;
    records::owned_parts(fixture).await;
}

/// A path below the place for objects.
pub fn below(fixture: &dyn Fixture, names: &[&[u8]]) -> EntryPath {
    let above: Vec<Vec<u8>> = fixture.objects().segments().collect();
    let names = above.iter().map(Vec::as_slice).chain(names.iter().copied());
    EntryPath::of_segments(names).expect("a short path")
}

/// Everything that a listing yields, entries sorted by path.
pub async fn listed(listing: Listing) -> Result<(Vec<Entry>, Vec<Gap>), StoreError> {
    let (mut entries, mut gaps) = (Vec::new(), Vec::new());
    let items: Vec<Listed> = listing.try_collect().await?;
    for item in items {
        match item {
            Listed::Entry(entry) => entries.push(entry),
            Listed::Gap(gap) => gaps.push(gap),
        }
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((entries, gaps))
}

/// The paths that match a pattern, of which no place is out of reach.
pub async fn paths(store: &dyn Store, pattern: &str) -> Vec<String> {
    let pattern = Pattern::parse(pattern).expect("a pattern");
    let (entries, gaps) = listed(store.list(&pattern)).await.expect("a listing");
    assert_eq!(gaps, [], "{pattern}");
    entries
        .into_iter()
        .map(|entry| entry.path.to_string())
        .collect()
}

/// All of a content; no chunk is empty or longer than the contract says.
pub async fn read(mut content: Content) -> Result<Bytes, StoreError> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = content.next().await {
        let chunk = chunk?;
        assert!(
            (1..=256 * 1024).contains(&chunk.len()),
            "a chunk of {} bytes",
            chunk.len()
        );
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Bytes that differ everywhere.
pub fn sample_bytes(length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length.min(251 * 256))
        .map(|index| (index % 251) as u8 ^ (index / 251) as u8)
        .collect();
    // From there on it begins again; what is copied is quick in tests that are not optimised.
    while bytes.len() < length {
        let rest = length - bytes.len();
        bytes.extend_from_within(..rest.min(251 * 256));
    }
    bytes
}

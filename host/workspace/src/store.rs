//! How a workspace is read.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::refer::Whereabouts;
use crate::{Entry, EntryPath, Gap, Guard, Millis, Pattern, StoreError, Version, Wanted, layout};

/// What a listing yields: what is there, and where nobody could look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// An entry that is there.
    Entry(Entry),
    /// A place permanently out of reach. The listing goes on behind it.
    Gap(Gap),
}

/// Entries in no promised order, each once. An error is a passing failure and ends the listing:
/// what came before it is not the whole.
pub type Listing = BoxStream<'static, Result<Listed, StoreError>>;

/// Bytes of one version, in chunks of at most 256 KiB. An error ends the stream; the end without an
/// error means that every byte of that version was seen.
pub type Content = BoxStream<'static, Result<Bytes, StoreError>>;

/// What records refer to, in no promised order. An error is a passing failure and ends the stream.
pub type References = BoxStream<'static, Result<Referring, StoreError>>;

/// What a look at the records of a workspace yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referring {
    /// A record refers to a place through a URI that somebody wrote: to the entry there, and to
    /// everything below.
    To {
        /// The record.
        by: EntryPath,
        /// The place.
        to: EntryPath,
    },
    /// A record that could not be looked at, for good.
    Gap(Gap),
}

/// How a part belongs to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Laid out by the service under the record's id.
    Owned,
    /// Reached through a URI that somebody wrote.
    Referenced,
}

/// What a delete of an entry will achieve, as far as can be known beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// Nothing of it remains.
    Gone,
    /// The service keeps it until then.
    GoneOn(Millis),
    /// The service will refuse: who or what holds it.
    Held(String),
    /// It cannot be done: why.
    Impossible(String),
    /// Cannot be known beforehand: why.
    Unknown(String),
}

/// Whether the place of the workspace's policy is there, as the service says that knows of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyPlace {
    /// It is; or nothing is known against it.
    There,
    /// The workspace is there and names it, and it was deleted.
    Gone,
    /// The workspace itself is not there.
    NoWorkspace,
}

/// A workspace that can be read. Nothing here changes anything.
///
/// Every method may be called from many tasks at once. *Unknown is not empty*: a listing that cannot
/// see a place yields a [`Gap`] for it, and one that was cut off yields an error.
///
/// Paths under `.remit` of a directory and in the container `remit` are reserved for the policy:
/// a store neither lists nor opens them.
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// The name by which a plan pins this workspace: the same for the same workspace, from anywhere.
    fn identity(&self) -> &str;

    /// What a person means by a pattern in this workspace: [`layout::resolve`], where the store knows
    /// no better. Never empty. A failure is a passing one.
    async fn resolve(&self, pattern: &Pattern) -> Result<Vec<Pattern>, StoreError> {
        Ok(layout::resolve(pattern))
    }

    /// The entries that match. Stops being polled when dropped.
    fn list(&self, what: &Pattern) -> Listing;

    /// The entries that match and are wanted, and perhaps others that match: a backend leaves out what it can
    /// leave out at its source. Whoever asks looks at each entry still.
    fn list_wanted(&self, what: &Pattern, _wanted: &Wanted) -> Listing {
        self.list(what)
    }

    /// The entry at `path` as it is now: [`StoreError::NotFound`] when there is none.
    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError>;

    /// The version of an entry made as strict as this backend can: for a directory, with the digest of
    /// the content. A step carries this one; every method that takes a version takes either.
    ///
    /// A backend that has to look for it says [`StoreError::Changed`] when the entry is no longer the version it was
    /// listed with; one whose listed versions are as strict as they get gives that back, and asks nothing.
    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError>;

    /// The content of this version, from `offset` on. For a record: its JSON document with the values
    /// of credential fields overwritten in place, so that offsets are those of the real document.
    ///
    /// [`StoreError::Changed`], here or from the stream, when the entry is no longer that version.
    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError>;

    /// Older and deleted states of an object that the service keeps: paths with a generation.
    fn generations(&self, of: &EntryPath) -> Listing;

    /// What belongs to a record. An object has no parts.
    fn parts(&self, of: &EntryPath, relation: Relation) -> Listing;

    /// What the records of the workspace refer to, all of them in one pass: the places of
    /// [`Relation::Referenced`], in this workspace or outside, whether something is there or not.
    fn references(&self) -> References;

    /// Where the bytes lie that a model or a data asset is: what its own address says, and nothing else that its
    /// document refers to. [`StoreError::NotFound`] when there is no such record; nowhere, for any other kind.
    async fn files(&self, of: &EntryPath) -> Result<Whereabouts, StoreError> {
        self.stat(of).await.map(|_| Whereabouts::default())
    }

    /// Where the output of this name of a run lies, as the run's documents say: elsewhere than under the run's id,
    /// or as an asset. [`StoreError::NotFound`] when there is no such run.
    async fn output(&self, of: &EntryPath, _name: &str) -> Result<Whereabouts, StoreError> {
        self.stat(of).await.map(|_| Whereabouts::default())
    }

    /// How strictly a change to `path` is tied to a version.
    fn guard(&self, path: &EntryPath) -> Guard;

    /// What a delete of this entry would achieve; with `purge`, of its generations too.
    async fn forecast(&self, entry: &Entry, purge: bool) -> Forecast;

    /// Names of top-level members of a record's document that the service lets be written. What is
    /// found elsewhere in the document stays: *residue*. Empty for objects.
    fn writable_fields(&self, path: &EntryPath) -> &'static [&'static str];

    /// What stays in the service when this entry is deleted, and that no call reaches: *residue*, as the
    /// plan says it ("… stays in the service").
    fn beyond(&self, _path: &EntryPath) -> Option<&'static str> {
        None
    }

    /// Whether an operation has come to its end that a delete of `path` was left to: no look shows what it
    /// takes away. [`StoreError::NotFound`] when the service does not know it (any more).
    async fn has_ended(&self, path: &EntryPath, _operation: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotFound(path.clone()))
    }

    /// A file of the workspace's own policy place (`policy.toml`, `holds.toml`, …), whole;
    /// none when it is absent. Anything else that goes wrong is an error, never an absence.
    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether the place of the policy is there. Never concluded from a failure: an error is one. A place
    /// that cannot be deleted from under its workspace is always there.
    async fn policy_place(&self) -> Result<PolicyPlace, StoreError> {
        Ok(PolicyPlace::There)
    }
}

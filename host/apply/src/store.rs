//! How a workspace is changed. The only door: nothing else in the house calls these methods, and the
//! crates that run guests cannot name them.

use async_trait::async_trait;
use bytes::Bytes;
use remit_policy::Permitted;
use remit_workspace::{Content, Millis, Store, StoreError, Version};

/// What a delete achieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// Nothing of it remains: a new listing, generations included, does not show it.
    Gone,
    /// The service keeps it until then.
    GoneOn(Millis),
    /// The service goes on with it, and is not awaited (any longer). Deleted again, the entry is asked for how far
    /// it came.
    UnderWay,
    /// The service took in a request to purge what no look shows: whether it is gone, only this operation
    /// tells ([`Store::has_ended`]).
    Purging {
        /// The operation's name: nobody's, and no secret.
        operation: String,
        /// Whether it has ended.
        has_ended: bool,
        /// By when it will have.
        until: Millis,
    },
}

/// A workspace that can be changed.
///
/// Each method acts on the path of its [`Permitted`] and on nothing else, and only while the entry
/// still is `version` (as strictly as [`Store::guard`] says): [`StoreError::Changed`] otherwise, with
/// nothing done. Each is all or nothing: after an error that is not [`StoreError::Failed`] the entry
/// is as it was; after [`StoreError::Failed`] it is either as it was or as asked, never between.
#[async_trait]
pub trait StoreMut: Store {
    /// Deletes an entry; where the permit says `purge`, for good and with its generations.
    /// [`StoreError::NotFound`] when there is none.
    async fn delete(&self, permitted: &Permitted, version: &Version)
    -> Result<Deleted, StoreError>;

    /// Deletes an entry whose delete was begun before and may have been stopped in between: that it differs from
    /// `version` in what the delete itself changes first (it cancels a run) is no change of somebody else's.
    async fn resume_delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        self.delete(permitted, version).await
    }

    /// Brings a delete to its end that was begun before, of an entry that is no longer there: what the service
    /// keeps of it is removed where the permit says `purge`, and otherwise it is said until when.
    /// [`StoreError::Changed`] when something is there after all. None where a store knows no more than
    /// [`Store::generations`] says.
    async fn end_delete(&self, _permitted: &Permitted) -> Result<Option<Deleted>, StoreError> {
        Ok(None)
    }

    /// Forgets a compute target: its record goes, and nothing below it is touched.
    /// [`StoreError::Impossible`] of any other entry, and where the workspace knows no such thing: it is
    /// never deleted in its place.
    async fn detach(&self, permitted: &Permitted, version: &Version)
    -> Result<Deleted, StoreError>;

    /// Replaces an object's bytes. `content` is read to its end first: when it fails, nothing is done.
    /// What else the object has (permissions, metadata, tags, tier) stays.
    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError>;

    /// Removes what the service keeps of the version that a replace took away, and of nothing else: a
    /// redaction is done when the old bytes are gone too. May be asked again at any time.
    ///
    /// For a store that keeps nothing of what is replaced, there is nothing to do.
    async fn forget(
        &self,
        _permitted: &Permitted,
        _version: &Version,
    ) -> Result<Deleted, StoreError> {
        Ok(Deleted::Gone)
    }

    /// Writes the fields of a record that [`Store::writable_fields`] names, as they are in `document`
    /// (the whole JSON document as [`Store::open`] gave it, changed); every other member stays as it is.
    async fn patch(
        &self,
        permitted: &Permitted,
        version: &Version,
        document: Bytes,
    ) -> Result<Version, StoreError>;

    /// Archives a record: from then on its property `archived` is `true`. [`StoreError::Impossible`] where
    /// its kind cannot be archived.
    async fn archive(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Version, StoreError>;

    /// Writes a file of the workspace's policy place (`holds.toml`, …), atomically. Only the operator's
    /// own verbs reach this; no plan does.
    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;
}

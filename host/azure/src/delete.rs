//! Deletes that mean it.
//!
//! *Gone* is said only after a new listing, with versions, snapshots and deleted states, shows nothing. What
//! soft delete keeps is *gone on* a date; what is held is found out before anything is touched, as far as
//! the service shows it.

use azure_core::http::Etag;
use azure_storage_blob::clients::BlobClient;
use azure_storage_blob::models::{
    BlobClientDeleteOptions, BlobDeleteType, DeleteSnapshotsOptionType,
};
use remit_apply::Deleted;
use remit_workspace::{EntryPath, StoreError, Version};

use crate::Account;
use crate::account::Kept;
use crate::change::impossible;
use crate::entry::{etag_of, version_of};
use crate::error::Answer;
use crate::gather::Told;
use crate::listing;
use crate::names::{BlobName, BlobState, DeletedState};

/// What a delete takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    Nothing,
    Snapshots,
}

/// How an act ended that may have been done before its answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Done,
    /// It is no longer there, and a try of ours came before.
    GoneMeanwhile,
}

/// The mark in the metadata of a blob that a purge has emptied: the version it held.
pub(crate) const EMPTIED: &str = "remit_emptied";

impl Account {
    /// What the service calls delete.
    pub(crate) async fn delete_current(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        if crate::forecast::keeps_versions(self, &blob.container).await == Some(true) {
            let reason = "the account keeps versions: only a purge removes them";
            // A version that is no longer there is told first: nothing would have been done to it.
            return match self.look(path, blob).await? {
                now if now.version != *version => Err(StoreError::Changed(path.clone())),
                _ => Err(impossible(path, reason)),
            };
        }
        let was_tried = match self.delete_together(blob, version).await {
            Told::Deleted(Some(left)) => return self.judge(path, left).await,
            Told::Deleted(None) => return self.what_is_left(path, blob).await,
            Told::Singly { tried } => tried,
        };
        match self
            .delete_matching(path, blob, version, Along::Nothing, was_tried)
            .await
        {
            Ok(_) => self.what_is_left(path, blob).await,
            // Deleted already, perhaps by a run of ours that was stopped: what is kept of it says until when.
            // That a deleted state keeps its entity tag is an assumption.
            Err(StoreError::NotFound(absent)) => {
                let left = self.all_of(path, blob).await?;
                match left.states.iter().any(|kept| is_version(kept, version)) {
                    true => self.judge(path, left).await,
                    false => Err(StoreError::NotFound(absent)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes a blob with everything the service keeps of it.
    pub(crate) async fn purge(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let kept = self.all_of(path, blob).await?.states;
        if kept.is_empty() {
            return Err(StoreError::NotFound(path.clone()));
        }
        if let Some(by) = kept.iter().find_map(held_by) {
            let path = path.clone();
            return Err(StoreError::Held { path, by });
        }
        let current = kept
            .iter()
            .find(|kept| kept.name.state == BlobState::Current);
        match current {
            Some(current) => {
                let now = self.unless_changed(path, current, version)?;
                let now = match self.must_be_emptied(current, version).await {
                    true => self.empty(path, blob, &now, version).await?,
                    false => now,
                };
                self.delete_matching(path, blob, &now, Along::Snapshots, false)
                    .await?;
            }
            // A purge that was stopped: its blob is gone, and what the service keeps of it still is that version.
            None if kept.iter().any(|kept| is_version(kept, version)) => {}
            None => return Err(StoreError::NotFound(path.clone())),
        }
        self.purge_generations(path, blob).await?;
        self.what_is_left(path, blob).await
    }

    /// Deletes one generation, for good where the account allows it.
    pub(crate) async fn delete_generation(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let kept = self.all_of(path, blob).await?.states;
        let Some(generation) = kept.iter().find(|kept| kept.name.state == blob.state) else {
            return Err(StoreError::NotFound(path.clone()));
        };
        if !is_version(generation, version) {
            return Err(StoreError::Changed(path.clone()));
        }
        if let Some(by) = held_by(generation) {
            let path = path.clone();
            return Err(StoreError::Held { path, by });
        }
        self.remove_generation(path, &generation.name).await?;
        let mut left = self.all_of(path, blob).await?;
        left.states
            .retain(|left| same_generation(&left.name.state, &blob.state));
        self.judge(path, left).await
    }

    /// Removes what the service kept of a version that was replaced: the content that a redaction cut from.
    pub(crate) async fn forget_version(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let is_old = |kept: &listing::Blob| {
            kept.name.state != BlobState::Current && is_version(kept, version)
        };
        let kept = self.after_replacing(path, blob, version).await?.states;
        for old in kept.iter().filter(|kept| is_old(kept)) {
            self.remove_generation(path, &old.name)
                .await
                .map_err(|error| match error {
                    StoreError::Held { by, .. } => impossible(
                        path,
                        format!("redacted, but the old content is held by {by}"),
                    ),
                    StoreError::OutOfReach { reason, .. } => impossible(
                        path,
                        format!("redacted, but the old content stays: {reason}"),
                    ),
                    error => error,
                })?;
        }
        let mut left = self.after_replacing(path, blob, version).await?;
        left.states.retain(is_old);
        self.judge(path, left).await
    }

    /// Everything the service has of a blob, from a listing that knows of the replace.
    async fn after_replacing(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        old: &Version,
    ) -> Result<Kept, StoreError> {
        let mut tried = 0;
        loop {
            let kept = self.all_of(path, blob).await?;
            let is_behind = kept
                .states
                .iter()
                .any(|state| state.name.state == BlobState::Current && is_version(state, old));
            if !is_behind {
                return Ok(kept);
            }
            if !self.wire.again(tried).await {
                let behind = Answer::Malformed("the listing is behind");
                return Err(behind.about(path, "listing"));
            }
            tried += 1;
        }
    }

    /// Everything the service has of a blob, or why that cannot be told.
    pub(crate) async fn all_of(
        &self,
        path: &EntryPath,
        blob: &BlobName,
    ) -> Result<Kept, StoreError> {
        match self.kept(blob).await {
            Ok(kept) => Ok(kept),
            Err(answer) => match answer.about(path, "listing") {
                StoreError::NotFound(_) => Ok(Kept::default()),
                error => Err(error),
            },
        }
    }

    /// What an act has left. That nobody may look is a failure by now: it does not say that nothing was done.
    async fn what_is_left(&self, path: &EntryPath, blob: &BlobName) -> Result<Deleted, StoreError> {
        let mut tried = 0;
        loop {
            let left = self.all_of(path, blob).await.map_err(|error| match error {
                StoreError::OutOfReach { .. } => {
                    Answer::Malformed("what is left may not be listed").about(path, "deleting")
                }
                error => error,
            })?;
            let shows_current = left
                .states
                .iter()
                .any(|state| state.name.state == BlobState::Current);
            // A listing may lag behind the act; what it then lacks or shows proves nothing.
            if !(shows_current && self.wire.again(tried).await) {
                return self.judge(path, left).await;
            }
            tried += 1;
        }
    }

    /// What it means that these are left.
    async fn judge(&self, path: &EntryPath, left: Kept) -> Result<Deleted, StoreError> {
        if left.states.is_empty() {
            return Ok(Deleted::Gone);
        }
        let still = |why| Err(StoreError::failed(path, "deleting", Answer::Malformed(why)));
        let is_live = |left: &listing::Blob| !matches!(left.name.state, BlobState::Deleted(_));
        if left.states.iter().any(is_live) {
            return still("the service still has a state of it that nobody deleted");
        }
        let retention = self.retention().await.ok().flatten();
        let days = retention.and_then(|retention| retention.days);
        let dates: Option<Vec<_>> = left
            .states
            .iter()
            .map(|state| state.gone_on(left.now, days))
            .collect();
        match dates.and_then(|dates| dates.into_iter().max()) {
            Some(when) => Ok(Deleted::GoneOn(when)),
            None => still("the service keeps it, and does not say until when"),
        }
    }

    /// The version that may be deleted: the one that was named, or what a purge of it left.
    fn unless_changed(
        &self,
        path: &EntryPath,
        current: &listing::Blob,
        version: &Version,
    ) -> Result<Version, StoreError> {
        let emptied = current
            .metadata
            .iter()
            .any(|(name, value)| name == EMPTIED && value == version.as_str());
        match current.property("Etag").map(version_of) {
            Some(now) if now == *version || emptied => Ok(now),
            _ => Err(StoreError::Changed(path.clone())),
        }
    }

    /// Whether its content must be replaced by nothing first: soft delete keeps a deleted blob for its time,
    /// and only what is a snapshot or a version can be deleted for good.
    async fn must_be_emptied(&self, current: &listing::Blob, version: &Version) -> bool {
        let retention = self.retention().await.ok().flatten();
        let can = retention.is_some_and(|known| known.days.is_some() && known.may_delete_for_good);
        can && !current.has_version
            && current.property("Etag").map(version_of).as_ref() == Some(version)
            && current.property("BlobType") == Some("BlockBlob")
    }

    /// Deletes and, where the account allows it, permanently deletes every generation.
    async fn purge_generations(&self, path: &EntryPath, blob: &BlobName) -> Result<(), StoreError> {
        let kept = self.all_of(path, blob).await?.states;
        for generation in &kept {
            if generation.name.state != BlobState::Current {
                self.remove_generation(path, &generation.name).await?;
            }
        }
        Ok(())
    }

    /// The two passes of the service: a generation is deleted, and then deleted for good, if it may be.
    async fn remove_generation(
        &self,
        path: &EntryPath,
        generation: &BlobName,
    ) -> Result<(), StoreError> {
        let Some(client) = self.wire.blob(generation) else {
            return Ok(());
        };
        if !matches!(generation.state, BlobState::Deleted(_)) {
            self.delete_once(&client, BlobClientDeleteOptions::default, false)
                .await
                .map_err(|answer| answer.about(path, "deleting"))?;
        }
        if !self.keeps_deleted().await {
            return Ok(());
        }
        let permanently = || BlobClientDeleteOptions {
            blob_delete_type: Some(BlobDeleteType::Permanent),
            ..Default::default()
        };
        match self.delete_once(&client, permanently, false).await {
            // Not allowed, or nothing to be deleted any more: the listing will say what is left.
            Err(answer) if !answer.is_passing() => Ok(()),
            Err(answer) => Err(answer.about(path, "deleting")),
            Ok(_) => Ok(()),
        }
    }

    /// Whether soft delete is on, as far as is known.
    async fn keeps_deleted(&self) -> bool {
        match self.retention().await {
            Ok(Some(retention)) => retention.days.is_some(),
            Ok(None) | Err(_) => true,
        }
    }

    /// A delete on the condition that it still is this version. `was_tried`: it may have been done already.
    async fn delete_matching(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
        along: Along,
        was_tried: bool,
    ) -> Result<Ended, StoreError> {
        let client = self
            .wire
            .blob(blob)
            .ok_or_else(|| StoreError::NotFound(path.clone()))?;
        let Some(etag) = etag_of(version) else {
            return match self.look(path, blob).await {
                Ok(_) => Err(StoreError::Changed(path.clone())),
                Err(error) => Err(error),
            };
        };
        let options = || BlobClientDeleteOptions {
            if_match: Some(Etag::from(etag.clone())),
            delete_snapshots: match along {
                Along::Nothing => None,
                Along::Snapshots => Some(DeleteSnapshotsOptionType::Include),
            },
            ..Default::default()
        };
        match self.delete_once(&client, options, was_tried).await {
            Ok(ended) => Ok(ended),
            Err(answer) => match answer.about(path, "deleting") {
                // A condition on what is not there may be judged before its absence is seen.
                StoreError::Changed(path) => match self.look(&path, blob).await {
                    Ok(_) => Err(StoreError::Changed(path)),
                    Err(error) => Err(error),
                },
                error => Err(error),
            },
        }
    }

    /// A delete, tried again while the answer is a passing one: its condition makes that safe.
    async fn delete_once<'a>(
        &self,
        client: &BlobClient,
        options: impl Fn() -> BlobClientDeleteOptions<'a>,
        was_tried: bool,
    ) -> Result<Ended, Answer> {
        let mut tried = 0;
        loop {
            let answer = match client.delete(Some(options())).await {
                Ok(_) => return Ok(Ended::Done),
                Err(error) => Answer::from(error),
            };
            match answer.status() {
                404 if tried > 0 || was_tried => return Ok(Ended::GoneMeanwhile),
                _ if answer.is_passing() && self.wire.again(tried).await => tried += 1,
                _ => return Err(answer),
            }
        }
    }
}

/// Whether a listed state is this version of its blob.
fn is_version(kept: &listing::Blob, version: &Version) -> bool {
    kept.property("Etag").map(version_of).as_ref() == Some(version)
}

/// Who or what holds a listed state, as far as the service shows it.
fn held_by(kept: &listing::Blob) -> Option<String> {
    if kept.property("LegalHold") == Some("true") {
        return Some("a legal hold".to_owned());
    }
    if kept.property("LeaseStatus") == Some("locked") {
        return Some("a lease".to_owned());
    }
    let until = kept.property("ImmutabilityPolicyUntilDate")?;
    Some(format!("an immutability policy until {until}"))
}

/// A generation stays the same when it is deleted.
fn same_generation(one: &BlobState, other: &BlobState) -> bool {
    let id = |state: &BlobState| match state {
        BlobState::Current => None,
        BlobState::Version(id) | BlobState::Deleted(DeletedState::Version(id)) => {
            Some(format!("version-{id}"))
        }
        BlobState::Snapshot(id) | BlobState::Deleted(DeletedState::Snapshot(id)) => {
            Some(format!("snapshot-{id}"))
        }
        BlobState::Deleted(DeletedState::Base(when)) => Some(when.clone()),
    };
    id(one) == id(other)
}

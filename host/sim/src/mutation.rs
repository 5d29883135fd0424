//! The log of everything that changed anything, which tests check instead of our journal.
//!
//! It is not written by the operations. It is the difference between what lay under a name
//! before and after a request, so an operation cannot forget it.

use std::fmt;

use crate::blob::state::{Generation, Name};

/// Which of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Blobs.
    Blob,
    /// File shares.
    File,
    /// Resource Manager: the management plane of a workspace and of what it depends on.
    Management,
    /// The workspace's own services: run history, artifacts, metrics, and the older ones.
    Data,
}

/// What became of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is new.
    Created,
    /// It is another: content, properties, metadata, tags, tier, lease, hold.
    Changed,
    /// It was deleted and is kept for a while.
    Hidden,
    /// It was kept, and is back.
    Restored,
    /// It is gone.
    Removed,
}

/// One change of one generation of one blob, file, container, directory or share; or of one record
/// or resource, which has no generations and no ETag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// Its place in the log, from 1.
    pub number: u64,
    /// The service.
    pub service: Service,
    /// The operation, as the swagger names it: `Blob_Delete`, `BlockBlob_Upload`, …
    pub verb: &'static str,
    /// What became of it.
    pub effect: Effect,
    /// The container or share; of a record its kind (`runs`), of a resource its type.
    pub container: String,
    /// The blob's name or the file's path; empty for the container or share itself. Of a record
    /// the rest of its path, of a resource its name.
    pub blob: String,
    /// Empty for the base, else `?versionid=…`, `?snapshot=…` or `?uncommitted`.
    pub generation: String,
    /// Its ETag before, if it was there and not hidden.
    pub etag_before: Option<String>,
    /// Its ETag after, if it is there and not hidden.
    pub etag_after: Option<String>,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {:?} {}/{}{}",
            self.number, self.verb, self.effect, self.container, self.blob, self.generation
        )
    }
}

/// The log itself.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<Mutation>);

/// Where a change happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) service: Service,
    pub(crate) verb: &'static str,
    pub(crate) container: &'a str,
    pub(crate) blob: &'a str,
}

impl Log {
    pub(crate) fn all(&self) -> &[Mutation] {
        &self.0
    }

    pub(crate) fn push(
        &mut self,
        place: Place<'_>,
        generation: String,
        effect: Effect,
        etag_before: Option<String>,
        etag_after: Option<String>,
    ) {
        self.0.push(Mutation {
            number: self.0.len() as u64 + 1,
            service: place.service,
            verb: place.verb,
            effect,
            container: place.container.to_owned(),
            blob: place.blob.to_owned(),
            generation,
            etag_before,
            etag_after,
        });
    }

    /// Writes down how two states of one name differ, and says whether they do.
    pub(crate) fn difference(&mut self, place: Place<'_>, before: &Name, after: &Name) -> bool {
        let known = self.0.len();
        let keys =
            |name: &Name| -> Vec<String> { name.generations().map(|(key, _)| key).collect() };
        let (old, new) = (keys(before), keys(after));
        let mut all = old.clone();
        all.extend(new.into_iter().filter(|key| !old.contains(key)));
        for key in all {
            let (old, new) = (before.generation(&key), after.generation(&key));
            let Some(effect) = effect(old, new) else {
                continue;
            };
            let etag = |generation: Option<&Generation>| {
                generation
                    .filter(|generation| generation.deleted.is_none())
                    .map(|generation| generation.etag.clone())
            };
            self.push(place, key, effect, etag(old), etag(new));
        }
        if before.blocks != after.blocks {
            let effect = match (before.blocks.is_empty(), after.blocks.is_empty()) {
                (true, _) => Effect::Created,
                (false, true) => Effect::Removed,
                (false, false) => Effect::Changed,
            };
            self.push(place, "?uncommitted".into(), effect, None, None);
        }
        self.0.len() > known
    }
}

fn effect(old: Option<&Generation>, new: Option<&Generation>) -> Option<Effect> {
    match (old, new) {
        (None, None) => None,
        (None, Some(new)) if new.deleted.is_some() => Some(Effect::Hidden),
        (None, Some(_)) => Some(Effect::Created),
        (Some(_), None) => Some(Effect::Removed),
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(match (&old.deleted, &new.deleted) {
            (None, Some(_)) => Effect::Hidden,
            (Some(_), None) => Effect::Restored,
            _ => Effect::Changed,
        }),
    }
}

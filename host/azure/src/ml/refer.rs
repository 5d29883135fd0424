//! What records refer to: URIs that somebody wrote, as places of this workspace or of others.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::refer::{self, Datastore, Reference};
use remit_workspace::{EntryPath, Gap, Pattern, StoreError};
use serde_json::Value;

use super::records::{Found, Records};

/// What a document's references lead to.
#[derive(Debug, Default)]
pub(crate) struct Referred {
    /// In this workspace's own account, or among its records.
    pub(crate) places: Vec<Pattern>,
    /// Elsewhere, or nowhere known.
    pub(crate) gaps: Vec<Gap>,
}

/// Datastores by name.
pub(crate) type Datastores = BTreeMap<String, Datastore>;

impl Records {
    /// All datastores, for looking at every record's references. A datastore that cannot be read is one that
    /// is not known.
    pub(crate) async fn datastores(&self) -> Result<Datastores, StoreError> {
        let pattern = Pattern::parse("/datastores/*").expect("a constant");
        let mut found = Datastores::new();
        let mut listing = self.list(&pattern);
        while let Some(item) = listing.try_next().await? {
            if let Found::Record(seen) = item
                && let Some(datastore) = Datastore::of(&seen.document.value)
            {
                found.insert(seen.entry.path.file_name(), datastore);
            }
        }
        Ok(found)
    }
}

/// What one record's document refers to. `own` is the name of the workspace's account.
pub(crate) fn referred(
    by: &EntryPath,
    document: &Value,
    datastores: &Datastores,
    own: Option<&str>,
) -> Referred {
    let mut referred = Referred::default();
    for reference in refer::references(document) {
        let (place, about) = match reference {
            Reference::Record(path) => {
                let place = Pattern::exactly(&path).ok().filter(|_| path != *by);
                referred.places.extend(place);
                continue;
            }
            Reference::Blob { account, path } => (
                refer::place("blobs", Some(&account), own, &path),
                EntryPath::of_segments(["blobs"]),
            ),
            Reference::Datastore { name, path } => {
                let Ok(record) = EntryPath::of_segments(["datastores", &name]) else {
                    continue;
                };
                let datastore = datastores.get(&name);
                (
                    datastore.and_then(|datastore| datastore.place(&path, own)),
                    Ok(record),
                )
            }
        };
        match place {
            Some((place, false)) => referred.places.push(place),
            Some((place, true)) => referred.gaps.push(Gap {
                path: EntryPath::of_segments(place.literal_prefix()).unwrap_or_else(|_| by.clone()),
                reason: refer::ELSEWHERE.to_owned(),
            }),
            None => {
                let path = about.unwrap_or_else(|_| by.clone());
                referred.gaps.push(refer::unknown(path));
            }
        }
    }
    // A place inside another is listed with it.
    referred.places.sort_by_key(Pattern::literal_prefix);
    referred
        .places
        .dedup_by(|next, last| next.literal_prefix().starts_with(&last.literal_prefix()));
    referred.gaps.sort();
    referred.gaps.dedup();
    referred
}

/// Gaps as items of a listing.
pub(crate) fn gaps(gaps: Vec<Gap>) -> remit_workspace::Listing {
    let gaps = gaps.into_iter().map(remit_workspace::Listed::Gap);
    stream::iter(gaps.map(Ok)).boxed()
}

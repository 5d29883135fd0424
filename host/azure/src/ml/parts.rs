//! What belongs to a record: what lies under its id, and what its document refers to.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::{
    EntryPath, Listing, Pattern, References, Referring, Store as _, StoreError, layout,
};

use super::Workspace;
use super::answer::unlisted;
use super::document::Seen;
use super::records::Found;
use super::refer::{Datastores, Referred, gaps, referred};
use super::workspace::listing;

/// Places that are looked into at once.
const PLACES_AT_ONCE: usize = 4;

/// Where records are that may refer to something, metrics aside: those are numbers.
const REFERRING: [&str; 13] = [
    "/workspace",
    "/experiments/*",
    "/runs/*",
    "/models/**",
    "/data/**",
    "/components/**",
    "/environments/**",
    "/codes/**",
    "/datastores/*",
    "/computes/*",
    "/endpoints/**",
    "/schedules/*",
    "/services/*",
];

impl Workspace {
    fn list_each(&self, places: Vec<Pattern>) -> Listing {
        let this = self.clone();
        stream::iter(places)
            .map(move |place| this.list(&place))
            .flatten_unordered(PLACES_AT_ONCE)
            .boxed()
    }

    /// What lies under a record's id. The default container has the workspace's own id in its name: in an
    /// account that others use, theirs is not looked into.
    pub(crate) fn owned(&self, of: &EntryPath) -> Listing {
        let places = layout::owned_places(of);
        if places.is_empty() {
            return stream::empty().boxed();
        }
        let (this, of) = (self.clone(), of.clone());
        let beneath = {
            let this = this.clone();
            stream::once(async move {
                let root = EntryPath::of_segments(["blobs"]).expect("a constant");
                let id = match this.storage(&root).await {
                    Ok(storage) => storage.workspace_id.clone(),
                    Err(StoreError::OutOfReach { .. }) => None,
                    Err(error) => return stream::iter([Err(error)]).boxed(),
                };
                let own = |place: &Pattern| match &id {
                    Some(id) => layout::in_default_container(place, id),
                    None => place.clone(),
                };
                this.list_each(places.iter().map(own).collect())
            })
            .flatten()
        };
        listing(this.records().children(&of)).chain(beneath).boxed()
    }

    pub(crate) fn referenced(&self, of: &EntryPath) -> Listing {
        let (this, of) = (self.clone(), of.clone());
        let found = async move {
            let seen = match this.records().look(&of).await {
                Ok(seen) => seen,
                Err(StoreError::NotFound(_)) => return Ok(stream::empty().boxed()),
                Err(error) => return Ok(gaps(vec![unlisted(error)?])),
            };
            let datastores = this.records().datastores().await?;
            let referred = this.referred(&seen, &datastores).await?;
            let places = this.list_each(referred.places);
            Ok::<_, StoreError>(places.chain(gaps(referred.gaps)).boxed())
        };
        stream::once(found).try_flatten().boxed()
    }

    async fn referred(&self, seen: &Seen, datastores: &Datastores) -> Result<Referred, StoreError> {
        let own = match self.storage(&seen.entry.path).await {
            Ok(storage) => Some(storage.name.as_str()),
            Err(StoreError::OutOfReach { .. }) => None,
            Err(error) => return Err(error),
        };
        let document = &seen.document.value;
        Ok(referred(&seen.entry.path, document, datastores, own))
    }

    /// What every record refers to.
    pub(crate) fn every_reference(&self) -> References {
        let this = self.clone();
        let patterns = REFERRING.map(|text| Pattern::parse(text).expect("a constant"));
        let started = async move {
            let datastores = Arc::new(this.records().datastores().await?);
            let found = stream::iter(patterns)
                .map({
                    let this = this.clone();
                    move |pattern| this.records().list(&pattern)
                })
                .flatten()
                .then(move |found| {
                    let (this, datastores) = (this.clone(), datastores.clone());
                    async move {
                        let seen = match found? {
                            Found::Gap(gap) => return Ok(vec![Referring::Gap(gap)]),
                            Found::Record(seen) => seen,
                        };
                        let referred = this.referred(&seen, &datastores).await?;
                        let by = &seen.entry.path;
                        let places = referred.places.iter();
                        Ok::<_, StoreError>(
                            places
                                .filter_map(|place| {
                                    EntryPath::of_segments(place.literal_prefix()).ok()
                                })
                                .map(|to| Referring::To { by: by.clone(), to })
                                .collect(),
                        )
                    }
                })
                .map_ok(|found: Vec<Referring>| stream::iter(found.into_iter().map(Ok)))
                .try_flatten();
            Ok::<_, StoreError>(found)
        };
        stream::once(started).try_flatten().boxed()
    }
}

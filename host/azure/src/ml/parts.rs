//! What belongs to a record: what lies under its id, and what its document refers to.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::refer::{self, Whereabouts};
use remit_workspace::{
    EntryPath, Gap, Listing, Pattern, References, Referring, Store as _, StoreError, layout,
};

use super::Workspace;
use super::answer::unlisted;
use super::document::Seen;
use super::records::Found;
use super::refer::{Datastores, Referred, gaps, referred};
use super::workspace::{is_object, listing};

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

    /// What one address in a record's document leads to.
    async fn addressed(&self, by: &EntryPath, address: &str) -> Result<Referred, StoreError> {
        let own = match self.storage(by).await {
            Ok(storage) => Some(storage.name.as_str()),
            Err(StoreError::OutOfReach { .. }) => None,
            Err(error) => return Err(error),
        };
        let datastores = self.records().datastores().await?;
        Ok(referred(by, &address.into(), &datastores, own))
    }

    /// Where a model or a data asset says that its bytes are.
    pub(crate) async fn files_of(&self, of: &EntryPath) -> Result<Whereabouts, StoreError> {
        let seen = self.records().look(of).await?;
        let mut found = Whereabouts::default();
        if let Some(address) = refer::own_address(&seen.document.value) {
            let referred = self.addressed(of, &address).await?;
            found.places = paths(&referred.places).filter(is_object).collect();
            found.gaps = referred.gaps;
        }
        Ok(found)
    }

    /// Where a run's output of this name lies. Its job on the management plane is asked only for what run history
    /// does not say: one request.
    pub(crate) async fn output_of(
        &self,
        of: &EntryPath,
        name: &str,
    ) -> Result<Whereabouts, StoreError> {
        let run = self.records().look(of).await?;
        let mut outputs = refer::outputs(&run.document.value);
        let mut found = Whereabouts::default();
        if outputs.get(name).is_none_or(Option::is_none) {
            match self.records().job(of).await {
                Ok(job) => {
                    for (name, address) in refer::outputs(&job) {
                        let known = outputs.entry(name).or_default();
                        *known = known.take().or(address);
                    }
                }
                // A run may be no job.
                Err(StoreError::NotFound(_)) => {}
                Err(StoreError::OutOfReach { path, reason }) => found.gaps.push(Gap {
                    path,
                    reason: format!("its job's document: {reason}"),
                }),
                Err(error) => return Err(error),
            }
        }
        if let Some(Some(address)) = outputs.get(name) {
            let referred = self.addressed(of, address).await?;
            found.gaps.extend(referred.gaps);
            for path in paths(&referred.places) {
                if is_object(&path) {
                    found.places.push(path);
                    continue;
                }
                match self.files_of(&path).await {
                    Ok(asset) => {
                        found.places.extend(asset.places);
                        found.gaps.extend(asset.gaps);
                    }
                    Err(StoreError::NotFound(path)) => found.gaps.push(refer::unknown(path)),
                    Err(error) => found.gaps.push(unlisted(error)?),
                }
            }
        }
        found.names = outputs.into_keys().collect();
        Ok(found)
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
                        Ok::<_, StoreError>(
                            paths(&referred.places)
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

/// The entry or the folder that each place is.
fn paths(places: &[Pattern]) -> impl Iterator<Item = EntryPath> {
    let names = places.iter().map(Pattern::literal_prefix);
    names.filter_map(|names| EntryPath::of_segments(names).ok())
}

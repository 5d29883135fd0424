//! A storage account as a workspace that can be read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::Method;
use azure_storage_blob::clients::BlobClient;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use remit_workspace::{
    Content, Entry, EntryPath, Forecast, Gap, Guard, Listed, Listing, Millis, Pattern, References,
    Relation, Store, StoreError, Version,
};
use tokio::sync::{Mutex, OnceCell};

use crate::door::Patience;
use crate::entry;
use crate::error::{Answer, OpenError};
use crate::files::Files;
use crate::gather::Gather;
use crate::listing::{self, Query, Retention};
use crate::names::{BlobName, BlobState, RESERVED};
use crate::trial::Trial;
use crate::walk::walk;
use crate::wire::{Effect, Wire, header};
use crate::{Credential, Endpoint};

/// How an account is spoken to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests under way at once, at most. How many there really are, the service decides by how it answers.
    pub in_flight_max: usize,
    /// How often something is tried again.
    pub patience: Patience,
    /// How long the end of a delete is awaited that the service goes on with after it has answered. Then it is
    /// left [under way](remit_apply::Deleted::UnderWay); with nothing here, every such delete is.
    pub deletes_awaited: Duration,
    /// The version of the service that is spoken.
    pub service_version: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            in_flight_max: 64,
            patience: Patience::default(),
            deletes_awaited: OPERATION_MAX,
            // The newest that the emulator knows too.
            service_version: "2025-11-05".to_owned(),
        }
    }
}

/// How long the service says that an operation may take (`x-ms-async-operation-timeout: PT1H`).
pub(crate) const OPERATION_MAX: Duration = Duration::from_secs(3600);

/// What a listing must include to show everything the service has of a blob.
pub(crate) const GENERATIONS: &str =
    "metadata,snapshots,versions,deleted,immutabilitypolicy,legalhold";

/// Everything the service has of one blob, and its clock.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) states: Vec<listing::Blob>,
    pub(crate) now: Option<Millis>,
}

/// A storage account: blobs at `/blobs/<container>/<name>`, files at `/files/<share>/<path>`.
#[derive(Debug)]
pub struct Account {
    pub(crate) wire: Arc<Wire>,
    pub(crate) files: Files,
    identity: String,
    retention: OnceCell<Option<Retention>>,
    /// Whether listings may ask for tags; learnt when the service first refuses.
    lists_tags: Arc<AtomicBool>,
    /// Containers in which versions were seen to be kept, or not to be.
    pub(crate) has_versions: Arc<Mutex<BTreeMap<String, bool>>>,
    /// Deletes that are wanted now, and whether they may go in one request.
    pub(crate) gather: Arc<Gather>,
    pub(crate) trial: Arc<Trial>,
}

impl Account {
    /// Opens an account. Nothing is asked of it yet.
    pub fn open(
        endpoint: Endpoint,
        credential: Credential,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let identity = endpoint.identity();
        let wire = Arc::new(Wire::new(endpoint, credential, options)?);
        Ok(Self {
            files: Files::new(wire.clone()),
            wire,
            identity,
            retention: OnceCell::new(),
            lists_tags: Arc::new(AtomicBool::new(true)),
            has_versions: Arc::default(),
            gather: Arc::default(),
            trial: Arc::default(),
        })
    }

    /// What the account says about deleting; none when this credential may not know.
    pub(crate) async fn retention(&self) -> Result<Option<Retention>, Answer> {
        let known = self
            .retention
            .get_or_try_init(|| async {
                match listing::retention(&self.wire).await {
                    Ok(retention) => Ok(Some(retention)),
                    Err(answer) if answer.is_passing() => Err(answer),
                    Err(_) => Ok(None),
                }
            })
            .await?;
        Ok(*known)
    }

    /// Looks at a blob or a generation that is not deleted.
    pub(crate) async fn look(
        &self,
        path: &EntryPath,
        blob: &BlobName,
    ) -> Result<Entry, StoreError> {
        let absent = || StoreError::NotFound(path.clone());
        if let BlobState::Deleted(_) = blob.state {
            return self.look_among_generations(path, blob).await;
        }
        if !self.is_within(&blob.container) {
            return Err(absent());
        }
        let client = self.wire.blob(blob).ok_or_else(absent)?;
        let answer = self
            .wire
            .patiently(|| client.get_properties(None))
            .await
            .map_err(|answer| answer.about(path, "reading"))?;
        let headers = answer.headers();
        let n_tags = headers.get_optional_string(&"x-ms-tag-count".into());
        let tags = match n_tags.as_deref() {
            None | Some("0") => Vec::new(),
            Some(_) => match self.tags(&client).await {
                Ok(tags) => tags,
                Err(answer) if answer.status() == 403 => Vec::new(),
                Err(answer) => return Err(answer.about(path, "reading")),
            },
        };
        entry::of_headers(blob, headers, tags).ok_or_else(|| {
            StoreError::failed(
                path,
                "reading",
                Answer::Malformed("an answer without a tag"),
            )
        })
    }

    /// The tags of a blob.
    pub(crate) async fn tags(&self, client: &BlobClient) -> Result<Vec<(String, String)>, Answer> {
        let answer = self.wire.patiently(|| client.get_tags(None)).await?;
        Ok(answer
            .into_model()?
            .blob_tag_set
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect())
    }

    async fn look_among_generations(
        &self,
        path: &EntryPath,
        blob: &BlobName,
    ) -> Result<Entry, StoreError> {
        let kept = self
            .kept(blob)
            .await
            .map_err(|answer| answer.about(path, "listing"))?;
        kept.states
            .iter()
            .find(|kept| kept.name.state == blob.state)
            .and_then(entry::of_listed)
            .ok_or_else(|| StoreError::NotFound(path.clone()))
    }

    /// Everything the service has of a blob: the current state and all generations.
    pub(crate) async fn kept(&self, blob: &BlobName) -> Result<Kept, Answer> {
        let query = Query {
            container: blob.container.to_string(),
            prefix: blob.name.clone(),
            include: GENERATIONS,
            ..Query::default()
        };
        let mut pages = listing::pages(self.wire.clone(), query);
        let mut kept = Kept::default();
        while let Some(page) = pages.next().await {
            let page = page?;
            kept.now = page.now.or(kept.now);
            // Names are listed in order, and a name comes before all that it begins.
            let is_past = page
                .blobs
                .last()
                .is_some_and(|last| last.name.name != blob.name);
            let same = page
                .blobs
                .into_iter()
                .filter(|listed| listed.name.name == blob.name);
            kept.states.extend(same);
            if is_past {
                break;
            }
        }
        Ok(kept)
    }

    /// Whether a listing shows a current state that is no longer there, and so may lack what came of it.
    async fn is_behind(&self, blob: &BlobName, kept: &Kept) -> bool {
        let shows_current = kept
            .states
            .iter()
            .any(|state| state.name.state == BlobState::Current);
        if !shows_current {
            return false;
        }
        let current = BlobName {
            state: BlobState::Current,
            ..blob.clone()
        };
        match self.wire.blob(&current) {
            Some(client) => match self.wire.patiently(|| client.get_properties(None)).await {
                Ok(_) => false,
                Err(answer) => answer.status() == 404,
            },
            None => false,
        }
    }

    /// Whether a container belongs to the workspace.
    pub(crate) fn is_within(&self, container: &str) -> bool {
        let only = self.wire.endpoint.container();
        container != RESERVED && only.is_none_or(|only| only == container)
    }

    /// The containers in which the pattern may choose something.
    async fn containers_for(&self, pattern: &Pattern) -> Result<Vec<String>, Answer> {
        let prefix = pattern.literal_prefix();
        let named = prefix
            .get(1)
            .map(|name| String::from_utf8_lossy(name).into_owned());
        let listed = match (self.wire.endpoint.container(), named) {
            (Some(only), _) => vec![only.to_owned()],
            (None, Some(named)) => vec![named],
            (None, None) => listing::containers(&self.wire).await?,
        };
        let may_match = |name: &String| {
            let path = EntryPath::of_segments(["blobs", name.as_str()]);
            self.is_within(name)
                && crate::endpoint::is_container_name(name)
                && path.is_ok_and(|path| pattern.may_match_below(&path))
        };
        Ok(listed.into_iter().filter(may_match).collect())
    }

    /// What of one container the pattern chooses.
    fn list_container(&self, container: String, pattern: Pattern) -> Listing {
        let place = EntryPath::of_segments(["blobs", container.as_str()]).expect("two short names");
        let query = Query {
            prefix: listing::name_prefix(&pattern),
            include: match self.lists_tags.load(Ordering::Relaxed) {
                true => "metadata,tags,immutabilitypolicy,legalhold",
                false => "metadata,immutabilitypolicy,legalhold",
            },
            container,
            ..Query::default()
        };
        let wire = self.wire.clone();
        let lists_tags = self.lists_tags.clone();
        let started = async move {
            let mut pages = walk(wire.clone(), query.clone());
            let first = pages.next().await;
            match first {
                // Tags need a permission of their own; without it the rest is listed.
                Some(Err(answer)) if answer.status() == 403 && query.include.contains("tags") => {
                    let include = "metadata,immutabilitypolicy,legalhold";
                    let mut pages = walk(wire, Query { include, ..query });
                    let first = pages.next().await;
                    if matches!(first, Some(Ok(_))) {
                        lists_tags.store(false, Ordering::Relaxed);
                    }
                    stream::iter(first).chain(pages).boxed()
                }
                first => stream::iter(first).chain(pages).boxed(),
            }
        };
        stream::once(started)
            .flatten()
            .flat_map(move |page| {
                let (blobs, failed) = match page {
                    Ok(page) => (page.blobs, None),
                    Err(answer) => (Vec::new(), unlisted(&place, answer)),
                };
                // Each blob is let go when it has been made an entry.
                let pattern = pattern.clone();
                let chosen = move |blob: listing::Blob| chosen(&blob, &pattern).map(Ok);
                stream::iter(blobs.into_iter().filter_map(chosen).chain(failed))
            })
            .boxed()
    }
}

/// What a listing says of a place that it could not list: nothing when it is not there, a gap when it is
/// out of reach, an error when it may be another time.
fn unlisted(place: &EntryPath, answer: Answer) -> Option<Result<Listed, StoreError>> {
    match answer.about(place, "listing") {
        StoreError::NotFound(_) => None,
        StoreError::OutOfReach { path, reason } => Some(Ok(Listed::Gap(Gap { path, reason }))),
        error => Some(Err(error)),
    }
}

/// A listed blob, if the pattern chooses it. What no path can say is a gap, never left out in silence.
fn chosen(blob: &listing::Blob, pattern: &Pattern) -> Option<Listed> {
    if blob.name.state != BlobState::Current {
        return None;
    }
    let Some(entry) = entry::of_listed(blob) else {
        let path = EntryPath::of_segments(["blobs", &*blob.name.container]).ok()?;
        let reason = "a name that is too long to be written as a path".to_owned();
        return Some(Listed::Gap(Gap { path, reason }));
    };
    if !pattern.matches(&entry.path) {
        return None;
    }
    match blob.name.has_address() {
        true => Some(Listed::Entry(entry)),
        false => Some(Listed::Gap(Gap {
            path: entry.path,
            reason: "a name that no client can ask for".to_owned(),
        })),
    }
}

#[async_trait]
impl Store for Account {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn list(&self, what: &Pattern) -> Listing {
        if let Some(path) = what.as_path() {
            return self.list_one(path);
        }
        let files = self.files.list(what);
        let blobs = EntryPath::of_segments(["blobs"]).expect("a constant");
        if !what.may_match_below(&blobs) {
            return files;
        }
        let (this, what) = (self.share(), what.clone());
        stream::once(async move {
            match this.containers_for(&what).await {
                Ok(containers) => stream::iter(containers)
                    .map(move |container| this.list_container(container, what.clone()))
                    .flatten()
                    .boxed(),
                Err(answer) => stream::iter(unlisted(&blobs, answer)).boxed(),
            }
        })
        .flatten()
        .chain(files)
        .boxed()
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        if let Some(files) = self.files_at(path) {
            return files.stat(path).await;
        }
        match BlobName::of(path)? {
            Some(blob) => self.look(path, &blob).await,
            None => Err(StoreError::NotFound(path.clone())),
        }
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        if let Some(files) = self.files_at(&entry.path) {
            return files.pin(entry).await;
        }
        // An entity tag is as strict as it gets.
        Ok(entry.version.clone())
    }

    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        if let Some(files) = self.files_at(path) {
            return files.open(path, version, offset).await;
        }
        let absent = || StoreError::NotFound(path.clone());
        let blob = BlobName::of(path)?.ok_or_else(absent)?;
        if let BlobState::Deleted(_) = blob.state {
            return Err(StoreError::OutOfReach {
                path: path.clone(),
                reason: "deleted: the service lists it, and does not let it be read".to_owned(),
            });
        }
        if !self.is_within(&blob.container) {
            return Err(absent());
        }
        crate::content::open(self.wire.clone(), path, &blob, version, offset).await
    }

    fn generations(&self, of: &EntryPath) -> Listing {
        if let Some(files) = self.files_at(of) {
            return files.generations(of);
        }
        let (this, of) = (self.share(), of.clone());
        stream::once(async move {
            let blob = match BlobName::of(&of) {
                Ok(Some(blob)) if this.is_within(&blob.container) => blob,
                Ok(_) => return stream::empty().boxed(),
                Err(error) => return stream::iter([Err(error)]).boxed(),
            };
            match this.kept(&blob).await {
                Ok(kept) if this.is_behind(&blob, &kept).await => {
                    let behind = Answer::Malformed("the listing is behind");
                    stream::iter([Err(behind.about(&of, "listing"))]).boxed()
                }
                Ok(kept) => stream::iter(kept.states)
                    .filter(|kept| std::future::ready(kept.name.state != BlobState::Current))
                    .filter_map(|kept| std::future::ready(entry::of_listed(&kept)))
                    .map(|entry| Ok(Listed::Entry(entry)))
                    .boxed(),
                Err(answer) => stream::iter(unlisted(&of, answer)).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    fn parts(&self, _of: &EntryPath, _relation: Relation) -> Listing {
        // An account has no records.
        stream::empty().boxed()
    }

    // Objects refer to nothing: what names them are records, which an account alone does not have.
    fn references(&self) -> References {
        stream::empty().boxed()
    }

    fn guard(&self, path: &EntryPath) -> Guard {
        match self.files_at(path) {
            Some(_) => Guard::Leased,
            None => Guard::Atomic,
        }
    }

    async fn forecast(&self, entry: &Entry, purge: bool) -> Forecast {
        match self.files_at(&entry.path) {
            Some(files) => files.forecast(entry).await,
            None => crate::forecast::forecast(self, entry, purge).await,
        }
    }

    fn writable_fields(&self, _path: &EntryPath) -> &'static [&'static str] {
        &[]
    }

    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (path, url) = self.policy_place(name)?;
        let answer = self
            .wire
            .send(Effect::Reads, Method::Get, url, &[], Bytes::new(), &[200])
            .await;
        match answer {
            Ok(answer) => {
                let body = answer.body();
                let length = header(&answer, "content-length").and_then(|text| text.parse().ok());
                if length.is_some_and(|length: usize| length != body.len()) {
                    let short = Answer::Malformed("a body of another length than it should have");
                    return Err(StoreError::failed(&path, "reading", short));
                }
                Ok(Some(body.to_vec()))
            }
            Err(answer) if ["BlobNotFound", "ContainerNotFound"].contains(&answer.code()) => {
                Ok(None)
            }
            Err(answer) => match answer.about(&path, "reading") {
                // An absence without its code may be anything.
                StoreError::NotFound(path) => {
                    let odd =
                        Answer::Malformed("an absence that is not one of a blob or a container");
                    Err(StoreError::failed(&path, "reading", odd))
                }
                error => Err(error),
            },
        }
    }
}

impl Account {
    /// The same account, for a stream that lives on.
    fn share(&self) -> Self {
        Self {
            wire: self.wire.clone(),
            files: self.files.clone(),
            identity: self.identity.clone(),
            retention: self.retention.clone(),
            lists_tags: self.lists_tags.clone(),
            has_versions: self.has_versions.clone(),
            gather: self.gather.clone(),
            trial: self.trial.clone(),
        }
    }

    fn list_one(&self, path: EntryPath) -> Listing {
        let this = self.share();
        stream::once(async move {
            let listed = match this.stat(&path).await {
                Ok(entry) => Some(Ok(Listed::Entry(entry))),
                Err(StoreError::NotFound(_)) => None,
                Err(StoreError::OutOfReach { path, reason }) => {
                    Some(Ok(Listed::Gap(Gap { path, reason })))
                }
                Err(error) => Some(Err(error)),
            };
            stream::iter(listed)
        })
        .flatten()
        .boxed()
    }

    /// Where a file of the workspace's policy lies.
    pub(crate) fn policy_place(
        &self,
        name: &str,
    ) -> Result<(EntryPath, azure_core::http::Url), StoreError> {
        let path = EntryPath::of_segments(["blobs", RESERVED, name]).map_err(|error| {
            let place = EntryPath::of_segments(["blobs", RESERVED]).expect("a constant");
            StoreError::failed(&place, "naming a file of the policy", error)
        })?;
        let blob = BlobName {
            container: RESERVED.into(),
            name: name.to_owned(),
            state: BlobState::Current,
        };
        match blob.url(self.wire.endpoint.blobs()) {
            Some(url) => Ok((path, url)),
            None => Err(StoreError::NotFound(path)),
        }
    }
}

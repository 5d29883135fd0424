//! A workspace of Azure Machine Learning: its records, and the blobs and files of its own storage account.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::refer::Whereabouts;
use remit_workspace::{
    Content, Entry, EntryPath, Forecast, Gap, Guard, Kind, Listed, Listing, Pattern, PolicyPlace,
    References, Relation, Store, StoreError, Version, Wanted, layout, record,
};
use tokio::sync::OnceCell;

use super::answer::unlisted;
use super::data::Data;
use super::line::Line;
use super::manage::Manage;
use super::place::Place;
use super::records::{Finding, Found, Records};
use super::storage::{self, Storage};
use super::telemetry::BEYOND;
use super::{Cloud, Target};
use crate::error::OpenError;
use crate::{Account, Credential, Options};

const CHUNK_BYTES: usize = 256 * 1024;

/// A workspace: records of the service, blobs at `/blobs/<container>/<name>`, and files (notebooks) at
/// `/files/<share>/<path>`.
#[derive(Clone, Debug)]
pub struct Workspace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    identity: String,
    records: Records,
    cloud: Cloud,
    credential: Credential,
    options: Options,
    storage: OnceCell<Storage>,
}

impl Workspace {
    /// Opens a workspace. Nothing is asked of it yet.
    pub fn open(
        target: &Target,
        cloud: Cloud,
        credential: Credential,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let line = Arc::new(Line::new(cloud.clone(), credential.clone(), options)?);
        let manage = Arc::new(Manage::new(line, cloud.management(), target.id()));
        let records = Records {
            data: Arc::new(Data::new(manage.clone())),
            manage,
            purges: Arc::default(),
            experiments: Arc::default(),
        };
        let inner = Inner {
            identity: target.identity(),
            records,
            cloud,
            credential,
            options: options.clone(),
            storage: OnceCell::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn records(&self) -> &Records {
        &self.inner.records
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.inner.credential
    }

    /// The workspace's own account, for something at `place`.
    pub(crate) async fn storage(&self, place: &EntryPath) -> Result<&Storage, StoreError> {
        let inner = &*self.inner;
        inner
            .storage
            .get_or_try_init(|| {
                storage::open(
                    &inner.records.manage,
                    &inner.cloud,
                    &inner.credential,
                    &inner.options,
                    place,
                )
            })
            .await
    }

    /// The account in which an object lies.
    pub(crate) async fn account(&self, path: &EntryPath) -> Result<&Account, StoreError> {
        Ok(&self.storage(path).await?.account)
    }

    /// Records; of resources, with who else uses them.
    fn recorded(&self, what: &Pattern, wanted: &Wanted) -> Listing {
        let records = self.records().clone();
        listing(records.list_wanted(what, wanted))
            .then(move |found| {
                let records = records.clone();
                async move {
                    match found {
                        Ok(Listed::Entry(entry)) if entry.kind == Kind::Resource => {
                            Ok(Listed::Entry(records.with_users(entry).await))
                        }
                        other => other,
                    }
                }
            })
            .boxed()
    }

    /// Blobs and files. An account that cannot be reached is a gap at each of the two that is meant.
    fn objects(&self, what: &Pattern) -> Listing {
        let roots: Vec<EntryPath> = ["blobs", "files"]
            .into_iter()
            .map(|root| EntryPath::of_segments([root]).expect("a constant"))
            .filter(|root| what.may_match_below(root))
            .collect();
        let Some(first) = roots.first().cloned() else {
            return stream::empty().boxed();
        };
        let (this, what) = (self.clone(), what.clone());
        stream::once(async move {
            match this.storage(&first).await {
                Ok(storage) => storage.account.list(&what),
                Err(StoreError::OutOfReach { reason, .. }) => {
                    stream::iter(roots.into_iter().map(move |path| {
                        let reason = reason.clone();
                        Ok(Listed::Gap(Gap { path, reason }))
                    }))
                    .boxed()
                }
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        })
        .flatten()
        .boxed()
    }
}

/// Findings as a listing gives them.
pub(crate) fn listing(findings: Finding) -> Listing {
    findings
        .map_ok(|found| match found {
            Found::Record(seen) => Listed::Entry(seen.entry),
            Found::Gap(gap) => Listed::Gap(gap),
        })
        .boxed()
}

#[async_trait]
impl Store for Workspace {
    fn identity(&self) -> &str {
        &self.inner.identity
    }

    /// Outputs are those of this workspace: its id is in the name of its default container, and in an account
    /// that others use, a run of theirs may have the same id.
    async fn resolve(&self, pattern: &Pattern) -> Result<Vec<Pattern>, StoreError> {
        let meant = layout::resolve(pattern);
        if meant == [pattern.clone()] {
            return Ok(meant);
        }
        let root = EntryPath::of_segments(["blobs"]).expect("a constant");
        let id = match self.storage(&root).await {
            Ok(storage) => storage.workspace_id.clone(),
            // The listing says so.
            Err(StoreError::OutOfReach { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(match id {
            Some(id) => meant
                .iter()
                .map(|pattern| layout::in_default_container(pattern, &id))
                .collect(),
            None => meant,
        })
    }

    fn list(&self, what: &Pattern) -> Listing {
        self.list_wanted(what, &Wanted::default())
    }

    fn list_wanted(&self, what: &Pattern, wanted: &Wanted) -> Listing {
        let records = self.recorded(what, wanted);
        let wants_only = |object: bool| wanted.kind.is_some_and(|kind| kind.is_object() == object);
        match what.as_path() {
            Some(path) if is_object(&path) => self.objects(what),
            Some(_) => records,
            None if wants_only(false) => records,
            None if wants_only(true) => self.objects(what),
            None => records.chain(self.objects(what)).boxed(),
        }
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        if is_object(path) {
            return self.account(path).await?.stat(path).await;
        }
        let entry = self.records().look(path).await?.entry;
        Ok(match entry.kind {
            Kind::Resource => self.records().with_users(entry).await,
            _ => entry,
        })
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        match is_object(&entry.path) {
            true => self.account(&entry.path).await?.pin(entry).await,
            // The digest of the document is as strict as it gets.
            false => Ok(entry.version.clone()),
        }
    }

    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        if is_object(path) {
            return self.account(path).await?.open(path, version, offset).await;
        }
        let seen = self.records().look(path).await?;
        if seen.entry.version != *version {
            return Err(StoreError::Changed(path.clone()));
        }
        let shown = Bytes::from(seen.document.shown);
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(shown.len());
        let chunks: Vec<_> = (from..shown.len())
            .step_by(CHUNK_BYTES)
            .map(|at| Ok(shown.slice(at..shown.len().min(at + CHUNK_BYTES))))
            .collect();
        Ok(stream::iter(chunks).boxed())
    }

    fn generations(&self, of: &EntryPath) -> Listing {
        if matches!(
            Kind::of(of),
            Some(Kind::Workspace | Kind::Resource | Kind::Telemetry)
        ) {
            let (this, path) = (self.clone(), of.clone());
            return stream::once(async move {
                let kept = match this.records().kept_of(&path).await {
                    Ok(Some(reason)) => Some(Ok(Listed::Gap(Gap { path, reason }))),
                    Ok(None) => None,
                    Err(error) => Some(unlisted(error).map(Listed::Gap)),
                };
                stream::iter(kept)
            })
            .flatten()
            .boxed();
        }
        if !is_object(of) {
            return stream::empty().boxed();
        }
        let (this, of) = (self.clone(), of.clone());
        stream::once(async move {
            match this.account(&of).await {
                Ok(account) => account.generations(&of),
                Err(error) => gaps_or_error(error),
            }
        })
        .flatten()
        .boxed()
    }

    fn parts(&self, of: &EntryPath, relation: Relation) -> Listing {
        if Place::of(of).is_err() {
            return stream::empty().boxed();
        }
        match relation {
            Relation::Owned => self.owned(of),
            Relation::Referenced => self.referenced(of),
        }
    }

    async fn files(&self, of: &EntryPath) -> Result<Whereabouts, StoreError> {
        match Kind::of(of) {
            Some(Kind::Model | Kind::Data) => self.files_of(of).await,
            _ => self.stat(of).await.map(|_| Whereabouts::default()),
        }
    }

    async fn output(&self, of: &EntryPath, name: &str) -> Result<Whereabouts, StoreError> {
        match Kind::of(of) {
            Some(Kind::Run) => self.output_of(of, name).await,
            _ => self.stat(of).await.map(|_| Whereabouts::default()),
        }
    }

    fn references(&self) -> References {
        self.every_reference()
    }

    fn guard(&self, path: &EntryPath) -> Guard {
        match path.root() {
            "blobs" => Guard::Atomic,
            "files" => Guard::Leased,
            _ => Guard::Checked,
        }
    }

    async fn forecast(&self, entry: &Entry, purge: bool) -> Forecast {
        if entry.kind.is_object() {
            return match self.account(&entry.path).await {
                Ok(account) => account.forecast(entry, purge).await,
                Err(_) => Forecast::Unknown("the storage account cannot be reached".to_owned()),
            };
        }
        match entry.kind {
            Kind::Workspace => {
                let records = self.records();
                records.forecast_workspace(&entry.path, purge).await
            }
            Kind::Resource => {
                let path = &entry.path;
                let forecast = self.records().forecast_resource(path, purge).await;
                match forecast {
                    Forecast::GoneOn(_) if layout::is_account(path) => {
                        match self.held_in_account(path).await {
                            Ok(()) => forecast,
                            Err(StoreError::Held { by, .. }) => Forecast::Held(by),
                            Err(error) => Forecast::Unknown(error.to_string()),
                        }
                    }
                    _ => forecast,
                }
            }
            Kind::Telemetry => self.records().forecast_telemetry(&entry.path, purge),
            Kind::Experiment => {
                Forecast::Unknown("the service deletes only an experiment without runs".to_owned())
            }
            _ => Forecast::Gone,
        }
    }

    fn writable_fields(&self, path: &EntryPath) -> &'static [&'static str] {
        match Kind::of(path) {
            // What of the others could be written needs the whole of them sent back, secrets and all.
            Some(
                Kind::Datastore
                | Kind::Endpoint
                | Kind::Schedule
                | Kind::Compute
                | Kind::Code
                | Kind::Service
                | Kind::Resource,
            )
            | None => &[],
            Some(kind) => record::writable_fields(kind),
        }
    }

    fn beyond(&self, path: &EntryPath) -> Option<&'static str> {
        layout::rows_of(path).map(|_| BEYOND)
    }

    async fn has_ended(&self, path: &EntryPath, operation: &str) -> Result<bool, StoreError> {
        self.records().has_purged(path, operation).await
    }

    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let place = EntryPath::of_segments(["blobs", crate::names::RESERVED]);
        let place = place.expect("constants");
        self.storage(&place).await?.account.policy_file(name).await
    }

    async fn policy_place(&self) -> Result<PolicyPlace, StoreError> {
        self.records().policy_place().await
    }
}

/// Whether a path is one of bytes.
pub(crate) fn is_object(path: &EntryPath) -> bool {
    matches!(path.root(), "blobs" | "files")
}

fn gaps_or_error(error: StoreError) -> Listing {
    stream::iter([unlisted(error).map(|gap: Gap| Listed::Gap(gap))]).boxed()
}

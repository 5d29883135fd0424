//! The directory as a [`Store`]. What it is on disk, the modules beside it know.

use std::fmt;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use remit_workspace::{
    Content, Entry, EntryPath, Forecast, Gap, Guard, Kind, Listed, Listing, Pattern, References,
    Referring, Relation, Store, StoreError, Version, layout,
    refer::{self, Datastore, Reference, Whereabouts},
};
use rustix::fs::{Access, AtFlags, Mode, OFlags};

use crate::beneath;
use crate::children::Children;
use crate::credentials;
use crate::error::{Miss, NO_PERMISSION, OTHER_LINKS, OpenError};
use crate::form::{Form, POLICY, Place};
use crate::read::{self, Opened, READING, blocking};
use crate::record;
use crate::walk::{self, NO_DOCUMENT};

/// A directory, opened as a workspace.
#[derive(Clone)]
pub struct Directory {
    pub(crate) root: Arc<OwnedFd>,
    pub(crate) form: Arc<Form>,
    pub(crate) children: Arc<Children>,
    identity: Arc<str>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// Opens a directory. A link to a directory is followed here, once, and nowhere below.
    ///
    /// Waits for the disk. The store's own methods want to be called within a tokio runtime.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, OpenError> {
        let given = root.as_ref();
        let failed = |source: std::io::Error| OpenError::Directory {
            path: given.to_owned(),
            source,
        };
        let path = given.canonicalize().map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root =
            rustix::fs::open(&path, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let form = Form::of(&path)?;
        let identity = match &form {
            Form::Workspace { name, id } => format!("workspace:{name}/{id}"),
            Form::Plain => {
                let stat = rustix::fs::fstat(&root).map_err(|errno| failed(errno.into()))?;
                let names = path
                    .as_os_str()
                    .as_bytes()
                    .split(|byte| *byte == b'/')
                    .skip(1);
                let written = EntryPath::of_segments(names)
                    .map_or_else(|_| "/".to_owned(), |path| path.to_string());
                format!("directory:{written}#{:x}-{:x}", stat.st_dev, stat.st_ino)
            }
        };
        Ok(Self {
            root: Arc::new(root),
            form: Arc::new(form),
            children: Arc::default(),
            identity: identity.into(),
        })
    }

    /// Opens the file that holds an entry.
    pub(crate) fn reach(&self, path: &EntryPath) -> Result<(Place, Opened), StoreError> {
        let place = self.form.place(path)?;
        let opened = read::open(&self.root, &place.names).map_err(|miss| miss.at(path, READING))?;
        Ok((place, opened))
    }

    /// The document of a record, as it is.
    fn document(&self, path: &EntryPath) -> Result<Vec<u8>, StoreError> {
        let (_, opened) = self.reach(path)?;
        opened.whole().map_err(|miss| miss.at(path, READING))
    }

    fn stat_now(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        let place = self.form.place(path)?;
        if !place.kind.is_object() {
            let document = self.document(path)?;
            let no_document = || Miss::OutOfReach(NO_DOCUMENT).at(path, READING);
            return record::entry(path.clone(), place.kind, &document).ok_or_else(no_document);
        }
        // By name, not by opening: what may not be read can still be seen, and deleted.
        let stat = beneath::above(self.root.as_fd(), &place.names)
            .and_then(|(folder, name)| beneath::stat(folder.as_fd(), name))
            .and_then(|stat| beneath::regular(&stat).map(|()| stat))
            .map_err(|miss| miss.at(path, "looking at it"))?;
        Ok(walk::object(path.clone(), place.kind, &stat))
    }

    fn pin_now(&self, path: &EntryPath, version: &Version) -> Result<Version, StoreError> {
        let (place, opened) = self.reach(path)?;
        let pinned = if place.kind.is_object() {
            opened
                .check(version)
                .and_then(|()| opened.digest())
                .map(|digest| opened.stamp.pinned(&digest))
        } else {
            opened
                .whole()
                .map(|document| Version::of_document(&document))
        };
        let pinned = pinned.map_err(|miss| miss.at(path, "pinning"))?;
        if place.kind.is_object() || pinned == *version {
            Ok(pinned)
        } else {
            Err(StoreError::Changed(path.clone()))
        }
    }

    fn open_now(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        let (place, opened) = self.reach(path)?;
        if place.kind.is_object() {
            return read::content(path.clone(), opened, version, offset);
        }
        let document = opened.whole().map_err(|miss| miss.at(path, READING))?;
        if Version::of_document(&document) != *version {
            return Err(StoreError::Changed(path.clone()));
        }
        Ok(read::chunks(credentials::blanked(path, &document)?, offset))
    }

    /// What will become of an entry, from what the file system lets happen.
    fn forecast_now(&self, path: &EntryPath) -> Result<Forecast, StoreError> {
        let place = self.form.place(path)?;
        let seen = || {
            let (folder, name) = beneath::above(self.root.as_fd(), &place.names)?;
            let stat = beneath::stat(folder.as_fd(), name)?;
            beneath::regular(&stat)?;
            if stat.st_nlink > 1 {
                return Ok(Forecast::Impossible(OTHER_LINKS.to_owned()));
            }
            match rustix::fs::accessat(
                &folder,
                ".",
                Access::WRITE_OK | Access::EXEC_OK,
                AtFlags::EACCESS,
            ) {
                Ok(()) => Ok(Forecast::Gone),
                Err(errno) => Err(Miss::from(errno)),
            }
        };
        match seen() {
            Err(Miss::OutOfReach(reason) | Miss::Impossible(reason)) => {
                Ok(Forecast::Impossible(reason.to_owned()))
            }
            other => other.map_err(|miss| miss.at(path, "looking at it")),
        }
    }

    fn children_now(&self, of: &EntryPath) -> Result<Vec<Listed>, StoreError> {
        let (children, gaps) = self.children.of(&self.root, &self.form, of)?;
        let mut found: Vec<Listed> = gaps.into_iter().map(Listed::Gap).collect();
        for child in children {
            match self.stat_now(&child) {
                Ok(entry) => found.push(Listed::Entry(entry)),
                Err(StoreError::NotFound(_)) => {}
                Err(StoreError::OutOfReach { path, reason }) => {
                    found.push(Listed::Gap(Gap { path, reason }))
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The places that a record's document names, and the gaps where a name leads nowhere known.
    fn referenced_now(&self, of: &EntryPath) -> Result<(Vec<Pattern>, Vec<Gap>), StoreError> {
        match parse(self.document(of)?) {
            Some(document) => self.referred(of, &document),
            None => Ok(Default::default()),
        }
    }

    /// Where a model or a data asset says that its bytes are.
    fn files_now(&self, of: &EntryPath) -> Result<Whereabouts, StoreError> {
        let document = self.document(of)?;
        let address = parse(document).as_ref().and_then(refer::own_address);
        let Some(address) = address else {
            return Ok(Whereabouts::default());
        };
        let (places, gaps) = self.referred(of, &address.into())?;
        let places = places
            .iter()
            .filter_map(|place| EntryPath::of_segments(place.literal_prefix()).ok())
            .filter(|place| matches!(place.root(), "blobs" | "files"));
        Ok(Whereabouts {
            places: places.collect(),
            gaps,
            ..Whereabouts::default()
        })
    }

    /// Where a run says that its output of this name is.
    fn output_now(&self, of: &EntryPath, name: &str) -> Result<Whereabouts, StoreError> {
        let outputs = parse(self.document(of)?).as_ref().map(refer::outputs);
        let outputs = outputs.unwrap_or_default();
        let mut found = Whereabouts::default();
        if let Some(Some(address)) = outputs.get(name) {
            let (places, gaps) = self.referred(of, &address.as_str().into())?;
            found.gaps = gaps;
            for place in places {
                let Ok(path) = EntryPath::of_segments(place.literal_prefix()) else {
                    continue;
                };
                if matches!(path.root(), "blobs" | "files") {
                    found.places.push(path);
                    continue;
                }
                match self.files_now(&path) {
                    Ok(asset) => {
                        found.places.extend(asset.places);
                        found.gaps.extend(asset.gaps);
                    }
                    Err(StoreError::NotFound(path)) => found.gaps.push(refer::unknown(path)),
                    Err(StoreError::OutOfReach { path, reason }) => {
                        found.gaps.push(Gap { path, reason });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        found.names = outputs.into_keys().collect();
        Ok(found)
    }

    /// The places that a document names, which is that of a record or a part of it.
    fn referred(
        &self,
        of: &EntryPath,
        document: &serde_json::Value,
    ) -> Result<(Vec<Pattern>, Vec<Gap>), StoreError> {
        let account = self.account()?;
        let (mut places, mut gaps) = (Vec::new(), Vec::new());
        for reference in refer::references(document) {
            let (place, about) = match reference {
                Reference::Record(path) => {
                    places.extend(Pattern::exactly(&path).ok().filter(|_| path != *of));
                    continue;
                }
                Reference::Blob {
                    account: theirs,
                    path,
                } => (
                    refer::place("blobs", Some(&theirs), account.as_deref(), &path),
                    EntryPath::of_segments(["blobs"]),
                ),
                Reference::Datastore { name, path } => {
                    let Ok(record) = EntryPath::of_segments(["datastores", &name]) else {
                        continue;
                    };
                    let datastore = match self.document(&record) {
                        Ok(document) => parse(document).as_ref().and_then(Datastore::of),
                        Err(StoreError::NotFound(_) | StoreError::OutOfReach { .. }) => None,
                        Err(error) => return Err(error),
                    };
                    (
                        datastore.and_then(|datastore| datastore.place(&path, account.as_deref())),
                        Ok(record),
                    )
                }
            };
            match (place, about) {
                (Some((place, true)), _) => {
                    let names = place.literal_prefix();
                    let path = EntryPath::of_segments(names).unwrap_or_else(|_| of.clone());
                    gaps.push(Gap {
                        path,
                        reason: refer::ELSEWHERE.to_owned(),
                    });
                }
                (Some((place, false)), _) => places.push(place),
                (None, about) => {
                    gaps.push(refer::unknown(about.unwrap_or_else(|_| of.clone())));
                }
            }
        }
        // A place inside another is listed with it.
        places.sort_by_key(|place| place.literal_prefix());
        places.dedup_by(|next, last| next.literal_prefix().starts_with(&last.literal_prefix()));
        gaps.sort();
        gaps.dedup();
        Ok((places, gaps))
    }

    /// What one record refers to, in places of this workspace and others.
    async fn referring(
        &self,
        listed: Result<Listed, StoreError>,
    ) -> Result<Vec<Referring>, StoreError> {
        let by = match listed? {
            Listed::Gap(gap) => return Ok(vec![Referring::Gap(gap)]),
            Listed::Entry(entry) => entry.path,
        };
        let places = match self.wait(&by, Self::referenced_now).await {
            Ok((places, _elsewhere)) => places,
            // It went while it was looked at, and refers to nothing any more.
            Err(StoreError::NotFound(_)) => return Ok(Vec::new()),
            Err(StoreError::OutOfReach { path, reason }) => {
                return Ok(vec![Referring::Gap(Gap { path, reason })]);
            }
            Err(error) => return Err(error),
        };
        let places = places
            .iter()
            .filter_map(|place| EntryPath::of_segments(place.literal_prefix()).ok());
        Ok(places
            .map(|to| Referring::To { by: by.clone(), to })
            .collect())
    }

    /// The name of the workspace's own storage account, where its record says.
    fn account(&self) -> Result<Option<String>, StoreError> {
        let path = EntryPath::of_segments(["workspace"]).expect("a constant");
        let document = match self.document(&path) {
            Ok(document) => document,
            Err(StoreError::NotFound(_) | StoreError::OutOfReach { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let value: Option<serde_json::Value> = serde_json::from_slice(&document).ok();
        let id =
            value.and_then(|value| remit_workspace::record::member_text(&value, "storageAccount"));
        Ok(id.and_then(|id| id.rsplit('/').next().map(str::to_owned)))
    }

    fn policy_now(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = EntryPath::of_segments([POLICY, name]).expect("two names");
        let read = || {
            // Only a name that is not there is an absence; a link, or a file for the folder, is not.
            if beneath::is_absent(self.root.as_fd(), POLICY.as_bytes()) {
                return Ok(None);
            }
            let folder = beneath::passable(self.root.as_fd(), POLICY.as_bytes())?;
            if beneath::is_absent(folder.as_fd(), name.as_bytes()) {
                return Ok(None);
            }
            Opened::at(folder.as_fd(), name.as_bytes())?
                .whole()
                .map(Some)
        };
        read().map_err(|miss| match miss {
            Miss::Absent => Miss::OutOfReach("not a regular file").at(&path, READING),
            miss => miss.at(&path, READING),
        })
    }

    /// Runs one of the methods above where waiting is allowed.
    pub(crate) async fn wait<T: Send + 'static>(
        &self,
        path: &EntryPath,
        act: impl FnOnce(&Self, &EntryPath) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (this, own) = (self.clone(), path.clone());
        blocking(path, move || act(&this, &own)).await
    }

    fn list_each(&self, places: Vec<Pattern>) -> Listing {
        let this = self.clone();
        futures::stream::iter(places)
            .flat_map(move |place| this.list(&place))
            .boxed()
    }
}

/// A record's document; none for what is no JSON.
fn parse(document: Vec<u8>) -> Option<serde_json::Value> {
    serde_json::from_slice(&document).ok()
}

#[async_trait]
impl Store for Directory {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn list(&self, what: &Pattern) -> Listing {
        walk::list(self.root.clone(), self.form.clone(), what)
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        self.wait(path, Self::stat_now).await
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        // No more is read than was listed, or it has changed.
        if entry.kind.is_object() && entry.size_bytes.is_some_and(read::is_short) {
            return self.pin_now(&entry.path, &entry.version);
        }
        let version = entry.version.clone();
        self.wait(&entry.path, move |this, path| this.pin_now(path, &version))
            .await
    }

    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        let version = version.clone();
        self.wait(path, move |this, path| {
            this.open_now(path, &version, offset)
        })
        .await
    }

    /// Nothing: a directory keeps no generations.
    fn generations(&self, _of: &EntryPath) -> Listing {
        futures::stream::empty().boxed()
    }

    fn parts(&self, of: &EntryPath, relation: Relation) -> Listing {
        let this = self.clone();
        let of = of.clone();
        if *self.form == Form::Plain || Kind::of(&of).is_none_or(Kind::is_object) {
            return futures::stream::empty().boxed();
        }
        let found = async move {
            let listed = match relation {
                Relation::Referenced => {
                    let (places, gaps) = this.wait(&of, Self::referenced_now).await?;
                    this.list_each(places)
                        .chain(futures::stream::iter(
                            gaps.into_iter().map(Listed::Gap).map(Ok),
                        ))
                        .boxed()
                }
                Relation::Owned if of.root() == "runs" => {
                    let children = this.wait(&of, Self::children_now).await?;
                    let children = futures::stream::iter(children.into_iter().map(Ok));
                    children
                        .chain(this.list_each(layout::owned_places(&of)))
                        .boxed()
                }
                Relation::Owned => this.list_each(layout::owned_places(&of)),
            };
            Ok::<_, StoreError>(listed)
        };
        futures::stream::once(found).try_flatten().boxed()
    }

    async fn files(&self, of: &EntryPath) -> Result<Whereabouts, StoreError> {
        match Kind::of(of) {
            Some(Kind::Model | Kind::Data) => self.wait(of, Self::files_now).await,
            _ => self.stat(of).await.map(|_| Whereabouts::default()),
        }
    }

    async fn output(&self, of: &EntryPath, name: &str) -> Result<Whereabouts, StoreError> {
        let name = name.to_owned();
        match Kind::of(of) {
            Some(Kind::Run) => {
                self.wait(of, move |this, of| this.output_now(of, &name))
                    .await
            }
            _ => self.stat(of).await.map(|_| Whereabouts::default()),
        }
    }

    fn references(&self) -> References {
        if *self.form == Form::Plain {
            return futures::stream::empty().boxed();
        }
        let this = self.clone();
        self.list_each(record_roots())
            .then(move |listed| {
                let this = this.clone();
                async move { this.referring(listed).await }
            })
            .map(|found| match found {
                Ok(found) => futures::stream::iter(found.into_iter().map(Ok)).boxed(),
                Err(error) => futures::stream::iter([Err(error)]).boxed(),
            })
            .flatten()
            .boxed()
    }

    fn guard(&self, _path: &EntryPath) -> Guard {
        Guard::Checked
    }

    async fn forecast(&self, entry: &Entry, _purge: bool) -> Forecast {
        match self.forecast_now(&entry.path) {
            Ok(forecast) => forecast,
            Err(StoreError::NotFound(_)) => Forecast::Unknown("it is no longer there".to_owned()),
            Err(_) => Forecast::Unknown("looking at it failed".to_owned()),
        }
    }

    fn writable_fields(&self, path: &EntryPath) -> &'static [&'static str] {
        Kind::of(path).map_or(&[], remit_workspace::record::writable_fields)
    }

    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = policy_path(name)?;
        let name = name.to_owned();
        self.wait(&path, move |this, _| this.policy_now(&name))
            .await
    }
}

/// Where records are. Objects refer to nothing.
fn record_roots() -> Vec<Pattern> {
    [
        "workspace",
        "experiments",
        "runs",
        "models",
        "data",
        "components",
        "environments",
        "codes",
        "datastores",
        "computes",
        "endpoints",
        "services",
        "pipelines",
        "schedules",
        "resources",
        "telemetry",
    ]
    .iter()
    .map(|root| Pattern::parse(&format!("/{root}/**")).expect("constants"))
    .collect()
}

/// The path to name when something about a policy file goes wrong.
pub(crate) fn policy_path(name: &str) -> Result<EntryPath, StoreError> {
    let path = EntryPath::of_segments([POLICY, name]).expect("two names");
    if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
        return Err(Miss::OutOfReach(NO_PERMISSION).at(&path, READING));
    }
    Ok(path)
}

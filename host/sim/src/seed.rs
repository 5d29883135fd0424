//! What the account holds before anybody asks: blobs and files from memory or from a directory,
//! and holds that only the management plane could set. None of it is in the mutation log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use crate::blob::put::{described, md5};
use crate::blob::state::{Container, Http, Kind};
use crate::clock::stamp;
use crate::file::state::{Directory, Facts, File, Node, Share, segments};
use crate::generated::Generated;
use crate::lease::Lease;
use crate::mutation::Service;
use crate::request::Request;
use crate::storage::Storage;
use crate::world::World;

/// What lies under a name, hidden or not: for tests that do not want to trust a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The blob's name.
    pub blob: String,
    /// Empty for the base, else `?versionid=…` or `?snapshot=…`.
    pub generation: String,
    /// Whether it is soft-deleted.
    pub hidden: bool,
    /// The ETag, with its quotes.
    pub etag: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// Why a directory could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file or folder cannot be read.
    #[error("cannot read {path} to fill the account")]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server to fill cannot be started.
    #[error("cannot open the port")]
    Start(#[source] io::Error),
    /// A name that the service would not take.
    #[error("{path} has a name that the service does not take")]
    Name {
        /// Which one.
        path: PathBuf,
    },
}

impl Storage {
    /// Makes a container.
    pub fn seed_container(&self, name: &str) {
        seed_container(&mut self.shared.world(), name);
    }

    /// Puts a block blob, in a container that is made if need be.
    pub fn seed_blob(&self, container: &str, name: &str, content: impl Into<Bytes>) {
        seed_blob(&mut self.shared.world(), container, name, content.into());
    }

    /// Makes a container of `count` blobs of `size` bytes, called `prefix` and nine digits.
    /// They are computed, not stored.
    pub fn seed_generated(&self, container: &str, prefix: &str, count: u64, size: u64) {
        let mut world = self.shared.world();
        let now = world.tick().now;
        seed_container(&mut world, container).generated =
            Some(Generated::new(prefix.into(), count, size, now));
    }

    /// Sets or clears a legal hold on a container.
    pub fn hold_container(&self, container: &str, held: bool) {
        seed_container(&mut self.shared.world(), container).legal_hold = held;
    }

    /// Keeps the blobs of a container unchanged for so many days after they were made.
    pub fn keep_container(&self, container: &str, days: Option<u32>) {
        let days = days.map(|days| (days, false));
        seed_container(&mut self.shared.world(), container).immutable_days = days;
    }

    /// Everything a container holds, hidden or not; computed names are left out.
    pub fn holdings(&self, container: &str) -> Vec<Holding> {
        let world = self.shared.world();
        let now = world.now();
        let Some(container) = world.blobs.containers.get(container) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (blob, name) in &container.names {
            let mut name = name.clone();
            name.sweep(now);
            for (generation, state) in name.generations() {
                found.push(Holding {
                    blob: blob.clone(),
                    generation,
                    hidden: state.deleted.is_some(),
                    etag: state.etag.clone(),
                    content: state.content.pieces().concat(),
                });
            }
        }
        found
    }

    /// Makes a share.
    pub fn seed_share(&self, name: &str) {
        seed_share(&mut self.shared.world(), name);
    }

    /// Puts a file, in directories and a share that are made if need be. False if its path is
    /// none that the service allows.
    pub fn seed_file(&self, share: &str, path: &str, content: impl Into<Bytes>) -> bool {
        seed_file(&mut self.shared.world(), share, path, content.into()).is_some()
    }

    /// Takes in a workspace directory: `blobs/<container>/…`, `files/<share>/…`.
    pub fn seed_directory(&self, from: &Path) -> Result<(), SeedError> {
        for container in children(&from.join("blobs"))? {
            if !container.is_dir() {
                continue;
            }
            let name = last(&container);
            self.seed_container(&name);
            for file in files(&container)? {
                let content = read(&file)?;
                self.seed_blob(&name, &relative(&file, &container), content);
            }
        }
        for share in children(&from.join("files"))? {
            if !share.is_dir() {
                continue;
            }
            let name = last(&share);
            self.seed_share(&name);
            for file in files(&share)? {
                let content = read(&file)?;
                if !self.seed_file(&name, &relative(&file, &share), content) {
                    return Err(SeedError::Name { path: file });
                }
            }
        }
        Ok(())
    }
}

fn seed_container<'a>(world: &'a mut World, name: &str) -> &'a mut Container {
    let tick = world.tick();
    world
        .blobs
        .containers
        .entry(name.to_owned())
        .or_insert_with(|| Container::new(tick.etag, tick.now))
}

fn seed_blob(world: &mut World, container: &str, name: &str, content: Bytes) {
    let tick = world.tick();
    // As a client would have put it that says nothing besides.
    let request = Request {
        service: Service::Blob,
        method: Method::PUT,
        raw_path: String::new(),
        container: container.to_owned(),
        name: name.to_owned(),
        query: Vec::new(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    let digest = md5(&content);
    let Ok(mut generation) = described(&request, Kind::Block, content.into(), &tick) else {
        return;
    };
    generation.http.md5 = digest;
    generation.version = tick.settings.versioning.then(|| stamp(tick.now));
    let container = seed_container(world, container);
    container.names.entry(name.to_owned()).or_default().base = Some(generation);
}

fn seed_share<'a>(world: &'a mut World, name: &str) -> &'a mut Share {
    let tick = world.tick();
    world
        .shares
        .shares
        .entry(name.to_owned())
        .or_insert_with(|| Share::new(&tick))
}

fn seed_file(world: &mut World, share: &str, path: &str, content: Bytes) -> Option<()> {
    let path = segments(path, true).ok()?;
    let (name, parents) = path.split_last()?;
    let tick = world.tick();
    let mut directory = &mut seed_share(world, share).tree.root;
    for parent in parents {
        if directory.child(parent).is_none() {
            let made = Directory::new(Facts::new(&tick));
            directory.insert(parent, Node::Directory(made));
        }
        directory = match directory.child_mut(parent)? {
            Node::Directory(next) => next,
            Node::File(_) => return None,
        };
    }
    let http = Http {
        content_type: "application/octet-stream".into(),
        md5: md5(&content),
        ..Http::default()
    };
    let file = File {
        facts: Facts::new(&tick),
        content: content.into(),
        http,
        lease: Lease::default(),
    };
    directory.insert(name, Node::File(Box::new(file)));
    Some(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SeedError {
    let path = path.to_owned();
    |source| SeedError::Read { path, source }
}

/// The entries of a directory in order; none if there is no such directory.
fn children(folder: &Path) -> Result<Vec<PathBuf>, SeedError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.map_err(failed(folder))?.path());
    }
    found.sort();
    Ok(found)
}

/// All files below a directory.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, SeedError> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for child in children(&folder)? {
            let kind = fs::symlink_metadata(&child)
                .map_err(failed(&child))?
                .file_type();
            if kind.is_dir() {
                open.push(child);
            } else if kind.is_file() {
                found.push(child);
            }
        }
    }
    Ok(found)
}

pub(crate) fn read(file: &Path) -> Result<Bytes, SeedError> {
    fs::read(file).map(Bytes::from).map_err(failed(file))
}

fn last(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

pub(crate) fn relative(path: &Path, to: &Path) -> String {
    path.strip_prefix(to)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

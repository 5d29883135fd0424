//! What lies in the file service: shares, their snapshots, and trees of directories and files.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;

use crate::blob::state::{Deleted, Http};
use crate::content::Content;
use crate::lease::Lease;
use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::world::Tick;

/// What directories and files have in common.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) id: u64,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) metadata: BTreeMap<String, String>,
    /// What SMB knows of it, where somebody said it: attributes, and the key of its permission.
    pub(crate) attributes: Option<String>,
    pub(crate) permission: Option<String>,
}

impl Facts {
    pub(crate) fn new(tick: &Tick) -> Self {
        Self {
            id: tick.id,
            etag: tick.etag.clone(),
            created: tick.now,
            modified: tick.now,
            metadata: BTreeMap::new(),
            attributes: None,
            permission: None,
        }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        let said = self.attributes.as_deref().unwrap_or_default();
        said.split('|').any(|each| each.trim() == "ReadOnly")
    }

    pub(crate) fn renew(&mut self, tick: &Tick) {
        self.etag.clone_from(&tick.etag);
        self.modified = tick.now;
    }
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) facts: Facts,
    pub(crate) content: Content,
    pub(crate) http: Http,
    pub(crate) lease: Lease,
}

/// A directory. Its children are found whatever the case, and keep the name they were given.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) facts: Facts,
    children: BTreeMap<String, (String, Node)>,
}

/// What a directory holds.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Directory(Directory),
    File(Box<File>),
}

impl Node {
    pub(crate) fn facts(&self) -> &Facts {
        match self {
            Self::Directory(directory) => &directory.facts,
            Self::File(file) => &file.facts,
        }
    }
}

fn key(name: &str) -> String {
    name.to_lowercase()
}

impl Directory {
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            facts,
            children: BTreeMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.get(&key(name)).map(|(_, node)| node)
    }

    pub(crate) fn child_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.children.get_mut(&key(name)).map(|(_, node)| node)
    }

    pub(crate) fn insert(&mut self, name: &str, node: Node) {
        self.children.insert(key(name), (name.to_owned(), node));
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Node> {
        self.children.remove(&key(name)).map(|(_, node)| node)
    }

    /// Children in order, from a key on, with the key at which each begins.
    pub(crate) fn from(&self, start: &str) -> impl Iterator<Item = (&str, &str, &Node)> {
        self.children
            .range::<str, _>((Bound::Included(start), Bound::Unbounded))
            .map(|(key, (name, node))| (key.as_str(), name.as_str(), node))
    }

    /// The directory at a path.
    pub(crate) fn at(&self, path: &[String]) -> Result<&Self, Refusal> {
        let mut directory = self;
        for name in path {
            directory = match directory.child(name) {
                Some(Node::Directory(next)) => next,
                _ => return Err(Code::ResourceNotFound.into()),
            };
        }
        Ok(directory)
    }

    /// The directory that something is to be put in.
    pub(crate) fn parent_mut(&mut self, path: &[String]) -> Result<&mut Self, Refusal> {
        let mut directory = self;
        for name in path {
            directory = match directory.child_mut(name) {
                Some(Node::Directory(next)) => next,
                _ => return Err(Code::ParentNotFound.into()),
            };
        }
        Ok(directory)
    }
}

/// A share as it is, or as it was when a snapshot was taken.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) root: Directory,
}

/// A share.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) tree: Tree,
    pub(crate) quota: u64,
    pub(crate) lease: Lease,
    pub(crate) snapshots: BTreeMap<String, Tree>,
    pub(crate) deleted: Option<Deleted>,
}

/// The file service.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    pub(crate) shares: BTreeMap<String, Share>,
    /// Shares in their retention, by name and version.
    pub(crate) deleted: BTreeMap<(String, String), Share>,
}

impl Shares {
    pub(crate) fn share(&self, name: &str) -> Result<&Share, Refusal> {
        self.shares.get(name).ok_or(Code::ShareNotFound.into())
    }

    pub(crate) fn share_mut(&mut self, name: &str) -> Result<&mut Share, Refusal> {
        self.shares.get_mut(name).ok_or(Code::ShareNotFound.into())
    }

    /// What a request reads: the share, or the snapshot it names.
    pub(crate) fn tree(&self, request: &Request) -> Result<&Tree, Refusal> {
        let share = self.share(&request.container)?;
        match request.parameter("sharesnapshot") {
            None => Ok(&share.tree),
            Some(id) => share.snapshots.get(id).ok_or(Code::ShareNotFound.into()),
        }
    }
}

/// The segments of a path.
///
/// Without `x-ms-allow-trailing-dot` the service trims dots at the end of each.
pub(crate) fn segments(path: &str, keeps_dots: bool) -> Result<Vec<String>, Refusal> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/')
        .map(|name| {
            let kept = if keeps_dots {
                name
            } else {
                name.trim_end_matches('.')
            };
            let legal = !kept.is_empty()
                && kept.chars().count() <= 255
                && !kept.contains(['"', '\\', ':', '|', '<', '>', '*', '?'])
                && !kept.chars().any(char::is_control);
            if legal {
                Ok(kept.to_owned())
            } else {
                Err(Code::InvalidFileOrDirectoryPathName.into())
            }
        })
        .collect()
}

/// The segments that a request addresses.
pub(crate) fn path(request: &Request) -> Result<Vec<String>, Refusal> {
    let keeps_dots = request.flag("x-ms-allow-trailing-dot")? == Some(true);
    segments(&request.name, keeps_dots)
}

//! What lies in the blob service: containers, names, and the generations under each name.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::content::Content;
use crate::generated::Generated;
use crate::lease::Lease;
use crate::refusal::{Code, Refusal};

/// What a soft delete leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

impl Deleted {
    pub(crate) fn now(now: Timestamp, days: u32) -> Self {
        let until = now
            .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
            .unwrap_or(Timestamp::MAX);
        Self { at: now, until }
    }

    /// Whole days left, as a listing says it.
    pub(crate) fn days_left(&self, now: Timestamp) -> i64 {
        self.until.duration_since(now).as_hours().max(0) / 24
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Block,
    Append,
    Page,
}

impl Kind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Block => "BlockBlob",
            Self::Append => "AppendBlob",
            Self::Page => "PageBlob",
        }
    }
}

/// The headers that are kept with the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) content_type: String,
    pub(crate) encoding: String,
    pub(crate) language: String,
    pub(crate) disposition: String,
    pub(crate) cache_control: String,
    /// Base64.
    pub(crate) md5: String,
}

/// Time-based immutability of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Immutability {
    pub(crate) until: Timestamp,
    pub(crate) locked: bool,
}

/// One state of a blob: its base, a version, or a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Generation {
    pub(crate) kind: Kind,
    pub(crate) content: Content,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) http: Http,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// None: the account's default, `Hot`, inferred.
    pub(crate) tier: Option<String>,
    pub(crate) lease: Lease,
    pub(crate) immutability: Option<Immutability>,
    pub(crate) legal_hold: bool,
    pub(crate) sequence_number: u64,
    /// The committed blocks of a block blob: id and length.
    pub(crate) blocks: Vec<(String, u64)>,
    /// Appended so often.
    pub(crate) appended: u64,
    /// On an account with versions: when this state began.
    pub(crate) version: Option<String>,
    /// When this snapshot was taken.
    pub(crate) snapshot: Option<String>,
    pub(crate) deleted: Option<Deleted>,
}

/// All that lies under one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Name {
    /// The blob itself; without versioning it may be soft-deleted.
    pub(crate) base: Option<Generation>,
    /// Previous versions, oldest first.
    pub(crate) versions: Vec<Generation>,
    /// Snapshots, oldest first.
    pub(crate) snapshots: Vec<Generation>,
    /// Blocks that were put and not yet committed, by id.
    pub(crate) blocks: BTreeMap<String, Bytes>,
}

impl Name {
    /// The base, if it is there to be read.
    pub(crate) fn live(&self) -> Option<&Generation> {
        self.base.as_ref().filter(|base| base.deleted.is_none())
    }

    pub(crate) fn live_mut(&mut self) -> Option<&mut Generation> {
        self.base.as_mut().filter(|base| base.deleted.is_none())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.base.is_none()
            && self.versions.is_empty()
            && self.snapshots.is_empty()
            && self.blocks.is_empty()
    }

    /// Every generation with its key: empty for the base.
    pub(crate) fn generations(&self) -> impl Iterator<Item = (String, &Generation)> {
        let base = self.base.iter().map(|base| (String::new(), base));
        let versions = self.versions.iter().map(|version| {
            let id = version.version.as_deref().unwrap_or_default();
            (format!("?versionid={id}"), version)
        });
        let snapshots = self.snapshots.iter().map(|snapshot| {
            let id = snapshot.snapshot.as_deref().unwrap_or_default();
            (format!("?snapshot={id}"), snapshot)
        });
        base.chain(versions).chain(snapshots)
    }

    pub(crate) fn generation(&self, key: &str) -> Option<&Generation> {
        self.generations()
            .find(|(each, _)| each == key)
            .map(|(_, generation)| generation)
    }

    /// Lets go what retention has let go.
    pub(crate) fn sweep(&mut self, now: Timestamp) {
        let stays = |generation: &Generation| {
            generation
                .deleted
                .as_ref()
                .is_none_or(|deleted| deleted.until > now)
        };
        if self.base.as_ref().is_some_and(|base| !stays(base)) {
            self.base = None;
        }
        self.versions.retain(stays);
        self.snapshots.retain(stays);
    }
}

/// A container.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) lease: Lease,
    pub(crate) public: Option<String>,
    /// Stored access policies, as they were put.
    pub(crate) policies: Vec<(String, String, String, String)>,
    pub(crate) legal_hold: bool,
    /// Days a blob is immutable after it was created, and whether that is locked.
    pub(crate) immutable_days: Option<(u32, bool)>,
    pub(crate) deleted: Option<(Deleted, String)>,
    pub(crate) names: BTreeMap<String, Name>,
    pub(crate) generated: Option<Generated>,
}

impl Container {
    pub(crate) fn new(etag: String, now: Timestamp) -> Self {
        Self {
            etag,
            modified: now,
            metadata: BTreeMap::new(),
            lease: Lease::default(),
            public: None,
            policies: Vec::new(),
            legal_hold: false,
            immutable_days: None,
            deleted: None,
            names: BTreeMap::new(),
            generated: None,
        }
    }

    /// What lies under a name, computed or stored.
    pub(crate) fn name(&self, name: &str) -> Option<std::borrow::Cow<'_, Name>> {
        if let Some(found) = self.names.get(name) {
            return Some(std::borrow::Cow::Borrowed(found));
        }
        let generated = self.generated.as_ref()?;
        Some(std::borrow::Cow::Owned(generated.find(name)?))
    }
}

/// How one name was before one of the last changes.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) container: String,
    pub(crate) name: String,
    pub(crate) was: Name,
}

/// How many past states are kept for a listing that is behind.
const PAST_MAX: usize = 256;

/// The blob service.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    pub(crate) containers: BTreeMap<String, Container>,
    /// Containers in their retention, by name and version.
    pub(crate) deleted: BTreeMap<(String, String), Container>,
    pub(crate) past: VecDeque<Past>,
}

impl Blobs {
    pub(crate) fn container(&self, name: &str) -> Result<&Container, Refusal> {
        self.containers
            .get(name)
            .ok_or(Code::ContainerNotFound.into())
    }

    pub(crate) fn container_mut(&mut self, name: &str) -> Result<&mut Container, Refusal> {
        self.containers
            .get_mut(name)
            .ok_or(Code::ContainerNotFound.into())
    }

    pub(crate) fn remember(&mut self, past: Past) {
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back(past);
    }
}

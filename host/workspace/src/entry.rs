//! One thing in a workspace, as it was when it was listed.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::{EntryPath, Properties};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// One entry as a store listed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its canonical path.
    pub path: EntryPath,
    /// What it is.
    pub kind: Kind,
    /// Bytes of content, where the service says.
    pub size_bytes: Option<u64>,
    /// Which state of it this is.
    pub version: Version,
    /// When it was made, where the service says.
    pub created: Option<Millis>,
    /// When it last changed, where the service says.
    pub modified: Option<Millis>,
    /// Open facts: `owner`, `status`, `tier`, `content-type`, `tag:<name>`. They need the right to read.
    pub properties: Properties,
}

/// What an entry is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the word that `as_str` gives")]
pub enum Kind {
    Blob,
    File,
    Workspace,
    Experiment,
    Run,
    Metrics,
    Model,
    Data,
    Component,
    Environment,
    Code,
    Datastore,
    Compute,
    Endpoint,
    Service,
    Pipeline,
    Schedule,
    Resource,
    Telemetry,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Blob,
        Self::File,
        Self::Workspace,
        Self::Experiment,
        Self::Run,
        Self::Metrics,
        Self::Model,
        Self::Data,
        Self::Component,
        Self::Environment,
        Self::Code,
        Self::Datastore,
        Self::Compute,
        Self::Endpoint,
        Self::Service,
        Self::Pipeline,
        Self::Schedule,
        Self::Resource,
        Self::Telemetry,
    ];

    /// The word for it, as guests, plans and people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::File => "file",
            Self::Workspace => "workspace",
            Self::Experiment => "experiment",
            Self::Run => "run",
            Self::Metrics => "metrics",
            Self::Model => "model",
            Self::Data => "data",
            Self::Component => "component",
            Self::Environment => "environment",
            Self::Code => "code",
            Self::Datastore => "datastore",
            Self::Compute => "compute",
            Self::Endpoint => "endpoint",
            Self::Service => "service",
            Self::Pipeline => "pipeline",
            Self::Schedule => "schedule",
            Self::Resource => "resource",
            Self::Telemetry => "telemetry",
        }
    }

    /// The kind of this name; none when it is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind that entries of this path have.
    ///
    /// None for a path that can hold no entry, such as `/runs` or `/nonsense/x`.
    pub fn of(path: &EntryPath) -> Option<Self> {
        let segments: Vec<&str> = path.written_segments().collect();
        Some(match segments.as_slice() {
            ["blobs", _, _, ..] => Self::Blob,
            ["files", _, ..] => Self::File,
            ["workspace"] => Self::Workspace,
            ["experiments", _] => Self::Experiment,
            ["runs", _] => Self::Run,
            ["runs", _, "metrics"] => Self::Metrics,
            ["models", _, _] => Self::Model,
            ["data", _, _] => Self::Data,
            ["components", _, _] => Self::Component,
            ["environments", _, _] => Self::Environment,
            ["codes", _, _] => Self::Code,
            ["datastores", _] => Self::Datastore,
            ["computes", _] => Self::Compute,
            ["endpoints", "online" | "batch", _]
            | ["endpoints", "online" | "batch", _, "deployments", _] => Self::Endpoint,
            ["services", _] => Self::Service,
            ["pipelines", _] => Self::Pipeline,
            ["schedules", _] => Self::Schedule,
            [
                "resources",
                "storage" | "registry" | "insights" | "logs" | "vault",
                _,
            ] => Self::Resource,
            // A table, or the rows of it whose column has this value.
            ["telemetry", _, _] | ["telemetry", _, _, _, _] => Self::Telemetry,
            _ => return None,
        })
    }

    /// Whether entries of this kind hold bytes (objects) rather than a document of the service (records).
    pub fn is_object(self) -> bool {
        matches!(self, Self::Blob | Self::File)
    }

    /// Whether the service can archive records of this kind: hide them from its usual listings, and keep
    /// them. From then on their property `archived` is `true`.
    pub fn can_be_archived(self) -> bool {
        match self {
            Self::Run
            | Self::Experiment
            | Self::Model
            | Self::Data
            | Self::Component
            | Self::Environment => true,
            Self::Blob
            | Self::File
            | Self::Workspace
            | Self::Metrics
            | Self::Code
            | Self::Datastore
            | Self::Compute
            | Self::Endpoint
            | Self::Service
            | Self::Pipeline
            | Self::Schedule
            | Self::Resource
            | Self::Telemetry => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which state of an entry was seen: an ETag, a digest of the document, or what a file system knows.
///
/// Opaque: only the store that made it compares it. Two equal versions are the same state, as
/// strictly as the backend allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    /// A version of a store's own making; any text that is not empty.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The version of a document: its SHA-256.
    pub fn of_document(bytes: &[u8]) -> Self {
        Self(format!("sha256-{}", hex::encode(Sha256::digest(bytes))).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How strictly a backend ties a change to the version it was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Read again, then act: a small race remains.
    Checked,
    /// Leased, read again, then act.
    Leased,
    /// A condition that the service enforces with the act.
    Atomic,
}

impl Guard {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Leased => "leased",
            Self::Atomic => "atomic",
        }
    }
}

/// A place that could not be looked at, and why. Silence never means clean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The entry, or the place below which nothing is known.
    pub path: EntryPath,
    /// One phrase, such as `no permission to list`.
    pub reason: String,
}

//! A workspace and a disk that stop everything at one point: as if the process had died there.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use remit_apply::{Append, Deleted, Durable, StoreMut};
use remit_policy::Permitted;
use remit_workspace::{
    Content, Entry, EntryPath, Forecast, Guard, Listing, Memory, Pattern, References, Relation,
    Store, StoreError, Version,
};
use tokio::sync::Notify;

/// Counts the points passed, and stops at one.
#[derive(Debug)]
pub(crate) struct Points {
    passed: AtomicUsize,
    stop_at: usize,
    pub(crate) stopped: Notify,
}

impl Points {
    pub(crate) fn new(stop_at: usize) -> Arc<Self> {
        Arc::new(Self {
            passed: AtomicUsize::new(0),
            stop_at,
            stopped: Notify::new(),
        })
    }

    /// Never returns at the point where all stops, nor at any later one.
    async fn pass(&self) {
        if !self.is_open() {
            std::future::pending::<()>().await;
        }
    }

    fn is_open(&self) -> bool {
        let point = self.passed.fetch_add(1, Ordering::SeqCst);
        if point >= self.stop_at {
            self.stopped.notify_one();
        }
        point < self.stop_at
    }
}

/// The disk: a stop before a flush, in its middle (half of the bytes), or after it.
pub(crate) struct StoppingDisk(pub(crate) Arc<Points>);

#[async_trait]
impl Append for StoppingDisk {
    async fn append(&self, file: &Path, at: u64, bytes: Vec<u8>) -> io::Result<()> {
        self.0.pass().await;
        if !self.0.is_open() {
            Durable
                .append(file, at, bytes[..bytes.len() / 2].to_vec())
                .await?;
            std::future::pending::<()>().await;
        }
        Durable.append(file, at, bytes).await?;
        self.0.pass().await;
        Ok(())
    }
}

/// The workspace: a stop before or after each call.
#[derive(Debug)]
pub(crate) struct StoppingStore {
    pub(crate) inner: Arc<Memory>,
    pub(crate) points: Arc<Points>,
}

macro_rules! passing {
    ($self:ident, $call:expr) => {{
        $self.points.pass().await;
        let answer = $call.await;
        $self.points.pass().await;
        answer
    }};
}

#[async_trait]
impl Store for StoppingStore {
    fn identity(&self) -> &str {
        self.inner.identity()
    }

    fn list(&self, what: &Pattern) -> Listing {
        self.inner.list(what)
    }

    async fn stat(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        passing!(self, self.inner.stat(path))
    }

    async fn pin(&self, entry: &Entry) -> Result<Version, StoreError> {
        self.inner.pin(entry).await
    }

    async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        passing!(self, self.inner.open(path, version, offset))
    }

    fn generations(&self, of: &EntryPath) -> Listing {
        self.inner.generations(of)
    }

    fn parts(&self, of: &EntryPath, relation: Relation) -> Listing {
        self.inner.parts(of, relation)
    }

    fn references(&self) -> References {
        self.inner.references()
    }

    fn guard(&self, path: &EntryPath) -> Guard {
        self.inner.guard(path)
    }

    async fn forecast(&self, entry: &Entry, purge: bool) -> Forecast {
        self.inner.forecast(entry, purge).await
    }

    fn writable_fields(&self, path: &EntryPath) -> &'static [&'static str] {
        self.inner.writable_fields(path)
    }

    async fn policy_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.policy_file(name).await
    }
}

#[async_trait]
impl StoreMut for StoppingStore {
    async fn delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        passing!(self, self.inner.delete(permitted, version))
    }

    async fn resume_delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        passing!(self, self.inner.resume_delete(permitted, version))
    }

    async fn detach(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        passing!(self, self.inner.detach(permitted, version))
    }

    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError> {
        passing!(self, self.inner.replace(permitted, version, content))
    }

    async fn patch(
        &self,
        permitted: &Permitted,
        version: &Version,
        document: Bytes,
    ) -> Result<Version, StoreError> {
        passing!(self, self.inner.patch(permitted, version, document))
    }

    async fn archive(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Version, StoreError> {
        passing!(self, self.inner.archive(permitted, version))
    }

    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.write_policy_file(name, bytes).await
    }
}

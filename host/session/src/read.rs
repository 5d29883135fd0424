//! Content of one version, as a guest reads it itself.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use remit_policy::Right;
use remit_workspace::{Content, EntryPath};

use crate::budget::Open;
use crate::{Answer, Failure, Named, Scope};

/// An open reader. Dropping it closes it.
pub struct Reader {
    scope: Scope,
    path: EntryPath,
    content: Content,
    held: Bytes,
    end: bool,
    dead: Option<Failure>,
    _open: Open,
}

/// A chunk costs one crossing into the sandbox: below 64 KiB the crossing dominates, above 256 KiB
/// nothing is gained.
const CHUNK_MIN: usize = 64 << 10;
const CHUNK_MAX: u32 = 256 << 10;

impl Scope {
    /// Opens an entry that a guest names, from byte `offset` on.
    pub async fn open(&self, named: &Named, offset: u64) -> Answer<Reader> {
        self.session.meter.call()?;
        let path = crate::scope::canonical(&named.path)?;
        self.check(Right::Read, &path)?;
        let open = self.session.meter.open()?;
        let entry = self.entry(named).await?;
        let content = self.session.store.open(&path, &entry.version, offset).await;
        let content = content.or_else(|error| self.unread(&path, error))?;
        let (scope, held) = (self.clone(), Bytes::new());
        Ok(Reader {
            scope,
            path,
            content,
            held,
            end: false,
            dead: None,
            _open: open,
        })
    }
}

impl Reader {
    /// Reads on: at most `max` bytes, and never more than 256 KiB. Nothing means the end was reached.
    pub async fn read(&mut self, max: u32) -> Answer<Bytes> {
        let meter = &self.scope.session.meter;
        meter.call()?;
        if let Some(failure) = &self.dead {
            return Err(failure.clone().into());
        }
        let max = meter.readable(u64::from(max.clamp(1, CHUNK_MAX)))? as usize;
        let mut gathered = BytesMut::new();
        while gathered.len() < max.min(CHUNK_MIN) {
            if self.held.is_empty() {
                if self.end {
                    break;
                }
                match self.content.next().await {
                    None => self.end = true,
                    Some(Ok(bytes)) => self.held = bytes,
                    Some(Err(error)) => return self.fail(error),
                }
                continue;
            }
            let part = self
                .held
                .split_to(self.held.len().min(max - gathered.len()));
            // A chunk that is large enough is handed on as it is.
            if gathered.is_empty() && part.len() >= max.min(CHUNK_MIN) {
                meter.read(part.len() as u64);
                return Ok(part);
            }
            gathered.extend_from_slice(&part);
        }
        meter.read(gathered.len() as u64);
        Ok(gathered.freeze())
    }

    fn fail(&mut self, error: remit_workspace::StoreError) -> Answer<Bytes> {
        self.dead = Some(Failure::of_store(&error));
        self.scope.unread(&self.path, error)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

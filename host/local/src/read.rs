//! Reading a file's content as one version: never short, never mixed.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use remit_workspace::{Content, EntryPath, StoreError, Version};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::beneath;
use crate::error::Miss;
use crate::stamp::{Demand, Stamp};

/// The most bytes of one chunk.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// The longest document that is read as a record. The service's own limit is far below.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;
pub(crate) const READING: &str = "reading";

/// A regular file, opened at a known state.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: OwnedFd,
    pub(crate) stamp: Stamp,
    pub(crate) links: u64,
}

impl Opened {
    pub(crate) fn at(folder: BorrowedFd<'_>, name: &[u8]) -> Result<Self, Miss> {
        let (file, stat) = beneath::file(folder, name)?;
        #[allow(
            clippy::unnecessary_cast,
            clippy::useless_conversion,
            reason = "the field's type differs by platform"
        )]
        let links = stat.st_nlink as u64;
        Ok(Self {
            file,
            stamp: Stamp::of(&stat),
            links,
        })
    }

    /// The SHA-256 of the content, which did not change meanwhile.
    pub(crate) fn digest(&self) -> Result<[u8; 32], Miss> {
        let mut hasher = Sha256::new();
        // One byte more than expected shows that it grew.
        let size = usize::try_from(self.stamp.size_bytes).unwrap_or(usize::MAX);
        let mut buffer = vec![0; size.saturating_add(1).min(CHUNK_BYTES)];
        let mut offset = 0;
        loop {
            match pread(&self.file, &mut buffer, offset)? {
                0 => break,
                count => {
                    hasher.update(&buffer[..count]);
                    offset += count as u64;
                }
            }
            if offset > self.stamp.size_bytes {
                return Err(Miss::Changed);
            }
        }
        self.check_unchanged(offset)?;
        Ok(hasher.finalize().into())
    }

    /// Whether the file is this version now.
    pub(crate) fn check(&self, version: &Version) -> Result<(), Miss> {
        match self.stamp.against(version) {
            Demand::Met => Ok(()),
            Demand::Content(expect) if self.digest()? == expect => Ok(()),
            Demand::Content(_) | Demand::Unmet => Err(Miss::Changed),
        }
    }

    /// Whether the file is still as it was opened, and has this many bytes.
    fn check_unchanged(&self, size_bytes: u64) -> Result<(), Miss> {
        let now = Stamp::of(&rustix::fs::fstat(&self.file)?);
        if now == self.stamp && now.size_bytes == size_bytes {
            Ok(())
        } else {
            Err(Miss::Changed)
        }
    }

    /// All of it, for a document.
    pub(crate) fn whole(&self) -> Result<Vec<u8>, Miss> {
        if self.stamp.size_bytes > DOCUMENT_BYTES_MAX {
            return Err(Miss::OutOfReach("a document of more than 32 MiB"));
        }
        // One byte more than expected shows that it grew.
        let mut bytes = vec![0; usize::try_from(self.stamp.size_bytes).expect("bounded above") + 1];
        let mut length = 0;
        while length < bytes.len() {
            match pread(&self.file, &mut bytes[length..], length as u64)? {
                0 => break,
                count => length += count,
            }
        }
        bytes.truncate(length);
        self.check_unchanged(length as u64)?;
        Ok(bytes)
    }
}

fn pread(file: &OwnedFd, buffer: &mut [u8], offset: u64) -> Result<usize, Miss> {
    loop {
        match rustix::io::pread(file, &mut *buffer, offset) {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// Reads one opened file to its end, a chunk at a time.
struct Reader {
    opened: Opened,
    path: EntryPath,
    offset: u64,
    /// The digest so far and the one to arrive at, when the whole content is read.
    digest: Option<(Sha256, [u8; 32])>,
}

impl Reader {
    /// The next chunk; an empty one is the end.
    fn next(&mut self) -> Result<Bytes, StoreError> {
        self.read().map_err(|miss| miss.at(&self.path, READING))
    }

    fn read(&mut self) -> Result<Bytes, Miss> {
        let left = self.opened.stamp.size_bytes.saturating_sub(self.offset);
        let room = usize::try_from(left.saturating_add(1))
            .unwrap_or(CHUNK_BYTES)
            .min(CHUNK_BYTES);
        let mut buffer = vec![0; room];
        let mut length = 0;
        while length < room {
            match pread(
                &self.opened.file,
                &mut buffer[length..],
                self.offset + length as u64,
            )? {
                0 => break,
                count => length += count,
            }
        }
        buffer.truncate(length);
        self.offset += length as u64;
        if let Some((hasher, _)) = &mut self.digest {
            hasher.update(&buffer);
        }
        // A full buffer may not be the end; a shorter one is, and must be the end that was expected.
        // One that goes beyond is of another version; without this, a growing file would be read for ever.
        if length < room || self.offset > self.opened.stamp.size_bytes {
            self.opened.check_unchanged(self.offset)?;
            if let Some((hasher, expect)) = self.digest.take()
                && <[u8; 32]>::from(hasher.finalize()) != expect
            {
                return Err(Miss::Changed);
            }
        }
        Ok(buffer.into())
    }
}

/// The content of an opened file from `offset` on. The first chunk is read here, so that a small file
/// needs no second visit.
pub(crate) fn content(
    path: EntryPath,
    opened: Opened,
    version: &Version,
    offset: u64,
) -> Result<Content, StoreError> {
    let demand = opened.stamp.against(version);
    let digest = match demand {
        Demand::Unmet => return Err(StoreError::Changed(path)),
        Demand::Content(expect) if offset == 0 => Some((Sha256::new(), expect)),
        Demand::Met | Demand::Content(_) => None,
    };
    if offset >= opened.stamp.size_bytes && offset > 0 {
        return Ok(futures::stream::empty().boxed());
    }
    let mut reader = Reader {
        opened,
        path,
        offset,
        digest,
    };
    let first = reader.next()?;
    let rest = (reader.offset < reader.opened.stamp.size_bytes).then_some(reader);
    let ended = rest.is_none();
    let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
    if ended {
        return Ok(first.boxed());
    }
    let rest = futures::stream::unfold(rest, |reader| async move {
        let mut reader = reader?;
        let path = reader.path.clone();
        let read = blocking(&path, move || {
            let read = reader.next();
            Ok((read, reader))
        });
        match read.await {
            Ok((Ok(chunk), _)) if chunk.is_empty() => None,
            Ok((Ok(chunk), reader)) => Some((Ok(chunk), Some(reader))),
            Ok((Err(error), _)) | Err(error) => Some((Err(error), None)),
        }
    });
    Ok(first.chain(rest).boxed())
}

/// A document in memory as a stream of chunks, from `offset` on.
pub(crate) fn chunks(document: Vec<u8>, offset: u64) -> Content {
    let document = Bytes::from(document);
    let start = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(document.len());
    let starts = (start..document.len()).step_by(CHUNK_BYTES);
    futures::stream::iter(
        starts.map(move |at| Ok(document.slice(at..document.len().min(at + CHUNK_BYTES)))),
    )
    .boxed()
}

/// Whether a content of this size is read in less time than it takes to ask another thread to: a
/// plan looks at a million small files, one after the other, and the listing between them waits
/// where waiting is allowed.
pub(crate) fn is_short(size_bytes: u64) -> bool {
    size_bytes < CHUNK_BYTES as u64
}

/// Runs what waits for the disk where waiting is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    path: &EntryPath,
    act: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(act).await {
        Ok(result) => result,
        Err(stopped) => Err(StoreError::failed(path, "waiting for the disk", stopped)),
    }
}

/// The bytes of the file at these names, as an opened file.
pub(crate) fn open(root: &Arc<OwnedFd>, names: &[Vec<u8>]) -> Result<Opened, Miss> {
    use std::os::fd::AsFd as _;
    let (folder, name) = beneath::above(root.as_fd(), names)?;
    Opened::at(folder.as_fd(), name)
}

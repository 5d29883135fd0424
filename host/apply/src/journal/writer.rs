//! Writes the journal: a line counts when it is on the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use remit_plan::{Case, Digest};
use remit_workspace::Millis;

use super::{Event, FOLDER, Progress, Record, reader};
use crate::ApplyError;

/// How bytes reach the disk. One implementation is for use; tests stop and fail others anywhere.
#[async_trait]
pub trait Append: Send + Sync {
    /// Cuts the file to `at` bytes, writes these after them and flushes file and folder. After an
    /// error nothing is known about what lies behind `at`.
    async fn append(&self, file: &Path, at: u64, bytes: Vec<u8>) -> io::Result<()>;
}

/// Writes and flushes for real.
#[derive(Clone, Copy, Debug, Default)]
pub struct Durable;

#[async_trait]
impl Append for Durable {
    async fn append(&self, file: &Path, at: u64, bytes: Vec<u8>) -> io::Result<()> {
        let file = file.to_owned();
        tokio::task::spawn_blocking(move || {
            let is_new = !file.exists();
            let mut to = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&file)?;
            if to.metadata()?.len() != at {
                to.set_len(at)?;
            }
            to.seek(SeekFrom::Start(at))?;
            to.write_all(&bytes)?;
            to.sync_all()?;
            match file.parent() {
                Some(folder) if is_new => File::open(folder)?.sync_all(),
                _ => Ok(()),
            }
        })
        .await
        .map_err(io::Error::other)?
    }
}

/// A journal open for writing, by this process alone.
pub struct Journal {
    folder: PathBuf,
    append: Arc<dyn Append>,
    progress: Progress,
    file: Option<(PathBuf, u64)>,
    next_seq: u64,
    prev: String,
    /// Set by a failed flush: nothing is known about the disk any more, so nothing more is written.
    poisoned: bool,
    _lock: File,
}

impl Journal {
    /// Bytes after which a new file is begun.
    const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

    /// Opens the journal of a case, or begins it. Refused while another process has it open.
    pub fn open(
        case: &Case,
        plan: Digest,
        steps: u64,
        append: Arc<dyn Append>,
    ) -> Result<Self, ApplyError> {
        let folder = case.folder(FOLDER)?;
        let lock = lock(case, &folder)?;
        let reader::Tail {
            progress,
            last,
            next_seq,
            prev,
        } = reader::read(&folder, plan, steps)?;
        Ok(Self {
            folder,
            append,
            progress,
            file: last,
            next_seq,
            prev,
            poisoned: false,
            _lock: lock,
        })
    }

    /// Reads where a case stands, without opening its journal for writing.
    pub fn read(case: &Case, plan: Digest, steps: u64) -> Result<Progress, ApplyError> {
        Ok(reader::read(&case.path(FOLDER), plan, steps)?.progress)
    }

    /// SHA-256 of the last line, in hexadecimal; of the plan, where nothing was written yet.
    pub fn head(case: &Case, plan: Digest, steps: u64) -> Result<String, ApplyError> {
        Ok(Self::read_to_head(case, plan, steps)?.1)
    }

    /// Where a case stands and the head of its journal, of one reading.
    pub(crate) fn read_to_head(
        case: &Case,
        plan: Digest,
        steps: u64,
    ) -> Result<(Progress, String), ApplyError> {
        let tail = reader::read(&case.path(FOLDER), plan, steps)?;
        Ok((tail.progress, tail.prev))
    }

    /// Keeps every other process from applying this case, for as long as the answer lives.
    pub(crate) fn lock_out(case: &Case) -> Result<File, ApplyError> {
        let folder = case.folder(FOLDER)?;
        lock(case, &folder)
    }

    /// Where the case stands.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Begins the journal, or says that applying goes on.
    pub(crate) async fn start(&mut self, steps: u64, at: Millis) -> Result<(), ApplyError> {
        let event = match self.progress.started {
            true => Event::Resumed {},
            false => Event::Started {
                format: Record::FORMAT,
                steps,
            },
        };
        self.write(event, at).await
    }

    /// Writes one record and flushes it. After an error nothing more can be written: open it again.
    pub async fn write(&mut self, event: Event, at: Millis) -> Result<(), ApplyError> {
        if self.poisoned {
            return Err(ApplyError::Poisoned);
        }
        let record = Record {
            seq: self.next_seq,
            prev: self.prev.clone(),
            at,
            event,
        };
        let line = record.to_line();
        let (file, len) = match self.file.take() {
            Some((file, len)) if len < Self::FILE_BYTES_MAX => (file, len),
            _ => (self.folder.join(format!("{:010}.jsonl", record.seq)), 0),
        };
        self.poisoned = true;
        self.append
            .append(&file, len, format!("{line}\n").into_bytes())
            .await
            .map_err(ApplyError::journal("cannot write", &file))?;
        self.poisoned = false;
        self.progress
            .fold(&record)
            .map_err(|why| ApplyError::damaged(&file, why))?;
        self.next_seq += 1;
        self.prev = Record::digest_of(&line);
        self.file = Some((file, len + line.len() as u64 + 1));
        Ok(())
    }
}

/// The lock of a journal's folder: one process at a time.
fn lock(case: &Case, folder: &Path) -> Result<File, ApplyError> {
    let path = folder.join("lock");
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(ApplyError::journal("cannot open", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(ApplyError::Busy(case.dir().to_owned())),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(ApplyError::journal("cannot lock", &path)(error))
        }
    }
}

//! A package while it is made: opened or re-opened, added to, finished.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::{Absent, Folder, Probe, Unwatched};
use crate::error::Error;
use crate::names::{Names, digest};
use crate::note::Note;
use crate::payload::PayloadWriter;

/// What manifests and index take for one entry, generously.
const OVERHEAD_BYTES: u64 = 2048;

/// What a reader of the index is told about an entry; nothing of it decides anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is, in the workspace's words: `blob`, `run`.
    pub kind: String,
    /// The version that was copied.
    pub version: Option<String>,
    /// When the entry was last changed, in milliseconds since 1970.
    pub modified_ms: Option<i64>,
    /// The converter that made the copy of the content, where it is not the content itself.
    pub through: Option<String>,
}

/// A copy that is complete, read back and flushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file in the bag, beginning with `data/`.
    pub payload_path: String,
    /// Its size.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The SHA-512 of its bytes, in lower-case hexadecimal.
    pub sha512: String,
}

impl From<Note> for Stored {
    fn from(note: Note) -> Self {
        Self {
            payload_path: note.payload,
            size_bytes: note.size_bytes,
            sha256: note.sha256,
            sha512: note.sha512,
        }
    }
}

/// A package being made. One process has it open at a time; within it, entries may be added
/// from many threads.
pub struct Package {
    pub(crate) inside: Arc<Inside>,
}

/// What the package shares with its writers.
pub(crate) struct Inside {
    pub(crate) bag: Folder,
    /// Holds the lock.
    work: Folder,
    pub(crate) parts: Folder,
    pub(crate) notes: Folder,
    pub(crate) names: Names,
    pub(crate) serial: AtomicU64,
    /// Folders of the payload whose names this process has flushed, all the way up.
    pub(crate) settled: Mutex<HashSet<u128>>,
}

impl Package {
    /// Creates the package at `folder`, or opens it again, for the entries that `names` plans.
    ///
    /// The working folder lies beside it, with `.work` after its name. Both get mode 0700,
    /// all files 0600. What a stopped run left half-written is removed.
    ///
    /// # Errors
    /// If another process has it open, or the disk refuses.
    pub fn open(folder: &Path, names: Names) -> Result<Self, Error> {
        Self::open_watched(folder, names, Arc::new(Unwatched))
    }

    /// Opens the package with a probe at every change to the disk: the seam for crash tests.
    ///
    /// # Errors
    /// As [`Package::open`], and whatever the probe makes fail.
    pub fn open_watched(folder: &Path, names: Names, probe: Arc<dyn Probe>) -> Result<Self, Error> {
        let shown = folder.display().to_string();
        let beside = work_folder(folder);
        let work = Folder::at(&beside, Absent::Make, Arc::clone(&probe))
            .map_err(Error::io("open", &beside.display().to_string()))?;
        if !work.lock().map_err(Error::io("lock", &shown))? {
            return Err(Error::InUse);
        }
        let bag = Folder::at(folder, Absent::Make, probe).map_err(Error::io("open", &shown))?;
        let within = |name| {
            work.descend([name], Absent::Make)
                .map_err(Error::io("open", name))
        };
        let (parts, notes) = (within("parts")?, within("notes")?);
        clear(&parts).map_err(Error::io("clear", "parts"))?;
        Ok(Self {
            inside: Arc::new(Inside {
                bag,
                work,
                parts,
                notes,
                names,
                serial: AtomicU64::new(0),
                settled: Mutex::default(),
            }),
        })
    }

    /// Checks that `bytes` more bytes of payload fit, with what describes them.
    ///
    /// # Errors
    /// [`Error::NoSpace`] names what is needed and what is free.
    pub fn require_space(&self, bytes: u64) -> Result<(), Error> {
        let overhead = self.inside.names.len().saturating_mul(OVERHEAD_BYTES);
        let needed = bytes.saturating_add(overhead);
        let free = self
            .inside
            .bag
            .free_bytes()
            .map_err(Error::io("ask for the free space of", "the package"))?;
        if needed > free {
            return Err(Error::NoSpace { needed, free });
        }
        Ok(())
    }

    /// Returns what is stored of an entry, if its copy is complete.
    ///
    /// # Errors
    /// If the entry was not planned, or the disk refuses.
    pub fn stored(&self, path: &str) -> Result<Option<Stored>, Error> {
        let note = self.inside.note(path)?;
        Ok(note.map(Stored::from))
    }

    /// Begins to store an entry, again if it is stored already; then the new copy replaces the
    /// old one, and until it is finished the old one stays.
    ///
    /// # Errors
    /// If the entry was not planned, or the disk refuses.
    pub fn add(
        &self,
        path: &str,
        expected_size: Option<u64>,
        about: About,
    ) -> Result<PayloadWriter, Error> {
        PayloadWriter::begin(&self.inside, path, expected_size, about)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Closing would do, but a program that another thread is just starting still has a copy
        // of the open folder, and with it the lock, for a moment.
        let _ = self.work.unlock();
    }
}

impl Inside {
    /// Returns the entry's name in the bag.
    pub(crate) fn payload_path(&self, path: &str) -> Result<String, Error> {
        let planned = self.names.payload_path(path);
        planned.ok_or_else(|| Error::Unplanned {
            path: path.to_owned(),
        })
    }

    /// Opens a folder of the payload whose own name survives a loss of power.
    pub(crate) fn payload_folder(&self, folders: &str) -> std::io::Result<Folder> {
        let id = digest(b"folder", folders);
        let settled = || self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let absent = if settled().contains(&id) {
            Absent::Fail
        } else {
            Absent::Make
        };
        let folder = self.bag.descend(folders.split('/'), absent)?;
        settled().insert(id);
        Ok(folder)
    }

    /// Reads the note about a file of the bag, whoever it is about.
    pub(crate) fn note_of(&self, payload: &str) -> Result<Option<Note>, Error> {
        let bytes = self
            .notes
            .read(&Note::name(payload))
            .map_err(Error::io("read the note about", payload))?;
        // A note takes its name only when it is whole; one that is not was not written here.
        bytes
            .map(|bytes| serde_json::from_slice(&bytes))
            .transpose()
            .map_err(|error| Error::io("read the note about", payload)(error.into()))
    }

    /// Returns the note about an entry whose copy is in its place.
    pub(crate) fn note(&self, path: &str) -> Result<Option<Note>, Error> {
        let payload = self.payload_path(path)?;
        let Some(note) = self.note_of(&payload)?.filter(|note| note.path == path) else {
            return Ok(None);
        };
        let (folders, name) = split(&payload);
        let size = match self.bag.descend(folders.split('/'), Absent::Fail) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            opened => opened.and_then(|folder| folder.size_bytes(name)),
        };
        let size = size.map_err(Error::io("look at", &payload))?;
        Ok((size == Some(note.size_bytes)).then_some(note))
    }
}

/// Splits a file of the bag into its folders and its name.
pub(crate) fn split(payload: &str) -> (&str, &str) {
    payload
        .rsplit_once('/')
        .expect("a payload path begins with `data/`")
}

fn work_folder(folder: &Path) -> std::path::PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".work");
    folder.with_file_name(name)
}

/// Removes what a stopped run left half-written.
fn clear(parts: &Folder) -> std::io::Result<()> {
    for listed in parts.list()? {
        use std::os::unix::ffi::OsStrExt as _;
        let name = listed?.name;
        let name = Path::new(std::ffi::OsStr::from_bytes(&name));
        parts.unlink(name, rustix::fs::AtFlags::empty())?;
    }
    Ok(())
}

//! The one way this crate touches the disk: folders opened step by step, no symbolic link
//! followed, every change announced to a [`Probe`] so that a test can stop it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// A change to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A folder is made.
    CreateFolder,
    /// A new file is made.
    CreateFile,
    /// Bytes are appended to a file.
    Write,
    /// A file is flushed.
    SyncFile,
    /// A file takes its final name.
    Rename,
    /// A folder's names are flushed.
    SyncFolder,
    /// A file or an empty folder is removed.
    Remove,
}

/// Is asked before and told after every change; an error stops there, as a crash or a full
/// disk would.
pub trait Probe: Send + Sync {
    /// Called before the change; an error means that it is not made.
    ///
    /// # Errors
    /// Whatever the change shall fail with.
    fn before(&self, act: Act) -> io::Result<()>;
    /// Called after the change was made; an error means that nothing follows it.
    ///
    /// # Errors
    /// Whatever the change shall seem to have failed with.
    fn after(&self, act: Act) -> io::Result<()>;
}

/// The probe of everybody but a test.
pub(crate) struct Unwatched;

impl Probe for Unwatched {
    fn before(&self, _: Act) -> io::Result<()> {
        Ok(())
    }
    fn after(&self, _: Act) -> io::Result<()> {
        Ok(())
    }
}

fn watched<T>(
    probe: &dyn Probe,
    act: Act,
    change: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    probe.before(act)?;
    let done = change()?;
    probe.after(act)?;
    Ok(done)
}

/// Whether a folder that is not there is made. Making flushes its name even if it is there:
/// a run that was stopped may have made it and not come to that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    Make,
    Fail,
}

/// An open folder.
#[derive(Clone)]
pub(crate) struct Folder {
    fd: Arc<OwnedFd>,
    probe: Arc<dyn Probe>,
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// Opens the folder at `path`, whose parent is the caller's and must exist.
    pub(crate) fn at(path: &Path, absent: Absent, probe: Arc<dyn Probe>) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // The way to the package is the caller's; it may well lead over symbolic links.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(parent, flags, Mode::empty())?;
        let parent = Self {
            fd: Arc::new(fd),
            probe,
        };
        let folder = parent.step(Path::new(name), absent)?;
        if absent == Absent::Make {
            rustix::fs::fchmod(&folder.fd, Mode::RWXU)?;
        }
        Ok(folder)
    }

    /// Opens the folder below this one that `segments` lead to.
    pub(crate) fn descend<'a>(
        &self,
        segments: impl IntoIterator<Item = &'a str>,
        absent: Absent,
    ) -> io::Result<Self> {
        let mut folder = self.clone();
        for segment in segments {
            folder = folder.step(Path::new(one_name(segment)?), absent)?;
        }
        Ok(folder)
    }

    pub(crate) fn step(&self, name: &Path, absent: Absent) -> io::Result<Self> {
        let open = || rustix::fs::openat(&self.fd, name, FOLDER, Mode::empty());
        let mut opened = open();
        if absent == Absent::Make {
            if matches!(opened, Err(Errno::NOENT)) {
                watched(&*self.probe, Act::CreateFolder, || {
                    match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
                        // Another writer of this process was faster.
                        Err(Errno::EXIST) => Ok(()),
                        made => Ok(made?),
                    }
                })?;
                opened = open();
            }
            if opened.is_ok() {
                self.sync()?;
            }
        }
        Ok(Self {
            fd: Arc::new(opened?),
            probe: Arc::clone(&self.probe),
        })
    }

    /// Makes a file that is not there yet, for writing and reading back, mode 0600.
    pub(crate) fn create(&self, name: &str) -> io::Result<OutFile> {
        let name = one_name(name)?;
        let file = watched(&*self.probe, Act::CreateFile, || {
            let flags =
                OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mode = Mode::RUSR | Mode::WUSR;
            Ok(File::from(rustix::fs::openat(&self.fd, name, flags, mode)?))
        })?;
        Ok(OutFile {
            file,
            probe: Arc::clone(&self.probe),
        })
    }

    /// Opens a plain file for reading.
    pub(crate) fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, one_name(name)?, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("not a plain file"));
        }
        Ok(File::from(fd))
    }

    /// Returns the size of a plain file, or nothing if there is none of that name.
    pub(crate) fn size_bytes(&self, name: &str) -> io::Result<Option<u64>> {
        match rustix::fs::statat(&self.fd, one_name(name)?, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                Ok(Some(u64::try_from(stat.st_size).unwrap_or(0)))
            }
            Ok(_) => Ok(None),
        }
    }

    /// Reads a small file whole, or nothing if there is none of that name.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match self.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?.read_to_end(&mut bytes)?,
        };
        Ok(Some(bytes))
    }

    /// Gives a file of this folder a name in `to`, replacing what had it.
    pub(crate) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        let (name, new) = (one_name(name)?, one_name(new)?);
        watched(&*self.probe, Act::Rename, || {
            Ok(rustix::fs::renameat(&self.fd, name, &to.fd, new)?)
        })
    }

    /// Removes a file; that there is none is fine, and said.
    pub(crate) fn remove(&self, name: &str) -> io::Result<bool> {
        self.unlink(Path::new(one_name(name)?), AtFlags::empty())
    }

    pub(crate) fn unlink(&self, name: &Path, flags: AtFlags) -> io::Result<bool> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            found => found?,
        };
        watched(&*self.probe, Act::Remove, || {
            Ok(rustix::fs::unlinkat(&self.fd, name, flags)?)
        })?;
        Ok(true)
    }

    /// Flushes the names in this folder.
    pub(crate) fn sync(&self) -> io::Result<()> {
        watched(&*self.probe, Act::SyncFolder, || {
            Ok(rustix::fs::fsync(&self.fd)?)
        })
    }

    /// Lists the folder, without `.` and `..`; names need not be text.
    pub(crate) fn list(&self) -> io::Result<impl Iterator<Item = io::Result<Listed>>> {
        let dir = Dir::read_from(&self.fd)?;
        let fd = Arc::clone(&self.fd);
        Ok(dir.filter_map(move |entry| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                return None;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => rustix::fs::statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map(|stat| FileType::from_raw_mode(stat.st_mode)),
                known => Ok(known),
            };
            Some(kind.map_err(io::Error::from).map(|kind| Listed {
                name: name.to_bytes().to_vec(),
                kind,
            }))
        }))
    }

    /// Returns the bytes that this user may still write here.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::fstatvfs(&self.fd)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Keeps other processes out until the folder is closed; false if one is in already.
    pub(crate) fn lock(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.fd, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Ok(false),
            locked => Ok(locked.map(|()| true)?),
        }
    }

    /// Lets other processes in.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        Ok(rustix::fs::flock(&self.fd, FlockOperation::Unlock)?)
    }
}

/// One name in a listing.
pub(crate) struct Listed {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: FileType,
}

/// Refuses what would leave the folder; the names of [`crate::name`] never do.
fn one_name(name: &str) -> io::Result<&str> {
    match name {
        "" | "." | ".." => Err(io::ErrorKind::InvalidInput.into()),
        name if name.contains(['/', '\0']) => Err(io::ErrorKind::InvalidInput.into()),
        name => Ok(name),
    }
}

/// A file being written.
pub(crate) struct OutFile {
    file: File,
    probe: Arc<dyn Probe>,
}

impl OutFile {
    /// Flushes the file, and drops it from memory so that reading back asks the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        watched(&*self.probe, Act::SyncFile, || self.file.sync_all())?;
        #[cfg(target_os = "linux")]
        {
            // A hint; a file system that has no such thing reads from memory.
            let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        }
        Ok(())
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        watched(&*self.probe, Act::Write, || self.file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Opening places below a folder, one name at a time, without ever following a link.
//!
//! This is the only file that opens by name. It knows nothing of entries.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::error::{LINK, Miss, SPECIAL};

/// A handle that can only be walked through, which needs no permission to list.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY;

/// The folder that these names lead to.
pub(crate) fn folder(root: BorrowedFd<'_>, names: &[Vec<u8>]) -> Result<OwnedFd, Miss> {
    let mut at: Option<OwnedFd> = None;
    for name in names {
        let next = passable(at.as_ref().map_or(root, AsFd::as_fd), name)?;
        at = Some(next);
    }
    match at {
        Some(folder) => Ok(folder),
        None => Ok(rustix::io::fcntl_dupfd_cloexec(root, 0)?),
    }
}

/// A folder for listing.
pub(crate) fn listable(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Miss> {
    enter(parent, name, OFlags::RDONLY)
}

/// A folder for walking through.
pub(crate) fn passable(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Miss> {
    enter(parent, name, PASS)
}

/// The same folder, for listing, or for making its changes durable.
pub(crate) fn again(folder: BorrowedFd<'_>) -> Result<OwnedFd, Miss> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(folder, ".", flags, Mode::empty())?)
}

/// Refuses what is no name in a folder, but would lead somewhere else.
fn check_name(name: &[u8]) -> Result<(), Miss> {
    if matches!(name, b"" | b"." | b"..") || name.iter().any(|byte| matches!(byte, b'/' | 0)) {
        return Err(Miss::Absent);
    }
    Ok(())
}

fn enter(parent: BorrowedFd<'_>, name: &[u8], access: OFlags) -> Result<OwnedFd, Miss> {
    check_name(name)?;
    let flags = access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(parent, name, flags, Mode::empty()) {
        Ok(folder) => Ok(folder),
        // A link reads as *not a folder* here; say what it is.
        Err(Errno::NOTDIR | Errno::LOOP) => match stat(parent, name) {
            Ok(stat) if file_type(&stat) == FileType::Symlink => Err(Miss::OutOfReach(LINK)),
            Ok(_) => Err(Miss::Absent),
            Err(miss) => Err(miss),
        },
        Err(errno) => Err(errno.into()),
    }
}

/// What a name in a folder is, without following it.
pub(crate) fn stat(parent: BorrowedFd<'_>, name: &[u8]) -> Result<Stat, Miss> {
    check_name(name)?;
    Ok(rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Whether a folder has no such name. When that cannot be told, no.
pub(crate) fn is_absent(parent: BorrowedFd<'_>, name: &[u8]) -> bool {
    matches!(stat(parent, name), Err(Miss::Absent))
}

/// A regular file, opened for reading.
pub(crate) fn file(parent: BorrowedFd<'_>, name: &[u8]) -> Result<(OwnedFd, Stat), Miss> {
    // Opening a device or a pipe can have effects of its own, so look first.
    regular(&stat(parent, name)?)?;
    // NONBLOCK: should it have become a pipe since, opening it does not wait for a writer.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&file)?;
    regular(&stat)?;
    Ok((file, stat))
}

/// Whether this is a regular file; why not, otherwise.
pub(crate) fn regular(stat: &Stat) -> Result<(), Miss> {
    match file_type(stat) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Miss::Absent),
        FileType::Symlink => Err(Miss::OutOfReach(LINK)),
        _ => Err(Miss::OutOfReach(SPECIAL)),
    }
}

pub(crate) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

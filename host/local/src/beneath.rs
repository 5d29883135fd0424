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

/// The folder that these names lead to, spelt as they are on disk.
pub(crate) fn folder(root: BorrowedFd<'_>, names: &[Vec<u8>]) -> Result<OwnedFd, Miss> {
    let mut at: Option<OwnedFd> = None;
    for name in names {
        let above = at.as_ref().map_or(root, AsFd::as_fd);
        let next = passable(above, name)?;
        exact(above, name)?;
        at = Some(next);
    }
    match at {
        Some(folder) => Ok(folder),
        None => Ok(rustix::io::fcntl_dupfd_cloexec(root, 0)?),
    }
}

/// The folder of what these names lead to, and its name there; spelt as on disk, if it is there at all.
pub(crate) fn above<'n>(
    root: BorrowedFd<'_>,
    names: &'n [Vec<u8>],
) -> Result<(OwnedFd, &'n [u8]), Miss> {
    let (name, above) = names.split_last().expect("a place has a name");
    let folder = folder(root, above)?;
    exact(folder.as_fd(), name)?;
    Ok((folder, name))
}

/// Whether a name that is in a folder is spelt there as it is here.
///
/// Where a file system ignores case (or how letters are composed), another spelling leads to the same
/// file. It is not that entry's path: holds and grants are compared with paths, and would be got round.
/// A name from a listing needs no such look.
pub(crate) fn exact(folder: BorrowedFd<'_>, name: &[u8]) -> Result<(), Miss> {
    let Some(other) = in_other_case(name) else {
        return Ok(());
    };
    let at = |name: &[u8]| stat(folder, name).map(|stat| (stat.st_dev, stat.st_ino));
    match at(&other) {
        // The usual answer: case counts here, and nothing has that name.
        Err(Miss::Absent) => return Ok(()),
        other if other == at(name) => {}
        _ => return Ok(()),
    }
    // One file under two spellings: case does not count here, or the two are links.
    let mut dir = rustix::fs::Dir::new(again(folder)?)?;
    while let Some(found) = dir.read() {
        if found?.file_name().to_bytes() == name {
            return Ok(());
        }
    }
    Err(Miss::Absent)
}

/// The name with every letter in the other case; none when it has no letters that change.
fn in_other_case(name: &[u8]) -> Option<Vec<u8>> {
    let swap = |c: char| -> String {
        match c.is_lowercase() {
            true => c.to_uppercase().collect(),
            false => c.to_lowercase().collect(),
        }
    };
    let other = match std::str::from_utf8(name) {
        Ok(name) => name.chars().map(swap).collect::<String>().into_bytes(),
        Err(_) => name
            .iter()
            .map(|byte| match byte.is_ascii_lowercase() {
                true => byte.to_ascii_uppercase(),
                false => byte.to_ascii_lowercase(),
            })
            .collect(),
    };
    (other != name).then_some(other)
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

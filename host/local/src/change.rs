//! The directory as a [`StoreMut`]: every change is one rename or one unlink, made durable before it is
//! reported, after a last look at the version.
//!
//! - Deleting under `blobs` and `records` also removes the folders that became empty, up to the container
//!   or the kind: a blob store has no folders, so an empty one would be a trace of the name. Folders
//!   under `files` are somebody's, and stay.
//! - A replacement is written beside the entry under a name made from the entry's own, so that whatever
//!   a crash leaves is found and removed by the next change of the same entry. Listings show it as a gap.
//! - A lock on the file keeps two of these programs apart; others are seen by the version alone, with a
//!   small race between the last look and the act (the guard is *checked*).

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use remit_apply::{Deleted, StoreMut};
use remit_formats::members;
use remit_policy::{Act, Permitted};
use remit_workspace::{Content, EntryPath, Kind, StoreError, Version, record};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::beneath;
use crate::credentials;
use crate::directory::{Directory, policy_path};
use crate::error::{Miss, OTHER_LINKS};
use crate::form::{self, POLICY, Place};
use crate::read::{Opened, blocking};
use crate::stamp::Stamp;

const DELETING: &str = "deleting";
const REPLACING: &str = "replacing";

/// A file about to be changed: locked, and known by its folder and name.
struct Target {
    folder: OwnedFd,
    name: Vec<u8>,
    kind: Kind,
    opened: Opened,
}

impl Target {
    fn reach(directory: &Directory, place: &Place) -> Result<Self, Miss> {
        let (folder, name) = beneath::above(directory.root.as_fd(), &place.names)?;
        // With permission to list: only such a handle can be made durable.
        let folder = beneath::again(folder.as_fd())?;
        let opened = Opened::at(folder.as_fd(), name)?;
        // Where a file system has no locks, the version is what is left.
        let lock = rustix::fs::flock(&opened.file, FlockOperation::NonBlockingLockExclusive);
        if lock == Err(Errno::WOULDBLOCK) {
            return Err(Miss::Failed(Errno::WOULDBLOCK));
        }
        Ok(Self {
            folder,
            name: name.to_owned(),
            kind: place.kind,
            opened,
        })
    }

    /// Whether the file is this version and may be changed, as late as possible before it is.
    fn check(&self, version: &Version) -> Result<(), Miss> {
        if self.kind.is_object() {
            self.opened.check(version)?;
        } else if Version::of_document(&self.opened.whole()?) != *version {
            return Err(Miss::Changed);
        }
        if self.opened.links > 1 {
            return Err(Miss::Impossible(OTHER_LINKS));
        }
        // The name may by now mean another file.
        let now = match beneath::stat(self.folder.as_fd(), &self.name) {
            Err(Miss::Absent) => return Err(Miss::Changed),
            other => other?,
        };
        if Stamp::of(&now) == self.opened.stamp {
            Ok(())
        } else {
            Err(Miss::Changed)
        }
    }

    fn delete(&self, version: &Version) -> Result<(), Miss> {
        self.check(version)?;
        remove_left_over(self.folder.as_fd(), &self.name)?;
        rustix::fs::unlinkat(&self.folder, &*self.name, AtFlags::empty())?;
        Ok(rustix::fs::fsync(&self.folder)?)
    }
}

/// A new content, not yet in its place. Dropped, it is removed.
struct Draft {
    folder: OwnedFd,
    name: Vec<u8>,
    file: OwnedFd,
    hasher: Sha256,
    in_place: bool,
}

impl Draft {
    fn create(folder: BorrowedFd<'_>, beside: &[u8]) -> Result<Self, Miss> {
        remove_left_over(folder, beside)?;
        let name = form::temporary(beside);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, &*name, flags, Mode::RUSR | Mode::WUSR)?;
        let folder = folder
            .try_clone_to_owned()
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO));
        Ok(Self {
            folder: folder?,
            name,
            file,
            hasher: Sha256::new(),
            in_place: false,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Miss> {
        self.hasher.update(bytes);
        let mut left = bytes;
        while !left.is_empty() {
            match rustix::io::write(&self.file, left) {
                Err(Errno::INTR) => {}
                other => left = &left[other?..],
            }
        }
        Ok(())
    }

    /// Puts the content in the place of the target's, which is checked last of all.
    fn settle(mut self, target: &Target, version: &Version) -> Result<Version, Miss> {
        self.resemble(&target.opened)?;
        rustix::fs::fsync(&self.file)?;
        target.check(version)?;
        self.rename(&target.name)?;
        let digest = self.hasher.clone().finalize();
        let stamp = Stamp::of(&rustix::fs::fstat(&self.file)?);
        Ok(if target.kind.is_object() {
            stamp.pinned(&digest.into())
        } else {
            Version::new(format!("sha256-{}", hex::encode(digest)))
        })
    }

    fn rename(&mut self, name: &[u8]) -> Result<(), Miss> {
        rustix::fs::renameat(&self.folder, &*self.name, &self.folder, name)?;
        self.in_place = true;
        Ok(rustix::fs::fsync(&self.folder)?)
    }

    /// Gives it what else the old file has: owner, attributes, permissions.
    fn resemble(&self, old: &Opened) -> Result<(), Miss> {
        let stat = rustix::fs::fstat(&old.file)?;
        let (owner, group) = (
            rustix::fs::Uid::from_raw(stat.st_uid),
            rustix::fs::Gid::from_raw(stat.st_gid),
        );
        // Only root may give a file away; the group alone often can be kept.
        if rustix::fs::fchown(&self.file, Some(owner), Some(group)).is_err() {
            let _kept_where_permitted = rustix::fs::fchown(&self.file, None, Some(group));
        }
        self.copy_attributes(old);
        // Last, because a change of owner clears some bits.
        Ok(rustix::fs::fchmod(
            &self.file,
            Mode::from_raw_mode(stat.st_mode & 0o7777),
        )?)
    }

    /// Extended attributes, as far as the file system lets them be read and written.
    fn copy_attributes(&self, old: &Opened) {
        let mut names = vec![0; 64 * 1024];
        let Ok(length) = rustix::fs::flistxattr(&old.file, &mut names[..]) else {
            return;
        };
        let mut value = vec![0; 64 * 1024];
        for name in names[..length]
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            if let Ok(length) = rustix::fs::fgetxattr(&old.file, name, &mut value[..]) {
                let _best_effort = rustix::fs::fsetxattr(
                    &self.file,
                    name,
                    &value[..length],
                    rustix::fs::XattrFlags::empty(),
                );
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.in_place {
            // What is left behind is found by the next change of this entry.
            let _best_effort = rustix::fs::unlinkat(&self.folder, &*self.name, AtFlags::empty());
        }
    }
}

fn remove_left_over(folder: BorrowedFd<'_>, beside: &[u8]) -> Result<(), Miss> {
    match rustix::fs::unlinkat(folder, &*form::temporary(beside), AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

impl Directory {
    fn delete_now(&self, path: &EntryPath, version: &Version) -> Result<Deleted, StoreError> {
        let place = self.form.place(path)?;
        let deleted = Target::reach(self, &place).and_then(|target| {
            self.children.keep(&self.root, || {
                target.delete(version)?;
                self.remove_empty_folders(&place)
            })
        });
        deleted
            .map(|()| Deleted::Gone)
            .map_err(|miss| miss.at(path, DELETING))
    }

    /// Removes the folders above that became empty, where folders are no entries.
    fn remove_empty_folders(&self, place: &Place) -> Result<(), Miss> {
        let kept = match place.kind {
            Kind::File => return Ok(()),
            _ => 2,
        };
        for length in (kept + 1..place.names.len()).rev() {
            let (name, above) = place.names[..length]
                .split_last()
                .expect("longer than what is kept");
            let folder = beneath::again(beneath::folder(self.root.as_fd(), above)?.as_fd())?;
            match rustix::fs::unlinkat(&folder, &**name, AtFlags::REMOVEDIR) {
                Ok(()) => rustix::fs::fsync(&folder)?,
                // Somebody else's file is in it, or somebody else removed it.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Writes a whole new document in the place of the one that `change` was given.
    fn rewrite_now(
        &self,
        path: &EntryPath,
        version: &Version,
        change: impl FnOnce(&str, Kind) -> Result<String, StoreError>,
    ) -> Result<Version, StoreError> {
        let at = |miss: Miss| miss.at(path, REPLACING);
        let place = self.form.place(path)?;
        let target = Target::reach(self, &place).map_err(at)?;
        target.check(version).map_err(at)?;
        let document = target.opened.whole().map_err(at)?;
        let document =
            String::from_utf8(document).map_err(|_| at(Miss::Impossible("not UTF-8")))?;
        let changed = change(&document, place.kind)?;
        let written = self.children.keep(&self.root, || {
            let mut draft = Draft::create(target.folder.as_fd(), &target.name)?;
            draft.write(changed.as_bytes())?;
            draft.settle(&target, version)
        });
        written.map_err(at)
    }

    fn patch_now(
        &self,
        path: &EntryPath,
        version: &Version,
        given: &Bytes,
    ) -> Result<Version, StoreError> {
        let impossible = |reason: &str| StoreError::Impossible {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        let given = std::str::from_utf8(given).map_err(|_| impossible("not UTF-8"))?;
        self.rewrite_now(path, version, |document, kind| {
            if kind.is_object() {
                return Err(impossible("only records can be patched"));
            }
            let shown = credentials::blanked(path, document.as_bytes())?;
            let shown = String::from_utf8(shown).map_err(|_| impossible("not UTF-8"))?;
            members::patch(document, &shown, given, record::writable_fields(kind))
                .map_err(impossible)
        })
    }

    fn archive_now(&self, path: &EntryPath, version: &Version) -> Result<Version, StoreError> {
        let impossible = |reason: &str| StoreError::Impossible {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        self.rewrite_now(path, version, |document, kind| {
            let member =
                record::archive_member(kind).ok_or_else(|| impossible("it cannot be archived"))?;
            let inner = members::members(document).unwrap_or_default();
            let inner = inner
                .iter()
                .find(|(name, _)| name == "properties")
                .map(|(_, at)| &document[at.clone()]);
            let changed = match inner.filter(|inner| has_member(inner, member)) {
                Some(inner) => members::with_member(inner, member, "true")
                    .and_then(|inner| members::with_member(document, "properties", &inner)),
                None => members::with_member(document, member, "true"),
            };
            changed.map_err(impossible)
        })
    }

    fn write_policy_now(&self, name: &str, bytes: &[u8]) -> Result<(), Miss> {
        match rustix::fs::mkdirat(&self.root, POLICY, Mode::from_raw_mode(0o755)) {
            Ok(()) => rustix::fs::fsync(&*self.root)?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let folder = beneath::listable(self.root.as_fd(), POLICY.as_bytes())?;
        let mut draft = Draft::create(folder.as_fd(), name.as_bytes())?;
        draft.write(bytes)?;
        rustix::fs::fchmod(&draft.file, Mode::from_raw_mode(0o644))?;
        rustix::fs::fsync(&draft.file)?;
        draft.rename(name.as_bytes())
    }
}

fn has_member(document: &str, name: &str) -> bool {
    members::members(document)
        .is_some_and(|members| members.iter().any(|(member, _)| member == name))
}

/// A permit is for one act, and no other.
fn check_act(permitted: &Permitted, fits: impl FnOnce(Act) -> bool) -> Result<(), StoreError> {
    if fits(permitted.act()) {
        return Ok(());
    }
    Err(Miss::Impossible("permitted for another act").at(permitted.path(), ""))
}

fn edits(act: Act) -> bool {
    matches!(act, Act::Redact | Act::Rewrite)
}

#[async_trait]
impl StoreMut for Directory {
    async fn delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        check_act(permitted, |act| matches!(act, Act::Delete(_)))?;
        let version = version.clone();
        self.wait(permitted.path(), move |this, path| {
            this.delete_now(path, &version)
        })
        .await
    }

    async fn detach(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        // Here a compute target is its record: what it stands for lies elsewhere, and is not reached.
        if Kind::of(permitted.path()) != Some(Kind::Compute) {
            let miss = Miss::Impossible("only a compute target can be detached");
            return Err(miss.at(permitted.path(), DELETING));
        }
        self.delete(permitted, version).await
    }

    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        mut content: Content,
    ) -> Result<Version, StoreError> {
        check_act(permitted, edits)?;
        let path = permitted.path();
        let seen = version.clone();
        let (target, mut draft) = self
            .wait(path, move |this, path| {
                let place = this.form.place(path)?;
                if !place.kind.is_object() {
                    return Err(
                        Miss::Impossible("a record is patched, not replaced").at(path, REPLACING)
                    );
                }
                let begun = Target::reach(this, &place).and_then(|target| {
                    // Both early, to spare the work, and again at the end.
                    target.check(&seen)?;
                    let draft = Draft::create(target.folder.as_fd(), &target.name)?;
                    Ok((Arc::new(target), draft))
                });
                begun.map_err(|miss| miss.at(path, REPLACING))
            })
            .await?;
        while let Some(chunk) = content.next().await {
            let chunk = chunk?;
            draft = self
                .wait(path, move |_, path| match draft.write(&chunk) {
                    Ok(()) => Ok(draft),
                    Err(miss) => Err(miss.at(path, REPLACING)),
                })
                .await?;
        }
        let version = version.clone();
        self.wait(path, move |_, path| {
            draft
                .settle(&target, &version)
                .map_err(|miss| miss.at(path, REPLACING))
        })
        .await
    }

    async fn patch(
        &self,
        permitted: &Permitted,
        version: &Version,
        document: Bytes,
    ) -> Result<Version, StoreError> {
        check_act(permitted, edits)?;
        let version = version.clone();
        self.wait(permitted.path(), move |this, path| {
            this.patch_now(path, &version, &document)
        })
        .await
    }

    async fn archive(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Version, StoreError> {
        check_act(permitted, |act| act == Act::Archive)?;
        let version = version.clone();
        self.wait(permitted.path(), move |this, path| {
            this.archive_now(path, &version)
        })
        .await
    }

    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = policy_path(name)?;
        let (this, name, bytes, own) = (
            self.clone(),
            name.to_owned(),
            bytes.to_owned(),
            path.clone(),
        );
        blocking(&path, move || {
            this.write_policy_now(&name, &bytes)
                .map_err(|miss| miss.at(&own, "writing"))
        })
        .await
    }
}

//! What a change leaves as it was: other links to a file, what else a file has, its folder, somebody's lock.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use remit_apply::{Deleted, StoreMut as _};
use remit_policy::Act;
use remit_workspace::conformance::listed;
use remit_workspace::{Forecast, Pattern, Store as _, StoreError};

use crate::bed::{Bed, DELETE, bytes, gaps, permit, pin};

#[tokio::test]
async fn a_file_with_other_links_cannot_be_changed() {
    let bed = Bed::plain();
    let path = bed.write("/files/x", b"shared");
    fs::hard_link(bed.file(&path), bed.root().join("other")).unwrap();
    let entry = bed.store.stat(&path).await.unwrap();
    assert_eq!(
        bed.store.forecast(&entry, false).await,
        Forecast::Impossible("other links".into())
    );
    let version = pin(&bed, &path).await;
    let deleted = bed.store.delete(&permit(DELETE, &path), &version).await;
    let replaced = bed
        .store
        .replace(&permit(Act::Redact, &path), &version, bytes("x"))
        .await
        .map(|_| Deleted::Gone);
    for end in [deleted, replaced] {
        assert!(
            matches!(&end, Err(StoreError::Impossible { reason, .. }) if reason == "other links"),
            "{end:?}"
        );
    }
    assert_eq!(fs::read(bed.root().join("other")).unwrap(), b"shared");
    fs::remove_file(bed.root().join("other")).unwrap();
    let entry = bed.store.stat(&path).await.unwrap();
    assert_eq!(bed.store.forecast(&entry, false).await, Forecast::Gone);
}

#[tokio::test]
async fn a_replacement_keeps_what_else_the_file_has() {
    let bed = Bed::plain();
    let path = bed.write("/files/x", b"old");
    let file = bed.file(&path);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let tagged =
        rustix::fs::setxattr(&file, "user.kept", b"yes", rustix::fs::XattrFlags::empty()).is_ok();
    let before = fs::metadata(&file).unwrap();
    let version = pin(&bed, &path).await;
    bed.store
        .replace(&permit(Act::Redact, &path), &version, bytes("new"))
        .await
        .unwrap();
    let after = fs::metadata(&file).unwrap();
    assert_eq!(after.permissions().mode() & 0o7777, 0o640);
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    if tagged {
        let mut value = [0; 8];
        let length = rustix::fs::getxattr(&file, "user.kept", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"yes");
    }
}

fn left_over(folder: &Path, name: &str) -> std::path::PathBuf {
    use sha2::Digest as _;
    let digest = hex::encode(&sha2::Sha256::digest(name.as_bytes())[..16]);
    folder.join(format!(".remit-new-{digest}"))
}

/// As after a crash between writing a replacement and renaming it.
#[tokio::test]
async fn what_a_crash_leaves_is_no_entry_and_goes_with_the_next_change() {
    let bed = Bed::plain();
    let path = bed.write("/files/x", b"old");
    let kept = bed.write("/files/y", b"old");
    let left = [left_over(&bed.root(), "x"), left_over(&bed.root(), "y")];
    left.iter()
        .for_each(|left| fs::write(left, "half a").unwrap());
    assert_eq!(gaps(&bed, "/**").await.len(), 2);
    let (entries, _) = listed(bed.store.list(&Pattern::everything()))
        .await
        .unwrap();
    assert_eq!(entries.len(), 2, "neither is listed as an entry");
    let version = pin(&bed, &path).await;
    bed.store
        .replace(&permit(Act::Redact, &path), &version, bytes("new"))
        .await
        .unwrap();
    let version = pin(&bed, &kept).await;
    bed.store
        .delete(&permit(DELETE, &kept), &version)
        .await
        .unwrap();
    assert_eq!(gaps(&bed, "/**").await, [""; 0]);
    assert_eq!(fs::read(bed.file(&path)).unwrap(), b"new");
    assert!(left.iter().all(|left| !left.exists()));
}

#[tokio::test]
async fn somebody_elses_lock_is_respected() {
    let bed = Bed::plain();
    let path = bed.write("/files/x", b"old");
    let version = pin(&bed, &path).await;
    let other = fs::File::open(bed.file(&path)).unwrap();
    rustix::fs::flock(&other, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let deleted = bed.store.delete(&permit(DELETE, &path), &version).await;
    assert!(
        matches!(deleted, Err(StoreError::Failed { .. })),
        "{deleted:?}"
    );
    drop(other);
    bed.store
        .delete(&permit(DELETE, &path), &version)
        .await
        .unwrap();
}

#[tokio::test]
async fn folders_of_blobs_go_and_folders_of_files_stay() {
    let bed = Bed::workspace();
    let blob = bed.write("/blobs/c/a/b/x", b"x");
    let beside = bed.write("/blobs/c/a/y", b"y");
    let file = bed.write("/files/share/a/x", b"x");
    for path in [&blob, &file] {
        let version = pin(&bed, path).await;
        bed.store
            .delete(&permit(DELETE, path), &version)
            .await
            .unwrap();
    }
    assert!(!bed.root().join("blobs/c/a/b").exists());
    assert!(bed.root().join("files/share/a").exists());
    let version = pin(&bed, &beside).await;
    bed.store
        .delete(&permit(DELETE, &beside), &version)
        .await
        .unwrap();
    assert!(bed.root().join("blobs/c").exists() && !bed.root().join("blobs/c/a").exists());
}

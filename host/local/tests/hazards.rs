//! What a directory can hold besides files, names that are awkward elsewhere, and what somebody puts in a file's
//! place between a look and an act.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use remit_apply::StoreMut as _;
use remit_local::Directory;
use remit_policy::Act;
use remit_workspace::conformance::{listed, paths, read};
use remit_workspace::{EntryPath, Forecast, Pattern, Store as _, StoreError, Version};

use crate::bed::{Bed, DELETE, bytes, gaps, permit, pin};

#[tokio::test]
async fn links_are_gaps_and_lead_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "outside").unwrap();
    let bed = Bed::plain();
    let real = bed.write("/files/real/x", b"inside");
    symlink(outside.path(), bed.root().join("folder")).unwrap();
    symlink(outside.path().join("secret"), bed.root().join("file")).unwrap();
    symlink("real", bed.root().join("inner")).unwrap();
    symlink("nowhere", bed.root().join("broken")).unwrap();
    let reason = "symbolic link, not followed";
    let all = ["broken", "file", "folder", "inner"].map(|name| format!("/files/{name}: {reason}"));
    assert_eq!(gaps(&bed, "/files/**").await, all);
    assert_eq!(
        gaps(&bed, "/files/folder/secret").await,
        [format!("/files/folder: {reason}")]
    );
    assert_eq!(
        gaps(&bed, "/files/folder/**").await,
        [format!("/files/folder: {reason}")]
    );
    assert_eq!(gaps(&bed, "/files/real/**").await, [""; 0]);
    let (entries, _) = listed(bed.store.list(&Pattern::everything()))
        .await
        .unwrap();
    assert_eq!(
        entries
            .into_iter()
            .map(|entry| entry.path)
            .collect::<Vec<_>>(),
        std::slice::from_ref(&real)
    );
    let version = pin(&bed, &real).await;
    for path in [
        "/files/folder/secret",
        "/files/file",
        "/files/inner/x",
        "/files/broken",
    ] {
        let path = EntryPath::parse(path).unwrap();
        let ends = [
            bed.store.stat(&path).await.map(|_| ()),
            bed.store.open(&path, &version, 0).await.map(|_| ()),
            bed.store
                .delete(&permit(DELETE, &path), &version)
                .await
                .map(|_| ()),
            bed.store
                .replace(&permit(Act::Redact, &path), &version, bytes("x"))
                .await
                .map(|_| ()),
        ];
        for end in ends {
            assert!(
                matches!(end, Err(StoreError::OutOfReach { .. })),
                "{path}: {end:?}"
            );
        }
    }
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"outside");
}

/// A file or a folder that becomes a link between the look and the act.
#[tokio::test]
async fn a_link_put_in_the_place_of_what_was_listed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x"), "one").unwrap();
    let bed = Bed::plain();
    let path = bed.write("/files/folder/x", b"one");
    let version = pin(&bed, &path).await;
    fs::rename(bed.root().join("folder"), bed.root().join("was")).unwrap();
    symlink(outside.path(), bed.root().join("folder")).unwrap();
    let deleted = bed.store.delete(&permit(DELETE, &path), &version).await;
    assert!(
        matches!(deleted, Err(StoreError::OutOfReach { .. })),
        "{deleted:?}"
    );
    assert!(outside.path().join("x").exists() && bed.root().join("was/x").exists());
}

#[tokio::test]
async fn what_is_no_regular_file_is_a_gap() {
    let bed = Bed::plain();
    let fifo = bed.root().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(bed.root().join("socket")).unwrap();
    let reason = "not a regular file";
    assert_eq!(
        gaps(&bed, "/**").await,
        [
            format!("/files/pipe: {reason}"),
            format!("/files/socket: {reason}")
        ]
    );
    let path = EntryPath::parse("/files/pipe").unwrap();
    let opened = bed
        .store
        .open(&path, &Version::new("x"), 0)
        .await
        .map(|_| ());
    assert!(
        matches!(opened, Err(StoreError::OutOfReach { .. })),
        "{opened:?}"
    );
}

/// Runs a test as somebody to whom something can be forbidden: root becomes `nobody`, in a thread of its own.
fn without_privileges<F: Future>(test: impl FnOnce() -> F + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            let (uid, gid) = (
                rustix::process::Uid::from_raw(65534),
                rustix::process::Gid::from_raw(65534),
            );
            // Of this thread alone, and of those that its runtime starts.
            rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
            rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(test());
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_folder_that_may_not_be_read_is_a_gap() {
    without_privileges(|| async {
        let bed = Bed::plain();
        let closed = bed.root().join("closed");
        let path = bed.write("/files/closed/x", b"x");
        bed.write("/files/open", b"x");
        let version = pin(&bed, &path).await;
        let mode = |mode| fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o000);
        let reason = "/files/closed: no permission to list";
        for pattern in ["/**", "/files/closed/*", "/files/closed/x"] {
            assert_eq!(gaps(&bed, pattern).await, [reason], "{pattern}");
        }
        assert_eq!(paths_besides_gaps(&bed).await, ["/files/open"]);
        let ends = [
            bed.store.stat(&path).await.map(|_| ()),
            bed.store.open(&path, &version, 0).await.map(|_| ()),
            bed.store
                .delete(&permit(DELETE, &path), &version)
                .await
                .map(|_| ()),
        ];
        for end in ends {
            assert!(matches!(end, Err(StoreError::OutOfReach { .. })), "{end:?}");
        }
        // What may be walked through but not listed can be named, and no more.
        mode(0o100);
        assert_eq!(gaps(&bed, "/**").await, [reason]);
        assert_eq!(gaps(&bed, "/files/closed/x").await, [""; 0]);
        bed.store.stat(&path).await.unwrap();
        // What may be listed but not walked through shows names, and nothing about them.
        mode(0o400);
        assert_eq!(gaps(&bed, "/**").await.len(), 1);
        // What may not be written in loses nothing.
        mode(0o500);
        let entry = bed.store.stat(&path).await.unwrap();
        let forecast = bed.store.forecast(&entry, false).await;
        assert!(matches!(forecast, Forecast::Impossible(_)), "{forecast:?}");
        let deleted = bed.store.delete(&permit(DELETE, &path), &version).await;
        assert!(deleted.is_err(), "{deleted:?}");
        mode(0o700);
        assert_eq!(fs::read(bed.file(&path)).unwrap(), b"x");
    });
}

async fn paths_besides_gaps(bed: &Bed) -> Vec<String> {
    let (entries, _) = listed(bed.store.list(&Pattern::everything()))
        .await
        .unwrap();
    entries.iter().map(|entry| entry.path.to_string()).collect()
}

/// Names that are awkward elsewhere: each is listed, changed and deleted under its own name, and no other.
#[tokio::test]
async fn awkward_names_are_changed_and_deleted_as_themselves() {
    let bed = Bed::plain();
    let longest = vec![b'n'; 255];
    let names: [&[u8]; 14] = [
        b"Readme",
        b"README",
        b"readme",
        b"CON",
        b"con.txt",
        b"a.",
        b"a ",
        b"a",
        b"\xff\xfe",
        b"a\xc3",
        "caf\u{e9}".as_bytes(),
        "cafe\u{301}".as_bytes(),
        b"new\nline",
        &longest,
    ];
    let mut left: Vec<EntryPath> = Vec::new();
    for name in names {
        let path = EntryPath::of_segments([b"files", name]).unwrap();
        fs::write(bed.file(&path), name).unwrap();
        left.push(path);
    }
    let names_on_disk = || fs::read_dir(bed.root()).unwrap().count();
    for path in left.clone() {
        let version = pin(&bed, &path).await;
        let version = bed
            .store
            .replace(&permit(Act::Redact, &path), &version, bytes("redacted"))
            .await
            .unwrap();
        assert_eq!(names_on_disk(), left.len(), "{path}");
        assert_eq!(fs::read(bed.file(&path)).unwrap(), b"redacted");
        bed.store
            .delete(&permit(DELETE, &path), &version)
            .await
            .unwrap();
        left.retain(|other| *other != path);
        for other in &left {
            let name = other.segments().last().unwrap();
            assert_eq!(
                fs::read(bed.file(other)).unwrap(),
                name,
                "{path} took {other}"
            );
        }
    }
    assert_eq!(names_on_disk(), 0);
}

/// Two links whose names differ in case look like one file on a disk that ignores case. They are there, both.
#[tokio::test]
async fn links_that_differ_in_case_are_two_entries() {
    let bed = Bed::plain();
    let path = bed.write("/files/name", b"x");
    fs::hard_link(bed.file(&path), bed.root().join("NAME")).unwrap();
    for (path, there) in [
        ("/files/name", true),
        ("/files/NAME", true),
        ("/files/Name", false),
    ] {
        let found = bed.store.stat(&EntryPath::parse(path).unwrap()).await;
        assert_eq!(found.is_ok(), there, "{path}: {found:?}");
        assert_eq!(
            paths(&bed.store, path).await.len(),
            usize::from(there),
            "{path}"
        );
    }
}

/// Somebody puts another file in the place of the one that is being replaced.
#[tokio::test]
async fn a_file_put_in_its_place_while_a_replacement_is_written_is_not_overwritten() {
    // As it is listed, without a digest of its content, and as strictly as can be.
    for is_pinned in [false, true] {
        let bed = Bed::plain();
        let path = bed.write("/files/x", b"old");
        let version = match is_pinned {
            true => pin(&bed, &path).await,
            false => bed.store.stat(&path).await.unwrap().version,
        };
        let (new, file) = (bed.root().join("new"), bed.file(&path));
        fs::write(&new, "put there meanwhile").unwrap();
        let content = futures::stream::once(async move {
            fs::rename(new, file).unwrap();
            Ok(bytes::Bytes::from_static(b"redacted"))
        });
        let replaced = bed
            .store
            .replace(&permit(Act::Redact, &path), &version, Box::pin(content))
            .await;
        assert!(
            matches!(replaced, Err(StoreError::Changed(_))),
            "{replaced:?}"
        );
        assert_eq!(fs::read(bed.file(&path)).unwrap(), b"put there meanwhile");
        assert_eq!(fs::read_dir(bed.root()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn folders_nested_too_deeply_are_a_gap() {
    let bed = Bed::plain();
    let mut folder = bed.root();
    for _ in 0..260 {
        folder.push("d");
    }
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("x"), "x").unwrap();
    let gaps = gaps(&bed, "/**").await;
    assert_eq!(gaps.len(), 1);
    assert!(
        gaps[0].ends_with("folders nested more than 250 deep"),
        "{gaps:?}"
    );
}

/// What a coarse clock can hide: the same inode, size and times, and other content.
#[tokio::test]
async fn content_decides_where_times_agree() {
    let bed = Bed::plain();
    let path = bed.write("/files/x", b"one");
    let version = pin(&bed, &path).await;
    let text = version.as_str();
    let (stamp, digest) = text.split_at(text.len() - 64);
    let other = if digest.starts_with('0') { "1" } else { "0" };
    let other = Version::new(format!("{stamp}{other}{}", &digest[1..]));
    let opened = match bed.store.open(&path, &other, 0).await {
        Ok(content) => read(content).await.map(|_| ()),
        Err(error) => Err(error),
    };
    let entry = remit_workspace::Entry {
        version: other.clone(),
        ..bed.store.stat(&path).await.unwrap()
    };
    let ends = [
        opened,
        bed.store.pin(&entry).await.map(|_| ()),
        bed.store
            .delete(&permit(DELETE, &path), &other)
            .await
            .map(|_| ()),
        bed.store
            .replace(&permit(Act::Redact, &path), &other, bytes("x"))
            .await
            .map(|_| ()),
    ];
    for end in ends {
        assert!(matches!(end, Err(StoreError::Changed(_))), "{end:?}");
    }
    bed.store
        .delete(&permit(DELETE, &path), &version)
        .await
        .unwrap();
}

/// A disk on which case does not count, as they are elsewhere: NTFS. None where no such disk can be had.
struct AnyCase {
    folder: tempfile::TempDir,
}

impl AnyCase {
    fn mount() -> Option<Self> {
        if !rustix::process::geteuid().is_root() || !Path::new("/dev/fuse").exists() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (image, disk) = (folder.path().join("image"), folder.path().join("disk"));
        fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
        fs::create_dir(&disk).unwrap();
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            let ran = std::process::Command::new(program).args(arguments).output();
            let ran = ran.unwrap_or_else(|error| panic!("{program} (Debian: ntfs-3g): {error}"));
            assert!(ran.status.success(), "{program}: {ran:?}");
        };
        run("mkfs.ntfs", &["-q".as_ref(), "-F".as_ref(), image.as_ref()]);
        run(
            "lowntfs-3g",
            &[
                "-o".as_ref(),
                "ignore_case".as_ref(),
                image.as_ref(),
                disk.as_ref(),
            ],
        );
        Some(Self { folder })
    }
}

impl Drop for AnyCase {
    fn drop(&mut self) {
        let disk = self.folder.path().join("disk");
        let _best_effort = std::process::Command::new("umount").arg(disk).status();
    }
}

/// Otherwise a step could name what a hold covers by another spelling.
#[tokio::test]
async fn where_case_does_not_count_an_entry_has_one_name() {
    let Some(disk) = AnyCase::mount() else {
        return;
    };
    let root = disk.folder.path().join("disk");
    let text = "version = 1\nname = \"test\"\nid = \"00000000-0000-4000-8000-000000000001\"\n";
    fs::write(root.join("workspace.toml"), text).unwrap();
    fs::create_dir_all(root.join("blobs/c/deep")).unwrap();
    fs::write(root.join("blobs/c/deep/kept.log"), "kept").unwrap();
    assert_eq!(
        fs::read(root.join("blobs/c/DEEP/Kept.log")).unwrap(),
        b"kept",
        "the disk is not what it should be"
    );
    let store = Directory::open(&root).unwrap();
    assert_eq!(paths(&store, "/**").await, ["/blobs/c/deep/kept.log"]);
    let path = EntryPath::parse("/blobs/c/deep/kept.log").unwrap();
    let entry = store.stat(&path).await.unwrap();
    let version = store.pin(&entry).await.unwrap();
    for other in [
        "/blobs/c/deep/KEPT.log",
        "/blobs/c/Deep/kept.log",
        "/blobs/C/deep/kept.log",
    ] {
        assert_eq!(paths(&store, other).await, [""; 0], "{other}");
        assert_eq!(
            paths(&store, &format!("{other}/**")).await,
            [""; 0],
            "{other}"
        );
        let other = EntryPath::parse(other).unwrap();
        let ends = [
            store.stat(&other).await.map(|_| ()),
            store.open(&other, &version, 0).await.map(|_| ()),
            store
                .delete(&permit(DELETE, &other), &version)
                .await
                .map(|_| ()),
            store
                .replace(&permit(Act::Redact, &other), &version, bytes("x"))
                .await
                .map(|_| ()),
        ];
        for end in ends {
            assert!(
                matches!(end, Err(StoreError::NotFound(_))),
                "{other}: {end:?}"
            );
        }
    }
    // By its own name it is reached, and goes.
    store
        .delete(&permit(DELETE, &path), &version)
        .await
        .unwrap();
    assert_eq!(paths(&store, "/**").await, [""; 0]);
}

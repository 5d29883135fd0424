//! Which directories are workspaces, which of them are the same, and the policy that lies with one.

use std::fs;
use std::os::unix::fs::symlink;

use remit_local::{Directory, OpenError};
use remit_workspace::conformance::{paths, read};
use remit_workspace::{EntryPath, Store as _};

use crate::bed::Bed;

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_no_absence() {
    let bed = Bed::plain();
    assert_eq!(bed.store.policy_file("policy.toml").await.unwrap(), None);
    let folder = bed.root().join(".remit");
    let file = folder.join("policy.toml");
    fs::write(&folder, "a file").unwrap();
    assert!(bed.store.policy_file("policy.toml").await.is_err());
    fs::remove_file(&folder).unwrap();
    fs::create_dir_all(&file).unwrap();
    assert!(
        bed.store.policy_file("policy.toml").await.is_err(),
        "a folder"
    );
    fs::remove_dir(&file).unwrap();
    symlink("/dev/null", &file).unwrap();
    assert!(
        bed.store.policy_file("policy.toml").await.is_err(),
        "a link"
    );
    fs::remove_file(&file).unwrap();
    fs::remove_dir(&folder).unwrap();
    symlink("/tmp", &folder).unwrap();
    assert!(
        bed.store.policy_file("policy.toml").await.is_err(),
        "a link for the folder"
    );
    for name in ["../x", "", ".", "a/b"] {
        assert!(bed.store.policy_file(name).await.is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn a_directory_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Directory::open(folder.path().join("none")),
        Err(OpenError::Directory { .. })
    ));
    for (text, expect) in [
        ("version = 1\n", "Description"),
        ("version = 2\nname = \"n\"\nid = \"i\"\n", "UnknownVersion"),
    ] {
        fs::write(folder.path().join("workspace.toml"), text).unwrap();
        let error = format!("{:?}", Directory::open(folder.path()).unwrap_err());
        assert!(error.starts_with(expect), "{error}");
    }
}

#[tokio::test]
async fn the_same_directory_is_the_same_workspace() {
    let bed = Bed::plain();
    let link = bed.root().with_extension("link");
    symlink(bed.root(), &link).unwrap();
    let again = Directory::open(&link).unwrap();
    fs::remove_file(&link).unwrap();
    assert_eq!(again.identity(), bed.store.identity());
    assert_ne!(bed.store.identity(), Bed::plain().store.identity());
    bed.write("/files/x", b"x");
    assert_eq!(paths(&again, "/**").await, ["/files/x"]);
    let entry = again
        .stat(&EntryPath::parse("/files/x").unwrap())
        .await
        .unwrap();
    let content = again.open(&entry.path, &entry.version, 0).await.unwrap();
    assert_eq!(read(content).await.unwrap(), "x");
}

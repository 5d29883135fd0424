//! A directory of its own for one test, its entries as files, and what a test says to the store about them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use remit_apply::StoreMut;
use remit_apply::conformance::FixtureMut;
use remit_local::Directory;
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_workspace::conformance::{Fixture, Holds, listed};
use remit_workspace::{Content, EntryPath, Kind, Pattern, Store, Version};

pub(crate) struct Bed {
    folder: tempfile::TempDir,
    pub(crate) store: Directory,
    full: bool,
}

impl Bed {
    pub(crate) fn plain() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::open(folder.path()).unwrap();
        Self {
            folder,
            store,
            full: false,
        }
    }

    pub(crate) fn workspace() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = "version = 1\nname = \"test\"\nid = \"00000000-0000-4000-8000-000000000001\"\n";
        fs::write(folder.path().join("workspace.toml"), text).unwrap();
        let store = Directory::open(folder.path()).unwrap();
        Self {
            folder,
            store,
            full: true,
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The file of an entry, found without the code under test.
    pub(crate) fn file(&self, path: &EntryPath) -> PathBuf {
        let mut file = self.root();
        if self.full && path.root() != "blobs" && path.root() != "files" {
            file.push("records");
            path.written_segments()
                .for_each(|segment| file.push(segment));
            let mut name = file.file_name().unwrap().to_owned();
            name.push(".json");
            file.set_file_name(name);
            return file;
        }
        let skipped = usize::from(!self.full);
        for segment in path.segments().skip(skipped) {
            // Names that no file can have: what `put` never writes.
            assert!(!segment.is_empty() && segment != b"." && segment != b"..");
            file.push(OsStr::from_bytes(&segment));
        }
        file
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) -> EntryPath {
        let path = EntryPath::parse(path).unwrap();
        let file = self.file(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        path
    }
}

#[async_trait::async_trait]
impl Fixture for Bed {
    fn store(&self) -> &dyn Store {
        &self.store
    }
    fn objects(&self) -> EntryPath {
        EntryPath::parse(if self.full {
            "/blobs/c/base"
        } else {
            "/files/base"
        })
        .unwrap()
    }
    fn holds(&self) -> Holds {
        Holds {
            records: self.full,
            any_bytes: true,
            control_characters: true,
            backslashes: true,
            cases: true,
            forbidden: "",
            segment_bytes_max: 255,
        }
    }
    fn reserved(&self) -> EntryPath {
        EntryPath::parse(if self.full {
            "/blobs/remit/policy.toml"
        } else {
            "/files/.remit/policy.toml"
        })
        .unwrap()
    }
    async fn put(&self, path: &EntryPath, content: &[u8]) {
        assert!(Kind::of(path).is_some());
        self.write(path.as_str(), content);
    }
    async fn take_away(&self, path: &EntryPath) {
        fs::remove_file(self.file(path)).unwrap();
    }
}

impl FixtureMut for Bed {
    fn store_mut(&self) -> &dyn StoreMut {
        &self.store
    }
}

pub(crate) fn permit(act: Act, path: &EntryPath) -> Permitted {
    let everything = Pattern::everything();
    let rights = Rights::none()
        .with(Right::Delete, everything.clone(), Strength::default())
        .with(Right::Redact, everything, Strength::default());
    Authority::for_operator(rights, Policy::absent())
        .permit(act, path, std::iter::empty())
        .unwrap()
}

pub(crate) const DELETE: Act = Act::Delete(Strength {
    purge: false,
    cascade: false,
    cancel: false,
});

pub(crate) async fn pin(bed: &Bed, path: &EntryPath) -> Version {
    let entry = bed.store.stat(path).await.unwrap();
    bed.store.pin(&entry).await.unwrap()
}

pub(crate) fn bytes(text: &'static str) -> Content {
    Box::pin(futures::stream::iter([Ok(bytes::Bytes::from_static(
        text.as_bytes(),
    ))]))
}

pub(crate) async fn gaps(bed: &Bed, pattern: &str) -> Vec<String> {
    let (_, gaps) = listed(bed.store.list(&Pattern::parse(pattern).unwrap()))
        .await
        .unwrap();
    let mut gaps: Vec<_> = gaps
        .into_iter()
        .map(|gap| format!("{}: {}", gap.path, gap.reason))
        .collect();
    gaps.sort();
    gaps
}

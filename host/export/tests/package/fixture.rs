//! A small case with every sort of name, and a look at a folder as bytes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use remit_export::{About, Error, Finished, Form, Names, Package, Stored, Summary};

pub(crate) struct Sample {
    pub(crate) path: &'static str,
    pub(crate) form: Form,
    pub(crate) bytes: &'static [u8],
}

const fn blob(path: &'static str, bytes: &'static [u8]) -> Sample {
    Sample {
        path,
        form: Form::Bytes,
        bytes,
    }
}

/// In the order of their paths.
pub(crate) const SAMPLES: &[Sample] = &[
    blob("/blobs/azureml//empty-segment", b"e"),
    blob("/blobs/azureml/%2E%2E/%2E%2E/%2E%2E/etc/passwd", b"root"),
    blob("/blobs/azureml/..%2F..%2Fslash", b"s"),
    blob("/blobs/azureml/A.log", b"upper"),
    blob("/blobs/azureml/CON", b"device"),
    blob(
        "/blobs/azureml/ExperimentRun/dcid.x/logs/a%20b.txt",
        b"hello\n",
    ),
    blob("/blobs/azureml/a.log", b"lower"),
    blob(
        "/blobs/azureml/a.log?version=2026-01-02T03:04:05Z",
        b"older",
    ),
    blob("/blobs/azureml/a.log/below", b"below"),
    blob("/blobs/azureml/bell%07%0D%0Aline", b"control"),
    blob("/blobs/azureml/dots...", b""),
    blob("/blobs/azureml/percent%25%0Aend%20", b"percent"),
    blob(
        "/files/share/Users/jane/Zo%C3%AB%20%E2%80%AEtxt.exe",
        b"nfc",
    ),
    blob("/files/share/Users/jane/Zoe%CC%88", b"nfd"),
    blob("/files/share/Users/jane/Zo%C3%AB", b"nfc again"),
    blob(
        "/files/share/Users/jane/%E5%B1%A5%E6%AD%B4%E6%9B%B8.csv",
        b"1,2\n",
    ),
    Sample {
        path: "/runs/x",
        form: Form::Json,
        bytes: b"{\"id\":\"x\"}",
    },
    Sample {
        path: "/runs/x/metrics",
        form: Form::Json,
        bytes: b"{}",
    },
];

pub(crate) fn names() -> Names {
    Names::of(SAMPLES.iter().map(|s| (s.path, s.form)))
}

pub(crate) fn summary() -> Summary {
    Summary {
        title: "Request 4711 of Jane Example".to_owned(),
        workspace: "sample".to_owned(),
        identifier: Some("sha256:00ff".to_owned()),
        created_ms: 1_763_856_000_000,
        facts: vec![("Skipped".to_owned(), "2".to_owned())],
    }
}

pub(crate) fn about(sample: &Sample) -> About {
    About {
        kind: if sample.form == Form::Json {
            "run"
        } else {
            "blob"
        }
        .to_owned(),
        version: Some("\"0x1\"".to_owned()),
        modified_ms: Some(1_763_800_000_000),
        through: None,
    }
}

pub(crate) fn store(package: &Package, sample: &Sample) -> Result<Stored, Error> {
    let size = Some(sample.bytes.len() as u64);
    let mut writer = package.add(sample.path, size, about(sample))?;
    for chunk in sample.bytes.chunks(4) {
        writer.write(chunk)?;
    }
    writer.finish()
}

pub(crate) fn finish(package: &Package, samples: &[Sample]) -> Result<Finished, Error> {
    package.finish(&summary(), samples.iter().map(|s| Ok(s.path)))
}

pub(crate) fn whole(folder: &Path) -> Finished {
    let package = Package::open(folder, names()).unwrap();
    for sample in SAMPLES {
        store(&package, sample).unwrap();
    }
    finish(&package, SAMPLES).unwrap()
}

/// A new empty case, and where its package goes; in memory where the system has such a place,
/// because the crash tests flush many thousand times.
pub(crate) fn case() -> (tempfile::TempDir, PathBuf) {
    let memory = tempfile::tempdir_in("/dev/shm");
    let case = memory.or_else(|_| tempfile::tempdir()).unwrap();
    let package = case.path().join("package");
    (case, package)
}

/// Everything below a folder: mode and bytes of files, mode of folders.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let bytes = if meta.is_dir() {
                open.push(path.clone());
                None
            } else {
                Some(fs::read(&path).unwrap())
            };
            let below = path.strip_prefix(folder).unwrap().to_owned();
            found.insert(below, (meta.permissions().mode() & 0o777, bytes));
        }
    }
    found
}

//! A folder to work in and the binary to run there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const REMIT: &str = env!("CARGO_BIN_EXE_remit");

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// Where the plugins are; without them half of the tests would be about nothing.
pub(crate) fn plugins() -> PathBuf {
    let beside = Path::new(REMIT).ancestors().nth(2).unwrap().join("plugins");
    let folder = std::env::var_os("REMIT_PLUGINS").map_or(beside, PathBuf::from);
    assert!(
        folder.join("personal-data.wasm").exists(),
        "no plugins in {}: build them with `cargo xtask plugins`",
        folder.display()
    );
    folder
}

/// A temporary folder; commands run in it, with an environment of their own.
pub(crate) struct Bed {
    folder: tempfile::TempDir,
}

/// How a command ended.
pub(crate) struct Ran {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, expect: i32) -> Self {
        assert_eq!(
            self.exit,
            Some(expect),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, expect: &str) -> Self {
        assert!(
            self.stdout.contains(expect) || self.stderr.contains(expect),
            "does not say {expect:?}\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With the sample workspace in `sample`.
    pub(crate) fn with_sample() -> Self {
        let bed = Self::new();
        bed.remit(&["init", "--sample", "sample"]).exits(0);
        bed
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The command, to be run or to be watched.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(REMIT);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear();
        command
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            // Every guest is compiled once for all tests: the interpreters of scripts take seconds.
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("REMIT_PLUGINS", plugins());
        command.stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn remit(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Every file below a folder, with its bytes.
    pub(crate) fn tree(&self, name: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let root = self.path(name);
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    let name = path
                        .strip_prefix(&root)
                        .unwrap()
                        .as_os_str()
                        .as_bytes()
                        .to_vec();
                    files.insert(name, fs::read(&path).unwrap_or_default());
                }
            }
        }
        files
    }
}

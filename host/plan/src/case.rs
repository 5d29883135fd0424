//! The folder that one piece of work lives in.
//!
//! Working papers: it holds names and paths, so it is readable by its owner only and never lies
//! inside a workspace.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore as _};

use crate::PlanError;

/// A case: `MANIFEST`, `steps/`, `edits/`, `staged/`, `approvals/`, `journal/`, `package/`, `report.html`, `key`.
#[derive(Clone, Debug)]
pub struct Case {
    dir: PathBuf,
}

/// The key of a case: what makes pseudonyms stable within it, and meaningless outside.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseKey([u8; 32]);

impl CaseKey {
    /// The 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseKey(32 bytes, not shown)")
    }
}

/// What a draft leaves behind; removed when planning starts over in the same folder.
const DRAFT_PARTS: [&str; 6] = [
    "steps",
    "edits",
    crate::staged::FOLDER,
    "guests",
    "scratch",
    "key",
];

impl Case {
    /// Makes a case for a new plan. A folder left by a planning that was not finished is taken over.
    pub fn create(dir: &Path) -> Result<Self, PlanError> {
        let case = Self {
            dir: dir.to_owned(),
        };
        if case.path(crate::Manifest::FILE).exists() {
            return Err(PlanError::Exists(dir.to_owned()));
        }
        if dir.exists() {
            case.clear_draft()?;
        } else {
            case.make_folder(dir)?;
        }
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        case.write_new("key", &key)?;
        for folder in ["steps", "edits", "guests", "approvals"] {
            case.folder(folder)?;
        }
        Ok(case)
    }

    /// The file that says that a case is closed. It is there before the first paper goes, so that
    /// nobody opens what is left when closing was stopped.
    pub const CLOSED: &str = "CLOSED";

    /// A case that is closed, or whose closing was begun; none where there is no such thing.
    pub fn closed(dir: &Path) -> Option<Self> {
        let case = Self {
            dir: dir.to_owned(),
        };
        case.path(Self::CLOSED).is_file().then_some(case)
    }

    /// Opens a case that has a sealed plan.
    pub fn open(dir: &Path) -> Result<Self, PlanError> {
        if Self::closed(dir).is_some() {
            return Err(PlanError::Closed(dir.to_owned()));
        }
        let case = Self {
            dir: dir.to_owned(),
        };
        match case.path(crate::Manifest::FILE).symlink_metadata() {
            Ok(_) => Ok(case),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(PlanError::NotSealed(dir.to_owned()))
            }
            Err(error) => Err(PlanError::io("cannot open the case", dir)(error)),
        }
    }

    fn clear_draft(&self) -> Result<(), PlanError> {
        let entries = fs::read_dir(&self.dir).map_err(PlanError::io("cannot read", &self.dir))?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(
                entry
                    .map_err(PlanError::io("cannot read", &self.dir))?
                    .file_name(),
            );
        }
        let is_draft = names.is_empty() || names.iter().any(|name| name == "key");
        if !is_draft
            || names
                .iter()
                .any(|name| name == "journal" || name == "package")
        {
            return Err(PlanError::NotACase(self.dir.clone()));
        }
        for part in DRAFT_PARTS {
            let path = self.path(part);
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(PlanError::io("cannot remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file or folder of the case.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A folder of the case, made when it is not there, readable by the owner only.
    pub fn folder(&self, name: &str) -> Result<PathBuf, PlanError> {
        let path = self.path(name);
        self.make_folder(&path)?;
        Ok(path)
    }

    fn make_folder(&self, path: &Path) -> Result<(), PlanError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(PlanError::io("cannot make the folder", path))
    }

    /// A new file of the case, readable by the owner only, for writing.
    pub fn create_file(&self, name: &str) -> Result<File, PlanError> {
        let path = self.path(name);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(PlanError::io("cannot write", &path))
    }

    /// Writes a file whole and flushes it to the disk.
    pub fn write_new(&self, name: &str, bytes: &[u8]) -> Result<(), PlanError> {
        let mut file = self.create_file(name)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(PlanError::io("cannot write", &self.path(name)))
    }

    /// Replaces a file so that it is the old one or the new one, never half of either.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), PlanError> {
        let partial = format!("{name}.new");
        self.write_new(&partial, bytes)?;
        let path = self.path(name);
        fs::rename(self.path(&partial), &path).map_err(PlanError::io("cannot write", &path))?;
        let folder = path.parent().unwrap_or(&self.dir);
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(PlanError::io("cannot flush", folder))
    }

    /// The key of the case.
    pub fn key(&self) -> Result<CaseKey, PlanError> {
        let path = self.path("key");
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(33).read_to_end(&mut bytes))
            .map_err(PlanError::io("cannot read", &path))?;
        let key = bytes
            .try_into()
            .map_err(|_wrong| PlanError::damaged(&path, "a key has 32 bytes"))?;
        Ok(CaseKey(key))
    }
}

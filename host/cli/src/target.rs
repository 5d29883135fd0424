//! From `-w` to a workspace that is open.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remit_apply::StoreMut;
use remit_local::Directory;
use remit_plan::Case;
use remit_workspace::Store;

use crate::args::Target;
use crate::error::CommandError;

/// The file of a case that says where the workspace lies. A convenience: no digest covers it.
const NOTED: &str = "target";

/// An open workspace.
pub(crate) struct Workspace {
    /// For the crate that changes it.
    pub(crate) store: Arc<dyn StoreMut>,
    /// Where it lies on this machine.
    pub(crate) dir: PathBuf,
}

impl Workspace {
    /// Opens what `-w` names; without it, the workspace that the current folder lies in.
    pub(crate) fn open(target: &Target) -> Result<Self, CommandError> {
        let given = match &target.workspace {
            Some(given) => given.clone(),
            None => find_above(&current_dir()?).ok_or_else(|| {
                CommandError::usage("no workspace is named, and the current folder lies in none")
                    .hint("name one: -w DIRECTORY (any directory will do)")
                    .hint("or make one to try things on: remit init --sample ./sample")
            })?,
        };
        if let Some((scheme, _)) = given.to_str().and_then(|text| text.split_once("://")) {
            return Err(CommandError::usage(format!(
                "workspaces of `{scheme}://` cannot be opened by this version"
            ))
            .hint("it works on directories: -w DIRECTORY"));
        }
        let store = Directory::open(&given).map_err(|error| {
            CommandError::new(crate::exit::Exit::Usage, error)
                .hint("name a directory: -w DIRECTORY")
        })?;
        let dir = given.canonicalize().map_err(|error| {
            CommandError::io(format!("cannot open `{}`", given.display()), error)
        })?;
        Ok(Self {
            store: Arc::new(store),
            dir,
        })
    }

    /// Opens the workspace that the plan of a case was made for: what `-w` names, or where it was when it was planned.
    /// Whether it is the right one, its identity says when the plan is admitted.
    pub(crate) fn open_for(target: &Target, case: &Case) -> Result<Self, CommandError> {
        if target.workspace.is_some() {
            return Self::open(target);
        }
        let noted = case.path(NOTED);
        let place = std::fs::read(&noted).map_err(|error| {
            CommandError::io("cannot tell where the workspace lies", error)
                .hint("name it: -w DIRECTORY")
        })?;
        Self::open(&Target {
            workspace: Some(PathBuf::from(OsString::from_vec(place))),
        })
    }

    /// Notes in the case where the workspace lies, for whoever goes on with it.
    pub(crate) fn note_in(&self, case: &Case) -> Result<(), CommandError> {
        Ok(case.write_new(NOTED, self.dir.as_os_str().as_bytes())?)
    }

    /// The workspace as a thing to be read.
    pub(crate) fn reading(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
}

pub(crate) fn current_dir() -> Result<PathBuf, CommandError> {
    std::env::current_dir()
        .map_err(|error| CommandError::io("cannot tell the current folder", error))
}

/// The nearest folder at or above `from` that says that it is a workspace.
fn find_above(from: &Path) -> Option<PathBuf> {
    let is_workspace =
        |dir: &&Path| dir.join("workspace.toml").is_file() || dir.join(".remit").is_dir();
    from.ancestors().find(is_workspace).map(Path::to_owned)
}

//! Where the case of a command lies.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use remit_plan::Case;
use remit_workspace::Millis;

use crate::error::CommandError;
use crate::target::{Workspace, current_dir};

/// This machine's clock.
pub(crate) fn now() -> Millis {
    Timestamp::now().as_millisecond()
}

/// Makes the case for a new plan: the named folder, or `./<who>-<date>.case`.
///
/// It never lies inside of the workspace: the next listing would find it there.
pub(crate) fn create(
    named: Option<&Path>,
    who: &str,
    workspace: &Workspace,
) -> Result<Case, CommandError> {
    if let Some(dir) = named {
        let parent = dir
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let parent = parent.canonicalize().map_err(|error| {
            CommandError::io(
                format!(
                    "the folder `{}` for the case cannot be opened",
                    parent.display()
                ),
                error,
            )
        })?;
        if workspace
            .folder()
            .is_some_and(|folder| parent.starts_with(folder))
        {
            return Err(CommandError::usage(format!(
                "the case `{}` would lie inside of the workspace",
                dir.display()
            ))
            .hint("name a folder outside of it: --case ../NAME.case"));
        }
        return Ok(Case::create(dir)?);
    }
    let here = current_dir()?;
    // Inside of the workspace, the case lies beside it.
    let folder = match (here.canonicalize(), workspace.folder()) {
        (Ok(here), Some(folder)) if here.starts_with(folder) => {
            folder.parent().unwrap_or(Path::new("/")).to_owned()
        }
        _ => PathBuf::from("."),
    };
    let date = Timestamp::now()
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d")
        .to_string();
    for n in 1..1000 {
        let name = if n == 1 {
            format!("{who}-{date}.case")
        } else {
            format!("{who}-{date}-{n}.case")
        };
        let dir = folder.join(name);
        if !dir.exists() {
            return Ok(Case::create(&dir)?);
        }
    }
    Err(CommandError::usage("there are a thousand cases of today")
        .hint("name the case: --case DIR"))
}

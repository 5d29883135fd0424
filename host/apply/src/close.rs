//! Closes a case: its key and its working papers are destroyed.
//!
//! What stays is the evidence, the package unless that is to go too, and a file that says when it was
//! closed and which plan it held. Without the key nobody can tell any more whom a pseudonym stands for,
//! nor which entry a step of the evidence was about.
//!
//! Papers are unlinked, and the key is overwritten before. Against somebody who reads the disk itself
//! that is not certain: a file system that copies on write, or a flash disk, may keep what was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use remit_plan::{Case, Digest, Manifest, Plan, PlanError};
use remit_policy::Duration;
use remit_workspace::Millis;

use crate::{ApplyError, Journal, Progress, evidence, export, journal, others};

/// What is done about steps that have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// The case is not closed.
    Refuse,
    /// They are given up, and with them the knowledge of what was half done.
    Abandon,
}

/// What becomes of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exports {
    /// It stays.
    Keep,
    /// It is removed.
    Remove,
}

/// Why a case was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// Steps have not ended.
    #[error("the case is not finished: {}", match .begun {
        true => "steps are open",
        false => "its plan was never applied",
    })]
    Unfinished {
        /// Whether the plan was begun at all.
        begun: bool,
    },
    /// The policy wants its papers kept.
    #[error("the policy keeps the papers of a case for {retention}: this one's until {until}")]
    Retained {
        /// What the policy says.
        retention: Duration,
        /// The day.
        until: String,
    },
    /// The case, or its journal.
    #[error(transparent)]
    Case(#[from] ApplyError),
    /// The file system refused.
    #[error("{doing} `{}`", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl From<PlanError> for CloseError {
    fn from(error: PlanError) -> Self {
        Self::Case(error.into())
    }
}

/// A case that may be closed. Finished stays finished, so this holds until it is done.
#[derive(Debug)]
#[must_use = "a case is closed when its papers are destroyed"]
pub struct Closable {
    case: Case,
    /// None where an earlier closing was stopped: what it began is ended.
    plan: Option<Digest>,
}

/// A case that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Files and folders in it that are none of the case's own. They were left.
    pub left: Vec<String>,
}

/// All that a case may hold besides the evidence, the package and the file that says it is closed. The
/// key goes first, the manifest last: as long as it is there, what is left can be told to be a case.
const PAPERS: [&str; 22] = [
    "key",
    "edits",
    "staged",
    "steps",
    "scratch",
    "guests",
    "approvals",
    "summary.json",
    "gaps.jsonl",
    "kept.jsonl",
    "residue.jsonl",
    "referred.jsonl",
    "notes.jsonl",
    "grant.toml",
    "asks.toml",
    "target",
    "report.html",
    // The package's own notes while it is made.
    "package.work",
    "MANIFEST.new",
    others::FOLDER,
    journal::FOLDER,
    Manifest::FILE,
];

impl Closable {
    /// Checks that a case may be closed now. The retention is the policy's; none where there is none,
    /// or where a person decides against it.
    pub fn of(
        case: &Case,
        unfinished: Unfinished,
        retention: Option<Duration>,
        now: Millis,
    ) -> Result<Self, CloseError> {
        let (manifest, digest) = Manifest::read(case)?;
        let progress = progress(case).or_else(|error| match unfinished {
            Unfinished::Refuse => Err(error),
            // Whoever gives a case up need not be able to read it.
            Unfinished::Abandon => Ok(Progress::new(0)),
        })?;
        if !progress.finished && unfinished == Unfinished::Refuse {
            return Err(CloseError::Unfinished {
                begun: progress.started,
            });
        }
        if let Some(retention) = retention {
            let since = progress
                .finished_at
                .or(progress.began_at)
                .unwrap_or(manifest.about.created);
            let kept = i64::try_from(retention.millis()).unwrap_or(i64::MAX);
            let until = since.saturating_add(kept);
            if now < until {
                return Err(CloseError::Retained {
                    retention,
                    until: Timestamp::from_millisecond(until)
                        .unwrap_or(Timestamp::MAX)
                        .strftime("%Y-%m-%d %H:%M UTC")
                        .to_string(),
                });
            }
        }
        Ok(Self {
            case: case.clone(),
            plan: Some(digest),
        })
    }

    /// A case whose closing was begun; none where it was not. To close it again does no harm.
    pub fn begun(dir: &Path) -> Option<Self> {
        Case::closed(dir).map(|case| Self { case, plan: None })
    }

    /// Destroys the key, then all papers. Stopped anywhere, the case no longer opens, and closing it
    /// again ends what was begun.
    pub fn destroy(self, exports: Exports, now: Millis) -> Result<Closed, CloseError> {
        let case = &self.case;
        let _lock = Journal::lock_out(case)?;
        if let Some(plan) = self.plan {
            let at = Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX);
            let text = format!("# remit closed 1\nplan    {plan}\nclosed  {at}\n");
            case.replace(Case::CLOSED, text.as_bytes())?;
        }
        overwrite(&case.path("key"))?;
        for name in PAPERS {
            remove(&case.path(name))?;
        }
        if exports == Exports::Remove {
            remove(&case.path(export::FOLDER))?;
        }
        let failed = || io_error("cannot flush", case.dir());
        File::open(case.dir())
            .and_then(|folder| folder.sync_all())
            .map_err(failed())?;
        let mut left = Vec::new();
        for entry in fs::read_dir(case.dir()).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name();
            let is_ours = [Case::CLOSED, evidence::FOLDER, export::FOLDER]
                .iter()
                .any(|own| name == *own);
            if !is_ours {
                left.push(name.to_string_lossy().into_owned());
            }
        }
        left.sort();
        Ok(Closed { left })
    }
}

fn progress(case: &Case) -> Result<Progress, CloseError> {
    let plan = Plan::open(case.clone())?;
    Ok(Journal::read(case, plan.digest(), plan.summary().steps)?)
}

/// Writes over a file's bytes where they lie.
fn overwrite(path: &Path) -> Result<(), CloseError> {
    let failed = || io_error("cannot overwrite", path);
    let length = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // What a link leads to is not the case's; the link is unlinked with the rest.
        metadata => match metadata.map_err(failed())? {
            file if file.is_file() => file.len(),
            _ => return Ok(()),
        },
    };
    let mut file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(failed())?;
    let zeros = vec![0; usize::try_from(length).unwrap_or(0).min(4096)];
    file.write_all(&zeros)
        .and_then(|()| file.sync_all())
        .map_err(failed())
}

/// Removes a file, a link or a whole folder; links are not followed.
fn remove(path: &Path) -> Result<(), CloseError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("cannot remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CloseError {
    move |source| CloseError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

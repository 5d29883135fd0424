//! Reads a journal back and checks its chain.

use std::fs;
use std::path::{Path, PathBuf};

use remit_plan::Digest;

use super::{Progress, Record};
use crate::ApplyError;

/// Where a journal ends, and what it says.
pub(super) struct Tail {
    pub(super) progress: Progress,
    /// The file to write on in, and how many of its bytes are whole lines.
    pub(super) last: Option<(PathBuf, u64)>,
    pub(super) next_seq: u64,
    pub(super) prev: String,
}

/// The files of a journal in order; none when there is no journal.
fn files(folder: &Path) -> Result<Vec<PathBuf>, ApplyError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(ApplyError::journal("cannot read", folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        files.push(
            entry
                .map_err(ApplyError::journal("cannot read", folder))?
                .path(),
        );
    }
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    Ok(files)
}

/// Folds the whole journal.
///
/// A last line without its end is a flush that a stop cut off: it never counted, and is written over.
/// Anything else that does not fit is damage.
pub(super) fn read(folder: &Path, plan: Digest, steps: u64) -> Result<Tail, ApplyError> {
    let mut tail = Tail {
        progress: Progress::new(steps),
        last: None,
        next_seq: 1,
        prev: plan.to_hex(),
    };
    let files = files(folder)?;
    for (index, path) in files.iter().enumerate() {
        let is_last = index + 1 == files.len();
        let text = fs::read(path).map_err(ApplyError::journal("cannot read", path))?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() && !is_last {
            return Err(ApplyError::damaged(path, "a line in the middle is cut off"));
        }
        for (number, line) in text[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let damaged = |why: &dyn std::fmt::Display| {
                ApplyError::damaged(path, format!("line {}: {why}", number + 1))
            };
            let line =
                std::str::from_utf8(&line[..line.len() - 1]).map_err(|error| damaged(&error))?;
            let record: Record = serde_json::from_str(line).map_err(|error| damaged(&error))?;
            if record.seq != tail.next_seq || record.prev != tail.prev {
                return Err(damaged(&"it does not follow from the line before"));
            }
            tail.progress.fold(&record).map_err(|why| damaged(&why))?;
            tail.next_seq += 1;
            tail.prev = Record::digest_of(line);
        }
        tail.last = Some((path.clone(), whole as u64));
    }
    Ok(tail)
}

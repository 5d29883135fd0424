//! The files that converters made: what an export puts into the package in place of the content.
//!
//! A converter is a guest, and applying runs none: so its output is written while planning, lies in the
//! case under the plan's digest, and is only copied afterwards.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::draft::Lines;
use crate::{Case, Digest, FileDigest, PlanError};

/// The folder of a case that they lie in.
pub(crate) const FOLDER: &str = "staged";

/// Writes the output of one conversion. Dropped before it is finished, it leaves nothing.
pub struct StagedWriter {
    case: Case,
    name: String,
    /// Its name while it is written: one entry may be converted twice at a time.
    partial: String,
    file: Option<Lines>,
}

impl StagedWriter {
    /// A file for what `subject` names (a path, a version, a converter): equal subjects have one file, so
    /// that a proposal made twice is the same proposal.
    pub fn create(case: &Case, subject: &str) -> Result<Self, PlanError> {
        static WRITERS: AtomicU64 = AtomicU64::new(0);
        let (folder, name) = place(subject);
        case.folder(&folder)?;
        let partial = format!("{name}.{}", WRITERS.fetch_add(1, Ordering::Relaxed));
        let file = Some(Lines::new(case, &partial)?);
        Ok(Self {
            case: case.clone(),
            name,
            partial,
            file,
        })
    }

    /// The file that was finished for an equal subject, with its bytes; none where there is none.
    pub fn finished(case: &Case, subject: &str) -> Result<Option<(FileDigest, u64)>, PlanError> {
        let (_, name) = place(subject);
        let path = case.path(&name);
        let digest = Digest::of_file(&path);
        match digest.and_then(|digest| Ok((digest, fs::metadata(&path)?.len()))) {
            Ok((digest, bytes)) => Ok(Some((FileDigest { name, digest }, bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PlanError::io("cannot read", &path)(error)),
        }
    }

    /// Writes on.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), PlanError> {
        let file = self.file.as_mut().expect("it is taken when it is finished");
        file.write(bytes)
    }

    /// Flushes to the disk; the file's name in the case and its digest.
    pub fn finish(mut self) -> Result<FileDigest, PlanError> {
        let file = self.file.take().expect("it is finished once");
        let digest = file.finish()?.digest;
        let path = self.partial();
        fs::rename(&path, self.case.path(&self.name))
            .map_err(PlanError::io("cannot write", &path))?;
        Ok(FileDigest {
            name: self.name.clone(),
            digest,
        })
    }

    fn partial(&self) -> PathBuf {
        self.case.path(&self.partial)
    }
}

/// The folder and the name of the file for a subject.
fn place(subject: &str) -> (String, String) {
    let digest = Digest::of(subject.as_bytes()).to_hex();
    let folder = format!("{FOLDER}/{}", &digest[..2]);
    let name = format!("{folder}/{}", &digest[2..42]);
    (folder, name)
}

impl Drop for StagedWriter {
    fn drop(&mut self) {
        // After it was finished there is none of this name; and what cannot be removed no plan names.
        let _absent = fs::remove_file(self.partial());
    }
}

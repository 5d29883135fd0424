//! Findings on disk, under the case, so that what was scanned once is not scanned again.
//!
//! One file for each entry, version and scanner with findings; an entry without findings has none.
//! Scratch: never a part of the plan.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Lines, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use remit_plan::Case;
use remit_workspace::{EntryPath, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Fault, Finding};

/// Where the findings of one scan lie, when they are whole.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    name: String,
    path: PathBuf,
}

/// Findings as they are being reported.
#[derive(Debug)]
pub(crate) struct Writing {
    found: Found,
    case: Case,
    /// Its name while it is being written: two scans of one entry may be under way.
    partial: String,
    /// None until the first finding.
    file: Option<BufWriter<File>>,
}

/// A finding as a line; names are short, because there may be many.
#[derive(Serialize, Deserialize)]
struct Line {
    o: u64,
    l: u32,
    r: String,
}

impl Found {
    pub(crate) fn of(case: &Case, scanner: &str, path: &EntryPath, version: &Version) -> Self {
        let id = Sha256::digest(format!("{scanner}\0{path}\0{version}"));
        let id = &hex::encode(id)[..40];
        let name = format!("scratch/found/{}/{id}.jsonl", &id[..2]);
        Self {
            path: case.path(&name),
            name,
        }
    }

    /// Whether a scan found something, and came to its end.
    pub(crate) fn is_there(&self) -> bool {
        self.path.exists()
    }

    pub(crate) fn write(&self, case: &Case) -> Writing {
        static SCANS: AtomicU64 = AtomicU64::new(0);
        let partial = format!("{}.{}", self.name, SCANS.fetch_add(1, Ordering::Relaxed));
        Writing {
            found: self.clone(),
            case: case.clone(),
            partial,
            file: None,
        }
    }

    /// The findings in order.
    pub(crate) fn read(&self) -> Result<Reading, Fault> {
        let file = File::open(&self.path).map_err(Fault::io("cannot read", &self.path))?;
        Ok(Reading(BufReader::new(file).lines()))
    }
}

/// Findings, line by line.
pub(crate) struct Reading(Lines<BufReader<File>>);

impl Iterator for Reading {
    type Item = io::Result<Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.0.next()?;
        Some(line.and_then(|line| {
            let Line { o, l, r } = serde_json::from_str(&line)?;
            Ok(Finding {
                offset: o,
                length: l,
                rule: r,
            })
        }))
    }
}

impl Writing {
    pub(crate) fn push(&mut self, finding: &Finding) -> Result<(), Fault> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let (folder, _) = self
                    .found
                    .name
                    .rsplit_once('/')
                    .expect("the name was made with folders");
                self.case.folder(folder)?;
                none.insert(BufWriter::new(self.case.create_file(&self.partial)?))
            }
        };
        let line = Line {
            o: finding.offset,
            l: finding.length,
            r: finding.rule.clone(),
        };
        let mut line =
            serde_json::to_vec(&line).expect("numbers and a text always have a JSON text");
        line.push(b'\n');
        file.write_all(&line)
            .map_err(Fault::io("cannot write", &self.case.path(&self.partial)))
    }

    /// The scan came to its end: the file gets its name.
    pub(crate) fn finish(self) -> Result<Found, Fault> {
        let partial = self.case.path(&self.partial);
        if let Some(mut file) = self.file {
            file.flush()
                .and_then(|()| fs::rename(&partial, &self.found.path))
                .map_err(Fault::io("cannot write", &partial))?;
        }
        Ok(self.found)
    }
}

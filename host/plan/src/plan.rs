//! A sealed plan, read back.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use remit_workspace::Gap;
use serde::de::DeserializeOwned;

use crate::draft::GapLine;
use crate::referring::Referred;
use crate::{Case, Digest, GapNumbers, Kept, Manifest, Note, PlanError, Residue, Step, Summary};

/// A plan whose every file has the digest that its manifest names.
#[derive(Clone, Debug)]
pub struct Plan {
    case: Case,
    manifest: Manifest,
    digest: Digest,
    summary: Summary,
}

impl Plan {
    /// Opens the plan of a case. Every file is read and compared with the manifest.
    pub fn open(case: Case) -> Result<Self, PlanError> {
        let (manifest, digest) = Manifest::read(&case)?;
        for file in &manifest.files {
            let path = case.path(&file.name);
            let found = Digest::of_file(&path).map_err(PlanError::io("cannot read", &path))?;
            if found != file.digest {
                return Err(PlanError::damaged(
                    &path,
                    "its SHA-256 is not the one in MANIFEST",
                ));
            }
        }
        let path = case.path("summary.json");
        let text = std::fs::read(&path).map_err(PlanError::io("cannot read", &path))?;
        let summary =
            serde_json::from_slice(&text).map_err(|error| PlanError::damaged(&path, error))?;
        Ok(Self {
            case,
            manifest,
            digest,
            summary,
        })
    }

    /// The case it lies in.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// What it is about.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The plan's digest: that of its manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it will do, in numbers.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The steps, in order of their numbers.
    pub fn steps(&self) -> Steps {
        let segments: Vec<PathBuf> = self
            .manifest
            .files
            .iter()
            .filter(|file| file.name.starts_with("steps/"))
            .map(|file| self.case.path(&file.name))
            .collect();
        Steps(Box::new(segments.into_iter().flat_map(read_lines)))
    }

    /// The gaps; their numbers count from 1.
    pub fn gaps(&self) -> impl Iterator<Item = Result<Gap, PlanError>> {
        read_lines::<GapLine>(self.case.path("gaps.jsonl")).map(|line| {
            line.map(|line| Gap {
                path: line.path,
                reason: line.reason,
            })
        })
    }

    /// Entries that stay although a step was proposed for them.
    pub fn kept(&self) -> impl Iterator<Item = Result<Kept, PlanError>> {
        read_lines(self.case.path("kept.jsonl"))
    }

    /// Matches that no redaction reaches.
    pub fn residue(&self) -> impl Iterator<Item = Result<Residue, PlanError>> {
        read_lines(self.case.path("residue.jsonl"))
    }

    /// Records that stay, and refer to something that the plan deletes.
    pub fn referred(&self) -> impl Iterator<Item = Result<Referred, PlanError>> {
        // Where there are none, there is no file.
        let is_there = self.summary.referred > 0;
        let lines = is_there.then(|| read_lines(self.case.path(Referred::FILE)));
        lines.into_iter().flatten()
    }

    /// What the guest said.
    pub fn notes(&self) -> impl Iterator<Item = Result<Note, PlanError>> {
        read_lines(self.case.path("notes.jsonl"))
    }

    /// Records that a person accepts these gaps. This changes the plan's digest, so it comes before
    /// any approval.
    pub fn accept(mut self, gaps: &GapNumbers) -> Result<Self, PlanError> {
        if let Some(given) = gaps.iter().find(|number| *number > self.manifest.gaps) {
            return Err(PlanError::NoSuchGap {
                given,
                count: self.manifest.gaps,
            });
        }
        let before = self.manifest.accepted.clone();
        self.manifest.accepted.extend(gaps);
        if self.manifest.accepted == before {
            return Ok(self);
        }
        let approvals = self.case.path("approvals");
        let mut approved =
            std::fs::read_dir(&approvals).map_err(PlanError::io("cannot read", &approvals))?;
        if approved.next().is_some() || self.case.path("journal").exists() {
            return Err(PlanError::AlreadyApproved);
        }
        let text = self.manifest.to_text();
        self.case.replace(Manifest::FILE, text.as_bytes())?;
        self.digest = Digest::of(text.as_bytes());
        Ok(self)
    }
}

/// Steps of a plan, read as they are asked for.
pub struct Steps(Box<dyn Iterator<Item = Result<Step, PlanError>> + Send>);

impl Iterator for Steps {
    type Item = Result<Step, PlanError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Lines of a file as values; the first failure ends them.
fn read_lines<T: DeserializeOwned + Send + 'static>(
    path: PathBuf,
) -> Box<dyn Iterator<Item = Result<T, PlanError>> + Send> {
    let file = match File::open(&path).map_err(PlanError::io("cannot read", &path)) {
        Ok(file) => file,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    Box::new(
        BufReader::with_capacity(256 * 1024, file)
            .lines()
            .map(move |line| {
                let line = line.map_err(PlanError::io("cannot read", &path))?;
                serde_json::from_str(&line).map_err(|error| PlanError::damaged(&path, error))
            }),
    )
}

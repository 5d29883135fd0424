//! A proposal with everything that belongs to it, gathered before any of it enters the draft.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::PathBuf;

use futures::StreamExt as _;
use remit_plan::Step;
use remit_workspace::{Entry, EntryPath, Listed, Relation, StoreError};

use crate::propose::{Halt, Tried};
use crate::scan::{CORES, Task};
use crate::{Code, DeleteOptions, ExportOptions, Failure, Fault, Scope, Session};

/// Steps that wait for the last of them to be permitted. Beyond a few they wait on disk.
pub(crate) struct Pile {
    steps: Vec<Step>,
    spilled: Option<BufWriter<File>>,
    count: u64,
    bytes: u64,
    scratch: PathBuf,
}

/// Some 500 KB.
const IN_MEMORY_MAX: usize = 1_000;

/// Runs below runs: a pipeline of pipelines is a few levels deep.
const DEPTH_MAX: u32 = 32;

/// What is done to each part.
#[derive(Clone, Debug)]
pub(crate) enum Doing {
    Delete(DeleteOptions),
    Export(ExportOptions),
}

impl From<DeleteOptions> for Doing {
    fn from(how: DeleteOptions) -> Self {
        Self::Delete(how)
    }
}

impl From<ExportOptions> for Doing {
    fn from(how: ExportOptions) -> Self {
        Self::Export(how)
    }
}

impl Pile {
    /// The step on the entry that was proposed.
    pub(crate) fn first(&self) -> &Step {
        self.steps.first().expect("a pile begins with a step")
    }

    /// Bytes of all of it, where known.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn push(&mut self, step: Step) -> Result<(), Fault> {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(step.bytes().unwrap_or(0));
        if self.steps.len() < IN_MEMORY_MAX {
            self.steps.push(step);
            return Ok(());
        }
        let io = Fault::io("cannot write in", &self.scratch);
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => match tempfile::tempfile_in(&self.scratch) {
                Ok(file) => none.insert(BufWriter::new(file)),
                Err(error) => return Err(io(error)),
            },
        };
        let mut line = serde_json::to_vec(&step).expect("a step always has a JSON text");
        line.push(b'\n');
        spilled.write_all(&line).map_err(io)
    }

    /// Everything was permitted: now it enters the draft.
    pub(crate) fn propose(self, session: &Session) -> Tried<()> {
        session.draft(|draft| {
            self.steps
                .iter()
                .try_for_each(|step| draft.propose(step).map(drop))
        })?;
        let Some(spilled) = self.spilled else {
            return Ok(());
        };
        let io = |error| Fault::io("cannot write in", &self.scratch)(error);
        let mut file = spilled
            .into_inner()
            .map_err(|error| io(error.into_error()))?;
        file.rewind().map_err(io)?;
        for line in BufReader::new(file).lines() {
            let step: Step =
                serde_json::from_str(&line.map_err(io)?).map_err(|error| io(error.into()))?;
            session.draft(|draft| draft.propose(&step))?;
        }
        Ok(())
    }
}

impl Scope {
    /// A pile that begins with this step.
    pub(crate) fn pile(&self, first: Step) -> Tried<Pile> {
        // The draft has made it.
        let scratch = self.session.case.path("scratch");
        let mut pile = Pile {
            steps: Vec::new(),
            spilled: None,
            count: 0,
            bytes: 0,
            scratch,
        };
        pile.push(first)?;
        Ok(pile)
    }

    /// Adds a step for each owned part of a record, and for theirs.
    ///
    /// A delete is all or nothing. An export goes without what may not be exported or masked, and the
    /// plan says so: nothing is lost by it.
    pub(crate) async fn add_parts(
        &self,
        record: &Entry,
        pile: &mut Pile,
        doing: impl Into<Doing>,
    ) -> Tried<()> {
        let doing = doing.into();
        let mut seen = HashSet::from([record.path.clone()]);
        let mut owners = VecDeque::from([(record.path.clone(), 0)]);
        while let Some((owner, depth)) = owners.pop_front() {
            let parts = self.session.store.parts(&owner, Relation::Owned);
            let steps = parts.map(|part| {
                let (scope, doing) = (self.clone(), doing.clone());
                async move {
                    let part = match part {
                        Ok(Listed::Entry(part)) => part,
                        other => return (other, None),
                    };
                    // Pinning reads a file whole where the version is a digest: work for another core.
                    let working = part.clone();
                    let mut task = Task(tokio::spawn(
                        async move { scope.part(&working, &doing).await },
                    ));
                    let step = (&mut task.0)
                        .await
                        .unwrap_or_else(|_| Err(Fault::Task("a proposal").into()));
                    (Ok(Listed::Entry(part)), Some(step))
                }
            });
            let mut steps = std::pin::pin!(steps.buffered(*CORES));
            while let Some((part, step)) = steps.next().await {
                self.session.meter.live()?;
                let part = self.listed_part(part, &owner)?;
                let Some(step) = step else { continue };
                match step {
                    Ok(mut step) => {
                        if pile.count >= self.session.meter.budget().parts_max {
                            return Err(too_much(&record.path));
                        }
                        step.part_of = Some(owner.clone());
                        pile.push(step)?;
                    }
                    Err(halt) => self.part_stays(halt, &part, &doing)?,
                }
                if !part.kind.is_object() && seen.insert(part.path.clone()) {
                    if depth == DEPTH_MAX {
                        return Err(too_much(&record.path));
                    }
                    owners.push_back((part.path, depth + 1));
                }
            }
        }
        Ok(())
    }

    async fn part(&self, part: &Entry, doing: &Doing) -> Tried<Step> {
        match doing {
            Doing::Delete(how) => self.deletion(part, how).await,
            Doing::Export(how) => self.exportation(part, how).await,
        }
    }

    fn listed_part(&self, part: Result<Listed, StoreError>, owner: &EntryPath) -> Tried<Entry> {
        match part {
            Ok(Listed::Entry(part)) => Ok(part),
            Ok(Listed::Gap(gap)) => {
                self.session.gap(&gap.path, &gap.reason)?;
                let failure = Failure::new(
                    Code::Unreadable,
                    format!("the parts of {owner} could not be listed"),
                );
                Err(Halt::Keep(
                    format!("parts could not be listed: {}", gap.reason),
                    failure,
                ))
            }
            Err(error) => Ok(self.unread(owner, error)?),
        }
    }

    /// A part that stays keeps its record from being deleted; a copy of the record goes without it.
    fn part_stays(&self, halt: Halt, part: &Entry, doing: &Doing) -> Tried<()> {
        let (why, failure) = match halt {
            Halt::Keep(why, failure) | Halt::Deny(why, failure) => (why, failure),
            Halt::Refuse(crate::Refusal::Failure(failure)) => (failure.code.to_string(), failure),
            fault @ Halt::Refuse(crate::Refusal::Fault(_)) => return Err(fault),
        };
        match doing {
            Doing::Delete(_) => {
                // Which part it is the guest may not be allowed to know.
                let failure = Failure::new(failure.code, "an owned part of it stays");
                Err(Halt::Keep(
                    format!("part {} stays: {why}", part.path),
                    failure,
                ))
            }
            Doing::Export(_) => Ok(self.keep(&part.path, remit_policy::Act::Export, why)?),
        }
    }
}

fn too_much(record: &EntryPath) -> Halt {
    let failure = Failure::new(
        Code::Limit,
        format!("{record} has too many parts, or they nest too deeply"),
    );
    Halt::Keep("too many parts for one step".to_owned(), failure)
}

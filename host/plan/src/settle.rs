//! From proposals to numbered steps: sorted by path, equal ones merged, contradictions refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _};

use remit_workspace::EntryPath;

use crate::draft::{Lines, to_line};
use crate::last::{Last, stays};
use crate::referring::{Referred, Referring};
use crate::{About, Act, Case, Draft, FileDigest, Kept, Manifest, PlanError, Span, Step, Summary};

/// A draft whose steps are final, and which only lacks its manifest.
#[must_use = "a settled draft becomes a plan when it is sealed"]
pub struct Settled {
    case: Case,
    summary: Summary,
    files: Vec<FileDigest>,
}

impl Draft {
    /// Steps in one segment file.
    const SEGMENT_STEPS_MAX: u64 = 50_000;

    /// Sorts, merges and numbers the steps, and writes them.
    pub fn settle(self) -> Result<Settled, PlanError> {
        let case = self.case;
        let io = |error| PlanError::io("cannot write in", case.dir())(error);
        let mut files = Vec::new();
        let mut summary = Summary {
            incomplete: self.incomplete,
            listed: self
                .listed
                .iter()
                .map(|(kind, count)| (kind.to_string(), *count))
                .collect(),
            notes: self.notes.count,
            residue: self.residue.count,
            ..Summary::default()
        };
        files.extend([self.notes.finish()?, self.residue.finish()?]);
        // First pass: merge and number. What a record needs may be sorted behind it, so who owns what
        // is gathered on the way and filled in by the second pass.
        let mut numbered = BufWriter::new(tempfile::tempfile_in(case.path("scratch")).map_err(io)?);
        let mut owners = Owners::default();
        let mut last = Last::default();
        let mut referring = self.referring;
        let mut merging = Merging::default();
        let mut kept = self.kept;
        for line in self.steps.sorted() {
            let step: Step = serde_json::from_str(&line.map_err(io)?)
                .map_err(|error| PlanError::damaged(&case.path("scratch"), error))?;
            if let Some(why) = stays(&step, self.deletes_workspace, self.stays.as_ref()) {
                let line = to_line(&Kept {
                    path: step.path,
                    act: step.act.as_str().to_owned(),
                    why,
                });
                kept.push(line.clone(), line).map_err(io)?;
                continue;
            }
            if let Some(whole) = merging.push(step)? {
                write_entry(&mut numbered, whole, &mut owners, &mut last, &mut referring)
                    .map_err(io)?;
            }
        }
        if let Some(whole) = merging.finish() {
            write_entry(&mut numbered, whole, &mut owners, &mut last, &mut referring)
                .map_err(io)?;
        }
        let mut numbered = numbered
            .into_inner()
            .map_err(|error| io(error.into_error()))?;
        numbered.rewind().map_err(io)?;
        for (name, sorter, count) in [
            ("gaps.jsonl", self.gaps, &mut summary.gaps),
            ("kept.jsonl", kept, &mut summary.kept),
        ] {
            let mut lines = Lines::new(&case, name)?;
            let mut last = None;
            for line in sorter.sorted() {
                let line = Some(line.map_err(io)?);
                if line != last {
                    lines.push(line.as_deref().unwrap_or_default())?;
                    last = line;
                }
            }
            *count = lines.count;
            files.push(lines.finish()?);
        }
        let ranks = owners.ranks()?;
        ranks.values().for_each(|rank| last.others(*rank));
        let mut referred: Option<Lines> = None;
        let mut failed = None;
        let found = referring.find(|line| {
            let lines = match &mut referred {
                Some(lines) => Ok(lines),
                none => Lines::new(&case, Referred::FILE).map(|lines| none.insert(lines)),
            };
            // What the case says of it is kept aside: the search knows only of its own files.
            let written = lines.and_then(|lines| lines.push(&to_line(line)));
            written.map_err(|error| {
                failed = Some(error);
                std::io::ErrorKind::Other.into()
            })
        });
        match (found, failed) {
            (_, Some(error)) => return Err(error),
            (found, None) => found.map_err(io)?,
        }
        if let Some(lines) = referred {
            summary.referred = lines.count;
            files.push(lines.finish()?);
        }

        // Second pass: write the segments.
        let mut segment: Option<Segment> = None;
        for line in BufReader::new(numbered).lines() {
            let mut step: Step = serde_json::from_str(&line.map_err(io)?)
                .map_err(|error| PlanError::damaged(&case.path("scratch"), error))?;
            if let (Act::Delete { .. }, Some(owned)) = (&step.act, owners.by_record.get(&step.path))
            {
                step.needs.extend(owned.spans.iter().copied());
                step.rank = step.rank.max(ranks[&step.path]);
            }
            last.order(&mut step, owners.count);
            summary.add(&step);
            if segment
                .as_ref()
                .is_some_and(|segment| segment.steps == Self::SEGMENT_STEPS_MAX)
            {
                files.extend(segment.take().map(Segment::finish).transpose()?);
            }
            let segment = match &mut segment {
                Some(segment) => segment,
                none => none.insert(Segment::create(&case, step.number)?),
            };
            segment.push(&step)?;
            let edits = step.act.redaction();
            let edits = edits.map(|redaction| (&redaction.edits, &redaction.edits_sha256));
            let staged = step.act.conversion();
            let staged = staged.map(|conversion| (&conversion.staged, &conversion.after_sha256));
            for (name, sha256) in edits.into_iter().chain(staged) {
                let digest = crate::Digest::parse(sha256)
                    .ok_or_else(|| PlanError::damaged(&case.path(name), "not a SHA-256"))?;
                files.push(FileDigest {
                    name: name.clone(),
                    digest,
                });
            }
        }
        files.extend(segment.map(Segment::finish).transpose()?);
        let mut text =
            serde_json::to_string_pretty(&summary).expect("counts always have a JSON text");
        text.push('\n');
        case.write_new("summary.json", text.as_bytes())?;
        files.push(FileDigest {
            name: "summary.json".into(),
            digest: crate::Digest::of(text.as_bytes()),
        });
        fs::remove_dir_all(case.path("scratch")).map_err(io)?;
        Ok(Settled {
            case,
            summary,
            files,
        })
    }
}

impl Settled {
    /// What the plan will do, in numbers: for the last checks before it is sealed.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Adds a file that lies in the case already to what the plan's digest covers.
    pub fn cover(&mut self, name: &str) -> Result<(), PlanError> {
        let path = self.case.path(name);
        let digest = crate::Digest::of_file(&path).map_err(PlanError::io("cannot read", &path))?;
        self.files.push(FileDigest {
            name: name.to_owned(),
            digest,
        });
        Ok(())
    }

    /// Writes the manifest. From here on the plan is a value.
    pub fn seal(mut self, about: About) -> Result<Case, PlanError> {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.files.dedup();
        let manifest = Manifest::new(about, &self.summary, self.files);
        self.case
            .replace(Manifest::FILE, manifest.to_text().as_bytes())?;
        Ok(self.case)
    }
}

/// The steps on one entry, gathered until the next entry comes.
#[derive(Default)]
struct Merging(Vec<Step>);

impl Merging {
    fn push(&mut self, step: Step) -> Result<Option<Vec<Step>>, PlanError> {
        let whole = match self.0.first() {
            Some(first) if first.path != step.path => Some(std::mem::take(&mut self.0)),
            _ => None,
        };
        match self
            .0
            .iter_mut()
            .find(|other| other.act.order() == step.act.order())
        {
            Some(other) => merge(other, step)?,
            None => {
                if let Some(other) = self
                    .0
                    .iter()
                    .find(|other| !can_stand_together(other, &step))
                {
                    return Err(conflict(other, &step));
                }
                self.0.push(step);
            }
        }
        Ok(whole)
    }

    fn finish(self) -> Option<Vec<Step>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// Two proposals of one act on one entry: one step, or a contradiction.
fn merge(into: &mut Step, from: Step) -> Result<(), PlanError> {
    if into.act != from.act || into.version != from.version {
        return Err(conflict(into, &from));
    }
    // The words of whoever meant the entry itself say more than those that came with a record.
    if into.reason.is_empty() || (into.part_of.is_some() && from.part_of.is_none()) {
        into.reason = from.reason;
    }
    // A part stays a part, so that its record waits for it. By its place it has one owner at most.
    if into.part_of.is_none() {
        into.part_of = from.part_of;
    }
    for path in from.files_of {
        if !into.files_of.contains(&path) {
            into.files_of.push(path);
        }
    }
    for path in from.above {
        if !into.above.contains(&path) {
            into.above.push(path);
        }
    }
    for path in from.effects.entries {
        if !into.effects.entries.contains(&path) {
            into.effects.entries.push(path);
        }
    }
    Ok(())
}

/// A copy may be made of what is then changed; nothing is changed twice.
fn can_stand_together(a: &Step, b: &Step) -> bool {
    a.version == b.version
        && (matches!(a.act, Act::Export { .. }) || matches!(b.act, Act::Export { .. }))
}

fn conflict(first: &Step, second: &Step) -> PlanError {
    let describe = |step: &Step| match (&step.act, step.reason.as_str()) {
        (Act::Redact(redaction), _) => format!(
            "redact with {} (version {})",
            redaction.scanner, step.version
        ),
        (act, "") => format!("{} version {}", act.as_str(), step.version),
        (act, reason) => format!("{} version {} ({reason})", act.as_str(), step.version),
    };
    PlanError::Conflict {
        path: first.path.clone(),
        first: describe(first),
        second: describe(second),
    }
}

fn write_entry(
    to: &mut impl std::io::Write,
    steps: Vec<Step>,
    owners: &mut Owners,
    last: &mut Last,
    referring: &mut Referring,
) -> std::io::Result<()> {
    let mut export = None;
    for mut step in steps {
        owners.count += 1;
        step.number = owners.count;
        if let Act::Export { .. } = step.act {
            export = Some(step.number);
        } else if let Some(export) = export {
            step.needs.push(Span(export, export));
            step.rank = 1;
        }
        last.add(&step);
        if let Act::Delete { .. } = step.act {
            for record in step.part_of.iter().chain(&step.files_of) {
                owners.add(record, &step);
            }
            referring.delete(&step.path)?;
        }
        writeln!(to, "{}", to_line(&step))?;
    }
    Ok(())
}

/// Which steps delete the owned parts of which record, or its files. One short entry for each record, not for each part.
#[derive(Default)]
struct Owners {
    by_record: BTreeMap<EntryPath, Owned>,
    count: u64,
}

#[derive(Default)]
struct Owned {
    spans: Vec<Span>,
    rank_of_objects: u32,
    records: Vec<EntryPath>,
}

impl Owners {
    fn add(&mut self, owner: &EntryPath, step: &Step) {
        let owned = self.by_record.entry(owner.clone()).or_default();
        match owned.spans.last_mut() {
            Some(last) if last.1 + 1 == step.number => last.1 = step.number,
            _ => owned.spans.push(Span(step.number, step.number)),
        }
        owned.rank_of_objects = owned.rank_of_objects.max(step.rank);
        if !step.kind.is_object() {
            owned.records.push(step.path.clone());
        }
    }

    /// The rank of each record: one more than the highest among its parts, which may own parts in turn.
    fn ranks(&self) -> Result<BTreeMap<EntryPath, u32>, PlanError> {
        let mut ranks = BTreeMap::new();
        for record in self.by_record.keys() {
            self.rank(record, &mut ranks, 0)?;
        }
        Ok(ranks)
    }

    /// Records below records, at the most: pipelines of pipelines are a few levels deep.
    const DEPTH_MAX: u32 = 64;

    fn rank(
        &self,
        record: &EntryPath,
        ranks: &mut BTreeMap<EntryPath, u32>,
        depth: u32,
    ) -> Result<u32, PlanError> {
        if let Some(&rank) = ranks.get(record) {
            return Ok(rank);
        }
        if depth > Self::DEPTH_MAX {
            return Err(PlanError::Circular(record.clone()));
        }
        let Some(owned) = self.by_record.get(record) else {
            return Ok(0);
        };
        let mut rank = owned.rank_of_objects;
        for part in &owned.records {
            rank = rank.max(self.rank(part, ranks, depth + 1)?);
        }
        ranks.insert(record.clone(), rank + 1);
        Ok(rank + 1)
    }
}

/// A file of steps.
struct Segment {
    lines: Lines,
    steps: u64,
}

impl Segment {
    fn create(case: &Case, first_step: u64) -> Result<Self, PlanError> {
        let name = format!("steps/{first_step:010}.jsonl");
        Ok(Self {
            lines: Lines::new(case, &name)?,
            steps: 0,
        })
    }

    fn push(&mut self, step: &Step) -> Result<(), PlanError> {
        self.steps += 1;
        self.lines.push(&to_line(step))
    }

    fn finish(self) -> Result<FileDigest, PlanError> {
        self.lines.finish()
    }
}

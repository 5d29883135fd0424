//! From findings to edits, and a redaction tried out before it is proposed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::iter::Peekable;
use std::ops::Range;

use bytes::BytesMut;
use futures::StreamExt as _;
use remit_formats::{
    Edit, FormatError, Key, MAX_DOCUMENT, Operator, RawEdits, members, top_level_spans,
};
use remit_plan::{EditsWriter, PlanError, Redaction, format_name, read_edits};
use remit_workspace::{Entry, StoreError, Version};
use sha2::{Digest as _, Sha256};

use crate::found::{Found, Reading};
use crate::inspect::Outcome;
use crate::propose::{Halt, Tried};
use crate::scope::invalid;
use crate::{Code, Failure, Fault, Finding, Scope, decoded};

/// What is to be cut, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    /// Whose findings.
    pub(crate) scanner: &'a str,
    /// Whose findings protect what they overlap.
    pub(crate) sparing: Option<&'a str>,
    /// By rule, or `*`.
    pub(crate) operators: &'a [(String, Operator)],
    pub(crate) extent: Extent,
}

/// How much of a record's document may be cut. Objects are cut anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent {
    /// The members of these names; what is found elsewhere is residue.
    Writable(&'static [&'static str]),
    /// All of it, since only a copy is cut.
    Whole,
}

impl Cut<'_> {
    fn operator(&self, rule: &str) -> Operator {
        let of = |name: &str| {
            self.operators
                .iter()
                .rev()
                .find(|(rule, _)| rule == name)
                .map(|(_, operator)| *operator)
        };
        of(rule).or_else(|| of("*")).unwrap_or_default()
    }

    /// Equal subjects share a file of edits, so that a proposal made twice is one proposal.
    fn subject(&self, entry: &Entry, version: &Version) -> String {
        let mut subject = format!(
            "{}\n{version}\n{}\n{:?}",
            entry.path, self.scanner, self.sparing
        );
        for (rule, operator) in self.operators {
            subject.push_str(&format!("\n{rule}={operator}"));
        }
        subject
    }
}

impl Scope {
    /// The redaction of one entry, tried out; none when there is nothing to cut.
    pub(crate) async fn cut(
        &self,
        entry: &Entry,
        version: &Version,
        cut: &Cut<'_>,
    ) -> Tried<Option<Redaction>> {
        let Some(found) = self.found(entry, cut.scanner).await? else {
            return Ok(None);
        };
        let spared = match cut.sparing {
            Some(scanner) => self.found(entry, scanner).await?,
            None => None,
        };
        let spared = spared.map(|spared| spared.read()).transpose()?;
        let mut findings = Spared {
            findings: found.read()?,
            spared: spared.map(Iterator::peekable),
        };
        let opened = decoded::open(&*self.session.store, entry, version).await;
        let mut opened = opened.or_else(|error| self.unread(&entry.path, error))?;
        let format = opened.format;
        let writer = EditsWriter::create(&self.session.case, &cut.subject(entry, version))
            .map_err(Fault::from)?;
        let mut edits = Edits {
            writer,
            places: BTreeMap::new(),
        };
        let as_edit = |finding: Finding| Edit {
            operator: cut.operator(&finding.rule),
            offset: finding.offset,
            length: finding.length,
            rule: finding.rule,
        };
        let scratch = || Fault::io("cannot read in", self.session.case.dir());
        if let (false, Extent::Writable(fields)) = (entry.kind.is_object(), cut.extent) {
            let members = self.members(entry, opened.raw).await?;
            let mut residue = BTreeSet::new();
            for finding in findings {
                let finding = finding.map_err(scratch())?;
                match place(&members, &finding) {
                    Some(member) if fields.contains(&member) => edits.push(&as_edit(finding))?,
                    member => {
                        _ = residue
                            .insert((member.unwrap_or("its document").to_owned(), finding.rule))
                    }
                }
            }
            self.residue(entry, residue)?;
        } else if matches!(format_name(format), "utf-16le" | "utf-16be") {
            let decoded = findings.map(|finding| finding.map(as_edit));
            let mut raw = RawEdits::new(format, decoded).map_err(refused)?;
            let mut ready = Vec::new();
            while let Some(bytes) = opened.raw.next().await {
                let bytes = bytes.or_else(|error| self.unread(&entry.path, error))?;
                raw.push(&bytes, &mut ready).map_err(refused)?;
                ready.drain(..).try_for_each(|edit| edits.push(&edit))?;
            }
            raw.finish(&mut ready).map_err(refused)?;
            ready.drain(..).try_for_each(|edit| edits.push(&edit))?;
        } else {
            findings.try_for_each(|finding| edits.push(&as_edit(finding.map_err(scratch())?)))?;
        }
        let places = edits.places;
        let file = edits.writer.finish().map_err(Fault::from)?;
        let path = self.session.case.path(&file.name);
        if places.is_empty() {
            fs::remove_file(&path).map_err(Fault::io("cannot remove", &path))?;
            return Ok(None);
        }
        let mut redaction = Redaction {
            scanner: cut.scanner.to_owned(),
            format: format_name(format).to_owned(),
            edits: file.name,
            edits_sha256: file.digest.to_hex(),
            places,
            after_sha256: String::new(),
            written_sha256: None,
            after_size_bytes: 0,
        };
        let written = match cut.extent {
            Extent::Writable(fields) if !entry.kind.is_object() => Some(fields),
            Extent::Writable(_) | Extent::Whole => None,
        };
        let tried = self.try_out(entry, version, &mut redaction, format, written);
        match tried.await {
            Ok(()) => Ok(Some(redaction)),
            Err(halt) => {
                fs::remove_file(&path).map_err(Fault::io("cannot remove", &path))?;
                Err(halt)
            }
        }
    }

    /// What a scanner found in the entry, scanned now if it has not been; none when it found nothing.
    async fn found(&self, entry: &Entry, scanner: &str) -> Tried<Option<Found>> {
        let rules = self.session.rules(scanner)?;
        let found = Found::of(&self.session.case, scanner, &entry.path, &entry.version);
        if found.is_there() {
            return Ok(Some(found));
        }
        match self.session.scan_entry(self, entry, scanner, rules).await? {
            Outcome::Scanned(harvest) => Ok((harvest.total > 0).then_some(found)),
            Outcome::Unread(failure) => Err(failure.into()),
            Outcome::Gap(why) => {
                let failure = Failure::new(
                    Code::Unreadable,
                    format!("{} could not be scanned: {why}", entry.path),
                );
                Err(Halt::Keep(why, failure))
            }
        }
    }

    /// The members of a record's document.
    async fn members(
        &self,
        entry: &Entry,
        mut raw: remit_workspace::Content,
    ) -> Tried<Vec<(String, Range<usize>)>> {
        let mut document = BytesMut::new();
        while let Some(bytes) = raw.next().await {
            document.extend_from_slice(&bytes.or_else(|error| self.unread(&entry.path, error))?);
            if document.len() > MAX_DOCUMENT {
                let size = document.len();
                return Err(refused(FormatError::DocumentTooLarge { size }));
            }
        }
        top_level_spans(&document).map_err(refused)
    }

    /// Carries the redaction out on the content and throws the result away: for its digest, and to see
    /// that it breaks nothing.
    async fn try_out(
        &self,
        entry: &Entry,
        version: &Version,
        redaction: &mut Redaction,
        format: remit_formats::Format,
        written: Option<&[&str]>,
    ) -> Tried<()> {
        let case = &self.session.case;
        let key = Key::new(*case.key().map_err(Fault::from)?.bytes());
        let edits = read_edits(case, &redaction.edits).map_err(Fault::from)?;
        let mut cutting = remit_formats::Redaction::new(format, edits, &key).map_err(refused)?;
        let content = self.session.store.open(&entry.path, version, 0).await;
        let mut content = content.or_else(|error| self.unread(&entry.path, error))?;
        let mut hasher = Sha256::new();
        // A record is small: its members were read the same way.
        let mut document = BytesMut::new();
        let mut size = 0;
        while let Some(bytes) = content.next().await {
            let bytes = bytes.or_else(|error: StoreError| self.unread(&entry.path, error))?;
            let after = cutting.push(&bytes).map_err(refused)?;
            hasher.update(&after);
            size += after.len() as u64;
            if written.is_some() {
                document.extend_from_slice(&after);
            }
        }
        let tail = cutting.finish().map_err(refused)?;
        hasher.update(&tail.bytes);
        redaction.after_sha256 = hex::encode(hasher.finalize());
        if let Some(fields) = written {
            document.extend_from_slice(&tail.bytes);
            let sha256 = members::sha256(&document, fields).map_err(refused)?;
            redaction.written_sha256 = Some(hex::encode(sha256));
        }
        redaction.after_size_bytes = size + tail.bytes.len() as u64;
        Ok(())
    }
}

/// Edits on their way to their file.
struct Edits {
    writer: EditsWriter,
    places: BTreeMap<String, u64>,
}

impl Edits {
    fn push(&mut self, edit: &Edit) -> Result<(), Fault> {
        *self.places.entry(edit.rule.clone()).or_default() += 1;
        Ok(self.writer.push(edit)?)
    }
}

/// Findings without those that overlap a spared one. Both come in order and without overlap.
struct Spared {
    findings: Reading,
    spared: Option<Peekable<Reading>>,
}

impl Iterator for Spared {
    type Item = io::Result<Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let finding = match self.findings.next()? {
                Ok(finding) => finding,
                Err(error) => return Some(Err(error)),
            };
            let Some(spared) = &mut self.spared else {
                return Some(Ok(finding));
            };
            let ends_before = |other: &io::Result<Finding>| {
                other
                    .as_ref()
                    .is_ok_and(|other| end(other) <= finding.offset)
            };
            while spared.next_if(ends_before).is_some() {}
            match spared.peek() {
                Some(Err(_)) => return spared.next(),
                Some(Ok(other)) if other.offset < end(&finding) => {}
                _ => return Some(Ok(finding)),
            }
        }
    }
}

fn end(finding: &Finding) -> u64 {
    finding.offset.saturating_add(u64::from(finding.length))
}

/// The member whose value holds the whole finding.
fn place<'m>(members: &'m [(String, Range<usize>)], finding: &Finding) -> Option<&'m str> {
    let holds = |span: &Range<usize>| {
        span.start as u64 <= finding.offset && end(finding) <= span.end as u64
    };
    members
        .iter()
        .find(|(_, span)| holds(span))
        .map(|(name, _)| name.as_str())
}

/// A redaction that cannot be carried out. What the error says is about places, never about content.
fn refused(error: FormatError) -> Halt {
    match error {
        FormatError::Edits(source) => match source.downcast::<PlanError>() {
            Ok(error) => Fault::from(*error).into(),
            Err(source) => Fault::Edits(source).into(),
        },
        error => Halt::Keep(format!("not redacted: {error}"), invalid(error.to_string())),
    }
}

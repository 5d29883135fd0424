//! Proposes what a person's request for access and erasure needs: a copy of everything that holds
//! their data with others masked, the deletion of what is theirs alone, the redaction of the rest.
//!
//! A run is theirs alone when its `owner` is one of their identifiers and the scanner
//! `personal-data` finds nobody else's e-mail address, telephone, card or account number in its
//! document or its owned parts, those of its children included. What no scanner can read is a gap
//! of the plan, which a person accepts or not. Memory holds sixteen bytes for each of the entries
//! that go with a deleted run, and nothing of the rest.

mod decide;

use std::collections::BTreeMap;

use remit_guest::{Entry, Failure, Scope, Workflow, note, params};

use decide::{Others, Paths, Person, is_running};

/// The scanner that finds the person.
const SUBJECT: &str = "subject";
/// The scanner that finds anybody.
const ANYBODY: &str = "personal-data";

/// Runs below runs that are followed; deeper ones are left alone.
const DEPTH_MAX: usize = 32;

/// The parameter that names columns of telemetry, and those whose values may stand there as they are.
const COLUMN: &str = "telemetry-column";
const IDS: &[&str] = &["email", "object-id", "user-name", "alias"];

/// The same words for every copy, so that proposals for the same entry are the same proposal.
const EXPORT_REASON: &str = "holds data of the person concerned";

struct EraseSubject;

impl Workflow for EraseSubject {
    fn run(root: &Scope) -> Result<(), Failure> {
        let mut erasure = Erasure {
            root,
            person: Person::of_params()?,
            deleted: Paths::default(),
            left: BTreeMap::new(),
        };
        erasure.delete_runs()?;
        erasure.delete_home()?;
        erasure.redact_rest()?;
        erasure.purge_telemetry()?;
        erasure.say_what_is_left();
        Ok(())
    }
}

struct Erasure<'a> {
    root: &'a Scope,
    person: Person,
    /// What goes, and must not be redacted as well.
    deleted: Paths,
    /// How many entries were left as they are, by the reason.
    left: BTreeMap<String, u64>,
}

impl Erasure<'_> {
    /// Runs that are the person's alone.
    fn delete_runs(&mut self) -> Result<(), Failure> {
        for run in self.root.select("/runs/*").kind("run").list()? {
            let run = run?;
            if !self.person.owns(&run) {
                continue;
            }
            self.export(&run)?;
            if is_running(&run) {
                self.leave("runs of the person not deleted, still at work");
                continue;
            }
            if !self.root.allows("delete", &run.path) {
                self.leave("entries not deleted, for which the right is not granted");
                continue;
            }
            let Some(going) = self.if_alone(&run, 0)? else {
                self.leave("runs of the person not deleted, since others are named in them");
                continue;
            };
            let proposal = self
                .root
                .delete(&run)
                .because("created by the person concerned, and nobody else is named in it");
            if self.accept("deleted", proposal.propose())? {
                self.deleted.extend(going);
            }
        }
        Ok(())
    }

    /// Everything that goes with the run and names the person, if the run is the person's alone.
    fn if_alone(&self, run: &Entry, depth: usize) -> Result<Option<Paths>, Failure> {
        if depth > DEPTH_MAX || !self.person.owns(run) || is_running(run) {
            return Ok(None);
        }
        let mut others = Others::default();
        let document = || self.root.select(&run.path);
        let parts = || self.root.owned_parts(run);
        for scan in [
            document().scan(ANYBODY)?,
            parts()?.scan(self.root, ANYBODY)?,
        ] {
            for scanned in scan {
                others.suspect(scanned?);
            }
        }
        let mut going = Paths::default();
        going.insert(&run.path);
        for scan in [
            document().scan(SUBJECT)?,
            parts()?.scan(self.root, SUBJECT)?,
        ] {
            for scanned in scan {
                let scanned = scanned?;
                others.clear(&scanned);
                if scanned.total > 0 {
                    going.insert(&scanned.entry.path);
                }
            }
        }
        if !others.are_none() {
            return Ok(None);
        }
        for part in parts()? {
            let part = part?;
            if part.kind == "run" && part.path != run.path {
                match self.if_alone(&part, depth + 1)? {
                    Some(below) => going.extend(below),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(going))
    }

    /// The person's own folder, and what says that it is theirs or is named after them.
    fn delete_home(&mut self) -> Result<(), Failure> {
        for entry in self.root.select("/**").list()? {
            let entry = entry?;
            if self.deleted.contains(&entry.path) {
                continue;
            }
            if self.person.is_at_home(&entry) {
                self.export(&entry)?;
                if !self.root.allows("delete", &entry.path) {
                    self.leave("entries not deleted, for which the right is not granted");
                    continue;
                }
                let proposal = self
                    .root
                    .delete(&entry)
                    .because("in the own folder of the person concerned");
                if self.accept("deleted", proposal.propose())? {
                    self.deleted.insert(&entry.path);
                }
            } else if self.person.owns(&entry) {
                if entry.kind != "run" {
                    self.export(&entry)?;
                }
                self.leave("entries whose owner is the person stay, and so does the owner");
            } else if self.person.is_named_by(&entry) {
                self.leave("entries named after the person keep their names");
            }
        }
        Ok(())
    }

    /// Everything else in which the person is found.
    fn redact_rest(&mut self) -> Result<(), Failure> {
        for scanned in self.root.select("/**").scan(SUBJECT)? {
            let scanned = scanned?;
            if scanned.total == 0 {
                continue;
            }
            self.export(&scanned.entry)?;
            if self.deleted.contains(&scanned.entry.path) {
                continue;
            }
            if !self.root.allows("redact", &scanned.entry.path) {
                self.leave("entries not redacted, for which the right is not granted");
                continue;
            }
            // What joins records stays joinable within the case; what only describes goes.
            let proposal = self
                .root
                .redact(&scanned.entry, SUBJECT)
                .because("names the person concerned beside others")
                .operator("*", "pseudonym")
                .operator("name", "label")
                .operator("phone", "label");
            self.accept("redacted", proposal.propose())?;
        }
        Ok(())
    }

    /// Rows of telemetry about the person, in the columns that the operator names: no call says which they are.
    fn purge_telemetry(&mut self) -> Result<(), Failure> {
        for column in params::many(COLUMN) {
            let ids = IDS.iter().flat_map(|name| params::many(name));
            for id in ids {
                let rows = format!("/telemetry/*/*/{}/{}", segment(&column), segment(&id));
                for entry in self.root.select(&rows).list()? {
                    let entry = entry?;
                    if !self.root.allows("delete", &entry.path) {
                        self.leave("entries not deleted, for which the right is not granted");
                        continue;
                    }
                    let proposal = self
                        .root
                        .delete(&entry)
                        .purge()
                        .because("telemetry of the person concerned");
                    self.accept("deleted", proposal.propose())?;
                }
            }
        }
        Ok(())
    }

    /// A copy for the person, in which others are masked.
    fn export(&mut self, entry: &Entry) -> Result<(), Failure> {
        if !self.root.allows("export", &entry.path) {
            self.leave("entries not exported, for which the right is not granted");
            return Ok(());
        }
        let proposal = self
            .root
            .export(entry)
            .because(EXPORT_REASON)
            .redacted_by(ANYBODY)
            .sparing(SUBJECT);
        self.accept("exported", proposal.propose()).map(drop)
    }

    /// Whether a proposal was taken. What concerns one entry only is noted, and the work goes on.
    fn accept(&mut self, act: &str, proposed: Result<u64, Failure>) -> Result<bool, Failure> {
        match proposed {
            Ok(_) => Ok(true),
            Err(failure) if is_fatal(&failure) => Err(failure),
            Err(failure) if act == "redacted" && failure.is("impossible") => {
                self.leave("entries not redacted, since the service lets nobody write where the person is named");
                Ok(false)
            }
            Err(failure) => {
                self.leave(&format!("entries not {act} ({})", failure.code));
                Ok(false)
            }
        }
    }

    fn leave(&mut self, why: &str) {
        *self.left.entry(why.to_owned()).or_default() += 1;
    }

    fn say_what_is_left(&self) {
        for (why, count) in &self.left {
            note!("{why}: {count}");
        }
    }
}

/// A name as one segment of a pattern.
fn segment(name: &str) -> String {
    name.replace('%', "%25")
        .replace('/', "%2F")
        .replace('*', "%2A")
}

/// Whether a failure concerns the whole plan, so that going on would only hide it.
fn is_fatal(failure: &Failure) -> bool {
    ["over-ceiling", "limit", "conflict", "revoked"]
        .iter()
        .any(|code| failure.is(code))
}

remit_guest::workflow!(EraseSubject);

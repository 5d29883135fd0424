//! What a guest may propose, and what every proposal has in common.

use std::sync::Arc;

use remit_formats::Operator;
use remit_plan::{Kept, Step};
use remit_policy::{Act, Denied, Right};
use remit_workspace::{Entry, EntryPath, StoreError, Version};

use crate::scope::{canonical, invalid};
use crate::{Answer, Code, Failure, Fault, Refusal, Scope};

/// What a guest says of an entry that it was shown. Everything else in its record is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The canonical path.
    pub path: String,
    /// The version it was shown.
    pub version: String,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// A record without its owned parts.
    pub keep_parts: bool,
    /// For good, generations included.
    pub purge: bool,
    /// A compute target is forgotten; what is below it stays. Of other entries it is `invalid`.
    pub detach: bool,
    /// What runs is stopped first.
    pub cancel_first: bool,
    /// Of an object: the model or the data asset whose files it is one of. The delete of that record in the same plan
    /// waits for it, and a hold on the record keeps it.
    pub files_of: Option<EntryPath>,
}

/// How to redact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// Who says where.
    pub scanner: String,
    /// What becomes of findings of a rule, or of `*`, every other rule. Without any: `label`.
    pub operators: Vec<(String, Operator)>,
}

/// How to export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// The package holds what this converter makes of the content. Needs the right to read as well.
    pub through: Option<String>,
    /// The copy has this scanner's findings masked.
    pub redacted_by: Option<String>,
    /// Of those, what overlaps a finding of this scanner stays readable.
    pub sparing: Option<String>,
}

impl Named {
    /// What a guest would say of this entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            path: entry.path.to_string(),
            version: entry.version.to_string(),
        }
    }
}

/// Why a proposal is not taken.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The guest is told, and so is the reader of the plan: the entry is there, was proposed, and stays.
    Keep(String, Failure),
    /// The guest is told; of a part, the reader of the plan too.
    Deny(String, Failure),
    /// The guest is told.
    Refuse(Refusal),
}

pub(crate) type Tried<T> = Result<T, Halt>;

impl<E: Into<Refusal>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Refuse(error.into())
    }
}

/// A guest's words about one step: a sentence or two. The rest is cut.
const REASON_BYTES_MAX: usize = 1024;

pub(crate) fn reason(text: &str) -> &str {
    &text[..text.floor_char_boundary(REASON_BYTES_MAX)]
}

impl Scope {
    /// Proposes to archive a record.
    pub async fn archive(&self, of: &Named, why: &str) -> Answer<u64> {
        let (number, entry) = self.begin(of, Act::Archive).await?;
        let tried = self.try_archive(&entry, why).await;
        self.end(tried, Act::Archive, &entry)?;
        Ok(number)
    }

    async fn try_archive(&self, entry: &Entry, why: &str) -> Tried<()> {
        if entry.kind.is_object() {
            return Err(invalid(format!(
                "{} is no record: only records are archived",
                entry.path
            ))
            .into());
        }
        let version = self.pin(entry).await?;
        let step = self
            .step(entry, version, remit_plan::Act::Archive {}, why)
            .await?;
        self.permit(&step)?;
        // Rights first: what a record is told of is for whoever may archive it.
        if !entry.kind.can_be_archived() {
            let failure = Failure::new(
                Code::Impossible,
                format!("{}: a {} cannot be archived", entry.path, entry.kind),
            );
            return Err(Halt::Keep(
                "impossible (its kind cannot be archived)".to_owned(),
                failure,
            ));
        }
        if entry.properties.get("archived") == Some("true") {
            return Err(invalid(format!("{} is archived already", entry.path)).into());
        }
        self.session.tally(&step, entry.size_bytes.unwrap_or(0))?;
        Ok(self.session.draft(|draft| draft.propose(&step)).map(drop)?)
    }

    /// Begins a proposal: its number, and the entry as the host knows it. The right is checked before
    /// the store is asked for anything.
    pub(crate) async fn begin(&self, of: &Named, act: Act) -> Answer<(u64, Arc<Entry>)> {
        self.session.meter.call()?;
        let number = self.session.meter.propose()?;
        let path = canonical(&of.path)?;
        if let Err(denied) = self.authority.allows(act.right(), &path) {
            let failure = self.denied(&denied);
            // What a hold keeps is said in the plan, if it is there and the guest was shown it.
            if matches!(denied, Denied::Held { .. })
                && self.authority.allows(Right::List, &path).is_ok()
                && self.entry(of).await.is_ok()
            {
                self.keep(&path, act, why_denied(&denied))?;
            }
            return Err(failure.into());
        }
        Ok((number, self.entry(of).await?))
    }

    /// Ends a proposal that was not taken: the reader of the plan learns of what stays.
    pub(crate) fn end<T>(&self, tried: Tried<T>, act: Act, entry: &Entry) -> Answer<T> {
        match tried {
            Ok(done) => Ok(done),
            Err(Halt::Refuse(refusal)) => Err(refusal),
            Err(Halt::Deny(_, failure)) => Err(failure.into()),
            Err(Halt::Keep(why, failure)) => {
                self.keep(&entry.path, act, why)?;
                Err(failure.into())
            }
        }
    }

    pub(crate) fn keep(&self, path: &EntryPath, act: Act, why: String) -> Result<(), Fault> {
        let kept = Kept {
            path: path.clone(),
            act: act.as_str().to_owned(),
            why,
        };
        self.session.draft(|draft| draft.keep(&kept))
    }

    /// The version that a step carries: as strict as the store can make it.
    pub(crate) async fn pin(&self, entry: &Entry) -> Answer<Version> {
        let pinned = self.session.store.pin(entry).await;
        match pinned {
            Ok(version) => Ok(version),
            Err(error @ (StoreError::Impossible { .. } | StoreError::Held { .. })) => {
                Err(Failure::of_store(&error).into())
            }
            Err(error) => self.unread(&entry.path, error),
        }
    }

    pub(crate) async fn step(
        &self,
        entry: &Entry,
        version: Version,
        act: remit_plan::Act,
        why: &str,
    ) -> Answer<Step> {
        let guard = self.session.store.guard(&entry.path);
        Ok(Step {
            above: self.above(entry).await?,
            ..Step::propose(entry, version, guard, act, reason(why))
        })
    }

    /// The one check of a step: the right, the holds and the scope, on everything that it reaches.
    pub(crate) fn permit(&self, step: &Step) -> Tried<()> {
        match self.authority.permit_part(
            step.act.asks_for(),
            &step.path,
            &step.above,
            step.effect_set(),
        ) {
            // A permission is for an act; the plan's own is asked for anew when it is applied.
            Ok(_permitted) => Ok(()),
            Err(denied) => {
                let failure = self.denied(&denied);
                let why = why_denied(&denied);
                match denied {
                    Denied::Held { .. } => Err(Halt::Keep(why, failure)),
                    Denied::Reserved(_)
                    | Denied::OutOfScope(_)
                    | Denied::NotAsked(_)
                    | Denied::NotGranted(_)
                    | Denied::Excepted { .. }
                    | Denied::OutOfBounds(_)
                    | Denied::NeedsStrength { .. }
                    | Denied::NotEnumerable(_) => Err(Halt::Deny(why, failure)),
                }
            }
        }
    }
}

/// In the words of the plan.
pub(crate) fn why_denied(denied: &Denied) -> String {
    denied.hold().unwrap_or_else(|| {
        // What was wanted comes first, and holds no space after a colon; the plan names it anyway.
        let sentence = denied.to_string();
        let why = sentence.split_once(": ").map(|(_, why)| why.to_owned());
        why.unwrap_or(sentence)
    })
}

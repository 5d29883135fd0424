//! Proposals to redact, and to export with or without a redaction.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use remit_formats::Operator;
use remit_plan::{Residue, Step};
use remit_policy::{Act, Right};
use remit_workspace::Entry;

use crate::cut::{Cut, Extent};
use crate::found::Found;
use crate::propose::{Halt, Tried, why_denied};
use crate::scope::{excerpt, invalid};
use crate::{
    Answer, Code, ExportOptions, Failure, Fault, Findings, Named, RedactOptions, ScanFault, Scope,
};

impl Scope {
    /// Proposes to cut out of an entry what a scanner finds in it.
    ///
    /// Of a record, the fields of its document that the service lets be written; what is found elsewhere
    /// in it, or in an entry's path, is residue of the plan.
    pub async fn redact(&self, of: &Named, how: &RedactOptions) -> Answer<u64> {
        let (number, entry) = self.begin(of, Act::Redact).await?;
        let tried = self.try_redact(&entry, how).await;
        self.end(tried, Act::Redact, &entry)?;
        Ok(number)
    }

    async fn try_redact(&self, entry: &Entry, how: &RedactOptions) -> Tried<()> {
        let rules = self.session.rules(&how.scanner)?;
        for (rule, _) in &how.operators {
            if rule != "*" && !rules.contains(rule) {
                let message = format!(
                    "`{}` is no rule of the scanner {}",
                    excerpt(rule),
                    how.scanner
                );
                return Err(invalid(message).into());
            }
        }
        if entry.path.generation().is_some() {
            return Err(invalid(
                "a generation cannot be redacted: it is kept as it was, or deleted",
            )
            .into());
        }
        let version = self.pin(entry).await?;
        self.path_residue(entry, &how.scanner, &rules).await?;
        let extent = Extent::Writable(self.session.store.writable_fields(&entry.path));
        let cut = Cut {
            scanner: &how.scanner,
            sparing: None,
            operators: &how.operators,
            extent,
        };
        let Some(redaction) = self.cut(entry, &version, &cut).await? else {
            return Err(self.nothing_to_cut(entry, &how.scanner).into());
        };
        let act = remit_plan::Act::Redact(redaction);
        let step = self.step(entry, version, act, &how.reason).await?;
        self.permit(&step)?;
        self.session.tally(&step, entry.size_bytes.unwrap_or(0))?;
        Ok(self.session.draft(|draft| draft.propose(&step)).map(drop)?)
    }

    /// Why a redaction cuts nothing: all that was found is residue, or nothing was found.
    fn nothing_to_cut(&self, entry: &Entry, scanner: &str) -> Failure {
        let path = &entry.path;
        let found = Found::of(&self.session.case, scanner, path, &entry.version);
        if !entry.kind.is_object() && found.is_there() {
            let message = format!(
                "{scanner} found something only in fields of {path} that the service lets nobody write"
            );
            return Failure::new(Code::Impossible, message);
        }
        invalid(format!("{scanner} found nothing in {path} that can be cut"))
    }

    /// Proposes to put a copy of an entry into the package; of a record, of its owned parts too.
    pub async fn export(&self, of: &Named, how: &ExportOptions) -> Answer<u64> {
        let (number, entry) = self.begin(of, Act::Export).await?;
        let tried = self.try_export(&entry, how).await;
        self.end(tried, Act::Export, &entry)?;
        Ok(number)
    }

    async fn try_export(&self, entry: &Entry, how: &ExportOptions) -> Tried<()> {
        if how.through.is_some() && how.redacted_by.is_some() {
            let message = "a copy is redacted or goes through a converter, not both: what a converter \
                makes is not what the scanner saw";
            return Err(invalid(message).into());
        }
        if how.sparing.is_some() && how.redacted_by.is_none() {
            return Err(invalid("sparing needs a scanner that something is redacted by").into());
        }
        let step = self.exportation(entry, how).await?;
        let mut pile = self.pile(step)?;
        if !entry.kind.is_object() {
            self.add_parts(entry, &mut pile, how.clone()).await?;
        }
        self.session.tally(pile.first(), pile.bytes())?;
        pile.propose(&self.session)
    }

    /// The step that copies one entry, permitted.
    pub(crate) async fn exportation(&self, entry: &Entry, how: &ExportOptions) -> Tried<Step> {
        // Before it is read and scanned; of the step itself once more, below.
        if let Err(denied) = self.authority.allows(Right::Export, &entry.path) {
            return Err(Halt::Deny(why_denied(&denied), self.denied(&denied)));
        }
        let version = self.pin(entry).await?;
        let redaction = match &how.redacted_by {
            None => None,
            Some(scanner) => {
                let operators = [("*".to_owned(), Operator::Mask)];
                let sparing = how.sparing.as_deref();
                let cut = Cut {
                    scanner,
                    sparing,
                    operators: &operators,
                    extent: Extent::Whole,
                };
                self.cut(entry, &version, &cut).await?
            }
        };
        let act = remit_plan::Act::Export {
            redaction,
            through: None,
        };
        let mut step = self.step(entry, version, act, &how.reason).await?;
        self.permit(&step)?;
        if let Some(converter) = &how.through {
            let conversion = self.converted(entry, &step.version, converter).await?;
            step.act = remit_plan::Act::Export {
                redaction: None,
                through: Some(conversion),
            };
        }
        Ok(step)
    }

    /// A match in an entry's own path stays: nothing renames.
    async fn path_residue(&self, entry: &Entry, scanner: &str, rules: &[String]) -> Tried<()> {
        let names: Vec<String> = entry
            .path
            .segments()
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .collect();
        let text = Bytes::from(names.join("/"));
        let found = Findings::new(self.session.clone(), rules.into(), None);
        found.handed(text.len() as u64);
        let content = stream::once(std::future::ready(Ok(text))).boxed();
        let of = self.shown(entry.clone());
        let done = self
            .session
            .scanners
            .scan(scanner, of, content, found.clone())
            .await;
        let why = match (done, found.close()) {
            (Err(ScanFault::Host(source)), _) => {
                return Err(Fault::Scanner {
                    scanner: scanner.to_owned(),
                    source,
                }
                .into());
            }
            (Err(ScanFault::Scanner(why)), _) | (Ok(()), Err(why)) => why,
            (Ok(()), Ok(harvest)) => {
                let places = harvest
                    .rules
                    .into_keys()
                    .map(|rule| ("its path".to_owned(), rule))
                    .collect();
                return Ok(self.residue(entry, places)?);
            }
        };
        let why = format!("scanner {scanner} failed: {}", excerpt(&why));
        self.session.gap(&entry.path, &why)?;
        Err(Halt::Keep(why.clone(), Failure::new(Code::Unreadable, why)))
    }

    /// Matches that no redaction reaches: where, and of which rule.
    pub(crate) fn residue(
        &self,
        entry: &Entry,
        places: BTreeSet<(String, String)>,
    ) -> Result<(), Fault> {
        places.into_iter().try_for_each(|(place, rule)| {
            let path = entry.path.clone();
            self.session.residue(&Residue { path, place, rule })
        })
    }
}

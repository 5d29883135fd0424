//! Outputs of a run that lie under another run's id: a pipeline's are written by the runs below it.
//!
//! Asked for only when nothing lies under the run's own id: every part of every run below is listed.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt as _;
use remit_workspace::{Entry, EntryPath, Gap, Kind, Listed, Pattern, Relation, Store, layout};

use crate::error::CommandError;

/// What was found below a run.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    /// Entries of outputs that have the wanted name.
    pub(crate) chosen: Vec<Entry>,
    /// Where nobody could look.
    pub(crate) gaps: Vec<Gap>,
    /// Names of all outputs, by run.
    names: BTreeMap<EntryPath, BTreeSet<String>>,
}

impl Outputs {
    /// Looks at `run`, which must be there, and at all runs below it. `typed` is the pattern in which `name`
    /// stands.
    pub(crate) async fn of(
        store: &dyn Store,
        run: &EntryPath,
        name: &str,
        typed: &Pattern,
    ) -> Result<Self, CommandError> {
        store.stat(run).await?;
        let mut found = Self::default();
        let mut seen = BTreeSet::from([run.clone()]);
        let mut left = vec![run.clone()];
        while let Some(at) = left.pop() {
            let text = typed.as_str().replacen(run.as_str(), at.as_str(), 1);
            let meant = match Pattern::parse(&text) {
                Ok(pattern) => layout::resolve(&pattern),
                // Too long a name, which no entry has.
                Err(_) => Vec::new(),
            };
            let mut parts = store.parts(&at, Relation::Owned);
            while let Some(listed) = parts.try_next().await? {
                let entry = match listed {
                    Listed::Entry(entry) => entry,
                    Listed::Gap(gap) => {
                        found.gaps.push(gap);
                        continue;
                    }
                };
                if entry.kind == Kind::Run && seen.insert(entry.path.clone()) {
                    left.push(entry.path);
                    continue;
                }
                let is_own = layout::owner_of(&entry.path).as_ref() == Some(&at);
                let Some(output) = layout::output_of(&entry.path).filter(|_| is_own) else {
                    continue;
                };
                found
                    .names
                    .entry(at.clone())
                    .or_default()
                    .insert(output.to_owned());
                if output == name && meant.iter().any(|pattern| pattern.matches(&entry.path)) {
                    found.chosen.push(entry);
                }
            }
        }
        Ok(found)
    }

    /// Which outputs there are, for whoever named another: what lies under the ids of runs, and what the documents
    /// of this run name.
    pub(crate) fn names(mut self, run: &EntryPath, named: BTreeSet<String>) -> String {
        const SHOWN_MAX: usize = 8;
        if !named.is_empty() {
            self.names.entry(run.clone()).or_default().extend(named);
        }
        if self.names.is_empty() {
            return "it has no outputs under a name, nor have runs below it; what it logged is at \
                    its outputs/ and logs/"
                .to_owned();
        }
        let shown = self.names.iter().take(SHOWN_MAX).map(|(run, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{run} has {}", names.join(", "))
        });
        let mut text = shown.collect::<Vec<_>>().join("; ");
        if self.names.len() > SHOWN_MAX {
            text.push_str("; and more");
        }
        format!("outputs there are: {text}")
    }
}

//! One run of a guest, or of an operator's verb: what it may see, what it proposed, what it used up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};

use futures::StreamExt as _;
use remit_plan::{Case, Draft, PlanError};
use remit_policy::{Authority, Bounded, Ceilings, Denied, OverCeiling, Right, Tally};
use remit_workspace::{EntryPath, Gap, Kind, Millis, Pattern, Referring, Store};

use crate::budget::Meter;
use crate::denial::{self, Denials};
use crate::seen::Seen;
use crate::{Budget, Converters, Denial, Failure, Fault, Scanners, Scope};

/// What a session is made of.
pub struct Setup {
    /// The workspace. It can only be read.
    pub store: Arc<dyn Store>,
    /// Who may do what; the root scope holds all of it.
    pub authority: Authority,
    /// How much one plan may do.
    pub ceilings: Ceilings,
    /// Where proposals go.
    pub draft: Draft,
    /// The scanners that the operator made available.
    pub scanners: Arc<dyn Scanners>,
    /// The converters that the operator made available.
    pub converters: Arc<dyn Converters>,
    /// The operator's values, by the parameter's name.
    pub params: BTreeMap<String, Vec<String>>,
    /// The plan's instant.
    pub now: Millis,
    /// How much of the host the run may use.
    pub budget: Budget,
}

/// What a finished session leaves.
#[must_use = "a finished session holds the draft of the plan"]
pub struct Finished {
    /// The proposals.
    pub draft: Draft,
    /// What was denied: the first hundred, each once.
    pub denials: Vec<Denial>,
    /// How many denials there were beyond these.
    pub denials_more: u64,
    /// What was proposed, whether a ceiling stopped it or not, and what was listed.
    pub tally: Tally,
    /// The ceilings that the proposals went over. Such a plan is not sealed.
    pub over_ceiling: Option<OverCeiling>,
    /// The guest's log, line by line: hearsay, to be escaped when shown.
    pub log: Vec<String>,
}

/// One run. Handles share it; when it is finished they answer `revoked`.
pub struct Session {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) scanners: Arc<dyn Scanners>,
    pub(crate) converters: Arc<dyn Converters>,
    /// Bytes that converters have staged so far.
    pub(crate) staged: AtomicU64,
    pub(crate) case: Case,
    pub(crate) meter: Meter,
    pub(crate) now: Millis,
    authority: Authority,
    pub(crate) ceilings: Ceilings,
    params: BTreeMap<String, Vec<String>>,
    state: Mutex<State>,
}

/// What changes during the run.
pub(crate) struct State {
    /// None once the session is finished.
    pub(crate) draft: Option<Draft>,
    denials: Denials,
    pub(crate) tally: Tally,
    /// What was proposed on an entry: a hash of its path, and one of the act.
    pub(crate) proposed: HashMap<u64, u64>,
    pub(crate) residue: HashSet<u64>,
    /// Of runs that were looked at: whose children they are.
    pub(crate) parents: HashMap<EntryPath, Option<EntryPath>>,
    /// Kinds to be counted, for the percentage of them that was proposed.
    pub(crate) kinds: BTreeSet<Kind>,
    pub(crate) listed: BTreeMap<Kind, u64>,
    said: Said,
    seen: Seen,
}

/// What the guest said so far.
#[derive(Debug, Default)]
struct Said {
    notes: u64,
    log: Vec<String>,
    log_bytes: u64,
    dropped: bool,
}

impl Session {
    /// Begins a session.
    pub fn new(setup: Setup) -> Arc<Self> {
        let Setup {
            store,
            authority,
            ceilings,
            draft,
            scanners,
            converters,
            params,
            now,
            budget,
        } = setup;
        let case = draft.case().clone();
        let state = State {
            draft: Some(draft),
            denials: Denials::default(),
            tally: Tally::new(),
            proposed: HashMap::new(),
            residue: HashSet::new(),
            parents: HashMap::new(),
            kinds: BTreeSet::new(),
            listed: BTreeMap::new(),
            said: Said::default(),
            seen: Seen::default(),
        };
        let (meter, state) = (Meter::new(budget), Mutex::new(state));
        Arc::new(Self {
            store,
            scanners,
            converters,
            staged: AtomicU64::new(0),
            case,
            meter,
            now,
            authority,
            ceilings,
            params,
            state,
        })
    }

    /// The scope that a guest is handed: everything it was granted.
    pub fn root(self: &Arc<Self>) -> Scope {
        Scope::root(Arc::clone(self), self.authority.clone())
    }

    /// The operator's values for a parameter; empty when it was not given.
    pub fn params(&self, name: &str) -> Vec<String> {
        self.params.get(name).cloned().unwrap_or_default()
    }

    /// Takes a note for the reader of the plan. Over the budget, notes are dropped, and the log says so.
    pub fn note(&self, message: &str) -> Result<(), Fault> {
        let mut state = self.state();
        if state.said.notes >= self.meter.budget().notes_max {
            drop(state);
            self.log("further notes were dropped");
            return Ok(());
        }
        state.said.notes += 1;
        state.draft.as_mut().ok_or(Fault::Finished)?.note(message)?;
        Ok(())
    }

    /// Takes a message for the guest's author. Over the budget, messages are dropped, and the last says so.
    pub fn log(&self, message: &str) {
        let max = self.meter.budget().log_bytes_max;
        let mut state = self.state();
        let said = &mut state.said;
        if said.dropped {
            return;
        }
        // An empty message takes room too.
        let used = said.log_bytes + message.len() as u64 + 1;
        if used > max {
            said.dropped = true;
            said.log.push("(the log is full)".to_owned());
            return;
        }
        said.log_bytes = used;
        said.log.push(message.to_owned());
    }

    /// Takes every handle back, without ending the session: for when a guest is stopped from outside.
    pub fn revoke(&self) {
        self.meter.revoke();
    }

    /// Ends the run: takes every handle back, counts what percentages are counted against, and gives
    /// the draft out.
    pub async fn finish(&self) -> Result<Finished, Fault> {
        self.meter.revoke();
        let kinds = self.state().kinds.clone();
        for kind in kinds {
            self.count(kind).await;
        }
        if self.state().tally.entries(Bounded::Delete) > 0 {
            self.refer().await?;
        }
        let mut state = self.state();
        let mut draft = state.draft.take().ok_or(Fault::Finished)?;
        let mut tally = std::mem::take(&mut state.tally);
        for (kind, count) in &state.listed {
            draft.listed(*kind, *count);
            tally.list(*kind, *count);
        }
        let (denials, denials_more) = state.denials.take();
        let log = std::mem::take(&mut state.said.log);
        let over_ceiling = self.ceilings.check(&tally).err();
        Ok(Finished {
            draft,
            denials,
            denials_more,
            tally,
            over_ceiling,
            log,
        })
    }

    /// Notes what the records of the workspace refer to, whoever may see it: the reader of a plan that
    /// deletes is told what else will point nowhere.
    async fn refer(&self) -> Result<(), Fault> {
        let mut references = self.store.references();
        while let Some(found) = references.next().await {
            match found {
                Ok(Referring::To { by, to }) => self.draft(|draft| draft.refer(&by, &to))?,
                Ok(Referring::Gap(gap)) => {
                    let reason = format!("what it refers to is not known: {}", gap.reason);
                    self.gap(&gap.path, reason)?;
                }
                Err(error) => {
                    self.incomplete(format!("what records refer to could not be read: {error}"))?;
                    break;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    /// Works on the draft.
    pub(crate) fn draft<T>(
        &self,
        work: impl FnOnce(&mut Draft) -> Result<T, PlanError>,
    ) -> Result<T, Fault> {
        let mut state = self.state();
        Ok(work(state.draft.as_mut().ok_or(Fault::Finished)?)?)
    }

    pub(crate) fn gap(&self, path: &EntryPath, reason: impl Into<String>) -> Result<(), Fault> {
        let gap = Gap {
            path: path.clone(),
            reason: reason.into(),
        };
        self.draft(|draft| draft.gap(&gap))
    }

    pub(crate) fn incomplete(&self, why: impl Into<String>) -> Result<(), Fault> {
        self.draft(|draft| {
            draft.incomplete(why);
            Ok(())
        })
    }

    /// Notes a denial for the operator; the answer is what the guest learns.
    pub(crate) fn denied(&self, denied: &Denied) -> Failure {
        self.state().denials.add(denied);
        denial::failure(denied)
    }

    /// Notes for the operator that a right, held nowhere, was wanted on a place.
    pub(crate) fn denied_place(&self, right: Right, place: &Pattern, is_asked: bool) {
        self.state().denials.add_place(right, place, is_asked);
    }

    pub(crate) fn seen<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.state().seen)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store.identity())
            .finish_non_exhaustive()
    }
}

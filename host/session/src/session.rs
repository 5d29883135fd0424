//! One run of a guest, or of an operator's verb: what it may see, what it proposed, what it used up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard};

use remit_plan::{Case, Draft, PlanError, Residue, Step};
use remit_policy::{Authority, Ceilings, Denied, OverCeiling, Tally};
use remit_workspace::{EntryPath, Gap, Kind, Millis, Pattern, Store};

use crate::budget::Meter;
use crate::denial::{self, Denials};
use crate::seen::Seen;
use crate::{Budget, Code, Denial, Failure, Fault, Scanners, Scope};

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
    pub(crate) case: Case,
    pub(crate) meter: Meter,
    pub(crate) now: Millis,
    authority: Authority,
    ceilings: Ceilings,
    params: BTreeMap<String, Vec<String>>,
    state: Mutex<State>,
}

/// What changes during the run.
struct State {
    /// None once the session is finished.
    draft: Option<Draft>,
    denials: Denials,
    tally: Tally,
    /// What was proposed on an entry: a hash of its path, and one of the act.
    proposed: HashMap<u64, u64>,
    residue: HashSet<u64>,
    /// Kinds of which something was proposed.
    kinds: BTreeSet<Kind>,
    listed: BTreeMap<Kind, u64>,
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

/// Proposals that are remembered, 16 bytes each: a repeated one counts once, a contradictory one is
/// answered at once. Beyond these, a repeated one counts again, which at most stops a plan too early,
/// and a contradiction is found when the plan is settled.
const PROPOSED_MAX: usize = 1 << 16;

impl Session {
    /// Begins a session.
    pub fn new(setup: Setup) -> Arc<Self> {
        let Setup {
            store,
            authority,
            ceilings,
            draft,
            scanners,
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
            kinds: BTreeSet::new(),
            listed: BTreeMap::new(),
            said: Said::default(),
            seen: Seen::default(),
        };
        let (meter, state) = (Meter::new(budget), Mutex::new(state));
        Arc::new(Self {
            store,
            scanners,
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

    fn state(&self) -> MutexGuard<'_, State> {
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

    pub(crate) fn seen<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.state().seen)
    }

    /// Counts a proposal against the ceilings, before the draft takes it; `bytes` are those of all its
    /// parts. Over a ceiling it goes on counting, so that the operator learns what to raise it to.
    pub(crate) fn tally(&self, step: &Step, bytes: u64) -> Result<(), Failure> {
        let is_copy = matches!(step.act, remit_plan::Act::Export { .. });
        let place = hash(&(&step.path, is_copy));
        let act = hash(&(format!("{:?}", step.act), &step.version));
        let mut state = self.state();
        match state.proposed.get(&place) {
            Some(other) if *other != act => {
                let message = format!("another proposal on {} says otherwise", step.path);
                return Err(Failure::new(Code::Conflict, message));
            }
            Some(_) => {}
            None => {
                if state.proposed.len() < PROPOSED_MAX {
                    state.proposed.insert(place, act);
                }
                state.tally.propose(step.act.asks_for(), step.kind, bytes);
                state.kinds.insert(step.kind);
            }
        }
        let checked = self.ceilings.check(&state.tally);
        checked.map_err(|over| Failure::new(Code::OverCeiling, over.to_string()))
    }

    /// Records a match that no redaction reaches, once.
    pub(crate) fn residue(&self, residue: &Residue) -> Result<(), Fault> {
        let id = hash(&(&residue.path, &residue.place, &residue.rule));
        let mut state = self.state();
        if state.residue.contains(&id) {
            return Ok(());
        }
        if state.residue.len() < PROPOSED_MAX {
            state.residue.insert(id);
        }
        Ok(state
            .draft
            .as_mut()
            .ok_or(Fault::Finished)?
            .residue(residue)?)
    }

    /// Takes note that a listing of the whole root of some kinds went to its end.
    pub(crate) fn listed(&self, counts: &BTreeMap<Kind, u64>, whole: impl Fn(Kind) -> bool) {
        let mut state = self.state();
        for kind in Kind::ALL.into_iter().filter(|kind| whole(*kind)) {
            state
                .listed
                .insert(kind, counts.get(&kind).copied().unwrap_or(0));
        }
    }

    /// Lists a kind's whole root to count it, unless a guest's own listing has shown all of it.
    async fn count(&self, kind: Kind) {
        if self.state().listed.contains_key(&kind) {
            return;
        }
        let root = Pattern::parse(&format!("/{}/**", root_of(kind))).expect("a constant");
        match crate::count::all(&*self.store, &root).await {
            Ok(counts) => self.listed(&counts, |other| root_of(other) == root_of(kind)),
            Err(error) => {
                let mut state = self.state();
                if let Some(draft) = &mut state.draft {
                    draft.incomplete(format!(
                        "entries of kind {kind} could not be counted: {error}"
                    ));
                }
            }
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store.identity())
            .finish_non_exhaustive()
    }
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The first segment of the paths of a kind.
pub(crate) fn root_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Blob => "blobs",
        Kind::File => "files",
        Kind::Workspace => "workspace",
        Kind::Experiment => "experiments",
        Kind::Run | Kind::Metrics => "runs",
        Kind::Model => "models",
        Kind::Data => "data",
        Kind::Component => "components",
        Kind::Environment => "environments",
        Kind::Code => "codes",
        Kind::Datastore => "datastores",
        Kind::Compute => "computes",
        Kind::Endpoint => "endpoints",
        Kind::Service => "services",
        Kind::Pipeline => "pipelines",
        Kind::Schedule => "schedules",
        Kind::Resource => "resources",
        Kind::Telemetry => "telemetry",
    }
}

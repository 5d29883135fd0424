//! Carries out a plan: exports first, then what changes, in the order of the steps' needs.
//!
//! Steps go in *strides*. The intents of a stride are on the disk before its first act; its ends are
//! flushed together when all its acts have come back. So a stop loses at most the ends of one stride,
//! and the next run asks the workspace about those. A delete that the service goes on with by itself gets no end
//! either: it stays begun, nothing that is ordered after it is begun, and the next run asks in the same way.

mod step;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::stream::{self, StreamExt as _};
use remit_export::Package;
use remit_plan::{Act, Plan, State, Step};
use remit_policy::Authority;
use remit_workspace::Millis;

use self::step::Stands;
use crate::cascade::Cascade;
use crate::journal::{Append, Ended, Event, Journal, Progress, Standing};
use crate::others::{self, When};
use crate::{Admitted, ApplyError, StoreMut, export};

/// What applying works with.
pub struct Setup {
    /// The workspace.
    pub store: Arc<dyn StoreMut>,
    /// What was asked and granted when the plan was made, with the policy and the holds as they are now.
    pub authority: Authority,
    /// How the journal reaches the disk.
    pub append: Arc<dyn Append>,
    /// This machine's clock, for the journal.
    pub clock: Arc<dyn Fn() -> Millis + Send + Sync>,
    /// Acts under way at once.
    pub in_flight: usize,
    /// Deletes under way at once. A service that takes many in one request sees that many together.
    pub deletes_in_flight: usize,
    /// Where a person's wish to stop is seen.
    pub stop: Stop,
    /// Told of each stride that has ended.
    pub watch: Box<dyn Fn(Stride) + Send + Sync>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("store", &self.store)
            .field("in_flight", &self.in_flight)
            .field("deletes_in_flight", &self.deletes_in_flight)
            .finish_non_exhaustive()
    }
}

/// A person's wish to stop. What is under way is brought to its end; nothing more is begun.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Some steps that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stride {
    /// How many.
    pub steps: u64,
    /// Bytes of their entries, where known.
    pub bytes: u64,
}

/// Steps in one stride: enough that a flush is shared by many, few enough that a stop is soon heard.
const STRIDE_STEPS_MAX: usize = 256;

/// Carries out what is left to do of a plan, and says where every step stands.
pub async fn apply(admitted: Admitted, setup: &Setup) -> Result<Progress, ApplyError> {
    let plan = admitted.plan;
    let steps = plan.summary().steps;
    let journal = Journal::open(plan.case(), plan.digest(), steps, setup.append.clone())?;
    if journal.progress().finished {
        return Ok(journal.progress().clone());
    }
    let cascade = Cascade::of(&plan)?;
    let store = &*setup.store;
    cascade
        .examine(store, &setup.authority, journal.progress())
        .await?;
    let package = export::open(&plan)?;
    if let Some(package) = &package {
        export::require_space(package, &plan, journal.progress())?;
    }
    let mut run = Run {
        plan: &plan,
        setup,
        journal,
        package,
        has_under_way: false,
    };
    let now = (setup.clock)();
    run.journal.start(steps, now).await?;
    run.pass(|step| matches!(step.act, Act::Export { .. }))
        .await?;
    run.complete_package().await?;
    run.look_at_others(When::Before).await?;
    for rank in 0..=plan.summary().rank_max {
        // The others took their time.
        if Some(rank) == cascade.first_rank()
            && !setup.stop.is_asked()
            && cascade.is_next(run.journal.progress(), steps)
        {
            let progress = run.journal.progress();
            let authority = run.authority_now().await?;
            cascade.examine(store, &authority, progress).await?;
        }
        run.pass(|step| step.rank == rank && !matches!(step.act, Act::Export { .. }))
            .await?;
        if run.has_under_way {
            break;
        }
    }
    if !setup.stop.is_asked() && (1..=steps).all(|step| !run.journal.progress().is_to_do(step)) {
        if !cascade.has_taken_the_workspace(run.journal.progress()) {
            run.look_at_others(When::After).await?;
        }
        if !setup.stop.is_asked() {
            run.write(Event::Finished {}).await?;
        }
    }
    Ok(run.journal.progress().clone())
}

struct Run<'a> {
    plan: &'a Plan,
    setup: &'a Setup,
    journal: Journal,
    package: Option<Arc<Package>>,
    /// Whether the service goes on with a delete that is not awaited.
    has_under_way: bool,
}

/// A step that may be carried out now.
struct Ready {
    step: Step,
    begun_before: bool,
}

impl Run<'_> {
    async fn write(&mut self, event: Event) -> Result<(), ApplyError> {
        self.journal.write(event, (self.setup.clock)()).await
    }

    /// Carries out the steps chosen, stride by stride.
    async fn pass(&mut self, chosen: impl Fn(&Step) -> bool) -> Result<(), ApplyError> {
        let mut steps = self.plan.steps();
        loop {
            if self.setup.stop.is_asked() {
                return Ok(());
            }
            let (mut ready, mut ended) = (Vec::new(), Vec::new());
            for step in steps.by_ref() {
                let step = step?;
                if !chosen(&step) || !self.journal.progress().is_to_do(step.number) {
                    continue;
                }
                match self.hindrance(&step) {
                    Hindrance::None => {
                        let begun_before =
                            self.journal.progress().standing(step.number) != Some(Standing::Open);
                        ready.push(Ready { step, begun_before });
                    }
                    Hindrance::ForGood(need) => {
                        let why = format!("step {need}, which it needs, did not succeed");
                        ended.push(Ended {
                            step: step.number,
                            state: State::Skipped(why),
                            operation: None,
                        });
                    }
                    // It stays open, and a later run may do it.
                    Hindrance::ForNow => {}
                }
                if ready.len() + ended.len() >= STRIDE_STEPS_MAX {
                    break;
                }
            }
            if ready.is_empty() && ended.is_empty() {
                return Ok(());
            }
            self.stride(ready, ended).await?;
        }
    }

    async fn stride(&mut self, ready: Vec<Ready>, mut ended: Vec<Ended>) -> Result<(), ApplyError> {
        if !ready.is_empty() {
            self.write(Event::Begun(
                ready.iter().map(|ready| ready.step.number).collect(),
            ))
            .await?;
        }
        let (deletes, others): (Vec<_>, Vec<_>) = ready
            .into_iter()
            .partition(|ready| matches!(ready.step.act, Act::Delete { .. }));
        let mut results = self.side_by_side(others, self.setup.in_flight).await;
        results.extend(
            self.side_by_side(deletes, self.setup.deletes_in_flight)
                .await,
        );
        self.has_under_way |= results.iter().any(|result| result.is_none());
        let bytes = results.iter().flatten().map(|(_, bytes)| bytes).sum();
        ended.extend(results.into_iter().flatten().map(|(ended, _)| ended));
        ended.sort_by_key(|ended| ended.step);
        let steps = ended.len() as u64;
        if steps > 0 {
            self.write(Event::Ended(ended)).await?;
        }
        (self.setup.watch)(Stride { steps, bytes });
        Ok(())
    }

    /// Carries out steps, so many at once; how each ended, and the bytes of its entry. None where it goes on.
    async fn side_by_side(&self, ready: Vec<Ready>, in_flight: usize) -> Vec<Option<(Ended, u64)>> {
        stream::iter(ready)
            .map(|ready| async move {
                let Stands::Ended { state, operation } = self.carry_out(&ready).await else {
                    return None;
                };
                let ended = Ended {
                    step: ready.step.number,
                    state,
                    operation,
                };
                Some((ended, ready.step.bytes().unwrap_or(0)))
            })
            .buffer_unordered(in_flight.max(1))
            .collect()
            .await
    }

    /// What keeps a step from being begun: a step it needs.
    fn hindrance(&self, step: &Step) -> Hindrance {
        let progress = self.journal.progress();
        let mut hindrance = Hindrance::None;
        for need in step.needs.iter().flat_map(|span| span.0..=span.1) {
            if progress.succeeded(need) {
                continue;
            }
            if !progress.is_to_do(need) {
                return Hindrance::ForGood(need);
            }
            hindrance = Hindrance::ForNow;
        }
        hindrance
    }

    /// Pins what the plan does not change: before its first change, and once more after its last.
    async fn look_at_others(&mut self, when: When) -> Result<(), ApplyError> {
        let progress = self.journal.progress();
        let seen = match when {
            When::Before => &progress.before,
            When::After => &progress.after,
        };
        let changes = ["redact", "archive", "delete"]
            .iter()
            .any(|act| self.plan.summary().acts.contains_key(*act));
        if seen.is_some() || !changes || self.setup.stop.is_asked() {
            return Ok(());
        }
        match others::look(self.plan, &*self.setup.store, when, &self.setup.stop).await? {
            Some(seen) => self.write(Event::Others { when, seen }).await,
            None => Ok(()),
        }
    }

    async fn complete_package(&mut self) -> Result<(), ApplyError> {
        let Some(package) = self.package.clone() else {
            return Ok(());
        };
        if self.setup.stop.is_asked() || self.journal.progress().packaged.is_some() {
            return Ok(());
        }
        let sha256 = export::finish(package, self.plan, self.journal.progress()).await?;
        // A later run may still add copies that failed now; until then the bag is what it has.
        let all_ended = !self.has_open_exports()?;
        if all_ended {
            self.write(Event::Packaged { sha256 }).await
        } else {
            Ok(())
        }
    }

    fn has_open_exports(&self) -> Result<bool, ApplyError> {
        for step in self.plan.steps() {
            let step = step?;
            if matches!(step.act, Act::Export { .. })
                && self.journal.progress().is_to_do(step.number)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

enum Hindrance {
    None,
    /// A step it needs may still succeed, in this run or a later one.
    ForNow,
    /// A step it needs has ended otherwise.
    ForGood(u64),
}

/// An error and its causes on one line, for a state.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

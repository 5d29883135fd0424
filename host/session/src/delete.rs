//! Proposals to delete.

use futures::StreamExt as _;
use remit_plan::{Residue, State, Step};
use remit_policy::{Act, Denied, Right, Strength};
use remit_workspace::{Entry, EntryPath, Forecast, Kind, Listed, work};

use crate::propose::{Halt, Tried, why_denied};
use crate::scope::invalid;
use crate::{Answer, Code, DeleteOptions, Failure, Named, Scope};

/// Generations of one object that a purge names one by one. A step is one line of the plan.
const GENERATIONS_MAX: usize = 10_000;

impl Scope {
    /// Proposes to delete an entry; of a record, its owned parts too, unless they are to be kept.
    ///
    /// All of it or nothing: if one part may not go, or could not be looked at, the record stays, and
    /// the plan says so.
    pub async fn delete(&self, of: &Named, how: &DeleteOptions) -> Answer<u64> {
        let act = Act::Delete(Strength {
            purge: how.purge,
            ..Strength::default()
        });
        let (number, entry) = self.begin(of, act).await?;
        let tried = self.try_delete(&entry, how).await;
        self.end(tried, act, &entry)?;
        Ok(number)
    }

    async fn try_delete(&self, entry: &Entry, how: &DeleteOptions) -> Tried<()> {
        if how.detach {
            if entry.kind != Kind::Compute {
                let message = format!("{}: only a compute target can be detached", entry.path);
                return Err(invalid(message).into());
            }
            if how.purge || how.cancel_first {
                let message =
                    "what is detached stays where it is: it is neither purged nor stopped";
                return Err(invalid(message).into());
            }
        }
        if let Some(record) = &how.files_of
            && let Err(denied @ Denied::Held { .. }) = self.authority.allows(Right::Delete, record)
        {
            let failure = self.denied(&denied);
            return Err(Halt::Keep(why_denied(&denied), failure));
        }
        let mut step = self.deletion(entry, how).await?;
        step.files_of.extend(how.files_of.clone());
        let mut pile = self.pile(step)?;
        if !how.keep_parts && !how.detach && !entry.kind.is_object() {
            self.add_parts(entry, &mut pile, how.clone()).await?;
        }
        self.session.tally(pile.first(), pile.bytes())?;
        pile.propose(&self.session)?;
        if let Some(place) = self.session.store.beyond(&entry.path) {
            let residue = Residue {
                path: entry.path.clone(),
                place: place.to_owned(),
                rule: "out of reach".to_owned(),
            };
            self.session.residue(&residue)?;
        }
        Ok(())
    }

    /// The step that deletes one entry, permitted.
    pub(crate) async fn deletion(&self, entry: &Entry, how: &DeleteOptions) -> Tried<Step> {
        // What runs in a workspace would go with it.
        let can_run = matches!(entry.kind, Kind::Run | Kind::Workspace);
        let cancel_first = how.cancel_first && can_run;
        if !cancel_first && work::goes_on(entry) {
            let message = format!("{} has not ended", entry.path);
            return Err(Halt::Keep(
                "running".to_owned(),
                Failure::new(Code::Running, message),
            ));
        }
        let version = self.pin(entry).await?;
        let forecast = self.session.store.forecast(entry, how.purge).await;
        let act = remit_plan::Act::Delete {
            purge: how.purge,
            cancel_first,
            detach: how.detach,
            forecast: State::from(forecast.clone()),
        };
        let mut step = self.step(entry, version, act, &how.reason).await?;
        if how.purge && entry.kind.is_object() && entry.path.generation().is_none() {
            step.effects.entries = self.generations(&entry.path).await?;
        }
        if takes_all_below(entry) {
            step.effects.all_below.push(entry.path.clone());
        }
        // Rights first: what the service would say of it is told to nobody who may not do it.
        self.permit(&step)?;
        if entry.kind == Kind::Workspace && !cancel_first {
            self.without_work(entry).await?;
        }
        match forecast {
            Forecast::Gone | Forecast::GoneOn(_) | Forecast::Unknown(_) => Ok(step),
            Forecast::Held(by) => {
                let failure = Failure::new(Code::Held, format!("{} is held by {by}", entry.path));
                Err(Halt::Keep(format!("held by {by}"), failure))
            }
            Forecast::Impossible(why) => {
                let failure = Failure::new(Code::Impossible, format!("{}: {why}", entry.path));
                Err(Halt::Keep(format!("impossible ({why})"), failure))
            }
        }
    }

    /// That a workspace is deleted under a run that goes on, somebody must want by name.
    async fn without_work(&self, entry: &Entry) -> Tried<()> {
        match work::going_on(&*self.session.store).await {
            Ok(None) => Ok(()),
            Ok(Some(run)) => {
                let message = format!("{}: a run in it has not ended", entry.path);
                Err(Halt::Keep(
                    format!("running ({run})"),
                    Failure::new(Code::Running, message),
                ))
            }
            Err(error) => Ok(self.unread(&entry.path, error)?),
        }
    }

    async fn generations(&self, of: &EntryPath) -> Tried<Vec<EntryPath>> {
        let mut listing = self.session.store.generations(of);
        let mut paths = Vec::new();
        while let Some(listed) = listing.next().await {
            match listed {
                Ok(Listed::Entry(entry)) if paths.len() < GENERATIONS_MAX => paths.push(entry.path),
                Ok(Listed::Entry(_)) => {
                    let message = format!("{of} has more than {GENERATIONS_MAX} generations");
                    return Err(Halt::Keep(
                        "too many generations".to_owned(),
                        Failure::new(Code::Limit, message),
                    ));
                }
                Ok(Listed::Gap(gap)) => {
                    self.session.gap(&gap.path, &gap.reason)?;
                    let failure = Failure::new(
                        Code::Unreadable,
                        format!("the generations of {of}: {}", gap.reason),
                    );
                    return Err(Halt::Keep(
                        "its generations could not be listed".to_owned(),
                        failure,
                    ));
                }
                Err(error) => return Ok(self.unread(of, error)?),
            }
        }
        Ok(paths)
    }
}

/// Whether deleting it takes along what lies below and is not listed as its parts: the deployments of an
/// endpoint, and everything of a workspace or a resource.
fn takes_all_below(entry: &Entry) -> bool {
    match entry.kind {
        Kind::Workspace | Kind::Resource => true,
        Kind::Endpoint => entry.path.written_segments().count() == 3,
        _ => false,
    }
}

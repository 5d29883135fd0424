//! One step: permitted anew, carried out, and where it stands then.
//!
//! An act that comes back with a failure may have been done all the same: the workspace is asked, and what it
//! cannot tell is *unknown*.

use futures::TryStreamExt as _;
use remit_plan::{Act, State, Step};
use remit_policy::Authority;
use remit_workspace::{Listed, StoreError};

use super::{Ready, Run, causes};
use crate::cascade::is_of_cascade;
use crate::{ApplyError, Deleted, content, export, policy, staged};

/// Where a step stands after it was carried out.
pub(super) enum Stands {
    Ended {
        state: State,
        /// Where it alone tells of the end.
        operation: Option<String>,
    },
    /// The service goes on with it.
    UnderWay,
}

impl From<State> for Stands {
    fn from(state: State) -> Self {
        Self::Ended {
            state,
            operation: None,
        }
    }
}

impl From<Deleted> for Stands {
    fn from(deleted: Deleted) -> Self {
        match deleted {
            Deleted::Gone => State::Gone.into(),
            Deleted::GoneOn(when) => State::GoneOn(when).into(),
            Deleted::UnderWay => Self::UnderWay,
            Deleted::Purging {
                operation,
                has_ended,
                until,
            } => Self::Ended {
                state: match has_ended {
                    true => State::Gone,
                    false => State::GoneOn(until),
                },
                operation: Some(operation),
            },
        }
    }
}

impl Run<'_> {
    /// What was granted, under the policy and the holds as they are at this moment. Where they went with
    /// their account, as the plan wanted: as they were before.
    pub(super) async fn authority_now(&self) -> Result<Authority, ApplyError> {
        let (store, authority) = (&*self.setup.store, &self.setup.authority);
        match policy::now(self.plan, self.journal.progress(), store).await? {
            None => Ok(authority.clone()),
            Some((policy, pin)) if pin == self.plan.manifest().about.policy => {
                Ok(authority.under(policy))
            }
            Some(_) => Err(ApplyError::PolicyChanged),
        }
    }

    /// One step: permitted anew, then done.
    pub(super) async fn carry_out(&self, ready: &Ready) -> Stands {
        let step = &ready.step;
        // Nothing undoes these, and the ones before took their time.
        let authority = match is_of_cascade(step) {
            true => match self.authority_now().await {
                Ok(authority) => authority,
                Err(error) => return State::Failed(causes(&error)).into(),
            },
            false => self.setup.authority.clone(),
        };
        // It is no part of the record that it was named by, but a hold on that is meant for it too.
        for record in &step.files_of {
            let allowed = authority.allows(step.act.asks_for().right(), record);
            if let Some(hold) = allowed.err().and_then(|denied| denied.hold()) {
                return State::Held(hold).into();
            }
        }
        let permitted = match authority.permit_part(
            step.act.asks_for(),
            &step.path,
            &step.above,
            step.effect_set(),
        ) {
            Ok(permitted) => permitted,
            Err(denied) => {
                let kept = match denied.hold() {
                    Some(hold) => State::Held(hold),
                    None => State::Skipped(format!("no longer permitted: {denied}")),
                };
                return kept.into();
            }
        };
        let store = &self.setup.store;
        let done = match &step.act {
            Act::Export { .. } => self.export(step).await.map(|()| State::Done.into()),
            Act::Redact(_) => {
                let done_before = ready.begun_before && self.is_redacted(step).await;
                let redacted = match done_before {
                    true => Ok(()),
                    false => self.redact(step, &permitted).await,
                };
                match redacted {
                    Ok(()) => self.forget(step, &permitted).await,
                    Err(error) => Err(error),
                }
            }
            Act::Archive {} => {
                // Its version changed with it, so it cannot be asked for once more.
                if ready.begun_before && matches!(self.is_archived(step).await, Ok(true)) {
                    return State::Done.into();
                }
                let archived = store.archive(&permitted, &step.version).await;
                archived.map(|_version| State::Done.into())
            }
            Act::Delete { detach, .. } => {
                let deleted = match detach {
                    true => store.detach(&permitted, &step.version).await,
                    false if ready.begun_before => {
                        store.resume_delete(&permitted, &step.version).await
                    }
                    false => store.delete(&permitted, &step.version).await,
                };
                deleted.map(Stands::from)
            }
        };
        match done {
            Ok(stands) => stands,
            Err(error) => self.settle(ready, &permitted, error).await,
        }
    }

    /// A redaction is done when the bytes that were cut out are no longer kept anywhere.
    async fn forget(
        &self,
        step: &Step,
        permitted: &remit_policy::Permitted,
    ) -> Result<Stands, StoreError> {
        if !step.kind.is_object() {
            return Ok(State::Done.into());
        }
        let forgotten = self.setup.store.forget(permitted, &step.version).await?;
        Ok(match forgotten {
            Deleted::Gone => State::Done.into(),
            other => other.into(),
        })
    }

    /// Where a step stands after an error.
    async fn settle(
        &self,
        ready: &Ready,
        permitted: &remit_policy::Permitted,
        error: StoreError,
    ) -> Stands {
        let step = &ready.step;
        let state = match error {
            // We said that we would delete it, and it is no longer there.
            StoreError::NotFound(_)
                if ready.begun_before && matches!(step.act, Act::Delete { .. }) =>
            {
                match self.end_delete(step, permitted).await {
                    Ok(stands) => return stands,
                    Err(StoreError::Changed(_)) => State::Skipped("changed since planning".into()),
                    Err(unknown) => State::Unknown(causes(&unknown)),
                }
            }
            StoreError::NotFound(_) => State::Skipped("it was no longer there".into()),
            StoreError::Changed(_) => State::Skipped("changed since planning".into()),
            StoreError::Held { by, .. } => State::Held(by),
            StoreError::Impossible { reason, .. } | StoreError::OutOfReach { reason, .. } => {
                State::Impossible(reason)
            }
            StoreError::Failed { .. } => match self.happened_anyway(step, permitted).await {
                Ok(Some(stands)) => return stands,
                Ok(None) => State::Failed(causes(&error)),
                Err(unknown) => {
                    State::Unknown(format!("{}; and then {}", causes(&error), causes(&unknown)))
                }
            },
        };
        state.into()
    }

    /// Where an act stands that came back with a failure and was done all the same; none where it was not.
    async fn happened_anyway(
        &self,
        step: &Step,
        permitted: &remit_policy::Permitted,
    ) -> Result<Option<Stands>, StoreError> {
        match &step.act {
            Act::Export { .. } => Ok(None),
            Act::Archive {} => {
                let is_done = self.is_archived(step).await?;
                Ok(is_done.then(|| State::Done.into()))
            }
            Act::Delete { .. } => match self.setup.store.stat(&step.path).await {
                Ok(_) => Ok(None),
                Err(StoreError::NotFound(_)) => match self.gone_state(step).await? {
                    State::Gone => Ok(Some(State::Gone.into())),
                    // The next run goes on with what is left of it.
                    _ => Ok(None),
                },
                Err(error) => Err(error),
            },
            Act::Redact(_) => match self.is_redacted(step).await {
                true => self.forget(step, permitted).await.map(Some),
                false => Ok(None),
            },
        }
    }

    async fn is_archived(&self, step: &Step) -> Result<bool, StoreError> {
        content::is_archived(&*self.setup.store, &step.path).await
    }

    /// Ends a delete that was begun, of what is no longer there.
    async fn end_delete(
        &self,
        step: &Step,
        permitted: &remit_policy::Permitted,
    ) -> Result<Stands, StoreError> {
        match self.setup.store.end_delete(permitted).await? {
            Some(deleted) => Ok(deleted.into()),
            None => Ok(self.gone_state(step).await?.into()),
        }
    }

    /// What it means that an entry is no longer there: gone only if nothing of it is kept.
    async fn gone_state(&self, step: &Step) -> Result<State, StoreError> {
        let mut kept = self.setup.store.generations(&step.path);
        Ok(match kept.try_next().await? {
            None => State::Gone,
            Some(Listed::Entry(_)) => {
                State::Unknown("it is no longer there, but the service keeps states of it".into())
            }
            Some(Listed::Gap(gap)) => State::Unknown(format!(
                "it is no longer there, but what is kept of it cannot be listed: {}",
                gap.reason
            )),
        })
    }

    async fn is_redacted(&self, step: &Step) -> bool {
        let Some(redaction) = step.act.redaction() else {
            return false;
        };
        content::is_as_planned(&*self.setup.store, &step.path, redaction)
            .await
            .unwrap_or(false)
    }

    /// What the step copies or writes: its version's content, redacted or converted where it says so.
    async fn content(&self, step: &Step) -> Result<remit_workspace::Content, StoreError> {
        let content = self.setup.store.open(&step.path, &step.version, 0).await?;
        if let Some(conversion) = step.act.conversion() {
            // Opened for its version alone: what is copied was made of it when the plan was.
            drop(content);
            return staged::content(self.plan.case(), &step.path, conversion).map_err(|error| {
                StoreError::failed(&step.path, "reading what was staged of", error)
            });
        }
        match step.act.redaction() {
            None => Ok(content),
            Some(redaction) => content::redacted(self.plan.case(), &step.path, content, redaction)
                .map_err(|error| StoreError::failed(&step.path, "redacting", error)),
        }
    }

    async fn redact(
        &self,
        step: &Step,
        permitted: &remit_policy::Permitted,
    ) -> Result<(), StoreError> {
        let content = self.content(step).await?;
        if step.kind.is_object() {
            self.setup
                .store
                .replace(permitted, &step.version, content)
                .await?;
        } else {
            let document = content::document(&step.path, content).await?;
            self.setup
                .store
                .patch(permitted, &step.version, document)
                .await?;
        }
        Ok(())
    }

    async fn export(&self, step: &Step) -> Result<(), StoreError> {
        let package = self
            .package
            .clone()
            .expect("a plan with an export has a package");
        let content = self.content(step).await?;
        export::store(package, step, content).await
    }
}

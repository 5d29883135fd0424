//! Deleting what a workspace depends on, each by a step of its own.
//!
//! Nothing is begun when another workspace of the subscription uses it, or when a management lock forbids it:
//! both are asked for each time, and what cannot be read is not taken for *none*. What the services keep is
//! said: a storage account can be recovered for a while and purged by nobody, logs and key vaults are kept
//! unless `purge` is granted, and a vault with purge protection is kept whatever is granted.

use azure_core::http::Method;
use remit_apply::Deleted;
use remit_workspace::{EntryPath, Forecast, StoreError, Version};
use serde_json::Value;
use tokio::time::Instant;

use super::answer::about;
use super::data::NO_NAME;
use super::delete::DELETING;
use super::kept::{Kept, is_protected, is_soft, kept_until};
use super::operation::{self, Came};
use super::place::Place;
use super::records::Records;
use super::resources::Resource;
use super::users::shared;
use crate::change::impossible;
use crate::error::Answer;

impl Records {
    /// Deletes a resource that the workspace depends on.
    pub(crate) async fn delete_resource(
        &self,
        path: &EntryPath,
        version: &Version,
        purge: bool,
    ) -> Result<Deleted, StoreError> {
        let failed = |answer| about(answer, path, DELETING);
        let seen = self.look(path).await?;
        if !seen.document.is_but_for_progress(version) {
            return Err(StoreError::Changed(path.clone()));
        }
        let resource = self.resource_of(path).await.map_err(failed)?;
        let users = self.others(&resource).await.map_err(failed)?;
        if !users.is_empty() {
            return Err(impossible(path, shared(&users)));
        }
        self.unlocked(&resource.id, path).await?;
        if !seen.is_being_deleted() {
            let query: &[(&str, &str)] = match (resource.kind, purge) {
                ("logs", true) => &[("force", "true")],
                _ => &[],
            };
            let url = self.manage.of_id(&resource.id, query);
            let deleted = async {
                let url = url.ok_or(NO_NAME)?;
                let heard = self.manage.change(Method::Delete, &url, None).await?;
                let line = &self.manage.line;
                operation::end_within(line, heard, line.deletes_awaited).await
            };
            if deleted.await.map_err(failed)? == Came::NotYet {
                return Ok(Deleted::UnderWay);
            }
        }
        if self.await_no_resource(path, &resource).await? == Came::NotYet {
            return Ok(Deleted::UnderWay);
        }
        let document = &seen.document.value;
        let is_shown = resource.kind == "vault" && is_soft(document);
        let mut tried = 0;
        let kept = loop {
            match self.kept(&resource, document).await.map_err(failed)? {
                Some(kept) => break kept,
                None if !is_shown => return Ok(Deleted::Gone),
                // Its service keeps every vault, and has not yet said so of this one.
                None if self.manage.line.again(tried).await => tried += 1,
                None => {
                    let odd = Answer::Malformed("it is deleted, and not among those that are kept");
                    return Err(StoreError::failed(path, DELETING, odd));
                }
            }
        };
        self.end_with(&resource, kept, purge).await.map_err(failed)
    }

    /// What became of a resource that its service keeps: purged, where that is wanted and can be.
    async fn end_with(
        &self,
        resource: &Resource,
        kept: Kept,
        purge: bool,
    ) -> Result<Deleted, Answer> {
        let Some(location) = kept.purged_in.filter(|_| purge) else {
            return Ok(Deleted::GoneOn(kept.until));
        };
        if self.purge_vault(resource, &location).await? == Came::NotYet {
            return Ok(Deleted::UnderWay);
        }
        Ok(match self.kept(resource, &Value::Null).await? {
            None => Deleted::Gone,
            Some(kept) => Deleted::GoneOn(kept.until),
        })
    }

    /// The end of a delete that was begun before, of a resource that is no longer there.
    pub(crate) async fn end_resource(
        &self,
        path: &EntryPath,
        purge: bool,
    ) -> Result<Deleted, StoreError> {
        let failed = |answer: Answer| match answer.status() {
            404 => {
                let other = Answer::Malformed("the workspace no longer names it");
                StoreError::failed(path, DELETING, other)
            }
            _ => about(answer, path, DELETING),
        };
        let resource = self.resource_of(path).await.map_err(failed)?;
        match self.resource_at(&resource.id).await {
            Err(answer) if answer.status() == 404 => {}
            Err(answer) => return Err(about(answer, path, DELETING)),
            // Somebody made it anew, or brought it back.
            Ok(_) => return Err(StoreError::Changed(path.clone())),
        }
        let kept = self.kept(&resource, &Value::Null).await.map_err(failed)?;
        match kept {
            None => Ok(Deleted::Gone),
            Some(kept) => self.end_with(&resource, kept, purge).await.map_err(failed),
        }
    }

    pub(crate) async fn resource_of(&self, path: &EntryPath) -> Result<Resource, Answer> {
        match Place::of(path) {
            Ok((Place::Resource(kind, name), _)) => self.named_resource(&kind, &name).await,
            _ => Err(NO_NAME),
        }
    }

    /// Looks until it is not there, by its own id: what names it may go meanwhile.
    async fn await_no_resource(
        &self,
        path: &EntryPath,
        resource: &Resource,
    ) -> Result<Came, StoreError> {
        let until = Instant::now() + self.manage.line.deletes_awaited;
        let (mut tried, mut polled) = (0, 0);
        loop {
            match self.resource_at(&resource.id).await {
                Err(answer) if answer.status() == 404 => return Ok(Came::ToItsEnd),
                Err(answer) => return Err(about(answer, path, DELETING)),
                Ok(document) if is_being_deleted(&document) => {
                    if Instant::now() >= until {
                        return Ok(Came::NotYet);
                    }
                    tokio::time::sleep(self.manage.line.pause(polled)).await;
                    polled += 1;
                }
                Ok(_) if self.manage.line.again(tried).await => tried += 1,
                Ok(_) => {
                    let there = Answer::Malformed("it is said to be deleted, and is still there");
                    return Err(StoreError::failed(path, DELETING, there));
                }
            }
        }
    }

    /// What a delete of it will achieve.
    pub(crate) async fn forecast_resource(&self, path: &EntryPath, purge: bool) -> Forecast {
        let unknown = |answer| Forecast::Unknown(about(answer, path, "looking at").to_string());
        let seen = match self.look(path).await {
            Ok(seen) => seen,
            Err(error) => return Forecast::Unknown(error.to_string()),
        };
        let resource = match self.resource_of(path).await {
            Ok(resource) => resource,
            Err(answer) => return unknown(answer),
        };
        match self.others(&resource).await {
            Ok(users) if users.is_empty() => {}
            Ok(users) => return Forecast::Impossible(shared(&users)),
            Err(answer) => return unknown(answer),
        }
        match self.unlocked(&resource.id, path).await {
            Err(StoreError::Held { by, .. }) => return Forecast::Held(by),
            Err(error) => return Forecast::Unknown(error.to_string()),
            Ok(()) => {}
        }
        let document = &seen.document.value;
        match resource.kind {
            "registry" | "insights" => Forecast::Gone,
            "logs" if purge => Forecast::Gone,
            "vault" if purge && !is_protected(document) => Forecast::Gone,
            "vault" if !is_soft(document) => Forecast::Gone,
            _ => Forecast::GoneOn(kept_until(resource.kind, document)),
        }
    }
}

/// Whether a resource's own service says that it is being deleted.
fn is_being_deleted(document: &Value) -> bool {
    let state = document.pointer("/properties/provisioningState");
    state.and_then(Value::as_str) == Some("Deleting")
}

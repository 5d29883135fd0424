//! Deleting what a workspace depends on, each by a step of its own.
//!
//! Nothing is begun when another workspace of the subscription uses it, or when a management lock forbids it:
//! both are asked for each time, and what cannot be read is not taken for *none*. What the services keep is
//! said: a storage account can be recovered for a while and purged by nobody, logs and key vaults are kept
//! unless `purge` is granted, and a vault with purge protection is kept whatever is granted.

use azure_core::http::{Method, Url};
use futures::StreamExt as _;
use remit_apply::Deleted;
use remit_workspace::{EntryPath, Forecast, Millis, StoreError, Version};
use serde_json::Value;

use super::answer::about;
use super::data::NO_NAME;
use super::delete::DELETING;
use super::itself::in_days;
use super::operation;
use super::place::Place;
use super::records::Records;
use super::resources::{NAMED_BY, Resource};
use crate::change::impossible;
use crate::error::Answer;

/// How long logs are kept (2020-08-01). That of storage accounts is an *assumption*: "for a while".
const KEPT_DAYS: i64 = 14;
/// How long a vault is kept that does not say it.
const VAULT_DAYS: i64 = 90;
const WORKSPACES: &str = "/providers/Microsoft.MachineLearningServices/workspaces";

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
        if let Some(user) = self.other_user(&resource).await.map_err(failed)? {
            return Err(impossible(path, shared(&user)));
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
                operation::end(&self.manage.line, heard).await
            };
            deleted.await.map_err(failed)?;
        }
        self.await_no_resource(path, &resource).await?;
        let document = &seen.document.value;
        let kept = self.kept(&resource, document).await.map_err(failed)?;
        match (kept, resource.kind) {
            (None, _) => Ok(Deleted::Gone),
            (Some(_), "vault") if purge && !is_protected(document) => {
                self.purge_vault(&resource, document)
                    .await
                    .map_err(failed)?;
                match self.kept(&resource, document).await.map_err(failed)? {
                    None => Ok(Deleted::Gone),
                    Some(until) => Ok(Deleted::GoneOn(until)),
                }
            }
            (Some(until), _) => Ok(Deleted::GoneOn(until)),
        }
    }

    async fn resource_of(&self, path: &EntryPath) -> Result<Resource, Answer> {
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
    ) -> Result<(), StoreError> {
        let mut tried = 0;
        loop {
            match self.resource_at(&resource.id).await {
                Err(answer) if answer.status() == 404 => return Ok(()),
                Err(answer) => return Err(about(answer, path, DELETING)),
                Ok(_) if self.manage.line.again(tried).await => tried += 1,
                Ok(_) => {
                    let there = Answer::Malformed("it is said to be deleted, and is still there");
                    return Err(StoreError::failed(path, DELETING, there));
                }
            }
        }
    }

    /// Another workspace of the subscription that uses it, by name.
    async fn other_user(&self, resource: &Resource) -> Result<Option<String>, Answer> {
        let is_it = |id: &str| id.eq_ignore_ascii_case(&resource.id);
        let url = self.in_subscription(&self.manage.id, WORKSPACES)?;
        let mut rows = self.manage.rows(url);
        while let Some(row) = rows.next().await {
            let row = row?;
            let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str);
            let id = text("/id").ok_or(Answer::Malformed("a workspace without an id"))?;
            if id.eq_ignore_ascii_case(&self.manage.id) {
                continue;
            }
            let name = id.rsplit('/').next().unwrap_or_default().to_owned();
            let mut used = NAMED_BY
                .iter()
                .filter_map(|(_, member)| text(&format!("/properties/{member}")));
            if used.any(is_it) {
                return Ok(Some(name));
            }
            // Which logs it uses, only its component says.
            let insights = text("/properties/applicationInsights").filter(|id| !id.is_empty());
            if let ("logs", Some(insights)) = (resource.kind, insights) {
                match self.resource_at(insights).await {
                    Ok(said) if Self::logs_of(&said).is_some_and(|logs| is_it(&logs.id)) => {
                        return Ok(Some(name));
                    }
                    Err(answer) if answer.status() != 404 => return Err(answer),
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    fn in_subscription(&self, id: &str, below: &str) -> Result<Url, Answer> {
        let subscription = id.split('/').nth(2).ok_or(NO_NAME)?;
        let place = format!("/subscriptions/{subscription}{below}");
        self.manage.of_id(&place, &[]).ok_or(NO_NAME)
    }

    /// Until when the service keeps a resource that was deleted; none when it does not.
    async fn kept(&self, resource: &Resource, was: &Value) -> Result<Option<Millis>, Answer> {
        let (url, names) = match resource.kind {
            // Whether it could be read or not, it can be recovered: nobody purges one.
            "storage" => return Ok(Some(in_days(KEPT_DAYS))),
            "logs" => {
                let group: Vec<&str> = resource.id.split('/').take(5).collect();
                let below = "/providers/Microsoft.OperationalInsights/deletedWorkspaces";
                let url = format!("{}{below}", group.join("/"));
                (self.manage.of_id(&url, &[]).ok_or(NO_NAME)?, "/id")
            }
            "vault" => {
                let below = "/providers/Microsoft.KeyVault/deletedVaults";
                let url = self.in_subscription(&resource.id, below)?;
                (url, "/properties/vaultId")
            }
            _ => return Ok(None),
        };
        let mut rows = self.manage.rows(url);
        while let Some(row) = rows.next().await {
            let row = row?;
            let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str);
            if text(names).is_some_and(|id| id.eq_ignore_ascii_case(&resource.id)) {
                let until = text("/properties/scheduledPurgeDate");
                let until = until.and_then(|text| text.parse::<jiff::Timestamp>().ok());
                let until = until.map(jiff::Timestamp::as_millisecond);
                return Ok(Some(until.unwrap_or_else(|| kept_until(resource, was))));
            }
        }
        Ok(None)
    }

    /// What is said of a resource that is not there, if its service keeps it.
    pub(crate) async fn resource_is_kept(
        &self,
        path: &EntryPath,
    ) -> Result<Option<String>, StoreError> {
        let resource = match self.resource_of(path).await {
            Ok(resource) => resource,
            // The workspace is there and names no such thing.
            Err(answer) if answer.status() == 404 => return Ok(None),
            Err(answer) => return Err(about(answer, path, "listing")),
        };
        let kept = self.kept(&resource, &Value::Null).await;
        let kept = kept.map_err(|answer| about(answer, path, "listing"))?;
        Ok(kept.map(|_| "deleted, and its service keeps it for a while".to_owned()))
    }

    async fn purge_vault(&self, resource: &Resource, was: &Value) -> Result<(), Answer> {
        let location = was.get("location").and_then(Value::as_str);
        let place = super::manage::address(&[
            location.ok_or(Answer::Malformed("a vault without a location"))?,
            "deletedVaults",
            resource.name(),
            "purge",
        ]);
        let below = format!(
            "/providers/Microsoft.KeyVault/locations{}",
            place.ok_or(NO_NAME)?
        );
        let url = self.in_subscription(&resource.id, &below)?;
        let heard = self.manage.change(Method::Post, &url, None).await?;
        operation::end(&self.manage.line, heard).await
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
        match self.other_user(&resource).await {
            Ok(Some(user)) => return Forecast::Impossible(shared(&user)),
            Err(answer) => return unknown(answer),
            Ok(None) => {}
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
            _ => Forecast::GoneOn(kept_until(&resource, document)),
        }
    }
}

fn shared(user: &str) -> String {
    format!("the workspace {user} uses it too")
}

/// Whether a vault's purge protection forbids to purge it.
fn is_protected(vault: &Value) -> bool {
    vault.get("enablePurgeProtection").and_then(Value::as_bool) == Some(true)
}

fn kept_until(resource: &Resource, was: &Value) -> Millis {
    let days = was.get("softDeleteRetentionInDays").and_then(Value::as_i64);
    in_days(match resource.kind {
        "vault" => days.unwrap_or(VAULT_DAYS).clamp(0, 36_500),
        _ => KEPT_DAYS,
    })
}

//! Deleting what a workspace depends on, each by a step of its own.
//!
//! Nothing is begun when another workspace of the subscription uses it, or when a management lock forbids it:
//! both are asked for each time, and what cannot be read is not taken for *none*. What the services keep is
//! said: a storage account can be recovered for a while and purged by nobody, logs and key vaults are kept
//! unless `purge` is granted, and a vault with purge protection is kept whatever is granted.

use azure_core::http::{Method, Url};
use futures::StreamExt as _;
use remit_apply::Deleted;
use remit_workspace::{Entry, EntryPath, Forecast, Millis, StoreError, Version};
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
const COMPONENTS: &str = "/providers/Microsoft.Insights/components";
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

    /// Who else in the subscription uses it: other workspaces, and of logs other components of Application
    /// Insights. Who does outside of the subscription, or without being either, no call tells.
    async fn others(&self, resource: &Resource) -> Result<Vec<String>, Answer> {
        let is_it = |id: &str| id.eq_ignore_ascii_case(&resource.id);
        let url = self.in_subscription(&self.manage.id, WORKSPACES)?;
        let mut users = Vec::new();
        let mut rows = self.manage.rows(url);
        // Which logs are used, only a component says: those of this workspace, and who else uses each.
        let (mut own, mut components) = (None, Vec::new());
        while let Some(row) = rows.next().await {
            let row = row?;
            let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str);
            let id = text("/id").ok_or(Answer::Malformed("a workspace without an id"))?;
            let insights = text("/properties/applicationInsights").map(ToOwned::to_owned);
            if id.eq_ignore_ascii_case(&self.manage.id) {
                own = insights;
                continue;
            }
            let user = format!("the workspace {}", name_in(id));
            let mut used = NAMED_BY
                .iter()
                .filter_map(|(_, member)| text(&format!("/properties/{member}")));
            match used.any(is_it) {
                true => users.push(user),
                false => components.extend(insights.map(|component| (component, user))),
            }
        }
        if resource.kind != "logs" {
            return Ok(users);
        }
        let url = self.in_subscription(&self.manage.id, COMPONENTS)?;
        let mut rows = self.manage.rows(url);
        while let Some(row) = rows.next().await {
            let row = row?;
            let id = row.get("id").and_then(Value::as_str);
            let id = id.ok_or(Answer::Malformed("a component without an id"))?;
            if !Self::logs_of(&row).is_some_and(|logs| is_it(&logs.id)) {
                continue;
            }
            let named = |component: &str| component.eq_ignore_ascii_case(id);
            let of_others = components.iter().filter(|(component, _)| named(component));
            users.extend(of_others.map(|(_, user)| user.clone()));
            if !own.as_deref().is_some_and(named) {
                users.push(format!(
                    "the Application Insights component {}",
                    name_in(id)
                ));
            }
        }
        Ok(users)
    }

    /// Says in an entry's properties who else uses the resource. Where that is not known, that it is not.
    pub(crate) async fn with_users(&self, mut entry: Entry) -> Entry {
        let users = match self.resource_of(&entry.path).await {
            Ok(resource) => self.others(&resource).await,
            Err(answer) => Err(answer),
        };
        let said = match users {
            Ok(users) if users.is_empty() => return entry,
            Ok(users) => users.join(", "),
            Err(answer) => format!("unknown: {answer}"),
        };
        entry.properties.insert("used-by".to_owned(), said);
        entry
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
            _ => Forecast::GoneOn(kept_until(&resource, document)),
        }
    }
}

fn shared(users: &[String]) -> String {
    format!("it is used by {} too", users.join(", "))
}

/// The last name of an id: as much of it as can be somebody's name for a resource.
fn name_in(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or_default().chars();
    let allowed = |one: &char| one.is_alphanumeric() || "-_.() ".contains(*one);
    name.filter(allowed).take(260).collect()
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

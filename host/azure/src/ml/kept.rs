//! What services keep of a resource that was deleted, and until when.
//!
//! A storage account can be recovered for 14 days, if at all, and is purged by nobody (its service's description of
//! recovering one; the interface says only "for a while"). Logs are kept for 14 days, unless they were deleted with
//! `force`. A vault is kept as long as it says, and can be purged unless it is protected.

use azure_core::http::{Method, Url};
use futures::StreamExt as _;
use remit_workspace::{EntryPath, Millis, StoreError};
use serde_json::Value;

use super::answer::about;
use super::data::NO_NAME;
use super::itself::{DAY, in_days};
use super::operation::{self, Came};
use super::records::Records;
use super::resources::Resource;
use crate::error::Answer;

/// How long logs and storage accounts are kept.
const KEPT_DAYS: i64 = 14;
/// How long a vault is kept that does not say it.
const VAULT_DAYS: i64 = 90;

/// What a service keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) until: Millis,
    /// Of a vault that may be purged: the location in which that is asked for.
    pub(crate) purged_in: Option<String>,
}

impl Records {
    pub(crate) fn in_subscription(&self, id: &str, below: &str) -> Result<Url, Answer> {
        let subscription = id.split('/').nth(2).ok_or(NO_NAME)?;
        let place = format!("/subscriptions/{subscription}{below}");
        self.manage.of_id(&place, &[]).ok_or(NO_NAME)
    }

    /// What its service keeps of a resource that was deleted; none when nothing. `was` is its document, as far
    /// as it is known.
    pub(crate) async fn kept(
        &self,
        resource: &Resource,
        was: &Value,
    ) -> Result<Option<Kept>, Answer> {
        let only = |until| Kept {
            until,
            purged_in: None,
        };
        match resource.kind {
            "storage" => {
                let below = "/providers/Microsoft.Storage/deletedAccounts";
                let url = self.in_subscription(&resource.id, below)?;
                let id = "/properties/storageAccountResourceId";
                // Whether it is shown or not, it can be recovered.
                let row = self.row_of(url, id, resource).await.unwrap_or_default();
                let since = row.and_then(|row| time(&row, "/properties/deletionTime"));
                let until = since.map(|since| since + KEPT_DAYS * DAY);
                Ok(Some(only(until.unwrap_or_else(|| in_days(KEPT_DAYS)))))
            }
            "logs" => {
                let group: Vec<&str> = resource.id.split('/').take(5).collect();
                let below = "/providers/Microsoft.OperationalInsights/deletedWorkspaces";
                let url = format!("{}{below}", group.join("/"));
                let url = self.manage.of_id(&url, &[]).ok_or(NO_NAME)?;
                let row = self.row_of(url, "/id", resource).await?;
                Ok(row.map(|_| only(in_days(KEPT_DAYS))))
            }
            "vault" => {
                let below = "/providers/Microsoft.KeyVault/deletedVaults";
                let url = self.in_subscription(&resource.id, below)?;
                let row = self.row_of(url, "/properties/vaultId", resource).await?;
                Ok(row.map(|row| {
                    let until = time(&row, "/properties/scheduledPurgeDate");
                    let protected = row.pointer("/properties/purgeProtectionEnabled");
                    let protected = protected.and_then(Value::as_bool) == Some(true);
                    let location = row.pointer("/properties/location").and_then(Value::as_str);
                    let location = location.filter(|_| !protected && !is_protected(was));
                    Kept {
                        until: until.unwrap_or_else(|| kept_until(resource.kind, was)),
                        purged_in: location.map(ToOwned::to_owned),
                    }
                }))
            }
            _ => Ok(None),
        }
    }

    /// The row that is about this resource.
    async fn row_of(
        &self,
        url: Url,
        id: &str,
        resource: &Resource,
    ) -> Result<Option<Value>, Answer> {
        let mut rows = self.manage.rows(url);
        while let Some(row) = rows.next().await {
            let row = row?;
            let named = row.pointer(id).and_then(Value::as_str);
            if named.is_some_and(|named| named.eq_ignore_ascii_case(&resource.id)) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    pub(crate) async fn purge_vault(
        &self,
        resource: &Resource,
        location: &str,
    ) -> Result<Came, Answer> {
        let place = [location, "deletedVaults", resource.name(), "purge"];
        let place = super::manage::address(&place).ok_or(NO_NAME)?;
        let below = format!("/providers/Microsoft.KeyVault/locations{place}");
        let url = self.in_subscription(&resource.id, &below)?;
        let heard = self.manage.change(Method::Post, &url, None).await?;
        let line = &self.manage.line;
        operation::end_within(line, heard, line.deletes_awaited).await
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
}

fn time(row: &Value, pointer: &str) -> Option<Millis> {
    let text = row.pointer(pointer)?.as_str()?;
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// Whether a vault's purge protection forbids to purge it.
pub(crate) fn is_protected(vault: &Value) -> bool {
    vault.get("enablePurgeProtection").and_then(Value::as_bool) == Some(true)
}

/// Whether a vault is kept when it is deleted: all are, but old ones that say otherwise.
pub(crate) fn is_soft(vault: &Value) -> bool {
    vault.get("enableSoftDelete").and_then(Value::as_bool) != Some(false)
}

/// Until when one of this kind is kept that is deleted now.
pub(crate) fn kept_until(kind: &str, was: &Value) -> Millis {
    let days = was.get("softDeleteRetentionInDays").and_then(Value::as_i64);
    in_days(match kind {
        "vault" => days.unwrap_or(VAULT_DAYS).clamp(0, 36_500),
        _ => KEPT_DAYS,
    })
}

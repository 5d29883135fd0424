//! Management locks: what forbids a delete, looked for before anything is begun.
//!
//! A lock holds for its scope and all below it, and a delete takes what is below along: so those at or above a
//! resource count, and those below it. A listing of a scope has those of it and of what is below it, not those
//! above (locks 2020-05-01); so a group's and the subscription's own are asked for.

use futures::StreamExt as _;
use serde_json::Value;

use super::data::NO_NAME;
use super::manage::Manage;
use crate::error::Answer;

/// A lock, by what it locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The id of its scope, in lower case.
    scope: String,
    name: String,
    level: String,
}

/// Locks that hold in a resource group.
#[derive(Clone, Debug)]
pub(crate) struct Locks {
    found: Vec<Lock>,
    /// Whether those of the subscription could be read as well: many who work in one group may not. The
    /// service itself refuses what they forbid.
    pub(crate) is_whole: bool,
}

const PLACE: &str = "/providers/Microsoft.Authorization/locks";

impl Manage {
    /// The locks in the resource group in which this id lies. An error when those of the group cannot be read.
    pub(crate) async fn locks(&self, id: &str) -> Result<Locks, Answer> {
        let parts: Vec<&str> = id.split('/').collect();
        let ["", _, subscription, _, group, ..] = parts.as_slice() else {
            return Err(NO_NAME);
        };
        let subscription = format!("/subscriptions/{subscription}");
        let group = format!("{subscription}/resourceGroups/{group}");
        let mut found = self.locks_of(&group, &[]).await?;
        let above = self.locks_of(&subscription, &[("$filter", "atScope()")]);
        let is_whole = match above.await {
            Ok(above) => {
                found.extend(above);
                true
            }
            Err(answer) if answer.status() == 403 => false,
            Err(answer) => return Err(answer),
        };
        Ok(Locks { found, is_whole })
    }

    async fn locks_of(&self, scope: &str, query: &[(&str, &str)]) -> Result<Vec<Lock>, Answer> {
        let url = self.of_id(&format!("{scope}{PLACE}"), query);
        let mut rows = self.rows(url.ok_or(NO_NAME)?);
        let mut locks = Vec::new();
        while let Some(row) = rows.next().await {
            locks.push(Lock::of(&row?).ok_or(Answer::Malformed("a lock that names no scope"))?);
        }
        Ok(locks)
    }
}

impl Lock {
    fn of(row: &Value) -> Option<Self> {
        let id = row.get("id")?.as_str()?.to_ascii_lowercase();
        let at = id.rfind(&format!("{}/", PLACE.to_ascii_lowercase()))?;
        let text = |pointer: &str| {
            let text = row.pointer(pointer).and_then(Value::as_str);
            // Somebody's words: as much of them as a lock's name can have.
            let allowed = |one: &char| one.is_alphanumeric() || "-_.() ".contains(*one);
            let text = text.unwrap_or_default().chars().filter(allowed);
            text.take(90).collect()
        };
        Some(Self {
            scope: id[..at].to_owned(),
            name: text("/name"),
            level: text("/properties/level"),
        })
    }

    /// What holds, in words: its name, its level, and what it lies on.
    fn describe(&self) -> String {
        let on = match self.scope.rsplit('/').next() {
            Some(name) if self.scope.contains("/providers/") => name.to_owned(),
            _ if self.scope.contains("/resourcegroups/") => "the resource group".to_owned(),
            _ => "the subscription".to_owned(),
        };
        format!("the management lock {} ({}) on {on}", self.name, self.level)
    }
}

impl Locks {
    /// What forbids to delete the resource with this id: which lock, in words.
    pub(crate) fn on(&self, id: &str) -> Option<String> {
        let id = id.trim_end_matches('/').to_ascii_lowercase();
        let is_within = |one: &str, other: &str| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.found
            .iter()
            .find(|lock| is_within(&id, &lock.scope) || is_within(&lock.scope, &id))
            .map(Lock::describe)
    }
}

//! Who else uses what a workspace depends on, as far as calls tell: other workspaces of the subscription, and of
//! logs other components of Application Insights.
//!
//! Not seen: who does from another subscription, and who uses it without being either of these.

use futures::StreamExt as _;
use remit_workspace::Entry;
use serde_json::Value;

use super::records::Records;
use super::resources::{NAMED_BY, Resource};
use crate::error::Answer;

const COMPONENTS: &str = "/providers/Microsoft.Insights/components";
const WORKSPACES: &str = "/providers/Microsoft.MachineLearningServices/workspaces";

impl Records {
    /// Who else in the subscription uses it: other workspaces, and of logs other components of Application
    /// Insights. Who does outside of the subscription, or without being either, no call tells.
    pub(crate) async fn others(&self, resource: &Resource) -> Result<Vec<String>, Answer> {
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
        entry.properties = entry.properties.with("used-by", &said);
        entry
    }
}

/// Why what others use is not deleted.
pub(crate) fn shared(users: &[String]) -> String {
    format!("it is used by {} too", users.join(", "))
}

/// The last name of an id: as much of it as can be somebody's name for a resource.
fn name_in(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or_default().chars();
    let allowed = |one: &char| one.is_alphanumeric() || "-_.() ".contains(*one);
    name.filter(allowed).take(260).collect()
}

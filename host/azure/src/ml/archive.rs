//! Archiving, and how any change that is no delete is sent and made sure of.

use azure_core::http::Method;
use remit_workspace::{EntryPath, StoreError, Version};
use serde_json::{Map, Value, json};

use super::answer::about;
use super::data::{NO_NAME, Service};
use super::document::{Document, Seen};
use super::operation;
use super::place::Place;
use super::records::Records;
use crate::error::Answer;

/// What is said of a thing that became another while it was about to be changed.
const CHANGED: Answer = Answer::Malformed("it has changed");

/// What is changed of a record.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Archive,
    /// Top-level members of its document, as they are to be.
    Members(Map<String, Value>),
}

impl Change {
    fn doing(&self) -> &'static str {
        match self {
            Self::Archive => "archiving",
            Self::Members(_) => "patching",
        }
    }

    /// Whether this is how the record is now.
    fn is_done(&self, seen: &Seen) -> bool {
        match self {
            Self::Archive => seen.entry.properties.get("archived") == Some("true"),
            Self::Members(members) => {
                let real: Value = serde_json::from_slice(&seen.document.real).unwrap_or_default();
                members
                    .iter()
                    .all(|(name, value)| real.get(name) == Some(value))
            }
        }
    }
}

impl Records {
    pub(crate) async fn archive(
        &self,
        path: &EntryPath,
        version: &Version,
    ) -> Result<Version, StoreError> {
        self.make(path, version, &Change::Archive).await
    }

    /// Changes a record that still is this version, and looks that it was done.
    pub(crate) async fn make(
        &self,
        path: &EntryPath,
        version: &Version,
        change: &Change,
    ) -> Result<Version, StoreError> {
        let doing = change.doing();
        let (mut sent, mut tried) = (false, 0);
        loop {
            let seen = self.look(path).await?;
            // An answer was lost, and it was done.
            if sent && change.is_done(&seen) {
                return Ok(seen.entry.version);
            }
            if seen.entry.version != *version {
                return Err(StoreError::Changed(path.clone()));
            }
            sent = true;
            match self.send(path, &seen, change).await {
                Ok(()) => break,
                Err(answer) if answer.is_passing() && self.manage.line.again(tried).await => {
                    tried += 1;
                }
                Err(answer) if answer == CHANGED => {
                    return Err(StoreError::Changed(path.clone()));
                }
                Err(answer) => return Err(about(answer, path, doing)),
            }
        }
        let mut tried = 0;
        loop {
            let now = self.look(path).await?;
            if change.is_done(&now) {
                return Ok(now.entry.version);
            }
            if !self.manage.line.again(tried).await {
                let not = Answer::Malformed("it is said to be done, and is not");
                return Err(StoreError::failed(path, doing, not));
            }
            tried += 1;
        }
    }

    async fn send(&self, path: &EntryPath, seen: &Seen, change: &Change) -> Result<(), Answer> {
        let (place, _) = Place::of(path).map_err(|_| NO_NAME)?;
        match &place {
            Place::Run(id) => match change {
                Change::Archive => self.change_run(seen, id, &json!({"hidden": true})).await,
                Change::Members(members) => self.patch_run(seen, id, members).await,
            },
            Place::Experiment(_) => {
                let id = seen
                    .text("experimentId")
                    .ok_or(Answer::Malformed("an experiment without an id"))?;
                let body = match change {
                    Change::Archive => json!({"archive": true}),
                    Change::Members(members) => Value::Object(members.clone()),
                };
                self.change_experiment(&id, &body).await
            }
            Place::Managed(names) => self.put(names, seen, change).await,
            Place::Metrics(_) | Place::Service(_) | Place::Resource(..) | Place::Telemetry(_) => {
                Err(NO_NAME)
            }
        }
    }

    /// On the management plane the whole of a thing is sent back, with what is changed of it. The workspace
    /// alone has a patch.
    async fn put(&self, names: &[String], seen: &Seen, change: &Change) -> Result<(), Answer> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let url = self.manage.url(&names, &[]).ok_or(NO_NAME)?;
        let members = match change {
            Change::Archive => Map::from_iter([("isArchived".to_owned(), json!(true))]),
            Change::Members(members) => members.clone(),
        };
        let (method, body) = if names.is_empty() {
            let mut body = json!({"properties": {}});
            for (name, value) in members {
                match name.as_str() {
                    "tags" => body["tags"] = value,
                    _ => body["properties"][name] = value,
                }
            }
            (Method::Patch, body)
        } else {
            let mut said = self.managed_at(&url).await?;
            let below = said.get_mut("properties").map(Value::take);
            let Some(Value::Object(mut below)) = below else {
                return Err(Answer::Malformed("a thing without properties"));
            };
            // What is sent back is what was compared.
            said["properties"] = Value::Object(below.clone());
            let now = Document::of(seen.entry.kind, said);
            if now.is_none_or(|now| now.version() != seen.entry.version) {
                return Err(CHANGED);
            }
            below.extend(members);
            (Method::Put, json!({"properties": below}))
        };
        let heard = self.manage.change(method, &url, Some(&body)).await?;
        operation::end(&self.manage.line, heard).await
    }

    pub(crate) async fn change_run(
        &self,
        seen: &Seen,
        id: &str,
        body: &Value,
    ) -> Result<(), Answer> {
        let names = self.names_of_run(seen, id).await?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.data
            .change(Service::History, Method::Patch, &names, Some(body))
            .await
            .map(|_| ())
    }
}

//! Writing the members of a record's document that its service lets be written.
//!
//! What was given is a change of the document as it is shown: it is put into the real one, so that a credential
//! beside it stays what it is, and only members that differ are sent. Run history merges maps, so a name that
//! is to go is taken away by a call of its own: tags have one, properties have none.

use azure_core::http::Method;
use remit_workspace::{EntryPath, Kind, StoreError, Version};
use serde_json::{Map, Value, json};

use super::archive::Change;
use super::data::Service;
use super::document::Seen;
use super::records::Records;
use crate::change::impossible;
use crate::error::Answer;

impl Records {
    /// Writes these fields as they are in `document`.
    pub(crate) async fn patch(
        &self,
        path: &EntryPath,
        version: &Version,
        document: &[u8],
        fields: &[&str],
    ) -> Result<Version, StoreError> {
        let seen = self.look(path).await?;
        if seen.entry.version != *version {
            return Err(StoreError::Changed(path.clone()));
        }
        let members = changed(&seen, document, fields).map_err(|why| impossible(path, why))?;
        if members.is_empty() {
            return Ok(seen.entry.version);
        }
        let merges = matches!(seen.entry.kind, Kind::Run | Kind::Experiment);
        let old = &seen.document.value;
        let loses = |name: &str| !lost(old, &members, name).is_empty();
        if merges && (loses("properties") || (seen.entry.kind == Kind::Experiment && loses("tags")))
        {
            return Err(impossible(
                path,
                "the service changes values of properties, and takes no name away",
            ));
        }
        self.make(path, version, &Change::Members(members)).await
    }

    /// Patches a run: values first, then tags whose names are to go.
    pub(crate) async fn patch_run(
        &self,
        seen: &Seen,
        id: &str,
        members: &Map<String, Value>,
    ) -> Result<(), Answer> {
        let body = Value::Object(members.clone());
        self.change_run(seen, id, &body).await?;
        let gone = lost(&seen.document.value, members, "tags");
        if gone.is_empty() {
            return Ok(());
        }
        let mut names = self.names_of_run(seen, id).await?;
        names.push("tags".to_owned());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let body = json!(gone);
        let mut tried = 0;
        // A name that is gone can be taken away once more: what was begun is brought to its end.
        loop {
            let sent = self
                .data
                .change(Service::History, Method::Delete, &names, Some(&body))
                .await;
            match sent {
                Ok(_) => return Ok(()),
                Err(answer) if answer.is_passing() && self.manage.line.again(tried).await => {
                    tried += 1;
                }
                Err(answer) => return Err(answer),
            }
        }
    }
}

/// The members that differ, as the service is to have them.
fn changed(
    seen: &Seen,
    document: &[u8],
    fields: &[&str],
) -> Result<Map<String, Value>, &'static str> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "not UTF-8");
    let (real, shown) = (text(&seen.document.real)?, text(&seen.document.shown)?);
    let new = remit_formats::members::patch(&real, &shown, &text(document)?, fields)?;
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| "not JSON");
    let (old, new) = (parse(&real)?, parse(&new)?);
    let mut members = Map::new();
    for name in fields {
        match new.get(name) {
            Some(value) if old.get(name) != Some(value) => {
                members.insert((*name).to_owned(), value.clone());
            }
            _ => {}
        }
    }
    Ok(members)
}

/// Names in a map of the document that are not in the map that is to come.
fn lost(old: &Value, members: &Map<String, Value>, name: &str) -> Vec<String> {
    let (Some(old), Some(new)) = (old.get(name).and_then(Value::as_object), members.get(name))
    else {
        return Vec::new();
    };
    old.keys()
        .filter(|key| new.get(key).is_none())
        .cloned()
        .collect()
}

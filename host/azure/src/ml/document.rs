//! A record's document: what is shown of what a service says.
//!
//! - In one form, members sorted and without white space, so that the same document is the same bytes whoever
//!   wrote it: its digest is the record's version.
//! - Flat, as a directory has it: Resource Manager puts nearly everything below `properties`, and a guest or a
//!   person need not know.
//! - Without what the service makes anew for each look (a run's `token`, the signatures in the addresses of its
//!   logs): nobody may see it, and no look would be the same as another. That it does is an *assumption*.
//! - With the values of credentials blanked in place.

use remit_workspace::{Entry, EntryPath, Kind, StoreError, Version, layout, record};
use serde_json::{Map, Value};

/// A document in its one form.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// As the service has it; for the one place that changes it.
    pub(crate) real: Vec<u8>,
    /// As anybody may see it.
    pub(crate) shown: Vec<u8>,
    /// The same as a value.
    pub(crate) value: Value,
    /// Of a run that goes on: the digest of what its end does not change.
    but_for_end: Option<String>,
}

/// A record that was listed or looked at.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) entry: Entry,
    pub(crate) document: Document,
}

/// How far the service is with a thing: it moves on while a thing is deleted, and is no other state of it.
pub(crate) const PROGRESS: &str = "provisioningState";

/// What the end of a run changes of its document, whoever ended it; of what there is in a real one. That a cancel
/// changes nothing else is an *assumption*: where it does, a step that was stopped behind its cancel is skipped.
const ENDING: [&str; 13] = [
    "status",
    "endTimeUtc",
    "error",
    "warnings",
    "revision",
    "statusRevision",
    "lastModifiedUtc",
    "lastModifiedBy",
    "duration",
    "computeDuration",
    "currentComputeTime",
    "effectiveStartTimeUtc",
    "jobCost",
];

/// Statuses of a run that somebody cancelled, the first while it still goes on.
const CANCELLED: [&str; 2] = ["CancelRequested", "Canceled"];

impl Document {
    /// None for what is no object, or cannot be shown: nobody knows what in it is secret.
    pub(crate) fn of(kind: Kind, said: Value) -> Option<Self> {
        let Value::Object(mut members) = said else {
            return None;
        };
        // The others are not of Resource Manager: what they call properties is a map of somebody's.
        if !matches!(
            kind,
            Kind::Run | Kind::Experiment | Kind::Metrics | Kind::Service
        ) {
            members = flat(members);
        }
        if kind == Kind::Run {
            drop_what_is_made_anew(&mut members);
        }
        let value = Value::Object(members);
        let real = serde_json::to_vec(&value).ok()?;
        let shown = remit_formats::blank_credentials(&real).ok()?;
        let but_for_end = (kind == Kind::Run && goes_on(&value)).then(|| but_for_end(&value));
        let value = match shown == real {
            true => value,
            false => serde_json::from_slice(&shown).ok()?,
        };
        Some(Self {
            real,
            shown,
            value,
            but_for_end,
        })
    }

    /// The digest of all of it; of a run that goes on, that of what its end does not change besides, so that it can be
    /// known again once a step has cancelled it.
    pub(crate) fn version(&self) -> Version {
        let whole = Version::of_document(&self.real);
        match &self.but_for_end {
            Some(but_for_end) => Version::new(format!("{whole}{BUT_FOR_END}{but_for_end}")),
            None => whole,
        }
    }

    /// Whether this is a run that has not come to its end.
    pub(crate) fn goes_on(&self) -> bool {
        self.but_for_end.is_some()
    }

    /// Whether this is the named version of a run that went on, but for its having been cancelled since.
    pub(crate) fn is_but_for_cancel(&self, version: &Version) -> bool {
        let status = self.value.get("status").and_then(Value::as_str);
        let Some((_, was)) = version.as_str().split_once(BUT_FOR_END) else {
            return false;
        };
        status.is_some_and(|status| CANCELLED.contains(&status))
            && serde_json::from_slice(&self.real).is_ok_and(|real| but_for_end(&real) == was)
    }

    /// Whether this is the named version, or would be if the service were as far with it as then.
    pub(crate) fn is_but_for_progress(&self, version: &Version) -> bool {
        const STATES: [&str; 8] = [
            "Succeeded",
            "Failed",
            "Canceled",
            "Creating",
            "Updating",
            "Deleting",
            "Scaling",
            "Unknown",
        ];
        if self.version() == *version {
            return true;
        }
        let Ok(Value::Object(mut members)) = serde_json::from_slice(&self.real) else {
            return false;
        };
        members.contains_key(PROGRESS)
            && STATES.iter().any(|state| {
                members.insert(PROGRESS.to_owned(), Value::from(*state));
                let text = Value::Object(members.clone()).to_string();
                Version::of_document(text.as_bytes()) == *version
            })
    }
}

impl Seen {
    /// A record at this path, from what its service said.
    pub(crate) fn of(path: EntryPath, kind: Kind, said: Value) -> Result<Self, StoreError> {
        let out = || StoreError::OutOfReach {
            path: path.clone(),
            reason: "not a JSON document that can be shown".to_owned(),
        };
        let document = Document::of(kind, said).ok_or_else(out)?;
        let entry = record::entry_of(path.clone(), kind, &document.real, &document.value);
        let mut entry = entry.ok_or_else(out)?;
        if document.goes_on() {
            entry.version = document.version();
        }
        // The document is about rows; how large those are, no call says.
        if layout::rows_of(&path).is_some() {
            entry.size_bytes = None;
        }
        Ok(Self { entry, document })
    }

    /// Whether the service is deleting it.
    pub(crate) fn is_being_deleted(&self) -> bool {
        self.document.value.get(PROGRESS).and_then(Value::as_str) == Some("Deleting")
    }

    /// A member's text, as it may be seen.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        record::text(&self.document.value, name)
    }
}

/// What stands in the version of a run that goes on before the second of its two digests.
const BUT_FOR_END: &str = "-but-for-end-";

/// Whether a run's document says that it has not ended.
fn goes_on(run: &Value) -> bool {
    const ENDED: [&str; 3] = ["Completed", "Failed", "Canceled"];
    let status = record::text(run, "status");
    status.is_some_and(|status| !ENDED.contains(&status.as_str()))
}

/// The digest of a run's document without what its end changes.
fn but_for_end(run: &Value) -> String {
    let mut run = run.clone();
    if let Some(members) = run.as_object_mut() {
        members.retain(|name, _| !ENDING.contains(&name.as_str()));
    }
    let text = run.to_string();
    Version::of_document(text.as_bytes()).as_str().to_owned()
}

/// The members below `properties` beside the others, where no two have one name.
fn flat(mut members: Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Object(below)) = members.remove("properties") else {
        return members;
    };
    if below.keys().any(|name| members.contains_key(name)) {
        members.insert("properties".to_owned(), Value::Object(below));
        return members;
    }
    members.extend(below);
    members
}

fn drop_what_is_made_anew(members: &mut Map<String, Value>) {
    members.remove("token");
    members.remove("tokenExpiryTimeUtc");
    let logs = members.get_mut("logFiles").and_then(Value::as_object_mut);
    for address in logs.into_iter().flat_map(Map::values_mut) {
        if let Value::String(text) = address {
            let end = text.find('?').unwrap_or(text.len());
            text.truncate(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(kind: Kind, said: Value) -> Value {
        Document::of(kind, said).unwrap().value
    }

    #[test]
    fn documents_of_resource_manager_are_flat() {
        assert_eq!(
            shown(
                Kind::Model,
                json!({"id": "/x", "name": "1", "properties": {"modelUri": "u", "properties": {"a": "b"}}})
            ),
            json!({"id": "/x", "name": "1", "modelUri": "u", "properties": {"a": "b"}})
        );
        let twice = json!({"name": "1", "properties": {"name": "other"}});
        assert_eq!(shown(Kind::Compute, twice.clone()), twice);
    }

    #[test]
    fn the_order_and_the_tokens_of_a_look_make_no_version() {
        let version = |text: &str| {
            let said = serde_json::from_str(text).unwrap();
            Document::of(Kind::Run, said).unwrap().version()
        };
        let first = version(
            r#"{"runId": "a", "token": "b25l", "logFiles": {"a": "https://acct.blob.core.windows.net/c/a?sig=b25l"}}"#,
        );
        let second = version(
            r#"{"logFiles":{"a":"https://acct.blob.core.windows.net/c/a?sig=dHdv"},"token":"dHdv","runId":"a"}"#,
        );
        assert_eq!(first, second);
        assert_ne!(first, version(r#"{"runId":"b"}"#));
    }

    #[test]
    fn a_run_is_known_again_after_a_cancel_and_nothing_else() {
        let of = |change: &[(&str, Value)]| {
            let mut said = json!({"runId": "a", "status": "Running", "displayName": "d", "tags": {"a": "b"},
                "createdBy": {"userName": "u"}, "properties": {"p": "q"}, "revision": 1, "endTimeUtc": null});
            for (name, value) in change {
                said[*name] = value.clone();
            }
            Document::of(Kind::Run, said).unwrap()
        };
        let before = of(&[]).version();
        let cancelled = [
            ("status", json!("Canceled")),
            ("endTimeUtc", json!("2025-01-01T00:00:00Z")),
            ("revision", json!(2)),
            ("lastModifiedBy", json!({"userName": "v"})),
        ];
        assert!(of(&cancelled).is_but_for_cancel(&before));
        assert!(of(&[("status", json!("CancelRequested"))]).is_but_for_cancel(&before));
        for other in [
            ("status", json!("Completed")),
            ("displayName", json!("e")),
            ("tags", json!({"a": "c"})),
            ("createdBy", json!({"userName": "v"})),
            ("properties", json!({"p": "r"})),
            ("hidden", json!(true)),
        ] {
            let mut change = cancelled.to_vec();
            change.push(other.clone());
            assert!(!of(&change).is_but_for_cancel(&before), "{other:?}");
        }
        // One that had ended is what it was, or another.
        let ended = of(&cancelled);
        assert!(!ended.goes_on() && !ended.is_but_for_cancel(&ended.version()));
    }

    #[test]
    fn credentials_are_blanked() {
        let said = json!({"runId": "a", "token": "c3ludGhldGlj", "properties": {
            "key": "c3ludGhldGlj", "uri": "https://acct.blob.core.windows.net/c/a?sig=c3ludGhldGlj"}});
        let document = Document::of(Kind::Run, said).unwrap();
        let text = String::from_utf8(document.shown).unwrap();
        assert!(!text.contains("c3ludGhldGlj"), "{text}");
    }

    #[test]
    fn how_far_the_service_is_makes_no_other_thing() {
        let of = |state: &str| {
            let said = json!({"name": "c", "properties": {"provisioningState": state}});
            Document::of(Kind::Compute, said).unwrap()
        };
        let before = of("Succeeded").version();
        assert_ne!(of("Deleting").version(), before);
        assert!(of("Deleting").is_but_for_progress(&before));
        let other =
            json!({"name": "c", "tags": {}, "properties": {"provisioningState": "Deleting"}});
        assert!(
            !Document::of(Kind::Compute, other)
                .unwrap()
                .is_but_for_progress(&before)
        );
    }
}

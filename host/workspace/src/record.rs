//! What a record's document says about it, whichever store it comes from.
//!
//! Documents come from several services, each with its own names for the same facts; what is not
//! there is left out. What in a document is secret, the stores know: they give it as it may be seen.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Entry, EntryPath, Kind, Millis, Version};

/// The entry of the record with this document; none when it is no JSON object.
///
/// `shown` is the same document with the values of credentials blanked: properties are read from what may
/// be seen, since a tag can hold a credential.
pub fn entry(path: EntryPath, kind: Kind, document: &[u8], shown: &[u8]) -> Option<Entry> {
    entry_of(path, kind, document, &serde_json::from_slice(shown).ok()?)
}

/// The same, where what may be seen is a value already.
pub fn entry_of(path: EntryPath, kind: Kind, document: &[u8], value: &Value) -> Option<Entry> {
    value.as_object()?;
    Some(Entry {
        path,
        kind,
        size_bytes: Some(document.len() as u64),
        version: Version::of_document(document),
        created: time(
            value,
            &["createdTimeUtc", "createdUtc", "createdTime", "createdAt"],
        ),
        modified: time(
            value,
            &[
                "lastModifiedUtc",
                "lastModifiedTimeUtc",
                "modifiedTime",
                "updatedTime",
                "lastModifiedAt",
            ],
        ),
        properties: properties(value).into(),
    })
}

fn properties(document: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            found.insert(name.to_owned(), value);
        }
    };
    let user = |member: &str| match member_of(document, "createdBy") {
        // Resource Manager writes only a name or an id.
        Some(Value::String(name)) if member == "userName" => Some(name.clone()),
        Some(created_by) => text(created_by, member),
        None => None,
    };
    let (id, name) = (user("userObjectId"), user("userName"));
    put(
        "owner",
        user("upn").or_else(|| name.clone()).or_else(|| id.clone()),
    );
    put("owner-id", id);
    put("owner-name", name);
    put(
        "status",
        text(document, "status").or_else(|| member_text(document, "provisioningState")),
    );
    put(
        "experiment",
        text(document, "experimentName").or_else(|| text(document, "experimentId")),
    );
    put("parent", text(document, "parentRunId"));
    put("display-name", text(document, "displayName"));
    put(
        "type",
        ["modelType", "dataType", "datastoreType", "computeType"]
            .iter()
            .find_map(|name| member_text(document, name)),
    );
    let archived = ["hidden", "archived", "isArchived"]
        .iter()
        .any(|name| member_of(document, name) == Some(&Value::Bool(true)))
        // Run history says of an experiment only when.
        || text(document, "archivedTime").is_some();
    put("archived", archived.then(|| "true".to_owned()));
    // Web services of the first version have tags of another name.
    for (name, value) in member_of(document, "tags")
        .or_else(|| member_of(document, "kvTags"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        put(&format!("tag:{name}"), Some(value));
    }
    found
}

/// A member by name: of the document, or where Resource Manager puts it.
pub fn member_of<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    let places = [
        Some(document),
        document.get("properties"),
        document.get("systemData"),
        document.get("creationContext"),
    ];
    places
        .into_iter()
        .flatten()
        .filter_map(|place| place.get(name))
        .find(|value| !value.is_null())
}

/// A member's text, wherever [`member_of`] finds it.
pub fn member_text(document: &Value, name: &str) -> Option<String> {
    member_of(document, name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// The text of a member of the document itself; none when it is empty.
pub fn text(document: &Value, name: &str) -> Option<String> {
    document
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn time(document: &Value, names: &[&str]) -> Option<Millis> {
    let text = names.iter().find_map(|name| member_text(document, name))?;
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// The members of a record's document that its service lets be written.
pub fn writable_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        // Run history: PATCH of a run takes these and `hidden`.
        Kind::Run => &["displayName", "description", "tags", "properties"],
        Kind::Experiment => &["description", "tags"],
        Kind::Model | Kind::Data | Kind::Component | Kind::Environment | Kind::Code => {
            &["description", "tags", "properties"]
        }
        Kind::Schedule => &["displayName", "description", "tags", "properties"],
        Kind::Datastore => &["description", "tags", "properties"],
        Kind::Endpoint | Kind::Service => &["description", "tags"],
        Kind::Workspace => &["friendlyName", "description", "tags"],
        Kind::Compute | Kind::Resource => &["tags"],
        Kind::Pipeline | Kind::Metrics | Kind::Telemetry | Kind::Blob | Kind::File => &[],
    }
}

/// The member that says that a record is archived: in the document, or in its `properties` where
/// Resource Manager keeps it. None for a kind that cannot be archived.
pub fn archive_member(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Run => Some("hidden"),
        Kind::Experiment => Some("archived"),
        Kind::Model | Kind::Data | Kind::Component | Kind::Environment => Some("isArchived"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expect: &[(&str, &str)]) {
        let path = EntryPath::parse("/runs/a").unwrap();
        let bytes = document.as_bytes();
        let entry = entry(path, Kind::Run, bytes, bytes).unwrap();
        let found: Vec<_> = entry.properties.iter().collect();
        assert_eq!(found, expect, "{document}");
    }

    #[test]
    fn what_documents_say() {
        check(
            r#"{"status":"Completed","parentRunId":null,"experimentName":"e","tags":{"keep":"yes","n":1},
                "createdBy":{"userObjectId":"1","userName":"Ada Example","upn":null}}"#,
            &[
                ("experiment", "e"),
                ("owner", "Ada Example"),
                ("owner-id", "1"),
                ("owner-name", "Ada Example"),
                ("status", "Completed"),
                ("tag:keep", "yes"),
                ("tag:n", "1"),
            ],
        );
        check(
            r#"{"createdBy":{"userObjectId":"1","upn":"ada@example.com"}}"#,
            &[("owner", "ada@example.com"), ("owner-id", "1")],
        );
        check(
            r#"{"systemData":{"createdBy":"Ada Example"},"properties":{"isArchived":true,"tags":{"a":"b"}}}"#,
            &[
                ("archived", "true"),
                ("owner", "Ada Example"),
                ("owner-name", "Ada Example"),
                ("tag:a", "b"),
            ],
        );
        check(
            r#"{"archivedTime":"2025-01-01T00:00:00Z"}"#,
            &[("archived", "true")],
        );
        check("{}", &[]);
    }

    #[test]
    fn times_are_read_in_any_precision() {
        let path = EntryPath::parse("/runs/a").unwrap();
        let document = br#"{"createdTimeUtc":"2024-02-23T15:08:32.8845306+00:00","lastModifiedUtc":"2024-02-23T15:09:06Z"}"#;
        let entry = entry(path.clone(), Kind::Run, document, document).unwrap();
        assert_eq!(entry.created, Some(1_708_700_912_884));
        assert_eq!(entry.modified, Some(1_708_700_946_000));
        assert_eq!(super::entry(path, Kind::Run, b"[]", b"[]"), None);
    }
}

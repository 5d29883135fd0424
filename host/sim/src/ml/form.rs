//! Records in the form that Resource Manager shows them in.
//!
//! A local workspace writes a record flat, as a person would; Resource Manager has `id`, `name`,
//! `type`, `systemData` and `properties`. Records of the workspace's own services (runs,
//! experiments, metrics, v1 services, pipelines) stay as they are.

use serde_json::{Map, Value, json};

use crate::ml::form_kinds::{self, Kind};
use crate::ml::records;
use crate::ml::settings::AzureMlSettings;
use crate::ml::state::resource_key;

/// When things were made that do not say so.
pub(crate) const MADE: &str = "2025-01-01T00:00:00Z";

/// The key of a record by its path, or of a resource by its id.
pub(crate) fn key_of(path: &str) -> String {
    if path.to_ascii_lowercase().starts_with("/subscriptions/") {
        return resource_key(path);
    }
    key_of_record(&records::segments(path.trim_matches('/')))
}

/// The key of a record by the segments of its path.
pub(crate) fn key_of_record(path: &[String]) -> String {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        // A run's metrics lie beside the runs, not among them.
        ["runs", run, "metrics"] => records::key(["metrics", run]),
        path => records::key(path.iter().copied()),
    }
}

/// The document under a key, as Resource Manager shows it; as it is, where it shows none.
pub(crate) fn shown(settings: &AzureMlSettings, key: &str, document: Value) -> Value {
    let Some(kind) = form_kinds::of(settings, key) else {
        return document;
    };
    let Value::Object(mut flat) = document else {
        return document;
    };
    if flat.get("properties").is_some_and(Value::is_object) && flat.contains_key("id") {
        flat.insert("id".into(), json!(kind.id));
        flat.insert("name".into(), json!(kind.name));
        flat.insert("type".into(), json!(kind.resource_type));
        return Value::Object(flat);
    }
    from_flat(settings, &kind, flat)
}

fn from_flat(settings: &AzureMlSettings, kind: &Kind, mut flat: Map<String, Value>) -> Value {
    let system = system_data(&mut flat);
    for name in ["name", "id", "type", "version"] {
        flat.remove(name);
    }
    let location = flat
        .remove("location")
        .unwrap_or_else(|| json!(settings.location));
    let mut shown = json!({
        "id": kind.id,
        "name": kind.name,
        "type": kind.resource_type,
        "systemData": system,
    });
    if kind.is_tracked {
        shown["location"] = location;
        shown["tags"] = flat.remove("tags").unwrap_or_else(|| json!({}));
        for name in ["identity", "sku", "kind"] {
            if let Some(value) = flat.remove(name) {
                shown[name] = value;
            }
        }
        if kind.resource_type.ends_with("/deployments") && shown["sku"].is_null() {
            shown["sku"] = json!({"name": "Default", "capacity": 1});
        }
    }
    for (name, value) in (kind.defaults)() {
        flat.entry(name).or_insert(value);
    }
    flat.retain(|_, value| !value.is_null());
    shown["properties"] = Value::Object(flat);
    shown
}

/// `systemData` of what a flat document says about its author and times.
pub(crate) fn system_data(flat: &mut Map<String, Value>) -> Value {
    let mut system = match flat.remove("systemData") {
        Some(Value::Object(system)) => system,
        _ => Map::new(),
    };
    let mut person = |names: [&str; 1], to: &str, kind: &str| {
        for name in names {
            let shown = match flat.remove(name) {
                Some(Value::String(name)) => name,
                Some(Value::Object(user)) => ["userName", "upn", "userObjectId"]
                    .iter()
                    .find_map(|member| user.get(*member)?.as_str())
                    .unwrap_or_default()
                    .to_owned(),
                _ => continue,
            };
            system.entry(to).or_insert(json!(shown));
            system.entry(kind).or_insert(json!("User"));
        }
    };
    person(["createdBy"], "createdBy", "createdByType");
    person(["lastModifiedBy"], "lastModifiedBy", "lastModifiedByType");
    for (from, to) in [
        ("createdTime", "createdAt"),
        ("createdTimeUtc", "createdAt"),
        ("modifiedTime", "lastModifiedAt"),
        ("lastModifiedTimeUtc", "lastModifiedAt"),
        ("lastModifiedUtc", "lastModifiedAt"),
    ] {
        if let Some(time) = flat.remove(from).filter(Value::is_string) {
            system.entry(to).or_insert(time);
        }
    }
    // The second SDK takes both times for granted.
    let created = system
        .entry("createdAt")
        .or_insert_with(|| json!(MADE))
        .clone();
    system.entry("lastModifiedAt").or_insert(created);
    Value::Object(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_record_gets_the_form() {
        let settings = AzureMlSettings::default();
        let flat = json!({"name": "m", "version": "1", "modelUri": "azureml://x", "tags": {"a": "b"},
            "createdTime": "2025-01-01T00:00:00Z", "createdBy": {"userName": "Jane Example"}});
        let document = shown(&settings, "models/m/1", flat);
        assert_eq!(document["name"], "1");
        assert_eq!(document["systemData"]["createdBy"], "Jane Example");
        assert_eq!(
            document["properties"],
            json!({"flavors": {}, "modelUri": "azureml://x", "tags": {"a": "b"}})
        );
        assert!(
            document["id"]
                .as_str()
                .unwrap()
                .ends_with("/models/m/versions/1")
        );
        assert_eq!(shown(&settings, "models/m/1", document.clone()), document);
    }
}

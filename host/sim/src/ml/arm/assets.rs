//! Registered assets: models, data, components, environments and code, each a container with
//! versions. Deleting removes the record at once; bytes stay where they lie.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::ml::arm::jobs::{has_all, is_viewed};
use crate::ml::call::Call;
use crate::ml::form;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records::{key, segments};
use crate::ml::route::{Route, of_workspace, routes};
use crate::ml::state::State;
use crate::reply::Reply;

macro_rules! kind {
    ($table:ident $kind:literal $container:literal $version:literal) => {
        pub(crate) const $table: &[Route] = routes! {
            GET concat!(of_workspace!("/"), $kind)
                => concat!($container, "_List"), |call| containers(call, $kind);
            GET concat!(of_workspace!("/"), $kind, "/{name}")
                => concat!($container, "_Get"), |call| container(call, $kind);
            PUT concat!(of_workspace!("/"), $kind, "/{name}")
                => concat!($container, "_CreateOrUpdate"), |call| put(call, &[$kind, &call.name("name")]);
            DELETE concat!(of_workspace!("/"), $kind, "/{name}")
                => concat!($container, "_Delete"), |call| delete_container(call, $kind);
            GET concat!(of_workspace!("/"), $kind, "/{name}/versions")
                => concat!($version, "_List"), |call| versions(call, $kind);
            GET concat!(of_workspace!("/"), $kind, "/{name}/versions/{version}")
                => concat!($version, "_Get"), |call| version(call, $kind);
            PUT concat!(of_workspace!("/"), $kind, "/{name}/versions/{version}")
                => concat!($version, "_CreateOrUpdate"),
                |call| put(call, &[$kind, &call.name("name"), &call.name("version")]);
            DELETE concat!(of_workspace!("/"), $kind, "/{name}/versions/{version}")
                => concat!($version, "_Delete"), |call| {
                    let had = call.remove(&key([$kind, &call.name("name"), &call.name("version")]));
                    Call::deleted(had)
                };
        };
    };
}

kind!(MODELS "models" "ModelContainers" "ModelVersions");
kind!(DATA "data" "DataContainers" "DataVersions");
kind!(COMPONENTS "components" "ComponentContainers" "ComponentVersions");
kind!(ENVIRONMENTS "environments" "EnvironmentContainers" "EnvironmentVersions");
kind!(CODES "codes" "CodeContainers" "CodeVersions");

/// The numbers or names of a container's versions, the latest last.
fn known(state: &State, kind: &str, name: &str) -> Vec<String> {
    let mut versions: Vec<String> = state
        .records
        .keys(&format!("{}/", key([kind, name])))
        .iter()
        .filter_map(|key| segments(key).pop())
        .collect();
    versions.sort_by_key(|version| (version.parse::<u64>().unwrap_or(0), version.clone()));
    versions
}

/// A container: what was put, and what its versions say.
fn described(state: &State, kind: &str, name: &str) -> Option<Value> {
    let own = key([kind, name]);
    let versions = known(state, kind, name);
    let stored = state.get(&own).map(std::borrow::Cow::into_owned);
    if stored.is_none() && versions.is_empty() {
        return None;
    }
    let mut shown = stored.unwrap_or_else(|| {
        let latest = versions.last().map(|version| key([kind, name, version]));
        let latest = latest.and_then(|key| state.get(&key));
        let mut flat = json!({});
        if let Some(latest) = latest {
            flat["systemData"] = latest["systemData"].clone();
            if kind == "data" {
                flat["dataType"] = latest["properties"]["dataType"].clone();
            }
        }
        form::shown(&state.settings, &own, flat)
    });
    let properties = &mut shown["properties"];
    if properties["isArchived"].is_null() {
        properties["isArchived"] = json!(false);
    }
    if let Some(latest) = versions.last() {
        let next = latest.parse::<u64>().map_or(1, |latest| latest + 1);
        properties["latestVersion"] = json!(latest);
        properties["nextVersion"] = json!(next.to_string());
    }
    Some(shown)
}

fn containers(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let view = call.asked.parameter("listviewtype");
    listed(call, &format!("{kind}/"), |state, at, _| {
        let name = segments(at).get(1)?.clone();
        let own = key([kind, &name]);
        // A name has one row: its own, or else its first version's.
        let is_first = at == own
            || (!state.records.has(&own)
                && state
                    .records
                    .keys(&format!("{own}/"))
                    .first()
                    .map(String::as_str)
                    == Some(at));
        let shown = is_first.then(|| described(state, kind, &name))??;
        is_viewed(view, shown["properties"]["isArchived"] == true).then_some(shown)
    })
}

fn container(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let name = call.name("name");
    let shown = described(call.state, kind, &name).ok_or_else(|| Problem::not_found(&name))?;
    Call::ok(&shown)
}

fn versions(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let name = call.name("name");
    if described(call.state, kind, &name).is_none() {
        return Err(Problem::not_found(&name));
    }
    let view = call.asked.parameter("listviewtype");
    let tags = call
        .asked
        .parameter("tags")
        .or_else(|| call.asked.parameter("$tags"));
    let properties = call.asked.parameter("properties");
    let only = call.asked.parameter("version");
    listed(
        call,
        &format!("{}/", key([kind, &name])),
        |_, _, document| {
            let says = &document["properties"];
            let wanted = is_viewed(view, says["isArchived"] == true)
                && has_all(&says["tags"], tags)
                && has_all(&says["properties"], properties)
                && only.is_none_or(|only| document["name"] == only);
            wanted.then(|| document.clone())
        },
    )
}

fn version(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let key = key([kind, &call.name("name"), &call.name("version")]);
    let found = call.record(&key)?.into_owned();
    Call::ok(&found)
}

/// Puts what the body says; archiving is `properties.isArchived`.
fn put(call: &mut Call<'_>, path: &[&str]) -> Result<Reply, Problem> {
    let key = key(path.iter().copied());
    let body = call.asked.json()?;
    let Some(says) = body["properties"].as_object() else {
        return Err(Problem::user_error("The body has no 'properties'."));
    };
    let before = call.state.get(&key).map(std::borrow::Cow::into_owned);
    let known =
        before.is_some() || (path.len() == 2 && described(call.state, path[0], path[1]).is_some());
    let now = call.world.now().to_string();
    let mut flat = Value::Object(says.clone());
    flat["systemData"] = match &before {
        Some(before) => before["systemData"].clone(),
        None => json!({"createdAt": now, "createdBy": "Operator Example", "createdByType": "User"}),
    };
    flat["systemData"]["lastModifiedAt"] = json!(now);
    let mut document = form::shown(&call.state.settings, &key, flat);
    for name in ["latestVersion", "nextVersion"] {
        if let Some(properties) = document["properties"].as_object_mut() {
            properties.remove(name);
        }
    }
    call.put(&key, document.clone());
    let shown = match path {
        [kind, name] => described(call.state, kind, name).unwrap_or(document),
        _ => document,
    };
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(Reply::new(status).json(&shown))
}

fn delete_container(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    let own = key([kind, &call.name("name")]);
    let below = format!("{own}/");
    let had = call.state.records.has(&own) || !call.state.records.keys(&below).is_empty();
    let by = call.by;
    call.state.remove_below(call.world, by, &below);
    call.remove(&own);
    Call::deleted(had)
}

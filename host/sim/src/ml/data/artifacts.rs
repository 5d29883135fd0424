//! Artifacts: what runs wrote, as names with links into the storage account.
//!
//! An artifact is a blob of the artifact store: `{origin}/{container}/{path}`. Deleting its
//! metadata takes it from the listings; its bytes stay unless `hardDelete` is asked, whose effect
//! on bytes is undocumented and a setting here. Blobs that vanish by another way are not listed.
//!
//! The same operations stand below a run, and the reads in the order of words that an older client
//! asks in.

use serde_json::{Value, json};

use crate::clock::stamp;
use crate::ml::blobs;
use crate::ml::call::Call;
use crate::ml::data::runs::link;
use crate::ml::page::{self, page_from};
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_service, routes};
use crate::mutation::Effect;
use crate::operation::Operation;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}")
        => "Artifacts_ListInContainer", list;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/metadata")
        => "Artifacts_Get", get;
    DELETE of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/metadata")
        => "Artifacts_DeleteMetaData", delete_one;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/content")
        => "Artifacts_Download", download;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/contentinfo")
        => "Artifacts_GetContentInformation", content;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/contentinfo/storageuri")
        => "Artifacts_GetStorageContentInformation", storage_uri;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/write")
        => "Artifacts_GetSas", writable;
    GET of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/prefix/contentinfo")
        => "Artifacts_ListSasByPrefix", list_content;
    POST of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/batch/metadata:delete")
        => "Artifacts_DeleteBatchMetaData", delete_batch;
    DELETE of_service!("artifact/v2.0", "/artifacts/{origin}/{container}/batch")
        => "Artifacts_DeleteMetaDataInContainer", delete_all;
    GET of_service!("artifact/v2.0", "/artifacts/metadata/{origin}/{container}/{*path}")
        => "Artifacts_Get", get;
    GET of_service!("artifact/v2.0", "/artifacts/contentinfo/{origin}/{container}/{*path}")
        => "Artifacts_GetContentInformation", content;
    GET of_service!("artifact/v2.0", "/artifacts/prefix/contentinfo/{origin}/{container}/{*path}")
        => "Artifacts_ListSasByPrefix", list_content;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts")
        => "RunArtifacts_ListInContainer", list;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts/path")
        => "RunArtifacts_ListInPath", list;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts/metadata")
        => "RunArtifacts_GetById", get;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts/contentinfo")
        => "RunArtifacts_GetContentInformation", content;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts/prefix/contentinfo")
        => "RunArtifacts_ListSasByPrefix", list_content;
    GET of_service!("history/v1.0", "/experiments/{experiment}/runs/{run}/artifacts/artifacturi")
        => "RunArtifacts_GetSasUri", uri;
};

/// Which artifacts a request is about.
struct Place {
    origin: String,
    container: String,
    path: String,
}

impl Place {
    fn of(call: &Call<'_>) -> Self {
        let run = call.name("run");
        let (origin, container) = if run.is_empty() {
            (call.name("origin"), call.name("container"))
        } else {
            ("ExperimentRun".to_owned(), format!("dcid.{run}"))
        };
        let path = match call.name("path") {
            path if path.is_empty() => call.asked.parameter("path").unwrap_or_default().to_owned(),
            path => path,
        };
        Self {
            origin,
            container,
            path,
        }
    }

    /// With a path that must be there.
    fn one(call: &Call<'_>) -> Result<Self, Problem> {
        let place = Self::of(call);
        if place.path.is_empty() {
            return Err(Problem::user_error("'path' is required."));
        }
        Ok(place)
    }

    fn with(&self, path: &str) -> Self {
        Self {
            origin: self.origin.clone(),
            container: self.container.clone(),
            path: path.to_owned(),
        }
    }

    fn blob(&self) -> String {
        format!("{}/{}/{}", self.origin, self.container, self.path)
    }

    /// The key under which it is noted that its metadata was deleted.
    fn tombstone(&self) -> String {
        records::key([
            "deletedArtifacts",
            &self.origin,
            &self.container,
            &self.path,
        ])
    }

    /// The key by which the log calls it.
    fn key(&self) -> String {
        records::key(["artifacts", &self.origin, &self.container, &self.path])
    }

    fn is_listed(&self, call: &Call<'_>) -> bool {
        !call.state.records.has(&self.tombstone())
            && blobs::base(call.world, blobs::ARTIFACTS, &self.blob()).is_some()
    }

    fn shown(&self, call: &Call<'_>) -> Value {
        let mut shown = json!({
            "artifactId": self.blob(),
            "origin": self.origin,
            "container": self.container,
            "path": self.path,
            "dataPath": {
                "dataStoreName": "workspaceartifactstore",
                "relativePath": self.blob(),
            },
        });
        if let Some(base) = blobs::base(call.world, blobs::ARTIFACTS, &self.blob()) {
            shown["etag"] = json!(base.etag);
            shown["createdTime"] = json!(stamp(base.created));
        }
        shown
    }

    fn content(&self, uri: String) -> Value {
        json!({
            "contentUri": uri,
            "origin": self.origin,
            "container": self.container,
            "path": self.path,
        })
    }

    fn link(&self, call: &Call<'_>, permissions: &str) -> String {
        link(call, blobs::ARTIFACTS, &self.blob(), permissions)
    }
}

/// A page of what lies below the path.
fn listed(call: &Call<'_>, row: impl Fn(&Place) -> Value) -> Result<Reply, Problem> {
    let place = Place::of(call);
    let above = format!("{}/{}/", place.origin, place.container);
    let token = call.asked.parameter("continuationtoken");
    let found = page_from(call, token, None, |start| {
        let start = start.to_owned();
        let names = blobs::names(call.world, blobs::ARTIFACTS, &place.blob());
        names
            .into_iter()
            .filter(move |name| *name >= start)
            .map(|name| place.with(&name[above.len()..]))
            .filter(|each| each.is_listed(call))
            .map(|each| (each.blob(), row(&each)))
            .collect::<Vec<_>>()
            .into_iter()
    })?;
    let mut body = json!({"value": found.value});
    if let Some(next) = &found.next {
        body["continuationToken"] = json!(next);
        body["nextLink"] = json!(page::link(call, "continuationtoken", next));
    }
    Call::ok(&body)
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    listed(call, |each| each.shown(call))
}

fn list_content(call: &mut Call<'_>) -> Result<Reply, Problem> {
    listed(call, |each| each.content(each.link(call, "r")))
}

/// The one that the request names, if it is listed.
fn found(call: &Call<'_>) -> Result<Place, Problem> {
    let place = Place::one(call)?;
    if place.is_listed(call) {
        Ok(place)
    } else {
        Err(Problem::not_found(&place.blob()))
    }
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = found(call)?;
    Call::ok(&place.shown(call))
}

fn content(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = found(call)?;
    Call::ok(&place.content(place.link(call, "r")))
}

/// The same without a signature.
fn storage_uri(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = found(call)?;
    let uri = place.link(call, "r");
    let plain = uri.split('?').next().unwrap_or_default().to_owned();
    Call::ok(&place.content(plain))
}

fn writable(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = Place::one(call)?;
    Call::ok(&place.content(place.link(call, "rcw")))
}

/// A bare text, as the specification has it.
fn uri(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = found(call)?;
    Call::ok(&json!(place.link(call, "r")))
}

fn download(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = found(call)?;
    let base = blobs::base(call.world, blobs::ARTIFACTS, &place.blob())
        .ok_or_else(|| Problem::not_found(&place.blob()))?;
    Ok(Reply::ok()
        .header("content-type", "application/octet-stream")
        .body(base.content))
}

/// Deletes the metadata of these, and their bytes if that is asked and the setting says so.
fn delete(call: &mut Call<'_>, places: Vec<Place>) -> Result<Reply, Problem> {
    let hard = call.asked.flag("harddelete")? && call.state.settings.hard_delete_takes_blobs;
    for place in places {
        if !place.is_listed(call) {
            continue;
        }
        let by = call.by;
        let shown = place.shown(call);
        if hard {
            let remove = Operation::ByArtifactDelete;
            blobs::remove(call.world, blobs::ARTIFACTS, &place.blob(), remove)?;
        } else {
            // Not a record of the workspace: a mark, and no change of its own.
            call.state
                .records
                .set(&place.tombstone(), Some(json!(true)));
        }
        call.state
            .note(call.world, by, &place.key(), Some(&shown), Effect::Removed);
    }
    Ok(Reply::ok())
}

fn delete_one(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = Place::one(call)?;
    delete(call, vec![place])
}

fn delete_batch(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let body = call.asked.json()?;
    let Some(paths) = body["paths"].as_array() else {
        return Err(Problem::user_error("'paths' is required."));
    };
    let place = Place::of(call);
    let places = paths
        .iter()
        .filter_map(|each| each["path"].as_str())
        .map(|path| place.with(path))
        .collect();
    delete(call, places)
}

fn delete_all(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let place = Place::of(call).with("");
    let prefix = place.blob();
    let names = blobs::names(call.world, blobs::ARTIFACTS, &prefix);
    let places = names
        .iter()
        .map(|name| place.with(&name[prefix.len()..]))
        .collect();
    delete(call, places)
}

//! What a record's document refers to: URIs that somebody wrote, as patterns over the workspace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::record::{member_of, member_text, text};
use crate::{EntryPath, Gap, Pattern};

/// What a URI in a document means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A path in a datastore, whose record says where that is.
    Datastore {
        /// The datastore's name.
        name: String,
        /// Names below it.
        path: String,
    },
    /// A blob or a folder of blobs in a storage account.
    Blob {
        /// The account.
        account: String,
        /// The container, and names below it.
        path: String,
    },
    /// Another record.
    Record(EntryPath),
}

/// What is said of a place in a storage account that is not the workspace's own.
pub const ELSEWHERE: &str = "in another storage account";

/// A place or a record that a document names, and that is nowhere.
pub fn unknown(path: EntryPath) -> Gap {
    Gap {
        path,
        reason: "referred to, but not known here".to_owned(),
    }
}

/// Where bytes lie that a record's document names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// In this workspace: an entry each, or a folder of them.
    pub places: Vec<EntryPath>,
    /// Elsewhere, or nowhere that is known.
    pub gaps: Vec<Gap>,
    /// Of a run: names of all outputs that its documents name.
    pub names: BTreeSet<String>,
}

/// The address of the bytes that a model or a data asset is. Whatever else its document refers to (in a tag, in a
/// description) is not it.
pub fn own_address(document: &Value) -> Option<String> {
    ["dataUri", "modelUri"]
        .iter()
        .find_map(|member| member_text(document, member))
}

/// The outputs that a document of a run names, each with its address, where it says one: run history has
/// `assetId`, a job `uri`.
pub fn outputs(document: &Value) -> BTreeMap<String, Option<String>> {
    let outputs = member_of(document, "outputs").and_then(Value::as_object);
    let address = |output: &Value| {
        ["uri", "assetId"]
            .iter()
            .find_map(|name| text(output, name))
    };
    outputs
        .into_iter()
        .flatten()
        .map(|(name, output)| (name.clone(), address(output)))
        .collect()
}

/// Every reference in the document, each once.
pub fn references(document: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut left = vec![document];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) => {
                found.extend(parse(text).filter(|reference| !found.contains(reference)))
            }
            Value::Array(values) => left.extend(values),
            Value::Object(members) => left.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

fn parse(text: &str) -> Option<Reference> {
    if let Some(rest) = text.strip_prefix("azureml://") {
        if let Some((_, rest)) = after(rest, "datastores/") {
            // A job names its own artifacts without the word.
            let (name, path) = rest
                .split_once("/paths/")
                .or_else(|| rest.split_once('/'))?;
            return Some(Reference::Datastore {
                name: name.to_owned(),
                path: path.to_owned(),
            });
        }
        let (kind, rest) = ["data", "models"]
            .iter()
            .find_map(|kind| after(rest, &format!("{kind}/")).map(|(_, rest)| (kind, rest)))?;
        let (name, version) = rest.split_once("/versions/")?;
        return EntryPath::of_segments([kind, name, version])
            .ok()
            .map(Reference::Record);
    }
    if let Some(rest) = text.strip_prefix("azureml:") {
        // The short form of an asset's name says nothing of its kind: data is what documents write so.
        let (name, version) = rest.split_once(':')?;
        let plain = |text: &str| !text.is_empty() && !text.contains(['/', ':']);
        let record = EntryPath::of_segments(["data", name, version]).ok()?;
        return (plain(name) && plain(version)).then_some(Reference::Record(record));
    }
    for scheme in ["wasbs://", "abfss://", "wasb://", "abfs://"] {
        if let Some(rest) = text.strip_prefix(scheme) {
            let (container, rest) = rest.split_once('@')?;
            let (host, path) = rest.split_once('/')?;
            let account = host.split('.').next()?.to_owned();
            return Some(Reference::Blob {
                account,
                path: format!("{container}/{path}"),
            });
        }
    }
    let (host, path) = text.strip_prefix("https://")?.split_once('/')?;
    let (account, service) = host.split_once('.')?;
    // A signature that follows is a secret, and no part of the name.
    let path = path.split(['?', '#']).next()?;
    let is_storage = service.starts_with("blob.") || service.starts_with("dfs.");
    (is_storage && !path.is_empty()).then(|| Reference::Blob {
        account: account.to_owned(),
        path: path.to_owned(),
    })
}

/// What follows a whole segment of the text.
fn after<'a>(text: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    match text.strip_prefix(what) {
        Some(rest) => Some(("", rest)),
        None => text.split_once(&format!("/{what}")),
    }
}

/// Where a datastore keeps its bytes.
#[derive(Clone, Debug)]
pub struct Datastore {
    account: Option<String>,
    root: [String; 2],
}

impl Datastore {
    /// What a datastore's document says; none when it names neither a container nor a share.
    pub fn of(document: &Value) -> Option<Self> {
        let root = match member_text(document, "containerName") {
            Some(container) => ["blobs".to_owned(), container],
            None => ["files".to_owned(), member_text(document, "fileShareName")?],
        };
        Some(Self {
            account: member_text(document, "accountName"),
            root,
        })
    }

    /// Everything at and below a path in the datastore; the second is whether it lies in another account.
    pub fn place(&self, path: &str, own: Option<&str>) -> Option<(Pattern, bool)> {
        let [root, container] = &self.root;
        place(
            root,
            self.account.as_deref(),
            own,
            &format!("{container}/{path}"),
        )
    }
}

/// Everything at and below a container's path, given as `<container>/<names>`.
pub fn place(
    root: &str,
    account: Option<&str>,
    own: Option<&str>,
    path: &str,
) -> Option<(Pattern, bool)> {
    let elsewhere = matches!((account, own), (Some(account), Some(own)) if account != own);
    let (container, names) = path.split_once('/')?;
    let container = match account {
        Some(account) if elsewhere => format!("{container}@{account}"),
        _ => container.to_owned(),
    };
    let names = names.trim_end_matches('/');
    let segments = [root, &container]
        .into_iter()
        .chain(names.split('/').filter(|_| !names.is_empty()));
    let path = EntryPath::parse(&segments.fold(String::new(), |text, segment| {
        text + "/" + &segment.replace('?', "%3F")
    }))
    .ok()?;
    Some((Pattern::at_and_below(&path).ok()?, elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(uri: &str, expect: Option<Reference>) {
        assert_eq!(parse(uri), expect, "{uri}");
    }

    #[test]
    fn uris() {
        let datastore = |name: &str, path: &str| {
            Some(Reference::Datastore {
                name: name.into(),
                path: path.into(),
            })
        };
        let blob = |account: &str, path: &str| {
            Some(Reference::Blob {
                account: account.into(),
                path: path.into(),
            })
        };
        let record = |path: &str| Some(Reference::Record(EntryPath::parse(path).unwrap()));
        check(
            "azureml://datastores/workspaceblobstore/paths/a/b.csv",
            datastore("workspaceblobstore", "a/b.csv"),
        );
        check(
            "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.x",
            datastore("workspaceartifactstore", "ExperimentRun/dcid.x"),
        );
        check(
            "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/x/",
            datastore("d", "x/"),
        );
        check(
            "azureml://locations/l/workspaces/w/data/d/versions/1",
            record("/data/d/1"),
        );
        check("azureml:d:1", record("/data/d/1"));
        check(
            "https://acct.blob.core.windows.net/c/a/b?sig=x",
            blob("acct", "c/a/b"),
        );
        check(
            "wasbs://c@acct.blob.core.windows.net/a",
            blob("acct", "c/a"),
        );
        check("https://example.com/blob.x", None);
        check("plain text", None);
        check("azureml://nothing", None);
    }

    #[test]
    fn an_asset_is_where_its_own_address_says() {
        let document = json!({"properties": {"dataUri": "azureml://datastores/d/paths/x/", "tags": {"see": "https://acct.blob.core.windows.net/c/a"}}});
        assert_eq!(
            own_address(&document).as_deref(),
            Some("azureml://datastores/d/paths/x/")
        );
        assert_eq!(own_address(&json!({"path": "x"})), None);
    }

    #[test]
    fn documents_of_a_run_name_its_outputs() {
        let named = |document: Value| -> Vec<(String, Option<String>)> {
            outputs(&document).into_iter().collect()
        };
        let own = |name: &str, address: Option<&str>| (name.to_owned(), address.map(Into::into));
        assert_eq!(
            named(json!({"outputs": {"a": {"assetId": "x", "type": "uri_folder"}, "b": {}}})),
            [own("a", Some("x")), own("b", None)]
        );
        assert_eq!(
            named(
                json!({"properties": {"outputs": {"c": {"jobOutputType": "uri_file", "uri": "y"}}}})
            ),
            [own("c", Some("y"))]
        );
        assert_eq!(named(json!({"outputs": null})), []);
    }

    #[test]
    fn places() {
        let own = Some("acct");
        for (account, path, expect) in [
            (Some("acct"), "c/a b/", ("/blobs/c/a%20b/**", false)),
            (None, "c/a", ("/blobs/c/a/**", false)),
            (Some("other"), "c/a", ("/blobs/c@other/a/**", true)),
        ] {
            let (pattern, elsewhere) = place("blobs", account, own, path).unwrap();
            assert_eq!(
                (pattern.as_str(), elsewhere),
                (expect.0.replace('@', "%40").as_str(), expect.1)
            );
        }
    }
}

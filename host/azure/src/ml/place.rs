//! Where a record is asked for: from a path to names in an address.

use remit_workspace::{EntryPath, Kind, StoreError};

use super::telemetry::Named;

/// A record of the workspace, by the service that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the management plane: names below the workspace, kinds and things by turns.
    Managed(Vec<String>),
    Experiment(String),
    Run(String),
    Metrics(String),
    /// A web service of the first version.
    Service(String),
    /// What the workspace depends on, by kind and name.
    Resource(String, String),
    /// A table of telemetry, or rows of one.
    Telemetry(Named),
}

/// Kinds of registered assets: containers with versions.
pub(crate) const ASSETS: [&str; 5] = ["models", "data", "components", "environments", "codes"];
/// Kinds with a name and nothing below.
pub(crate) const NAMED: [&str; 3] = ["datastores", "computes", "schedules"];
/// Kinds that no specification at hand describes. They are gaps, never left out in silence.
pub(crate) const UNREAD: [&str; 1] = ["pipelines"];

/// What is said of them.
pub(crate) const NOT_READ: &str =
    "no specification says how published pipelines of the first version are read";

impl Place {
    /// Where the record at `path` is. [`StoreError::NotFound`] for a path that no record has,
    /// [`StoreError::OutOfReach`] for a kind that is not read.
    pub(crate) fn of(path: &EntryPath) -> Result<(Self, Kind), StoreError> {
        let absent = || StoreError::NotFound(path.clone());
        if UNREAD.contains(&path.root()) {
            return Err(StoreError::OutOfReach {
                path: path.clone(),
                reason: NOT_READ.to_owned(),
            });
        }
        let kind = Kind::of(path).filter(|kind| !kind.is_object());
        let kind = kind.ok_or_else(absent)?;
        if path.generation().is_some() {
            return Err(absent());
        }
        let names: Option<Vec<String>> = path
            .segments()
            .map(|name| String::from_utf8(name).ok())
            .collect();
        // Services have names in UTF-8 only.
        let names = names.ok_or_else(absent)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let managed =
            |names: &[&str]| Self::Managed(names.iter().map(|name| (*name).to_owned()).collect());
        let place = match names.as_slice() {
            ["workspace"] => managed(&[]),
            ["experiments", name] => Self::Experiment((*name).to_owned()),
            ["runs", id] => Self::Run((*id).to_owned()),
            ["runs", id, _] => Self::Metrics((*id).to_owned()),
            [root, name, version] if ASSETS.contains(root) => {
                managed(&[root, name, "versions", version])
            }
            [root, name] if NAMED.contains(root) => managed(&[root, name]),
            ["services", id] => Self::Service((*id).to_owned()),
            ["resources", kind, name] => Self::Resource((*kind).to_owned(), (*name).to_owned()),
            ["telemetry", below @ ..] => Self::Telemetry(Named::of(below).ok_or_else(absent)?),
            ["endpoints", kind, name] => managed(&[collection(kind), name]),
            ["endpoints", kind, endpoint, below, name] => {
                managed(&[collection(kind), endpoint, below, name])
            }
            _ => return Err(absent()),
        };
        Ok((place, kind))
    }
}

/// What Resource Manager calls endpoints of this kind.
pub(crate) fn collection(kind: &str) -> &'static str {
    match kind {
        "batch" => "batchEndpoints",
        _ => "onlineEndpoints",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let check = |path: &str, expect: Option<Place>| {
            let place = Place::of(&EntryPath::parse(path).unwrap());
            assert_eq!(place.ok().map(|(place, _)| place), expect, "{path}");
        };
        let managed = |names: &[&str]| {
            Some(Place::Managed(
                names.iter().map(|name| (*name).into()).collect(),
            ))
        };
        check("/workspace", managed(&[]));
        check(
            "/models/a%20b/1",
            managed(&["models", "a b", "versions", "1"]),
        );
        check("/computes/c", managed(&["computes", "c"]));
        check("/endpoints/batch/e", managed(&["batchEndpoints", "e"]));
        check(
            "/endpoints/online/e/deployments/d",
            managed(&["onlineEndpoints", "e", "deployments", "d"]),
        );
        check("/runs/a/metrics", Some(Place::Metrics("a".into())));
        check("/runs/a%FF", None);
        check("/blobs/c/x", None);
        check("/files/s/x", None);
        check("/pipelines/p", None);
        check("/telemetry/c/t/column", None);
        check("/telemetry/c/t/column/", None);
        let rows = Some(("column".to_owned(), "a b".to_owned()));
        check(
            "/telemetry/c/t/column/a%20b",
            Some(Place::Telemetry(Named {
                component: "c".into(),
                table: "t".into(),
                rows,
            })),
        );
    }
}

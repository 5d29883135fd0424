//! Where the service lays out what belongs to a record.
//!
//! Pure knowledge of names (Azure Machine Learning's storage layout); whether anything is there,
//! only a store can say.

use crate::{EntryPath, Pattern};

/// Folders of the container `azureml` that hold one folder `dcid.<run id>` for each run.
const RUN_ORIGINS: [&str; 3] = ["ExperimentRun", "ArtifactZip", "ComputeRecord"];

/// How the name of a workspace's default container begins; then comes the workspace's id.
const DEFAULT_CONTAINER: &str = "azureml-blobstore-";

/// The default container, whichever it is.
const DEFAULT_CONTAINERS: &str = "/blobs/azureml-blobstore-*/";

/// The record below a run.
const METRICS: &str = "metrics";

/// Folders of the default datastore that hold one folder for each run's outputs.
const OUTPUT_FOLDERS: [&str; 2] = ["azureml", "dataset"];

/// First folders of a run's own artifacts that people name as if they lay below the run.
const RUN_FOLDERS: [&str; 5] = [
    "outputs",
    "logs",
    "user_logs",
    "system_logs",
    "azureml-logs",
];

/// Places that belong to this record by their names alone. Empty for objects.
pub fn owned_places(record: &EntryPath) -> Vec<Pattern> {
    let segments: Vec<&str> = record.written_segments().collect();
    let ["runs", id] = segments.as_slice() else {
        return Vec::new();
    };
    let mut places = vec![format!("/runs/{id}/{METRICS}")];
    places.extend(
        RUN_ORIGINS
            .iter()
            .map(|origin| format!("/blobs/azureml/{origin}/dcid.{id}/**")),
    );
    places.extend(
        OUTPUT_FOLDERS
            .iter()
            .map(|folder| format!("{DEFAULT_CONTAINERS}{folder}/{id}/**")),
    );
    places
        .iter()
        .map(|place| Pattern::parse(place).expect("a canonical segment in a short pattern"))
        .collect()
}

/// The record that this entry belongs to, by its name alone.
pub fn owner_of(path: &EntryPath) -> Option<EntryPath> {
    let mut segments = path.written_segments();
    let id = match segments.next()? {
        "runs" => segments.next()?,
        "blobs" => match (segments.next()?, segments.next()?, segments.next()?) {
            ("azureml", origin, folder) if RUN_ORIGINS.contains(&origin) => {
                folder.strip_prefix("dcid.")?
            }
            (container, folder, id)
                if container.starts_with(DEFAULT_CONTAINER) && OUTPUT_FOLDERS.contains(&folder) =>
            {
                id
            }
            _ => return None,
        },
        _ => return None,
    };
    // Neither the record itself nor a folder of its parts.
    segments.next()?;
    EntryPath::parse(&format!("/runs/{id}")).ok()
}

/// What a person means by `/runs/<id>/outputs/…` and the like: the same below the run's artifacts. Any
/// other name below a run, such as `/runs/<id>/model_output/…`, is that of an output, which lies in one of
/// two folders of the default datastore: two patterns. The run's own `metrics` are a record, and any other
/// pattern is what it says. Never empty.
pub fn resolve(pattern: &Pattern) -> Vec<Pattern> {
    let meant = match below_run(pattern) {
        Some((id, folder, below)) if RUN_FOLDERS.contains(&folder) => {
            vec![format!("/blobs/azureml/ExperimentRun/dcid.{id}/{below}")]
        }
        Some((id, _, below)) => OUTPUT_FOLDERS
            .iter()
            .map(|folder| format!("{DEFAULT_CONTAINERS}{folder}/{id}/{below}"))
            .collect(),
        None => Vec::new(),
    };
    let meant: Result<Vec<Pattern>, _> = meant.iter().map(|text| Pattern::parse(text)).collect();
    match meant {
        Ok(meant) if !meant.is_empty() => meant,
        // As it was, where nothing else is meant or the longer text is too long.
        _ => vec![pattern.clone()],
    }
}

/// The run and the name in a pattern that means outputs of one run by their name:
/// `/runs/<id>/<name>` and what is below. None for any other.
pub fn named_output(pattern: &Pattern) -> Option<(EntryPath, &str)> {
    let (id, name, _) = below_run(pattern)?;
    if id.contains('*') || RUN_FOLDERS.contains(&name) {
        return None;
    }
    Some((EntryPath::parse(&format!("/runs/{id}")).ok()?, name))
}

/// The name of the output that this entry belongs to, as it is written; none where it belongs to none.
pub fn output_of(path: &EntryPath) -> Option<&str> {
    let mut segments = path.written_segments();
    let is_in_default = segments.next() == Some("blobs")
        && segments.next()?.starts_with(DEFAULT_CONTAINER)
        && OUTPUT_FOLDERS.contains(&segments.next()?);
    is_in_default.then(|| segments.nth(1)).flatten()
}

/// The pattern in this default container instead of in any.
pub fn in_default_container(pattern: &Pattern, id: &str) -> Pattern {
    let Some(below) = pattern.as_str().strip_prefix(DEFAULT_CONTAINERS) else {
        return pattern.clone();
    };
    Pattern::parse(&format!("/blobs/{DEFAULT_CONTAINER}{id}/{below}"))
        .unwrap_or_else(|_| pattern.clone())
}

/// Whether this is a storage account that a workspace stands on: its policy may lie in it, and goes with it. Names of
/// resources have no case.
pub fn is_account(path: &EntryPath) -> bool {
    let segments: Vec<&str> = path.written_segments().collect();
    matches!(segments.as_slice(), [root, kind, _]
        if root.eq_ignore_ascii_case("resources") && kind.eq_ignore_ascii_case("storage"))
}

/// Component, table, column and value of a path that names rows of telemetry:
/// `/telemetry/<component>/<table>/<column>/<value>`, all rows whose column has that value. As written.
pub fn rows_of(path: &EntryPath) -> Option<[&str; 4]> {
    let segments: Vec<&str> = path.written_segments().collect();
    match segments.as_slice() {
        ["telemetry", component, table, column, value] => Some([component, table, column, value]),
        _ => None,
    }
}

/// Id, first name below, and all that is below, of a pattern that names something of a run.
fn below_run(pattern: &Pattern) -> Option<(&str, &str, &str)> {
    let (id, below) = pattern.as_str().strip_prefix("/runs/")?.split_once('/')?;
    let name = below.split('/').next()?;
    let names_one = id != "**" && !name.is_empty() && !name.contains('*');
    (names_one && name != METRICS).then_some((id, name, below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_owners_agree() {
        let run = EntryPath::parse("/runs/a%20b").unwrap();
        for part in [
            "/runs/a%20b/metrics",
            "/blobs/azureml/ExperimentRun/dcid.a%20b/logs/x",
            "/blobs/azureml/ArtifactZip/dcid.a%20b/x.zip",
            "/blobs/azureml/ComputeRecord/dcid.a%20b/r.json",
            "/blobs/azureml-blobstore-1/azureml/a%20b/out/model.bin",
            "/blobs/azureml-blobstore-1/dataset/a%20b/out/part-0",
        ] {
            let part = EntryPath::parse(part).unwrap();
            assert!(
                owned_places(&run).iter().any(|place| place.matches(&part)),
                "{part}"
            );
            assert_eq!(owner_of(&part), Some(run.clone()), "{part}");
        }
        for other in [
            "/runs/a%20b",
            "/blobs/azureml/ExperimentRun/dcid.c/x",
            "/blobs/azureml-blobstore-1/UI/a%20b/x",
        ] {
            let other = EntryPath::parse(other).unwrap();
            assert!(
                !owned_places(&run).iter().any(|place| place.matches(&other)),
                "{other}"
            );
            assert_ne!(owner_of(&other), Some(run.clone()), "{other}");
        }
    }

    #[test]
    fn an_account_is_a_resource_of_that_kind() {
        for (path, expect) in [
            ("/resources/storage/a", true),
            ("/resources/Storage/a", true),
            ("/resources/vault/a", false),
            ("/resources/storage", false),
            ("/resources/storage/a/b", false),
            ("/blobs/storage/a", false),
        ] {
            let path = EntryPath::parse(path).unwrap();
            assert_eq!(is_account(&path), expect, "{path}");
        }
    }

    #[test]
    fn people_need_not_know_the_layout() {
        for (given, expect) in [
            (
                "/runs/x/outputs/**",
                &["/blobs/azureml/ExperimentRun/dcid.x/outputs/**"][..],
            ),
            (
                "/runs/*/logs/*.txt",
                &["/blobs/azureml/ExperimentRun/dcid.*/logs/*.txt"],
            ),
            (
                "/runs/a%20b/model_output/**",
                &[
                    "/blobs/azureml-blobstore-*/azureml/a%20b/model_output/**",
                    "/blobs/azureml-blobstore-*/dataset/a%20b/model_output/**",
                ],
            ),
            (
                "/runs/x/model_output",
                &[
                    "/blobs/azureml-blobstore-*/azureml/x/model_output",
                    "/blobs/azureml-blobstore-*/dataset/x/model_output",
                ],
            ),
            ("/runs/x/metrics", &["/runs/x/metrics"]),
            ("/runs/x/metrics/**", &["/runs/x/metrics/**"]),
            ("/runs/x/*", &["/runs/x/*"]),
            ("/runs/x/**", &["/runs/x/**"]),
            ("/runs/x", &["/runs/x"]),
            ("/runs/**/outputs/a", &["/runs/**/outputs/a"]),
            ("/files/outputs/a", &["/files/outputs/a"]),
        ] {
            let resolved = resolve(&Pattern::parse(given).unwrap());
            let texts: Vec<&str> = resolved.iter().map(Pattern::as_str).collect();
            assert_eq!(texts, expect);
            // What is resolved already stays.
            for one in &resolved {
                assert_eq!(resolve(one), std::slice::from_ref(one));
            }
        }
    }

    #[test]
    fn outputs_have_names() {
        let pattern = |text| Pattern::parse(text).unwrap();
        let of = |text| {
            let pattern = pattern(text);
            named_output(&pattern).map(|(run, name)| format!("{run} {name}"))
        };
        assert_eq!(of("/runs/x/scores/**"), Some("/runs/x scores".to_owned()));
        for other in [
            "/runs/x/outputs/**",
            "/runs/*/scores/**",
            "/runs/x",
            "/runs/x/metrics",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        for (path, expect) in [
            (
                "/blobs/azureml-blobstore-1/dataset/x/scores/a",
                Some("scores"),
            ),
            ("/blobs/azureml-blobstore-1/UI/x/scores/a", None),
            ("/blobs/azureml-blobstore-1/azureml/x", None),
            ("/blobs/azureml/ExperimentRun/dcid.x/outputs/a", None),
        ] {
            assert_eq!(output_of(&EntryPath::parse(path).unwrap()), expect);
        }
        let scores = pattern("/blobs/azureml-blobstore-*/azureml/x/scores/**");
        assert_eq!(
            in_default_container(&scores, "1").as_str(),
            "/blobs/azureml-blobstore-1/azureml/x/scores/**"
        );
        let other = pattern("/blobs/azureml-*/x");
        assert_eq!(in_default_container(&other, "1"), other);
    }
}

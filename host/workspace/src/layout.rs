//! Where the service lays out what belongs to a record.
//!
//! Pure knowledge of names (Azure Machine Learning's storage layout); whether anything is there,
//! only a store can say.

use crate::{EntryPath, Pattern};

/// Folders of the container `azureml` that hold one folder `dcid.<run id>` for each run.
const RUN_ORIGINS: [&str; 3] = ["ExperimentRun", "ArtifactZip", "ComputeRecord"];

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
    let mut places = vec![format!("/runs/{id}/metrics")];
    places.extend(
        RUN_ORIGINS
            .iter()
            .map(|origin| format!("/blobs/azureml/{origin}/dcid.{id}/**")),
    );
    places.extend(
        OUTPUT_FOLDERS
            .iter()
            .map(|folder| format!("/blobs/azureml-blobstore-*/{folder}/{id}/**")),
    );
    places
        .iter()
        .map(|place| Pattern::parse(place).expect("a canonical segment in a short pattern"))
        .collect()
}

/// The record that this entry belongs to, by its name alone.
pub fn owner_of(path: &EntryPath) -> Option<EntryPath> {
    let segments: Vec<&str> = path.written_segments().collect();
    let id = match segments.as_slice() {
        ["runs", id, _, ..] => id,
        ["blobs", "azureml", origin, folder, _, ..] if RUN_ORIGINS.contains(origin) => {
            folder.strip_prefix("dcid.")?
        }
        ["blobs", container, folder, id, _, ..]
            if container.starts_with("azureml-blobstore-") && OUTPUT_FOLDERS.contains(folder) =>
        {
            id
        }
        _ => return None,
    };
    EntryPath::parse(&format!("/runs/{id}")).ok()
}

/// What a person means by `/runs/<id>/outputs/…`: the same below the run's artifacts.
/// Any other pattern is what it says.
pub fn resolve(pattern: &Pattern) -> Pattern {
    let Some(rest) = pattern.as_str().strip_prefix("/runs/") else {
        return pattern.clone();
    };
    let Some((id, below)) = rest.split_once('/') else {
        return pattern.clone();
    };
    let folder = below.split('/').next().unwrap_or_default();
    if id == "**" || !RUN_FOLDERS.contains(&folder) {
        return pattern.clone();
    }
    Pattern::parse(&format!("/blobs/azureml/ExperimentRun/dcid.{id}/{below}"))
        .unwrap_or_else(|_| pattern.clone())
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
    fn people_need_not_know_the_layout() {
        for (given, expect) in [
            (
                "/runs/x/outputs/**",
                "/blobs/azureml/ExperimentRun/dcid.x/outputs/**",
            ),
            (
                "/runs/*/logs/*.txt",
                "/blobs/azureml/ExperimentRun/dcid.*/logs/*.txt",
            ),
            ("/runs/x/metrics", "/runs/x/metrics"),
            ("/runs/**/outputs/a", "/runs/**/outputs/a"),
            ("/files/outputs/a", "/files/outputs/a"),
        ] {
            assert_eq!(resolve(&Pattern::parse(given).unwrap()).as_str(), expect);
        }
    }
}

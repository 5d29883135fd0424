//! What belongs to a run, what records refer to, and the workspace's own account.

use futures::TryStreamExt as _;
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Referring, Relation, Store as _, StoreError};
use serde_json::json;

use crate::bed::{Bed, document, path};

const DEFAULT: &str = "azureml-blobstore-7b6d0000-42b6-4a27-9d11-000000000001";

async fn bed() -> Bed {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let storage = bed.sim.storage();
    let account = storage.account();
    for (container, name) in [
        ("azureml", "ExperimentRun/dcid.first/logs/a.txt"),
        ("azureml", "ExperimentRun/dcid.first2/logs/a.txt"),
        ("azureml", "ArtifactZip/dcid.first/a.zip"),
        (DEFAULT, "azureml/first/out/part-0"),
        (DEFAULT, "people/a.csv"),
        // Another workspace's, in the same account.
        ("azureml-blobstore-other", "azureml/first/out/part-0"),
    ] {
        storage.seed_container(container);
        storage.seed_blob(container, name, "x");
    }
    let mut datastore = document("/datastores/workspaceblobstore");
    datastore["accountName"] = json!(account);
    bed.sim
        .seed_record("/datastores/workspaceblobstore", datastore);
    for (name, parent) in [("child", "first"), ("grandchild", "child")] {
        let mut run = document(&format!("/runs/{name}"));
        run["parentRunId"] = json!(parent);
        bed.sim.seed_record(&format!("/runs/{name}"), run);
    }
    bed
}

async fn parts(bed: &Bed, of: &str, relation: Relation) -> (Vec<String>, Vec<String>) {
    let (entries, gaps) = listed(bed.store.parts(&path(of), relation)).await.unwrap();
    (
        entries.iter().map(|entry| entry.path.to_string()).collect(),
        gaps.iter()
            .map(|gap| format!("{}: {}", gap.path, gap.reason))
            .collect(),
    )
}

#[tokio::test]
async fn a_run_owns_what_lies_under_its_id() {
    let bed = bed().await;
    let (owned, gaps) = parts(&bed, "/runs/first", Relation::Owned).await;
    assert_eq!(gaps, [""; 0]);
    assert_eq!(
        owned,
        [
            &format!("/blobs/{DEFAULT}/azureml/first/out/part-0"),
            "/blobs/azureml/ArtifactZip/dcid.first/a.zip",
            "/blobs/azureml/ExperimentRun/dcid.first/logs/a.txt",
            "/runs/child",
            "/runs/first/metrics",
        ]
    );
    assert_eq!(
        parts(&bed, "/models/mail/1", Relation::Owned).await.0,
        [""; 0]
    );
    // Children that cannot be listed are not none.
    bed.goes_wrong("Runs_GetChild", FaultKind::Status(500, None));
    let unknown = listed(bed.store.parts(&path("/runs/first"), Relation::Owned)).await;
    assert!(
        matches!(unknown, Err(StoreError::Failed { .. })),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn what_a_record_refers_to_is_found_and_elsewhere_is_a_gap() {
    let bed = bed().await;
    let (referenced, gaps) = parts(&bed, "/data/people/1", Relation::Referenced).await;
    assert_eq!(referenced, [format!("/blobs/{DEFAULT}/people/a.csv")]);
    assert_eq!(gaps, [""; 0]);
    let mut elsewhere = document("/data/people/1");
    elsewhere["dataUri"] = json!("https://others.blob.core.windows.net/their-data/people/");
    bed.sim.seed_record("/data/theirs/1", elsewhere);
    let (referenced, gaps) = parts(&bed, "/data/theirs/1", Relation::Referenced).await;
    assert_eq!(referenced, [""; 0]);
    assert_eq!(
        gaps,
        ["/blobs/their-data%40others/people: in another storage account"]
    );
    let there = bed
        .store
        .stat(&path("/blobs/their-data%40others/people/a"))
        .await;
    assert!(
        matches!(there, Err(StoreError::OutOfReach { .. })),
        "{there:?}"
    );
    let all: Vec<Referring> = bed.store.references().try_collect().await.unwrap();
    let to = format!("/blobs/{DEFAULT}/people");
    assert!(
        all.contains(&Referring::To {
            by: path("/data/people/1"),
            to: path(&to),
        }),
        "{all:?}"
    );
    bed.goes_wrong("DataVersions_List", FaultKind::Status(500, None));
    let unknown: Result<Vec<Referring>, _> = bed.store.references().try_collect().await;
    assert!(unknown.is_err(), "{unknown:?}");
}

/// What else a document refers to is not the asset's bytes: whoever may write a tag must not choose what is deleted.
#[tokio::test]
async fn the_bytes_of_an_asset_are_where_its_own_address_says() {
    let bed = bed().await;
    let mut data = document("/data/people/1");
    data["tags"] = json!({"see": "azureml://datastores/workspaceblobstore/paths/azureml/first/"});
    bed.sim.seed_record("/data/people/1", data);
    let files = bed.store.files(&path("/data/people/1")).await.unwrap();
    let own = path(&format!("/blobs/{DEFAULT}/people"));
    assert_eq!((files.places, files.gaps), (vec![own], vec![]));
    let files = bed.store.files(&path("/models/mail/1")).await.unwrap();
    assert_eq!(
        files.places,
        [path(&format!("/blobs/{DEFAULT}/models/mail"))]
    );
    let absent = bed.store.files(&path("/data/people/7")).await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
}

#[tokio::test]
async fn an_output_lies_where_the_run_or_else_its_job_says() {
    let bed = bed().await;
    let mut run = document("/runs/first");
    run["outputs"] = json!({
        "asset": {"assetId": "azureml://locations/l/workspaces/w/data/people/versions/1"},
        "gone": {"assetId": "azureml://locations/l/workspaces/w/data/people/versions/7"},
        "folder": {"uri": "azureml://datastores/workspaceblobstore/paths/people/"},
        "theirs": {"uri": "https://others.blob.core.windows.net/their-data/people/"},
        "unsaid": {},
    });
    bed.sim.seed_record("/runs/first", run);
    let output = async |name: &str| bed.store.output(&path("/runs/first"), name).await;
    let own = path(&format!("/blobs/{DEFAULT}/people"));
    let folder = output("folder").await.unwrap();
    assert_eq!(folder.places, std::slice::from_ref(&own));
    let theirs = output("theirs").await.unwrap();
    assert_eq!(theirs.places, []);
    assert_eq!(theirs.gaps[0].reason, "in another storage account");
    for name in ["unsaid", "absent"] {
        let nowhere = output(name).await.unwrap();
        assert_eq!((nowhere.places, nowhere.gaps), (vec![], vec![]), "{name}");
    }
    let names = output("absent").await.unwrap().names;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let expect = ["asset", "default", "folder", "gone", "theirs", "unsaid"];
    assert_eq!(names, expect);
    let absent = bed.store.output(&path("/runs/absent"), "folder").await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
    // The job is asked only for what the run does not say.
    bed.goes_wrong("Jobs_Get", FaultKind::Status(500, None));
    let asset = output("asset").await.unwrap();
    assert_eq!((asset.places, asset.gaps), (vec![own], vec![]));
    let gone = output("gone").await.unwrap();
    assert_eq!(gone.gaps[0].path, path("/data/people/7"));
    let unknown = output("folder").await;
    assert!(
        matches!(unknown, Err(StoreError::Failed { .. })),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn the_blobs_of_the_workspace_are_its_accounts() {
    let bed = bed().await;
    assert_eq!(
        bed.paths("/blobs/azureml/ExperimentRun/dcid.first/**")
            .await
            .len(),
        1
    );
    assert_eq!(
        bed.text(&format!("/blobs/{DEFAULT}/people/a.csv")).await,
        "x"
    );
    let policy = bed.store.policy_file("policy.toml").await;
    assert_eq!(policy.unwrap(), None);
    // A policy that cannot be looked for is not absent.
    let again = bed.again();
    bed.goes_wrong("Workspaces_Get", FaultKind::Status(403, None));
    let unknown = again.policy_file("policy.toml").await;
    assert!(unknown.is_err(), "{unknown:?}");
    let (blobs, gaps) = listed(again.list(&remit_workspace::Pattern::parse("/blobs/**").unwrap()))
        .await
        .unwrap();
    assert_eq!(blobs, []);
    assert_eq!(gaps[0].path, path("/blobs"));
}

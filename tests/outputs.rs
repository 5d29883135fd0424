//! A run's outputs by their names, in a directory and in the service.

use remit_sim::{AzureMl, AzureMlSettings};
use serde_json::json;

use crate::bed::{Bed, Ran};
use crate::service::{Served, serve};

/// A pipeline whose outputs are its own and those of a run below it; another workspace of the account has
/// a run of the same id.
struct Service {
    bed: Bed,
    sim: Served<AzureMl>,
}

impl Service {
    fn new() -> Self {
        let settings = AzureMlSettings::default();
        let own = format!("azureml-blobstore-{}", settings.workspace_id);
        let sim = serve(AzureMl::start(settings));
        sim.seed_record("/experiments/e", json!({"experimentId": "1", "name": "e"}));
        let run = |id: &str, parent: Option<&str>| {
            let document = json!({"runId": id, "experimentName": "e", "status": "Completed", "parentRunId": parent});
            sim.seed_record(&format!("/runs/{id}"), document);
        };
        run("nightly", None);
        run("nightly-step", Some("nightly"));
        // What a job calls its outputs, wherever they lie: an asset, a folder of a datastore, somebody else's account.
        let outputs = json!({
            "people": {"assetId": "azureml://locations/l/workspaces/w/data/people/versions/1"},
            "report": {"uri": "azureml://datastores/d/paths/reports/2025/"},
            "shared": {"uri": "https://others.blob.core.windows.net/their-data/people/"},
        });
        let document = json!({"runId": "weekly", "experimentName": "e", "status": "Completed", "outputs": outputs});
        sim.seed_record("/runs/weekly", document);
        let account = sim.storage().account();
        let datastore = json!({"accountName": account, "containerName": own});
        sim.seed_record("/datastores/d", datastore);
        let data = json!({"dataUri": "azureml://datastores/d/paths/people/"});
        sim.seed_record("/data/people/1", data);
        let other = "azureml-blobstore-another";
        for container in [&own, other] {
            sim.storage().seed_container(container);
        }
        for (container, name) in [
            (own.as_str(), "azureml/nightly/scores/part-0"),
            (&own, "dataset/nightly/scores/more/part-1"),
            (&own, "azureml/nightly-step/model_output/model.pkl"),
            (&own, "azureml/nightly-step/metrics_output"),
            (&own, "people/a.csv"),
            (&own, "reports/2025/part-0"),
            (&own, "reports/2025/a/part-1"),
            (other, "azureml/nightly/scores/part-0"),
            (other, "azureml/nightly/theirs/part-0"),
        ] {
            sim.storage()
                .seed_blob(container, name, format!("{container} {name}"));
        }
        Self {
            bed: Bed::new(),
            sim,
        }
    }

    fn remit(&self, arguments: &[&str]) -> Ran {
        self.sim.remit(&self.bed, arguments)
    }
}

/// Names below a folder, sorted.
fn names(bed: &Bed, folder: &str) -> Vec<String> {
    let files = bed.tree(folder).into_keys();
    files.map(|name| String::from_utf8(name).unwrap()).collect()
}

#[test]
fn outputs_of_a_directory_are_reached_by_name() {
    let bed = Bed::with_sample();
    let download =
        |pattern: &str, into: &str| bed.remit(&["download", pattern, into, "-w", "sample"]);
    download("/runs/churn-000000/scores/**", "scores")
        .exits(0)
        .says("Downloaded 1 entry");
    assert_eq!(names(&bed, "scores"), ["part-00000.csv"]);
    download("/runs/churn-000000/scores/part-00000.csv", "one").exits(0);
    assert_eq!(names(&bed, "one"), ["part-00000.csv"]);
    download("/runs/churn-000000/scroes/**", "none")
        .exits(1)
        .says("outputs there are: /runs/churn-000000 has scores");
    download("/runs/absent/scores/**", "none")
        .exits(1)
        .says("/runs/absent");
    let file = "sample/records/runs/churn-000000.json";
    let document = std::fs::read_to_string(bed.path(file)).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&document).unwrap();
    document["outputs"] = json!({"trained": {"assetId": "azureml://locations/l/workspaces/w/models/churn-model/versions/1"}});
    bed.write(file, &document.to_string());
    download("/runs/churn-000000/trained/**", "trained").exits(0);
    assert_eq!(names(&bed, "trained"), ["model.bin"]);
    let listed = bed.remit(&["list", "/runs/churn-000000/scores/**", "-w", "sample"]);
    assert_eq!(listed.exits(0).stdout.lines().count(), 1);
}

#[test]
fn outputs_of_a_pipeline_are_its_own_and_those_of_the_runs_below() {
    let service = Service::new();
    let download = |pattern: &str, into: &str| service.remit(&["download", pattern, into]);
    // Both folders of this workspace's own container, and nothing of the other's.
    download("/runs/nightly/scores/**", "scores")
        .exits(0)
        .says("2 entries");
    let got = service.bed.tree("scores");
    assert_eq!(got.len(), 2);
    for content in got.values() {
        assert!(!String::from_utf8_lossy(content).contains("another"));
    }
    download("/runs/nightly/model_output/**", "model").exits(0);
    assert_eq!(names(&service.bed, "model"), ["model.pkl"]);
    // An output may be one file.
    download("/runs/nightly/metrics_output/**", "metrics").exits(0);
    assert_eq!(names(&service.bed, "metrics"), ["metrics_output"]);
    download("/runs/nightly-step/model_output/**", "step").exits(0);
    assert_eq!(names(&service.bed, "step"), ["model.pkl"]);
    let said = download("/runs/nightly/theirs/**", "none").exits(1);
    let said = said
        .says("/runs/nightly has default, scores")
        .says("/runs/nightly-step has metrics_output, model_output");
    assert!(!said.stderr.contains("has theirs"), "{}", said.stderr);
}

/// An output that does not lie under the run's id is where the run's documents say: the run's own, or its job's.
#[test]
fn outputs_that_only_a_job_names_are_found_where_they_lie() {
    let service = Service::new();
    let download = |pattern: &str, into: &str| service.remit(&["download", pattern, into]);
    download("/runs/weekly/report/**", "report").exits(0);
    assert_eq!(names(&service.bed, "report"), ["a/part-1", "part-0"]);
    download("/runs/weekly/report/a/*", "some").exits(0);
    assert_eq!(names(&service.bed, "some"), ["part-1"]);
    download("/runs/weekly/people/**", "people").exits(0);
    assert_eq!(names(&service.bed, "people"), ["a.csv"]);
    download("/runs/weekly/shared/**", "none")
        .exits(3)
        .says("lies in the storage account `others`")
        .says("'/blobs/their-data/people/**' with -w https://others.blob.core.windows.net");
    download("/runs/weekly/reports/**", "none")
        .exits(1)
        .says("/runs/weekly has default, people, report, shared");
    assert!(!service.bed.path("none").exists());
}

/// What is typed, held and deleted is one and the same.
#[test]
fn an_output_is_held_and_deleted_by_its_name() {
    let service = Service::new();
    let blobs = || {
        service
            .sim
            .storage()
            .holdings("azureml-blobstore-another")
            .len()
    };
    let before = blobs();
    let hold = [
        "hold",
        "add",
        "CASE-7",
        "/runs/nightly/scores/more/**",
        "--reason",
        "asked",
    ];
    service.remit(&hold).exits(0);
    let delete = [
        "delete",
        "/runs/nightly/scores/**",
        "--yes",
        "--case",
        "d.case",
    ];
    service.remit(&delete).says("CASE-7").says("1 gone");
    assert_eq!(blobs(), before, "another workspace has a run of that id");
    let listed = service.remit(&["list", "/runs/nightly/scores/**"]).exits(0);
    assert_eq!(listed.stdout.lines().count(), 1, "{}", listed.stdout);
    service
        .remit(&["delete", "/runs/nightly", "--plan", "--case", "r.case"])
        .says("CASE-7");
}

/// Files of a model and of a data asset lie where their documents say.
#[test]
fn files_of_an_asset_are_downloaded_from_where_they_lie() {
    let bed = Bed::with_sample();
    let get = |pattern: &str, into: &str| bed.remit(&["download", pattern, into, "-w", "sample"]);
    get("/models/churn-model/1/**", "model").exits(0);
    assert_eq!(
        bed.tree("model").into_keys().collect::<Vec<_>>(),
        [b"model.bin"]
    );
    get("/data/churn-training/1/**", "data").exits(0);
    assert!(!bed.tree("data").is_empty());
    // Its own document is another thing.
    get("/models/churn-model/1", "document").exits(0);
    assert_eq!(
        bed.tree("document").into_keys().collect::<Vec<_>>(),
        [b"1.json"]
    );
    get("/models/churn-model/7/**", "none").exits(1);
    let file = "sample/records/models/churn-model/1.json";
    let document = std::fs::read_to_string(bed.path(file)).unwrap();
    bed.write(
        file,
        &document.replace("models/churn-model/1/", "models/nowhere/"),
    );
    get("/models/churn-model/1/**", "none")
        .exits(1)
        .says("no file of /models/churn-model/1 was found")
        .says("remit show /models/churn-model/1");
    assert!(!bed.path("none").exists());
}

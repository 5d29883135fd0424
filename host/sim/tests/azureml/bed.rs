//! A workspace that is seeded from a directory, and a client that checks every answer's schema.

use std::path::Path;

use bytes::Bytes;
use remit_sim::{AzureMl, AzureMlSettings, Mutation};
use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::schema::check;

pub(crate) const VERSION: &str = "api-version=2024-04-01";

/// A simulator, and who asks it.
pub(crate) struct Bed {
    pub(crate) sim: AzureMl,
    _folder: tempfile::TempDir,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The names of a list's entries.
    pub(crate) fn names(&self) -> Vec<String> {
        self.members("name")
    }

    /// One member of each of a list's entries.
    pub(crate) fn members(&self, member: &str) -> Vec<String> {
        let body = self.json();
        let list = body["value"].as_array().unwrap();
        list.iter()
            .map(|each| each[member].as_str().unwrap().to_owned())
            .collect()
    }

    /// The status and the code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let code = self.json()["error"]["code"].as_str().unwrap().to_owned();
        (self.status, code)
    }
}

impl Bed {
    pub(crate) async fn new() -> Self {
        Self::with(AzureMlSettings::default()).await
    }

    pub(crate) async fn with(settings: AzureMlSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        workspace(folder.path());
        let sim = AzureMl::from_directory(settings, folder.path())
            .await
            .unwrap();
        Self {
            sim,
            _folder: folder,
        }
    }

    /// Asks for a path, or a whole URL; the specification must know it.
    pub(crate) async fn ask(&self, method: &str, target: &str, body: Option<Value>) -> Answer {
        let (path, answer) = self.send(method, target, body).await.unwrap();
        assert!(
            check(method, &path, &answer),
            "{method} {path} is in no specification"
        );
        answer
    }

    /// Asks for what only the collected facts know.
    pub(crate) async fn ask_unspecified(
        &self,
        method: &str,
        target: &str,
        body: Option<Value>,
    ) -> Answer {
        let (path, answer) = self.send(method, target, body).await.unwrap();
        assert!(
            !check(method, &path, &answer),
            "{method} {path} is in a specification"
        );
        answer
    }

    /// Sends, and says how it went wrong.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        body: Option<Value>,
    ) -> Result<(String, Answer), String> {
        let mut url = match target.starts_with("http") {
            true => target.to_owned(),
            false => format!("{}{target}", self.sim.url()),
        };
        let path = url[self.sim.url().len()..]
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        if path.starts_with("/subscriptions/") && !url.contains("api-version=") {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(VERSION);
        }
        let token = format!("Bearer {}", self.sim.token());
        let headers = [("authorization", token.as_str())];
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let answer = send(method, &url, &headers, body).await?;
        Ok((path, answer))
    }

    /// A path of the management plane below the workspace.
    pub(crate) fn at(&self, rest: &str) -> String {
        format!("{}{rest}", self.sim.arm_id())
    }

    /// A path of one of the workspace's own services.
    pub(crate) fn of(&self, service: &str, rest: &str) -> String {
        format!("/{service}{}{rest}", self.sim.arm_id())
    }

    /// A path below the resource group.
    pub(crate) fn in_group(&self, rest: &str) -> String {
        let id = self.sim.arm_id();
        let group = id.split("/providers/").next().unwrap();
        format!("{group}{rest}")
    }

    pub(crate) async fn get(&self, rest: &str) -> Answer {
        self.ask("GET", &self.at(rest), None).await
    }

    pub(crate) async fn delete(&self, rest: &str) -> Answer {
        self.ask("DELETE", &self.at(rest), None).await
    }

    /// All pages, each as its names.
    pub(crate) async fn pages(&self, rest: &str) -> (Vec<Vec<String>>, Option<Answer>) {
        let mut pages = Vec::new();
        let mut next = self.at(rest);
        loop {
            let page = self.ask("GET", &next, None).await;
            if page.status != 200 {
                return (pages, Some(page));
            }
            pages.push(page.names());
            match page.json()["nextLink"].as_str() {
                Some(link) => link.clone_into(&mut next),
                None => return (pages, None),
            }
        }
    }

    /// Follows `Location` to the end.
    pub(crate) async fn awaited(&self, started: Answer) -> Answer {
        assert_eq!(started.status, 202, "{started:?}");
        let place = started.header("location").to_owned();
        loop {
            let answer = self.ask("GET", &place, None).await;
            if answer.status != 202 {
                return answer;
            }
        }
    }

    /// What changed, as `verb effect kind/name`, without blobs and files.
    pub(crate) fn changes(&self) -> Vec<String> {
        let shown = |change: &Mutation| {
            format!(
                "{} {:?} {}/{}",
                change.verb, change.effect, change.container, change.blob
            )
        };
        let records = |change: &&Mutation| {
            !matches!(
                change.service,
                remit_sim::Service::Blob | remit_sim::Service::File
            )
        };
        self.sim
            .mutations()
            .iter()
            .filter(records)
            .map(shown)
            .collect()
    }

    /// The names of blobs below a prefix of the artifact store, hidden ones too.
    pub(crate) fn blobs(&self, prefix: &str) -> Vec<String> {
        let holdings = self.sim.storage().holdings("azureml");
        let names = holdings.into_iter().map(|holding| holding.blob);
        names.filter(|name| name.starts_with(prefix)).collect()
    }
}

/// Writes a workspace as `remit init --sample` lays it out, and adds what that has none of.
fn workspace(root: &Path) {
    let put = |path: &str, content: &[u8]| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let record = |path: &str, document: Value| {
        put(
            &format!("records/{path}.json"),
            document.to_string().as_bytes(),
        );
    };
    let jane = json!({"userObjectId": "1f0c7e4a-5b7d-4c1e-9a43-6d2b8e90aa01", "userName": "Jane Example", "upn": "jane.example@example.com"});
    record(
        "workspace",
        json!({
            "name": "sample", "workspaceId": "0c000000-42b6-4a27-9d11-000000000001", "location": "eastus2", "tags": {"team": "a"},
            "storageAccount": "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/samplestorage",
        }),
    );
    for (name, id) in [("churn", 0), ("empty", 1)] {
        record(
            &format!("experiments/{name}"),
            json!({
                "experimentId": format!("5a020000-b431-4fa1-af57-{id:012}"), "name": name,
                "createdTimeUtc": "2025-01-01T00:00:00Z", "createdBy": jane, "tags": {},
            }),
        );
    }
    for at in 0..5 {
        let id = format!("churn-{at:06}");
        let outputs = json!({
            "scores": {"assetId": "azureml://locations/eastus2/workspaces/w/data/churn-training/versions/1", "type": "uri_folder"},
            "best": {"assetId": "azureml://locations/eastus2/workspaces/w/models/churn-model/versions/1", "type": "CustomModel"},
        });
        record(
            &format!("runs/{id}"),
            json!({
                "runId": id, "experimentId": "5a020000-b431-4fa1-af57-000000000000", "experimentName": "churn",
                "parentRunId": (at == 1).then_some("churn-000000"), "rootRunId": id, "target": "Serverless",
                "status": if at == 4 { "Running" } else { "Completed" }, "dataContainerId": format!("dcid.{id}"),
                "displayName": format!("jane churn {at}"), "description": "Training by Jane Example.",
                "createdTimeUtc": format!("2025-01-0{}T00:00:00Z", at + 1), "startTimeUtc": "2025-01-01T00:00:34Z",
                "endTimeUtc": null, "lastModifiedUtc": "2025-01-01T00:10:00Z", "token": "c3ludGhldGlj",
                "tags": {"author": "jane", "n": at}, "properties": {"azureml.runsource": if at == 3 { "azureml.PipelineRun" } else { "commandjob" }},
                "createdBy": jane, "lastModifiedBy": jane, "revision": 13, "hidden": at == 2, "outputs": outputs,
            }),
        );
        record(
            &format!("runs/{id}/metrics"),
            json!({"metrics": [{"name": "accuracy", "value": 0.5}, {"name": "loss", "value": [0.9, 0.1]}]}),
        );
        let artifacts = format!("blobs/azureml/ExperimentRun/dcid.{id}");
        put(&format!("{artifacts}/user_logs/std_log.txt"), b"by jane\n");
        put(&format!("{artifacts}/outputs/a b.json"), b"{}");
    }
    let automl: Value = serde_json::from_str(include_str!("run.json")).unwrap();
    record("runs/mslearn-bike-automl", automl);
    for version in ["1", "2"] {
        record(
            &format!("models/churn-model/{version}"),
            json!({
                "name": "churn-model", "version": version, "modelType": "custom_model", "jobName": "churn-000000",
                "modelUri": "azureml://datastores/workspaceblobstore/paths/models/churn-model/1/", "description": "Registered by Jane Example.",
                "tags": {"contact": "jane"}, "properties": {}, "createdTime": "2025-01-01T21:00:00Z", "createdBy": jane,
            }),
        );
        record(
            &format!("data/churn-training/{version}"),
            json!({
                "name": "churn-training", "version": version, "dataType": "uri_folder",
                "dataUri": "azureml://datastores/workspaceblobstore/paths/training/churn/", "tags": {}, "createdBy": jane,
            }),
        );
        record(
            &format!("components/train/{version}"),
            json!({"componentSpec": {"type": "command"}}),
        );
        record(
            &format!("environments/py/{version}"),
            json!({"image": "example.net/py:1", "osType": "Linux"}),
        );
        record(
            &format!("codes/src/{version}"),
            json!({"codeUri": "https://example.net/code"}),
        );
    }
    for (name, member, place) in [
        ("workspaceblobstore", "containerName", "azureml-blobstore"),
        ("workspaceworkingdirectory", "fileShareName", "code"),
        ("workspaceartifactstore", "containerName", "azureml"),
    ] {
        let mut datastore = json!({
            "name": name, "accountName": "samplestorage", "isDefault": name == "workspaceblobstore",
            "datastoreType": if member == "containerName" { "AzureBlob" } else { "AzureFile" },
            "credentials": {"credentialsType": "AccountKey", "secrets": {"key": "c3ludGhldGlj"}},
        });
        datastore[member] = json!(place);
        record(&format!("datastores/{name}"), datastore);
    }
    record(
        "endpoints/online/churn",
        json!({
            "name": "churn", "provisioningState": "Succeeded", "scoringUri": "https://churn.example.net/score",
            "tags": {"contact": "jane"}, "createdBy": jane,
        }),
    );
    record(
        "endpoints/online/churn/deployments/blue",
        json!({"name": "blue", "model": "azureml:churn-model:1"}),
    );
    record("endpoints/batch/nightly", json!({"name": "nightly"}));
    record(
        "endpoints/batch/nightly/deployments/one",
        json!({"name": "one"}),
    );
    record(
        "computes/cluster",
        json!({"computeType": "AmlCompute", "tags": {}, "createdBy": jane}),
    );
    record(
        "schedules/nightly",
        json!({"displayName": "Nightly training", "tags": {}}),
    );
    record(
        "services/old",
        json!({"name": "old", "tags": {"a": "b"}, "computeType": "ACI"}),
    );
    put(
        "blobs/azureml-blobstore/models/churn-model/1/model.bin",
        b"weights",
    );
    put("blobs/azureml-blobstore/training/churn/part-0.csv", b"rows");
    put("blobs/snapshotzips/s1.zip", b"PK");
    put("files/code/Users/jane/notes.txt", b"note");
}

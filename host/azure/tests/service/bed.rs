//! A simulated workspace with one thing of every kind, and the code under test.

use std::time::Duration;

use remit_azure::{Cloud, Credential, Options, Patience, Target, Workspace};
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_sim::{At, AzureMl, AzureMlSettings, Fault, FaultKind};
use remit_workspace::conformance::{listed, read};
use remit_workspace::{Entry, EntryPath, Gap, Pattern, Store as _, StoreError};
use serde_json::{Value, json};

pub(crate) struct Bed {
    pub(crate) sim: AzureMl,
    pub(crate) store: Workspace,
}

/// One record of every kind that is read, sorted.
pub(crate) const RECORDS: [&str; 33] = [
    "/codes/code/1",
    "/components/step/1",
    "/computes/cluster",
    "/data/people/1",
    "/datastores/workspaceblobstore",
    "/endpoints/batch/nightly",
    "/endpoints/batch/nightly/deployments/blue",
    "/endpoints/online/churn",
    "/endpoints/online/churn/deployments/green",
    "/environments/python/1",
    "/experiments/churn",
    "/models/mail/1",
    "/models/mail/2",
    "/resources/insights/ai-practice",
    "/resources/logs/log-practice",
    "/resources/registry/acrpractice",
    "/resources/storage/practice",
    "/resources/vault/kv-practice",
    "/runs/first",
    "/runs/first/metrics",
    "/schedules/weekly",
    "/services/scoring",
    "/telemetry/ai-practice/AppAvailabilityResults",
    "/telemetry/ai-practice/AppBrowserTimings",
    "/telemetry/ai-practice/AppDependencies",
    "/telemetry/ai-practice/AppEvents",
    "/telemetry/ai-practice/AppExceptions",
    "/telemetry/ai-practice/AppMetrics",
    "/telemetry/ai-practice/AppPageViews",
    "/telemetry/ai-practice/AppPerformanceCounters",
    "/telemetry/ai-practice/AppRequests",
    "/telemetry/ai-practice/AppTraces",
    "/workspace",
];

/// What is not read, or not all of it, and is said to be so.
pub(crate) const UNREAD: [&str; 2] = ["/pipelines", "/telemetry"];

impl Bed {
    /// A workspace that holds nothing.
    pub(crate) async fn empty(settings: AzureMlSettings) -> Self {
        let sim = AzureMl::start(settings).await.unwrap();
        let store = open(&sim);
        Self { sim, store }
    }

    /// A workspace with one record of every kind.
    pub(crate) async fn new(settings: AzureMlSettings) -> Self {
        let bed = Self::empty(settings).await;
        for path in RECORDS {
            // These come with the workspace itself.
            let comes_along = ["/workspace", "/resources/", "/telemetry/"];
            if !comes_along.iter().any(|root| path.starts_with(root)) {
                bed.sim.seed_record(path, document(path));
            }
        }
        bed
    }

    /// Somebody who opens the workspace afresh.
    pub(crate) fn again(&self) -> Workspace {
        open(&self.sim)
    }

    /// Somebody who opens it afresh, and awaits no delete.
    pub(crate) fn without_waiting(&self) -> Workspace {
        open_awaiting(&self.sim, Duration::ZERO)
    }

    pub(crate) async fn list(&self, pattern: &str) -> Result<(Vec<Entry>, Vec<Gap>), StoreError> {
        listed(self.store.list(&Pattern::parse(pattern).unwrap())).await
    }

    pub(crate) async fn paths(&self, pattern: &str) -> Vec<String> {
        let (entries, _) = self.list(pattern).await.unwrap();
        entries.iter().map(|entry| entry.path.to_string()).collect()
    }

    pub(crate) async fn stat(&self, at: &str) -> Entry {
        self.store.stat(&path(at)).await.unwrap()
    }

    pub(crate) async fn text(&self, at: &str) -> String {
        let entry = self.stat(at).await;
        let content = self.store.open(&entry.path, &entry.version, 0).await;
        let bytes = read(content.unwrap()).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    pub(crate) fn goes_wrong(&self, operation: &'static str, kind: FaultKind) {
        let at = At::any().operation(operation);
        self.sim.inject(Fault { at, kind });
    }

    /// What changed, as `verb effect container/name`.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.sim
            .mutations()
            .iter()
            .map(|one| {
                format!(
                    "{} {:?} {}/{}",
                    one.verb, one.effect, one.container, one.blob
                )
            })
            .collect()
    }
}

/// The workspace of a simulator, opened.
pub(crate) fn open(sim: &AzureMl) -> Workspace {
    open_awaiting(sim, Options::default().deletes_awaited)
}

fn open_awaiting(sim: &AzureMl, deletes_awaited: Duration) -> Workspace {
    let cloud = Cloud::simulator(sim.url()).unwrap();
    let credential = Credential::choose_for(&cloud, None, &|_| None).unwrap();
    let target = Target::parse(&format!(
        "azureml:/{}",
        sim.arm_id()
            .replace("/providers/Microsoft.MachineLearningServices", "")
    ))
    .unwrap();
    let options = Options {
        patience: Patience {
            first_ms: 1,
            tries: 4,
        },
        deletes_awaited,
        ..Options::default()
    };
    Workspace::open(&target, cloud, credential, &options).unwrap()
}

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

/// A record as a directory would have it.
pub(crate) fn document(path: &str) -> Value {
    let names: Vec<&str> = path.split('/').skip(1).collect();
    match names.as_slice() {
        ["runs", id] => json!({
            "runId": id, "experimentName": "churn", "status": "Completed", "displayName": "Run of Jane",
            "description": "by Jane", "tags": {"who": "Jane", "keep": "no"}, "properties": {"note": "Jane"},
            "createdBy": {"userName": "Jane Example", "userObjectId": "1"},
            "createdTimeUtc": "2025-01-02T03:04:05.6789+00:00",
        }),
        ["runs", _, "metrics"] => json!({"metrics": [
            {"name": "loss", "value": [0.5, 0.25]}, {"name": "accuracy", "value": 0.75}]}),
        ["experiments", name] => {
            json!({"experimentId": format!("id-of-{name}"), "name": name, "tags": {"who": "Jane"}})
        }
        ["services", name] => json!({"name": name, "id": name, "tags": {"who": "Jane"}}),
        ["datastores", _] => json!({
            "datastoreType": "AzureBlob", "accountName": "practice",
            "containerName": "azureml-blobstore-7b6d0000-42b6-4a27-9d11-000000000001",
        }),
        ["data", ..] => json!({
            "dataUri": "azureml://datastores/workspaceblobstore/paths/people/",
            "description": "about Jane", "tags": {"who": "Jane"},
        }),
        ["models", ..] => json!({
            "modelUri": "azureml://datastores/workspaceblobstore/paths/models/mail/", "jobName": "first",
            "description": "by Jane", "tags": {"who": "Jane"}, "properties": {},
        }),
        _ => json!({"description": "by Jane", "tags": {"who": "Jane"}}),
    }
}

/// Every right there is, on everything and as strong as this.
pub(crate) fn every_right(strength: Strength) -> Rights {
    let with = |rights: Rights, right| rights.with(right, Pattern::everything(), strength);
    Right::ALL.into_iter().fold(Rights::none(), with)
}

/// The permit of an operator who may do everything.
pub(crate) fn permit(act: Act, path: &EntryPath) -> Permitted {
    let strength = Strength {
        purge: true,
        cascade: true,
        cancel: true,
    };
    let authority = Authority::for_operator(every_right(strength), Policy::absent());
    authority.permit(act, path, std::iter::empty()).unwrap()
}

pub(crate) fn delete(path: &EntryPath) -> Permitted {
    permit(Act::Delete(Strength::default()), path)
}

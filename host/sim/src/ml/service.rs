//! The simulator as its user holds it: started, seeded, watched, and stopped by dropping it.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fault::Fault;
use crate::ml::generated::GeneratedRuns;
use crate::ml::server::{House, serve};
use crate::ml::settings::AzureMlSettings;
use crate::ml::state::{State, resource_key};
use crate::ml::{form, records, running, seed, tls};
use crate::mutation::Mutation;
use crate::seed::SeedError;
use crate::storage::Storage;

/// An Azure Machine Learning workspace on loopback, with the storage account it uses.
pub struct AzureMl {
    pub(crate) house: Arc<House>,
    storage: Storage,
    url: String,
    certificate: Option<String>,
    task: JoinHandle<()>,
}

impl AzureMl {
    /// Starts a workspace that holds nothing, in a group with the resources it depends on.
    pub async fn start(settings: AzureMlSettings) -> io::Result<Self> {
        let storage = Storage::start(settings.storage.clone()).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let port = listener.local_addr()?.port();
        let account = storage.account();
        let (url, blob_url, tls) = if settings.https {
            (
                format!("https://localhost:{port}"),
                format!("https://{account}.blob.core.localhost:{port}"),
                Some(tls::make(&account)?),
            )
        } else {
            let blob_url = storage.blob_url().to_owned();
            (format!("http://127.0.0.1:{port}"), blob_url, None)
        };
        let (acceptor, certificate) = match tls {
            Some(tls) => (Some(tls.acceptor), Some(tls.certificate)),
            None => (None, None),
        };
        let mut state = State::new(settings);
        seed::resources(&mut state, &blob_url, storage.file_url());
        let house = Arc::new(House {
            storage: Arc::clone(&storage.shared),
            state: state.into(),
            blob_url,
            scheme: if certificate.is_some() {
                "https"
            } else {
                "http"
            },
        });
        let task = tokio::spawn(serve(listener, acceptor, Arc::clone(&house)));
        Ok(Self {
            house,
            storage,
            url,
            certificate,
            task,
        })
    }

    /// Starts a workspace with what a local workspace directory holds: its records, its blobs and
    /// its files. Names and ids come from its `records/workspace.json`.
    pub async fn from_directory(
        mut settings: AzureMlSettings,
        from: &Path,
    ) -> Result<Self, SeedError> {
        seed::named_by(&mut settings, from)?;
        let sim = Self::start(settings).await.map_err(SeedError::Start)?;
        sim.storage.seed_directory(from)?;
        seed::directory(&mut sim.house.state(), from)?;
        Ok(sim)
    }

    /// The URL of the management plane, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The workspace's id in Resource Manager.
    pub fn arm_id(&self) -> String {
        self.house.state().settings.arm_id()
    }

    /// A bearer token that is accepted.
    pub fn token(&self) -> String {
        let state = self.house.state();
        let first = state.settings.tokens.first();
        first.cloned().unwrap_or_else(|| "practice".to_owned())
    }

    /// The certificate to trust, as PEM, if this speaks HTTPS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The storage account.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Puts a record by its path (`runs/<id>`, `models/<name>/<version>`, `computes/<name>`), as
    /// a local workspace would have it. Not in the mutation log.
    pub fn seed_record(&self, path: &str, document: Value) {
        let path = records::segments(path.trim_start_matches('/'));
        seed::record(&mut self.house.state(), path, document);
    }

    /// Puts a resource of the subscription by its id. Not in the mutation log.
    pub fn seed_resource(&self, id: &str, document: Value) {
        seed::resource(&mut self.house.state(), id, document);
    }

    /// Makes another workspace in the group that uses the same storage account, key vault,
    /// registry and telemetry. It has no records.
    pub fn seed_neighbour(&self, name: &str) {
        seed::neighbour(&mut self.house.state(), name);
    }

    /// Locks a scope: a subscription, a group or a resource, by its id. The level is
    /// `CanNotDelete` or `ReadOnly`.
    pub fn seed_lock(&self, scope: &str, name: &str, level: &str) {
        seed::lock(&mut self.house.state(), scope, name, level);
    }

    /// Makes `count` runs of one experiment, called `prefix` and nine digits. They are computed,
    /// not stored.
    pub fn seed_generated_runs(&self, prefix: &str, experiment: &str, count: u64) {
        self.house.state().records.generated = Some(GeneratedRuns::new(prefix, experiment, count));
    }

    /// Puts rows into a table of telemetry: of a component, or of the Log Analytics workspace in which its
    /// rows lie, by the resource's id. Not in the mutation log.
    pub fn seed_rows(&self, resource: &str, table: &str, rows: impl IntoIterator<Item = Value>) {
        let mut state = self.house.state();
        let key = (resource_key(resource), table.to_owned());
        state.rows.entry(key).or_default().extend(rows);
    }

    /// The rows of a table of telemetry that are there.
    pub fn rows(&self, resource: &str, table: &str) -> Vec<Value> {
        let key = (resource_key(resource), table.to_owned());
        self.house
            .state()
            .rows
            .get(&key)
            .cloned()
            .unwrap_or_default()
    }

    /// The purge requests that were taken in: for each the resource's id in lower case, and what was asked.
    pub fn purges(&self) -> Vec<(String, Value)> {
        let state = self.house.state();
        let asked = state.purges.iter();
        asked
            .map(|purge| (format!("/{}", purge.resource), purge.body.clone()))
            .collect()
    }

    /// A record by its path (`runs/<id>`, `runs/<id>/metrics`), or a resource by its id, as it is
    /// stored: for tests that do not want to trust an answer.
    pub fn record(&self, path: &str) -> Option<Value> {
        let state = self.house.state();
        state
            .get(&form::key_of(path))
            .map(std::borrow::Cow::into_owned)
    }

    /// The paths of all records below a prefix; metrics are `metrics/<run>`, as in the log.
    pub fn records(&self, prefix: &str) -> Vec<String> {
        self.house.state().records.keys(prefix)
    }

    /// The ids, in lower case, of resources that are deleted and can be recovered.
    pub fn soft_deleted(&self) -> Vec<String> {
        let mut state = self.house.state();
        let mut world = self.house.storage.world();
        state.sweep(&mut world);
        state.hidden.keys().map(|key| format!("/{key}")).collect()
    }

    /// Whether this resource is deleted and can be recovered.
    pub fn is_soft_deleted(&self, id: &str) -> bool {
        let id = format!("/{}", resource_key(id));
        self.soft_deleted().contains(&id)
    }

    /// Ends every long-running operation, as time would.
    pub fn settle(&self) {
        let mut state = self.house.state();
        let mut world = self.house.storage.world();
        running::settle(&mut state, &mut world);
    }

    /// Everything that changed anything so far, records, resources, blobs and files, in order.
    pub fn mutations(&self) -> Vec<Mutation> {
        self.storage.mutations()
    }

    /// How many requests for an operation came so far, in either half, whatever became of them.
    pub fn requests(&self, operation: &str) -> u64 {
        self.storage.requests(operation)
    }

    /// The same for every operation that was asked for.
    pub fn all_requests(&self) -> BTreeMap<&'static str, u64> {
        self.storage.all_requests()
    }

    /// Lets something go wrong from now on, in either half.
    pub fn inject(&self, fault: Fault) {
        self.storage.inject(fault);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.storage.clear_faults();
    }

    /// The simulator's clock.
    pub fn clock(&self) -> Clock {
        self.storage.clock()
    }

    /// Changes the settings. What is named when it starts (ids, names, ports, the account) stays.
    pub fn set(&self, change: impl FnOnce(&mut AzureMlSettings)) {
        let mut state = self.house.state();
        let mut new = (*state.settings).clone();
        change(&mut new);
        let old = Arc::clone(&state.settings);
        new.subscription.clone_from(&old.subscription);
        new.resource_group.clone_from(&old.resource_group);
        new.workspace.clone_from(&old.workspace);
        new.workspace_id.clone_from(&old.workspace_id);
        new.storage = old.storage.clone();
        state.settings = Arc::new(new);
    }
}

impl Drop for AzureMl {
    fn drop(&mut self) {
        self.task.abort();
    }
}

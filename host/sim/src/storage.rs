//! The simulator as its user holds it: started, seeded, watched, and stopped by dropping it.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::auth::sas;
use crate::clock::Clock;
use crate::fault::{Fault, Faults};
use crate::mutation::{Mutation, Service};
use crate::server::{Shared, serve};
use crate::settings::Settings;
use crate::world::World;

/// A storage account on loopback.
pub struct Storage {
    pub(crate) shared: Arc<Shared>,
    blob_url: String,
    file_url: String,
    tasks: [JoinHandle<()>; 2],
}

impl Storage {
    /// Starts the servers of both services.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let blob = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.blob_port)).await?;
        let file = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.file_port)).await?;
        let url = |listener: &TcpListener| -> io::Result<String> {
            let address = listener.local_addr()?;
            Ok(format!("http://{address}/{}", settings.account))
        };
        let (blob_url, file_url) = (url(&blob)?, url(&file)?);
        let shared = Arc::new(Shared {
            world: World::new(settings).into(),
            faults: Faults::default(),
            pages: Default::default(),
            requests: Default::default(),
        });
        let tasks = [
            tokio::spawn(serve(blob, Service::Blob, Arc::clone(&shared))),
            tokio::spawn(serve(file, Service::File, Arc::clone(&shared))),
        ];
        Ok(Self {
            shared,
            blob_url,
            file_url,
            tasks,
        })
    }

    /// The account's URL of the blob service.
    pub fn blob_url(&self) -> &str {
        &self.blob_url
    }

    /// The account's URL of the file service.
    pub fn file_url(&self) -> &str {
        &self.file_url
    }

    /// The account's name.
    pub fn account(&self) -> String {
        self.shared.world().settings.account.clone()
    }

    /// The account's key, base64.
    pub fn key(&self) -> String {
        self.shared.world().settings.key.clone()
    }

    /// The query text of an account SAS over both services and all resource types.
    pub fn sas(&self, permissions: &str, expiry: Timestamp) -> String {
        sas::issue(&self.shared.world().settings, permissions, expiry)
    }

    /// The query text of a service SAS over one container, or over one blob of it.
    pub fn sas_for(
        &self,
        container: &str,
        blob: Option<&str>,
        permissions: &str,
        expiry: Timestamp,
    ) -> String {
        let world = self.shared.world();
        sas::issue_for(&world.settings, container, blob, permissions, expiry)
    }

    /// Everything that changed anything so far, in order. Seeding is not in it.
    pub fn mutations(&self) -> Vec<Mutation> {
        self.shared.world().log.all().to_vec()
    }

    /// How many requests for an operation came so far, whatever became of them. Parts of a batch are none.
    pub fn requests(&self, operation: &str) -> u64 {
        let requests = self.shared.requests.lock();
        let requests = requests.unwrap_or_else(std::sync::PoisonError::into_inner);
        requests.get(operation).copied().unwrap_or_default()
    }

    /// The same for every operation that was asked for.
    pub fn all_requests(&self) -> BTreeMap<&'static str, u64> {
        let requests = self.shared.requests.lock();
        let requests = requests.unwrap_or_else(std::sync::PoisonError::into_inner);
        requests.clone()
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The simulator's clock.
    pub fn clock(&self) -> Clock {
        self.shared.world().clock.clone()
    }

    /// Changes the account's settings, as its owner would on the management plane.
    /// Account, key and ports stay.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut world = self.shared.world();
        let settings = Arc::make_mut(&mut world.settings);
        let (account, key) = (settings.account.clone(), settings.key.clone());
        change(settings);
        settings.account = account;
        settings.key = key;
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

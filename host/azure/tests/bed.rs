//! An account of its own for one test, and somebody else who changes what is in it: a client that has
//! nothing in common with the code under test but the protocol.

mod emulator;
mod other;
mod shares;
mod simulated;

use remit_apply::StoreMut;
use remit_apply::conformance::FixtureMut;
use remit_azure::{Account, Choice, Credential, Endpoint, Options, Patience};
use remit_workspace::conformance::{Fixture, Holds};
use remit_workspace::{EntryPath, Store};

use emulator::Emulator;
pub(crate) use other::{Other, account_sas};
pub(crate) use shares::{SHARE, Shares, within};
pub(crate) use simulated::Simulated;

pub(crate) struct Bed {
    pub(crate) account: Account,
    pub(crate) other: Other,
    _server: Server,
}

/// What must live as long as the test.
#[expect(dead_code, reason = "held, not used")]
enum Server {
    Emulator(Emulator),
    Simulator(remit_sim::Storage),
}

impl Bed {
    pub(crate) async fn emulator() -> Self {
        let server = Emulator::start().await;
        // First, because it says whose cryptography is used.
        let account = open(&server.url(), emulator::KEY);
        let other = Other::new(&server.url(), emulator::ACCOUNT, emulator::KEY);
        for container in ["base-container", "remit"] {
            other.make_container(container).await;
        }
        Self {
            account,
            other,
            _server: Server::Emulator(server),
        }
    }

    pub(crate) async fn simulator(settings: remit_sim::Settings) -> Self {
        let Simulated {
            account,
            other,
            storage,
        } = Simulated::start(settings).await;
        other.make_container("remit").await;
        Self {
            account,
            other,
            _server: Server::Simulator(storage),
        }
    }
}

/// The account at this address, opened with its key.
pub(crate) fn open(url: &str, key: &str) -> Account {
    open_with(url, None, key)
}

/// The same, with its file service.
pub(crate) fn open_with(url: &str, files: Option<&str>, key: &str) -> Account {
    let (mut endpoint, signature) = Endpoint::parse(url).unwrap();
    if let Some(files) = files {
        endpoint = endpoint.with_files(files).unwrap();
    }
    let look = |name: &str| (name == "AZURE_STORAGE_KEY").then(|| key.to_owned());
    let credential = Credential::choose(&endpoint, signature, Some(Choice::Key), &look).unwrap();
    let options = Options {
        patience: Patience {
            first_ms: 1,
            tries: 5,
        },
        ..Options::default()
    };
    Account::open(endpoint, credential, &options).unwrap()
}

#[async_trait::async_trait]
impl Fixture for Bed {
    fn store(&self) -> &dyn Store {
        &self.account
    }
    fn objects(&self) -> EntryPath {
        EntryPath::parse("/blobs/base-container/base").unwrap()
    }
    fn holds(&self) -> Holds {
        Holds {
            records: false,
            any_bytes: false,
            control_characters: false,
            backslashes: false,
            cases: true,
            forbidden: "",
            segment_bytes_max: 900,
        }
    }
    fn reserved(&self) -> EntryPath {
        EntryPath::parse("/blobs/remit/policy.toml").unwrap()
    }
    async fn put(&self, path: &EntryPath, content: &[u8]) {
        self.other.put(path, content).await;
    }
    async fn take_away(&self, path: &EntryPath) {
        self.other.delete(path).await;
    }
}

impl FixtureMut for Bed {
    fn store_mut(&self) -> &dyn StoreMut {
        &self.account
    }
}

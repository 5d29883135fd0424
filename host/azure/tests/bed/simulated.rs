//! The simulator with an account as a test wants it.

use remit_azure::Account;
use remit_sim::{Settings, Storage};
use remit_workspace::EntryPath;

use super::{Other, open};

/// An account of the simulator, and the code under test.
pub(crate) struct Simulated {
    pub(crate) account: Account,
    pub(crate) other: Other,
    pub(crate) storage: Storage,
}

impl Simulated {
    pub(crate) async fn start(settings: Settings) -> Self {
        let storage = Storage::start(settings).await.unwrap();
        let account = open(storage.blob_url(), &storage.key());
        let other = Other::new(storage.blob_url(), &storage.account(), &storage.key());
        storage.seed_container("base-container");
        Self {
            account,
            other,
            storage,
        }
    }

    /// What the account holds under a name, hidden states included: `(generation, hidden, content)`.
    pub(crate) fn held(&self, path: &EntryPath) -> Vec<(String, bool, String)> {
        let names: Vec<String> = path
            .segments()
            .skip(1)
            .map(|name| String::from_utf8(name).unwrap())
            .collect();
        let name = names[1..].join("/");
        self.storage
            .holdings(&names[0])
            .into_iter()
            .filter(|holding| holding.blob == name)
            .map(|holding| {
                let content = String::from_utf8_lossy(&holding.content).into_owned();
                (holding.generation, holding.hidden, content)
            })
            .collect()
    }
}

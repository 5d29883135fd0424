//! The file shares of an account of the simulator, and somebody else who writes in them.

use remit_apply::StoreMut;
use remit_apply::conformance::FixtureMut;
use remit_azure::Account;
use remit_sim::{Holding, Settings, Storage};
use remit_workspace::conformance::{Fixture, Holds};
use remit_workspace::{EntryPath, Store};
use reqwest::{Method, Response};

use super::{Other, open_with};

/// The share in which tests work.
pub(crate) const SHARE: &str = "base-share";

pub(crate) struct Shares {
    pub(crate) account: Account,
    pub(crate) other: OtherInShares,
    pub(crate) storage: Storage,
}

impl Shares {
    pub(crate) async fn start(settings: Settings) -> Self {
        let storage = Storage::start(settings).await.unwrap();
        let files = Some(storage.file_url());
        let account = open_with(storage.blob_url(), files, &storage.key());
        let of = |url| Other::new(url, &storage.account(), &storage.key());
        let other = OtherInShares {
            files: of(storage.file_url()),
            blobs: of(storage.blob_url()),
        };
        storage.seed_share(SHARE);
        storage.seed_container("remit");
        Self {
            account,
            other,
            storage,
        }
    }

    /// What the share and its snapshots hold under a name: `(generation, content)`.
    pub(crate) fn held(&self, path: &EntryPath) -> Vec<(String, String)> {
        let name = within(path);
        self.holdings()
            .into_iter()
            .filter(|holding| holding.blob == name)
            .map(|holding| {
                let content = String::from_utf8_lossy(&holding.content).into_owned();
                (holding.generation, content)
            })
            .collect()
    }

    pub(crate) fn holdings(&self) -> Vec<Holding> {
        self.storage.holdings_of_share(SHARE)
    }

    /// Takes a snapshot of the share.
    pub(crate) async fn snapshot(&self) -> String {
        let address = self.other.files.share(SHARE, "restype=share&comp=snapshot");
        let taken = self.other.files.send(Method::PUT, address, &[], b"").await;
        assert_eq!(taken.status(), 201);
        taken.headers()["x-ms-snapshot"]
            .to_str()
            .unwrap()
            .to_owned()
    }
}

/// The path of a file within its share, as text.
pub(crate) fn within(path: &EntryPath) -> String {
    let names: Vec<Vec<u8>> = path.segments().skip(2).collect();
    String::from_utf8(names.join(&b'/')).unwrap()
}

/// Somebody else.
pub(crate) struct OtherInShares {
    files: Other,
    blobs: Other,
}

impl OtherInShares {
    /// A request about a file; it must succeed.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &EntryPath,
        query: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut all = vec![("x-ms-allow-trailing-dot", "true")];
        all.extend_from_slice(headers);
        self.files.ask(method, path, query, &all, body).await
    }

    pub(crate) async fn put_with(
        &self,
        path: &EntryPath,
        content: &[u8],
        headers: &[(&str, &str)],
    ) {
        let segments: Vec<Vec<u8>> = path.segments().collect();
        for depth in 3..segments.len() {
            let directory = EntryPath::of_segments(&segments[..depth]).unwrap();
            let address = format!("{}&restype=directory", self.files.address(&directory));
            let dots = [("x-ms-allow-trailing-dot", "true")];
            let made = self.files.send(Method::PUT, address, &dots, b"").await;
            assert!([201, 409].contains(&made.status().as_u16()), "{made:?}");
        }
        let length = content.len().to_string();
        let mut all = vec![("x-ms-type", "file"), ("x-ms-content-length", &length)];
        all.extend_from_slice(headers);
        self.ask(Method::PUT, path, "", &all, b"").await;
        for (index, range) in content.chunks(4 << 20).enumerate() {
            let start = index * (4 << 20);
            let place = format!("bytes={start}-{}", start + range.len() - 1);
            let write = [("x-ms-write", "update"), ("x-ms-range", place.as_str())];
            self.ask(Method::PUT, path, "comp=range", &write, range)
                .await;
        }
    }

    pub(crate) async fn put(&self, path: &EntryPath, content: &[u8]) {
        match path.root() {
            "blobs" => self.blobs.put(path, content).await,
            _ => self.put_with(path, content, &[]).await,
        }
    }

    pub(crate) async fn delete(&self, path: &EntryPath) {
        match path.root() {
            "blobs" => self.blobs.delete(path).await,
            _ => {
                self.ask(Method::DELETE, path, "", &[], b"").await;
            }
        }
    }

    /// Writes over a file's beginning, or makes it if it is not there. False when the service refuses.
    pub(crate) async fn try_to_write(&self, path: &EntryPath, content: &[u8]) -> bool {
        let address = self.files.address(path);
        let length = content.len().to_string();
        let all = [("x-ms-type", "file"), ("x-ms-content-length", &*length)];
        let made = self.files.send(Method::PUT, address, &all, b"").await;
        if made.status() == 412 {
            return false;
        }
        assert_eq!(made.status(), 201);
        let place = format!("bytes=0-{}", content.len() - 1);
        let write = [("x-ms-write", "update"), ("x-ms-range", place.as_str())];
        self.ask(Method::PUT, path, "comp=range", &write, content)
            .await;
        true
    }

    /// Deletes the share.
    pub(crate) async fn delete_share(&self) {
        let address = self.files.share(SHARE, "restype=share");
        let deleted = self.files.send(Method::DELETE, address, &[], b"").await;
        assert_eq!(deleted.status(), 202);
    }

    /// Leases a file, and says the lease's id.
    pub(crate) async fn lease(&self, path: &EntryPath) -> String {
        let acquire = [
            ("x-ms-lease-action", "acquire"),
            ("x-ms-lease-duration", "-1"),
        ];
        let given = self
            .ask(Method::PUT, path, "comp=lease", &acquire, b"")
            .await;
        given.headers()["x-ms-lease-id"]
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// Breaks whatever lease is on a file.
    pub(crate) async fn break_lease(&self, path: &EntryPath) {
        let acts = [("x-ms-lease-action", "break")];
        self.ask(Method::PUT, path, "comp=lease", &acts, b"").await;
    }

    /// Whether a file is leased.
    pub(crate) async fn is_leased(&self, path: &EntryPath) -> bool {
        let looked = self.ask(Method::HEAD, path, "", &[], b"").await;
        looked.headers()["x-ms-lease-status"] == "locked"
    }
}

#[async_trait::async_trait]
impl Fixture for Shares {
    fn store(&self) -> &dyn Store {
        &self.account
    }
    fn objects(&self) -> EntryPath {
        EntryPath::parse(&format!("/files/{SHARE}/base")).unwrap()
    }
    fn holds(&self) -> Holds {
        Holds {
            records: false,
            any_bytes: false,
            control_characters: false,
            backslashes: false,
            cases: false,
            forbidden: "\"\\/:|<>*?",
            segment_bytes_max: 255,
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

impl FixtureMut for Shares {
    fn store_mut(&self) -> &dyn StoreMut {
        &self.account
    }
}

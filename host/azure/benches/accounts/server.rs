//! The server: the simulator, seeded, in a process of its own on one thread.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use remit_sim::{Settings, Storage};

use crate::client::Took;
use crate::{DELETED, LARGE, SMALL};

/// Serves until standard input ends. Says where, with which key, and with which signature.
pub(crate) fn serve(kind: &str) {
    let keeps = kind == "versions";
    let settings = Settings {
        versioning: keeps,
        soft_delete_days: keeps.then_some(14),
        allow_permanent_delete: keeps,
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let storage = Storage::start(settings).await.unwrap();
        let generated = [
            ("small", SMALL, 4096),
            ("large", LARGE, 64 << 20),
            ("listed", 100_000, 1),
            ("million", 1_000_000, 1),
            ("deleted-by-us", DELETED, 1),
            ("deleted-by-them", DELETED, 1),
        ];
        for (container, count, size) in generated {
            storage.seed_generated(container, "logs/", count, size);
        }
        let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(12);
        let signature = storage.sas("rwdxylacupti", expiry);
        println!("{}\t{}\t{signature}", storage.blob_url(), storage.key());
        std::io::stdout().flush().unwrap();
        tokio::task::spawn_blocking(|| {
            let mut nothing = Vec::new();
            std::io::stdin().read_to_end(&mut nothing).unwrap();
        })
        .await
        .unwrap();
    });
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) url: String,
    key: String,
    pub(crate) signature: String,
    process: Child,
}

impl Server {
    pub(crate) fn start(kind: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["server", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let mut parts = line.trim().split('\t').map(ToOwned::to_owned);
        let mut next = || parts.next().unwrap();
        Self {
            url: next(),
            key: next(),
            signature: next(),
            process,
        }
    }

    /// What a client of ours took for an act.
    pub(crate) fn client(&self, verb: &str, container: &str, into: &Path) -> Took {
        let out = Command::new(std::env::current_exe().unwrap())
            .args(["client", verb, &self.url, &self.key, container])
            .arg(into)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "the client failed: {verb} {container}"
        );
        Took::parse(&String::from_utf8(out.stdout).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _it_ends = self.process.wait();
    }
}

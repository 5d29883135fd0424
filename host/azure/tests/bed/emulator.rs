//! Microsoft's emulator, Azurite, in memory, on a port of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The account that every emulator has, with its published key.
pub(crate) const ACCOUNT: &str = "devstoreaccount1";
pub(crate) const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

pub(crate) struct Emulator {
    port: u16,
    _process: Child,
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let script = folder().join("node_modules/azurite/dist/src/blob/main.js");
        assert!(
            script.exists(),
            "no emulator in {}: install it with `cargo xtask emulator`",
            folder().display()
        );
        let mut process = Command::new("node")
            .arg(script)
            .args(["--inMemoryPersistence", "--silent", "--skipApiVersionCheck"])
            .args([
                "--disableTelemetry",
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                "0",
            ])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("it says its port");
            if let Some((_, address)) = line.split_once("successfully listens on http://127.0.0.1:")
            {
                break address.trim().parse().unwrap();
            }
        };
        // It must be able to go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            port,
            _process: process,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }
}

fn folder() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    // …/target/debug/deps/account-…
    let target = here.ancestors().nth(3).unwrap_or(Path::new("."));
    target.join("tools/azurite")
}

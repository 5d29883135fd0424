//! The server: the simulator, seeded, in a process of its own on one thread.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use remit_sim::{AzureMl, AzureMlSettings};
use serde_json::json;

use crate::{BLOBS, RUNS};

/// Serves until standard input ends. Says where, which workspace, and where the blobs' container is listed.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sim = AzureMl::start(AzureMlSettings::default()).await.unwrap();
        let experiment = json!({"name": "generated", "experimentId": "id-of-generated"});
        sim.seed_record("/experiments/generated", experiment);
        sim.seed_generated_runs("run", "generated", RUNS);
        sim.storage()
            .seed_generated("azureml", "ExperimentRun/dcid.", BLOBS, 1);
        let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(12);
        let signature = sim.storage().sas("rl", expiry);
        let account = format!("{}/azureml?{signature}", sim.storage().blob_url());
        println!("{}\t{}\t{account}", sim.url(), sim.arm_id());
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
    pub(crate) id: String,
    pub(crate) account: String,
    process: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg("server")
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
            id: next(),
            account: next(),
            process,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _it_ends = self.process.wait();
    }
}

//! A simulated Azure Machine Learning workspace with one thing of every kind, and the binary to act on it. What
//! became of it is looked up in the simulator's own state and its log of changes, never in what we say.

use std::fs;

use remit_sim::{AzureMl, AzureMlSettings, Effect};
use serde_json::{Value, json};

use crate::bed::{Bed, Ran};
use crate::service::{Served, serve};

/// What the sample lacks, as a directory would have it.
const BESIDES: [(&str, &str); 9] = [
    (
        "experiments/finished",
        r#"{"experimentId": "id-of-finished", "name": "finished", "description": "by Jane"}"#,
    ),
    (
        "components/step/1",
        r#"{"description": "by Jane", "componentSpec": {"name": "step"}}"#,
    ),
    (
        "environments/python/1",
        r#"{"description": "by Jane", "image": "python:3"}"#,
    ),
    ("codes/code/1", r#"{"description": "training code"}"#),
    ("computes/cluster", r#"{"description": "four nodes"}"#),
    (
        "endpoints/batch/nightly",
        r#"{"description": "every night"}"#,
    ),
    (
        "endpoints/batch/nightly/deployments/blue",
        r#"{"description": "of the night"}"#,
    ),
    (
        "services/scoring",
        r#"{"name": "scoring", "id": "scoring", "description": "of the first version"}"#,
    ),
    ("workspace", r#"{"description": "kept by Jane"}"#),
];

pub(crate) struct Scene {
    pub(crate) bed: Bed,
    pub(crate) sim: Served<AzureMl>,
    pub(crate) workspace: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: fn(&mut AzureMlSettings)) -> Self {
        let bed = Bed::with_sample();
        for (record, text) in BESIDES {
            let file = format!("sample/records/{record}.json");
            let mut document: Value = match fs::read(bed.path(&file)) {
                Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
                Err(_) => json!({}),
            };
            let more: Value = serde_json::from_str(text).unwrap();
            for (member, value) in more.as_object().unwrap() {
                document[member] = value.clone();
            }
            bed.write(&file, &document.to_string());
        }
        // Nothing runs: what does is in the way of a delete of the workspace.
        let file = "sample/records/runs/bike-demand-000010.json";
        let run = fs::read_to_string(bed.path(file)).unwrap();
        bed.write(file, &run.replace("\"Running\"", "\"Completed\""));
        let mut settings = AzureMlSettings::default();
        change(&mut settings);
        let from = bed.path("sample");
        let sim = serve(AzureMl::from_directory(settings, &from));
        let workspace = format!("azureml:/{}", sim.arm_id());
        Self {
            bed,
            sim,
            workspace,
        }
    }

    /// Runs a command on the workspace.
    pub(crate) fn remit(&self, arguments: &[&str]) -> Ran {
        self.without_workspace(&[arguments, &["-w", &self.workspace]].concat())
    }

    /// Runs a command on a case, which knows where its workspace is.
    pub(crate) fn without_workspace(&self, arguments: &[&str]) -> Ran {
        self.sim.of_case(&self.bed, arguments)
    }

    /// The paths that a pattern chooses.
    pub(crate) fn listed(&self, pattern: &str) -> Vec<String> {
        let listed = self.remit(&["list", pattern, "--json"]);
        let paths = listed.stdout.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["path"].as_str().unwrap().to_owned()
        });
        paths.collect()
    }

    /// Whether the simulator has it: a record, a resource, a blob or a file, not one that it only keeps.
    pub(crate) fn has(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["blobs" | "files", ..] => self.bytes(path).is_some(),
            ["resources", _, name] => {
                let resources = self.sim.records("subscriptions/");
                let ending = format!("/{name}");
                resources.iter().any(|id| id.ends_with(&ending))
            }
            _ => self.record(path).is_some(),
        }
    }

    /// A record as the simulator stores it.
    pub(crate) fn record(&self, path: &str) -> Option<Value> {
        match path {
            "/workspace" => self.sim.record(&self.sim.arm_id()),
            path => self.sim.record(path),
        }
    }

    /// The bytes of a blob or a file that is there.
    pub(crate) fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let mut parts = path.trim_start_matches('/').splitn(3, '/');
        let (root, place, name) = (parts.next()?, parts.next()?, parts.next()?);
        let name = name.replace("%20", " ");
        let holdings = match root {
            "blobs" => self.sim.storage().holdings(place),
            _ => self.sim.storage().holdings_of_share(place),
        };
        let mut bases = holdings
            .into_iter()
            .filter(|one| one.generation.is_empty() && !one.hidden);
        bases.find(|one| one.blob == name).map(|one| one.content)
    }

    /// Has a run go on.
    pub(crate) fn runs(&self, path: &str) {
        let mut run = self.record(path).unwrap();
        run["status"] = json!("Running");
        self.sim.seed_record(path, run);
    }

    /// What changed, as `what place/name`.
    pub(crate) fn changes(&self) -> Vec<String> {
        let all = self.sim.mutations();
        let lines = all
            .iter()
            .map(|one| format!("{:?} {}/{}", one.effect, one.container, one.blob));
        lines.collect()
    }

    /// What is no longer there, or only kept.
    pub(crate) fn removed(&self) -> Vec<String> {
        let all = self.sim.mutations();
        let gone = all
            .iter()
            .filter(|one| matches!(one.effect, Effect::Removed | Effect::Hidden));
        gone.map(|one| format!("{}/{}", one.container, one.blob))
            .collect()
    }

    #[track_caller]
    pub(crate) fn unchanged(&self) {
        assert_eq!(self.changes(), [""; 0]);
    }
}

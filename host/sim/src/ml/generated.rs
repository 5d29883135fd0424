//! Runs that are computed, not stored: fifty thousand of them cost a bit each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Runs `<prefix>000000000`, `<prefix>000000001`, …
#[derive(Clone, Debug)]
pub(crate) struct GeneratedRuns {
    /// With `runs/` before it.
    prefix: String,
    count: u64,
    experiment: String,
    taken: BTreeSet<u64>,
}

impl GeneratedRuns {
    pub(crate) fn new(prefix: &str, experiment: &str, count: u64) -> Self {
        Self {
            prefix: format!("runs/{prefix}"),
            count,
            experiment: experiment.to_owned(),
            taken: BTreeSet::new(),
        }
    }

    fn number(&self, key: &str) -> Option<u64> {
        let digits = key.strip_prefix(self.prefix.as_str())?;
        let at = digits.parse().ok()?;
        (digits.len() == 9 && at < self.count).then_some(at)
    }

    /// From now on this one is stored, or gone.
    pub(crate) fn take(&mut self, key: &str) {
        if let Some(at) = self.number(key) {
            self.taken.insert(at);
        }
    }

    pub(crate) fn find(&self, key: &str) -> Option<Value> {
        let at = self.number(key)?;
        (!self.taken.contains(&at)).then(|| self.document(at))
    }

    /// The first one at or after a key.
    pub(crate) fn from(&self, start: &str) -> Option<(String, Value)> {
        let spelled = |at: u64| format!("{}{at:09}", self.prefix);
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if spelled(middle).as_str() < start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.count)
            .find(|at| !self.taken.contains(at))
            .map(|at| (spelled(at), self.document(at)))
    }

    fn document(&self, at: u64) -> Value {
        let id = format!("{}{at:09}", self.prefix.trim_start_matches("runs/"));
        let time = i64::try_from(at)
            .ok()
            .and_then(|at| jiff::Timestamp::from_second(1_735_689_600 + at * 60).ok())
            .unwrap_or_default()
            .to_string();
        let person = json!({
            "userObjectId": format!("aaaaaaaa-0000-4000-8000-{:012}", at % 100),
            "userName": format!("Person {}", at % 100),
            "upn": format!("person{}@example.com", at % 100),
        });
        json!({
            "runId": id,
            "rootRunId": id,
            "runNumber": at,
            "experimentId": format!("5a020000-b431-4fa1-af57-{:012}", 9),
            "experimentName": self.experiment,
            "status": "Completed",
            "dataContainerId": format!("dcid.{id}"),
            "displayName": format!("generated {at}"),
            "createdTimeUtc": time,
            "startTimeUtc": time,
            "endTimeUtc": time,
            "lastModifiedUtc": time,
            "tags": {"owner": format!("person{}", at % 100)},
            "properties": {"azureml.runsource": "commandjob"},
            "createdBy": person,
            "lastModifiedBy": person,
            "hidden": false,
            "revision": 3,
        })
    }
}

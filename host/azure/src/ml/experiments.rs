//! Experiments, in run history. Archived ones are listed too.

use azure_core::http::Method;
use remit_workspace::{EntryPath, Pattern};
use serde_json::{Value, json};

use super::data::Service;
use super::manage::Rows;
use super::records::{Finding, Records, name_of};
use crate::error::Answer;

impl Records {
    pub(crate) fn experiments(&self, pattern: &Pattern) -> Finding {
        let place = EntryPath::of_segments(["experiments"]).expect("a constant");
        let below = place.clone();
        self.found(place, self.every_experiment(), pattern, move |row| {
            below.child(name_of(row)?).ok()
        })
    }

    /// The rows of all experiments.
    pub(crate) fn every_experiment(&self) -> Rows {
        self.data
            .query(&[], "experiments:query", json!({"viewType": "All"}))
    }

    pub(crate) async fn experiment(&self, name: &str) -> Result<Value, Answer> {
        self.data
            .get(Service::History, &["experiments", name])
            .await
    }

    /// The name of the experiment with this id.
    pub(crate) async fn experiment_named(&self, id: &str) -> Result<Option<String>, Answer> {
        match self
            .data
            .get(Service::History, &["experimentids", id])
            .await
        {
            Ok(said) => Ok(name_of(&said).map(ToOwned::to_owned)),
            Err(answer) if answer.status() == 404 => Ok(None),
            Err(answer) => Err(answer),
        }
    }

    /// Changes an experiment.
    pub(crate) async fn change_experiment(&self, id: &str, body: &Value) -> Result<(), Answer> {
        let names = ["experimentids", id];
        self.data
            .change(Service::History, Method::Patch, &names, Some(body))
            .await
            .map(|_| ())
    }
}

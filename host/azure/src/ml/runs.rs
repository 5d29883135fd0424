//! Runs: their documents in run history, and whose children they are.
//!
//! A list of runs is one of each experiment's, since the specification has no other. That it has archived runs
//! and children too, unless they are filtered out, is an *assumption*.

use std::sync::{Arc, PoisonError};

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Kind, Pattern, StoreError, Wanted};
use serde_json::{Value, json};

use super::answer::{about, unlisted};
use super::data::{NO_NAME, Service};
use super::document::Seen;
use super::filter;
use super::manage::Rows;
use super::records::{AT_ONCE, Finding, Found, Records, found_at, gap, name_of};
use crate::error::Answer;

/// Runs whose experiment is remembered, some 100 bytes each. Others are looked at.
const REMEMBERED_MAX: usize = 1 << 16;

impl Records {
    /// Runs and their metrics, as far as the pattern chooses them. Those that are not wanted may be left out: the
    /// service is asked for the wanted experiment only, and with a filter.
    pub(crate) fn runs(&self, pattern: &Pattern, wanted: &Wanted) -> Finding {
        let place = EntryPath::of_segments(["runs"]).expect("a constant");
        if let Some(id) = pattern.literal_prefix().into_iter().nth(1) {
            return self.run_and_metrics(&place, &id, pattern);
        }
        let (this, pattern) = (self.clone(), pattern.clone());
        let failed = {
            let (this, place) = (this.clone(), place.clone());
            move |answer: Answer| {
                let (this, place) = (this.clone(), place.clone());
                stream::once(async move { this.unlisted(&place, answer).await })
                    .filter_map(std::future::ready)
                    .boxed()
            }
        };
        let failed = Arc::new(failed);
        // `/runs/*` names nothing below a run.
        let names: Vec<&str> = pattern.as_str().split('/').skip(1).collect();
        let has_metrics =
            wanted.may_be(Kind::Metrics) && (names.len() > 2 || names.contains(&"**"));
        let filter = filter::of(wanted);
        let experiment = wanted.exactly("experiment").map(ToOwned::to_owned);
        // An experiment that nobody wants is not asked for its runs. A run may say only its experiment's id.
        let is_wanted = move |row: &Result<Value, Answer>| match (&experiment, row) {
            (Some(wanted), Ok(row)) => ["name", "experimentId"]
                .into_iter()
                .any(|member| row.get(member).and_then(Value::as_str) == Some(wanted)),
            _ => true,
        };
        let rows = self
            .every_experiment()
            .filter(move |row| std::future::ready(is_wanted(row)));
        let per_experiment = rows.map({
            let (this, place, failed) = (this.clone(), place.clone(), failed.clone());
            move |row| -> Finding {
                let row = match row {
                    Ok(row) => row,
                    Err(answer) => return failed(answer),
                };
                let Some(name) = name_of(&row) else {
                    return gap(place.clone(), "an experiment without a name");
                };
                let names = ["experiments", name];
                let rows = this.filtered_runs(&names, filter.as_deref());
                let rows = this.remembered(rows, name);
                let (this, place) = (this.clone(), place.clone());
                if !has_metrics {
                    let below = place.clone();
                    return this.found(place, rows, &pattern, move |row| {
                        below.child(row.get("runId")?.as_str()?).ok()
                    });
                }
                let (pattern, failed) = (pattern.clone(), failed.clone());
                rows.map(move |row| match row {
                    Ok(row) => this.of_row(&place, row, &pattern),
                    Err(answer) => failed(answer),
                })
                .flatten_unordered(AT_ONCE)
                .boxed()
            }
        });
        per_experiment.flatten_unordered(AT_ONCE).boxed()
    }

    /// The same rows; that these runs are of this experiment will not be asked again.
    fn remembered(&self, rows: Rows, experiment: &str) -> Rows {
        let (known, experiment) = (self.experiments.clone(), experiment.to_owned());
        let remember = move |row: &Result<Value, Answer>| {
            let Some(run) = row.as_ref().ok().and_then(|row| row.get("runId")?.as_str()) else {
                return;
            };
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() == REMEMBERED_MAX {
                known.clear();
            }
            known.insert(run.to_owned(), experiment.clone());
        };
        rows.inspect(remember).boxed()
    }

    /// The runs of an experiment that a filter chooses; all of them where the service takes no such filter.
    fn filtered_runs(&self, names: &[&str], filter: Option<&str>) -> Rows {
        let every = self.data.query(names, "runs:query", json!({}));
        let Some(filter) = filter else { return every };
        let query = json!({"filter": filter});
        let mut filtered = self.data.query(names, "runs:query", query);
        stream::once(async move {
            match filtered.next().await {
                Some(Err(answer)) if answer.status() == 400 => every,
                first => stream::iter(first).chain(filtered).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    /// What the pattern chooses of a run that was listed.
    fn of_row(&self, place: &EntryPath, row: Value, pattern: &Pattern) -> Finding {
        let id = row.get("runId").and_then(Value::as_str);
        let path = id.and_then(|id| place.child(id).ok());
        let Some(path) = path else {
            return gap(place.clone(), "a name that no path can say");
        };
        let metrics = self.chosen_metrics(&path, pattern);
        let own = pattern.matches(&path).then(|| Ok(found_at(path, row)));
        stream::iter(own).chain(metrics).boxed()
    }

    fn run_and_metrics(&self, place: &EntryPath, id: &[u8], pattern: &Pattern) -> Finding {
        let Ok(path) = place.child(id) else {
            return stream::empty().boxed();
        };
        let metrics = self.chosen_metrics(&path, pattern);
        match pattern.matches(&path) {
            true => self.looked_at(path).chain(metrics).boxed(),
            false => metrics,
        }
    }

    /// The metrics of a run, where the pattern chooses them: they are requests of their own.
    fn chosen_metrics(&self, run: &EntryPath, pattern: &Pattern) -> Finding {
        match run.child("metrics") {
            Ok(path) if pattern.matches(&path) => self.looked_at(path),
            _ => stream::empty().boxed(),
        }
    }

    fn looked_at(&self, path: EntryPath) -> Finding {
        let this = self.clone();
        stream::once(async move {
            match this.look(&path).await {
                Ok(seen) => Some(Ok(Found::Record(Box::new(seen)))),
                Err(StoreError::NotFound(_)) => None,
                Err(error) => Some(unlisted(error).map(Found::Gap)),
            }
        })
        .filter_map(std::future::ready)
        .boxed()
    }

    pub(crate) async fn run(&self, id: &str) -> Result<Value, Answer> {
        self.data.get(Service::History, &["runs", id]).await
    }

    /// The run as a job of the management plane, which says more of its outputs.
    pub(crate) async fn job(&self, run: &EntryPath) -> Result<Value, StoreError> {
        let asked = async {
            let names = ["jobs", &run.file_name()];
            let url = self.manage.url(&names, &[]).ok_or(NO_NAME)?;
            self.managed_at(&url).await
        };
        asked
            .await
            .map_err(|answer| about(answer, run, "reading the job of"))
    }

    /// The runs that a run started.
    pub(crate) fn children(&self, run: &EntryPath) -> Finding {
        let (this, run) = (self.clone(), run.clone());
        stream::once(async move {
            let experiment = match this.experiment_at(&run).await {
                Ok(experiment) => experiment,
                Err(StoreError::NotFound(_)) => return stream::empty().boxed(),
                Err(error) => return stream::iter([unlisted(error).map(Found::Gap)]).boxed(),
            };
            let id = run.file_name();
            let rows = this.data.children(experiment.as_deref(), &id);
            let place = EntryPath::of_segments(["runs"]).expect("a constant");
            this.found(run, rows, &Pattern::everything(), move |row| {
                place.child(row.get("runId")?.as_str()?).ok()
            })
        })
        .flatten()
        .boxed()
    }

    /// The name of the experiment of the run at `path`, without a look where it was listed.
    async fn experiment_at(&self, path: &EntryPath) -> Result<Option<String>, StoreError> {
        let known = self.experiments.lock();
        let known = known
            .unwrap_or_else(PoisonError::into_inner)
            .get(&path.file_name())
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let run = self.look(path).await?;
        let experiment = self.experiment_of(&run).await;
        experiment.map_err(|answer| about(answer, path, "listing the children"))
    }

    /// The name of a run's experiment: its document may say only the id.
    pub(crate) async fn experiment_of(&self, run: &Seen) -> Result<Option<String>, Answer> {
        if let Some(name) = run.text("experimentName") {
            return Ok(Some(name));
        }
        match run.text("experimentId") {
            Some(id) => self.experiment_named(&id).await,
            None => Ok(None),
        }
    }

    /// Where a run is changed: below its experiment, where that is known.
    pub(crate) async fn names_of_run(&self, run: &Seen, id: &str) -> Result<Vec<String>, Answer> {
        let mut names = Vec::new();
        if let Some(experiment) = self.experiment_of(run).await? {
            names.extend(["experiments".to_owned(), experiment]);
        }
        names.extend(["runs".to_owned(), id.to_owned()]);
        Ok(names)
    }
}

//! The records of a workspace, listed and looked at.
//!
//! Only kinds that a pattern may match are asked for. A kind that is out of reach is a gap; one that cannot be
//! listed now is an error, and ends the listing. That a row of a listing is the same document as a look at the
//! thing alone is an *assumption* (the specifications give both one schema): where it does not hold, a step
//! finds its record changed, and does nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use azure_core::http::Url;
use futures::future::Either;
use futures::stream::{self, BoxStream, StreamExt as _};
use remit_workspace::{EntryPath, Gap, Kind, Pattern, StoreError, Wanted};
use serde_json::Value;

use super::answer::{about, unlisted};
use super::data::Data;
use super::document::Seen;
use super::manage::{Manage, Rows};
use super::place::{ASSETS, NAMED, NOT_READ, Place, UNREAD};
use super::purge::Purges;
use super::resources::UNNAMED;
use crate::error::Answer;

/// The records of one workspace.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) manage: Arc<Manage>,
    pub(crate) data: Arc<Data>,
    /// Of runs that were listed: in which experiment. It never changes.
    pub(crate) experiments: Arc<Mutex<HashMap<String, String>>>,
    pub(crate) purges: Arc<Purges>,
}

/// What a listing of records finds.
#[derive(Debug)]
pub(crate) enum Found {
    Record(Box<Seen>),
    Gap(Gap),
}

pub(crate) type Finding = BoxStream<'static, Result<Found, StoreError>>;

/// Things that one listing is made of, asked for at once.
pub(crate) const AT_ONCE: usize = 8;

impl Records {
    /// The records that match.
    pub(crate) fn list(&self, pattern: &Pattern) -> Finding {
        self.list_wanted(pattern, &Wanted::default())
    }

    /// Those of them that are wanted, and perhaps others.
    pub(crate) fn list_wanted(&self, pattern: &Pattern, wanted: &Wanted) -> Finding {
        if let Some(path) = pattern.as_path() {
            return self.list_one(path);
        }
        let may = |root: &str| {
            let path = EntryPath::of_segments([root]).expect("a constant");
            pattern.may_match_below(&path)
        };
        let mut findings: Vec<Finding> = Vec::new();
        if may("workspace") {
            let path = EntryPath::of_segments(["workspace"]).expect("a constant");
            if pattern.matches(&path) {
                findings.push(self.list_one(path));
            }
        }
        if may("experiments") {
            findings.push(self.experiments(pattern));
        }
        if may("runs") && (wanted.may_be(Kind::Run) || wanted.may_be(Kind::Metrics)) {
            findings.push(self.runs(pattern, wanted));
        }
        findings.extend(
            ASSETS
                .into_iter()
                .filter(|kind| may(kind))
                .map(|kind| self.assets(kind, pattern)),
        );
        findings.extend(
            NAMED
                .into_iter()
                .filter(|kind| may(kind))
                .map(|kind| self.named(kind, pattern)),
        );
        if may("endpoints") {
            findings.extend(["online", "batch"].map(|kind| self.endpoints(kind, pattern)));
        }
        if may("services") {
            findings.push(self.services(pattern));
        }
        if may("resources") {
            findings.push(self.resources(pattern));
        }
        if may("telemetry") {
            findings.push(self.telemetry(pattern));
        }
        for root in UNREAD.into_iter().filter(|root| may(root)) {
            let path = EntryPath::of_segments([root]).expect("a constant");
            findings.push(gap(path, NOT_READ));
        }
        stream::iter(findings).flatten().boxed()
    }

    fn list_one(&self, path: EntryPath) -> Finding {
        let this = self.clone();
        stream::once(async move {
            let found = match this.look(&path).await {
                Ok(seen) => Some(Ok(Found::Record(Box::new(seen)))),
                Err(StoreError::NotFound(_)) => None,
                Err(error) => Some(unlisted(error).map(Found::Gap)),
            };
            stream::iter(found)
        })
        .flatten()
        .boxed()
    }

    /// The record at `path` as it is now.
    pub(crate) async fn look(&self, path: &EntryPath) -> Result<Seen, StoreError> {
        let (place, kind) = Place::of(path)?;
        let said = match &place {
            Place::Managed(names) => self.managed(names).await,
            Place::Experiment(name) => self.experiment(name).await,
            Place::Run(id) => self.run(id).await,
            Place::Metrics(id) => self.metrics(id).await,
            Place::Service(id) => self.service(id).await,
            Place::Resource(kind, name) => self.resource(kind, name).await,
            Place::Telemetry(named) => self.telemetry_at(named).await,
        };
        let said = said.map_err(|answer| match answer == UNNAMED {
            true => StoreError::OutOfReach {
                path: path.clone(),
                reason: answer.to_string(),
            },
            false => about(answer, path, "reading"),
        })?;
        // Services ignore the case of names; an entry has one, and it is theirs.
        let (member, own) = match &place {
            Place::Managed(names) => ("name", names.last().map(String::as_str)),
            Place::Experiment(name) => ("name", Some(name.as_str())),
            Place::Run(id) => ("runId", Some(id.as_str())),
            Place::Metrics(_) => ("runId", None),
            Place::Service(id) => ("id", Some(id.as_str())),
            Place::Resource(_, name) => ("name", Some(name.as_str())),
            Place::Telemetry(_) => ("name", None),
        };
        let theirs = said.get(member).and_then(Value::as_str);
        match (own, theirs) {
            (Some(own), Some(theirs)) if own != theirs => Err(StoreError::NotFound(path.clone())),
            _ => Seen::of(path.clone(), kind, said),
        }
    }

    async fn managed(&self, names: &[String]) -> Result<Value, Answer> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let url = self.manage.url(&names, &[]).ok_or(super::data::NO_NAME)?;
        self.managed_at(&url).await
    }

    /// What is at this address of the management plane.
    pub(crate) async fn managed_at(&self, url: &Url) -> Result<Value, Answer> {
        Ok(self.manage.line.get(url).await?.body)
    }

    /// Things with a name and nothing below: datastores, computes, schedules.
    fn named(&self, kind: &'static str, pattern: &Pattern) -> Finding {
        let query: &[(&str, &str)] = match kind {
            // Disabled ones too.
            "schedules" => &[("listViewType", "All")],
            _ => &[],
        };
        let url = self.manage.url(&[kind], query).expect("a constant");
        let place = EntryPath::of_segments([kind]).expect("a constant");
        let rows = self.manage.rows(url);
        self.found(place.clone(), rows, pattern, move |row| {
            place.child(name_of(row)?).ok()
        })
    }

    /// Rows as the records that the pattern chooses. What no path can say is a gap.
    pub(crate) fn found(
        &self,
        place: EntryPath,
        rows: Rows,
        pattern: &Pattern,
        path_of: impl Fn(&Value) -> Option<EntryPath> + Send + Sync + 'static,
    ) -> Finding {
        let (this, pattern) = (self.clone(), pattern.clone());
        rows.then(move |row| match row {
            Ok(row) => Either::Left(std::future::ready(match path_of(&row) {
                Some(path) if pattern.matches(&path) => Some(Ok(found_at(path, row))),
                Some(_) => None,
                None => Some(Ok(Found::Gap(Gap {
                    path: place.clone(),
                    reason: "a name that no path can say".to_owned(),
                }))),
            })),
            Err(answer) => {
                let (this, place) = (this.clone(), place.clone());
                Either::Right(async move { this.unlisted(&place, answer).await })
            }
        })
        .filter_map(std::future::ready)
        .boxed()
    }

    /// What a listing says of a place that it could not list. Nothing is there only if the workspace is:
    /// a mistyped name must not look like an empty one.
    pub(crate) async fn unlisted(
        &self,
        place: &EntryPath,
        answer: Answer,
    ) -> Option<Result<Found, StoreError>> {
        if answer.status() == 404 {
            let url = self.manage.url(&[], &[]).expect("no names");
            let path = EntryPath::of_segments(["workspace"]).expect("a constant");
            return match self.manage.line.get(&url).await {
                Ok(_) => None,
                Err(answer) => Some(Err(match about(answer, &path, "listing") {
                    StoreError::OutOfReach { path, reason } => {
                        StoreError::failed(&path, "listing", reason)
                    }
                    error => error,
                })),
            };
        }
        Some(unlisted(about(answer, place, "listing")).map(Found::Gap))
    }
}

/// The name of a row of the management plane.
pub(crate) fn name_of(row: &Value) -> Option<&str> {
    row.get("name")?.as_str().filter(|name| !name.is_empty())
}

/// A row as the record at this path.
pub(crate) fn found_at(path: EntryPath, row: Value) -> Found {
    let kind = Kind::of(&path).expect("a path of a record");
    match Seen::of(path.clone(), kind, row) {
        Ok(seen) => Found::Record(Box::new(seen)),
        Err(error) => Found::Gap(Gap {
            path,
            reason: match error {
                StoreError::OutOfReach { reason, .. } => reason,
                error => error.to_string(),
            },
        }),
    }
}

pub(crate) fn gap(path: EntryPath, reason: &str) -> Finding {
    let gap = Gap {
        path,
        reason: reason.to_owned(),
    };
    stream::iter([Ok(Found::Gap(gap))]).boxed()
}

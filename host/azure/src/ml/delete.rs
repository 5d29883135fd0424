//! Deleting a record (not the workspace itself), to its end: *gone* is said when a look afterwards shows nothing.
//!
//! The record is read and compared first, whatever happened before: where it is being deleted the end is
//! awaited, where it is still there it is sent again, where it is gone nothing is left to do. So a stop around
//! the start of a long-running operation is no other case than any, and neither is one that nobody waits for.

use azure_core::http::Method;
use remit_apply::Deleted;
use remit_workspace::{EntryPath, Kind, StoreError, Version, record};
use tokio::time::Instant;

use super::answer::about;
use super::data::{NO_NAME, Service};
use super::document::Seen;
use super::line::Heard;
use super::operation::{self, Came};
use super::place::Place;
use super::records::Records;
use crate::change::impossible;
use crate::error::Answer;

pub(crate) const DELETING: &str = "deleting";

/// Which way of deleting is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Deleted,
    /// What runs is cancelled first.
    Cancelled,
    /// The same, where it may have been cancelled so before.
    CancelledBefore,
    /// A compute target is forgotten, and nothing below it touched.
    Detached,
}

impl Records {
    /// Deletes a record.
    pub(crate) async fn delete(
        &self,
        path: &EntryPath,
        version: &Version,
        how: How,
    ) -> Result<Deleted, StoreError> {
        let mut sent = false;
        let mut tried = 0;
        loop {
            let mut seen = match self.look(path).await {
                Err(StoreError::NotFound(_)) if sent => return Ok(Deleted::Gone),
                other => other?,
            };
            let was_cancelled =
                how == How::CancelledBefore && seen.document.is_but_for_cancel(version);
            if !was_cancelled && !seen.document.is_but_for_progress(version) {
                return Err(StoreError::Changed(path.clone()));
            }
            if seen.is_being_deleted() {
                return self.await_absence(path).await;
            }
            let cancels = matches!(how, How::Cancelled | How::CancelledBefore);
            if cancels && is_running(&seen) {
                seen = self.cancel(path, &seen).await?;
                if is_running(&seen) {
                    let goes_on = Answer::Malformed("it was cancelled, and goes on");
                    return Err(StoreError::failed(path, "cancelling", goes_on));
                }
                return match self.delete_once(path, &seen, how).await {
                    Ok(Came::ToItsEnd) => self.await_absence(path).await,
                    Ok(Came::NotYet) => Ok(Deleted::UnderWay),
                    Err(answer) => Err(refused(answer, path, seen.entry.kind)),
                };
            }
            sent = true;
            match self.delete_once(path, &seen, how).await {
                Ok(Came::ToItsEnd) => return self.await_absence(path).await,
                Ok(Came::NotYet) => return Ok(Deleted::UnderWay),
                // It may have been done: the next look says.
                Err(answer) if answer.is_passing() && self.manage.line.again(tried).await => {
                    tried += 1;
                }
                Err(answer) => {
                    // An operation that ended badly may still have taken the thing away.
                    if let Err(StoreError::NotFound(_)) = self.look(path).await {
                        return Ok(Deleted::Gone);
                    }
                    // It is shown, whatever one service knows of it: a run may be no job.
                    if answer.status() == 404 {
                        let unknown =
                            Answer::Malformed("the service that deletes it does not know it");
                        return Err(StoreError::failed(path, DELETING, unknown));
                    }
                    return Err(refused(answer, path, seen.entry.kind));
                }
            }
        }
    }

    /// Sends the delete, and awaits the operation that it begins.
    async fn delete_once(&self, path: &EntryPath, seen: &Seen, how: How) -> Result<Came, Answer> {
        let (place, _) = Place::of(path).map_err(|_| NO_NAME)?;
        let heard = match &place {
            Place::Run(id) => self.delete_managed(&["jobs", id], &[]).await?,
            Place::Metrics(id) => self.delete_metrics(id).await?,
            Place::Service(id) => self.delete_service(id).await?,
            Place::Resource(..) | Place::Telemetry(_) => return Err(NO_NAME),
            Place::Experiment(_) => {
                let id = seen
                    .text("experimentId")
                    .ok_or(Answer::Malformed("an experiment without an id"))?;
                let names = ["experimentids", id.as_str()];
                self.data
                    .change(Service::History, Method::Delete, &names, None)
                    .await?
            }
            Place::Managed(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                // Required of computes, and of nothing else.
                let query: &[(&str, &str)] = match (seen.entry.kind, how) {
                    (Kind::Compute, How::Detached) => &[("underlyingResourceAction", "Detach")],
                    (Kind::Compute, _) => &[("underlyingResourceAction", "Delete")],
                    _ => &[],
                };
                self.delete_managed(&names, query).await?
            }
        };
        let line = &self.manage.line;
        operation::end_within(line, heard, line.deletes_awaited).await
    }

    async fn delete_managed(
        &self,
        names: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Heard, Answer> {
        let url = self.manage.url(names, query).ok_or(NO_NAME)?;
        self.manage.change(Method::Delete, &url, None).await
    }

    /// Looks until it is not there. A service that says *done* may need a moment to show it, and one that still
    /// deletes it is awaited for as long as is wanted.
    pub(crate) async fn await_absence(&self, path: &EntryPath) -> Result<Deleted, StoreError> {
        let until = Instant::now() + self.manage.line.deletes_awaited;
        let (mut tried, mut polled) = (0, 0);
        loop {
            let seen = match self.look(path).await {
                Err(StoreError::NotFound(_)) => return Ok(Deleted::Gone),
                other => other?,
            };
            if seen.is_being_deleted() {
                if Instant::now() >= until {
                    return Ok(Deleted::UnderWay);
                }
                tokio::time::sleep(self.manage.line.pause(polled)).await;
                polled += 1;
            } else if self.manage.line.again(tried).await {
                tried += 1;
            } else {
                let there = Answer::Malformed("it is said to be deleted, and is still there");
                return Err(StoreError::failed(path, DELETING, there));
            }
        }
    }

    /// Cancels a run and awaits its end. What is left must be the same run but for how it ended.
    pub(crate) async fn cancel(&self, path: &EntryPath, seen: &Seen) -> Result<Seen, StoreError> {
        const CANCELLING: &str = "cancelling";
        let id = seen
            .text("runId")
            .ok_or_else(|| about(NO_NAME, path, CANCELLING))?;
        let cancelled = async {
            let names = ["jobs", id.as_str(), "cancel"];
            let url = self.manage.url(&names, &[]).ok_or(NO_NAME)?;
            let heard = self.manage.change(Method::Post, &url, None).await?;
            operation::end(&self.manage.line, heard).await
        };
        cancelled
            .await
            .map_err(|answer| about(answer, path, CANCELLING))?;
        let mut tried = 0;
        loop {
            let now = self.look(path).await?;
            let (one, other) = (&seen.document.value, &now.document.value);
            let is_same = record::writable_fields(Kind::Run)
                .iter()
                .all(|name| one.get(name) == other.get(name));
            if !is_same {
                return Err(StoreError::Changed(path.clone()));
            }
            if !is_running(&now) || !self.manage.line.again(tried).await {
                return Ok(now);
            }
            tried += 1;
        }
    }
}

/// Whether a run has not come to its end.
pub(crate) fn is_running(seen: &Seen) -> bool {
    seen.document.goes_on()
}

/// A delete that the service does not do.
fn refused(answer: Answer, path: &EntryPath, kind: Kind) -> StoreError {
    match (kind, answer.status()) {
        // Which codes it has is an assumption; that only empty ones can be deleted is not.
        (Kind::Experiment, 400 | 409) => impossible(path, "it still has runs"),
        _ => about(answer, path, DELETING),
    }
}

//! Deleting the workspace itself.
//!
//! Without `purge` the service keeps it for a while, and can bring it back; with it, *gone* is said only when
//! one more purge finds nothing to delete. No call lists workspaces that are kept (2024-04-01): what is kept of a
//! workspace that is not shown is unknown, but for whoever began to delete it, and comes back to end that.
//!
//! What would stop it half-way is found before anything is begun: a management lock, and work that goes on.

use azure_core::http::Method;
use futures::StreamExt as _;
use remit_apply::Deleted;
use remit_policy::Strength;
use remit_workspace::{EntryPath, Forecast, Kind, Millis, Pattern, StoreError, Version};

use super::answer::about;
use super::data::NO_NAME;
use super::delete::{DELETING, is_running};
use super::operation::{self, Came};
use super::records::{Found, Records};
use crate::change::impossible;
use crate::error::Answer;

/// How long a deleted workspace is kept, as the service's description of its soft delete says.
const KEPT_DAYS: i64 = 14;
pub(crate) const DAY: Millis = 86_400_000;
/// How often a purge is sent again because there was something left to purge.
const PURGES_MAX: u32 = 4;

/// What became of a delete of the workspace that was sent.
#[derive(PartialEq, Eq)]
enum Sent {
    /// There was nothing to delete, kept or not.
    ForNothing,
    Ended,
    GoesOn,
}

/// So many days from now, by the clock of this machine: the service names no date.
pub(crate) fn in_days(days: i64) -> Millis {
    jiff::Timestamp::now().as_millisecond() + days * DAY
}

impl Records {
    /// Deletes the workspace; with `purge`, for good.
    pub(crate) async fn delete_workspace(
        &self,
        path: &EntryPath,
        version: &Version,
        strength: Strength,
    ) -> Result<Deleted, StoreError> {
        let seen = self.look(path).await?;
        if !seen.document.is_but_for_progress(version) {
            return Err(StoreError::Changed(path.clone()));
        }
        // Begun before, by whomever: how, nobody says. To its end, and then as it was asked for.
        if !seen.is_being_deleted() {
            self.unlocked(&self.manage.id, path).await?;
            self.without_work(path, strength.cancel).await?;
            // Cancelling takes its time: it must still be what was shown.
            let seen = self.look(path).await?;
            if !seen.document.is_but_for_progress(version) {
                return Err(StoreError::Changed(path.clone()));
            }
            let sent = self.send_delete(strength.purge).await;
            if sent.map_err(|answer| about(answer, path, DELETING))? == Sent::GoesOn {
                return Ok(Deleted::UnderWay);
            }
        }
        if self.await_absence(path).await? == Deleted::UnderWay {
            return Ok(Deleted::UnderWay);
        }
        match strength.purge {
            true => self.purged(path).await,
            false => Ok(Deleted::GoneOn(in_days(KEPT_DAYS))),
        }
    }

    /// The end of a delete that was begun before, of a workspace that is no longer shown. Whoever deleted it, and
    /// however: it is kept for no longer than one that was deleted softly just now; and with `purge`, what is
    /// kept is purged.
    pub(crate) async fn end_workspace(
        &self,
        path: &EntryPath,
        purge: bool,
    ) -> Result<Deleted, StoreError> {
        match self.look(path).await {
            Err(StoreError::NotFound(_)) if purge => self.purged(path).await,
            Err(StoreError::NotFound(_)) => Ok(Deleted::GoneOn(in_days(KEPT_DAYS))),
            Err(error) => Err(error),
            // Somebody made it anew, or brought it back.
            Ok(_) => Err(StoreError::Changed(path.clone())),
        }
    }

    /// Sends the delete and awaits it for as long as is wanted.
    async fn send_delete(&self, purge: bool) -> Result<Sent, Answer> {
        let query: &[(&str, &str)] = match purge {
            true => &[("forceToPurge", "true")],
            false => &[],
        };
        let url = self.manage.url(&[], query).ok_or(NO_NAME)?;
        let heard = self.manage.change(Method::Delete, &url, None).await?;
        let was_nothing = heard.status == 204;
        let line = &self.manage.line;
        let came = operation::end_within(line, heard, line.deletes_awaited).await?;
        Ok(match came {
            Came::NotYet => Sent::GoesOn,
            Came::ToItsEnd if was_nothing => Sent::ForNothing,
            Came::ToItsEnd => Sent::Ended,
        })
    }

    /// Purges until there is nothing to purge. That one that is kept is purged by this very request, and that
    /// 204 is said of one that is neither there nor kept, are *assumptions*.
    async fn purged(&self, path: &EntryPath) -> Result<Deleted, StoreError> {
        for _ in 0..PURGES_MAX {
            match self.send_delete(true).await {
                Ok(Sent::ForNothing) => return Ok(Deleted::Gone),
                Ok(Sent::GoesOn) => return Ok(Deleted::UnderWay),
                Ok(Sent::Ended) => {}
                Err(answer) => return Err(about(answer, path, "purging")),
            }
        }
        let kept = Answer::Malformed("it is said to be purged, and is still kept");
        Err(StoreError::failed(path, "purging", kept))
    }

    /// [`StoreError::Held`] when a management lock forbids to delete what has this id.
    pub(crate) async fn unlocked(&self, id: &str, path: &EntryPath) -> Result<(), StoreError> {
        let locks = self.manage.locks(id).await;
        let locks = locks.map_err(|answer| about(answer, path, "looking for locks"))?;
        match locks.on(id) {
            Some(by) => Err(StoreError::Held {
                path: path.clone(),
                by,
            }),
            None => Ok(()),
        }
    }

    /// Sees to it that no run goes on: cancelled if that is granted, otherwise [`StoreError::Impossible`].
    async fn without_work(&self, path: &EntryPath, cancel: bool) -> Result<(), StoreError> {
        let every = Pattern::parse("/runs/*").expect("a constant");
        let mut runs = self.list(&every);
        let mut going_on = Vec::new();
        while let Some(found) = runs.next().await {
            match found? {
                Found::Record(seen) if is_running(&seen) => going_on.push(seen),
                Found::Record(_) => {}
                Found::Gap(gap) => {
                    let reason = format!("{}: {}", gap.path, gap.reason);
                    let path = path.clone();
                    return Err(StoreError::OutOfReach { path, reason });
                }
            }
        }
        match going_on.first() {
            Some(first) if !cancel => {
                let run = &first.entry.path;
                let why = format!("{run} has not ended: it must be cancelled first");
                return Err(impossible(path, why));
            }
            _ => {}
        }
        for seen in going_on {
            let ended = self.cancel(&seen.entry.path, &seen).await?;
            if is_running(&ended) {
                let goes_on = Answer::Malformed("it was cancelled, and goes on");
                return Err(StoreError::failed(&seen.entry.path, "cancelling", goes_on));
            }
        }
        Ok(())
    }

    /// What the services keep of the workspace, or of something that it depends on, where it is no longer
    /// there: in words, since none of it can be looked at.
    pub(crate) async fn kept_of(&self, path: &EntryPath) -> Result<Option<String>, StoreError> {
        match self.look(path).await {
            Ok(_) => Ok(None),
            Err(StoreError::NotFound(_)) if is_itself(path) => Ok(Some(KEPT_UNKNOWN.to_owned())),
            Err(StoreError::NotFound(_)) if Kind::of(path) == Some(Kind::Telemetry) => {
                Ok(Some(ROWS_UNKNOWN.to_owned()))
            }
            Err(StoreError::NotFound(_)) => self.resource_is_kept(path).await,
            Err(error) => Err(error),
        }
    }

    /// What a delete of the workspace will achieve.
    pub(crate) async fn forecast_workspace(&self, path: &EntryPath, purge: bool) -> Forecast {
        match self.unlocked(&self.manage.id, path).await {
            Err(StoreError::Held { by, .. }) => Forecast::Held(by),
            Err(error) => Forecast::Unknown(error.to_string()),
            Ok(()) if purge => Forecast::Gone,
            Ok(()) => Forecast::GoneOn(in_days(KEPT_DAYS)),
        }
    }
}

/// What is said of the states that the service keeps of a workspace that is not shown.
const KEPT_UNKNOWN: &str = "the service lists no workspaces that it keeps after they were deleted";

/// What is said of rows whose component is not there: a Log Analytics workspace keeps them all the same.
const ROWS_UNKNOWN: &str = "its component is not there, and nothing else tells where its rows lie";

/// Whether this is the workspace itself.
pub(crate) fn is_itself(path: &EntryPath) -> bool {
    Kind::of(path) == Some(Kind::Workspace)
}

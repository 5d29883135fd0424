//! What the service keeps of a file besides the file: its copies in share snapshots, and deleted shares.
//!
//! A share snapshot is read-only and goes as a whole, with what others have in it: it is never deleted here.
//! A deleted share that is still in its retention may hold a file of the same path, and nobody can look into
//! it. Both are found in the list of shares; who may not list shares cannot be told that anything is gone.

use std::sync::PoisonError;
use std::time::Instant;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use remit_apply::Deleted;
use remit_workspace::{Entry, EntryPath, Forecast, Gap, Listed, Listing, Millis, StoreError};

use crate::change::impossible;
use crate::error::Answer;
use crate::files::Files;
use crate::files::entry::{is_read_only, of_headers};
use crate::files::names::FileName;
use crate::files::wire::{FRESH, about};
use crate::listing::{millis, next_marker};
use crate::tree::Tree;

/// Snapshots of one share that are looked into at once.
const AT_ONCE: usize = 8;
const DAY: Millis = 86_400_000;

/// One page of the list of shares.
#[derive(Debug)]
pub(crate) struct SharePage {
    pub(crate) shares: Vec<Tree<'static>>,
    /// The service's clock.
    now: Option<Millis>,
}

/// What the service keeps of a share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Share {
    snapshots: Vec<String>,
    /// When the last deleted share of the same name is let go of.
    deleted_until: Option<Millis>,
}

/// What the service keeps of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// Its copies in snapshots, in the order in which those were taken.
    pub(crate) snapshots: Vec<Entry>,
    pub(crate) deleted_until: Option<Millis>,
}

impl Files {
    /// Every page of the list of shares.
    pub(crate) fn share_pages<'a>(
        &'a self,
        query: &'a [(&'a str, &'a str)],
    ) -> BoxStream<'a, Result<SharePage, Answer>> {
        stream::try_unfold(Some(None::<String>), move |at| async move {
            let Some(marker) = at else { return Ok(None) };
            let mut pairs = vec![("comp", "list")];
            pairs.extend_from_slice(query);
            pairs.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let (mut tree, date) = self.document(self.account(&pairs)?, &[]).await?;
            let next = next_marker(&tree, marker.as_deref())?;
            let at = tree
                .children
                .iter()
                .position(|child| child.name == "Shares");
            let shares = at.map(|at| tree.children.swap_remove(at).children);
            let page = SharePage {
                shares: shares.ok_or(Answer::Malformed("a page without an element Shares"))?,
                now: date.as_deref().and_then(millis),
            };
            Ok(Some((page, next.map(Some))))
        })
        .boxed()
    }

    /// What the service keeps of a share, seen now.
    async fn share(&self, share: &str) -> Result<Share, Answer> {
        let query = [("prefix", share), ("include", "snapshots,deleted")];
        let mut found = Share::default();
        let mut pages = self.share_pages(&query);
        while let Some(page) = pages.next().await {
            let page = page?;
            let named = page.shares.iter();
            for listed in named.filter(|listed| listed.value("Name") == Some(share)) {
                let snapshot = listed.value("Snapshot");
                found.snapshots.extend(snapshot.map(ToOwned::to_owned));
                if listed.value("Deleted") == Some("true") {
                    let until = until(listed, page.now);
                    let until = until.ok_or(Answer::Malformed("a deleted share without a date"))?;
                    found.deleted_until = found.deleted_until.max(Some(until));
                }
            }
        }
        let seen = (Instant::now(), found.clone());
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.insert(share.to_owned(), seen);
        Ok(found)
    }

    /// The ids of a share's snapshots.
    pub(crate) async fn share_snapshots(&self, share: &str) -> Result<Vec<String>, Answer> {
        Ok(self.share(share).await?.snapshots)
    }

    /// The same, seen a moment ago.
    async fn share_lately(&self, share: &str) -> Result<Share, Answer> {
        let lately = {
            let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = shares.get(share).filter(|(at, _)| at.elapsed() < FRESH);
            seen.map(|(_, share)| share.clone())
        };
        match lately {
            Some(share) => Ok(share),
            None => self.share(share).await,
        }
    }

    /// What the service keeps of a file now.
    pub(crate) async fn kept(&self, name: &FileName) -> Result<Kept, Answer> {
        let share = self.share(&name.share).await?;
        self.kept_in(name, share).await
    }

    /// What the service kept of a file a moment ago: for what is looked at again after.
    pub(crate) async fn kept_lately(&self, name: &FileName) -> Result<Kept, Answer> {
        let share = self.share_lately(&name.share).await?;
        self.kept_in(name, share).await
    }

    async fn kept_in(&self, name: &FileName, share: Share) -> Result<Kept, Answer> {
        let looks = share.snapshots.into_iter().map(|id| async move {
            let name = name.in_snapshot(&id);
            match self.head(&name, &[]).await {
                Ok(answer) => {
                    let entry = of_headers(&name, &answer);
                    entry
                        .map(Some)
                        .ok_or(Answer::Malformed("an answer without a tag"))
                }
                // Not in it; or a directory, or another thing then.
                Err(answer) if answer.status() == 404 => Ok(None),
                Err(answer) if answer.code() == "ResourceTypeMismatch" => Ok(None),
                Err(answer) => Err(answer),
            }
        });
        let found: Vec<Option<Entry>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        Ok(Kept {
            snapshots: found.into_iter().flatten().collect(),
            deleted_until: share.deleted_until,
        })
    }

    /// Copies of a file in share snapshots.
    pub(crate) fn generations(&self, of: &EntryPath) -> Listing {
        let (this, of) = (self.clone(), of.clone());
        stream::once(async move {
            let kept = match this.name(&of.current()) {
                Ok(name) => this
                    .kept(&name)
                    .await
                    .map_err(|answer| about(answer, &of, "listing")),
                Err(error) => Err(error),
            };
            let kept = match kept {
                Ok(kept) => kept,
                Err(StoreError::NotFound(_)) => return Vec::new(),
                Err(StoreError::OutOfReach { path, reason }) => {
                    let reason = format!("share snapshots: {reason}");
                    return vec![Ok(Listed::Gap(Gap { path, reason }))];
                }
                Err(error) => return vec![Err(error)],
            };
            let until = kept.deleted_until.map(|until| {
                let reason = format!(
                    "a deleted share of this name is kept until {}, and cannot be looked into",
                    day(until)
                );
                Listed::Gap(Gap { path: of, reason })
            });
            let snapshots = kept.snapshots.into_iter().map(Listed::Entry);
            snapshots.chain(until).map(Ok).collect()
        })
        .flat_map(stream::iter)
        .boxed()
    }

    /// What a delete of a file will achieve. A purge achieves no more: share snapshots stay.
    pub(crate) async fn forecast(&self, entry: &Entry) -> Forecast {
        let is = |name: &str| entry.properties.get(name);
        if is("lease") == Some("locked") {
            return Forecast::Held("a lease".to_owned());
        }
        if is_read_only(is("attributes")) {
            return Forecast::Held("its read-only attribute".to_owned());
        }
        let Ok(name) = self.name(&entry.path) else {
            return Forecast::Unknown("it is no file".to_owned());
        };
        if name.snapshot.is_some() {
            return Forecast::Impossible(WHOLE.to_owned());
        }
        match self.kept_lately(&name).await {
            Ok(kept) => match (kept.snapshots.last(), kept.deleted_until) {
                (Some(copy), _) => Forecast::Impossible(keeps_it(copy)),
                (None, Some(until)) => Forecast::GoneOn(until),
                (None, None) => Forecast::Gone,
            },
            Err(answer) if answer.status() == 403 => Forecast::Impossible(UNTOLD.to_owned()),
            Err(_) => Forecast::Unknown("share snapshots could not be listed".to_owned()),
        }
    }

    /// Whether the service keeps what a replace took away: a copy in a snapshot that is not the file as it is now.
    pub(crate) async fn forget(&self, path: &EntryPath) -> Result<Deleted, StoreError> {
        let name = &self.name(path)?;
        let now = match self.look(path, name).await {
            Ok(now) => Some(now.version),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        let kept = self
            .kept(name)
            .await
            .map_err(|answer| match answer.status() {
                403 => impossible(path, format!("redacted, but {UNTOLD}")),
                _ => about(answer, path, "listing"),
            })?;
        // Whatever is older counts, not only the version that was replaced: that a copy in a snapshot has the
        // entity tag that the file had is an assumption, on which nothing may be called done.
        let old = |copy: &&Entry| Some(&copy.version) != now.as_ref();
        match (kept.snapshots.iter().rev().find(old), kept.deleted_until) {
            (Some(copy), _) => Err(impossible(
                path,
                format!("redacted, but {}", keeps_it(copy)),
            )),
            (None, Some(until)) => Ok(Deleted::GoneOn(until)),
            (None, None) => Ok(Deleted::Gone),
        }
    }
}

/// Why nobody deletes a share snapshot's copy.
pub(crate) const WHOLE: &str = "a share snapshot goes only as a whole, with what others have in it";
/// Why a delete is not begun by who may not list shares.
pub(crate) const UNTOLD: &str =
    "this credential may not list share snapshots, so nobody could say that it is gone";

/// The sentence that a share snapshot keeps a file.
pub(crate) fn keeps_it(copy: &Entry) -> String {
    let id = match copy.path.generation() {
        Some(remit_workspace::Generation::Snapshot(id)) => crate::names::decoded(id),
        _ => String::new(),
    };
    format!("the share snapshot {id} keeps a copy, and goes only as a whole")
}

/// When a deleted share is let go of. That the service counts whole days only is an assumption, and a day is
/// added, so that nothing is called gone before it is.
fn until(share: &Tree<'_>, now: Option<Millis>) -> Option<Millis> {
    let properties = share.child("Properties")?;
    let left: i64 = properties.value("RemainingRetentionDays")?.parse().ok()?;
    Some(now? + (left + 1) * DAY)
}

fn day(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at);
    at.map_or_else(
        |_| "a day that is unknown".to_owned(),
        |at| at.strftime("%Y-%m-%d").to_string(),
    )
}

//! Deletes that are wanted at the same time go in one request.
//!
//! There is no clock in it: whoever wants a delete puts it down, lets the others have their turn, and then
//! takes along all that lies there. Only plain deletes of current states come here; how a delete ends that
//! is not simply done is said by the single one, which every part falls back to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::channel::oneshot;
use remit_workspace::Version;

use crate::Account;
use crate::account::Kept;
use crate::batch::{PARTS_MAX, Part};
use crate::entry::etag_of;
use crate::error::Answer;
use crate::names::BlobName;

/// Fewer go one by one: a batch costs a request of its own.
const TOGETHER_MIN: usize = 2;

/// Deletes that somebody waits for, by container.
#[derive(Debug, Default)]
pub(crate) struct Gather(Mutex<BTreeMap<String, Vec<Wanted>>>);

#[derive(Debug)]
struct Wanted {
    blob: BlobName,
    etag: String,
    told: oneshot::Sender<Told>,
}

/// How a delete among others ended.
#[derive(Debug)]
pub(crate) enum Told {
    /// It was done; and what a listing of many showed to be left of it, if it showed that.
    Deleted(Option<Kept>),
    /// It must be asked for by itself.
    Singly {
        /// Whether it may have been done already.
        tried: bool,
    },
}

impl Gather {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Wanted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, blob: &BlobName, etag: String) -> oneshot::Receiver<Told> {
        let (told, hear) = oneshot::channel();
        let wanted = Wanted {
            blob: blob.clone(),
            etag,
            told,
        };
        let mut waiting = self.waiting();
        let here = waiting.entry(blob.container.to_string()).or_default();
        here.push(wanted);
        hear
    }

    fn take(&self, container: &str) -> Vec<Wanted> {
        let mut waiting = self.waiting();
        let Some(here) = waiting.get_mut(container) else {
            return Vec::new();
        };
        let some = here.len().min(PARTS_MAX);
        let taken = here.drain(..some).collect();
        if here.is_empty() {
            waiting.remove(container);
        }
        taken
    }
}

impl Account {
    /// Deletes a current state if it still is this version, together with what else is wanted now.
    pub(crate) async fn delete_together(&self, blob: &BlobName, version: &Version) -> Told {
        let Some(etag) = etag_of(version) else {
            return Told::Singly { tried: false };
        };
        let told = self.gather.put(blob, etag);
        tokio::task::yield_now().await;
        let taken = self.gather.take(&blob.container);
        if !taken.is_empty() {
            self.delete_taken(&blob.container, taken).await;
        }
        // Whoever took it was stopped: nobody knows how far it came.
        told.await.unwrap_or(Told::Singly { tried: true })
    }

    async fn delete_taken(&self, container: &str, taken: Vec<Wanted>) {
        let is_worth_it = taken.len() >= TOGETHER_MIN;
        let ends = match is_worth_it && self.may_batch(container, taken.len()).await {
            true => self.ends_of(container, &taken).await,
            false => taken.iter().map(|_| End::Singly { tried: false }).collect(),
        };
        let done = taken.iter().zip(&ends);
        let done = done.filter(|(_, end)| **end == End::Done);
        let names = done.map(|(wanted, _)| wanted.blob.name.clone()).collect();
        let mut left = self.left_of_many(container, names).await;
        for (wanted, end) in taken.into_iter().zip(ends) {
            let told = match end {
                End::Done => Told::Deleted(left.remove(&wanted.blob.name)),
                End::Singly { tried } => Told::Singly { tried },
            };
            // Whoever waited for it may have gone.
            let _nobody_waits = wanted.told.send(told);
        }
    }

    /// Sends a batch, again while the answer is a passing one: the conditions of its parts make that safe.
    async fn ends_of(&self, container: &str, taken: &[Wanted]) -> Vec<End> {
        let parts: Vec<Part<'_>> = taken
            .iter()
            .map(|wanted| Part {
                blob: &wanted.blob,
                etag: &wanted.etag,
            })
            .collect();
        let mut tried = 0;
        loop {
            match self.wire.delete_batch(container, &parts).await {
                Ok(statuses) => {
                    if statuses.iter().any(|status| [429, 503].contains(status)) {
                        self.wire.door.busy();
                    }
                    let ends = statuses.into_iter();
                    return ends.map(|status| End::of(status, tried > 0)).collect();
                }
                Err(answer) if answer.is_passing() && self.wire.again(tried).await => tried += 1,
                // Nothing is known about any part: each is looked at by itself.
                Err(_) => return vec![End::Singly { tried: true }; taken.len()],
            }
        }
    }
}

/// How one part of a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Singly { tried: bool },
}

impl End {
    fn of(status: u16, tried: bool) -> Self {
        let status = Answer::Status {
            status,
            code: String::new(),
        };
        match status.status() {
            202 => Self::Done,
            // It is no longer there, and a try of ours came before.
            404 if tried => Self::Done,
            _ => Self::Singly {
                tried: tried || status.is_passing(),
            },
        }
    }
}

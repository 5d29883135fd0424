//! Purges of rows of telemetry.
//!
//! The service takes fifty purges an hour and asks for one that names everybody: rows of one table and column
//! that are wanted away at the same time go in one request, as deletes of blobs do (`gather`). How many were
//! sent in the last hour is known before the next is; what the service says of waiting is obeyed.
//!
//! The end of a purge is told by its operation alone, for no call shows rows. It is asked for a while, and
//! left to whoever verifies after that: the service may take days. To ask for the same rows again does no harm,
//! so whoever was stopped in between asks again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::http::{Method, Url};
use futures::channel::oneshot;
use remit_apply::Deleted;
use remit_workspace::{EntryPath, StoreError, Version};
use serde_json::Value;
use tokio::time::Instant;

use super::answer::about;
use super::data::NO_NAME;
use super::place::Place;
use super::records::Records;
use super::resources::Resource;
use super::telemetry::{Named, purged_until};
use crate::error::Answer;

/// Purges that the service takes in an hour.
const AN_HOUR_MAX: usize = 50;
const HOUR: Duration = Duration::from_secs(3600);
/// Values in one request. *Assumption*: the service names no limit.
const VALUES_MAX: usize = 256;
/// Times that one request is put off because the service says so.
const PUT_OFF_MAX: u32 = 3;
/// Looks at an operation before it is left to itself.
const LOOKS_MAX: u32 = 12;

const PURGING: &str = "purging";
const STOPPED: Answer = Answer::Malformed("the request that it was in was given up");

/// Purges that somebody waits for, and when the last ones were sent.
#[derive(Debug, Default)]
pub(crate) struct Purges {
    waiting: Mutex<BTreeMap<Lot, Vec<Wanted>>>,
    sent: Mutex<VecDeque<Instant>>,
}

/// What goes into one request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lot {
    component: String,
    table: String,
    column: String,
}

#[derive(Debug)]
struct Wanted {
    value: String,
    version: Version,
    told: oneshot::Sender<Result<Purged, Refused>>,
}

#[derive(Clone, Debug)]
struct Purged {
    operation: String,
    has_ended: bool,
}

#[derive(Clone, Debug)]
enum Refused {
    Changed,
    Answered(Answer),
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Purges {
    fn take(&self, lot: &Lot) -> Vec<Wanted> {
        let mut waiting = unpoisoned(&self.waiting);
        let Some(here) = waiting.get_mut(lot) else {
            return Vec::new();
        };
        let some = here.len().min(VALUES_MAX);
        let taken = here.drain(..some).collect();
        if here.is_empty() {
            waiting.remove(lot);
        }
        taken
    }

    /// Waits until one more may be sent, and counts it.
    async fn spend(&self) {
        loop {
            let free_at = {
                let mut sent = unpoisoned(&self.sent);
                let now = Instant::now();
                while sent.front().is_some_and(|first| *first + HOUR <= now) {
                    sent.pop_front();
                }
                match sent.front() {
                    Some(first) if sent.len() >= AN_HOUR_MAX => *first + HOUR,
                    _ => {
                        sent.push_back(now);
                        return;
                    }
                }
            };
            tokio::time::sleep_until(free_at).await;
        }
    }
}

impl Records {
    /// Purges the rows that a path names, together with what else is wanted now.
    pub(crate) async fn purge(
        &self,
        path: &EntryPath,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let Ok((Place::Telemetry(named), _)) = Place::of(path) else {
            return Err(StoreError::NotFound(path.clone()));
        };
        let Some((column, value)) = named.rows else {
            return Err(StoreError::NotFound(path.clone()));
        };
        let lot = Lot {
            component: named.component,
            table: named.table,
            column,
        };
        let (told, hear) = oneshot::channel();
        let wanted = Wanted {
            value,
            version: version.clone(),
            told,
        };
        unpoisoned(&self.purges.waiting)
            .entry(lot.clone())
            .or_default()
            .push(wanted);
        tokio::task::yield_now().await;
        let taken = self.purges.take(&lot);
        if !taken.is_empty() {
            self.purge_taken(&lot, taken).await;
        }
        match hear.await {
            Ok(Ok(Purged {
                operation,
                has_ended,
            })) => Ok(Deleted::Purging {
                operation,
                has_ended,
                until: purged_until(),
            }),
            Ok(Err(Refused::Changed)) => Err(StoreError::Changed(path.clone())),
            Ok(Err(Refused::Answered(answer))) => Err(about(answer, path, PURGING)),
            // Whoever took it was stopped.
            Err(_) => Err(about(STOPPED, path, PURGING)),
        }
    }

    async fn purge_taken(&self, lot: &Lot, taken: Vec<Wanted>) {
        let tell = |wanted: Wanted, told| {
            // Whoever waited for it may have gone.
            let _nobody_waits = wanted.told.send(told);
        };
        let component = match self.component(&lot.component).await {
            Ok(component) => component,
            Err(answer) => {
                for wanted in taken {
                    tell(wanted, Err(Refused::Answered(answer.clone())));
                }
                return;
            }
        };
        let (same, changed): (Vec<_>, Vec<_>) = taken.into_iter().partition(|wanted| {
            let named = Named {
                component: lot.component.clone(),
                table: lot.table.clone(),
                rows: Some((lot.column.clone(), wanted.value.clone())),
            };
            component.version_of(&named).as_ref() == Some(&wanted.version)
        });
        for wanted in changed {
            tell(wanted, Err(Refused::Changed));
        }
        if same.is_empty() {
            return;
        }
        let values: Vec<&str> = same.iter().map(|wanted| wanted.value.as_str()).collect();
        let body = component.purge(&self.manage.id, &lot.table, &lot.column, &values);
        let told = match self.ask_for_purge(&component.holder, &body).await {
            Ok(operation) => Ok(Purged {
                has_ended: self.await_purge(&component.holder, &operation).await,
                operation,
            }),
            Err(answer) => Err(Refused::Answered(answer)),
        };
        for wanted in same {
            tell(wanted, told.clone());
        }
    }

    /// Sends a purge; its operation. Again while the answer is a passing one: asked for twice, the same rows
    /// go.
    async fn ask_for_purge(&self, holder: &Resource, body: &Value) -> Result<String, Answer> {
        const UNNAMED: Answer = Answer::Malformed("a purge that names no operation");
        let url = self.of_holder(holder, "purge")?;
        let line = &self.manage.line;
        let (mut tried, mut put_off) = (0, 0);
        loop {
            self.purges.spend().await;
            match line.ask(Method::Post, &url, Some(body)).await {
                Ok(heard) => {
                    let header = heard.purge.as_ref();
                    let last = header.and_then(|url| url.path_segments()?.next_back());
                    // The body's id is another one in every example of the specifications.
                    let operation = last.filter(|name| is_operation(name)).ok_or(UNNAMED)?;
                    return Ok(operation.to_owned());
                }
                Err((answer, wished)) if answer.status() == 429 && put_off < PUT_OFF_MAX => {
                    tokio::time::sleep(wait_of(wished, line.pause(put_off))).await;
                    put_off += 1;
                }
                Err((answer, _)) if answer.is_passing() && line.again(tried).await => tried += 1,
                // The component was there just now.
                Err((answer, _)) if answer.status() == 404 => {
                    return Err(Answer::Malformed(
                        "what holds the rows does not take purges",
                    ));
                }
                Err((answer, _)) => return Err(answer),
            }
        }
    }

    /// Looks for a while whether it has ended. What cannot be seen has not.
    async fn await_purge(&self, holder: &Resource, operation: &str) -> bool {
        let until = Instant::now() + self.manage.line.deletes_awaited;
        for tried in 0..LOOKS_MAX {
            if Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(self.manage.line.pause(tried)).await;
            match self.purge_has_ended(holder, operation).await {
                Ok(false) => {}
                Ok(true) => return true,
                Err(_) => return false,
            }
        }
        false
    }

    async fn purge_has_ended(&self, holder: &Resource, operation: &str) -> Result<bool, Answer> {
        let url = self.of_holder(holder, &format!("operations/{operation}"))?;
        let body = self.manage.line.get(&url).await?.body;
        match body.get("status").and_then(Value::as_str) {
            Some(status) => Ok(status.eq_ignore_ascii_case("completed")),
            None => Err(Answer::Malformed("an operation without a status")),
        }
    }

    fn of_holder(&self, holder: &Resource, below: &str) -> Result<Url, Answer> {
        let url = self.manage.of_id(&format!("{}/{below}", holder.id), &[]);
        url.ok_or(NO_NAME)
    }

    /// Whether the purge of these rows has ended.
    pub(crate) async fn has_purged(
        &self,
        path: &EntryPath,
        operation: &str,
    ) -> Result<bool, StoreError> {
        let absent = || StoreError::NotFound(path.clone());
        let Ok((Place::Telemetry(named), _)) = Place::of(path) else {
            return Err(absent());
        };
        if !is_operation(operation) {
            return Err(absent());
        }
        let asked = async {
            let component = self.component(&named.component).await?;
            self.purge_has_ended(&component.holder, operation).await
        };
        asked.await.map_err(|answer| about(answer, path, "reading"))
    }
}

/// How long a request is put off: as long as the service wishes, and no longer than its hour.
fn wait_of(wished: Option<Duration>, unsaid: Duration) -> Duration {
    wished.unwrap_or(unsaid).min(HOUR)
}

/// Whether a text can be an operation's name: a part of an address, and of nothing else.
fn is_operation(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_are_sent_in_an_hour_than_the_service_takes() {
        let purges = Purges::default();
        let begun = Instant::now();
        for _ in 0..AN_HOUR_MAX {
            purges.spend().await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        purges.spend().await;
        assert_eq!(begun.elapsed(), HOUR);
    }

    #[test]
    fn the_service_says_how_long_it_wants_to_be_left_alone() {
        let seconds = Duration::from_secs;
        assert_eq!(wait_of(Some(seconds(3000)), seconds(1)), seconds(3000));
        assert_eq!(wait_of(Some(seconds(86_400)), seconds(1)), HOUR);
        assert_eq!(wait_of(None, seconds(1)), seconds(1));
    }

    #[test]
    fn an_operation_is_one_name() {
        for (name, expect) in [
            ("purge-970318e7-b859-4edb-8903-83b1b54d0b74", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a?b", false),
        ] {
            assert_eq!(is_operation(name), expect, "{name}");
        }
    }
}

//! One request while it is served: what was asked, of which world, and what helps to answer.

use std::borrow::Cow;

use hyper::StatusCode;
use serde_json::Value;

use crate::ml::problem::Problem;
use crate::ml::request::Asked;
use crate::ml::running::{self, Running, Style, What};
use crate::ml::state::{By, State};
use crate::reply::Reply;
use crate::world::World;

/// How this request is made to go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quirks {
    /// The page before is answered again.
    pub(crate) page_again: bool,
    /// So many of the last changes are not seen by a listing.
    pub(crate) behind: usize,
    /// The operation that is started fails half-way.
    pub(crate) fails_half_way: bool,
}

/// A request while it is served.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) world: &'a mut World,
    pub(crate) asked: &'a Asked,
    pub(crate) by: By,
    /// What the placeholders of the route stand for.
    pub(crate) named: Vec<(&'static str, String)>,
    pub(crate) quirks: Quirks,
    /// The storage account's blob endpoint: for links with signatures.
    pub(crate) blob_url: String,
}

impl Call<'_> {
    /// What a placeholder of the route stands for.
    pub(crate) fn name(&self, placeholder: &str) -> String {
        self.named
            .iter()
            .find(|(name, _)| *name == placeholder)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    /// A record; looking at it moves on what works on it.
    pub(crate) fn record(&mut self, key: &str) -> Result<Cow<'_, Value>, Problem> {
        running::look_at(self.state, self.world, key);
        self.state.get(key).ok_or_else(|| {
            let name = key.rsplit('/').next().unwrap_or(key);
            Problem::not_found(name)
        })
    }

    /// Puts a document.
    pub(crate) fn put(&mut self, key: &str, document: Value) {
        let by = self.by;
        self.state.change(self.world, by, key, Some(document));
    }

    /// Removes a document; false if there was none.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let had = self.state.records.has(key);
        let by = self.by;
        self.state.change(self.world, by, key, None);
        had
    }

    /// 200 with a body.
    pub(crate) fn ok(body: &Value) -> Result<Reply, Problem> {
        Ok(Reply::ok().json(body))
    }

    /// The answer to a delete that is done at once: 200, and 204 for what is not there.
    pub(crate) fn deleted(had: bool) -> Result<Reply, Problem> {
        Ok(if had {
            Reply::ok()
        } else {
            Reply::new(StatusCode::NO_CONTENT)
        })
    }

    /// Starts a long-running operation, or finds the one that runs already.
    pub(crate) fn start(&mut self, key: &str, what: What, style: Style) -> Reply {
        let known = self.state.running.iter().find(|running| {
            running.key == key && running.what == what && running.outcome.is_none()
        });
        let running = match known {
            Some(running) => running.clone(),
            None => {
                let running = Running::new(
                    key,
                    what,
                    style,
                    self.by,
                    self.state.settings.looks,
                    self.quirks.fails_half_way,
                    self.world.now(),
                );
                running::begin(self.state, self.world, &running);
                self.state.running.push(running.clone());
                running
            }
        };
        self.accepted(&running)
    }

    /// 202 with where to look.
    pub(crate) fn accepted(&self, running: &Running) -> Reply {
        let settings = &self.state.settings;
        let version = self.asked.parameter("api-version").unwrap_or("2024-04-01");
        let place = |kind: &str| {
            format!(
                "{}/subscriptions/{}/providers/{}/locations/{}/{kind}/{}?api-version={version}",
                self.asked.base,
                settings.subscription,
                running.what.provider(),
                settings.location,
                running.id,
            )
        };
        let reply = Reply::accepted()
            .header("location", place("operationResults"))
            .header("retry-after", settings.retry_after.to_string());
        match running.style {
            Style::Location => reply,
            Style::LocationWithTimeout => reply.header("x-ms-async-operation-timeout", "PT1H"),
            Style::AsyncOperation => {
                reply.header("azure-asyncoperation", place("operationsStatus"))
            }
        }
    }
}

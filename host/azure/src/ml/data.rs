//! The workspace's own services: discovery, run history and metrics.
//!
//! Where they are, the workspace says (`discoveryUrl`), and that address says the rest; nobody is believed who
//! names a host outside the cloud. Paths are those of the data plane's 2019-09-30 specification.

use std::sync::Arc;

use azure_core::http::{Method, Url};
use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::ahead::ahead;
use super::line::{Heard, Line};
use super::manage::{Manage, Rows, Watch, address, rows_of};
use crate::error::Answer;
use crate::wire::Effect;

/// The services of one workspace.
#[derive(Debug)]
pub(crate) struct Data {
    manage: Arc<Manage>,
    base: OnceCell<String>,
}

/// A service, and its prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    History,
    Metric,
    /// Models and web services of the first version.
    Models,
}

impl Service {
    fn prefix(self) -> &'static str {
        match self {
            Self::History => "/history/v1.0",
            Self::Metric => "/metric/v2.0",
            Self::Models => "/modelmanagement/v1.0",
        }
    }
}

impl Data {
    pub(crate) fn new(manage: Arc<Manage>) -> Self {
        Self {
            manage,
            base: OnceCell::new(),
        }
    }

    fn line(&self) -> &Arc<Line> {
        &self.manage.line
    }

    /// Scheme and host of the services.
    async fn base(&self) -> Result<&str, Answer> {
        let found = self.base.get_or_try_init(|| self.discover()).await?;
        Ok(found)
    }

    async fn discover(&self) -> Result<String, Answer> {
        let workspace = self.manage.url(&[], &[]).ok_or(NO_NAME)?;
        let workspace = self.line().get(&workspace).await?.body;
        let text = workspace
            .pointer("/properties/discoveryUrl")
            .and_then(Value::as_str)
            .ok_or(Answer::Malformed("a workspace without a discoveryUrl"))?;
        let url = self.admitted(text)?;
        let places = self.line().get(&url).await?.body;
        let text = places
            .get("api")
            .or_else(|| places.get("history"))
            .and_then(Value::as_str)
            .ok_or(Answer::Malformed("a discovery without an address"))?;
        Ok(self.admitted(text)?.origin().ascii_serialization())
    }

    fn admitted(&self, text: &str) -> Result<Url, Answer> {
        let url =
            Url::parse(text).map_err(|_| Answer::Malformed("a service without an address"))?;
        match self.line().admits(&url) {
            true => Ok(url),
            false => Err(Answer::Malformed("a service outside the cloud")),
        }
    }

    /// The address of something of a service. [`NO_NAME`] when a name can be none in an address.
    pub(crate) async fn url(&self, service: Service, names: &[&str]) -> Result<Url, Answer> {
        let below = address(names).ok_or(NO_NAME)?;
        let path = format!("{}{}{below}", service.prefix(), self.manage.id);
        let url = format!("{}{path}", self.base().await?);
        match Url::parse(&url) {
            Ok(url) if url.path() == path => Ok(url),
            _ => Err(NO_NAME),
        }
    }

    /// The address of a query over something: `…/runs:query`.
    async fn query_url(&self, names: &[&str], last: &str) -> Result<Url, Answer> {
        let mut url = self.url(Service::History, names).await?;
        let path = format!("{}/{last}", url.path());
        url.set_path(&path);
        Ok(url)
    }

    pub(crate) async fn get(&self, service: Service, names: &[&str]) -> Result<Value, Answer> {
        let url = self.url(service, names).await?;
        Ok(self.line().get(&url).await?.body)
    }

    /// Asks what changes nothing with a body.
    pub(crate) async fn ask(
        &self,
        service: Service,
        names: &[&str],
        body: &Value,
    ) -> Result<Value, Answer> {
        let url = self.url(service, names).await?;
        let heard = self
            .line()
            .send(Effect::Reads, Method::Post, &url, Some(body))
            .await?;
        Ok(heard.body)
    }

    /// Sends what changes something, once.
    pub(crate) async fn change(
        &self,
        service: Service,
        method: Method,
        names: &[&str],
        body: Option<&Value>,
    ) -> Result<Heard, Answer> {
        let url = self.url(service, names).await?;
        self.line().send(Effect::Changes, method, &url, body).await
    }

    /// The rows of a query, page after page by `continuationToken`. The first error ends them.
    pub(crate) fn query(
        self: &Arc<Self>,
        names: &[&str],
        last: &'static str,
        query: Value,
    ) -> Rows {
        let this = self.clone();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        paged(move |token| {
            let (this, names, mut query) = (this.clone(), names.clone(), query.clone());
            async move {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let url = this.query_url(&names, last).await?;
                if let Some(token) = token {
                    query["continuationToken"] = json!(token);
                }
                let line = this.line();
                let heard = line
                    .send(Effect::Reads, Method::Post, &url, Some(&query))
                    .await?;
                Ok(heard.body)
            }
        })
    }

    /// The children of a run. By the run alone where its experiment is not known.
    pub(crate) fn children(self: &Arc<Self>, experiment: Option<&str>, run: &str) -> Rows {
        let this = self.clone();
        let mut names: Vec<String> = Vec::new();
        if let Some(experiment) = experiment {
            names.extend(["experiments".to_owned(), experiment.to_owned()]);
        }
        names.extend(["runs", run, "children"].map(ToOwned::to_owned));
        paged(move |token| {
            let (this, names) = (this.clone(), names.clone());
            async move {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let mut url = this.url(Service::History, &names).await?;
                if let Some(token) = token {
                    let token = crate::names::escaped(&token);
                    url.set_query(Some(&format!("$continuationtoken={token}")));
                }
                Ok(this.line().get(&url).await?.body)
            }
        })
    }
}

/// What is said of a name that no address can have: nothing is there.
pub(crate) const NO_NAME: Answer = Answer::Malformed("a name that no address can have");

fn paged<F>(ask: impl Fn(Option<String>) -> F + Send + Sync + 'static) -> Rows
where
    F: Future<Output = Result<Value, Answer>> + Send + 'static,
{
    struct At {
        token: Option<String>,
        watch: Watch,
    }
    let begin = Some(At {
        token: None,
        watch: Watch::default(),
    });
    let ask = Arc::new(ask);
    let pages = stream::try_unfold(begin, move |at| {
        let ask = ask.clone();
        async move {
            let Some(mut at) = at else { return Ok(None) };
            let mut page = ask(at.token.clone()).await?;
            let rows = rows_of(&mut page)?;
            at.watch.see(&rows)?;
            let token = match page.get("continuationToken") {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) if text.is_empty() => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(_) => return Err(Answer::Malformed("a token that is no text")),
            };
            if token.is_some() && token == at.token {
                return Err(Answer::Malformed("the same page came twice"));
            }
            let next = token.map(|token| At {
                token: Some(token),
                watch: at.watch,
            });
            Ok(Some((stream::iter(rows.into_iter().map(Ok)), next)))
        }
    });
    ahead(pages)
        .map(|page| match page {
            Ok(rows) => rows.boxed(),
            Err(answer) => stream::iter([Err(answer)]).boxed(),
        })
        .flatten()
        .boxed()
}

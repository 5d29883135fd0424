//! The management plane of one workspace: addresses, versions and pages.

use std::sync::Arc;

use azure_core::http::{Method, Url};
use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::Value;

use super::ahead::ahead;
use super::line::{Heard, Line};
use crate::error::Answer;
use crate::names::escaped;
use crate::wire::Effect;

/// Which version of an interface is spoken, by the provider's name: those whose specifications are at hand.
const VERSIONS: [(&str, &str); 7] = [
    ("Microsoft.MachineLearningServices", "2024-04-01"),
    ("Microsoft.Storage", "2023-05-01"),
    ("Microsoft.KeyVault", "2023-07-01"),
    ("Microsoft.ContainerRegistry", "2023-07-01"),
    ("Microsoft.Insights", "2020-02-02"),
    ("Microsoft.OperationalInsights", "2020-08-01"),
    ("Microsoft.Authorization", "2020-05-01"),
];

/// One workspace, as the management plane sees it.
#[derive(Debug)]
pub(crate) struct Manage {
    pub(crate) line: Arc<Line>,
    /// Scheme and host.
    base: String,
    /// The workspace's id.
    pub(crate) id: String,
}

/// Rows of a listing, each as it was written.
pub(crate) type Rows = BoxStream<'static, Result<Value, Answer>>;

impl Manage {
    pub(crate) fn new(line: Arc<Line>, base: &str, id: String) -> Self {
        Self {
            line,
            base: base.to_owned(),
            id,
        }
    }

    /// The address of something of the workspace: names of kinds and of things by turns. None when a name
    /// can be none in an address: `..` would make it that of something else.
    pub(crate) fn url(&self, names: &[&str], query: &[(&str, &str)]) -> Option<Url> {
        let below = address(names)?;
        let url = self.of_id(&format!("{}{below}", self.id), query)?;
        url.path()
            .ends_with(&format!("{}{below}", self.id))
            .then_some(url)
    }

    /// The address of a resource by its id; none when it is of a provider that is not spoken to.
    pub(crate) fn of_id(&self, id: &str, query: &[(&str, &str)]) -> Option<Url> {
        let lower = id.to_ascii_lowercase();
        if !lower.starts_with("/subscriptions/") {
            return None;
        }
        let (_, version) = VERSIONS.into_iter().find(|(provider, _)| {
            lower.contains(&format!("/providers/{}/", provider.to_ascii_lowercase()))
        })?;
        let mut url = Url::parse(&format!("{}{id}", self.base)).ok()?;
        let own = [("api-version", version)];
        let pairs = own.iter().chain(query);
        let written: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        url.set_query(Some(&written.join("&")));
        Some(url)
    }

    /// The rows of every page. The first error ends them.
    pub(crate) fn rows(&self, url: Url) -> Rows {
        rows(self.line.clone(), url)
    }

    /// Sends what changes something, once.
    pub(crate) async fn change(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Heard, Answer> {
        self.line.send(Effect::Changes, method, url, body).await
    }
}

/// Names as the end of an address: `/models/a%20b/versions/1`.
pub(crate) fn address(names: &[&str]) -> Option<String> {
    let mut text = String::new();
    for name in names {
        if matches!(*name, "" | "." | "..") {
            return None;
        }
        text.push('/');
        text.push_str(&escaped(name));
    }
    Some(text)
}

/// What marks a row: pages that begin with the same one are the same page.
fn mark(rows: &[Value]) -> Option<Value> {
    let first = rows.first()?;
    let id = ["id", "runId", "experimentId", "name"]
        .iter()
        .find_map(|name| first.get(*name).filter(|value| !value.is_null()));
    id.cloned()
}

/// The rows of a page.
pub(crate) fn rows_of(page: &mut Value) -> Result<Vec<Value>, Answer> {
    match page.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(Answer::Malformed("a page without rows")),
    }
}

/// Keeps watch that a listing goes on: no page twice.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    last: Option<Value>,
}

impl Watch {
    pub(crate) fn see(&mut self, rows: &[Value]) -> Result<(), Answer> {
        let seen = mark(rows);
        if seen.is_some() && seen == self.last {
            return Err(Answer::Malformed("the same page came twice"));
        }
        self.last = seen.or(self.last.take());
        Ok(())
    }
}

fn rows(line: Arc<Line>, url: Url) -> Rows {
    struct At {
        url: Url,
        watch: Watch,
    }
    let begin = Some(At {
        url,
        watch: Watch::default(),
    });
    let pages = stream::try_unfold(begin, move |at| {
        let line = line.clone();
        async move {
            let Some(mut at) = at else { return Ok(None) };
            let mut page = line.get(&at.url).await?.body;
            let rows = rows_of(&mut page)?;
            at.watch.see(&rows)?;
            let next = next_link(&line, &at.url, &page)?;
            let next = next.map(|url| At {
                url,
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

/// Where the next page is: absolute, and on the same host as this one.
fn next_link(line: &Line, this: &Url, page: &Value) -> Result<Option<Url>, Answer> {
    let text = match page.get("nextLink") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(Answer::Malformed("a next page that is no address")),
    };
    let url = Url::parse(text).map_err(|_| Answer::Malformed("a next page that is no address"))?;
    if url.origin() != this.origin() || !line.admits(&url) {
        return Err(Answer::Malformed("a next page on another host"));
    }
    if url == *this {
        return Err(Answer::Malformed("the same page came twice"));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cloud, Credential, Options};

    fn manage() -> Manage {
        let cloud = Cloud::choose(&|_| None).unwrap();
        let base = cloud.management().to_owned();
        let line = Line::new(cloud, Credential::Anonymous, &Options::default()).unwrap();
        let target =
            crate::Target::parse("azureml://subscriptions/s/resourcegroups/g/workspaces/w");
        Manage::new(Arc::new(line), &base, target.unwrap().id())
    }

    #[test]
    fn every_name_is_one_segment_of_an_address() {
        let manage = manage();
        let check = |names: &[&str], expect: Option<&str>| {
            let url = manage.url(names, &[("a", "b c")]);
            let expect = expect.map(|below| {
                format!(
                    "https://management.azure.com{}{below}?api-version=2024-04-01&a=b%20c",
                    manage.id
                )
            });
            assert_eq!(url.map(|url| url.to_string()), expect, "{names:?}");
        };
        check(&[], Some(""));
        check(
            &["models", "m", "versions", "1"],
            Some("/models/m/versions/1"),
        );
        check(&["models", "a/b c"], Some("/models/a%2Fb%20c"));
        check(&["models", "%2e%2e"], Some("/models/%252e%252e"));
        for name in ["", ".", ".."] {
            check(&["models", "m", "versions", name], None);
        }
    }

    #[test]
    fn the_next_page_is_on_the_same_host() {
        let manage = manage();
        let this = manage.url(&["models"], &[]).unwrap();
        let next = |link: Value| {
            next_link(
                &manage.line,
                &this,
                &serde_json::json!({ "nextLink": link }),
            )
        };
        let good = format!("{this}&$skip=x");
        assert_eq!(next(good.clone().into()).unwrap().unwrap().as_str(), good);
        assert_eq!(next(Value::Null).unwrap(), None);
        for link in [
            "/subscriptions/s/models?$skip=x",
            "https://eastus2.api.azureml.ms/x",
            "https://management.azure.com.example.com/x",
            "http://management.azure.com/x",
            this.as_str(),
        ] {
            assert!(next(link.into()).is_err(), "{link}");
        }
    }
}

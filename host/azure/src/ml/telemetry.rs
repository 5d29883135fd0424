//! Telemetry: tables of the workspace's Application Insights component, and rows of them that a path names.
//!
//! Nothing here can be counted or read: that would be a query, which is another service's. A set of rows is an
//! entry by its name alone, `/telemetry/<component>/<table>/<column>/<value>`, and its version is that of the
//! component. A column of custom dimensions has its key behind a dot: `customDimensions.user`.
//!
//! Where a component is workspace-based, its rows lie in a Log Analytics workspace that others may use. What is
//! purged there is narrowed to rows of this component and of this workspace.
//!
//! `purge` takes rows away.

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Forecast, Kind, Pattern, Version, layout};
use serde_json::{Value, json};

use super::document::Document;
use super::itself::in_days;
use super::records::{Finding, Found, Records, found_at, gap};
use super::resources::Resource;
use crate::error::Answer;

/// The tables that every component has. *Assumption*: the names are those of the product's documentation,
/// not of the specifications. Rows of any other table can be named, but are found by no listing.
const TABLES: [(&str, &str); 10] = [
    ("availabilityResults", "AppAvailabilityResults"),
    ("browserTimings", "AppBrowserTimings"),
    ("customEvents", "AppEvents"),
    ("customMetrics", "AppMetrics"),
    ("dependencies", "AppDependencies"),
    ("exceptions", "AppExceptions"),
    ("pageViews", "AppPageViews"),
    ("performanceCounters", "AppPerformanceCounters"),
    ("requests", "AppRequests"),
    ("traces", "AppTraces"),
];

/// By when a purge has ended. *Assumption*: the product's documentation says so; the specifications do not.
const PURGED_IN_DAYS: i64 = 30;

/// What is said of everything that a listing does not show.
const UNLISTED: &str = "only the usual tables are listed, and rows by no call: name them by column and value; \
                        what the service itself records of its users, only its privacy portal reaches";

/// What is said of it where rows are named.
pub(crate) const BEYOND: &str = "what the privacy portal alone reaches";

const UNNAMED_ROWS: &str = "no table goes as a whole: rows are named by a column and a value, \
                            /telemetry/COMPONENT/TABLE/COLUMN/VALUE";
pub(crate) const NEEDS_PURGE: &str = "rows are purged for good: it needs `purge`";

/// A component, and what holds its rows.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    id: String,
    version: Version,
    /// What takes purges: the component itself, or its Log Analytics workspace.
    pub(crate) holder: Resource,
}

/// Something below `/telemetry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) component: String,
    pub(crate) table: String,
    /// A column and its value; none for the table.
    pub(crate) rows: Option<(String, String)>,
}

impl Named {
    /// None for what could be no table or column. No value is no identity: it would be everybody without one.
    pub(crate) fn of(names: &[&str]) -> Option<Self> {
        let is_word = |text: &str| {
            let mut letters = text.chars();
            letters
                .next()
                .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let (component, table, rows) = match names {
            [component, table] => (component, table, None),
            [component, table, column, value] => {
                let name = column.split_once('.').map_or(*column, |(name, _)| name);
                let is_column = is_word(name) && !column.ends_with('.');
                (is_column && !value.is_empty()).then_some(())?;
                let rows = ((*column).to_owned(), (*value).to_owned());
                (component, table, Some(rows))
            }
            _ => return None,
        };
        is_word(table).then(|| Self {
            component: (*component).to_owned(),
            table: (*table).to_owned(),
            rows,
        })
    }
}

impl Component {
    /// Whether its rows lie in a Log Analytics workspace.
    fn is_workspace_based(&self) -> bool {
        self.holder.kind == "logs"
    }

    fn tables(&self) -> impl Iterator<Item = &'static str> {
        let is_workspace_based = self.is_workspace_based();
        TABLES
            .into_iter()
            .map(move |(classic, based)| match is_workspace_based {
                true => based,
                false => classic,
            })
    }

    /// What is shown of a table, or of rows. None for a table that no listing shows.
    pub(crate) fn document(&self, named: &Named) -> Option<Value> {
        let mut document = json!({
            "component": self.id,
            "componentVersion": self.version.as_str(),
            "rowsIn": self.holder.id,
            "table": named.table,
        });
        match &named.rows {
            Some((column, value)) => {
                document["column"] = json!(column);
                document["value"] = json!(value);
            }
            None => self
                .tables()
                .find(|table| *table == named.table)
                .map(drop)?,
        }
        Some(document)
    }

    /// The version of rows, as [`Records::look`] would find it.
    pub(crate) fn version_of(&self, named: &Named) -> Option<Version> {
        let document = Document::of(Kind::Telemetry, self.document(named)?)?;
        Some(document.version())
    }

    /// The body of a purge of these values.
    pub(crate) fn purge(
        &self,
        workspace: &str,
        table: &str,
        column: &str,
        values: &[&str],
    ) -> Value {
        let mut own = json!({"operator": "in", "value": values});
        match column.split_once('.') {
            Some((column, key)) => {
                own["column"] = json!(column);
                own["key"] = json!(key);
            }
            None => own["column"] = json!(column),
        }
        let mut filters = vec![own];
        if self.is_workspace_based() {
            // Ids are the same in any case of letters.
            filters.push(json!({
                "column": "_ResourceId", "operator": "in~", "value": [self.id, workspace],
            }));
        }
        json!({"table": table, "filters": filters})
    }
}

impl Records {
    /// The component of this name, if it is the workspace's.
    pub(crate) async fn component(&self, name: &str) -> Result<Component, Answer> {
        let resource = self.named_resource("insights", name).await?;
        let said = self.resource_at(&resource.id).await?;
        Self::component_of(resource, said)
    }

    fn component_of(resource: Resource, said: Value) -> Result<Component, Answer> {
        const UNKNOWN: Answer = Answer::Malformed("a component that is no document");
        const ELSEWHERE: Answer = Answer::Malformed("rows in no Log Analytics workspace");
        let holder = Self::logs_of(&said).unwrap_or_else(|| resource.clone());
        if !holder.is_of_its_kind() {
            return Err(ELSEWHERE);
        }
        let document = Document::of(Kind::Resource, said).ok_or(UNKNOWN)?;
        Ok(Component {
            id: resource.id,
            version: document.version(),
            holder,
        })
    }

    /// What is shown at a place below `/telemetry`.
    pub(crate) async fn telemetry_at(&self, named: &Named) -> Result<Value, Answer> {
        let component = self.component(&named.component).await?;
        component.document(named).ok_or_else(super::answer::absent)
    }

    /// The usual tables; and where a pattern leaves only the table open, the rows of each.
    pub(crate) fn telemetry(&self, pattern: &Pattern) -> Finding {
        let place = EntryPath::of_segments(["telemetry"]).expect("a constant");
        let rest = gap(place.clone(), UNLISTED);
        let (this, pattern) = (self.clone(), pattern.clone());
        stream::once(async move {
            let named = match this.insights().await {
                Ok(named) => named,
                Err(answer) => {
                    let found = this.unlisted(&place, answer).await;
                    return stream::iter(found).boxed();
                }
            };
            let Some(resource) = named else {
                return stream::empty().boxed();
            };
            let name = resource.name().to_owned();
            let component = match this.component(&name).await {
                Ok(component) => component,
                // The workspace names it, and it is gone.
                Err(answer) if answer.status() == 404 => return stream::empty().boxed(),
                Err(answer) => {
                    let found = this.unlisted(&place, answer).await;
                    return stream::iter(found).boxed();
                }
            };
            stream::iter(chosen(&component, &name, &pattern).into_iter().map(Ok)).boxed()
        })
        .flatten()
        .chain(rest)
        .boxed()
    }

    /// What a delete will achieve.
    pub(crate) fn forecast_telemetry(&self, path: &EntryPath, purge: bool) -> Forecast {
        match layout::rows_of(path) {
            None => Forecast::Impossible(UNNAMED_ROWS.to_owned()),
            Some(_) if !purge => Forecast::Impossible(NEEDS_PURGE.to_owned()),
            Some(_) => Forecast::GoneOn(in_days(PURGED_IN_DAYS)),
        }
    }
}

/// By when a purge that is asked for now will have ended.
pub(crate) fn purged_until() -> remit_workspace::Millis {
    in_days(PURGED_IN_DAYS)
}

/// The tables that a pattern chooses, and rows of each where it says which.
fn chosen(component: &Component, name: &str, pattern: &Pattern) -> Vec<Found> {
    let last_two = rows_in(pattern);
    let mut found = Vec::new();
    for table in component.tables() {
        let rows = last_two.clone().map(|[column, value]| vec![column, value]);
        for more in [Some(Vec::new()), rows].into_iter().flatten() {
            let mut names = vec!["telemetry".to_owned(), name.to_owned(), table.to_owned()];
            names.extend(more);
            let Ok(path) = EntryPath::of_segments(&names) else {
                continue;
            };
            let names: Vec<&str> = names[1..].iter().map(String::as_str).collect();
            let document = Named::of(&names).and_then(|named| component.document(&named));
            if let (true, Some(document)) = (pattern.matches(&path), document) {
                found.push(found_at(path, document));
            }
        }
    }
    found
}

/// Column and value of a pattern that says both and nothing more than a component and a table before them.
fn rows_in(pattern: &Pattern) -> Option<[String; 2]> {
    let [_, _, _, column, value] = pattern
        .as_str()
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .ok()?;
    if column.contains('*') || value.contains('*') {
        return None;
    }
    let path = EntryPath::parse(&format!("/{column}/{value}")).ok()?;
    let mut names = path.segments().map(String::from_utf8);
    Some([names.next()?.ok()?, names.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_telemetry() {
        for (names, expect) in [
            (&["ai", "AppTraces"][..], true),
            (&["ai", "AppTraces", "UserId", "jane@example.com"], true),
            (
                &["ai", "customEvents", "customDimensions.user id", "j"],
                true,
            ),
            (&["ai", "AppTraces", "UserId", ""], false),
            (&["ai", "AppTraces", "", "jane"], false),
            (&["ai", "AppTraces", "customDimensions.", "jane"], false),
            (&["ai", "AppTraces", "a b", "jane"], false),
            (&["ai", "App Traces"], false),
            (&["ai", "AppTraces", "UserId"], false),
            (&["ai"], false),
        ] {
            assert_eq!(Named::of(names).is_some(), expect, "{names:?}");
        }
    }

    #[test]
    fn rows_are_said_by_the_end_of_a_pattern() {
        let of = |text| rows_in(&Pattern::parse(text).unwrap());
        let rows = |column: &str, value: &str| Some([column.to_owned(), value.to_owned()]);
        assert_eq!(of("/telemetry/*/*/UserId/a%2Fb"), rows("UserId", "a/b"));
        for other in ["/telemetry/*/*/UserId/*", "/telemetry/*/*", "/telemetry/**"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}

//! The metrics of a run: one record, made of as many answers as it has metrics.
//!
//! A run without metrics has no such record. The shapes are those of the generated client of run history in
//! Microsoft's second SDK, since the specifications at hand do not have them; that more values are asked for
//! with `continuationToken`, as everywhere in run history, is an *assumption*.

use azure_core::http::Method;
use serde_json::{Value, json};

use super::data::Service;
use super::line::Heard;
use super::records::Records;
use crate::error::Answer;

/// Pages of one run's metrics: more is no list that ends.
const PAGES_MAX: usize = 100_000;

impl Records {
    /// The metrics of a run, every value.
    pub(crate) async fn metrics(&self, run: &str) -> Result<Value, Answer> {
        let mut metrics = Vec::new();
        for listed in self.metric_rows(run, "list", json!({}), "value").await? {
            let key = listed.get("metricKey").unwrap_or(&listed);
            let name = key.get("name").and_then(Value::as_str);
            let Some(name) = name else {
                return Err(Answer::Malformed("a metric without a name"));
            };
            let mut asked = json!({"metricName": name});
            if let Some(namespace) = key.get("namespace").filter(|name| !name.is_null()) {
                asked["metricNamespace"] = namespace.clone();
            }
            let values = self.metric_rows(run, "full", asked, "value").await?;
            let mut metric = listed.clone();
            metric["value"] = Value::Array(values);
            metrics.push(metric);
        }
        if metrics.is_empty() {
            return Err(Answer::Status {
                status: 404,
                code: "NoMetrics".to_owned(),
            });
        }
        // The order of a list of names is nothing that anybody changed.
        metrics.sort_by_cached_key(|metric| metric.to_string());
        Ok(json!({"runId": run, "metrics": metrics}))
    }

    async fn metric_rows(
        &self,
        run: &str,
        what: &str,
        mut body: Value,
        member: &str,
    ) -> Result<Vec<Value>, Answer> {
        let mut rows = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut page = self
                .data
                .ask(Service::Metric, &["runs", run, what], &body)
                .await?;
            match page.get_mut(member).map(Value::take) {
                Some(Value::Array(more)) => rows.extend(more),
                Some(Value::Null) => {}
                _ => return Err(Answer::Malformed("metrics without values")),
            }
            match page.get("continuationToken").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => {
                    if body["continuationToken"] == token {
                        return Err(Answer::Malformed("the same page came twice"));
                    }
                    body["continuationToken"] = json!(token);
                }
                _ => return Ok(rows),
            }
        }
        Err(Answer::Malformed("a list that does not end"))
    }

    pub(crate) async fn delete_metrics(&self, run: &str) -> Result<Heard, Answer> {
        let names = ["runs", run, "deleteMetrics"];
        self.data
            .change(Service::Metric, Method::Delete, &names, None)
            .await
    }
}

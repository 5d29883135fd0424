//! Web services of the first version, in the service that keeps models. What deletes one may go on
//! (`Operation-Location`).

use azure_core::http::Method;
use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Pattern};
use serde_json::Value;

use super::data::Service;
use super::line::Heard;
use super::records::{Finding, Records};
use crate::error::Answer;

impl Records {
    pub(crate) fn services(&self, pattern: &Pattern) -> Finding {
        let place = EntryPath::of_segments(["services"]).expect("a constant");
        let (this, pattern) = (self.clone(), pattern.clone());
        stream::once(async move {
            match this.data.url(Service::Models, &["services"]).await {
                Ok(url) => {
                    let (rows, below) = (this.manage.rows(url), place.clone());
                    this.found(place, rows, &pattern, move |row| {
                        below.child(id_of(row)?).ok()
                    })
                }
                Err(answer) => stream::iter(this.unlisted(&place, answer).await).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    pub(crate) async fn service(&self, id: &str) -> Result<Value, Answer> {
        self.data.get(Service::Models, &["services", id]).await
    }

    pub(crate) async fn delete_service(&self, id: &str) -> Result<Heard, Answer> {
        self.data
            .change(Service::Models, Method::Delete, &["services", id], None)
            .await
    }
}

fn id_of(row: &Value) -> Option<&str> {
    row.get("id")?.as_str().filter(|id| !id.is_empty())
}

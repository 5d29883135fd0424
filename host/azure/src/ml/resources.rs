//! What a workspace depends on: the storage account, the registry, Application Insights with its Log Analytics
//! workspace, and the key vault, as the workspace names them. They are read; nothing of them is changed here.

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Pattern};
use serde_json::Value;

use super::answer::{about, unlisted};
use super::records::{Finding, Found, Records, found_at, gap};
use crate::error::Answer;

/// Kinds, and the member of the workspace's properties that names one.
const NAMED_BY: [(&str, &str); 4] = [
    ("storage", "storageAccount"),
    ("registry", "containerRegistry"),
    ("insights", "applicationInsights"),
    ("vault", "keyVault"),
];

/// Something that a workspace depends on.
struct Resource {
    kind: &'static str,
    id: String,
}

impl Resource {
    fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    fn path(&self) -> Option<EntryPath> {
        EntryPath::of_segments(["resources", self.kind, self.name()]).ok()
    }
}

impl Records {
    /// What the workspace names.
    async fn named_resources(&self) -> Result<Vec<Resource>, Answer> {
        let url = self.manage.url(&[], &[]).ok_or(super::data::NO_NAME)?;
        let workspace = self.manage.line.get(&url).await?.body;
        let id_of = |member: &str| {
            let id = workspace.pointer(&format!("/properties/{member}"))?;
            id.as_str()
                .filter(|id| !id.is_empty())
                .map(ToOwned::to_owned)
        };
        Ok(NAMED_BY
            .into_iter()
            .filter_map(|(kind, member)| {
                Some(Resource {
                    kind,
                    id: id_of(member)?,
                })
            })
            .collect())
    }

    async fn resource_at(&self, id: &str) -> Result<Value, Answer> {
        const UNKNOWN: Answer = Answer::Malformed("a resource of a provider that is not spoken to");
        let url = self.manage.of_id(id, &[]).ok_or(UNKNOWN)?;
        Ok(self.manage.line.get(&url).await?.body)
    }

    /// The Log Analytics workspace in which an Application Insights component keeps its data.
    fn logs_of(insights: &Value) -> Option<Resource> {
        let id = insights
            .pointer("/properties/WorkspaceResourceId")?
            .as_str()?;
        Some(Resource {
            kind: "logs",
            id: id.to_owned(),
        })
    }

    pub(crate) fn resources(&self, pattern: &Pattern) -> Finding {
        let place = EntryPath::of_segments(["resources"]).expect("a constant");
        let (this, pattern) = (self.clone(), pattern.clone());
        stream::once(async move {
            let named = match this.named_resources().await {
                Ok(named) => named,
                Err(answer) => {
                    let found = this.unlisted(&place, answer).await;
                    return stream::iter(found).boxed();
                }
            };
            let mut found = Vec::new();
            let mut left = named;
            while let Some(resource) = left.pop() {
                let Some(path) = resource.path() else {
                    found.push(gap(place.clone(), "a name that no path can say"));
                    continue;
                };
                // Where the logs are, only the component says.
                let is_asked = pattern.matches(&path) || resource.kind == "insights";
                if !is_asked {
                    continue;
                }
                match this.resource_at(&resource.id).await {
                    Ok(said) => {
                        left.extend(match resource.kind {
                            "insights" => Self::logs_of(&said),
                            _ => None,
                        });
                        if pattern.matches(&path) {
                            found.push(stream::iter([Ok(found_at(path, said))]).boxed());
                        }
                    }
                    // The workspace names it, and it is gone.
                    Err(answer) if answer.status() == 404 => {}
                    Err(answer) => {
                        let error = about(answer, &path, "listing");
                        found.push(stream::iter([unlisted(error).map(Found::Gap)]).boxed());
                    }
                }
            }
            stream::iter(found).flatten().boxed()
        })
        .flatten()
        .boxed()
    }

    /// The resource of this kind and name, if the workspace depends on it.
    pub(crate) async fn resource(&self, kind: &str, name: &str) -> Result<Value, Answer> {
        let absent = || Answer::Status {
            status: 404,
            code: "NotNamed".to_owned(),
        };
        let named = self.named_resources().await?;
        let of_kind = |kind: &str| named.iter().find(|resource| resource.kind == kind);
        let logs;
        let resource = match kind {
            "logs" => {
                let insights = of_kind("insights").ok_or_else(absent)?;
                logs = Self::logs_of(&self.resource_at(&insights.id).await?);
                logs.as_ref()
            }
            kind => of_kind(kind),
        };
        let resource = resource.filter(|resource| resource.name() == name);
        self.resource_at(&resource.ok_or_else(absent)?.id).await
    }
}

/// What is said of changing one.
pub(crate) const UNCHANGED: &str = "this version changes nothing that a workspace depends on";

//! What a workspace depends on: the storage account, the registry, Application Insights with its Log Analytics
//! workspace, and the key vault, as the workspace names them. They are read here; `dependents` deletes them.

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Pattern, PolicyPlace, StoreError};
use serde_json::Value;

use super::answer::{about, absent, unlisted};
use super::records::{Finding, Found, Records, found_at, gap};
use crate::error::Answer;

/// Kinds, and the member of the workspace's properties that names one.
pub(crate) const NAMED_BY: [(&str, &str); 4] = [
    ("storage", "storageAccount"),
    ("registry", "containerRegistry"),
    ("insights", "applicationInsights"),
    ("vault", "keyVault"),
];

/// Something that a workspace depends on.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) kind: &'static str,
    /// Its id in Resource Manager: of a resource of its kind's type, and of nothing else.
    pub(crate) id: String,
}

/// Where a resource is, nobody says any more. That is for good, and says nothing of the resource.
pub(crate) const UNNAMED: Answer = Answer::Malformed("what names the resource is no longer there");

/// The type of each kind.
const TYPES: [(&str, &str); 5] = [
    ("storage", "Microsoft.Storage/storageAccounts"),
    ("registry", "Microsoft.ContainerRegistry/registries"),
    ("insights", "Microsoft.Insights/components"),
    ("logs", "Microsoft.OperationalInsights/workspaces"),
    ("vault", "Microsoft.KeyVault/vaults"),
];

impl Resource {
    /// Whether the id is one of the kind's type: an answer must not name something else to be deleted.
    pub(crate) fn is_of_its_kind(&self) -> bool {
        let parts: Vec<&str> = self.id.split('/').collect();
        let [
            "",
            subscriptions,
            _,
            groups,
            _,
            providers,
            provider,
            class,
            _,
        ] = parts.as_slice()
        else {
            return false;
        };
        let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
        let class = format!("{provider}/{class}");
        is(subscriptions, "subscriptions")
            && is(groups, "resourceGroups")
            && is(providers, "providers")
            && TYPES
                .iter()
                .any(|(kind, wanted)| *kind == self.kind && is(&class, wanted))
            && parts[1..].iter().all(|part| {
                !matches!(*part, "" | "." | "..") && !part.contains(['?', '#', '%', '\\'])
            })
    }

    pub(crate) fn name(&self) -> &str {
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

    /// Whether the workspace is there, and the account that it names: only 404 says that one is not.
    pub(crate) async fn policy_place(&self) -> Result<PolicyPlace, StoreError> {
        let place = EntryPath::of_segments(["workspace"]).expect("a constant");
        let failed = |answer| about(answer, &place, "looking for the storage account of");
        let named = match self.named_resources().await {
            Err(answer) if answer.status() == 404 => return Ok(PolicyPlace::NoWorkspace),
            named => named.map_err(failed)?,
        };
        let account = named.iter().find(|resource| resource.kind == "storage");
        let Some(account) = account.filter(|account| account.is_of_its_kind()) else {
            return Ok(PolicyPlace::There);
        };
        match self.resource_at(&account.id).await {
            Err(answer) if answer.status() == 404 => Ok(PolicyPlace::Gone),
            Err(answer) => Err(failed(answer)),
            Ok(_) => Ok(PolicyPlace::There),
        }
    }

    pub(crate) async fn resource_at(&self, id: &str) -> Result<Value, Answer> {
        const UNKNOWN: Answer = Answer::Malformed("a resource of a provider that is not spoken to");
        let url = self.manage.of_id(id, &[]).ok_or(UNKNOWN)?;
        Ok(self.manage.line.get(&url).await?.body)
    }

    /// The Log Analytics workspace in which an Application Insights component keeps its data.
    pub(crate) fn logs_of(insights: &Value) -> Option<Resource> {
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

    /// The Application Insights component that the workspace names.
    pub(crate) async fn insights(&self) -> Result<Option<Resource>, Answer> {
        let named = self.named_resources().await?;
        Ok(named
            .into_iter()
            .find(|resource| resource.kind == "insights"))
    }

    /// The resource of this kind and name, if the workspace depends on it.
    pub(crate) async fn resource(&self, kind: &str, name: &str) -> Result<Value, Answer> {
        let resource = self.named_resource(kind, name).await?;
        self.resource_at(&resource.id).await
    }

    /// Which resource is meant. That what names it is no longer there does not mean that it is not.
    pub(crate) async fn named_resource(&self, kind: &str, name: &str) -> Result<Resource, Answer> {
        let unnamed = |answer: Answer| match answer.status() {
            404 => UNNAMED,
            _ => answer,
        };
        let named = self.named_resources().await.map_err(unnamed)?;
        let of_kind = |kind: &str| named.iter().find(|resource| resource.kind == kind).cloned();
        let resource = match kind {
            "logs" => match of_kind("insights") {
                Some(insights) => {
                    Self::logs_of(&self.resource_at(&insights.id).await.map_err(unnamed)?)
                }
                None => None,
            },
            kind => of_kind(kind),
        };
        let resource = resource.filter(|resource| resource.name() == name);
        let resource = resource.ok_or_else(absent)?;
        match resource.is_of_its_kind() {
            true => Ok(resource),
            false => Err(Answer::Malformed(
                "a resource of another type than its kind",
            )),
        }
    }
}

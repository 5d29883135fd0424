//! From what was typed to the workspace that is meant:
//! `azureml://subscriptions/<s>/resourcegroups/<g>/workspaces/<w>`.
//!
//! Keywords are taken in any case, as Resource Manager takes them. Names of groups and workspaces ignore
//! case too, so the identity is in lower case: one workspace has one.

use crate::error::OpenError;
use crate::names::escaped;

/// A workspace by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    subscription: String,
    group: String,
    workspace: String,
}

impl Target {
    /// Takes an address apart.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        let rest = text
            .split_once("://")
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("azureml"))
            .map(|(_, rest)| rest.trim_matches('/'))
            .ok_or(OpenError::Workspace("it does not begin with azureml://"))?;
        let parts: Vec<&str> = rest.split('/').collect();
        let form = OpenError::Workspace(
            "it is not azureml://subscriptions/…/resourcegroups/…/workspaces/…",
        );
        // With the provider's name in it, as Resource Manager writes ids, it is the same workspace.
        let [
            subscriptions,
            subscription,
            groups,
            group,
            between @ ..,
            workspaces,
            workspace,
        ] = parts.as_slice()
        else {
            return Err(form);
        };
        let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
        let between = between.join("/");
        if !is(subscriptions, "subscriptions")
            || !is(groups, "resourcegroups")
            || !is(workspaces, "workspaces")
            || !(between.is_empty() || is(&between, "providers/Microsoft.MachineLearningServices"))
        {
            return Err(form);
        }
        for (name, why) in [
            (subscription, "the subscription is no id"),
            (group, "that is no name of a resource group"),
            (workspace, "that is no name of a workspace"),
        ] {
            if !is_name(name) {
                return Err(OpenError::Workspace(why));
            }
        }
        Ok(Self {
            subscription: (*subscription).to_owned(),
            group: (*group).to_owned(),
            workspace: (*workspace).to_owned(),
        })
    }

    /// The name by which a plan pins the workspace.
    pub fn identity(&self) -> String {
        format!(
            "azureml://subscriptions/{}/resourcegroups/{}/workspaces/{}",
            self.subscription, self.group, self.workspace
        )
        .to_lowercase()
    }

    /// Its id in Resource Manager, as a part of addresses.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
            escaped(&self.subscription),
            escaped(&self.group),
            escaped(&self.workspace)
        )
    }
}

/// Whether this can be a name in an address. Resource Manager's own rules are narrower; what it does not
/// know, it says.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !matches!(name, "." | "..")
        && name.chars().count() <= 90
        && name
            .chars()
            .all(|one| one.is_alphanumeric() || "-._()".contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_that_are_meant() {
        for given in [
            "azureml://subscriptions/0-1/resourcegroups/Group_1/workspaces/Practice",
            "azureml://Subscriptions/0-1/resourceGroups/Group_1/Workspaces/Practice/",
            "AzureML://subscriptions/0-1/resourceGroups/Group_1/providers/microsoft.machinelearningservices/workspaces/Practice",
        ] {
            let target = Target::parse(given).unwrap();
            assert_eq!(
                target.identity(),
                "azureml://subscriptions/0-1/resourcegroups/group_1/workspaces/practice"
            );
            assert_eq!(
                target.id(),
                "/subscriptions/0-1/resourceGroups/Group_1/providers/Microsoft.MachineLearningServices/workspaces/Practice"
            );
        }
    }

    #[test]
    fn addresses_that_are_refused() {
        for given in [
            "https://subscriptions/s/resourcegroups/g/workspaces/w",
            "azureml://subscriptions/s/resourcegroups/g",
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w/runs/x",
            "azureml://subscriptions/s/resourcegroups/../workspaces/w",
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w?x=1",
            "azureml://subscriptions//resourcegroups/g/workspaces/w",
            "azureml://subscriptions/s/resourcegroups/g%2F/workspaces/w",
            "azureml://datastores/d/paths/x",
        ] {
            assert!(Target::parse(given).is_err(), "{given}");
        }
    }
}

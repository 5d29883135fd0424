//! What a workspace is like: everything that a test, or a person practising, may choose.

use std::fmt;

use crate::settings::Settings;

/// The settings of a workspace, its subscription and its storage account.
#[derive(Clone)]
pub struct AzureMlSettings {
    /// The workspace's storage account.
    pub storage: Settings,
    /// The subscription's id.
    pub subscription: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The workspace's name.
    pub workspace: String,
    /// The workspace's GUID, which is part of names of containers.
    pub workspace_id: String,
    /// The region.
    pub location: String,
    /// Bearer tokens that are accepted. Without any, every bearer token is.
    pub tokens: Vec<String>,
    /// The port; 0 for any.
    pub port: u16,
    /// Whether to speak HTTPS, with a certificate made when it starts. The storage account is
    /// then served there too, under `https://<account>.blob.core.localhost`, since Microsoft's
    /// SDK takes it from nowhere else.
    pub https: bool,
    /// The most that a page of a listing holds.
    pub page_size_max: usize,
    /// Whether every second page of a listing is empty, but has a link to the next.
    pub empty_pages: bool,
    /// How often a long-running operation is looked at until it is done: the n-th look finds it
    /// so. Reading the thing it works on is a look as well, so that it ends even if nobody polls.
    pub looks: u32,
    /// `Retry-After` of what is not done yet, in seconds.
    pub retry_after: u64,
    /// Whether deleting a job deletes its blobs, too. Undocumented beyond "deletes the data of
    /// that job".
    pub job_delete_takes_blobs: bool,
    /// Whether `hardDelete` of artifacts deletes their bytes. Undocumented.
    pub hard_delete_takes_blobs: bool,
    /// Whether the key vault has purge protection.
    pub purge_protection: bool,
    /// How many purge requests an hour a telemetry resource takes.
    pub purges_an_hour: usize,
    /// How many seconds that hour has, so that a test need not wait for a real one.
    pub purge_hour_seconds: i64,
}

impl Default for AzureMlSettings {
    fn default() -> Self {
        Self {
            storage: Settings::default(),
            subscription: "00000000-1111-2222-3333-444444444444".into(),
            resource_group: "rg".into(),
            workspace: "practice".into(),
            workspace_id: "7b6d0000-42b6-4a27-9d11-000000000001".into(),
            location: "eastus2".into(),
            tokens: Vec::new(),
            port: 0,
            https: false,
            page_size_max: 100,
            empty_pages: false,
            looks: 2,
            retry_after: 0,
            job_delete_takes_blobs: true,
            hard_delete_takes_blobs: true,
            purge_protection: false,
            purges_an_hour: 50,
            purge_hour_seconds: 3600,
        }
    }
}

impl fmt::Debug for AzureMlSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureMlSettings")
            .field("workspace", &self.arm_id())
            .field("storage", &self.storage)
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}

impl AzureMlSettings {
    /// The resource group's id in Resource Manager.
    pub(crate) fn group_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.resource_group
        )
    }

    /// The workspace's id in Resource Manager.
    pub fn arm_id(&self) -> String {
        self.resource_id(
            "Microsoft.MachineLearningServices/workspaces",
            &self.workspace,
        )
    }

    /// The id of a resource of the same group.
    pub(crate) fn resource_id(&self, kind: &str, name: &str) -> String {
        format!("{}/providers/{kind}/{name}", self.group_id())
    }
}

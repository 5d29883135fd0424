//! The workspace's own storage account: found through `properties.storageAccount`, opened once.
//!
//! In a cloud its host follows from its name, and who we are to it is who we are to the workspace. A simulator
//! says where its account is and what the key is. Other accounts are out of reach.

use azure_core::http::Method;
use remit_workspace::{EntryPath, StoreError};
use serde_json::Value;

use super::Workspace;
use super::answer::about;
use super::manage::Manage;
use crate::error::Answer;
use crate::wire::Effect;
use crate::{Account, Cloud, Credential, Endpoint, Options, Secret};

/// What a workspace says of where its bytes are.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) account: Account,
    /// The account's name.
    pub(crate) name: String,
    /// The workspace's own id, part of the name of its default container.
    pub(crate) workspace_id: Option<String>,
}

/// Finds and opens the account. `place` is what is asked for.
pub(crate) async fn open(
    manage: &Manage,
    cloud: &Cloud,
    credential: &Credential,
    options: &Options,
    place: &EntryPath,
) -> Result<Storage, StoreError> {
    let out = |reason: &str| StoreError::OutOfReach {
        path: place.clone(),
        reason: reason.to_owned(),
    };
    let failed = |answer: Answer| match about(answer, place, "finding the storage account") {
        // It is the workspace that is not there, not this.
        StoreError::NotFound(_) => {
            StoreError::NotFound(EntryPath::of_segments(["workspace"]).expect("a constant"))
        }
        error => error,
    };
    let url = manage.url(&[], &[]).ok_or_else(|| out("no address"))?;
    let workspace = manage.line.get(&url).await.map_err(failed)?.body;
    let member = |name: &str| {
        let value = workspace.pointer(&format!("/properties/{name}"))?;
        value.as_str().map(ToOwned::to_owned)
    };
    let id = member("storageAccount").ok_or_else(|| out("the workspace names no account"))?;
    let name = id.rsplit('/').next().unwrap_or_default().to_owned();
    let (address, files, credential) = match cloud.storage() {
        // Its file service has the same name under `.file.`, as every account of a cloud.
        Some(suffix) => {
            let blobs = format!("https://{name}.blob.{suffix}");
            (blobs, None, credential.clone())
        }
        None => {
            let found = practice(manage, &id, &name).await.map_err(failed)?;
            (found.blobs, found.files, Credential::Key(found.key))
        }
    };
    let (mut endpoint, _) = Endpoint::parse(&address)
        .map_err(|_| out("the workspace's account is in no cloud that is known"))?;
    const ELSEWHERE: &str = "the workspace's account is elsewhere";
    if endpoint.account() != name || endpoint.is_loopback() != cloud.is_loopback() {
        return Err(out(ELSEWHERE));
    }
    if let Some(files) = files {
        endpoint = endpoint.with_files(&files).map_err(|_| out(ELSEWHERE))?;
    }
    let account = Account::open(endpoint, credential, options)
        .map_err(|error| StoreError::failed(place, "opening the storage account", error))?;
    Ok(Storage {
        account,
        name,
        workspace_id: member("workspaceId"),
    })
}

impl Workspace {
    /// What is held in the workspace's own account, which must keep it: the first of it, in words. What cannot
    /// be listed is not nothing.
    pub(crate) async fn held_in_account(&self, path: &EntryPath) -> Result<(), StoreError> {
        let account = self.account(path).await?;
        let held = crate::listing::held_containers(&account.wire).await;
        let held = held.map_err(|answer| about(answer, path, "looking for what is held in"))?;
        match held.into_iter().next() {
            None => Ok(()),
            Some(by) => Err(StoreError::Held {
                path: path.clone(),
                by,
            }),
        }
    }
}

/// A simulator's account.
struct Practice {
    blobs: String,
    files: Option<String>,
    key: crate::Key,
}

/// Where a simulator's account is, and its key. No cloud is asked for keys: who may list them may do
/// everything, which nobody meant by naming a workspace.
async fn practice(manage: &Manage, id: &str, name: &str) -> Result<Practice, Answer> {
    const NONE: Answer = Answer::Malformed("a simulator that does not say where its account is");
    let url = manage.of_id(id, &[]).ok_or(NONE)?;
    let account = manage.line.get(&url).await?.body;
    let address = |service: &str| {
        let address = account.pointer(&format!("/properties/primaryEndpoints/{service}"))?;
        Some(address.as_str()?.trim_end_matches('/').to_owned())
    };
    let keys = manage.url(&["listStorageAccountKeys"], &[]).ok_or(NONE)?;
    let keys = manage
        .line
        .send(Effect::Reads, Method::Post, &keys, None)
        .await?
        .body;
    let key = keys.get("userStorageKey").and_then(Value::as_str);
    let key = crate::Key::parse(name, &Secret::new(key.ok_or(NONE)?)).map_err(|_| NONE)?;
    Ok(Practice {
        blobs: address("blob").ok_or(NONE)?,
        files: address("file"),
        key,
    })
}

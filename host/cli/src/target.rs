//! From `-w` to a workspace that is open.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use remit_apply::StoreMut;
use remit_azure::{
    Account, Choice, Cloud, Credential, Endpoint, OpenError, Options, Target as Named,
    Workspace as Service,
};
use remit_local::Directory;
use remit_plan::Case;
use remit_workspace::Store;

use crate::args::Target;
use crate::error::CommandError;

/// The file of a case that says where the workspace lies. A convenience: no digest covers it.
const NOTED: &str = "target";

/// An open workspace.
pub(crate) struct Workspace {
    /// For the crate that changes it.
    pub(crate) store: Arc<dyn StoreMut>,
    place: Place,
}

/// Where a workspace lies.
enum Place {
    Folder(PathBuf),
    /// Its address, with nothing secret in it.
    Account(String),
}

/// The hint that lists the ways of saying who one is.
const WAYS: &str = "say who you are with --credential sas, connection-string, key, client-secret, \
                    client-certificate, workload-identity, managed-identity, developer-tools or anonymous";

impl Workspace {
    /// Opens what `-w` names; without it, the workspace that the current folder lies in.
    pub(crate) fn open(target: &Target) -> Result<Self, CommandError> {
        let given = match &target.workspace {
            Some(given) => given.clone(),
            None => find_above(&current_dir()?).ok_or_else(|| {
                CommandError::usage("no workspace is named, and the current folder lies in none")
                    .hint("name one: -w DIRECTORY (any directory will do)")
                    .hint("or make one to try things on: remit init --sample ./sample")
            })?,
        };
        if let Some(address) = given.to_str().filter(|text| is_service(text)) {
            let (service, identity) = open_service(address, target)?;
            return Ok(Self {
                store: Arc::new(service),
                place: Place::Account(identity),
            });
        }
        if let Some(address) = given.to_str().filter(|text| text.contains("://")) {
            let (account, identity, _) = open_account(address, target)?;
            return Ok(Self {
                store: Arc::new(account),
                place: Place::Account(identity),
            });
        }
        let store = Directory::open(&given).map_err(|error| {
            CommandError::new(crate::exit::Exit::Usage, error)
                .hint("name a directory: -w DIRECTORY")
        })?;
        let dir = given.canonicalize().map_err(|error| {
            CommandError::io(format!("cannot open `{}`", given.display()), error)
        })?;
        Ok(Self {
            store: Arc::new(store),
            place: Place::Folder(dir),
        })
    }

    /// Opens the workspace that the plan of a case was made for: what `-w` names, or where it was when it was planned.
    /// Whether it is the right one, its identity says when the plan is admitted.
    pub(crate) fn open_for(target: &Target, case: &Case) -> Result<Self, CommandError> {
        if target.workspace.is_some() {
            return Self::open(target);
        }
        let noted = case.path(NOTED);
        let place = std::fs::read(&noted).map_err(|error| {
            CommandError::io("cannot tell where the workspace lies", error)
                .hint("name it: -w WORKSPACE")
        })?;
        Self::open(&Target {
            workspace: Some(PathBuf::from(OsString::from_vec(place))),
            credential: target.credential.clone(),
            files_url: target.files_url.clone(),
            no_wait: target.no_wait,
        })
    }

    /// Notes in the case where the workspace lies, for whoever goes on with it.
    pub(crate) fn note_in(&self, case: &Case) -> Result<(), CommandError> {
        let place = match &self.place {
            Place::Folder(dir) => dir.as_os_str().as_bytes(),
            // A signature that was typed is not kept: whoever goes on brings one.
            Place::Account(identity) => identity.as_bytes(),
        };
        Ok(case.write_new(NOTED, place)?)
    }

    /// The folder that the workspace is; none when it is not on this machine.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(dir) => Some(dir),
            Place::Account(_) => None,
        }
    }

    /// The workspace as a thing to be read.
    pub(crate) fn reading(&self) -> Arc<dyn Store> {
        self.store.clone()
    }
}

/// Whether this names a workspace of Azure Machine Learning.
pub(crate) fn is_service(address: &str) -> bool {
    let (scheme, _) = address.split_once("://").unwrap_or_default();
    scheme.eq_ignore_ascii_case("azureml")
}

/// Opens a workspace of Azure Machine Learning, with its identity.
pub(crate) fn open_service(
    address: &str,
    target: &Target,
) -> Result<(Service, String), CommandError> {
    let named = Named::parse(address).map_err(refused)?;
    let variable = |name: &str| std::env::var(name).ok();
    let cloud = Cloud::choose(&variable).map_err(refused)?;
    let credential = Credential::choose_for(&cloud, choice(target)?, &variable).map_err(refused)?;
    let identity = named.identity();
    let mut options = Options::default();
    if target.no_wait {
        options.deletes_awaited = Duration::ZERO;
    }
    let service = Service::open(&named, cloud, credential, &options).map_err(refused)?;
    Ok((service, identity))
}

/// The way of saying who one is that was typed, or that the environment names.
fn choice(target: &Target) -> Result<Option<Choice>, CommandError> {
    let named = target.credential.clone();
    let named = named.or_else(|| std::env::var("REMIT_CREDENTIAL").ok());
    match named.as_deref() {
        None | Some("") => Ok(None),
        Some(word) => Choice::parse(word).map(Some).ok_or_else(|| {
            CommandError::usage(format!("there is no credential `{word}`")).hint(WAYS)
        }),
    }
}

/// Opens a storage account: with its identity, and who we are to it.
pub(crate) fn open_account(
    address: &str,
    target: &Target,
) -> Result<(Account, String, String), CommandError> {
    let (scheme, _) = address.split_once("://").unwrap_or_default();
    if !["https", "http"].contains(&scheme) {
        return Err(
            CommandError::usage(format!("`{scheme}://` names no storage account")).hint(
                "workspaces are: a directory, https://ACCOUNT.blob.core.windows.net, \
             azureml://subscriptions/…/resourcegroups/…/workspaces/…",
            ),
        );
    }
    let (mut endpoint, signature) = Endpoint::parse(address).map_err(refused)?;
    let files = target.files_url.clone().or_else(|| {
        let set = std::env::var("REMIT_FILES_URL").ok();
        set.filter(|set| endpoint.is_loopback() && !set.is_empty())
    });
    if let Some(files) = files {
        endpoint = endpoint.with_files(&files).map_err(refused)?;
    }
    let variable = |name: &str| std::env::var(name).ok();
    let credential =
        Credential::choose(&endpoint, signature, choice(target)?, &variable).map_err(refused)?;
    let (identity, who) = (endpoint.identity(), credential.describe());
    let account = Account::open(endpoint, credential, &Options::default()).map_err(refused)?;
    Ok((account, identity, who))
}

fn refused(error: OpenError) -> CommandError {
    let hint = match error {
        OpenError::Address(_) => {
            "such as https://ACCOUNT.blob.core.windows.net/[CONTAINER][?SIGNATURE]"
        }
        OpenError::Workspace(_) => {
            "such as azureml://subscriptions/ID/resourcegroups/GROUP/workspaces/NAME"
        }
        _ => WAYS,
    };
    CommandError::new(crate::exit::Exit::Usage, error).hint(hint)
}

pub(crate) fn current_dir() -> Result<PathBuf, CommandError> {
    std::env::current_dir()
        .map_err(|error| CommandError::io("cannot tell the current folder", error))
}

/// The nearest folder at or above `from` that says that it is a workspace.
fn find_above(from: &Path) -> Option<PathBuf> {
    let is_workspace =
        |dir: &&Path| dir.join("workspace.toml").is_file() || dir.join(".remit").is_dir();
    from.ancestors().find(is_workspace).map(Path::to_owned)
}

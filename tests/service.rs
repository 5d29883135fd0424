//! Simulated services on loopback, and the binary told where they are.
//!
//! Not here: what is in them. Each scene puts there what it is about.

use std::fmt::Debug;
use std::future::Future;
use std::ops::Deref;

use remit_sim::{AzureMl, Storage};
use tokio::runtime::{Builder, Runtime};

use crate::bed::{Bed, Ran};

/// A service, and the thread that it answers on. It ends with this.
pub(crate) struct Served<T> {
    service: T,
    _runtime: Runtime,
}

/// Starts a service.
pub(crate) fn serve<T, E: Debug>(start: impl Future<Output = Result<T, E>>) -> Served<T> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    Served {
        service: runtime.block_on(start).unwrap(),
        _runtime: runtime,
    }
}

impl<T> Deref for Served<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.service
    }
}

impl Served<AzureMl> {
    /// The workspace as people write it.
    pub(crate) fn workspace(&self) -> String {
        let id = self.arm_id();
        format!(
            "azureml:/{}",
            id.replace("/providers/Microsoft.MachineLearningServices", "")
        )
    }

    /// Runs a command on the workspace.
    pub(crate) fn remit(&self, bed: &Bed, arguments: &[&str]) -> Ran {
        self.of_case(bed, &[arguments, &["-w", &self.workspace()]].concat())
    }

    /// The same for a command that learns from a case where its workspace is.
    pub(crate) fn of_case(&self, bed: &Bed, arguments: &[&str]) -> Ran {
        let mut command = bed.command(arguments);
        command.env("REMIT_MANAGEMENT_URL", self.url());
        Ran::of(command.output().unwrap())
    }
}

impl Served<Storage> {
    /// Runs a command on the account, with its key and the place of its files in the environment.
    pub(crate) fn remit(&self, bed: &Bed, arguments: &[&str]) -> Ran {
        self.of_case(bed, &[arguments, &["-w", self.blob_url()]].concat())
    }

    /// The same for a command that learns from a case where its account is.
    pub(crate) fn of_case(&self, bed: &Bed, arguments: &[&str]) -> Ran {
        let mut command = bed.command(arguments);
        command
            .env("AZURE_STORAGE_KEY", self.key())
            .env("REMIT_FILES_URL", self.file_url());
        Ran::of(command.output().unwrap())
    }
}

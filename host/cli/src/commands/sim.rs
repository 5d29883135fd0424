//! `remit sim`: a service of our own to practise on, where the real one would be a risk.

use std::io::Write as _;
use std::path::PathBuf;

use remit_sim::{AzureMl, AzureMlSettings, Settings, Storage};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Practise without risk: a service on this machine that behaves like the real one
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Storage(StorageArgs),
    #[command(name = "azureml")]
    AzureMl(AzureMlArgs),
}

/// An Azure Machine Learning workspace with its storage account, in memory, until Ctrl-C
#[derive(clap::Args)]
struct AzureMlArgs {
    /// Fill it from a workspace directory, such as `remit init --sample` makes
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// The port [default: any that is free]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Speak HTTPS, with a certificate made now and written to this file
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

/// A storage account: blobs and file shares, in memory, until Ctrl-C
#[derive(clap::Args)]
struct StorageArgs {
    /// Fill it from a workspace directory: its `blobs/` and its `files/`
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// The port of the blob service [default: any that is free]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// The port of the file service [default: any that is free]
    #[arg(long, value_name = "N")]
    file_port: Option<u16>,
    /// The account's name
    #[arg(long, value_name = "NAME", default_value = "practice")]
    account: String,
    /// Keep a version of every blob that is overwritten or deleted
    #[arg(long)]
    versioning: bool,
    /// Keep what is deleted for so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=365))]
    soft_delete: Option<u32>,
    /// Allow the permanent delete of what soft delete keeps
    #[arg(long, requires = "soft_delete")]
    allow_permanent_delete: bool,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    match args.what {
        What::Storage(args) => storage(args, ui).await,
        What::AzureMl(args) => azureml(args, ui).await,
    }
}

async fn azureml(args: AzureMlArgs, ui: &Ui) -> Result<Exit, CommandError> {
    let settings = AzureMlSettings {
        port: args.port.unwrap_or(0),
        https: args.certificate.is_some(),
        // As people wait for the real one.
        retry_after: 1,
        ..AzureMlSettings::default()
    };
    let sim = match &args.from {
        Some(from) => {
            // A misspelt folder must not look like an empty workspace.
            std::fs::read_dir(from).map_err(|error| {
                CommandError::io(format!("cannot read {}", from.display()), error)
            })?;
            AzureMl::from_directory(settings, from)
                .await
                .map_err(|error| CommandError::new(Exit::Failed, error))?
        }
        None => AzureMl::start(settings)
            .await
            .map_err(|error| CommandError::io("cannot open the port", error))?,
    };
    if let (Some(file), Some(certificate)) = (&args.certificate, sim.certificate()) {
        std::fs::write(file, certificate)
            .map_err(|error| CommandError::io(format!("cannot write {}", file.display()), error))?;
    }
    let mut interrupted = interruption()?;
    let mut out = ui.out();
    if ui.json {
        let line = serde_json::json!({
            "remit": 1, "url": sim.url(), "workspace": sim.arm_id(), "token": sim.token(),
            "blobs": sim.storage().blob_url(), "files": sim.storage().file_url(),
            "account": sim.storage().account(), "key": sim.storage().key(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "url        {}", sim.url())?;
        writeln!(out, "workspace  {}", sim.arm_id())?;
        writeln!(out, "token      {}", sim.token())?;
        writeln!(out, "blobs      {}", sim.storage().blob_url())?;
        writeln!(out, "files      {}", sim.storage().file_url())?;
        writeln!(out, "account    {}", sim.storage().account())?;
        writeln!(out, "key        {}", sim.storage().key())?;
    }
    out.flush()?;
    drop(out);
    ui.status("A practice workspace on this machine: all it holds is gone when Ctrl-C ends it.");
    interrupted.recv().await;
    Ok(Exit::Done)
}

/// Ctrl-C, listened for from here on: before anybody is told that the server is there to be ended.
fn interruption() -> Result<Signal, CommandError> {
    signal(SignalKind::interrupt())
        .map_err(|error| CommandError::io("cannot wait for Ctrl-C", error))
}

async fn storage(args: StorageArgs, ui: &Ui) -> Result<Exit, CommandError> {
    let sim = Storage::start(Settings {
        account: args.account,
        versioning: args.versioning,
        soft_delete_days: args.soft_delete,
        allow_permanent_delete: args.allow_permanent_delete,
        blob_port: args.port.unwrap_or(0),
        file_port: args.file_port.unwrap_or(0),
        ..Settings::default()
    })
    .await
    .map_err(|error| CommandError::io("cannot open the port", error))?;
    if let Some(from) = &args.from {
        // A misspelt folder must not look like an empty account.
        std::fs::read_dir(from)
            .map_err(|error| CommandError::io(format!("cannot read {}", from.display()), error))?;
        sim.seed_directory(from)
            .map_err(|error| CommandError::new(Exit::Failed, error))?;
    }
    let mut interrupted = interruption()?;
    let mut out = ui.out();
    if ui.json {
        let line = serde_json::json!({
            "remit": 1, "blobs": sim.blob_url(), "files": sim.file_url(),
            "account": sim.account(), "key": sim.key(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "blobs    {}", sim.blob_url())?;
        writeln!(out, "files    {}", sim.file_url())?;
        writeln!(out, "account  {}", sim.account())?;
        writeln!(out, "key      {}", sim.key())?;
    }
    out.flush()?;
    drop(out);
    ui.status(
        "A practice account on this machine: its key is made afresh each time and opens nothing else, \
         and all it holds is gone when Ctrl-C ends it.",
    );
    interrupted.recv().await;
    Ok(Exit::Done)
}

//! What was typed. What it means is decided where it is used.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::commands;

/// Export, redact and delete what a workspace holds: by hand, or with plugins that need not be trusted.
///
/// A guest reads and proposes; the host disposes: every change is first a plan that a person can read,
/// then an act that is journalled, checked and shown.
#[derive(Parser)]
#[command(
    name = "remit",
    version,
    arg_required_else_help = true,
    infer_subcommands = false
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How answers look.
#[derive(ClapArgs)]
pub(crate) struct Output {
    /// Print the answer as versioned JSON (lists: one object a line)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but the answer, warnings and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Init(commands::init::Args),
    List(commands::list::Args),
    Show(commands::show::Args),
    Download(commands::download::Args),
    Delete(commands::delete::Args),
    Redact(commands::redact::Args),
    Export(commands::export::Args),
    Archive(commands::archive::Args),
    Plan(commands::plan::Args),
    Run(commands::run::Args),
    Approve(commands::approve::Args),
    Apply(commands::apply::Args),
    Verify(commands::verify::Args),
    Evidence(commands::evidence::Args),
    Case(commands::case::Args),
    Hold(commands::hold::Args),
    Plugin(commands::plugin::Args),
    Check(commands::check::Args),
    Doctor(commands::doctor::Args),
    Sim(commands::sim::Args),
    Completions(commands::completions::Args),
}

/// Which workspace.
#[derive(ClapArgs)]
pub(crate) struct Target {
    /// The workspace: a directory, `https://ACCOUNT.blob.core.windows.net/CONTAINER`, or
    /// `azureml://subscriptions/ID/resourcegroups/GROUP/workspaces/NAME`. May be left out inside of a
    /// directory that is one
    #[arg(short, long, value_name = "WORKSPACE")]
    pub(crate) workspace: Option<PathBuf>,
    /// Who you are to an account: sas, connection-string, key, client-secret, client-certificate,
    /// workload-identity, managed-identity, developer-tools, anonymous [default: the first that is there]
    #[arg(long, value_name = "HOW")]
    pub(crate) credential: Option<String>,
    /// The file service of an account on this machine; one in a cloud is known by itself
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) files_url: Option<String>,
    /// Whether deletes that the service goes on with by itself are left to it. Only commands that apply ask.
    #[arg(skip)]
    pub(crate) no_wait: bool,
}

/// How a plan is made and carried out in one go.
#[derive(ClapArgs)]
pub(crate) struct Going {
    /// The folder for the plan, the journal and the package [default: ./VERB-DATE.case]
    #[arg(long, value_name = "DIR")]
    pub(crate) case: Option<PathBuf>,
    /// Raise a ceiling, such as `delete=5000`, `delete.bytes="100 GiB"` or `delete.percent=50`
    #[arg(long, value_name = "CEILING=VALUE")]
    pub(crate) raise: Vec<String>,
    /// Put a copy of every entry into the package before it is changed
    #[arg(long)]
    pub(crate) export_first: bool,
    /// Accept a gap by its number, or `all`: a place that nobody could look at
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) accept_gap: Vec<String>,
    /// Make the plan and stop; `remit apply` goes on
    #[arg(long)]
    pub(crate) plan: bool,
    /// Do not ask; for pipelines
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Why, in your words; it stands in the plan
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

//! `remit init`: a directory that is a workspace.

use std::path::PathBuf;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Make a sample workspace to try things on
///
/// Everything in it is invented: runs, models, notebooks and logs of people who do not exist.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to make
    #[arg(default_value = "sample")]
    dir: PathBuf,
    /// Fill it with runs, artifacts, notebooks and logs of invented people
    #[arg(long, required = true)]
    sample: bool,
    /// How many runs
    #[arg(long, default_value_t = 12)]
    runs: u32,
    /// The same seed gives the same workspace
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = args.dir.clone();
    let made =
        tokio::task::spawn_blocking(move || remit_local::init_sample(&dir, args.runs, args.seed))
            .await;
    made.map_err(|error| CommandError::new(Exit::Bug, error))?
        .map_err(|error| CommandError::new(Exit::Failed, error))?;
    let dir = args.dir.display();
    ui.status(format!(
        "Made a sample workspace in {dir} (seed {}).",
        args.seed
    ));
    ui.hint(format!("look around: remit list '/runs/*' -w {dir}"));
    Ok(Exit::Done)
}

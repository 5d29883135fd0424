//! `remit list`: what is there.

use std::io::Write as _;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use remit_workspace::{Kind, Listed, Pattern};

use crate::args::Target;
use crate::authority;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// List entries
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to list, such as '/runs/*' or '/files/**/*.log' [default: everything]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Only entries of this kind: run, blob, file, model, …
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let workspace = Workspace::open(&args.target)?;
    let kind = match &args.kind {
        Some(word) => Some(Kind::parse(word).ok_or_else(|| {
            let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            CommandError::usage(format!("there is no kind `{word}`"))
                .hint(format!("kinds are: {}", known.join(", ")))
        })?),
        None => None,
    };
    let mut patterns = authority::patterns(&args.patterns)?;
    if patterns.is_empty() {
        patterns.push(Pattern::everything());
    }
    let mut out = ui.out();
    let mut gaps = 0_u64;
    for pattern in &patterns {
        let meant = workspace.store.resolve(pattern).await?;
        let listings = meant.iter().map(|pattern| workspace.store.list(pattern));
        let mut listing = stream::iter(listings).flatten();
        while let Some(listed) = listing.try_next().await? {
            match listed {
                Listed::Entry(entry) if kind.is_some_and(|kind| kind != entry.kind) => {}
                Listed::Entry(entry) => match ui.json {
                    true => remit_report::entry_json(&mut out, &entry)?,
                    false => remit_report::list_entry(&mut out, &entry, ui.style())?,
                },
                Listed::Gap(gap) => {
                    gaps += 1;
                    ui.warn(format!("nobody could look at {}: {}", gap.path, gap.reason));
                }
            }
        }
    }
    out.flush()?;
    Ok(if gaps > 0 { Exit::Partly } else { Exit::Done })
}

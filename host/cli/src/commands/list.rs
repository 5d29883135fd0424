//! `remit list`: what is there.

use std::io::Write as _;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use remit_policy::Duration;
use remit_workspace::{Kind, Listed, Millis, Pattern, Wanted};

use crate::args::Target;
use crate::authority;
use crate::case;
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
    /// Only entries last changed longer ago than this: '90 days', '12 h'
    #[arg(long, value_name = "AGE", value_parser = Duration::parse)]
    older_than: Option<Duration>,
    /// Only entries with this property, such as status=Failed, experiment=churn or tag:owner=jane; `*` stands
    /// for any text. May be repeated
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = property)]
    properties: Vec<(String, String)>,
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
    let wanted = Wanted {
        kind,
        before: args.older_than.map(|age| {
            let age = Millis::try_from(age.millis()).unwrap_or(Millis::MAX);
            case::now().saturating_sub(age)
        }),
        properties: args.properties.clone(),
    };
    let mut patterns = authority::patterns(&args.patterns)?;
    if patterns.is_empty() {
        patterns.push(Pattern::everything());
    }
    let mut out = ui.out();
    let mut gaps = 0_u64;
    for pattern in &patterns {
        let meant = workspace.store.resolve(pattern).await?;
        let listings = meant
            .iter()
            .map(|pattern| workspace.store.list_wanted(pattern, &wanted));
        let mut listing = stream::iter(listings).flatten();
        while let Some(listed) = listing.try_next().await? {
            match listed {
                Listed::Entry(entry) if !wanted.holds(&entry) => {}
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

fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a property is written like status=Failed".to_owned()),
    }
}

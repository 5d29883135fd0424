//! `remit archive`: archives the records that the patterns choose.

use std::sync::Arc;

use remit_policy::{Right, Strength};
use remit_session::NoConverters;

use super::verb::{Verb, export_first, for_each, named, proposed};
use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::no_scanners;
use crate::ui::Ui;

/// Archive records: the service keeps them, and leaves them out of its usual listings
///
/// Runs, experiments, models, data assets, components and environments. Nothing is deleted, and what
/// belongs to a record stays as it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to archive, such as '/runs/old-*' or '/models/churn/*'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    going: Going,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let verb = Verb {
        name: "archive",
        target: &args.target,
        patterns: &args.patterns,
        going: &args.going,
        right: Right::Archive,
        strength: Strength::default(),
        scanners: Arc::new(no_scanners()),
        converters: Arc::new(NoConverters),
        cancel: Default::default(),
    };
    verb.run(ui, async |scope, meant| {
        let mut objects = 0_u64;
        for_each(scope, ui, meant, async |entry, _| {
            if entry.kind.is_object() {
                objects += 1;
                return Ok(());
            }
            export_first(scope, &entry, &args.going).await?;
            proposed(scope.archive(&named(&entry), &args.going.reason).await)
        })
        .await?;
        if objects > 0 {
            ui.warn(format!(
                "{} left as they are: only records are archived",
                remit_report::words::count(objects, "object is", "objects are")
            ));
        }
        Ok(())
    })
    .await
}

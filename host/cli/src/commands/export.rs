//! `remit export`: copies what the patterns choose into a package.

use std::sync::Arc;

use remit_policy::{Right, Strength};
use remit_session::ExportOptions;

use super::verb::{Verb, for_each, named, proposed};
use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::no_scanners;
use crate::ui::Ui;

/// Export entries into a package: a BagIt bag with an index that a person can read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to export, such as '/runs/x' or '/files/code/Users/jane/**'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    going: Going,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let verb = Verb {
        name: "export",
        target: &args.target,
        patterns: &args.patterns,
        going: &args.going,
        right: Right::Export,
        strength: Strength::default(),
        scanners: Arc::new(no_scanners()),
        cancel: Default::default(),
    };
    let options = ExportOptions {
        reason: args.going.reason.clone(),
        ..ExportOptions::default()
    };
    verb.run(ui, async |scope, patterns| {
        for_each(scope, patterns, async |entry| {
            proposed(scope.export(&named(&entry), &options).await)
        })
        .await
    })
    .await
}

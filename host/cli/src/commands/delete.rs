//! `remit delete`: deletes what the patterns choose.

use std::sync::Arc;

use remit_policy::{Right, Strength};
use remit_session::{DeleteOptions, NoConverters};
use remit_workspace::Kind;

use super::verb::{Verb, export_first, for_each, named, proposed};
use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::no_scanners;
use crate::ui::Ui;

/// Delete entries: plan, show, ask, apply in one go
///
/// A record takes its owned parts with it: a run its metrics, artifacts, outputs and children. The files of a model or
/// a data asset are not its own: '/data/NAME/VERSION/**' deletes them, and '/data/NAME/VERSION' the record.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to delete, such as '/runs/old-*' or '/files/**/*.tmp'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// For good: older versions, snapshots and what soft delete keeps go too
    #[arg(long)]
    purge: bool,
    /// Leave what belongs to a record; delete the record alone
    #[arg(long)]
    keep_parts: bool,
    /// Forget compute targets: their records go, and what is below them stays
    #[arg(long, conflicts_with_all = ["purge", "cancel_first", "cascade"])]
    detach: bool,
    /// Stop what is running before it is deleted
    #[arg(long)]
    cancel_first: bool,
    /// Allow what takes everything below along: the workspace, what it stands on, an endpoint
    #[arg(long)]
    cascade: bool,
    /// Do not await deletes that take the service long; `remit apply` sees to their end later
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    going: Going,
}

pub(crate) async fn run(mut args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    args.target.no_wait = args.no_wait;
    let verb = Verb {
        name: "delete",
        target: &args.target,
        patterns: &args.patterns,
        going: &args.going,
        right: Right::Delete,
        strength: Strength {
            purge: args.purge,
            cancel: args.cancel_first,
            cascade: args.cascade,
        },
        scanners: Arc::new(no_scanners()),
        converters: Arc::new(NoConverters),
        cancel: Default::default(),
    };
    let options = DeleteOptions {
        reason: args.going.reason.clone(),
        purge: args.purge,
        keep_parts: args.keep_parts,
        cancel_first: args.cancel_first,
        detach: args.detach,
        files_of: None,
    };
    verb.run(ui, async |scope, meant| {
        for_each(scope, ui, meant, async |entry, one| {
            if args.detach && entry.kind != Kind::Compute {
                ui.warn(format!(
                    "{} stays: only a compute target can be detached",
                    entry.path
                ));
                return Ok(());
            }
            export_first(scope, &entry, &args.going).await?;
            let options = DeleteOptions {
                files_of: one.files_of.clone(),
                ..options.clone()
            };
            proposed(scope.delete(&named(&entry), &options).await)
        })
        .await
    })
    .await
}

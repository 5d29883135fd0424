//! `remit export`: copies what the patterns choose into a package.

use std::sync::Arc;

use remit_policy::{Right, Sandbox, Strength, World};
use remit_session::{Converters, ExportOptions, NoConverters};
use remit_wasm::Cancel;

use super::verb::{Verb, for_each, named, proposed};
use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::{Given, Guest, Guests, no_scanners};
use crate::ui::Ui;

/// Export entries into a package: a BagIt bag with an index that a person can read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to export, such as '/runs/x' or '/files/code/Users/jane/**'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Put in what this converter makes of each entry: an installed plugin such as plain-log, or a .wasm file
    #[arg(long, value_name = "CONVERTER", conflicts_with = "export_first")]
    through: Option<String>,
    /// The converter's parameters: a TOML file, or - for standard input
    #[arg(long, value_name = "FILE", requires = "through")]
    params: Option<std::path::PathBuf>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    going: Going,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let mut converters: Arc<dyn Converters> = Arc::new(NoConverters);
    let (mut through, mut cancel) = (None, Cancel::default());
    if let Some(named) = &args.through {
        let converter = Guest::find(named)?;
        converter.expect(World::Converter)?;
        let given = Given::read(args.params.as_deref(), &[])?;
        given.check_known(std::iter::once(converter.manifest()))?;
        let guests = Guests::start(Sandbox::default())?;
        converters = Arc::new(guests.converters(std::slice::from_ref(&converter), &given)?);
        through = Some(converter.name().to_owned());
        cancel = guests.cancel.clone();
    }
    let verb = Verb {
        name: "export",
        target: &args.target,
        patterns: &args.patterns,
        going: &args.going,
        right: Right::Export,
        strength: Strength::default(),
        scanners: Arc::new(no_scanners()),
        converters,
        cancel,
    };
    let options = ExportOptions {
        reason: args.going.reason.clone(),
        through,
        ..ExportOptions::default()
    };
    verb.run(ui, async |scope, meant| {
        for_each(scope, ui, meant, async |entry, _| {
            proposed(scope.export(&named(&entry), &options).await)
        })
        .await
    })
    .await
}

//! `remit redact`: cuts what a scanner finds out of the entries that the patterns choose.

use std::sync::Arc;

use remit_policy::{Right, Sandbox, Strength, World};
use remit_session::{NoConverters, Operator, RedactOptions, Selector};

use super::verb::{Verb, export_first, named, proposed};
use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::{Given, Guest, Guests};
use crate::ui::Ui;

/// Redact entries: a scanner says where, remit cuts
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to redact, such as '/files/**/*.log'
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// The scanner that says where: an installed plugin such as personal-data, or a .wasm or .rhai file
    #[arg(long = "with", value_name = "SCANNER")]
    scanner: String,
    /// What to put in place of what was found: label, mask, pseudonym or remove; for one rule: email=mask
    #[arg(long, value_name = "OPERATOR")]
    operator: Vec<String>,
    /// The scanner's parameters: a TOML file, or - for standard input
    #[arg(long, value_name = "FILE")]
    params: Option<std::path::PathBuf>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    going: Going,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let operators = operators(&args.operator)?;
    let scanner = Guest::find(&args.scanner)?;
    scanner.expect(World::Scanner)?;
    let given = Given::read(args.params.as_deref(), &[])?;
    given.check_known(std::iter::once(scanner.manifest()))?;
    let guests = Guests::start(Sandbox::default())?;
    let pool = guests.scanners([&scanner], &given)?;
    let scanner = scanner.name().to_owned();
    let verb = Verb {
        name: "redact",
        target: &args.target,
        patterns: &args.patterns,
        going: &args.going,
        right: Right::Redact,
        strength: Strength::default(),
        scanners: Arc::new(pool),
        converters: Arc::new(NoConverters),
        cancel: guests.cancel.clone(),
    };
    let options = RedactOptions {
        reason: args.going.reason.clone(),
        scanner: scanner.clone(),
        operators,
    };
    verb.run(ui, async |scope, meant| {
        for one in meant {
            let listing = scope.select(&Selector::new(one.pattern.as_str())).await?;
            let mut scan = scope.scan(listing, &scanner).await?;
            loop {
                let page = match scan.next(100).await {
                    Ok(page) if page.is_empty() => break,
                    Ok(page) => page,
                    // The draft is incomplete and says why.
                    Err(remit_session::Refusal::Failure(_)) => break,
                    Err(fault) => return Err(fault.into()),
                };
                for scanned in page.into_iter().filter(|scanned| scanned.total > 0) {
                    export_first(scope, &scanned.of, &args.going).await?;
                    proposed(scope.redact(&named(&scanned.of), &options).await)?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// `mask`, or `email=mask` for one rule.
fn operators(typed: &[String]) -> Result<Vec<(String, Operator)>, CommandError> {
    typed
        .iter()
        .map(|text| {
            let (rule, operator) = text.split_once('=').unwrap_or(("*", text));
            let operator = operator.parse().map_err(|error| {
                CommandError::new(Exit::Usage, error)
                    .hint("operators are label, mask, pseudonym and remove")
            })?;
            Ok((rule.to_owned(), operator))
        })
        .collect()
}

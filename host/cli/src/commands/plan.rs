//! `remit plan` and `remit run`: a workflow proposes; what comes of it is a plan.

use std::path::PathBuf;
use std::sync::Arc;

use remit_plan::Plan;
use remit_policy::{Authority, Grant, GuestDigest, Manifest, Name, Rights, World, parse_allow};
use remit_wasm::{GuestError, run_workflow};

use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::{Given, Guest, Guests};
use crate::planning::{Planning, accept_gaps};
use crate::target::Workspace;
use crate::ui::Ui;
use crate::{applying, authority, case};

/// Have a workflow propose, and make a plan of it
///
/// Nothing is changed. `remit apply` carries the plan out.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    guest: GuestArgs,
}

/// Which guest, what it may do, and what it is told.
#[derive(clap::Args)]
pub(crate) struct GuestArgs {
    /// The workflow: an installed plugin such as erase-subject, or a .wasm file
    guest: String,
    #[command(flatten)]
    target: Target,
    /// Grant a right, such as delete='/runs/**' or delete+purge='/runs/**'; repeatable
    #[arg(long, value_name = "RIGHT=PATTERN")]
    allow: Vec<String>,
    /// Grant what a file says
    #[arg(long, value_name = "FILE", conflicts_with = "allow")]
    grant: Option<PathBuf>,
    /// The guest's parameters: a TOML file, or - for standard input
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// One parameter; not for what says who a person is
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// The folder for the plan [default: ./GUEST-DATE.case]
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
    /// Raise a ceiling, such as `delete=5000` or `delete.bytes="100 GiB"`
    #[arg(long, value_name = "CEILING=VALUE")]
    raise: Vec<String>,
    /// Accept a gap by its number, or `all`
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    accept_gap: Vec<String>,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let (workspace, plan) = plan(&args.guest, ui).await?;
    applying::show(ui, Some(&workspace), &plan, None).await?;
    Ok(if plan.summary().incomplete.is_some() {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}

/// Makes the plan.
pub(crate) async fn plan(args: &GuestArgs, ui: &Ui) -> Result<(Workspace, Plan), CommandError> {
    let workspace = Workspace::open(&args.target)?;
    let guest = Guest::find(&args.guest)?;
    guest.expect(World::Workflow)?;
    let find = |names: &[Name]| {
        let found = names.iter().map(|name| Guest::find(name.as_str()));
        found.collect::<Result<Vec<_>, _>>()
    };
    let scanners = find(&guest.manifest().scanners)?;
    let converters = find(&guest.manifest().converters)?;
    let all = || std::iter::once(&guest).chain(&scanners).chain(&converters);
    let given = Given::read(args.params.as_deref(), &args.param)?;
    given.check_known(all().map(Guest::manifest))?;
    let params = given.for_guest(guest.manifest())?;

    let policy = authority::policy(workspace.reading().as_ref()).await?;
    let grant = grant(args, ui, guest.manifest())?;
    let authority = Authority::for_guest(
        guest.manifest(),
        GuestDigest::of(&guest.bytes),
        grant,
        policy,
    )?
    .raise(&authority::raises(&args.raise)?)?;
    let guests = Guests::start(authority.sandbox())?;
    let scanner_pool = guests.scanners(&scanners, &given)?;
    let converter_pool = guests.converters(&converters, &given)?;
    let loaded = guests.load(&guest)?;

    let case = case::create(args.case.as_deref(), guest.name(), &workspace)?;
    let mut covers = Vec::new();
    for guest in all() {
        let name = format!(
            "guests/{}.wasm",
            guest.outline.digest.trim_start_matches("sha256:")
        );
        case.write_new(&name, &guest.bytes)?;
        covers.push(name);
    }
    let bar = ui.spinner("planning");
    let planning = Planning {
        ui,
        workspace: &workspace,
        case,
        authority,
        scanners: Arc::new(scanner_pool),
        converters: Arc::new(converter_pool),
        params,
        who: format!(
            "{} {} sha256:{}",
            guest.name(),
            guest.manifest().version,
            GuestDigest::of(&guest.bytes)
        ),
        covers,
        cancel: guests.cancel.clone(),
    };
    let planned = planning
        .run(async |session, _scope| {
            run_workflow(&loaded, &session, guests.limits(), &guests.cancel)
                .await
                .map_err(guest_failed)
        })
        .await;
    bar.finish_and_clear();
    let plan = accept_gaps(planned?, &args.accept_gap)?;
    Ok((workspace, plan))
}

/// What the guest is given: what was typed, what a file says, or what a person says now.
fn grant(args: &GuestArgs, ui: &Ui, manifest: &Manifest) -> Result<Grant, CommandError> {
    if let Some(file) = &args.grant {
        let text = std::fs::read(file).map_err(|error| {
            CommandError::io(format!("cannot read the grant `{}`", file.display()), error)
        })?;
        return Ok(Grant::parse(&file.display().to_string(), &text)?);
    }
    if !args.allow.is_empty() {
        let mut rights = Rights::none();
        for text in &args.allow {
            rights = rights.and(&parse_allow(text)?);
        }
        return Ok(Grant::of(rights));
    }
    let asks = manifest.asks();
    if asks.is_empty() {
        return Ok(Grant::of(Rights::none()));
    }
    let lines: Vec<String> = asks
        .rights()
        .flat_map(|right| {
            asks.lines(right)
                .iter()
                .map(move |line| format!("--allow {right}{}='{}'", line.strength, line.pattern))
        })
        .collect();
    if ui.can_ask() {
        ui.status(format!("{} {} asks for:", manifest.name, manifest.version));
        asks.to_toml()
            .lines()
            .for_each(|line| ui.status(format!("  {line}")));
        if ui
            .ask(
                "Grant this for planning? Nothing is changed before you have seen the plan. [y/N]",
            )?
            .as_deref()
            == Some("y")
        {
            return Ok(Grant::of(asks));
        }
        return Err(CommandError::refused(
            "nothing was granted, and nothing was run",
        ));
    }
    let mut error = CommandError::refused(format!(
        "nothing is granted to `{}`, and nobody is there to ask",
        manifest.name
    ));
    error
        .hints
        .push(format!("it asks for: {}", lines.join(" ")));
    Err(error)
}

fn guest_failed(error: GuestError) -> CommandError {
    CommandError::new(Exit::Failed, error)
}

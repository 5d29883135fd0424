//! `remit plan` and `remit run`: a workflow proposes; what comes of it is a plan.

use std::path::PathBuf;
use std::sync::Arc;

use remit_plan::Plan;
use remit_policy::{Authority, Grant, Name, Rights, Strength, World, parse_allow};
use remit_wasm::run_workflow;
use remit_workspace::Pattern;

use crate::args::Target;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::{Given, Guest, Guests, is_its_own};
use crate::planning::{Planning, Proposed, accept_gaps};
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
    /// When the guest fails, keep what it proposed before: as an incomplete plan, which cannot be applied
    #[arg(long)]
    keep_partial: bool,
}

/// Which guest, what it may do, and what it is told.
#[derive(clap::Args)]
pub(crate) struct GuestArgs {
    /// The workflow: an installed plugin or script such as erase-subject, a .wasm or .rhai file, or - for a
    /// script from standard input
    #[arg(required_unless_present = "script", conflicts_with = "script")]
    guest: Option<String>,
    /// A script, typed here. Without --allow and --grant it may list and read everything
    #[arg(short = 'e', value_name = "SCRIPT", allow_hyphen_values = true)]
    script: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
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
    let on_failure = match args.keep_partial {
        true => OnFailure::KeepPart,
        false => OnFailure::LeaveNothing,
    };
    let (workspace, plan) = plan(&args.guest, on_failure, ui).await?;
    applying::show(ui, Some(&workspace), &plan, None).await?;
    Ok(if plan.summary().incomplete.is_some() {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}

/// What is left of a guest that fails.
#[derive(Clone, Copy)]
pub(crate) enum OnFailure {
    /// Nothing: half a plan is no plan.
    LeaveNothing,
    /// What it proposed before, as a plan that cannot be applied.
    KeepPart,
}

impl GuestArgs {
    fn find(&self) -> Result<Guest, CommandError> {
        let named = match (&self.script, &self.guest) {
            (Some(text), _) => return Guest::typed(text),
            (None, Some(named)) => named,
            (None, None) => return Err(CommandError::usage("no guest is named")),
        };
        if named == "-" && self.params.as_deref().is_some_and(|file| file == "-") {
            return Err(CommandError::usage(
                "standard input is the script, and cannot be the parameters as well",
            )
            .hint("put one of them into a file"));
        }
        Guest::find(named)
    }
}

/// Makes the plan.
pub(crate) async fn plan(
    args: &GuestArgs,
    on_failure: OnFailure,
    ui: &Ui,
) -> Result<(Workspace, Plan), CommandError> {
    let workspace = Workspace::open(&args.target)?;
    let guest = args.find()?;
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
    let grant = grant(args, ui, &guest)?;
    let authority = Authority::for_guest(guest.manifest(), guest.digest(), grant, policy)?
        .raise(&authority::raises(&args.raise)?)?;
    let guests = Guests::start(authority.sandbox())?;
    let own_scanner = guest.scans_for_itself().then_some(&guest);
    let scanner_pool = guests.scanners(scanners.iter().chain(own_scanner), &given)?;
    let converter_pool = guests.converters(&converters, &given)?;
    let loaded = guests.load(&guest, World::Workflow)?;

    let case = case::create(args.case.as_deref(), guest.name(), &workspace)?;
    let mut covers = Vec::new();
    for guest in all() {
        let (name, bytes) = guest.kept();
        case.write_new(&name, bytes)?;
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
        who: guest.who(&loaded),
        covers,
        cancel: guests.cancel.clone(),
    };
    let planned = planning
        .run(async |session, _scope| {
            let ended = run_workflow(&loaded, &session, guests.limits(), &guests.cancel).await;
            match (ended, on_failure) {
                (Ok(()), _) => Ok(Proposed::Whole),
                (Err(error), OnFailure::KeepPart) if is_its_own(&error) => {
                    Ok(Proposed::Part(guest.failed(error)))
                }
                (Err(error), _) => Err(guest.failed(error)),
            }
        })
        .await;
    bar.finish_and_clear();
    let plan = accept_gaps(planned?.plan, &args.accept_gap)?;
    Ok((workspace, plan))
}

/// What the guest is given: what was typed, what a file says, or what a person says now.
fn grant(args: &GuestArgs, ui: &Ui, guest: &Guest) -> Result<Grant, CommandError> {
    let manifest = guest.manifest();
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
        if guest.is_script() && manifest.asks().is_empty() {
            ui.warn(format!(
                "`{}` asks for nothing in its header, so it is given nothing",
                manifest.name
            ));
            ui.hint(format!("let it begin with\n{}", header(&rights)));
        }
        return Ok(Grant::of(rights));
    }
    let everything = [Pattern::everything()];
    if args.script.is_some() {
        return Ok(Grant::of(authority::typed(
            &everything,
            &[],
            Strength::default(),
        )));
    }
    let asks = manifest.asks();
    if asks.is_empty() {
        return Ok(Grant::of(Rights::none()));
    }
    if guest.is_script() && asks == Rights::all() {
        return Err(
            CommandError::refused("nothing is granted to the script on standard input")
                .hint("grant what it needs, such as --allow list='/**' --allow read='/**'"),
        );
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

/// The header with which a script would ask for these rights.
fn header(rights: &Rights) -> String {
    let lines = rights.to_toml();
    let asks = lines.lines().map(|line| format!("\n  //! {line}"));
    format!(
        "  //! What it does, in one line.\n  //!\n  //! [asks]{}",
        asks.collect::<String>()
    )
}

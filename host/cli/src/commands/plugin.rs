//! `remit plugin`: look at a plugin or a script, make one, try one.

use std::io::Write as _;
use std::path::PathBuf;

use bytes::Bytes;
use futures::StreamExt as _;
use remit_policy::World;
use remit_report::words::{escape, size};
use remit_wasm::{pack, pack_interpreter, try_scanner};
use remit_workspace::{Entry, EntryPath, Kind, StoreError, Version};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::guests::{Given, Guest, Guests, installed};
use crate::ui::Ui;

/// Look at plugins and scripts, make them, try them
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List the installed plugins and scripts
    List,
    /// Say what a plugin or a script asks for, what it imports, and what it can never do
    Inspect {
        /// An installed plugin or script, or a .wasm or .rhai file
        plugin: String,
    },
    /// Make a component of a WebAssembly module, with its manifest in it
    Pack {
        /// The module, as the compiler wrote it
        module: PathBuf,
        /// Its manifest
        #[arg(long, value_name = "FILE", default_value = "plugin.toml")]
        manifest: PathBuf,
        /// The component to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Make an interpreter of scripts, which only a host's own build takes
        #[arg(long, hide = true)]
        interpreter: bool,
    },
    /// Show what a scanner finds in one file
    Try {
        /// An installed scanner, or a .wasm or .rhai file
        scanner: String,
        /// The file to look at
        file: PathBuf,
        /// The scanner's parameters: a TOML file, or - for standard input
        #[arg(long, value_name = "FILE")]
        params: Option<PathBuf>,
    },
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    match args.what {
        What::List => list(ui)?,
        What::Inspect { plugin } => show(&plugin, ui)?,
        What::Pack {
            module,
            manifest,
            output,
            interpreter,
        } => {
            let pack = if interpreter { pack_interpreter } else { pack };
            make(pack, &module, &manifest, &output, ui)?;
        }
        What::Try {
            scanner,
            file,
            params,
        } => trial(&scanner, &file, params.as_deref(), ui).await?,
    }
    Ok(Exit::Done)
}

fn list(ui: &Ui) -> Result<(), CommandError> {
    let mut out = ui.out();
    for name in installed() {
        let guest = match Guest::find(&name) {
            Ok(guest) => guest,
            // One that is broken hides none of the others.
            Err(_broken) => {
                let name = escape(&name);
                let why = format!("`remit plugin inspect {name}` says why");
                writeln!(out, "{name:<18} {:<10} {:<9} {why}", "BROKEN", "")?;
                continue;
            }
        };
        let manifest = guest.manifest();
        writeln!(
            out,
            "{name:<18} {:<10} {:<9} {}",
            manifest.version,
            manifest.world.as_str(),
            escape(&manifest.description)
        )?;
    }
    Ok(out.flush()?)
}

fn show(plugin: &str, ui: &Ui) -> Result<(), CommandError> {
    let guest = Guest::find(plugin)?;
    let inspection = guest.inspect()?;
    let manifest = guest.manifest();
    let mut out = ui.out();
    writeln!(
        out,
        "name       {} {} ({}{})",
        manifest.name,
        manifest.version,
        if guest.is_script() { "a script, " } else { "" },
        manifest.world.as_str()
    )?;
    if !manifest.description.is_empty() {
        writeln!(out, "says       {}", escape(&manifest.description))?;
    }
    writeln!(out, "digest     {}", inspection.digest)?;
    writeln!(out, "size       {}", size(inspection.bytes))?;
    for ask in &inspection.asks {
        let need = if ask.required { "needs" } else { "would use" };
        let idle = if ask.usable {
            ""
        } else {
            " (and could not use it: it imports nothing for it)"
        };
        writeln!(
            out,
            "asks       {need} {} on {}{idle}",
            ask.right, ask.pattern
        )?;
    }
    if inspection.asks.is_empty() {
        writeln!(out, "asks       for no right")?;
    }
    for (name, param) in &manifest.params {
        let personal = if param.personal { ", personal" } else { "" };
        writeln!(
            out,
            "parameter  {name}{personal}: {}",
            escape(&param.description)
        )?;
    }
    for (rule, description) in &manifest.rules {
        writeln!(out, "finds      {rule}: {}", escape(description))?;
    }
    for import in &inspection.imports {
        writeln!(out, "imports    {}", escape(&import.name))?;
    }
    for sentence in &inspection.never {
        writeln!(out, "never      {sentence}")?;
    }
    if let Err(error) = &inspection.links {
        writeln!(out, "CANNOT RUN {error}")?;
    }
    Ok(out.flush()?)
}

fn make(
    pack: impl FnOnce(&[u8], &str, bool) -> Result<Vec<u8>, remit_wasm::Error>,
    module: &std::path::Path,
    manifest: &std::path::Path,
    output: &std::path::Path,
    ui: &Ui,
) -> Result<(), CommandError> {
    let read = |path: &std::path::Path| {
        std::fs::read(path)
            .map_err(|error| CommandError::io(format!("cannot read `{}`", path.display()), error))
    };
    let text = String::from_utf8(read(manifest)?).map_err(|_not_text| {
        CommandError::usage(format!("`{}` is not text", manifest.display()))
    })?;
    let component =
        pack(&read(module)?, &text, true).map_err(|error| CommandError::new(Exit::Usage, error))?;
    // What is the same already stays as old as it is, so that nobody builds anew because of it.
    if std::fs::read(output).is_ok_and(|old| old == component) {
        ui.status(format!("{} is the same already.", output.display()));
        return Ok(());
    }
    // Written beside and renamed: whoever reads the old one meanwhile reads all of it.
    let partial = output.with_extension("part");
    std::fs::write(&partial, &component)
        .and_then(|()| std::fs::rename(&partial, output))
        .map_err(|error| CommandError::io(format!("cannot write `{}`", output.display()), error))?;
    ui.status(format!(
        "Made {} ({}).",
        output.display(),
        size(component.len() as u64)
    ));
    Ok(())
}

/// Findings that are shown.
const SHOWN: usize = 100;

async fn trial(
    scanner: &str,
    file: &std::path::Path,
    params: Option<&std::path::Path>,
    ui: &Ui,
) -> Result<(), CommandError> {
    let guest = Guest::find(scanner)?;
    guest.expect(World::Scanner)?;
    let given = Given::read(params, &[])?;
    given.check_known(std::iter::once(guest.manifest()))?;
    let params = given.for_guest(guest.manifest())?;
    let bytes = std::fs::read(file)
        .map_err(|error| CommandError::io(format!("cannot read `{}`", file.display()), error))?;
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let path = EntryPath::of_segments(["files", &name])
        .map_err(|error| CommandError::new(Exit::Usage, error))?;
    let entry = Entry {
        path,
        kind: Kind::File,
        size_bytes: Some(bytes.len() as u64),
        version: Version::of_document(&bytes),
        created: None,
        modified: None,
        properties: Default::default(),
    };
    let format = remit_formats::Format::detect(&name, None, &bytes);
    if let Some(why) = format.gap() {
        return Err(CommandError::new(
            Exit::Failed,
            format!("`{}`: {why}", file.display()),
        ));
    }
    let mut decoder = remit_formats::Decoder::new(format)
        .map_err(|error| CommandError::new(Exit::Failed, error))?;
    let mut decoded = Vec::new();
    decoder.push(&bytes, &mut decoded);
    decoder.finish(&mut decoded);
    let chunks: Vec<Result<Bytes, StoreError>> = decoded
        .chunks(256 * 1024)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    let guests = Guests::start(Default::default())?;
    let loaded = guests.load(&guest, World::Scanner)?;
    let content = futures::stream::iter(chunks).boxed();
    let trial = try_scanner(&loaded, params, entry, content, guests.limits(), SHOWN)
        .await
        .map_err(|error| guest.failed(error))?;
    for line in &trial.said {
        ui.status(format!("the scanner says: {}", escape(line)));
    }
    let mut out = ui.out();
    for finding in &trial.findings {
        let start = usize::try_from(finding.offset)
            .unwrap_or(usize::MAX)
            .min(decoded.len());
        let end = start
            .saturating_add(finding.length as usize)
            .min(decoded.len());
        let found = String::from_utf8_lossy(&decoded[start..end]);
        writeln!(
            out,
            "{:>10}  {:<10} {}",
            finding.offset,
            escape(&finding.rule),
            escape(&found)
        )?;
    }
    out.flush()?;
    drop(out);
    ui.status(format!(
        "{} in {}",
        remit_report::words::count(trial.total, "finding", "findings"),
        file.display()
    ));
    Ok(())
}

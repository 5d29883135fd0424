//! `remit download`: reads entries into a folder.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use remit_export::{Form, Names};
use remit_workspace::{Entry, EntryPath, Gap, Listed, Pattern, Store, layout};

use crate::args::Target;
use crate::authority;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::files;
use crate::outputs::Outputs;
use crate::target::Workspace;
use crate::ui::Ui;

/// Entries downloaded at once: from a folder, and from an account, which answers slowly and answers many.
const IN_FLIGHT: usize = 8;
const IN_FLIGHT_OF_AN_ACCOUNT: usize = 64;

/// Download entries into a folder
///
/// Below the folder, names are those below the pattern's fixed part: '/runs/x/outputs/**' puts
/// `model.pkl` there, not the whole path. Names that this machine could misread are changed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to download, such as '/runs/x/outputs/**'
    #[arg(value_name = "PATTERN")]
    pattern: String,
    /// The folder to put it in
    #[arg(value_name = "DIR")]
    into: PathBuf,
    /// Replace files that are there already
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args, ui: &Ui) -> Result<Exit, CommandError> {
    let workspace = Workspace::open(&args.target)?;
    let typed = authority::patterns(std::slice::from_ref(&args.pattern))?.remove(0);
    let Chosen { entries, fixed } = chosen(&workspace, &typed, ui).await?;
    let below = common(fixed, &entries);
    // Names are decided by the set of all, before the first file is written.
    let form = |entry: &Entry| {
        if entry.kind.is_object() {
            Form::Bytes
        } else {
            Form::Json
        }
    };
    let names = Names::of(
        entries
            .iter()
            .map(|entry| (relative(&entry.path, &below), form(entry))),
    );
    // In bytes, where every entry's size is known.
    let mut sizes = entries.iter().map(|entry| entry.size_bytes);
    let total = sizes.try_fold(0_u64, |total, size| total.checked_add(size?));
    let bar = match total {
        Some(bytes) => ui.bar_of_bytes("downloading", bytes),
        None => ui.bar("downloading", entries.len() as u64),
    };
    let came = |bytes: u64| {
        if total.is_some() {
            bar.inc(bytes);
        }
    };
    let copies = entries.iter().map(|entry| {
        let name = names
            .payload_path(&relative(&entry.path, &below))
            .expect("every entry was named");
        let name = name.strip_prefix("data/").unwrap_or(&name);
        let to = args.into.join(name);
        let (workspace, bar, came) = (&workspace, &bar, &came);
        async move {
            let bytes = download(workspace, entry, &to, args.overwrite, came).await?;
            if total.is_none() {
                bar.inc(1);
            }
            Ok::<u64, CommandError>(bytes)
        }
    });
    let in_flight = match workspace.folder() {
        Some(_) => IN_FLIGHT,
        None => IN_FLIGHT_OF_AN_ACCOUNT,
    };
    let copies = stream::iter(copies).buffer_unordered(in_flight);
    let all = copies.try_fold(0_u64, |bytes, copied| async move { Ok(bytes + copied) });
    let bytes = match workspace.folder() {
        Some(_) => all.await?,
        None => remit_azure::copying(entries.len() as u64, total, all).await?,
    };
    bar.finish_and_clear();
    let count = remit_report::words::count(entries.len() as u64, "entry", "entries");
    ui.status(format!(
        "Downloaded {count}, {}, to {}.",
        remit_report::words::size(bytes),
        args.into.display()
    ));
    Ok(Exit::Done)
}

/// What a pattern chooses.
struct Chosen {
    entries: Vec<Entry>,
    /// Names that are fixed of the pattern: below these, each entry keeps its own.
    fixed: usize,
}

async fn chosen(workspace: &Workspace, typed: &Pattern, ui: &Ui) -> Result<Chosen, CommandError> {
    let store = workspace.store.as_ref();
    if let Some((record, below)) = files::of_asset(typed) {
        let lie = store.files(&record).await?;
        let shown = format!("its document says where they lie: remit show {record}");
        if lie.places.is_empty() {
            return Err(files::nowhere(&format!("the data of {record}"), &lie.gaps).hint(shown));
        }
        let entries = listed(store, &files::patterns(&lie, below), ui).await?;
        let none = format!("no file of {record} was found");
        return match entries.is_empty() {
            true => Err(CommandError::new(Exit::Failed, none).hint(shown)),
            // Wherever they lie, their names begin where they differ.
            false => Ok(Chosen {
                entries,
                fixed: usize::MAX,
            }),
        };
    }
    let entries = listed(store, &store.resolve(typed).await?, ui).await?;
    let meant = layout::resolve(typed);
    let fixed = meant.first().map_or(0, fixed);
    if !entries.is_empty() {
        return Ok(Chosen { entries, fixed });
    }
    let none = CommandError::new(Exit::Failed, format!("no entry matches {typed}"));
    let Some((run, name)) = layout::named_output(typed) else {
        return Err(none.hint("`remit list` shows what is there"));
    };
    // What its documents call so may lie anywhere.
    let output = store.output(&run, &plain(name)).await?;
    let below = typed.as_str().trim_start_matches(run.as_str());
    let below = below.trim_start_matches('/').split_once('/');
    let places = files::patterns(&output, below.map_or("", |(_, below)| below));
    let entries = listed(store, &places, ui).await?;
    if let (Some(place), false) = (places.first(), entries.is_empty()) {
        let fixed = self::fixed(place);
        return Ok(Chosen { entries, fixed });
    }
    // What a pipeline calls its output was written by one of the runs below it.
    let outputs = Outputs::of(store, &run, name, typed).await?;
    for gap in &outputs.gaps {
        unseen(ui, gap);
    }
    if !outputs.chosen.is_empty() {
        let entries = outputs.chosen;
        return Ok(Chosen { entries, fixed });
    }
    if output.names.contains(&plain(name)) && !output.gaps.is_empty() {
        let what = format!("the output {name} of {run}");
        return Err(files::nowhere(&what, &output.gaps));
    }
    for gap in &output.gaps {
        unseen(ui, gap);
    }
    Err(none.hint(outputs.names(&run, output.names)))
}

/// A name as documents have it.
fn plain(written: &str) -> String {
    let path = EntryPath::parse(&format!("/{written}"));
    path.map_or_else(|_| written.to_owned(), |path| path.file_name())
}

async fn listed(
    store: &dyn Store,
    patterns: &[Pattern],
    ui: &Ui,
) -> Result<Vec<Entry>, CommandError> {
    let mut entries = Vec::new();
    let listings = patterns.iter().map(|pattern| store.list(pattern));
    let mut listing = stream::iter(listings).flatten();
    while let Some(listed) = listing.try_next().await? {
        match listed {
            Listed::Entry(entry) => entries.push(entry),
            Listed::Gap(gap) => unseen(ui, &gap),
        }
    }
    Ok(entries)
}

fn unseen(ui: &Ui, gap: &Gap) {
    ui.warn(format!("nobody could look at {}: {}", gap.path, gap.reason));
}

/// How many names are fixed of a pattern, without that of a single entry.
fn fixed(pattern: &Pattern) -> usize {
    let pattern = layout::in_default_container(pattern, "any");
    pattern.literal_prefix().len() - usize::from(pattern.as_path().is_some())
}

/// The folder that all matches lie in. What a pattern of a run's outputs leaves open (which container, which of two
/// folders, which run below the pipeline) is fixed where all matches have it in common.
fn common(fixed: usize, entries: &[Entry]) -> String {
    let folder = |entry: &Entry| -> Vec<String> {
        let names: Vec<&str> = entry.path.written_segments().collect();
        let depth = fixed.min(names.len().saturating_sub(1));
        names[..depth]
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    };
    let common = entries.iter().map(folder).reduce(|one, other| {
        let pairs = one.into_iter().zip(other);
        let same = pairs.take_while(|(one, other)| one == other);
        same.map(|(one, _)| one).collect()
    });
    let names = common.unwrap_or_default();
    names.iter().map(|name| format!("/{name}")).collect()
}

fn relative(path: &EntryPath, below: &str) -> String {
    path.as_str()
        .strip_prefix(below)
        .unwrap_or(path.as_str())
        .to_owned()
}

/// One entry into one file: complete and in its place, or not there. `came` is told of bytes as they come.
async fn download(
    workspace: &Workspace,
    entry: &Entry,
    to: &Path,
    overwrite: bool,
    came: &dyn Fn(u64),
) -> Result<u64, CommandError> {
    let io = |doing: &'static str| {
        move |error| CommandError::io(format!("cannot {doing} `{}`", to.display()), error)
    };
    if !overwrite && to.symlink_metadata().is_ok() {
        return Err(
            CommandError::usage(format!("`{}` is there already", to.display()))
                .hint("replace it with --overwrite"),
        );
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io("make the folder of"))?;
    let partial = to.with_file_name(format!(
        ".{}.part",
        to.file_name().unwrap_or_default().to_string_lossy()
    ));
    let mut file = File::create(&partial).map_err(io("write"))?;
    let mut content = workspace.store.open(&entry.path, &entry.version, 0).await?;
    let mut bytes = 0;
    let copied: Result<(), CommandError> = async {
        while let Some(chunk) = content.try_next().await? {
            file.write_all(&chunk).map_err(io("write"))?;
            bytes += chunk.len() as u64;
            came(chunk.len() as u64);
        }
        // Flushes wait for the disk, and the disk takes many at once.
        let (from, into) = (partial.clone(), to.to_owned());
        let placed = tokio::task::spawn_blocking(move || {
            file.sync_all()?;
            fs::rename(from, into)
        });
        let placed = placed.await.unwrap_or_else(|died| Err(died.into()));
        placed.map_err(io("flush"))
    }
    .await;
    if copied.is_err() {
        // Half a file must not look like a whole one.
        let _already_failing = fs::remove_file(&partial);
    }
    copied.map(|()| bytes)
}

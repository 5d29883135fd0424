//! Where plugins and scripts lie on this machine.

use std::env;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::CommandError;

/// A guest's bytes.
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    pub(super) place: PathBuf,
    pub(super) form: Form,
}

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Component,
    Script,
}

impl Form {
    const ALL: [Self; 2] = [Self::Component, Self::Script];

    /// How the names of such files end.
    const fn ending(self) -> &'static str {
        match self {
            Self::Component => ".wasm",
            Self::Script => ".rhai",
        }
    }
}

/// Names a script that comes from standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// More of standard input than any script may have is not read.
const STANDARD_INPUT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The bytes of a guest, and where they were found: a file that is named, what is installed, or
/// standard input.
pub(super) fn find(named: &str) -> Result<Found, CommandError> {
    if named == STANDARD_INPUT {
        return standard_input();
    }
    let by_ending = |form: &Form| named.ends_with(form.ending());
    let (place, form) = match Form::ALL.into_iter().find(by_ending) {
        Some(form) => (PathBuf::from(named), form),
        None if named.contains('/') => (PathBuf::from(named), Form::Component),
        None => on_shelf(named).ok_or_else(|| not_installed(named))?,
    };
    let bytes = fs::read(&place)
        .map_err(|error| CommandError::io(format!("cannot read `{}`", place.display()), error))?;
    Ok(Found { bytes, place, form })
}

fn standard_input() -> Result<Found, CommandError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(STANDARD_INPUT_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::io("cannot read the script on standard input", error))?;
    Ok(Found {
        bytes,
        place: STANDARD_INPUT.into(),
        form: Form::Script,
    })
}

fn on_shelf(named: &str) -> Option<(PathBuf, Form)> {
    folders()
        .into_iter()
        .flat_map(|folder| {
            Form::ALL.map(|form| (folder.join(format!("{named}{}", form.ending())), form))
        })
        .find(|(place, _)| place.is_file())
}

fn not_installed(named: &str) -> CommandError {
    let known = installed();
    let error = CommandError::usage(format!("no plugin or script `{named}` is installed"));
    match known.is_empty() {
        true => error
            .hint("there are none at all: build those of the project with `cargo xtask plugins`"),
        false => error.hint(format!("installed are: {}", known.join(", "))),
    }
    .hint("name a file to use one that is not installed: ./mine.wasm or ./mine.rhai")
}

/// The names of the installed plugins and scripts.
pub(crate) fn installed() -> Vec<String> {
    let mut names: Vec<String> = folders()
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let name = name.to_str()?;
            Form::ALL
                .iter()
                .find_map(|form| name.strip_suffix(form.ending()))
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// In the order in which they are searched.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("REMIT_PLUGINS")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    if let Some(beside) = env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned))
    {
        folders.push(beside.join("plugins"));
        // A development build: target/debug/remit, target/plugins.
        folders.extend(beside.parent().map(|above| above.join("plugins")));
    }
    folders.extend(home("XDG_DATA_HOME", ".local/share").map(|data| data.join("remit/plugins")));
    folders
}

/// Where compiled code is kept.
pub(super) fn cache_folder() -> Option<PathBuf> {
    home("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("remit/compiled"))
}

fn home(variable: &str, below: &str) -> Option<PathBuf> {
    let named = env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    named.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(below)))
}

//! Where plugins lie on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::CommandError;

/// The bytes of a plugin, and where they were found: a file that is named, or an installed plugin.
pub(super) fn find(named: &str) -> Result<(Vec<u8>, PathBuf), CommandError> {
    let file = Path::new(named);
    if named.ends_with(".rhai") || named == "-" {
        return Err(CommandError::usage("scripts are not part of this version")
            .hint("name a plugin (.wasm)"));
    }
    let is_file = named.ends_with(".wasm") || named.contains('/');
    let place = match is_file {
        true => file.to_owned(),
        false => folders()
            .into_iter()
            .map(|folder| folder.join(format!("{named}.wasm")))
            .find(|place| place.is_file())
            .ok_or_else(|| not_installed(named))?,
    };
    let bytes = fs::read(&place)
        .map_err(|error| CommandError::io(format!("cannot read `{}`", place.display()), error))?;
    Ok((bytes, place))
}

fn not_installed(named: &str) -> CommandError {
    let known = installed();
    let error = CommandError::usage(format!("no plugin `{named}` is installed"));
    match known.is_empty() {
        true => error
            .hint("there are none at all: build those of the project with `cargo xtask plugins`"),
        false => error.hint(format!("installed are: {}", known.join(", "))),
    }
    .hint("name a file to use one that is not installed: ./mine.wasm")
}

/// The names of the installed plugins.
pub(crate) fn installed() -> Vec<String> {
    let mut names: Vec<String> = folders()
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_suffix(".wasm")
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

//! A copy of the project to break things in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cases::Case;
use crate::run::Outcome;

/// The copy.
pub(crate) struct Tree {
    folder: PathBuf,
}

/// A file as it was before it was broken.
pub(crate) struct Broken {
    file: PathBuf,
    was: String,
    is_manifest: bool,
}

impl Tree {
    /// Copies what git knows of, and what it would take. Only what differs is written, so that what was
    /// built of an earlier copy stays built.
    pub(crate) fn copy(from: &Path, to: &Path) -> Outcome<Self> {
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(from)
            .output()
            .map_err(|error| format!("cannot run git: {error}"))?;
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names: BTreeSet<PathBuf> = names
            .split_terminator('\0')
            .map(PathBuf::from)
            .filter(|name| from.join(name).is_file())
            .collect();
        if names.is_empty() {
            return Err("git lists no files: the breaks need the project's repository".into());
        }
        for name in &names {
            let bytes = fs::read(from.join(name)).map_err(failed(name))?;
            let copy = to.join(name);
            if fs::read(&copy).is_ok_and(|old| old == bytes) {
                continue;
            }
            let above = copy.parent().unwrap_or(to);
            fs::create_dir_all(above).map_err(failed(name))?;
            fs::write(&copy, bytes).map_err(failed(name))?;
        }
        remove_others(to, Path::new(""), &names)?;
        let tree = Self {
            folder: to.to_owned(),
        };
        // Tests ask git which files there are.
        for arguments in [&["init", "--quiet"][..], &["add", "--all"]] {
            let done = Command::new("git")
                .args(arguments)
                .current_dir(to)
                .status()
                .map_err(|error| format!("cannot run git: {error}"))?;
            if !done.success() {
                return Err(format!("git {arguments:?} failed in {}", to.display()));
            }
        }
        Ok(tree)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the break.
    pub(crate) fn write(&self, case: &Case) -> Outcome<Broken> {
        let file = self.folder.join(&case.file);
        let was = fs::read_to_string(&file).map_err(failed(&file))?;
        let broken = case.broken(&was)?;
        fs::write(&file, broken).map_err(failed(&file))?;
        let is_manifest = file.ends_with("Cargo.toml");
        let broken = Broken {
            file,
            was,
            is_manifest,
        };
        if broken.is_manifest {
            super::relock(self)?;
        }
        Ok(broken)
    }

    /// Takes the break back.
    pub(crate) fn restore(&self, broken: &Broken) -> Outcome {
        fs::write(&broken.file, &broken.was).map_err(failed(&broken.file))?;
        match broken.is_manifest {
            true => super::relock(self),
            false => Ok(()),
        }
    }
}

/// Removes what an earlier copy had and this one has not.
fn remove_others(root: &Path, below: &Path, names: &BTreeSet<PathBuf>) -> Outcome {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
        let entry = entry.map_err(failed(&folder))?;
        let name = below.join(entry.file_name());
        if name == Path::new(".git") {
            continue;
        }
        if entry.path().is_dir() {
            remove_others(root, &name, names)?;
        } else if !names.contains(&name) {
            fs::remove_file(entry.path()).map_err(failed(&name))?;
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}")
}

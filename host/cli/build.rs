//! Puts the interpreters of scripts into the binary: two components that `cargo xtask plugins` packs.
//!
//! From the folder that `REMIT_INTERPRETERS` names, else from `interpreters` in the target folder. Where
//! they are not, an empty file stands for each, and scripts are told what is missing.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const INTERPRETERS: [&str; 2] = ["rhai-workflow.wasm", "rhai-scanner.wasm"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=REMIT_INTERPRETERS");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let folder = match std::env::var_os("REMIT_INTERPRETERS") {
        Some(named) => PathBuf::from(named),
        None => beside(&out)?,
    };
    println!("cargo::rerun-if-changed={}", folder.display());
    for name in INTERPRETERS {
        let component = match fs::read(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        fs::write(out.join(name), component)?;
    }
    Ok(())
}

/// `interpreters` in the target folder, which is four above `<target>/debug/build/remit-…/out`.
///
/// Cargo watches it, and takes what is not there for changed with every build: so it is made, and is as old
/// as can be.
fn beside(out: &Path) -> io::Result<PathBuf> {
    let folder = out.ancestors().nth(4).unwrap_or(out).join("interpreters");
    if !folder.exists() {
        fs::create_dir_all(&folder)?;
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::open(&folder)?.set_times(FileTimes::new().set_modified(long_ago))?;
    }
    Ok(folder)
}

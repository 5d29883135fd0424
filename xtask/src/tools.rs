//! Programs that tasks need and a machine may lack: installed after saying so, or named.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, output, run, target};

/// A program and the Debian package that has it.
pub(crate) struct Program {
    pub(crate) path: &'static str,
    pub(crate) package: &'static str,
}

/// Builds the allocator of the binary, with the C compiler that Rust links with.
pub(crate) const MAKE: Program = Program {
    path: "/usr/bin/make",
    package: "make",
};

/// Installs what is missing, if this user may.
pub(crate) fn install(programs: &[Program]) -> Outcome {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|program| !Path::new(program.path).exists())
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if output(Command::new("id").arg("-u")).as_deref() != Some("0") {
        return Err(format!(
            "these packages are needed, and only root can install them: apt-get install {packages}"
        ));
    }
    run(
        "apt-get update",
        Command::new("apt-get").args(["update", "-qq"]),
    )?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(&missing);
    run(
        &format!("apt-get install {packages}"),
        install.env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// `cargo-deny`, built once into the target folder where the machine has none.
pub(crate) fn cargo_deny() -> Outcome<PathBuf> {
    let on_path =
        output(Command::new("sh").args(["-c", "command -v cargo-deny"])).map(PathBuf::from);
    let ours = target().join("tools/bin/cargo-deny");
    if let Some(found) = on_path
        .filter(|path| path.exists())
        .or_else(|| ours.exists().then(|| ours.clone()))
    {
        return Ok(found);
    }
    let mut install = crate::run::cargo(&[
        "install",
        "cargo-deny",
        "--version",
        "^0.20",
        "--locked",
        "--quiet",
        "--root",
    ]);
    install
        .arg(target().join("tools"))
        .env("CARGO_TARGET_DIR", target().join("tools/build"));
    run(
        "cargo install cargo-deny (some minutes, once)",
        &mut install,
    )?;
    Ok(ours)
}

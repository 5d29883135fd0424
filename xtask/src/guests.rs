//! Builds the plugins and the interpreters of scripts for WebAssembly, and makes components of them.
//!
//! The host packs them, and is built again with the interpreters in it: its build script finds them in the
//! target folder, where plain `cargo build` finds them too, so that neither builds anew after the other.
//!
//! Three ways to a Wasm standard library, in this order: the active toolchain's own; `rustup target add`;
//! Debian's `rustc-web`, which builds the standard library from source.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, cargo, output, project, run, target};
use crate::tools::{self, Program};

const TRIPLE: &str = "wasm32-unknown-unknown";

/// What Debian's way needs.
const DEBIAN: [Program; 3] = [
    Program {
        path: "/usr/bin/rustc",
        package: "rustc-web",
    },
    Program {
        path: "/usr/bin/cargo",
        package: "cargo-web",
    },
    Program {
        path: "/usr/lib/rustlib/src/rust/library/Cargo.lock",
        package: "rust-web-src",
    },
];

/// Builds the binary with the features of its dependencies as the tests have them, so that wasmtime is
/// compiled once: cargo unifies features over what is selected, and tests select more.
const HOST: [&str; 7] = [
    "build",
    "--quiet",
    "--workspace",
    "--bin",
    "remit",
    "--test",
    "black-box",
];

/// The folder of `plugins/` that holds the interpreters.
const INTERPRETERS: &str = "rhai";

/// The folder of `plugins/` that holds the hostile guests.
const PROBES: &str = "probes";

/// What a guest is built for, which says where it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// For users: beside the binary.
    Plugin,
    /// To be put into the binary.
    Interpreter,
    /// For tests: nobody should meet it in a list of plugins.
    Probe,
}

impl Role {
    const ALL: [Self; 3] = [Self::Plugin, Self::Interpreter, Self::Probe];

    fn of(manifest: &Path) -> Self {
        let is_below = |folder: &str| manifest.starts_with(project().join("plugins").join(folder));
        match () {
            () if is_below(INTERPRETERS) => Self::Interpreter,
            () if is_below(PROBES) => Self::Probe,
            () => Self::Plugin,
        }
    }

    fn folder(self) -> PathBuf {
        target().join(match self {
            Self::Plugin => "plugins",
            Self::Interpreter => "interpreters",
            Self::Probe => "probes",
        })
    }
}

/// A guest to be packed.
struct Guest {
    manifest: PathBuf,
    module: String,
    role: Role,
}

/// Builds every guest, and the host with the interpreters; where the plugins and scripts lie.
pub(crate) fn build() -> Outcome<PathBuf> {
    for folder in Role::ALL.map(Role::folder) {
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    run("build the host", &mut cargo(&HOST))?;
    let remit = target().join("debug/remit");
    let modules = modules()?;
    for guest in guests()? {
        let name = &guest.module;
        let module = modules.join(format!("{}.wasm", name.replace('-', "_")));
        let mut pack = Command::new(&remit);
        pack.args(["--quiet", "plugin", "pack"])
            .arg(&module)
            .arg("--manifest")
            .arg(&guest.manifest);
        if guest.role == Role::Interpreter {
            pack.arg("--interpreter");
        }
        let to = guest.role.folder().join(format!("{name}.wasm"));
        pack.arg("--output").arg(to);
        run(&format!("pack {name}"), &mut pack)?;
    }
    let plugins = Role::Plugin.folder();
    copy_scripts(&plugins)?;
    run("build the host with the interpreters", &mut cargo(&HOST))?;
    Ok(plugins)
}

/// The scripts that ship lie beside the plugins.
fn copy_scripts(to: &Path) -> Outcome {
    let from = project().join("scripts");
    let Ok(entries) = fs::read_dir(&from) else {
        return Ok(());
    };
    for entry in entries {
        let script = entry
            .map_err(|error| format!("cannot read {}: {error}", from.display()))?
            .path();
        if let (Some("rhai"), Some(name)) = (
            script.extension().and_then(|ending| ending.to_str()),
            script.file_name(),
        ) {
            fs::copy(&script, to.join(name))
                .map_err(|error| format!("cannot copy {}: {error}", script.display()))?;
        }
    }
    Ok(())
}

/// What is packed: every folder of `plugins/` with a `plugin.toml`.
fn guests() -> Outcome<Vec<Guest>> {
    let mut found = Vec::new();
    collect(&project().join("plugins"), &mut found)?;
    found.sort();
    Ok(found
        .into_iter()
        .map(|(folder, manifest)| {
            let role = Role::of(&manifest);
            let module = match role {
                Role::Interpreter => format!("{INTERPRETERS}-{folder}"),
                Role::Plugin | Role::Probe => folder,
            };
            Guest {
                manifest,
                module,
                role,
            }
        })
        .collect())
}

fn collect(folder: &Path, found: &mut Vec<(String, PathBuf)>) -> Outcome {
    let entries = fs::read_dir(folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?
            .path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !path.is_dir() || name == "target" {
            continue;
        }
        match path.join("plugin.toml") {
            manifest if manifest.exists() => found.push((name, manifest)),
            _ => collect(&path, found)?,
        }
    }
    Ok(())
}

/// Builds the core modules; where they lie.
fn modules() -> Outcome<PathBuf> {
    let into = target().join("guests");
    let mut build = toolchain()?;
    build
        .current_dir(project().join("plugins"))
        .env("CARGO_TARGET_DIR", &into);
    run("build the plugins", &mut build)?;
    Ok(modules_folder())
}

/// Where the core modules lie once they are built.
pub(crate) fn modules_folder() -> PathBuf {
    target().join("guests").join(TRIPLE).join("release")
}

/// The command that builds for WebAssembly on this machine.
fn toolchain() -> Outcome<Command> {
    let arguments = [
        "build",
        "--quiet",
        "--release",
        "--workspace",
        "--target",
        TRIPLE,
    ];
    let sysroot =
        output(Command::new("rustc").args(["--print", "sysroot"])).ok_or("rustc does not run")?;
    let own = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(TRIPLE)
        .join("lib");
    if !own.exists() {
        // Says why itself, where it does not work.
        let _tried = output(Command::new("rustup").args(["target", "add", TRIPLE]));
    }
    if own.exists() {
        return Ok(cargo(&arguments));
    }
    tools::install(&DEBIAN)?;
    let mut build = Command::new("/usr/bin/cargo");
    build.args(arguments).arg("-Zbuild-std=std,panic_abort");
    let linker = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    build
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc");
    build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    // Set by the cargo that runs this task, and meant for its own toolchain.
    for name in [
        "CARGO",
        "RUSTUP_TOOLCHAIN",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
    ] {
        build.env_remove(name);
    }
    Ok(build)
}

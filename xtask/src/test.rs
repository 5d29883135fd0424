//! Everything CI runs.

use std::process::Command;

use crate::run::{Outcome, cargo, project, run, target};
use crate::tools::{self, Program};
use crate::{emulator, guests};

/// Real parts that tests use.
const PROGRAMS: [Program; 8] = [
    tools::MAKE,
    Program {
        path: "/usr/bin/ssh-keygen",
        package: "openssh-client",
    },
    Program {
        path: "/usr/bin/sha256sum",
        package: "coreutils",
    },
    Program {
        path: "/usr/bin/chromium",
        package: "chromium",
    },
    Program {
        path: "/usr/bin/git",
        package: "git",
    },
    // Makes certificates, and checks what their keys signed.
    Program {
        path: "/usr/bin/openssl",
        package: "openssl",
    },
    // Shows in which order the system was asked to write and to delete.
    Program {
        path: "/usr/bin/strace",
        package: "strace",
    },
    // A disk on which case does not count.
    Program {
        path: "/usr/bin/lowntfs-3g",
        package: "ntfs-3g",
    },
];

pub(crate) fn test() -> Outcome {
    run("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    run(
        "format of the plugins",
        in_plugins(&mut cargo(&["fmt", "--all", "--check"])),
    )?;
    tools::install(&PROGRAMS)?;
    emulator::install()?;
    run(
        "lints",
        &mut cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    run(
        "lints of the plugins",
        in_plugins(&mut cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])),
    )?;
    guests::build()?;
    run(
        "tests of the plugins",
        in_plugins(&mut cargo(&["test", "--quiet", "--workspace"])),
    )?;
    run(
        "tests",
        cargo(&["test", "--workspace", "--no-fail-fast"])
            .env("REMIT_PLUGINS", target().join("plugins")),
    )?;
    let mut docs = cargo(&[
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    run("docs", docs.env("RUSTDOCFLAGS", "-D warnings"))?;
    let deny = tools::cargo_deny()?;
    for folder in [project(), project().join("plugins")] {
        // Also what other systems would need: the check reads it all, and asks nobody.
        run(
            "fetch",
            cargo(&["fetch", "--quiet", "--locked"]).current_dir(&folder),
        )?;
        let mut check = Command::new(&deny);
        check.current_dir(folder).arg("--offline");
        // The plugins' folder finds the same deny.toml above itself.
        check.args(["check", "bans", "licenses", "sources"]);
        run("dependencies", &mut check)?;
    }
    eprintln!("xtask: all passed");
    Ok(())
}

/// The plugins are a Cargo workspace of their own.
fn in_plugins(command: &mut Command) -> &mut Command {
    command
        .current_dir(project().join("plugins"))
        .env("CARGO_TARGET_DIR", target().join("guests-native"))
}

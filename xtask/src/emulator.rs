//! Microsoft's storage emulator, installed from the npm registry into the target folder.

use std::process::Command;

use crate::run::{Outcome, run, target};
use crate::tools::{self, Program};

/// The release that the tests were written against.
const PACKAGE: &str = "azurite@3.35.0";

const PROGRAMS: [Program; 2] = [
    Program {
        path: "/usr/bin/node",
        package: "nodejs",
    },
    Program {
        path: "/usr/bin/npm",
        package: "npm",
    },
];

/// Installs it where tests look for it, once.
pub(crate) fn install() -> Outcome {
    let folder = target().join("tools/azurite");
    if folder.join("node_modules/azurite/package.json").exists() {
        return Ok(());
    }
    tools::install(&PROGRAMS)?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .arg(PACKAGE);
    run("npm install azurite (once)", &mut npm)
}

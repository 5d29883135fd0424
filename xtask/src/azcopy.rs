//! Microsoft's AzCopy, which figures are compared with, from the npm registry into the target folder.

use std::process::Command;

use crate::run::{Outcome, run, target};
use crate::tools::{self, Program};

/// The release that the figures were taken beside.
const PACKAGE: &str = "@azure-tools/azcopy-linux@10.32.2";

/// Where the package has the program.
const BIN: &str = "node_modules/@azure-tools/azcopy-linux/dist/bin";

const PROGRAMS: [Program; 2] = [
    Program {
        path: "/usr/bin/npm",
        package: "npm",
    },
    // It does not start without, whether it keeps secrets or not.
    Program {
        path: "/usr/share/doc/libsecret-1-0",
        package: "libsecret-1-0",
    },
];

/// Installs it where the bench looks for it, once.
pub(crate) fn install() -> Outcome {
    let folder = target().join("tools/azcopy");
    let package = "node_modules/@azure-tools/azcopy-linux/package.json";
    if folder.join(package).exists() {
        return Ok(());
    }
    tools::install(&PROGRAMS)?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .arg(PACKAGE);
    run("npm install AzCopy (once)", &mut npm)?;
    // The package leaves that to the script that calls it.
    let mut permit = Command::new("chmod");
    permit.args(["-R", "u+x"]).arg(folder.join(BIN));
    run("let AzCopy be run", &mut permit)
}

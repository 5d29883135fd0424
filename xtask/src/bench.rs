//! The figures: ratios and peaks of one run, on a release build.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::guests;
use crate::run::{Outcome, cargo, run, target};
use crate::tools::{self, Program};

/// Entries of the generated workspaces.
const ENTRIES: [u32; 2] = [100_000, 1_000_000];

/// Files in one folder of a generated workspace.
const IN_FOLDER: u32 = 1000;

pub(crate) fn bench() -> Outcome {
    tools::install(&[Program {
        path: "/usr/bin/time",
        package: "time",
    }])?;
    let plugins = guests::build()?;
    for (name, what) in [
        ("sandbox", "the sandbox"),
        ("scripts", "a script against a plugin"),
    ] {
        let mut bench = cargo(&[
            "bench",
            "--quiet",
            "--package",
            "remit-wasm",
            "--bench",
            name,
        ]);
        run(what, bench.env("REMIT_PLUGINS", &plugins))?;
    }
    run(
        "build the host, optimised",
        &mut cargo(&["build", "--quiet", "--release", "--package", "remit"]),
    )?;
    let folder = target().join("bench");
    let mut peaks = Vec::new();
    for entries in ENTRIES {
        peaks.push(peak_of_plan(&folder, entries)?);
    }
    println!("\npeak memory of `remit delete --plan`");
    for (entries, kib) in ENTRIES.iter().zip(&peaks) {
        println!("{entries:>10} entries  {:>8.1} MiB", *kib as f64 / 1024.0);
    }
    println!(
        "{:>18}  {:>8.2}",
        "ratio",
        peaks[1] as f64 / peaks[0] as f64
    );
    fs::remove_dir_all(&folder)
        .map_err(|error| format!("cannot remove {}: {error}", folder.display()))
}

/// Plans the deletion of that many entries; the peak of its memory, in KiB.
fn peak_of_plan(folder: &Path, entries: u32) -> Outcome<u64> {
    let workspace = folder.join(format!("w{entries}"));
    let failed =
        |error: std::io::Error| format!("cannot write in {}: {error}", workspace.display());
    for number in 0..entries {
        let below = workspace.join(format!("{:05}", number / IN_FOLDER));
        if number % IN_FOLDER == 0 {
            fs::create_dir_all(&below).map_err(failed)?;
        }
        fs::write(below.join(format!("{number:07}.log")), b"").map_err(failed)?;
    }
    let case = folder.join(format!("c{entries}.case"));
    let measured = folder.join("peak");
    let mut plan = Command::new("/usr/bin/time");
    plan.args(["--format", "%M", "--output"]).arg(&measured);
    plan.arg(target().join("release/remit")).args([
        "--quiet",
        "delete",
        "/files/**",
        "--plan",
        "--workspace",
    ]);
    plan.arg(&workspace).arg("--case").arg(&case);
    plan.args(["--raise", "delete=2000000", "--raise", "delete.percent=100"]);
    run(&format!("plan {entries} entries"), &mut plan)?;
    let text = fs::read_to_string(&measured).map_err(failed)?;
    fs::remove_dir_all(&workspace).map_err(failed)?;
    text.trim()
        .parse()
        .map_err(|_no_number| format!("`time` printed {text:?}"))
}

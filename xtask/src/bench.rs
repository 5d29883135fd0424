//! The figures: one table of one run, on a release build. Ratios count; the machine is what it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::azcopy;
use crate::guests;
use crate::run::{Outcome, cargo, output, run, target};
use crate::tools::{self, Program};

/// What the figures are compared with, and taken with.
const PROGRAMS: [Program; 5] = [
    tools::MAKE,
    Program {
        path: "/usr/bin/wrk",
        package: "wrk",
    },
    Program {
        path: "/usr/bin/time",
        package: "time",
    },
    Program {
        path: "/usr/bin/rg",
        package: "ripgrep",
    },
    Program {
        path: "/usr/bin/python3",
        package: "python3-venv",
    },
];

/// Everything optimised, in one selection, so that wasmtime is compiled once.
const HOST: [&str; 16] = [
    "build",
    "--quiet",
    "--release",
    "--workspace",
    "--bin",
    "remit",
    "--bench",
    "sandbox",
    "--bench",
    "scripts",
    "--bench",
    "redaction",
    "--bench",
    "accounts",
    "--bench",
    "workspace",
];

/// Entries of the generated workspaces.
const ENTRIES: [u32; 2] = [100_000, 1_000_000];

/// Files in one folder of a generated workspace.
const IN_FOLDER: u32 = 1000;

/// Presidio, on a file.
const PRESIDIO: &str = include_str!("presidio.py");

/// A line of the table.
struct Figure {
    name: String,
    value: String,
    wanted: String,
}

impl Figure {
    fn new(name: impl Into<String>, value: impl Into<String>, wanted: &str) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            wanted: wanted.to_owned(),
        }
    }
}

pub(crate) fn bench() -> Outcome {
    tools::install(&PROGRAMS)?;
    azcopy::install()?;
    let plugins = guests::build()?;
    run(
        "build the host, optimised (with wasmtime, the first time: 15 minutes)",
        &mut cargo(&HOST),
    )?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut figures = vec![help()?];
    figures.extend(benched("remit-wasm", "sandbox", |bench| {
        bench
            .env("REMIT_PLUGINS", &plugins)
            .env("REMIT_MODULES", guests::modules_folder())
            .env("REMIT_BENCH", &folder);
    })?);
    figures.extend(benched("remit-wasm", "scripts", |bench| {
        bench.env("REMIT_PLUGINS", &plugins);
    })?);
    figures.push(presidio(&folder)?);
    figures.extend(benched("remit-formats", "redaction", |_| {})?);
    figures.extend(benched("remit-azure", "accounts", |_| {})?);
    figures.extend(benched("remit-azure", "workspace", |_| {})?);
    figures.extend(peaks(&folder)?);
    print(&figures);
    fs::remove_dir_all(&folder)
        .map_err(|error| format!("cannot remove {}: {error}", folder.display()))
}

fn print(figures: &[Figure]) {
    println!("\n| figure | measured | wanted |\n|---|---|---|");
    for figure in figures {
        println!("| {} | {} | {} |", figure.name, figure.value, figure.wanted);
    }
}

/// The figures that a bench of one crate prints: name, value and what is wanted, between tabs.
fn benched(package: &str, name: &str, with: impl FnOnce(&mut Command)) -> Outcome<Vec<Figure>> {
    eprintln!("── bench {name}");
    // The whole workspace is selected for its features; only this bench is run.
    let mut bench = cargo(&["bench", "--quiet", "--workspace", "--bench", name]);
    with(&mut bench);
    let text = output(bench.stderr(Stdio::inherit()))
        .ok_or_else(|| format!("the bench {name} of {package} failed"))?;
    let figure = |line: &str| {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default().to_owned();
        Figure {
            name: next(),
            value: next(),
            wanted: next(),
        }
    };
    Ok(text
        .lines()
        .filter(|line| line.contains('\t'))
        .map(figure)
        .collect())
}

/// How long the program takes to say what it can do.
fn help() -> Outcome<Figure> {
    let mut times = Vec::new();
    for _ in 0..20 {
        let mut help = Command::new(remit());
        let begun = Instant::now();
        output(help.arg("--help")).ok_or("`remit --help` failed")?;
        times.push(begun.elapsed());
    }
    times.sort();
    let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let value = format!(
        "{} at best, {} in the median of 20",
        millis(times[0]),
        millis(times[10])
    );
    Ok(Figure::new("`remit --help`", value, "under 30 ms"))
}

fn remit() -> PathBuf {
    target().join("release/remit")
}

/// Presidio's pattern recognisers, in a Python environment of their own.
fn presidio(folder: &Path) -> Outcome<Figure> {
    let home = target().join("presidio");
    let python = home.join("bin/python");
    if !home.join("installed").exists() {
        let mut venv = Command::new("/usr/bin/python3");
        run("a Python environment", venv.args(["-m", "venv"]).arg(&home))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "presidio-analyzer"]);
        run("install presidio-analyzer", &mut install)?;
        fs::write(home.join("installed"), "")
            .map_err(|error| format!("cannot write in {}: {error}", home.display()))?;
    }
    eprintln!("── Presidio");
    let mut presidio = Command::new(&python);
    presidio
        .args(["-c", PRESIDIO])
        .arg(folder.join("presidio.txt"));
    let text = output(presidio.stderr(Stdio::inherit())).ok_or("Presidio failed")?;
    let (time, found) = text
        .split_once('\t')
        .ok_or_else(|| format!("Presidio printed {text:?}"))?;
    Ok(Figure::new(
        "Presidio's recognisers over the first 20 kB",
        format!("{time} ms, {found} findings"),
        "",
    ))
}

/// The peak of memory of planning, for few entries and for many.
fn peaks(folder: &Path) -> Outcome<Vec<Figure>> {
    let (mut peaks, mut figures) = (Vec::new(), Vec::new());
    for entries in ENTRIES {
        let Measured { peak_kib, seconds } = plan(folder, entries)?;
        figures.push(Figure::new(
            format!("planning the deletion of {entries} entries: peak memory"),
            format!("{:.1} MiB", peak_kib / 1024.0),
            "under 200 MiB",
        ));
        figures.push(Figure::new(
            "its processor time",
            format!("{seconds:.1} s"),
            "",
        ));
        peaks.push(peak_kib);
    }
    let ratio = format!("{:.2}", peaks[1] / peaks[0]);
    figures.push(Figure::new("peak to peak", ratio, "under 1.2"));
    Ok(figures)
}

/// What a command took.
struct Measured {
    peak_kib: f64,
    /// Of a processor, not of the wall's clock.
    seconds: f64,
}

/// Plans the deletion of that many entries.
fn plan(folder: &Path, entries: u32) -> Outcome<Measured> {
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
    let measured = folder.join("measured");
    let mut plan = Command::new("/usr/bin/time");
    plan.args(["--format", "%M %U %S", "--output"])
        .arg(&measured);
    plan.arg(remit())
        .args(["--quiet", "delete", "/files/**", "--plan", "--workspace"]);
    plan.arg(&workspace).arg("--case").arg(&case);
    plan.args(["--raise", "delete=2000000", "--raise", "delete.percent=100"]);
    // The plan itself is no figure.
    plan.stdout(Stdio::null());
    run(&format!("plan {entries} entries"), &mut plan)?;
    let text = fs::read_to_string(&measured).map_err(failed)?;
    fs::remove_dir_all(&workspace).map_err(failed)?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [peak_kib, user, system] => Ok(Measured {
            peak_kib,
            seconds: user + system,
        }),
        _ => Err(format!("`time` printed {text:?}")),
    }
}

//! The main job, on a sample workspace: find a person, plan, approve, apply, verify.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::guests;
use crate::run::{Outcome, output, run, target};
use crate::tools::{self, Program};

/// The person of the sample; the sample's makers know them by these.
const SUBJECT: &str = "\
email = [\"jane.example@example.com\"]
alias = [\"jane\"]
name = [\"Jane Example\"]
";

fn run_in(folder: &Path) -> Outcome {
    let remit = target().join("debug/remit");
    let at = |name: &str| folder.join(name);
    let remit = |arguments: &[&str]| {
        let mut command = Command::new(&remit);
        command.args(arguments).current_dir(folder);
        command
    };
    eprintln!("\nThe demo's folder is {}\n", folder.display());
    fs::write(at("jane.toml"), SUBJECT)
        .map_err(|error| format!("cannot write jane.toml: {error}"))?;
    say("remit init --sample sample");
    run(
        "make a sample workspace",
        &mut remit(&["init", "--sample", "sample"]),
    )?;
    say("remit plan erase-subject -w sample --params jane.toml --case jane.case --allow …");
    run(
        "plan",
        &mut remit(&[
            "plan",
            "erase-subject",
            "-w",
            "sample",
            "--params",
            "jane.toml",
            "--case",
            "jane.case",
            "--allow",
            "list=/**",
            "--allow",
            "read=/**",
            "--allow",
            "export=/**",
            "--allow",
            "redact=/**",
            "--allow",
            "delete=/**",
            "--accept-gap",
            "all",
        ]),
    )?;
    run("report", &mut remit(&["show", "jane.case", "--html"]))?;
    let mut key = Command::new("ssh-keygen");
    key.args(["-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f"])
        .arg(at("demo_key"));
    run("make a key to approve with", &mut key)?;
    say("remit approve jane.case --key demo_key");
    run(
        "approve",
        &mut remit(&["approve", "jane.case", "--key", "demo_key"]),
    )?;
    say("remit apply jane.case --yes");
    run("apply", &mut remit(&["apply", "jane.case", "--yes"]))?;
    say("remit verify jane.case");
    run("verify", &mut remit(&["verify", "jane.case"]))?;
    println!("\nThe case     {}", at("jane.case").display());
    println!(
        "the package  {}",
        at("jane.case/package/index.html").display()
    );
    println!("the report   {}", at("jane.case/report.html").display());
    println!("\nGo on with:\n  cd {}", folder.display());
    let exe = target().join("debug/remit");
    for next in [
        "show jane.case --steps",
        "list '/runs/*' -w sample",
        "redact '/files/**' --with personal-data -w sample",
    ] {
        println!("  {} {next}", exe.display());
    }
    Ok(())
}

fn say(line: &str) {
    eprintln!("\n$ {line}");
}

pub(crate) fn run_demo() -> Outcome {
    tools::install(&[
        tools::MAKE,
        Program {
            path: "/usr/bin/ssh-keygen",
            package: "openssh-client",
        },
    ])?;
    guests::build()?;
    let date = output(Command::new("date").arg("+%Y%m%d-%H%M%S")).ok_or("date does not run")?;
    let folder = target().join(format!("demo-{date}"));
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    run_in(&folder)
}

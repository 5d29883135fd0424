//! Real signals and a real full disk: what was stopped is taken up again and ends as if undisturbed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use futures::FutureExt as _;
use remit_sim::{At, Fault, FaultKind, Gate};
use serde_json::json;

use crate::bed::{Bed, REMIT, Ran};
use crate::table::scene::Scene;

const FILES: usize = 1500;

const RUN: &str = "/runs/churn-000000";

/// A run that went on, was cancelled by a step, and whose delete came no further: remit was killed.
fn killed_behind_a_cancel() -> Scene {
    let scene = Scene::new();
    scene.runs(RUN);
    let gate = Gate::default();
    scene.sim.inject(Fault {
        at: At::any().operation("Jobs_Delete"),
        kind: FaultKind::Wait(gate.clone()),
    });
    let how = [
        "delete",
        RUN,
        "--cancel-first",
        "--yes",
        "--case",
        "d.case",
        "-w",
        &scene.workspace,
    ];
    let mut applying = scene
        .bed
        .command(&how)
        .env("REMIT_MANAGEMENT_URL", scene.sim.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while gate.arrival().now_or_never().is_none() {
        assert_eq!(applying.try_wait().unwrap(), None, "it deleted nothing");
        std::thread::yield_now();
    }
    applying.kill().unwrap();
    applying.wait().unwrap();
    scene.sim.clear_faults();
    assert_eq!(scene.record(RUN).unwrap()["status"], "Canceled");
    scene
}

/// A plan that takes a while: many files, each deleted and flushed on its own.
fn long_plan() -> Bed {
    let bed = Bed::new();
    for n in 0..FILES {
        bed.write(&format!("w/{n:04}.txt"), "delete me");
    }
    bed.write("w/keep.md", "keep me");
    let raise = ["--raise", "delete=10000", "--raise", "delete.percent=100"];
    bed.remit(
        &[
            &[
                "delete",
                "/files/*.txt",
                "-w",
                "w",
                "--plan",
                "--case",
                "d.case",
            ],
            &raise[..],
        ]
        .concat(),
    )
    .exits(0);
    bed
}

/// Starts applying, and sends a signal once `begun` files are gone.
fn signalled(bed: &Bed, signal: &str, begun: usize) -> Ran {
    let applying = bed
        .command(&["apply", "d.case", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Looking is the only clock: no time is assumed.
    while fs::read_dir(bed.path("w")).unwrap().count() > FILES + 1 - begun {
        std::thread::yield_now();
    }
    let sent = Command::new("kill")
        .args([signal, &applying.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success(), "it was over before it could be stopped");
    Ran::of(applying.wait_with_output().unwrap())
}

fn ends_as_if_undisturbed(bed: &Bed) {
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("1,500 gone");
    assert_eq!(
        bed.tree("w").into_keys().collect::<Vec<_>>(),
        [b"keep.md".to_vec()]
    );
    bed.remit(&["verify", "d.case"]).exits(0).says("1,500 gone");
}

#[test]
fn killed_at_once_it_goes_on() {
    for begun in [1, 200, 700] {
        let bed = long_plan();
        assert_eq!(signalled(&bed, "-KILL", begun).exit, None);
        assert!(bed.tree("w").len() > 1, "there was something left to do");
        ends_as_if_undisturbed(&bed);
    }
}

#[test]
fn a_person_stops_it_cleanly() {
    let bed = long_plan();
    signalled(&bed, "-INT", 1)
        .exits(130)
        .says("Go on with: remit apply d.case");
    assert!(bed.tree("w").len() > 1);
    ends_as_if_undisturbed(&bed);
}

/// Planning is stopped too: no plan is left, and the same command begins anew.
#[test]
fn a_person_stops_planning_cleanly() {
    let bed = Bed::new();
    for n in 0..FILES {
        bed.write(&format!("w/{n:04}.txt"), "delete me");
    }
    let before = bed.tree("w");
    let command = [
        "delete",
        "/files/*.txt",
        "-w",
        "w",
        "--plan",
        "--case",
        "d.case",
        "--raise",
        "delete=10000",
        "--raise",
        "delete.percent=100",
    ];
    let planning = bed
        .command(&command)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The draft's key is written when planning begins, and the manifest when it ends.
    while !bed.path("d.case/scratch").exists() {
        std::thread::yield_now();
    }
    let sent = Command::new("kill")
        .args(["-INT", &planning.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    Ran::of(planning.wait_with_output().unwrap())
        .exits(130)
        .says("no plan was made, and nothing was changed")
        .says("Begin anew with the same command");
    assert_eq!(bed.tree("w"), before);
    assert!(!bed.path("d.case").exists(), "half a plan is no plan");
    bed.remit(&command).exits(0);
}

/// At a terminal, before anything is confirmed: Ctrl-C ends it, and the plan stays.
#[test]
fn a_person_stops_it_when_asked() {
    let bed = Bed::new();
    bed.write("w/a.txt", "delete me");
    let mut terminal = Command::new("script");
    let command = format!("{REMIT} delete /files/a.txt -w w --case d.case");
    terminal.args(["-qec", &command, "/dev/null"]);
    for (name, value) in bed.command(&[]).get_envs() {
        if let Some(value) = value {
            terminal.env(name, value);
        }
    }
    let mut terminal = terminal
        .current_dir(bed.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script (Debian: bsdutils)");
    let (mut keys, mut screen) = (
        terminal.stdin.take().unwrap(),
        terminal.stdout.take().unwrap(),
    );
    let mut shown = String::new();
    let mut byte = [0];
    while screen.read(&mut byte).unwrap() > 0 {
        shown.push(char::from(byte[0]));
        if shown.ends_with("or anything else to stop:") {
            keys.write_all(b"\x03").unwrap();
        }
    }
    assert_eq!(terminal.wait().unwrap().code(), Some(130), "{shown}");
    assert!(
        shown.contains("the plan stays: remit apply d.case"),
        "{shown}"
    );
    assert!(bed.path("w/a.txt").exists());
    bed.remit(&["apply", "d.case", "--yes"]).exits(0);
    assert!(!bed.path("w/a.txt").exists());
}

/// In the order in which the system was asked: what was written to the journal is flushed before a file goes.
#[test]
fn an_intent_is_on_the_disk_before_its_act() {
    let bed = Bed::new();
    for n in 0..300 {
        bed.write(&format!("w/{n:03}.txt"), "delete me");
    }
    bed.remit(&[
        "delete",
        "/files/*.txt",
        "-w",
        "w",
        "--plan",
        "--case",
        "d.case",
        "--raise",
        "delete.percent=100",
    ])
    .exits(0);
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-y", "-s", "256", "-o", "trace"])
        .args(["-e", "trace=write,fsync,fdatasync,unlinkat"])
        .args([REMIT, "apply", "d.case", "--yes"]);
    let environment = bed.command(&[]);
    for (name, value) in environment.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    let output = traced.current_dir(bed.path(".")).output();
    Ran::of(output.expect("strace (Debian: strace)")).exits(0);
    let trace = fs::read_to_string(bed.path("trace")).unwrap();
    let (mut unflushed, mut intents, mut deleted) = (false, 0, 0);
    for line in trace.lines() {
        let call = line
            .split_once(' ')
            .map_or(line, |(_pid, call)| call)
            .trim();
        let in_journal = call.contains("/d.case/journal/");
        if call.starts_with("write(") && in_journal {
            unflushed = true;
            intents += usize::from(call.contains("begun"));
        } else if call.starts_with("fsync(") && in_journal {
            unflushed = false;
        } else if call.starts_with("unlinkat(") && call.contains(".txt\"") {
            assert!(!unflushed, "an act before the flush of its intent: {call}");
            assert!(intents > 0, "an act without an intent: {call}");
            deleted += 1;
        }
    }
    assert_eq!(deleted, 300, "the trace does not show what it should");
}

/// The run is another version by then, and still what was meant.
#[test]
fn a_run_that_was_cancelled_by_a_step_is_deleted_by_the_next_apply() {
    let scene = killed_behind_a_cancel();
    scene
        .without_workspace(&["apply", "d.case", "--yes"])
        .exits(0);
    assert!(!scene.has(RUN));
    scene.without_workspace(&["verify", "d.case"]).exits(0);
}

#[test]
fn a_run_that_others_changed_behind_a_cancel_stays() {
    let scene = killed_behind_a_cancel();
    let mut run = scene.record(RUN).unwrap();
    run["tags"]["keep"] = json!("true");
    scene.sim.seed_record(RUN, run);
    scene
        .without_workspace(&["apply", "d.case", "--yes"])
        .exits(5)
        .says("changed since planning");
    assert!(scene.has(RUN));
}

#[test]
fn two_at_once_are_kept_apart() {
    let bed = long_plan();
    let first = bed
        .command(&["apply", "d.case", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !bed.path("d.case/journal/lock").exists()
        || fs::read_dir(bed.path("w")).unwrap().count() > FILES
    {
        std::thread::yield_now();
    }
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(3)
        .says("being applied by another process");
    Ran::of(first.wait_with_output().unwrap()).exits(0);
}

/// On a disk of 2 MiB that is full: nothing is begun. With room again: all is done.
#[test]
fn a_full_disk_stops_before_anything_is_begun() {
    let bed = Bed::new();
    bed.write("w/a.txt", "delete me");
    bed.write("big/a.bin", &"x".repeat(3 << 20));
    fs::create_dir(bed.path("small")).unwrap();
    let script = format!(
        r#"set -eu
mount -t tmpfs -o size=2M,mode=700 tmpfs small
{REMIT} delete /files/a.txt -w w --plan --case small/d.case
cat /dev/zero > small/filler 2>/dev/null || true
code=0; {REMIT} apply small/d.case --yes || code=$?
test $code = 1
test -e w/a.txt
rm small/filler
{REMIT} apply small/d.case --yes
test ! -e w/a.txt
code=0; {REMIT} delete /files/a.bin --export-first -w big --case small/e.case --yes || code=$?
test $code = 1
test -e big/a.bin
"#
    );
    // A name space of its own: the mount is seen by nobody else and goes with the shell.
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "--map-root-user", "--user", "sh", "-c", &script]);
    let environment = bed.command(&[]);
    for (name, value) in environment.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    let ran = Ran::of(
        shell
            .current_dir(bed.path("."))
            .output()
            .expect("unshare (Debian: util-linux)"),
    );
    ran.exits(0).says("nothing further was begun").says("free");
}

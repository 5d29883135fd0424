//! What is refused, with which exit code and which words; and that nothing was touched.

use std::process::Command;

use crate::bed::Bed;

#[test]
fn misuse_is_told_what_to_do() {
    let bed = Bed::new();
    bed.write("w/a.txt", "a");
    for (arguments, expect) in [
        (&["list"][..], "-w DIRECTORY"),
        (&["list", "-w", "nowhere"], "nowhere"),
        (&["list", "files/*", "-w", "w"], "begin with a slash"),
        (&["list", "--kind", "runs", "-w", "w"], "kinds are:"),
        (&["delete", "/a**", "-w", "w"], "stands alone"),
        (
            &["redact", "/files/*", "--with", "nobody", "-w", "w"],
            "installed are:",
        ),
        (
            &["redact", "/files/*", "--with", "erase-subject", "-w", "w"],
            "is a workflow",
        ),
        (
            &[
                "redact",
                "/files/*",
                "--with",
                "personal-data",
                "--operator",
                "burn",
                "-w",
                "w",
            ],
            "label, mask, pseudonym",
        ),
        (&["plan", "personal-data", "-w", "w"], "is a scanner"),
        (&["plan", "plain-log", "-w", "w"], "--through plain-log"),
        (
            &[
                "export",
                "/files/*",
                "--through",
                "personal-data",
                "-w",
                "w",
            ],
            "is a scanner",
        ),
        (&["apply", "w"], "holds no plan"),
        (
            &["delete", "/files/*", "-w", "w", "--case", "w/x.case"],
            "inside of the workspace",
        ),
        (
            &["list", "-w", "azureml://subscriptions/x"],
            "such as azureml://subscriptions/ID/resourcegroups/GROUP/workspaces/NAME",
        ),
    ] {
        bed.remit(arguments).exits(2).says(expect);
    }
    assert_eq!(bed.tree("w").len(), 1);
}

#[test]
fn a_guest_gets_what_was_granted_and_a_pipeline_is_told_the_line() {
    let bed = Bed::with_sample();
    bed.write("jane.toml", "email = [\"jane.example@example.com\"]\n");
    let before = bed.tree("sample");
    bed.remit(&[
        "plan",
        "erase-subject",
        "-w",
        "sample",
        "--params",
        "jane.toml",
    ])
    .exits(3)
    .says("--allow list='/**'");
    bed.remit(&[
        "plan",
        "erase-subject",
        "-w",
        "sample",
        "--params",
        "jane.toml",
        "--allow",
        "list=/**",
    ])
    .exits(3)
    .says("--allow read='/**'");
    bed.remit(&[
        "plan",
        "erase-subject",
        "-w",
        "sample",
        "--param",
        "email=jane.example@example.com",
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
    ])
    .exits(2)
    .says("command lines are kept");
    bed.write("typo.toml", "emial = [\"jane.example@example.com\"]\n");
    bed.remit(&[
        "plan",
        "erase-subject",
        "-w",
        "sample",
        "--params",
        "typo.toml",
        "--allow",
        "list=/**",
        "--allow",
        "read=/**",
    ])
    .exits(2)
    .says("no guest here has a parameter `emial`");
    assert_eq!(bed.tree("sample"), before);
}

#[test]
fn ceilings_stop_a_plan_and_name_what_would_raise_them() {
    let bed = Bed::new();
    for n in 0..200 {
        bed.write(&format!("w/{n}.txt"), "x");
    }
    bed.remit(&[
        "delete",
        "/files/**",
        "-w",
        "w",
        "--yes",
        "--case",
        "d.case",
    ])
    .exits(3)
    .says("--raise delete.percent=");
    assert_eq!(bed.tree("w").len(), 200);
    assert!(!bed.path("d.case").exists(), "half a plan is no plan");
    bed.remit(&[
        "delete",
        "/files/**",
        "-w",
        "w",
        "--yes",
        "--raise",
        "delete.percent=100",
    ])
    .exits(0);
    assert_eq!(bed.tree("w").len(), 0);
}

#[test]
fn a_hold_wins_over_everything() {
    let bed = Bed::with_sample();
    bed.remit(&[
        "hold",
        "add",
        "CASE-7",
        "/blobs/azureml/ExperimentRun/dcid.churn-000000/**",
        "--reason",
        "a dispute",
        "-w",
        "sample",
    ])
    .exits(0);
    bed.remit(&["hold", "list", "-w", "sample"])
        .exits(0)
        .says("CASE-7");
    bed.remit(&["delete", "/runs/churn-000000", "-w", "sample", "--yes"])
        .exits(3)
        .says("CASE-7");
    bed.remit(&["show", "/runs/churn-000000", "-w", "sample"])
        .exits(0);
    bed.remit(&["hold", "remove", "CASE-7", "-w", "sample"])
        .exits(0);
    bed.remit(&["delete", "/runs/churn-000000", "-w", "sample", "--yes"])
        .exits(0);
}

#[test]
fn a_broken_policy_stops_everything() {
    let bed = Bed::with_sample();
    bed.write("sample/.remit/policy.toml", "version = 1\napprovels = 2\n");
    bed.remit(&["delete", "/runs/churn-000000", "-w", "sample", "--yes"])
        .exits(2)
        .says("approvels")
        .says("approvals");
    bed.write("sample/.remit/policy.toml", "version = 1\n");
    bed.write("sample/.remit/holds.toml", "[[hold]]\ncase = 7\n");
    bed.remit(&["delete", "/runs/churn-000000", "-w", "sample", "--yes"])
        .exits(2)
        .says("holds.toml");
}

#[test]
fn a_policy_that_wants_approvals_gets_them() {
    let bed = Bed::with_sample();
    let keygen = |name: &str| {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "invented", "-f"])
            .arg(bed.path(name))
            .status();
        assert!(made.expect("ssh-keygen (Debian: openssh-client)").success());
        std::fs::read_to_string(bed.path(&format!("{name}.pub")))
            .unwrap()
            .trim()
            .to_owned()
    };
    let (ada, ben, _eve) = (keygen("ada"), keygen("ben"), keygen("eve"));
    bed.write(
        "sample/.remit/policy.toml",
        &format!("version = 1\napprovals = 2\nallowed_signers = [\"ada@example.com {ada}\", \"ben@example.com {ben}\"]\n"),
    );
    bed.remit(&[
        "delete",
        "/runs/churn-000000",
        "-w",
        "sample",
        "--plan",
        "--case",
        "d.case",
    ])
    .exits(0);
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(3)
        .says("wants 2 approvals; this plan has 0");
    bed.remit(&["approve", "d.case", "--key", "ada"]).exits(0);
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(3)
        .says("this plan has 1");
    bed.remit(&["approve", "d.case", "--key", "eve"]).exits(0);
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(3)
        .says("not among the allowed signers");
    for file in std::fs::read_dir(bed.path("d.case/approvals")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    bed.remit(&["approve", "d.case", "--key", "ada"]).exits(0);
    bed.remit(&["approve", "d.case", "--key", "ben"]).exits(0);
    bed.remit(&["apply", "d.case"])
        .exits(0)
        .says("approved by ada@example.com");
}

/// Each thing that can have happened since planning: its own words, its own exit code, and nothing touched.
#[test]
fn what_happened_since_planning_is_told_and_touches_nothing() {
    type Happens = fn(&Bed);
    let cases: [(&str, Happens, i32, &str); 10] = [
        (
            "the entry was changed",
            |bed| bed.write("w/a.txt", "other"),
            4,
            "changed since planning",
        ),
        (
            "the entry was replaced by an equal one",
            |bed| {
                bed.write("w/new", "a");
                std::fs::rename(bed.path("w/new"), bed.path("w/a.txt")).unwrap();
            },
            4,
            "changed since planning",
        ),
        (
            "the entry was deleted and made again",
            |bed| {
                std::fs::remove_file(bed.path("w/a.txt")).unwrap();
                bed.write("w/a.txt", "a");
            },
            4,
            "changed since planning",
        ),
        (
            "the entry was deleted",
            |bed| std::fs::remove_file(bed.path("w/a.txt")).unwrap(),
            4,
            "it was no longer there",
        ),
        (
            "it became a link",
            |bed| {
                std::fs::remove_file(bed.path("w/a.txt")).unwrap();
                std::os::unix::fs::symlink("b.txt", bed.path("w/a.txt")).unwrap();
            },
            3,
            "symbolic link",
        ),
        (
            "a hold was put on it",
            |bed| {
                bed.remit(&[
                    "hold",
                    "add",
                    "CASE-7",
                    "/files/a.txt",
                    "--reason",
                    "a dispute",
                    "-w",
                    "w",
                ])
                .exits(0);
            },
            3,
            "hold CASE-7",
        ),
        (
            "the policy was changed",
            |bed| bed.write("w/.remit/policy.toml", "version = 1\n"),
            4,
            "policy has changed since planning",
        ),
        (
            "the policy was broken",
            |bed| bed.write("w/.remit/policy.toml", "version = 1\napprovels = 2\n"),
            2,
            "approvels",
        ),
        (
            "a byte of the plan was changed",
            |bed| {
                let file = bed.path("d.case/steps/0000000001.jsonl");
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(&file, text.replace("/files/a.txt", "/files/b.txt")).unwrap();
            },
            3,
            "has been changed since the plan was sealed",
        ),
        (
            "it expired",
            |bed| {
                let file = bed.path("d.case/MANIFEST");
                let text = std::fs::read_to_string(&file).unwrap();
                let lines = text.lines().map(|line| match line.split_once("expires") {
                    Some((before, _)) => format!("{before}expires    2020-01-01T00:00:00Z\n"),
                    None => format!("{line}\n"),
                });
                std::fs::write(&file, lines.collect::<String>()).unwrap();
            },
            4,
            "expired on 2020-01-01",
        ),
    ];
    for (what, happens, exit, words) in cases {
        let bed = Bed::new();
        bed.write("w/a.txt", "a");
        bed.write("w/b.txt", "b");
        bed.remit(&[
            "delete",
            "/files/a.txt",
            "-w",
            "w",
            "--plan",
            "--case",
            "d.case",
        ])
        .exits(0);
        happens(&bed);
        let before = bed.tree("w");
        let ran = bed.remit(&["apply", "d.case", "--yes"]);
        assert_eq!(
            ran.exit,
            Some(exit),
            "{what}\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
        ran.says(words);
        assert_eq!(bed.tree("w"), before, "{what}");
    }
}

#[test]
fn a_stale_plan_touches_nothing_that_changed() {
    let bed = Bed::new();
    bed.write("w/a.txt", "a");
    bed.remit(&[
        "delete",
        "/files/a.txt",
        "-w",
        "w",
        "--plan",
        "--case",
        "d.case",
    ])
    .exits(0);
    bed.write("w/a.txt", "b");
    bed.remit(&["apply", "d.case", "--yes"])
        .exits(4)
        .says("changed since planning");
    assert!(bed.path("w/a.txt").exists());
    bed.write("other/a.txt", "a");
    bed.remit(&["apply", "d.case", "--yes", "-w", "other"])
        .exits(3)
        .says("and this is");
}

#[test]
fn verify_says_what_it_shows_and_what_it_does_not() {
    let bed = Bed::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        bed.write(&format!("w/{name}"), name);
    }
    bed.remit(&[
        "delete",
        "/files/a.txt",
        "-w",
        "w",
        "--yes",
        "--case",
        "d.case",
    ])
    .exits(0);
    let verify = ["verify", "d.case"];
    bed.remit(&verify)
        .exits(0)
        .says("2 entries of no step stayed unchanged while the plan was applied")
        .says("everything is as it should be");
    // What others do afterwards is told, and is not the plan's failure.
    bed.write("w/b.txt", "changed");
    bed.write("w/d.txt", "new");
    std::fs::remove_file(bed.path("w/c.txt")).unwrap();
    bed.remit(&verify)
        .exits(0)
        .says("1 vanished · 1 changed · 1 new since then, not by this plan");
    // What was pinned cannot be exchanged.
    let after = bed.path("d.case/others/after");
    let pinned = std::fs::read(&after).unwrap();
    std::fs::write(&after, "").unwrap();
    bed.remit(&verify)
        .exits(3)
        .says("not the one in the journal");
    std::fs::write(&after, pinned).unwrap();
    bed.write("w/a.txt", "a.txt");
    bed.remit(&verify).exits(1).says("it is there");
}

/// A folder that nobody may read is a gap all the way: listed as one, accepted by number, never empty.
#[test]
fn an_unreadable_folder_is_a_gap_to_the_end() {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::new();
    bed.write("w/open/a.txt", "a");
    bed.write("w/closed/b.txt", "b");
    let closed = bed.path("w/closed");
    let mode = |mode| {
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o000);
    // Root reads everything, unless it lays that right down.
    let remit = |arguments: &[&str]| {
        let plain = bed.command(arguments);
        let mut command = Command::new("setpriv");
        command.arg("--bounding-set=-dac_override,-dac_read_search");
        command.arg(plain.get_program()).args(plain.get_args());
        command.current_dir(bed.path("."));
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(std::process::Stdio::null());
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let mut command = if is_root {
            command
        } else {
            bed.command(arguments)
        };
        crate::bed::Ran::of(command.output().expect("setpriv (Debian: util-linux)"))
    };
    let reason = "no permission to list";
    remit(&["list", "-w", "w"]).exits(5).says(reason);
    let delete = [
        "delete",
        "/files/**",
        "-w",
        "w",
        "--yes",
        "--case",
        "d.case",
    ];
    remit(&delete)
        .exits(3)
        .says("gap 1 is not accepted")
        .says(reason);
    assert!(bed.path("w/open/a.txt").exists());
    remit(&["apply", "d.case", "--accept-gap", "1", "--yes"]).exits(0);
    mode(0o700);
    assert_eq!(
        bed.tree("w").into_keys().collect::<Vec<_>>(),
        [b"closed/b.txt".to_vec()]
    );
}

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
        (&["list", "-w", "azureml://subscriptions/x"], "-w DIRECTORY"),
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

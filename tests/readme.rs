//! The README's session, word for word.

use std::process::{Command, Stdio};

use crate::bed::{Bed, REMIT, Ran, project};

/// Every line that begins with `$ ` in a `console` block is run, in one folder, in order; it must succeed.
#[test]
fn the_session_of_the_readme_works() {
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let bed = Bed::new();
    let bin = std::path::Path::new(REMIT).parent().unwrap();
    let mut ran = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let mut shell = Command::new("sh");
            shell
                .args(["-c", line])
                .current_dir(bed.path("."))
                .stdin(Stdio::null());
            for (name, value) in bed.command(&[]).get_envs() {
                if let Some(value) = value {
                    shell.env(name, value);
                }
            }
            shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
            let result = Ran::of(shell.output().unwrap());
            assert_eq!(
                result.exit,
                Some(0),
                "$ {line}\n{}{}",
                result.stdout,
                result.stderr
            );
            ran += 1;
        }
    }
    assert!(ran >= 10, "only {ran} commands were found in the README");
}

//! Programs of others agree: bagit-python validates the package, `sha256sum -c` its manifests.
//!
//! bagit-python is taken from the virtual environment that `REMIT_TEST_VENV` names; without
//! that, one is made below Cargo's folder for temporary files of tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::{case, whole};

const WANTED: &[&str] = &["bagit==1.9.0", "setuptools<81"];

fn python() -> PathBuf {
    if let Some(venv) = std::env::var_os("REMIT_TEST_VENV") {
        return PathBuf::from(venv).join("bin/python");
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test-venv");
    let python = venv.join("bin/python");
    let has_bagit = |python: &Path| {
        Command::new(python)
            .args(["-c", "import bagit"])
            .output()
            .is_ok_and(|out| out.status.success())
    };
    if !has_bagit(&python) {
        must(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        must(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet"])
                .args(WANTED),
        );
    }
    python
}

fn must(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} cannot be run ({error}); this test needs Python 3 with venv and pip")
    });
    assert!(
        output.status.success(),
        "{command:?} failed; this test needs bagit-python, see its head\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Validates in full, and says how many files the bag has.
const VALIDATE: &str = "
import bagit, sys
bag = bagit.Bag(sys.argv[1])
bag.validate(processes=1)
assert bag.version == '1.0', bag.version
assert sorted(bag.algorithms) == ['sha256', 'sha512'], bag.algorithms
print(len(list(bag.payload_files())), bag.info['Payload-Oxum'])
";

#[test]
fn others_find_the_package_valid_and_a_changed_one_not() {
    let (_case, folder) = case();
    let finished = whole(&folder);
    let python = python();
    let mut validate = Command::new(&python);
    validate.args(["-c", VALIDATE]).arg(&folder);
    let output = must(&mut validate);
    let expected = format!("{0} {1}.{0}\n", finished.files, finished.bytes);
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);

    for (sum, manifest) in [
        ("sha256sum", "manifest-sha256.txt"),
        ("sha512sum", "manifest-sha512.txt"),
        ("sha256sum", "tagmanifest-sha256.txt"),
        ("sha512sum", "tagmanifest-sha512.txt"),
    ] {
        must(
            Command::new(sum)
                .args(["--check", "--strict", "--quiet", manifest])
                .current_dir(&folder),
        );
    }

    fs::write(folder.join("data/runs/x.json"), b"{\"id\":\"y\"}").unwrap();
    let output = validate.output().unwrap();
    assert!(!output.status.success(), "bagit-python does not look");
}

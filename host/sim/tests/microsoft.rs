//! Microsoft's Python client against the simulator, to hold it honest.
//!
//! The client is taken from the virtual environment that `REMIT_TEST_VENV_AZURE` names; without
//! that, one is made below Cargo's folder for temporary files of tests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remit_sim::{Settings, Storage};

const WANTED: &[&str] = &[
    "azure-storage-blob==12.31.1",
    "azure-storage-file-share==12.27.1",
];

fn python() -> PathBuf {
    if let Some(venv) = std::env::var_os("REMIT_TEST_VENV_AZURE") {
        return PathBuf::from(venv).join("bin/python");
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test-venv-azure");
    let python = venv.join("bin/python");
    let is_ready = Command::new(&python)
        .args(["-c", "import azure.storage.blob, azure.storage.fileshare"])
        .output()
        .is_ok_and(|out| out.status.success());
    if !is_ready {
        must(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        must(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet"])
                .args(WANTED),
        );
    }
    python
}

fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} cannot be run ({error}); this test needs Python 3 with venv and pip")
    });
    assert!(
        output.status.success(),
        "{command:?} failed; this test needs azure-storage-blob, see its head\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs the script; when it asks for versions, switches them on. What it printed comes back.
fn run(sim: &Storage) -> String {
    let mut child = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/microsoft.py"))
        .args([sim.blob_url(), sim.file_url(), &sim.account(), &sim.key()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    let mut printed = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "versions please" {
            sim.set(|settings| settings.versioning = true);
            writeln!(answers, "done").unwrap();
        }
        printed += &line;
        printed.push('\n');
    }
    assert!(child.wait().unwrap().success(), "{printed}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn its_python_client_finds_what_it_expects() {
    let sim = Storage::start(Settings::default()).await.unwrap();
    let printed = tokio::task::block_in_place(|| run(&sim));
    assert!(printed.ends_with("16 steps\n"), "{printed}");
}

//! Microsoft's Python SDK against the simulator, to hold it honest.
//!
//! The SDK is taken from the virtual environment that `REMIT_TEST_VENV_AZURE_ML` names; without
//! that, one is made below Cargo's folder for temporary files of tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use remit_sim::{AzureMlSettings, Settings};

use crate::bed::Bed;

const WANTED: &[&str] = &["azure-ai-ml==1.35.2"];

fn python() -> PathBuf {
    if let Some(venv) = std::env::var_os("REMIT_TEST_VENV_AZURE_ML") {
        return PathBuf::from(venv).join("bin/python");
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test-venv-azure-ml");
    let python = venv.join("bin/python");
    let is_ready = Command::new(&python)
        .args(["-c", "import azure.ai.ml"])
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

/// Runs a command to its end, and gives back what it printed.
fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} cannot be run ({error}); this test needs Python 3 with venv and pip")
    });
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed; this test needs azure-ai-ml, see its head\n{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn its_python_sdk_finds_what_it_expects() {
    let bed = Bed::with(AzureMlSettings {
        https: true,
        // A page that is not the last, and polls that are not the last.
        page_size_max: 2,
        looks: 2,
        // The SDK takes nought for nothing said, and waits half a minute.
        retry_after: 1,
        storage: Settings::default(),
        ..AzureMlSettings::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, bed.sim.certificate().unwrap()).unwrap();
    let id = bed.sim.arm_id();
    let parts: Vec<&str> = id.split('/').collect();
    let printed = tokio::task::block_in_place(|| {
        must(
            Command::new(python())
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/azureml/microsoft.py"))
                .arg(bed.sim.url())
                .arg(&certificate)
                .args([parts[2], parts[4], parts[8]]),
        )
    });
    assert!(printed.ends_with("14 steps\n"), "{printed}");
    // What the SDK leaves: a vault, logs and an account that are only hidden.
    assert_eq!(
        bed.sim.soft_deleted(),
        [
            "/subscriptions/00000000-1111-2222-3333-444444444444/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv-sample",
            "/subscriptions/00000000-1111-2222-3333-444444444444/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/log-sample",
            "/subscriptions/00000000-1111-2222-3333-444444444444/resourcegroups/rg/providers/microsoft.storage/storageaccounts/samplestorage"
        ]
    );
}

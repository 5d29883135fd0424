//! A workspace directory becomes an account.

use remit_sim::{Settings, Storage};

#[tokio::test]
async fn a_directory_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in [
        "blobs/azureml/runs/r 1",
        "files/code/Users/jane",
        "records/runs",
    ] {
        std::fs::create_dir_all(at(path)).unwrap();
    }
    std::fs::write(at("blobs/azureml/runs/r 1/log.txt"), "one").unwrap();
    std::fs::write(at("files/code/Users/jane/a.txt"), "two").unwrap();
    std::fs::write(at("records/runs/r.json"), "{}").unwrap();
    let sim = Storage::start(Settings::default()).await.unwrap();
    sim.seed_directory(folder.path()).unwrap();
    let held = sim.holdings("azureml");
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].blob.as_str(), held[0].content.as_slice()),
        ("runs/r 1/log.txt", &b"one"[..])
    );
    assert!(sim.mutations().is_empty());

    std::fs::write(at("files/code/a:b"), "no").unwrap();
    let error = sim.seed_directory(folder.path()).unwrap_err();
    assert!(error.to_string().contains("a:b"), "{error}");
}

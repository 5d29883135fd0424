//! A storage account from the outside: the binary against the simulator, whose holdings and log of
//! mutations are what is checked.

use std::collections::BTreeSet;
use std::fs;

use remit_sim::{Effect, Settings, Storage};

use crate::bed::{Bed, REMIT, Ran};
use crate::service::{Served, serve};

/// An account on loopback, with a folder to work in.
struct Scene {
    bed: Bed,
    storage: Served<Storage>,
}

const MAIL: &str = "mail of ada@example.com\n";

impl Scene {
    fn new(settings: Settings) -> Self {
        let storage = serve(Storage::start(settings));
        storage.seed_container("azureml");
        for (name, content) in [
            ("ExperimentRun/dcid.x/logs/app.log", MAIL),
            ("ExperimentRun/dcid.x/logs/clean.log", "nobody here\n"),
            ("ExperimentRun/dcid.x/outputs/a b%#?+&.txt", "odd name"),
            ("ExperimentRun/dcid.x/outputs/caf\u{e9}//x.", "odder name"),
            ("old/one.bin", "1"),
            ("old/two.bin", "22"),
        ] {
            storage.seed_blob("azureml", name, content);
        }
        Self {
            bed: Bed::new(),
            storage,
        }
    }

    /// Runs a command on the account, with its key in the environment.
    fn remit(&self, arguments: &[&str]) -> Ran {
        let all = [arguments, &["-w", self.storage.blob_url()]].concat();
        self.with_key(&all)
    }

    fn with_key(&self, arguments: &[&str]) -> Ran {
        let mut command = self.bed.command(arguments);
        command.env("AZURE_STORAGE_KEY", self.storage.key());
        Ran::of(command.output().unwrap())
    }

    fn names(&self) -> BTreeSet<String> {
        let holdings = self.storage.holdings("azureml");
        holdings.into_iter().map(|holding| holding.blob).collect()
    }
}

#[test]
fn a_session_on_an_account() {
    let scene = Scene::new(Settings::default());
    let listed = scene
        .remit(&["list", "/blobs/azureml/ExperimentRun/**"])
        .exits(0);
    assert_eq!(listed.stdout.lines().count(), 4, "{}", listed.stdout);
    scene
        .remit(&["show", "/blobs/azureml/old/two.bin"])
        .exits(0)
        .says("2 B");
    scene
        .remit(&["download", "/runs/x/outputs/**", "out"])
        .exits(0);
    let got: Vec<String> = fs_tree(&scene, "out");
    assert!(
        got.contains(&"odd name".to_owned()) && got.contains(&"odder name".to_owned()),
        "{got:?}"
    );
    // Planned, shown, applied, verified; the case knows where the account is, and not its key.
    scene
        .remit(&[
            "delete",
            "/blobs/azureml/old/**",
            "--plan",
            "--case",
            "d.case",
        ])
        .exits(0);
    assert!(
        scene.storage.mutations().is_empty(),
        "a plan changes nothing"
    );
    scene.with_key(&["show", "d.case"]).exits(0).says("2 gone");
    scene
        .with_key(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("2 gone");
    assert!(scene.names().iter().all(|name| !name.starts_with("old/")));
    scene
        .with_key(&["verify", "d.case"])
        .exits(0)
        .says("2 gone");
    let changed: BTreeSet<String> = scene
        .storage
        .mutations()
        .into_iter()
        .map(|mutation| mutation.blob)
        .collect();
    assert_eq!(
        changed,
        ["old/one.bin".to_owned(), "old/two.bin".to_owned()].into()
    );
    scene
        .remit(&[
            "redact",
            "/runs/x/logs/**",
            "--with",
            "personal-data",
            "--yes",
            "--case",
            "r.case",
        ])
        .exits(0)
        .says("1 done");
    scene.with_key(&["verify", "r.case"]).exits(0);
    let holdings = scene.storage.holdings("azureml");
    assert!(
        holdings
            .iter()
            .all(|held| !String::from_utf8_lossy(&held.content).contains("ada@"))
    );
}

/// On a terminal there is a bar in bytes, on stderr; without one, nothing but the sentence at the end.
#[test]
fn a_download_shows_how_far_it_is_on_a_terminal_only() {
    let scene = Scene::new(Settings::default());
    let pattern = "/blobs/azureml/old/**";
    let plain = scene.remit(&["download", pattern, "plain"]).exits(0);
    assert_eq!(plain.stdout, "");
    assert_eq!(plain.stderr, "Downloaded 2 entries, 3 B, to plain.\n");
    // `script` lends a terminal; stdout goes into a file.
    let line = format!(
        "{REMIT} download '{pattern}' shown -w {} > answer",
        scene.storage.blob_url()
    );
    let command = scene.bed.command(&[]);
    let lent = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("AZURE_STORAGE_KEY", scene.storage.key())
        .env("TERM", "xterm")
        .current_dir(scene.bed.path("."))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("script must be installed");
    let shown = Ran::of(lent).exits(0).says("downloading").says("3 B");
    assert!(
        shown.stdout.contains("B/s") && shown.stdout.contains("left"),
        "{}",
        shown.stdout
    );
    assert_eq!(fs::read(scene.bed.path("answer")).unwrap(), b"");
    assert_eq!(scene.bed.tree("shown"), scene.bed.tree("plain"));
}

fn fs_tree(scene: &Scene, name: &str) -> Vec<String> {
    let files = scene.bed.tree(name);
    let texts = files.into_values();
    texts
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect()
}

#[test]
fn what_is_kept_is_not_called_gone() {
    let scene = Scene::new(Settings {
        soft_delete_days: Some(14),
        ..Settings::default()
    });
    scene
        .remit(&[
            "delete",
            "/blobs/azureml/old/**",
            "--yes",
            "--case",
            "d.case",
        ])
        .exits(7)
        .says("2 gone-on");
    // With versions, nothing short of a purge is a delete.
    let scene = Scene::new(Settings {
        versioning: true,
        ..Settings::default()
    });
    scene
        .remit(&[
            "delete",
            "/blobs/azureml/old/**",
            "--yes",
            "--case",
            "d.case",
        ])
        .says("versions");
    assert!(scene.storage.mutations().is_empty());
    scene
        .remit(&[
            "delete",
            "/blobs/azureml/old/**",
            "--purge",
            "--yes",
            "--case",
            "p.case",
        ])
        .exits(0)
        .says("2 gone");
    assert!(scene.names().iter().all(|name| !name.starts_with("old/")));
    scene
        .with_key(&["verify", "p.case"])
        .exits(0)
        .says("2 gone");
}

#[test]
fn a_hold_lies_with_the_account() {
    let scene = Scene::new(Settings::default());
    scene
        .remit(&[
            "hold",
            "add",
            "CASE-7",
            "/blobs/azureml/old/one.bin",
            "--reason",
            "asked",
        ])
        .exits(0);
    scene
        .remit(&[
            "delete",
            "/blobs/azureml/old/**",
            "--yes",
            "--case",
            "d.case",
        ])
        .says("CASE-7");
    assert!(scene.names().contains("old/one.bin"));
    let listed = scene.remit(&["list"]).exits(0);
    assert!(!listed.stdout.contains("holds.toml"), "{}", listed.stdout);
}

#[test]
fn the_doctor_changes_nothing() {
    let scene = Scene::new(Settings::default());
    scene.remit(&["doctor"]).exits(0).says("the account's key");
    let expiry = "2099-01-01T00:00:00Z".parse().unwrap();
    let address = format!(
        "{}?{}",
        scene.storage.blob_url(),
        scene.storage.sas("l", expiry)
    );
    let found = scene.bed.remit(&["doctor", "-w", &address]).exits(5);
    let line = |right: &str| {
        let lines = found.stdout.lines();
        lines
            .filter(|line| line.contains(right))
            .map(ToOwned::to_owned)
            .next()
            .unwrap()
    };
    assert!(line("list blobs").starts_with("yes"), "{}", found.stdout);
    assert!(line("read blobs").starts_with("no"), "{}", found.stdout);
    assert!(line("delete blobs").starts_with("no"), "{}", found.stdout);
    assert!(scene.storage.mutations().is_empty());
}

/// A certificate and its key as PEM, made by OpenSSL.
fn certificate_with_key() -> String {
    let mut command = std::process::Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
    command.args(["-keyout", "-", "-out", "-", "-subj", "/CN=remit-test"]);
    let made = command.output().expect("openssl must be installed");
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap()
}

/// Canaries: a key, a signature, a client's secret and its certificate's key, in everything that the program writes.
#[test]
fn no_secret_is_written_anywhere() {
    let scene = Scene::new(Settings::default());
    let expiry = "2099-01-01T00:00:00Z".parse().unwrap();
    let query = scene.storage.sas("rwdlact", expiry);
    let signature = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("sig="))
        .unwrap();
    let signature = signature.to_owned();
    let address = format!("{}?{query}", scene.storage.blob_url());
    let elsewhere = format!("http://127.0.0.1:1/practice?{query}");
    let wrong = format!(
        "{}/azureml?sv=2021-08-06&sp=r&sig=Y2FuYXJ5LW9mLWE=",
        scene.storage.blob_url()
    );
    let secret = "canary-of-a-client-c3ludGhldGlj";
    let certificate = certificate_with_key();
    scene.bed.write("client.pem", &certificate);
    let locked = certificate.replace(" PRIVATE KEY", " LOCKED KEY");
    scene.bed.write("locked.pem", &locked);
    let mut said = String::new();
    for arguments in [
        &["list", "-w", &address][..],
        &[
            "show",
            "/blobs/azureml/old/one.bin",
            "-w",
            &address,
            "--json",
        ],
        &["doctor", "-w", &address],
        &[
            "delete",
            "/blobs/azureml/old/**",
            "--plan",
            "--case",
            "s.case",
            "-w",
            &address,
        ],
        &["apply", "s.case", "--yes", "-w", &address],
        &["verify", "s.case", "-w", &address],
        &["evidence", "s.case"],
        &["list", "-w", &elsewhere],
        &[
            "list",
            "-w",
            &elsewhere,
            "--credential",
            "client-certificate",
        ],
        &["list", "-w", &wrong],
        &["list", "-w", &format!("https://example.com/?{query}")],
        &["list", "-w", &address, "--credential", "nonsense"],
        &["list", "-w", &address, "--credential", "client-secret"],
        &["list", "-w", &address, "--credential", "client-certificate"],
        &["list", "-w", scene.storage.blob_url()],
    ] {
        let file = match arguments.contains(&elsewhere.as_str()) {
            true => "locked.pem",
            false => "client.pem",
        };
        let mut command = scene.bed.command(arguments);
        command
            .env("AZURE_STORAGE_KEY", scene.storage.key())
            .env("AZURE_TENANT_ID", "00000000-0000-4000-8000-000000000001")
            .env("AZURE_CLIENT_ID", "client")
            .env("AZURE_CLIENT_SECRET", secret)
            .env("AZURE_CLIENT_CERTIFICATE_PATH", file)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        let ran = Ran::of(command.output().unwrap());
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    }
    assert!(said.contains("no private key as plain PEM"), "{said}");
    for name in ["client.pem", "locked.pem"] {
        fs::remove_file(scene.bed.path(name)).unwrap();
    }
    for (name, bytes) in scene.bed.tree(".") {
        said.push_str(&String::from_utf8_lossy(&name));
        said.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(
        fs::metadata(scene.bed.path("s.case/MANIFEST")).is_ok(),
        "{said}"
    );
    assert!(
        said.contains("practice"),
        "something was said of the account"
    );
    let decoded = signature
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    for canary in [
        scene.storage.key(),
        signature,
        decoded,
        "Y2FuYXJ5LW9mLWE".to_owned(),
        secret.to_owned(),
    ]
    .into_iter()
    .chain(
        certificate
            .lines()
            .filter(|line| line.len() == 64)
            .map(ToOwned::to_owned),
    ) {
        assert!(!said.contains(&canary), "a secret was written: {canary}");
    }
}

/// Enough plain deletes for a batch: beside what is planned there is only the trial's own blob.
#[test]
fn a_batch_deletes_what_is_planned_and_its_trial() {
    let scene = Scene::new(Settings::default());
    scene.storage.seed_container("remit");
    scene.storage.seed_generated("azureml", "many/", 20, 7);
    let kept = scene.names();
    let delete = [
        "delete",
        "/blobs/azureml/many/**",
        "--yes",
        "--case",
        "d.case",
    ];
    scene.remit(&delete).exits(0).says("20 gone");
    assert!(scene.storage.requests("Container_SubmitBatch") > 1);
    assert_eq!(scene.storage.requests("Blob_Delete"), 1, "the trial's");
    assert_eq!(scene.names(), kept, "computed names are not in it");
    assert!(scene.storage.holdings("remit").is_empty());
    let mutations = scene.storage.mutations();
    let (trial, planned): (Vec<_>, Vec<_>) = mutations
        .iter()
        .partition(|mutation| mutation.blob.starts_with("remit-trial/"));
    let effects: Vec<Effect> = trial.iter().map(|mutation| mutation.effect).collect();
    assert_eq!(effects, [Effect::Created, Effect::Removed], "{trial:?}");
    assert!(trial.iter().all(|mutation| mutation.blob == trial[0].blob));
    assert_eq!(planned.len(), 20, "{planned:?}");
    let names: BTreeSet<&str> = planned.iter().map(|mutation| &*mutation.blob).collect();
    assert_eq!(names.len(), 20);
    for mutation in planned {
        let is_meant = mutation.blob.starts_with("many/") && mutation.effect == Effect::Removed;
        assert!(is_meant, "{mutation}");
    }
    scene
        .with_key(&["verify", "d.case"])
        .exits(0)
        .says("20 gone");
}

//! File shares of a storage account from the outside: the binary against the simulator, whose holdings and
//! log of mutations are what is checked.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use remit_sim::{Mutation, Settings, Storage};

use crate::bed::{Bed, Ran};
use crate::service::{Served, serve};

const SHARE: &str = "code";
const MAIL: &str = "mail of ada@example.com\n";

/// An account with a share on loopback, and a folder to work in.
struct Scene {
    bed: Bed,
    storage: Served<Storage>,
}

impl Scene {
    fn new() -> Self {
        let storage = serve(Storage::start(Settings::default()));
        for (name, content) in [
            ("Users/ada/app.log", MAIL),
            ("Users/ada/clean.log", "nobody here\n"),
            ("Users/ada/caf\u{e9} #+&%./x.", "odd name"),
            ("old/one.bin", "1"),
            ("old/two.bin", "22"),
        ] {
            assert!(storage.seed_file(SHARE, name, content));
        }
        storage.seed_blob("azureml", "old/one.bin", "a blob");
        Self {
            bed: Bed::new(),
            storage,
        }
    }

    /// Runs a command, told where the account and its files are and what its key is.
    fn remit(&self, arguments: &[&str]) -> Ran {
        self.storage.remit(&self.bed, arguments)
    }

    /// The same for a command that learns from a case where the account is.
    fn of_case(&self, arguments: &[&str]) -> Ran {
        self.storage.of_case(&self.bed, arguments)
    }

    /// What the share itself holds, and how often its snapshots do.
    fn holds(&self) -> (BTreeMap<String, String>, usize) {
        let holdings = self.storage.holdings_of_share(SHARE);
        let n_all = holdings.len();
        let own = holdings
            .into_iter()
            .filter(|held| held.generation.is_empty());
        let own: BTreeMap<String, String> = own
            .map(|held| {
                let content = String::from_utf8(held.content.to_vec()).unwrap();
                (held.blob, content)
            })
            .collect();
        let n_kept = n_all - own.len();
        (own, n_kept)
    }

    fn mutations(&self) -> Vec<Mutation> {
        self.storage.mutations()
    }

    /// A request of somebody else's about the share or a file of it.
    fn other_puts(&self, path: &str, query: &str, headers: &str) {
        let expiry = "2099-01-01T00:00:00Z".parse().unwrap();
        let sas = self.storage.sas("rwdlc", expiry);
        let address = self.storage.file_url().strip_prefix("http://").unwrap();
        let (host, account) = address.split_once('/').unwrap();
        let mut connection = TcpStream::connect(host).unwrap();
        let request = format!(
            "PUT /{account}/{SHARE}{path}?{query}&{sas} HTTP/1.1\r\nhost: {host}\r\n\
             x-ms-version: 2024-08-04\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n"
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

#[test]
fn a_session_on_a_share() {
    let scene = Scene::new();
    let listed = scene.remit(&["list", "/files/**"]).exits(0);
    assert_eq!(listed.stdout.lines().count(), 5, "{}", listed.stdout);
    let listed = scene.remit(&["list", "/**"]).exits(0);
    assert_eq!(listed.stdout.lines().count(), 6, "{}", listed.stdout);
    scene
        .remit(&["show", "/files/code/old/two.bin"])
        .exits(0)
        .says("2 B");
    scene
        .remit(&["download", "/files/code/Users/**", "out"])
        .exits(0);
    let mut got: Vec<Vec<u8>> = scene.bed.tree("out").into_values().collect();
    got.sort();
    let expect = [MAIL, "nobody here\n", "odd name"].map(|text| text.as_bytes().to_vec());
    assert_eq!(got, expect);
    let delete = ["delete", "/files/code/old/**", "--plan", "--case", "d.case"];
    scene.remit(&delete).exits(0);
    scene.of_case(&["show", "d.case"]).exits(0).says("2 gone");
    assert_eq!(scene.mutations(), [], "to read and to plan changes nothing");
    scene
        .of_case(&["apply", "d.case", "--yes"])
        .exits(0)
        .says("2 gone");
    let (held, _) = scene.holds();
    assert!(
        held.keys().all(|name| !name.starts_with("old/")),
        "{held:?}"
    );
    assert_eq!(held.len(), 3);
    assert_eq!(scene.storage.holdings("azureml").len(), 1, "the blob stays");
    scene.of_case(&["verify", "d.case"]).exits(0).says("2 gone");
    let meant = ["old/one.bin", "old/two.bin"];
    for mutation in scene.mutations() {
        let is_meant = mutation.container == SHARE && meant.contains(&mutation.blob.as_str());
        assert!(is_meant, "{mutation}");
    }
}

#[test]
fn a_file_is_redacted_and_nothing_beside_it() {
    let scene = Scene::new();
    let redact = ["redact", "/files/code/Users/**", "--with", "personal-data"];
    scene
        .remit(&[&redact[..], &["--yes", "--case", "r.case"]].concat())
        .exits(0)
        .says("1 done");
    let (held, _) = scene.holds();
    assert_eq!(held.len(), 5, "nothing is left beside: {held:?}");
    assert!(held.values().all(|content| !content.contains("ada@")));
    assert!(held["Users/ada/app.log"].starts_with("mail of "));
    assert_eq!(held["Users/ada/clean.log"], "nobody here\n");
    scene
        .of_case(&["verify", "r.case"])
        .exits(0)
        .says("1 redacted as planned");
    let changed = scene.mutations();
    assert!(!changed.is_empty());
    for mutation in changed {
        let name = &mutation.blob;
        let is_meant = name == "Users/ada/app.log" || name.starts_with("Users/ada/.remit-new-");
        assert!(is_meant, "{mutation}");
    }
    // What somebody writes there afterwards, `verify` does not call done.
    assert!(scene.storage.seed_file(SHARE, "Users/ada/app.log", MAIL));
    let verified = scene.of_case(&["verify", "r.case"]);
    assert_ne!(verified.exit, Some(0), "{}", verified.stdout);
}

#[test]
fn what_a_snapshot_keeps_is_not_deleted() {
    let scene = Scene::new();
    scene.other_puts("", "restype=share&comp=snapshot", "");
    let before = scene.mutations();
    let delete = ["delete", "/files/code/old/**", "--yes", "--case"];
    // Known while planning: no step, and nothing that could be applied.
    for (case, purge) in [("d.case", &[][..]), ("p.case", &["--purge"])] {
        let planned = scene.remit(&[&delete[..], &[case], purge].concat());
        planned
            .exits(3)
            .says("2 files: impossible (the share snapshot ");
        let verified = scene.of_case(&["verify", case]);
        assert!(!verified.stdout.contains("gone"), "{}", verified.stdout);
    }
    let (held, n_kept) = scene.holds();
    assert_eq!((held.len(), n_kept), (5, 5));
    assert_eq!(scene.mutations(), before, "nothing was begun");
}

/// A snapshot that is taken when the plan was made already: the blob goes, and the files are impossible.
#[test]
fn a_snapshot_after_planning_stops_the_delete() {
    let scene = Scene::new();
    let patterns = ["/files/code/old/**", "/blobs/azureml/old/**"];
    let delete = [
        "delete",
        patterns[0],
        patterns[1],
        "--plan",
        "--case",
        "d.case",
    ];
    scene.remit(&delete).exits(0);
    scene.other_puts("", "restype=share&comp=snapshot", "");
    let before = scene.mutations().len();
    let applied = scene.of_case(&["apply", "d.case", "--yes"]).exits(5);
    applied
        .says("2 impossible")
        .says("1 gone")
        .says("keeps a copy");
    let (held, n_kept) = scene.holds();
    assert_eq!((held.len(), n_kept), (5, 5));
    for mutation in &scene.mutations()[before..] {
        assert_eq!(mutation.container, "azureml", "{mutation}");
    }
    assert!(scene.storage.holdings("azureml").is_empty());
}

#[test]
fn somebodys_lease_holds_a_file() {
    let scene = Scene::new();
    scene.other_puts(
        "/old/one.bin",
        "comp=lease",
        "x-ms-lease-action: acquire\r\nx-ms-lease-duration: -1\r\n",
    );
    let before = scene.mutations().len();
    let delete = ["delete", "/files/code/old/**", "--yes", "--case", "d.case"];
    let deleted = scene.remit(&delete).exits(5);
    let said = format!("{}{}", deleted.stdout, deleted.stderr);
    assert!(said.contains("a lease"), "{said}");
    let (held, _) = scene.holds();
    assert!(held.contains_key("old/one.bin") && !held.contains_key("old/two.bin"));
    for mutation in &scene.mutations()[before..] {
        assert_eq!(mutation.blob, "old/two.bin", "{mutation}");
    }
}

/// Canaries: neither the key nor a signature is written down where files are concerned.
#[test]
fn no_secret_of_a_share_is_written() {
    let scene = Scene::new();
    let expiry = "2099-01-01T00:00:00Z".parse().unwrap();
    let query = scene.storage.sas("rwdlc", expiry);
    let mut said = String::new();
    let address = format!("{}?{query}", scene.storage.blob_url());
    for files in [
        scene.storage.file_url().to_owned(),
        format!("{}?{query}", scene.storage.file_url()),
        format!("http://127.0.0.1:1/practice?{query}"),
    ] {
        for arguments in [
            &["list", "/files/**"][..],
            &["doctor"],
            &["delete", "/files/code/old/**", "--plan", "--case", "s.case"],
        ] {
            let place = ["-w", &address, "--files-url", &files];
            let mut command = scene.bed.command(&[arguments, &place].concat());
            command
                .env("AZURE_STORAGE_KEY", scene.storage.key())
                .env("RUST_LOG", "trace");
            let ran = Ran::of(command.output().unwrap());
            said.push_str(&ran.stdout);
            said.push_str(&ran.stderr);
        }
    }
    for (name, bytes) in scene.bed.tree(".") {
        said.push_str(&String::from_utf8_lossy(&name));
        said.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(said.contains("/files/code/old/one.bin"), "{said}");
    let signature = query.split_once("sig=").unwrap().1;
    let signature = signature.split('&').next().unwrap();
    assert!(!said.contains(signature), "{said}");
    assert!(!said.contains(&signature[..20]), "{said}");
    assert!(!said.contains(&scene.storage.key()), "{said}");
}

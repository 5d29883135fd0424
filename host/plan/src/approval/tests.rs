//! Against the real `ssh-keygen`, in both directions.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

const NOW: Millis = 1_800_000_000_000;

struct Bench {
    folder: tempfile::TempDir,
    case: Case,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("x.case")).unwrap();
        case.write_new(Manifest::FILE, b"# remit plan 1\n").unwrap();
        Self { folder, case }
    }

    /// A key made by `ssh-keygen`; its public line.
    fn key(&self, name: &str, kind: &str) -> String {
        let path = self.folder.path().join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", "", "-C", "invented", "-f"])
            .arg(&path)
            .status()
            .expect("ssh-keygen must be installed (Debian: openssh-client)");
        assert!(made.success());
        fs::read_to_string(path.with_extension("pub"))
            .unwrap()
            .trim()
            .to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn require(&self, signers: &str, wanted: u32) -> Result<usize, String> {
        let signers = Signers::parse(signers.lines()).map_err(|error| error.to_string())?;
        Approval::require(&self.case, &signers, wanted, NOW)
            .map(|found| found.len())
            .map_err(|error| error.to_string())
    }
}

#[test]
fn ssh_keygen_verifies_what_we_sign() {
    let bench = Bench::new();
    for kind in ["ed25519", "ecdsa"] {
        let signed = (0..8).find_map(|number| {
            let name = format!("{kind}{number}");
            let public = bench.key(&name, kind);
            match Approval::sign(&bench.case, &bench.path(&name), || None) {
                // The rare key that cannot be read says so, and another is made.
                Err(error)
                    if kind == "ecdsa" && format!("{error:?}").contains("one ECDSA key in") =>
                {
                    None
                }
                signed => Some((public, signed.unwrap())),
            }
        });
        let (public, signature) = signed.unwrap();
        fs::write(bench.path("allowed"), format!("ada@example.com {public}\n")).unwrap();
        let verify = |manifest: &[u8]| {
            let mut child = Command::new("ssh-keygen")
                .args([
                    "-Y",
                    "verify",
                    "-n",
                    NAMESPACE,
                    "-I",
                    "ada@example.com",
                    "-f",
                ])
                .arg(bench.path("allowed"))
                .arg("-s")
                .arg(bench.case.path(&signature))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(manifest).unwrap();
            child.wait().unwrap().success()
        };
        assert!(verify(b"# remit plan 1\n"), "{kind}");
        assert!(!verify(b"# remit plan 2\n"), "{kind}");
        assert_eq!(
            bench.require(&format!("ada@example.com {public}"), 1),
            Ok(1),
            "{kind}"
        );
        fs::remove_file(bench.case.path(&signature)).unwrap();
    }
}

#[test]
fn we_verify_what_ssh_keygen_signs() {
    let bench = Bench::new();
    let (ada, ben) = (bench.key("ada", "ed25519"), bench.key("ben", "rsa"));
    let sign = |key: &str, namespace: &str| {
        let manifest = bench.case.path(Manifest::FILE);
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
            .arg(bench.path(key))
            .arg(&manifest)
            .status()
            .unwrap();
        assert!(signed.success());
        fs::rename(
            bench.case.path("MANIFEST.sig"),
            bench.case.path(&format!("approvals/{key}.sig")),
        )
        .unwrap();
    };
    let both = format!("# who may\nada@example.com {ada}\nben@example.com {ben}\n");
    assert_eq!(
        bench.require(&both, 1),
        Err("the policy wants 1 approvals; this plan has 0".into())
    );
    sign("ada", NAMESPACE);
    assert_eq!(bench.require(&both, 1), Ok(1));
    fs::copy(
        bench.case.path("approvals/ada.sig"),
        bench.case.path("approvals/again.sig"),
    )
    .unwrap();
    assert_eq!(
        bench.require(&both, 2),
        Err("the policy wants 2 approvals; this plan has 1".into()),
        "one key counts once"
    );
    fs::remove_file(bench.case.path("approvals/again.sig")).unwrap();
    sign("ben", NAMESPACE);
    assert_eq!(bench.require(&both, 2), Ok(2));
    assert!(
        bench
            .require(&format!("ada@example.com {ada}"), 1)
            .unwrap_err()
            .contains("not among the allowed signers")
    );

    for (options, complaint) in [
        ("namespaces=\"git,remit-*\"", None),
        ("namespaces=\"git\"", Some("may not sign for")),
        ("valid-before=\"20200101Z\"", Some("no longer valid")),
        ("valid-after=\"20990101Z\"", Some("not valid yet")),
        ("valid-before=\"20990101\",valid-after=\"20200101\"", None),
        ("cert-authority", Some("certificates are not supported")),
        ("shiny", Some("unknown option `shiny`")),
    ] {
        let signers = format!("ada@example.com {options} {ada}\nben@example.com {ben}");
        match complaint {
            None => assert_eq!(bench.require(&signers, 2), Ok(2), "{options}"),
            Some(text) => assert!(
                bench.require(&signers, 2).unwrap_err().contains(text),
                "{options}"
            ),
        }
    }

    sign("ben", "git");
    assert!(
        bench
            .require(&both, 1)
            .unwrap_err()
            .contains("does not fit this plan"),
        "another namespace"
    );
    sign("ben", NAMESPACE);
    bench
        .case
        .write_new(Manifest::FILE, b"# remit plan 1 \n")
        .unwrap();
    assert!(
        bench
            .require(&both, 1)
            .unwrap_err()
            .contains("does not fit this plan"),
        "a changed byte"
    );
}

#[test]
fn a_passphrase_is_asked_for() {
    let bench = Bench::new();
    bench.key("plain", "ed25519");
    let changed = Command::new("ssh-keygen")
        .args(["-q", "-p", "-N", "an invented phrase", "-f"])
        .arg(bench.path("plain"))
        .status();
    assert!(changed.unwrap().success());
    let sign = |phrase: Option<&str>| {
        Approval::sign(&bench.case, &bench.path("plain"), || {
            phrase.map(str::to_owned)
        })
        .map_err(|error| error.to_string())
    };
    assert!(sign(None).unwrap_err().contains("it has a passphrase"));
    assert!(sign(Some("wrong")).unwrap_err().contains("does not fit"));
    assert!(sign(Some("an invented phrase")).is_ok());
}

//! Evidence says what was done and nothing about whom; anybody with the public key can check it.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use bed::CREATED;
use remit_apply::{
    Durable, EVIDENCE_NAMESPACE, Event, Evidence, EvidenceError, Journal, check, open_step,
};
use remit_plan::{
    About, Act, Approval, Case, Digest, Draft, Kept, Plan, Residue, Signers, SigningKey, State,
    Step,
};
use remit_workspace::{Memory, Store as _};
use sha2::{Digest as _, Sha256};

/// Words that only somebody who sees the case may read.
const CANARIES: [&str; 9] = [
    "canary-path",
    "canary-reason",
    "canary-note",
    "canary-principal",
    "canary-comment",
    "canary-guest",
    "canary-residue",
    "canary-kept",
    "canary-workspace",
];

struct Bench {
    folder: tempfile::TempDir,
    memory: Arc<Memory>,
}

impl Bench {
    /// A plan of three deletes, full of names, signed by a person.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::new("memory:canary-workspace"));
        let case = Case::create(&folder.path().join("a.case")).unwrap();
        let mut draft = Draft::new(case.clone()).unwrap();
        for name in ["canary-path-a", "canary-path-b", "canary-path-c"] {
            let path = bed::path(&format!("/files/{name}.txt"));
            memory.put(&path, "some content");
            let entry = memory.stat(&path).await.unwrap();
            let version = memory.pin(&entry).await.unwrap();
            let act = Act::Delete {
                purge: false,
                cancel_first: false,
                detach: false,
                forecast: State::Gone,
            };
            let guard = memory.guard(&path);
            draft
                .propose(&Step::propose(&entry, version, guard, act, "canary-reason"))
                .unwrap();
        }
        draft.note("canary-note").unwrap();
        let residue = Residue {
            path: bed::path("/files/canary-residue"),
            place: "its path".into(),
            rule: "canary-residue".into(),
        };
        draft.residue(&residue).unwrap();
        let kept = Kept {
            path: bed::path("/files/canary-kept"),
            act: "delete".into(),
            why: "hold canary-kept".into(),
        };
        draft.keep(&kept).unwrap();
        let about = About {
            workspace: memory.identity().into(),
            guest: format!("canary-guest 1.0-canary-guest {}", "ab".repeat(32)),
            policy: "none".into(),
            created: CREATED,
            expires: CREATED + 1000,
        };
        draft.settle().unwrap().seal(about).unwrap();
        let bench = Self { folder, memory };
        bench.keygen("ada");
        Approval::sign(&case, &bench.path("ada"), || None).unwrap();
        bench
    }

    /// The same, with its plan applied; one entry has changed since it was planned.
    async fn applied() -> Self {
        let bench = Self::new().await;
        bench
            .memory
            .put(&bed::path("/files/canary-path-b.txt"), "other content");
        bench.apply().await;
        bench
    }

    async fn apply(&self) {
        let authority = bed::authority(&*self.memory).await;
        let admitted = remit_apply::admit(self.plan(), &*self.memory, &authority, CREATED)
            .await
            .unwrap();
        let setup = bed::setup(self.memory.clone(), authority, Arc::new(Durable));
        let progress = remit_apply::apply(admitted, &setup).await.unwrap();
        assert!(progress.finished);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn plan(&self) -> Plan {
        Plan::open(Case::open(&self.path("a.case")).unwrap()).unwrap()
    }

    fn keygen(&self, name: &str) {
        let made = Command::new("ssh-keygen")
            .args([
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                "canary-comment",
                "-f",
            ])
            .arg(self.path(name))
            .status()
            .expect("ssh-keygen must be installed (Debian: openssh-client)");
        assert!(made.success());
    }

    fn signers_of(&self, name: &str) -> String {
        let public = fs::read_to_string(self.path(name).with_extension("pub")).unwrap();
        format!("canary-principal@example.com {public}")
    }

    fn make(&self) -> (Evidence, PathBuf) {
        let key = SigningKey::read(&self.path("ada"), || None).unwrap();
        Evidence::make(&self.plan(), Some(&key), CREATED).unwrap()
    }

    fn check(&self, dir: &Path) -> Result<Evidence, EvidenceError> {
        let signers = Signers::parse(self.signers_of("ada").lines()).unwrap();
        Ok(check(dir, &signers, CREATED)?.evidence)
    }
}

#[tokio::test]
async fn it_says_what_was_done_in_numbers_and_digests() {
    let bench = Bench::applied().await;
    let plan = bench.plan();
    let mut journal = Journal::open(plan.case(), plan.digest(), 3, Arc::new(Durable)).unwrap();
    let verified = Event::Verified {
        held: 2,
        broken: 0,
        beside: 3,
    };
    journal.write(verified, CREATED).await.unwrap();
    drop(journal);
    let (made, folder) = bench.make();
    let evidence = bench.check(&folder).unwrap();
    assert_eq!(evidence, made);
    assert_eq!(evidence.plan, plan.digest().to_string());
    assert_eq!(evidence.proposer, format!("sha256:{}", "ab".repeat(32)));
    assert_eq!(evidence.counts["delete"]["gone"], 2);
    assert_eq!(evidence.counts["delete"]["skipped"], 1);
    assert_eq!((evidence.residue, evidence.kept, evidence.gaps), (1, 1, 0));
    assert_eq!(evidence.approvals.len(), 1);
    assert!(evidence.approvals[0].starts_with("SHA256:"));
    let verified = evidence.verified.unwrap();
    assert_eq!((verified.held, verified.beside), (2, 3));
    assert!(evidence.finished.is_some());
    let head = Journal::head(plan.case(), plan.digest(), 3).unwrap();
    assert_eq!(evidence.journal, format!("sha256:{head}"));
}

#[tokio::test]
async fn it_names_nobody() {
    let bench = Bench::applied().await;
    let (_, folder) = bench.make();
    let case = bed::tree(&bench.path("a.case"));
    for canary in CANARIES {
        let is_there = |bytes: &Vec<u8>| contains(bytes, canary);
        let is_elsewhere = canary == "canary-principal" || canary == "canary-comment";
        assert!(
            is_elsewhere || case.values().any(is_there),
            "{canary} must be in the case, or this test looks for nothing"
        );
    }
    let evidence = bed::tree(&folder);
    assert_eq!(evidence.len(), 3, "{:?}", evidence.keys());
    for (file, bytes) in evidence {
        for canary in CANARIES.iter().chain(&["canary", "Y2FuYXJ5", "/files"]) {
            assert!(!contains(&bytes, canary), "{canary} in {}", file.display());
        }
        // Nor a digest of a path that whoever guesses the path could compute.
        for name in ["canary-path-a", "canary-path-b", "canary-path-c"] {
            let path = format!("/files/{name}.txt");
            let guess = hex::encode(Sha256::digest(path.as_bytes()));
            assert!(!contains(&bytes, &guess), "{path} can be guessed");
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn ssh_keygen_checks_it_and_may_sign_it() {
    let bench = Bench::applied().await;
    let (_, folder) = bench.make();
    fs::write(bench.path("signers"), bench.signers_of("ada")).unwrap();
    let verify = |namespace: &str| {
        Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", namespace])
            .args(["-I", "canary-principal@example.com", "-f"])
            .arg(bench.path("signers"))
            .arg("-s")
            .arg(folder.join("evidence.json.sig"))
            .stdin(fs::File::open(folder.join("evidence.json")).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    };
    assert!(verify(EVIDENCE_NAMESPACE));
    assert!(!verify("remit-plan"), "evidence is no approval");

    let sign = |namespace: &str| {
        fs::remove_file(folder.join("evidence.json.sig")).unwrap();
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
            .arg(bench.path("ada"))
            .arg(folder.join("evidence.json"))
            .status();
        assert!(signed.unwrap().success());
    };
    sign(EVIDENCE_NAMESPACE);
    bench.check(&folder).unwrap();
    sign("remit-plan");
    assert!(
        matches!(bench.check(&folder), Err(EvidenceError::Signature { .. })),
        "an approval is no evidence"
    );
}

#[tokio::test]
async fn any_changed_byte_and_any_stranger_is_noticed() {
    let bench = Bench::applied().await;
    let (_, folder) = bench.make();
    for name in ["evidence.json", "steps.jsonl"] {
        let whole = fs::read(folder.join(name)).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(folder.join(name), &changed).unwrap();
            assert!(bench.check(&folder).is_err(), "byte {at} of {name}");
        }
        for shortened in [&whole[..whole.len() - 1], b""] {
            fs::write(folder.join(name), shortened).unwrap();
            assert!(bench.check(&folder).is_err(), "{name} cut short");
        }
        fs::write(folder.join(name), &whole).unwrap();
        bench.check(&folder).unwrap();
    }
    bench.keygen("eve");
    let strangers = Signers::parse(bench.signers_of("eve").lines()).unwrap();
    assert!(matches!(
        check(&folder, &strangers, CREATED),
        Err(EvidenceError::Signature { .. })
    ));
    let for_plans = format!(
        "canary-principal namespaces=\"remit-plan\" {}",
        bench.signers_of("ada").split_once(' ').unwrap().1
    );
    let for_plans = Signers::parse(for_plans.lines()).unwrap();
    assert!(matches!(
        check(&folder, &for_plans, CREATED),
        Err(EvidenceError::Signature { .. })
    ));
    fs::remove_file(folder.join("evidence.json.sig")).unwrap();
    assert!(matches!(
        bench.check(&folder),
        Err(EvidenceError::NotSigned(_))
    ));
}

#[tokio::test]
async fn what_is_signed_must_add_up() {
    let bench = Bench::applied().await;
    let (made, folder) = bench.make();
    let key = SigningKey::read(&bench.path("ada"), || None).unwrap();
    let steps = fs::read_to_string(folder.join("steps.jsonl")).unwrap();
    // Whoever signs may sign what they like; that it contradicts itself is seen without the case.
    let check_signed = |evidence: &Evidence, steps: &str| {
        let mut evidence = evidence.clone();
        evidence.steps = Digest::of(steps.as_bytes()).to_string();
        let facts = serde_json::to_string_pretty(&evidence).unwrap();
        let signature = key.sign(EVIDENCE_NAMESPACE, facts.as_bytes()).unwrap();
        fs::write(folder.join("evidence.json"), facts).unwrap();
        fs::write(folder.join("evidence.json.sig"), signature).unwrap();
        fs::write(folder.join("steps.jsonl"), steps).unwrap();
        bench.check(&folder).map_err(|error| error.to_string())
    };
    check_signed(&made, &steps).unwrap();
    let mut more = made.clone();
    *more
        .counts
        .get_mut("delete")
        .unwrap()
        .get_mut("gone")
        .unwrap() += 1;
    let without_first = steps.split_once('\n').unwrap().1;
    for (evidence, steps, complaint) in [
        (&more, steps.clone(), "do not add up"),
        (&made, steps.replacen("gone", "held", 1), "do not add up"),
        (
            &made,
            steps.replacen("gone", "open", 1),
            "said to have ended",
        ),
        (&made, without_first.to_owned(), "is about step 2"),
        (&made, format!("{steps}{steps}"), "is about step 1"),
        (&made, steps.replacen("{", "{\"path\":\"x\",", 1), "line 1"),
    ] {
        let error = check_signed(evidence, &steps).unwrap_err();
        assert!(error.contains(complaint), "{error}, not {complaint}");
    }
    let mut newer = made.clone();
    newer.remit_evidence = 2;
    assert!(
        check_signed(&newer, &steps)
            .unwrap_err()
            .contains("has format 2")
    );
}

#[tokio::test]
async fn one_step_can_be_opened_and_says_nothing_of_the_others() {
    let bench = Bench::applied().await;
    let (_, folder) = bench.make();
    let plan = bench.plan();
    let lines: Vec<serde_json::Value> = fs::read_to_string(folder.join("steps.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut nonces = BTreeSet::new();
    for number in 1..=3 {
        let opened = open_step(&plan, number).unwrap();
        let nonce = hex::decode(&opened.nonce).unwrap();
        assert_eq!(nonce.len(), 32);
        let again = Sha256::new()
            .chain_update(&nonce)
            .chain_update(opened.path.as_str())
            .finalize();
        assert_eq!(lines[number as usize - 1]["entry"], hex::encode(again));
        nonces.insert(opened.nonce);
    }
    assert_eq!(nonces.len(), 3, "each step has a nonce of its own");
    for number in [0, 4] {
        assert!(matches!(
            open_step(&plan, number),
            Err(EvidenceError::NoSuchStep { count: 3, .. })
        ));
    }
    // Another case over the same entries has other nonces.
    let other = Bench::applied().await;
    assert!(!nonces.contains(&open_step(&other.plan(), 1).unwrap().nonce));
}

#[tokio::test]
async fn there_is_none_before_the_plan_is_begun_and_none_signed_without_a_key() {
    let bench = Bench::new().await;
    assert!(matches!(
        Evidence::make(&bench.plan(), None, CREATED),
        Err(EvidenceError::NotBegun)
    ));
    assert!(!bench.path("a.case/evidence").exists());
    bench.apply().await;
    let (_, folder) = bench.make();
    bench.check(&folder).unwrap();
    // Made again without a key: the older signature does not stay beside it.
    Evidence::make(&bench.plan(), None, CREATED).unwrap();
    assert!(matches!(
        bench.check(&folder),
        Err(EvidenceError::NotSigned(_))
    ));
}

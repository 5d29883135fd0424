//! Redactions and masked copies.

use remit_formats::{Key, redact_all};
use remit_plan::{Plan, Redaction, Step, read_edits};
use remit_session::{Code, ExportOptions, Operator, RedactOptions, Selector};
use remit_workspace::Memory;
use sha2::{Digest as _, Sha256};

use crate::bench::{Bench, With, acts, code, gaps, kept, path, steps};

fn how(scanner: &str) -> RedactOptions {
    RedactOptions {
        scanner: scanner.into(),
        ..RedactOptions::default()
    }
}

async fn redact(bench: &Bench, entry: &str, how: RedactOptions) -> Option<Code> {
    let named = bench.named(entry).await;
    code(bench.root().redact(&named, &how).await)
}

async fn export(bench: &Bench, entry: &str, how: ExportOptions) -> Option<Code> {
    let named = bench.named(entry).await;
    code(bench.root().export(&named, &how).await)
}

/// What the plan's step makes of the content, which must be what the plan says it is.
fn carried_out(plan: &Plan, step: &Step, content: &[u8]) -> String {
    let redaction: &Redaction = step.act.redaction().unwrap();
    let edits = read_edits(plan.case(), &redaction.edits).unwrap();
    let key = Key::new(*plan.case().key().unwrap().bytes());
    let chunks = content.chunks(5).map(|chunk| Ok(chunk.to_vec().into()));
    let format = redaction.format(plan.case()).unwrap();
    let (after, _) = redact_all(format, edits, &key, chunks).unwrap();
    assert_eq!(hex::encode(Sha256::digest(&after)), redaction.after_sha256);
    assert_eq!(after.len() as u64, redaction.after_size_bytes);
    String::from_utf8_lossy(&after).into_owned()
}

async fn check(name: &str, content: &[u8], how: RedactOptions, expect: &str, scan_before: bool) {
    let bench = With::default().on(Memory::default());
    bench.store.put(&path(name), content.to_vec());
    if scan_before {
        let listing = bench.root().select(&Selector::new(name)).await.unwrap();
        let mut scan = bench.root().scan(listing, &how.scanner).await.unwrap();
        assert!(scan.next(1).await.unwrap()[0].total > 0);
    }
    assert_eq!(redact(&bench, name, how).await, None, "{name}");
    let plan = bench.plan().await;
    assert_eq!(
        carried_out(&plan, &steps(&plan)[0], content),
        expect,
        "{name}"
    );
}

#[tokio::test]
async fn findings_become_edits() {
    let with = |scanner: &str, operators: &[(&str, Operator)]| RedactOptions {
        operators: operators
            .iter()
            .map(|(rule, operator)| ((*rule).to_owned(), *operator))
            .collect(),
        ..how(scanner)
    };
    let utf16: Vec<u8> = "\u{feff}é jane and bob"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for scan_before in [false, true] {
        check(
            "/files/a.log",
            b"jane met bob",
            how("find:jane"),
            "REDACTED-jane met bob",
            scan_before,
        )
        .await;
        let operators = with(
            "find:jane,bob",
            &[("*", Operator::Mask), ("bob", Operator::Remove)],
        );
        check(
            "/files/a.log",
            b"jane met bob.",
            operators,
            "XXXX met .",
            scan_before,
        )
        .await;
        let json = br#"{"a": "jane", "n": 1.0}"#;
        check(
            "/blobs/c/a.json",
            json,
            how("find:jane"),
            r#"{"a": "REDACTED-jane", "n": 1.0}"#,
            scan_before,
        )
        .await;
        let after: Vec<u8> = "\u{feff}é REDACTED-jane and bob"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let after = String::from_utf8_lossy(&after).into_owned();
        check(
            "/files/wide.txt",
            &utf16,
            how("find:jane"),
            &after,
            scan_before,
        )
        .await;
    }
}

#[tokio::test]
async fn refusals_of_redacting() {
    let bench = With {
        allow: &["list=/**", "read=/**", "redact=/files/**"],
        ..With::default()
    }
    .on(Memory::default());
    let put = |name: &str, text: &'static [u8]| bench.store.put(&path(name), text);
    put("/files/clean.log", b"nobody");
    put("/files/a.json", br#"{"jane": 1, "": 2}"#);
    put("/files/b.json", br#"{"a":"b"}"#);
    put("/files/c.zip", b"PK\x03\x04jane");
    put("/files/d.log", b"jane");
    put("/blobs/c/e.log", b"jane");
    let unknown = RedactOptions {
        operators: vec![("bob".into(), Operator::Mask)],
        ..how("find:jane")
    };
    let removed = RedactOptions {
        operators: vec![("*".into(), Operator::Remove)],
        ..how("find:jane")
    };
    for (entry, how, expect) in [
        ("/files/clean.log", how("find:jane"), Code::Invalid),
        ("/files/a.json", removed, Code::Invalid),
        ("/files/b.json", how("find:\":"), Code::Invalid),
        ("/files/c.zip", how("find:jane"), Code::Unreadable),
        ("/files/d.log", how("nobody"), Code::Invalid),
        ("/files/d.log", unknown, Code::Invalid),
        ("/files/d.log", how("bad:trap"), Code::Unreadable),
        ("/files/d.log", how("bad:beyond"), Code::Unreadable),
        ("/blobs/c/e.log", how("find:jane"), Code::Denied),
    ] {
        assert_eq!(
            redact(&bench, entry, how.clone()).await,
            Some(expect),
            "{entry} {how:?}"
        );
    }
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), [""; 0]);
    let kept = kept(&plan);
    let stays = |entry: &str| {
        kept.iter()
            .any(|kept| kept.starts_with(&format!("redact {entry}: ")))
    };
    for entry in [
        "/files/a.json",
        "/files/b.json",
        "/files/c.zip",
        "/files/d.log",
    ] {
        assert!(stays(entry), "{entry} {kept:?}");
    }
    assert!(
        !stays("/files/clean.log") && !stays("/blobs/c/e.log"),
        "{kept:?}"
    );
    assert!(
        gaps(&plan)
            .iter()
            .any(|gap| gap.starts_with("/files/c.zip: "))
    );
    let edits = std::fs::read_dir(plan.case().path("edits")).unwrap();
    let left = edits
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .count();
    assert_eq!(left, 0, "edits of a step that is not there");
}

#[tokio::test]
async fn a_record_is_cut_where_the_service_can_write() {
    let document = br#"{"runId":"jane-1","createdBy":{"userName":"jane"},"displayName":"of jane","tags":{"who":"jane"}}"#;
    let bench = With::default().on(Memory::default());
    bench.store.put(&path("/runs/jane-1"), &document[..]);
    assert_eq!(redact(&bench, "/runs/jane-1", how("find:jane")).await, None);
    assert_eq!(redact(&bench, "/runs/jane-1", how("find:jane")).await, None);
    let plan = bench.plan().await;
    assert_eq!(
        carried_out(&plan, &steps(&plan)[0], document),
        r#"{"runId":"jane-1","createdBy":{"userName":"jane"},"displayName":"of REDACTED-jane","tags":{"who":"REDACTED-jane"}}"#
    );
    let mut residue: Vec<String> = plan
        .residue()
        .map(Result::unwrap)
        .map(|left| format!("{} {}", left.place, left.rule))
        .collect();
    residue.sort();
    assert_eq!(residue, ["createdBy jane", "its path jane", "runId jane"]);
    assert_eq!(plan.summary().places["jane"], 2);
}

#[tokio::test]
async fn a_record_with_nothing_to_write_is_all_residue() {
    let bench = With::default().on(Memory::default());
    bench.store.put(&path("/runs/r"), r#"{"createdBy":"jane"}"#);
    assert_eq!(
        redact(&bench, "/runs/r", how("find:jane")).await,
        Some(Code::Impossible)
    );
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), [""; 0]);
    assert_eq!(plan.summary().residue, 1);
}

#[tokio::test]
async fn a_copy_is_masked_but_for_what_is_spared() {
    let text = b"jane@example.com wrote to bob@example.com, jane's friend";
    let masked = |by: &str, sparing: Option<&str>| ExportOptions {
        redacted_by: Some(by.into()),
        sparing: sparing.map(str::to_owned),
        ..ExportOptions::default()
    };
    for (how, expect) in [
        (ExportOptions::default(), None),
        (masked("find:nobody", None), None),
        (masked("find:jane,bob", Some("find:jane,bob")), None),
        (
            masked("find:bob@example.com", None),
            Some("jane@example.com wrote to XXXXXXXXXXXXXXX, jane's friend"),
        ),
        (
            masked("find:bob,jane@example.com,friend", Some("find:jane")),
            Some("jane@example.com wrote to XXX@example.com, jane's XXXXXX"),
        ),
    ] {
        let bench = With::default().on(Memory::default());
        bench.store.put(&path("/files/mail.txt"), &text[..]);
        assert_eq!(
            export(&bench, "/files/mail.txt", how.clone()).await,
            None,
            "{how:?}"
        );
        let plan = bench.plan().await;
        let step = steps(&plan).remove(0);
        let after = step
            .act
            .redaction()
            .map(|_| carried_out(&plan, &step, text));
        assert_eq!(after.as_deref(), expect, "{how:?}");
    }
}

#[tokio::test]
async fn an_exported_record_brings_its_parts_and_says_which_it_leaves() {
    let bench = With {
        except: &["/blobs/azureml/ExperimentRun/dcid.r/b"],
        ..With::default()
    }
    .on(Memory::default());
    bench.store.put(&path("/runs/r"), r#"{"createdBy":"bob"}"#);
    for (name, text) in [
        ("a", "jane and bob"),
        ("b", "excepted"),
        ("c.zip", "PK\u{3}\u{4}"),
    ] {
        bench.store.put(
            &path(&format!("/blobs/azureml/ExperimentRun/dcid.r/{name}")),
            text,
        );
    }
    let how = ExportOptions {
        redacted_by: Some("find:bob".into()),
        ..ExportOptions::default()
    };
    assert_eq!(export(&bench, "/runs/r", how).await, None);
    let plan = bench.plan().await;
    assert_eq!(
        acts(&plan),
        [
            "export /blobs/azureml/ExperimentRun/dcid.r/a",
            "export /runs/r"
        ]
    );
    assert_eq!(
        carried_out(&plan, &steps(&plan)[1], br#"{"createdBy":"bob"}"#),
        r#"{"createdBy":"XXX"}"#
    );
    assert_eq!(
        kept(&plan),
        [
            "export /blobs/azureml/ExperimentRun/dcid.r/b: excepted by `/blobs/azureml/ExperimentRun/dcid.r/b`",
            "export /blobs/azureml/ExperimentRun/dcid.r/c.zip: no decoder for this format",
        ]
    );
}

#[tokio::test]
async fn refusals_of_exporting() {
    let bench = With {
        allow: &["list=/**", "export=/files/**"],
        ..With::default()
    }
    .on(Memory::default());
    bench.store.put(&path("/files/a"), "jane");
    bench.store.put(&path("/blobs/c/a"), "jane");
    let plain = ExportOptions::default;
    for (entry, how, expect) in [
        ("/blobs/c/a", plain(), Code::Denied),
        (
            "/files/a",
            ExportOptions {
                through: Some("none".into()),
                ..plain()
            },
            Code::Invalid,
        ),
        (
            "/files/a",
            ExportOptions {
                sparing: Some("find:jane".into()),
                ..plain()
            },
            Code::Invalid,
        ),
        (
            "/files/a",
            ExportOptions {
                redacted_by: Some("nobody".into()),
                ..plain()
            },
            Code::Invalid,
        ),
    ] {
        assert_eq!(
            export(&bench, entry, how.clone()).await,
            Some(expect),
            "{entry} {how:?}"
        );
    }
}

//! Exports through a converter: staged, counted, pinned, and refused where anything is amiss.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use remit_plan::{Act, Case, Digest, Plan};
use remit_policy::{Bounded, Measure, StatedCeilings};
use remit_session::{Answer, Code, ExportOptions, RedactOptions, Refusal};
use remit_workspace::Memory;

use crate::bench::{Bench, With, acts, code, gaps, kept, path, steps};

const LOG: &str = "/files/a.log";

fn small() -> Memory {
    let store = Memory::new("memory:test");
    let owner = BTreeMap::from([("owner".to_owned(), "jane".to_owned())]);
    store.put_with(&path(LOG), "hello jane", owner);
    store.put(&path("/files/b.log"), "hello bob");
    store
}

fn through(converter: &str) -> ExportOptions {
    ExportOptions {
        through: Some(converter.to_owned()),
        ..ExportOptions::default()
    }
}

async fn export(bench: &Bench, at: &str, converter: &str) -> Answer<u64> {
    let named = bench.named(at).await;
    bench.root().export(&named, &through(converter)).await
}

/// The staged bytes of the only step.
fn staged(plan: &Plan) -> String {
    let steps = steps(plan);
    let conversion = steps[0].act.conversion().unwrap();
    fs::read_to_string(plan.case().path(&conversion.staged)).unwrap()
}

/// Every file below the folder of staged outputs.
fn staged_files(plan: &Plan) -> usize {
    let folder = plan.case().path("staged");
    let Ok(folders) = fs::read_dir(folder) else {
        return 0;
    };
    folders
        .map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum()
}

#[tokio::test]
async fn what_a_converter_makes_is_staged_and_pinned() {
    let bench = With::default().on(small());
    export(&bench, LOG, "upper").await.unwrap();
    let before = bench.store.contents();
    let plan = bench.plan().await;
    assert_eq!(bench.store.contents(), before);
    assert_eq!(acts(&plan), [format!("export {LOG}")]);
    let steps = steps(&plan);
    let conversion = steps[0].act.conversion().unwrap();
    assert_eq!(
        (
            conversion.converter.as_str(),
            conversion.converter_digest.as_str()
        ),
        ("upper", "sha256:upper")
    );
    assert_eq!(staged(&plan), "HELLO JANE");
    assert_eq!(conversion.after_sha256, Digest::of(b"HELLO JANE").to_hex());
    assert_eq!(conversion.after_size_bytes, 10);
    assert_eq!(steps[0].bytes(), Some(10));
    assert_eq!(plan.summary().through["upper sha256:upper"], 1);
    let file = plan.case().path(&conversion.staged);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(
        plan.manifest()
            .files
            .iter()
            .any(|file| file.name == conversion.staged)
    );
    assert!(
        plan.manifest()
            .to_text()
            .contains("export 1 entries through upper sha256:upper")
    );

    // One byte of it changed: it is no longer this plan.
    fs::write(&file, "HELLO JANF").unwrap();
    let case = Case::open(plan.case().dir()).unwrap();
    let error = Plan::open(case).unwrap_err().to_string();
    assert!(error.contains("staged/"), "{error}");
}

#[tokio::test]
async fn the_same_twice_is_one_step_and_counted_once() {
    let stated = StatedCeilings::default().with(Bounded::Export, Measure::Bytes, 15);
    let with = With {
        ceilings: stated,
        ..With::default()
    };
    let bench = with.on(small());
    export(&bench, LOG, "upper").await.unwrap();
    export(&bench, LOG, "upper").await.unwrap();
    let plain = bench.named(LOG).await;
    let plain = bench.root().export(&plain, &ExportOptions::default()).await;
    assert_eq!(code(plain), Some(Code::Conflict));
    let plan = bench.plan().await;
    assert_eq!(acts(&plan).len(), 1);
    assert_eq!(staged_files(&plan), 1);
}

#[tokio::test]
async fn a_converter_that_fails_exports_nothing_and_is_a_gap() {
    let bench = With::default().on(small());
    let Err(Refusal::Failure(failure)) = export(&bench, LOG, "half").await else {
        panic!("half of an output is none");
    };
    assert_eq!(failure.code, Code::Unreadable);
    assert_eq!(
        failure.message,
        "converter half failed: it ran out of memory"
    );
    export(&bench, "/files/b.log", "upper").await.unwrap();
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), ["export /files/b.log"]);
    let why = "converter half failed: it ran out of memory";
    assert_eq!(gaps(&plan), [format!("{LOG}: {why}")]);
    assert_eq!(kept(&plan), [format!("export {LOG}: {why}")]);
    assert_eq!(staged_files(&plan), 1, "what was begun is gone");
}

#[tokio::test]
async fn what_makes_no_sense_is_invalid() {
    let bench = With::default().on(small());
    let unknown = export(&bench, LOG, "none").await;
    assert_eq!(code(unknown), Some(Code::Invalid));
    let both = ExportOptions {
        redacted_by: Some("find:jane".to_owned()),
        ..through("upper")
    };
    let named = bench.named(LOG).await;
    let Err(Refusal::Failure(failure)) = bench.root().export(&named, &both).await else {
        panic!("the scanner did not see what the converter makes");
    };
    assert_eq!(failure.code, Code::Invalid);
    assert!(failure.message.contains("not both"), "{failure}");
    assert!(acts(&bench.plan().await).is_empty());
}

#[tokio::test]
async fn a_converter_needs_the_rights_to_read_and_to_export() {
    for allow in [&["list=/**", "export=/**"][..], &["list=/**", "read=/**"]] {
        let with = With {
            allow,
            ..With::default()
        };
        let bench = with.on(small());
        let answer = export(&bench, LOG, "upper").await;
        assert_eq!(code(answer), Some(Code::Denied), "{allow:?}");
        let plan = bench.plan().await;
        assert!(acts(&plan).is_empty());
        assert_eq!(staged_files(&plan), 0, "{allow:?}");
    }
}

#[tokio::test]
async fn properties_are_shown_to_whoever_may_read() {
    let bench = With::default().on(small());
    export(&bench, LOG, "properties").await.unwrap();
    assert!(staged(&bench.plan().await).contains("jane"));
}

#[tokio::test]
async fn more_than_a_plan_may_export_is_cut_off() {
    let stated = StatedCeilings::default().with(Bounded::Export, Measure::Bytes, 1 << 20);
    let with = With {
        ceilings: stated,
        ..With::default()
    };
    let bench = with.on(small());
    let answer = export(&bench, LOG, "flood").await;
    assert_eq!(code(answer), Some(Code::OverCeiling));
    let finished = bench.session.finish().await.unwrap();
    let over = finished.over_ceiling.unwrap().over.remove(0);
    assert_eq!((over.act, over.measure), (Bounded::Export, Measure::Bytes));
    assert!((1 << 20..1 << 21).contains(&over.found), "{}", over.found);
}

#[tokio::test]
async fn content_that_broke_off_is_not_what_the_entry_holds() {
    let store = small();
    let bench = With::default().on(store.clone());
    let named = bench.named(LOG).await;
    store.break_off_after(4);
    let answer = bench.root().export(&named, &through("upper")).await;
    assert_eq!(code(answer), Some(Code::Unreadable));
    let plan = bench.plan().await;
    assert!(acts(&plan).is_empty());
    assert!(plan.summary().incomplete.is_some());
}

#[tokio::test]
async fn a_host_that_cannot_convert_stops_the_run() {
    let bench = With::default().on(small());
    assert!(matches!(
        export(&bench, LOG, "host").await,
        Err(Refusal::Fault(_))
    ));
}

#[tokio::test]
async fn parts_go_through_it_with_their_record() {
    let store = small();
    store.put(&path("/runs/r"), "{\"runId\":\"r\"}");
    store.put(&path("/blobs/azureml/ExperimentRun/dcid.r/a.txt"), "a log");
    let bench = With::default().on(store);
    export(&bench, "/runs/r", "says").await.unwrap();
    let finished = bench.session.finish().await.unwrap();
    assert_eq!(finished.log, ["hello", "hello"]);
    let plan = crate::bench::seal(finished);
    assert!(
        steps(&plan)
            .iter()
            .all(|step| step.act.conversion().is_some())
    );
    assert_eq!(staged_files(&plan), 2);
}

#[tokio::test]
async fn a_redaction_of_the_entry_stands_beside_its_conversion() {
    let bench = With::default().on(small());
    export(&bench, LOG, "upper").await.unwrap();
    let named = bench.named(LOG).await;
    let how = RedactOptions {
        scanner: "find:jane".to_owned(),
        ..RedactOptions::default()
    };
    bench.root().redact(&named, &how).await.unwrap();
    let plan = bench.plan().await;
    assert_eq!(
        acts(&plan),
        [format!("export {LOG}"), format!("redact {LOG}")]
    );
    assert!(matches!(&steps(&plan)[1].act, Act::Redact(_)));
}

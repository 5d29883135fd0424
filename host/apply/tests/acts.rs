//! What keeps a single step from being carried out, and in which order steps go.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bed::{CREATED, Planned, path};
use remit_apply::{
    Append, ApplyError, Durable, Event, Journal, Outcome, Progress, Standing, apply,
};
use remit_plan::{Act, State};
use remit_policy::{Authority, Policy, Right, Rights, Strength};
use remit_workspace::{Memory, Pattern};

/// Where the step of this act on this entry stands.
fn standing(planned: &Planned, progress: &Progress, act: &str, at: &str) -> State {
    let mut steps = planned.open().steps().map(Result::unwrap);
    let step = steps
        .find(|step| step.act.as_str() == act && step.path.as_str() == at)
        .unwrap_or_else(|| panic!("no step {act} {at}"));
    match progress.standing(step.number) {
        Some(Standing::Ended(state)) => state,
        other => panic!("{act} {at}: {other:?}"),
    }
}

fn hold(memory: &Memory, pattern: &str) {
    memory.put_policy_file(
        "holds.toml",
        format!("version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"{pattern}\"]\nreason = \"a dispute\"\nwho = \"ada\"\nwhen = \"2026-01-01\"\n"),
    );
}

#[tokio::test]
async fn a_right_that_is_gone_since_planning_is_not_used() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let rights = [Right::List, Right::Read, Right::Export, Right::Redact]
        .into_iter()
        .fold(Rights::none(), |rights, right| {
            rights.with(right, Pattern::everything(), Strength::default())
        });
    let authority = Authority::for_operator(rights, Policy::absent());
    let admitted = planned.admit(&*memory, CREATED).await.unwrap();
    let setup = bed::setup(memory.clone(), authority, Arc::new(Durable));
    let progress = apply(admitted, &setup).await.unwrap();
    assert!(memory.contents().contains_key(&path("/files/gone.txt")));
    assert!(memory.contents().contains_key(&path("/runs/r1")));
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert!(
        matches!(&state, State::Skipped(why) if why.starts_with("no longer permitted")),
        "{state}"
    );
    let state = standing(&planned, &progress, "redact", "/files/redacted.log");
    assert_eq!(state, State::Done, "what is still permitted is done");
}

#[tokio::test]
async fn every_member_of_the_effect_set_is_asked_about_again() {
    let memory = bed::workspace();
    let mut step = bed::step(&memory, "/files/gone.txt", bed::delete()).await;
    step.effects.entries = vec![path("/files/taken/along.txt")];
    let planned = bed::plan_of(&memory, &[step]).await;
    hold(&memory, "/files/taken/**");
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(memory.contents().contains_key(&path("/files/gone.txt")));
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert_eq!(state, State::Held("hold CASE-7".into()));
}

#[tokio::test]
async fn a_hold_on_a_run_above_is_asked_about_again() {
    let memory = bed::workspace();
    let mut step = bed::step(&memory, "/files/gone.txt", bed::delete()).await;
    step.above = vec![path("/runs/parent"), path("/runs/pipeline")];
    let planned = bed::plan_of(&memory, &[step]).await;
    hold(&memory, "/runs/pipeline");
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(memory.contents().contains_key(&path("/files/gone.txt")));
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert_eq!(state, State::Held("hold CASE-7".into()));
}

/// A file of a data asset is no part of it, but whoever holds the asset means its files.
#[tokio::test]
async fn a_hold_on_the_asset_that_a_file_was_named_by_is_asked_about_again() {
    let memory = bed::workspace();
    let mut step = bed::step(&memory, "/files/gone.txt", bed::delete()).await;
    step.files_of = vec![path("/data/a/1"), path("/data/b/1")];
    let planned = bed::plan_of(&memory, &[step]).await;
    hold(&memory, "/data/b/1");
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(memory.contents().contains_key(&path("/files/gone.txt")));
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert_eq!(state, State::Held("hold CASE-7".into()));
}

#[tokio::test]
async fn what_others_deleted_is_not_said_to_be_our_work() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.take_away(&path("/files/gone.txt"));
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert_eq!(state, State::Skipped("it was no longer there".into()));
}

#[tokio::test]
async fn a_part_that_stays_keeps_its_record() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let part = "/blobs/azureml/ExperimentRun/dcid.r1-child/out.bin";
    memory.put(&path(part), "written since");
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    for stays in [part, "/runs/r1-child", "/runs/r1"] {
        assert!(memory.contents().contains_key(&path(stays)), "{stays}");
    }
    let state = standing(&planned, &progress, "delete", part);
    assert_eq!(state, State::Skipped("changed since planning".into()));
    for record in ["/runs/r1-child", "/runs/r1"] {
        let state = standing(&planned, &progress, "delete", record);
        assert!(
            matches!(&state, State::Skipped(why) if why.contains("which it needs")),
            "{state}"
        );
    }
    assert!(progress.finished, "it was decided");
}

#[tokio::test]
async fn what_could_not_be_copied_is_not_changed() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    // It can still be deleted, but no longer be read.
    memory.to_archive_tier(&path("/files/copied-and-gone.txt"));
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let contents = memory.contents();
    assert!(contents.contains_key(&path("/files/copied-and-gone.txt")));
    let state = standing(&planned, &progress, "export", "/files/copied-and-gone.txt");
    assert_eq!(state, State::Impossible("archive tier".into()));
    let state = standing(&planned, &progress, "delete", "/files/copied-and-gone.txt");
    assert!(
        matches!(&state, State::Skipped(why) if why.contains("which it needs")),
        "{state}"
    );
    assert!(!contents.contains_key(&path("/files/gone.txt")));
}

#[tokio::test]
async fn nothing_is_changed_before_the_package_is_complete() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    // A folder where the package's page must come: it cannot be completed.
    let in_the_way = planned.dir().join("package/index.html");
    fs::create_dir_all(&in_the_way).unwrap();
    let before = memory.contents();
    let error = planned.apply_plainly(memory.clone()).await.unwrap_err();
    assert!(matches!(error, ApplyError::Package(_)), "{error}");
    assert_eq!(memory.contents(), before);
    fs::remove_dir(in_the_way).unwrap();
    assert!(planned.apply_plainly(memory).await.unwrap().finished);
}

#[tokio::test]
async fn an_end_is_what_the_service_says_it_is() {
    let memory = bed::workspace();
    memory.soft_delete(Some(14));
    let planned = bed::plan(&memory).await;
    memory.hold(&path("/files/redacted.log"), "a legal hold");
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let state = standing(&planned, &progress, "redact", "/files/redacted.log");
    assert_eq!(state, State::Held("a legal hold".into()));
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert!(matches!(state, State::GoneOn(_)), "{state}");
    // A record is not kept by a store's soft delete.
    let state = standing(&planned, &progress, "delete", "/runs/r1/metrics");
    assert_eq!(state, State::Gone);
    let outcome = Outcome::of(&planned.open(), &progress).unwrap();
    assert_eq!(outcome.count("held"), 1);
}

#[tokio::test]
async fn a_failure_that_nobody_can_judge_is_unknown_and_tried_again() {
    let memory = bed::workspace();
    let steps = [bed::step(&memory, "/files/gone.txt", bed::delete()).await];
    let planned = bed::plan_of(&memory, &steps).await;
    let authority = bed::authority(&*memory).await;
    let admitted = planned.admit(&*memory, CREATED).await.unwrap();
    memory.fail_changes(1);
    memory.fail_reads(1);
    let setup = bed::setup(memory.clone(), authority, Arc::new(Durable));
    let progress = apply(admitted, &setup).await.unwrap();
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert!(matches!(state, State::Unknown(_)), "{state}");
    assert!(!progress.finished);
    memory.heal();
    let progress = planned.apply_plainly(memory).await.unwrap();
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert_eq!(state, State::Gone);
}

/// A disk that fails once, and would write again.
struct Once(std::sync::atomic::AtomicBool);

#[async_trait]
impl Append for Once {
    async fn append(&self, file: &Path, at: u64, bytes: Vec<u8>) -> io::Result<()> {
        if self.0.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return Durable.append(file, at, bytes).await;
        }
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[tokio::test]
async fn a_journal_whose_flush_failed_takes_nothing_more() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let plan = planned.open();
    let once = Arc::new(Once(false.into()));
    let open = || {
        Journal::open(
            plan.case(),
            plan.digest(),
            plan.summary().steps,
            once.clone(),
        )
        .unwrap()
    };
    let started = || Event::Started {
        format: 1,
        steps: plan.summary().steps,
    };
    let mut journal = open();
    let failed = journal.write(started(), CREATED).await;
    assert!(
        matches!(failed, Err(ApplyError::Journal { .. })),
        "{failed:?}"
    );
    let again = journal.write(started(), CREATED).await;
    assert!(matches!(again, Err(ApplyError::Poisoned)), "{again:?}");
    drop(journal);
    open().write(started(), CREATED).await.unwrap();
}

#[tokio::test]
async fn a_delete_that_would_leave_older_states_is_not_called_gone() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.snapshot(&path("/files/gone.txt")).unwrap();
    let before = memory.contents();
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let state = standing(&planned, &progress, "delete", "/files/gone.txt");
    assert!(matches!(state, State::Impossible(_)), "{state}");
    let after = memory.contents();
    for path in before
        .keys()
        .filter(|path| path.as_str().starts_with("/files/gone.txt"))
    {
        assert!(after.contains_key(path), "{path}");
    }
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_not_redacted() {
    let memory = bed::workspace();
    let run = path("/runs/large");
    let filler = " ".repeat(17 << 20);
    memory.put(&run, format!("{{\"who\": \"{}\"{filler}}}", bed::SECRET));
    let (folder, mut draft) = bed::draft();
    let redaction = bed::redaction(&memory, draft.case(), "/runs/large").await;
    draft
        .propose(&bed::step(&memory, "/runs/large", Act::Redact(redaction)).await)
        .unwrap();
    let planned = bed::seal(&memory, folder, draft).await;
    let before = memory.contents();
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let state = standing(&planned, &progress, "redact", "/runs/large");
    assert_eq!(
        state,
        State::Impossible("its document is larger than 16 MiB".into())
    );
    assert_eq!(memory.contents(), before);
}

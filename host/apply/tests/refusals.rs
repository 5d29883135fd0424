//! What keeps a plan from being applied, or a step from being carried out, and that nothing else is touched.

mod bed;

use bed::path;
use remit_apply::{ApplyError, Durable, Journal, Outcome, Standing, apply, verify};
use remit_plan::{PlanError, State};
use remit_workspace::Memory;

#[tokio::test]
async fn an_expired_plan_is_not_begun_but_is_ended() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let late = bed::CREATED + 1000;
    assert!(matches!(
        planned.admit(&*memory, late).await,
        Err(ApplyError::Expired(_))
    ));
    planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(planned.admit(&*memory, late).await.unwrap().is_begun());
}

#[tokio::test]
async fn a_plan_for_another_workspace_is_refused() {
    let planned = bed::plan(&bed::workspace()).await;
    let other = Memory::new("memory:other");
    assert!(matches!(
        planned.admit(&other, bed::CREATED).await,
        Err(ApplyError::OtherWorkspace { .. })
    ));
}

#[tokio::test]
async fn any_changed_byte_of_a_plan_is_noticed() {
    let memory = bed::workspace();
    let original = bed::plan(&memory).await;
    let mut files = 0;
    for name in bed::tree(&original.dir()).into_keys() {
        // The key is no part of the plan: with another one, redactions come out differently and are refused.
        if name.to_str() == Some("key") {
            continue;
        }
        let planned = original.copy();
        let file = planned.dir().join(&name);
        let mut bytes = std::fs::read(&file).unwrap();
        match bytes.len() / 2 {
            0 => bytes.push(b'\n'),
            middle => bytes[middle] ^= 1,
        }
        std::fs::write(&file, bytes).unwrap();
        let plan = remit_plan::Plan::open(remit_plan::Case::open(&planned.dir()).unwrap());
        if name.to_str() == Some("MANIFEST") {
            // It is the plan. What was changed in it must show as damage or as another digest.
            assert!(plan.is_err() || plan.unwrap().digest() != original.open().digest());
        } else {
            assert!(
                matches!(plan, Err(PlanError::Damaged { .. })),
                "{}",
                name.display()
            );
        }
        files += 1;
    }
    assert!(files >= 8, "{files}");
}

#[tokio::test]
async fn with_another_key_no_redaction_is_written() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    std::fs::write(planned.dir().join("key"), [7; 32]).unwrap();
    let before = memory.contents()[&path("/files/redacted.log")].clone();
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert_eq!(memory.contents()[&path("/files/redacted.log")], before);
    assert!(!progress.finished);
}

#[tokio::test]
async fn what_changed_since_planning_is_skipped_and_the_rest_is_done() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.put(&path("/files/gone.txt"), "somebody wrote to me");
    memory.take_away(&path("/files/redacted.log"));
    memory.take_away(&path("/files/copied-and-gone.txt"));
    memory.put(
        &path("/files/copied-and-gone.txt"),
        "copy me, then delete me",
    );
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let contents = memory.contents();
    assert_eq!(contents[&path("/files/gone.txt")], "somebody wrote to me");
    assert!(
        contents.contains_key(&path("/files/copied-and-gone.txt")),
        "re-created is another version"
    );
    assert!(!contents.contains_key(&path("/runs/r1")));
    let outcome = Outcome::of(&planned.open(), &progress).unwrap();
    // The two deletes and the redaction, and the copy of what was re-created.
    assert_eq!(outcome.count("skipped"), 4, "{outcome:?}");
    assert!(progress.finished);
}

#[tokio::test]
async fn a_hold_since_planning_protects_the_entry_and_the_record_it_belongs_to() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.put_policy_file(
        "holds.toml",
        "version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"/blobs/azureml/ExperimentRun/dcid.r1-child/**\"]\nreason = \"a dispute\"\nwho = \"ada\"\nwhen = \"2026-01-01\"\n",
    );
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let contents = memory.contents();
    for kept in [
        "/blobs/azureml/ExperimentRun/dcid.r1-child/out.bin",
        "/runs/r1-child",
        "/runs/r1",
    ] {
        assert!(contents.contains_key(&path(kept)), "{kept}");
    }
    assert!(!contents.contains_key(&path("/files/gone.txt")));
    let held = planned.open().steps().map(Result::unwrap).filter(|step| {
        matches!(progress.standing(step.number), Some(Standing::Ended(State::Held(by))) if by.contains("CASE-7"))
    });
    assert!(held.count() >= 1);
}

#[tokio::test]
async fn a_changed_policy_refuses_the_whole_plan() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.put_policy_file("policy.toml", "version = 1\n");
    assert!(matches!(
        planned.admit(&*memory, bed::CREATED).await,
        Err(ApplyError::PolicyChanged)
    ));
}

#[tokio::test]
async fn two_at_once_are_kept_apart() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let plan = planned.open();
    let _open = Journal::open(
        plan.case(),
        plan.digest(),
        plan.summary().steps,
        std::sync::Arc::new(Durable),
    )
    .unwrap();
    let before = memory.contents();
    assert!(matches!(
        planned.apply_plainly(memory.clone()).await,
        Err(ApplyError::Busy(_))
    ));
    assert_eq!(memory.contents(), before);
}

#[tokio::test]
async fn on_two_machines_the_guards_keep_them_apart() {
    let memory = bed::workspace();
    let one = bed::plan(&memory).await;
    let (two, calm) = (one.copy(), one.copy());
    let (a, b) = tokio::join!(
        one.apply_plainly(memory.clone()),
        two.apply_plainly(memory.clone())
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    let calm_memory = bed::workspace();
    calm.apply_plainly(calm_memory.clone()).await.unwrap();
    assert_eq!(
        memory.contents().keys().collect::<Vec<_>>(),
        calm_memory.contents().keys().collect::<Vec<_>>()
    );
    assert!(a.finished && b.finished);
}

#[tokio::test]
async fn a_journal_that_was_tampered_with_is_refused() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    planned.apply_plainly(memory.clone()).await.unwrap();
    let folder = planned.dir().join("journal");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let plan = planned.open();
    let read = || Journal::read(plan.case(), plan.digest(), plan.summary().steps);
    let without = |index: usize| {
        let kept: Vec<_> = lines
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, line)| *line)
            .collect();
        kept.join("\n") + "\n"
    };
    for index in 0..lines.len() - 1 {
        std::fs::write(&file, without(index)).unwrap();
        assert!(
            matches!(read(), Err(ApplyError::Damaged { .. })),
            "without line {index}"
        );
    }
    std::fs::write(&file, text.replacen("gone", "done", 1)).unwrap();
    assert!(
        matches!(read(), Err(ApplyError::Damaged { .. })),
        "a changed word"
    );
    std::fs::write(&file, &text[..text.len() - 5]).unwrap();
    assert!(!read().unwrap().finished, "a torn last line never counted");
}

#[tokio::test]
async fn a_failure_that_passes_is_made_good_by_the_next_run() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.fail_changes(3);
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let outcome = Outcome::of(&planned.open(), &progress).unwrap();
    assert!(
        outcome.count("failed") >= 1 && !progress.finished,
        "{outcome:?}"
    );
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(progress.finished);
    let outcome = Outcome::of(&planned.open(), &progress).unwrap();
    assert_eq!(outcome.succeeded(), outcome.total());
}

#[tokio::test]
async fn a_person_can_stop_it_between_strides() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let authority = bed::authority(&*memory).await;
    let setup = bed::setup(memory.clone(), authority, std::sync::Arc::new(Durable));
    setup.stop.ask();
    let before = memory.contents();
    let progress = apply(planned.admit(&*memory, bed::CREATED).await.unwrap(), &setup)
        .await
        .unwrap();
    assert!(!progress.finished);
    assert_eq!(memory.contents(), before);
    assert!(
        planned
            .apply_plainly(memory.clone())
            .await
            .unwrap()
            .finished
    );
}

#[tokio::test]
async fn verifying_sees_what_is_not_so() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let plan = planned.open();
    let verification = verify(&plan, &progress, &*memory).await.unwrap();
    assert!(
        verification.holds()
            && verification.gone == 10
            && verification.redacted == 2
            && verification.archived == 1,
        "{verification:?}"
    );
    memory.put(&path("/files/gone.txt"), "I am back");
    memory.put(&path("/files/redacted.log"), "from jo@example.com");
    let verification = verify(&plan, &progress, &*memory).await.unwrap();
    assert_eq!(verification.broken, 2);
    memory.fail_reads(5);
    assert!(
        verify(&plan, &progress, &*memory).await.is_err(),
        "what cannot be looked at is not clean"
    );
}

#[tokio::test]
async fn a_delete_that_only_hides_is_not_gone() {
    let memory = bed::workspace();
    memory.soft_delete(Some(14));
    let planned = bed::plan(&memory).await;
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    let outcome = Outcome::of(&planned.open(), &progress).unwrap();
    assert!(outcome.count("gone-on") > 0, "{outcome:?}");
}

/// Nothing of it is there, and yet it is not gone: the workspace keeps what was deleted.
#[tokio::test]
async fn what_was_deleted_meanwhile_is_gone_only_if_nothing_is_kept() {
    for (keeps, expect) in [(None, "gone"), (Some(14), "unknown")] {
        let memory = bed::workspace();
        let planned = bed::plan(&memory).await;
        memory.fail_changes(10_000);
        planned.apply_plainly(memory.clone()).await.unwrap();
        memory.heal();
        memory.soft_delete(keeps);
        let step = planned
            .open()
            .steps()
            .map(|step| step.unwrap())
            .find(|step| step.path == path("/files/gone.txt"))
            .unwrap();
        memory
            .delete_version(&step.path, &step.version, false)
            .unwrap();
        let progress = planned.apply_plainly(memory.clone()).await.unwrap();
        let Some(Standing::Ended(state)) = progress.standing(step.number) else {
            panic!("it has not ended");
        };
        assert_eq!(state.as_str(), expect, "{state:?}");
    }
}

//! A staged copy: what a converter made when the plan was made, and not one byte else, reaches the package.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bed;

use std::fs;
use std::path::PathBuf;

use remit_apply::{Progress, Standing, admit, apply};
use remit_plan::{Plan, State};
use remit_workspace::Memory;

const PATH: &str = "/files/converted.log";

/// Where the copy stands, and the delete that needs it.
fn standings(plan: &Plan, progress: &Progress) -> Vec<(&'static str, Option<Standing>)> {
    plan.steps()
        .map(Result::unwrap)
        .filter(|step| step.path.as_str() == PATH)
        .map(|step| (step.act.as_str(), progress.standing(step.number)))
        .collect()
}

fn staged_file(plan: &Plan) -> PathBuf {
    let steps = plan.steps().map(Result::unwrap);
    let conversion = steps
        .filter_map(|step| step.act.conversion().cloned())
        .next()
        .unwrap();
    plan.case().path(&conversion.staged)
}

/// Applies a plan that was opened, and so found to be whole, before `change` was done to it.
async fn apply_after(change: impl FnOnce(&Plan, &Memory)) -> (Plan, Progress, bed::Planned) {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let plan = planned.open();
    let authority = bed::authority(&*memory).await;
    let admitted = admit(plan.clone(), &*memory, &authority, bed::CREATED)
        .await
        .unwrap();
    change(&plan, &memory);
    let setup = bed::setup(memory, authority, std::sync::Arc::new(remit_apply::Durable));
    let progress = apply(admitted, &setup).await.unwrap();
    (plan, progress, planned)
}

#[tokio::test]
async fn it_reaches_the_package_as_it_is() {
    let (plan, progress, planned) = apply_after(|_, _| ()).await;
    assert!(progress.finished);
    let copy = fs::read(planned.dir().join("package/data/files/converted.log")).unwrap();
    assert_eq!(copy, fs::read(staged_file(&plan)).unwrap());
    let index = planned.package()[&PathBuf::from("index.jsonl")].clone();
    let index = String::from_utf8(index).unwrap();
    assert!(index.contains("\"through\":\"test\""), "{index}");
}

/// Changed after the plan was opened, when no digest of a file is looked at any more but the step's own.
#[tokio::test]
async fn one_changed_byte_is_refused_and_nothing_is_destroyed() {
    let (plan, progress, planned) = apply_after(|plan, _| {
        let file = staged_file(plan);
        let mut bytes = fs::read(&file).unwrap();
        bytes[265_000] ^= 1;
        fs::write(&file, bytes).unwrap();
    })
    .await;
    let [(_, Some(Standing::Ended(State::Failed(why)))), (_, delete)] =
        &standings(&plan, &progress)[..]
    else {
        panic!("{:?}", standings(&plan, &progress));
    };
    assert!(why.contains("not what was planned"), "{why}");
    assert!(
        !matches!(delete, Some(Standing::Ended(State::Gone))),
        "what was not copied is not deleted: {delete:?}"
    );
    assert!(
        !planned
            .dir()
            .join("package/data/files/converted.log")
            .exists()
    );
}

/// The output is whole, but what it was made of is no longer what the plan saw.
#[tokio::test]
async fn what_changed_since_is_not_copied() {
    let (plan, progress, _planned) = apply_after(|_, memory| {
        memory.put(&bed::path(PATH), "something else");
    })
    .await;
    for (act, standing) in standings(&plan, &progress) {
        assert!(
            matches!(standing, Some(Standing::Ended(State::Skipped(_)))),
            "{act}: {standing:?}"
        );
    }
}

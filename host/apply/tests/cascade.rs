//! A plan that deletes the workspace and what it stands on: refused as a whole before it touches anything, and
//! carried out in an order in which the first that stays keeps the others.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::sync::Arc;

use bed::{Planned, path};
use remit_apply::{ApplyError, Durable, Journal, Progress, Setup, Standing, admit, apply};
use remit_plan::{Act, State};
use remit_policy::{Authority, Policy, Right, Rights, Strength};
use remit_workspace::{Memory, Pattern};

const BLOB: &str = "/blobs/c/x";
const VAULT: &str = "/resources/vault/v";
const REGISTRY: &str = "/resources/registry/r";
const WORKSPACE: &str = "/workspace";
const EACH: [&str; 4] = [BLOB, REGISTRY, VAULT, WORKSPACE];

fn workspace() -> Arc<Memory> {
    let memory = Memory::new("memory:cascade");
    for at in EACH {
        memory.put(&path(at), r#"{"name":"x"}"#);
    }
    Arc::new(memory)
}

async fn plan(memory: &Memory, cancel: bool) -> Planned {
    let mut steps = Vec::new();
    for at in EACH {
        let mut step = bed::step(memory, at, bed::delete()).await;
        if at != BLOB {
            step.effects.all_below.push(path(at));
        }
        if let (WORKSPACE, Act::Delete { cancel_first, .. }) = (at, &mut step.act) {
            *cancel_first = cancel;
        }
        steps.push(step);
    }
    bed::plan_of(memory, &steps).await
}

fn authority(holds: &str) -> Authority {
    let strength = Strength {
        cascade: true,
        cancel: true,
        ..Strength::default()
    };
    let rights = Rights::none().with(Right::Delete, Pattern::everything(), strength);
    let holds = (!holds.is_empty()).then_some(holds.as_bytes());
    Authority::for_operator(rights, Policy::parse(None, holds).unwrap())
}

async fn apply_with(
    planned: &Planned,
    memory: &Arc<Memory>,
    authority: Authority,
    change: impl FnOnce(&mut Setup),
) -> Result<Progress, ApplyError> {
    let admitted = admit(planned.open(), &**memory, &authority, bed::CREATED).await?;
    let mut setup = bed::setup(memory.clone(), authority, Arc::new(Durable));
    change(&mut setup);
    apply(admitted, &setup).await
}

/// What stood in the way of which.
#[track_caller]
fn refused(applied: Result<Progress, ApplyError>) -> Vec<String> {
    match applied {
        Err(ApplyError::Cascade(obstacles)) => obstacles.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn is_begun(planned: &Planned) -> bool {
    let plan = planned.open();
    let progress = Journal::read(plan.case(), plan.digest(), plan.summary().steps);
    progress.unwrap().started
}

#[tokio::test]
async fn whatever_stands_in_the_way_of_one_is_found_before_anything_is_touched() {
    const HOLD: &str = "version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"/runs/x\"]\nreason = \"audit\"\nwho = \"Ada\"\nwhen = 2026-11-01\n";
    type Spoil = fn(&Memory);
    let nothing: Spoil = |_| ();
    let cases: [(Spoil, &str, &[&str]); 5] = [
        (
            |memory| memory.hold(&path(WORKSPACE), "the management lock keep"),
            "",
            &["/workspace: held by the management lock keep"],
        ),
        (
            |memory| memory.hold(&path(VAULT), "a lock"),
            "",
            &["/resources/vault/v: held by a lock"],
        ),
        (
            |memory| memory.take_away(&path(REGISTRY)),
            "",
            &["/resources/registry/r: it is no longer there"],
        ),
        (
            |memory| {
                memory.put(&path(VAULT), r#"{"name":"another"}"#);
                let running = [("status".to_owned(), "Running".to_owned())];
                memory.put_with(&path("/runs/going"), "{}", running.into());
            },
            "",
            &[
                "/resources/vault/v: it has changed since planning",
                "/workspace: /runs/going has not ended",
            ],
        ),
        (
            nothing,
            HOLD,
            &[
                "/resources/registry/r: hold CASE-7",
                "/resources/vault/v: hold CASE-7",
                "/workspace: hold CASE-7",
            ],
        ),
    ];
    for (spoil, holds, expect) in cases {
        let memory = workspace();
        let planned = plan(&memory, false).await;
        spoil(&memory);
        let before = memory.contents();
        let applied = apply_with(&planned, &memory, authority(holds), |_| ()).await;
        assert_eq!(refused(applied), expect);
        assert_eq!(memory.contents(), before, "{expect:?}");
        assert!(!is_begun(&planned), "{expect:?}");
    }
}

#[tokio::test]
async fn a_run_that_goes_on_may_be_cancelled_with_its_workspace() {
    let memory = workspace();
    let planned = plan(&memory, true).await;
    let running = [("status".to_owned(), "Running".to_owned())];
    memory.put_with(&path("/runs/going"), "{}", running.into());
    let progress = apply_with(&planned, &memory, authority(""), |_| ()).await;
    assert!(progress.unwrap().finished);
}

/// The blob went as planned; then a lock came. None of the others is begun, and when it is lifted they are done.
#[tokio::test]
async fn what_came_while_the_rest_was_done_is_found_before_the_first_of_them() {
    let memory = workspace();
    let planned = plan(&memory, false).await;
    let locking = memory.clone();
    let applied = apply_with(&planned, &memory, authority(""), |setup| {
        setup.watch = Box::new(move |_| locking.hold(&path(WORKSPACE), "a lock"));
    });
    assert_eq!(refused(applied.await), ["/workspace: held by a lock"]);
    let left: Vec<String> = memory.contents().keys().map(ToString::to_string).collect();
    assert_eq!(left, [REGISTRY, VAULT, WORKSPACE]);
    memory.release(&path(WORKSPACE));
    let progress = apply_with(&planned, &memory, authority(""), |_| ()).await;
    assert!(progress.unwrap().finished);
    assert!(memory.contents().is_empty());
}

/// What is not the workspace's own stays for another reason: then the workspace stays as well.
#[tokio::test]
async fn what_stays_keeps_the_workspace() {
    let memory = workspace();
    let planned = plan(&memory, false).await;
    memory.put(&path(BLOB), "another");
    let progress = apply_with(&planned, &memory, authority(""), |_| ()).await;
    let progress = progress.unwrap();
    let left: Vec<String> = memory.contents().keys().map(ToString::to_string).collect();
    assert_eq!(left, EACH);
    for step in planned.open().steps() {
        let standing = progress.standing(step.unwrap().number);
        assert!(
            matches!(standing, Some(Standing::Ended(State::Skipped(_)))),
            "{standing:?}"
        );
    }
}

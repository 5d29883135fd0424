//! A second look at the workspace sees what is not as it should be, and does not take what it could not
//! see for clean.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use bed::{CREATED, Planned, path};
use remit_apply::{Append, ApplyError, Beside, Difference, Durable, Verification, apply, verify};
use remit_plan::Kept;
use remit_workspace::{Memory, Store, StoreError};

async fn verified(planned: &Planned, memory: &Memory) -> Result<Verification, ApplyError> {
    let plan = planned.open();
    let progress =
        remit_apply::Journal::read(plan.case(), plan.digest(), plan.summary().steps).unwrap();
    verify(&plan, &progress, memory).await
}

async fn look(planned: &Planned, memory: &Memory) -> Verification {
    verified(planned, memory).await.unwrap()
}

/// The differences while it was applied, and since.
fn compared(verification: &Verification) -> (&Difference, &Difference) {
    match &verification.beside {
        Beside::Compared { during, since } => (during, since),
        other => panic!("{other:?}"),
    }
}

async fn applied() -> (Planned, Arc<Memory>) {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    planned.apply_plainly(memory.clone()).await.unwrap();
    (planned, memory)
}

#[tokio::test]
async fn what_is_gone_is_gone_with_its_generations() {
    let (planned, memory) = applied().await;
    let verification = look(&planned, &memory).await;
    assert!(verification.holds() && verification.beside.is_shown());
    assert_eq!((verification.gone, verification.redacted), (10, 2));
    let gone = path("/files/gone.txt");
    memory.put(&gone, "I am back");
    assert_eq!(look(&planned, &memory).await.broken, 1, "it is there");
    // It goes again, and the service keeps what it was.
    memory.snapshot(&gone).unwrap();
    memory.take_away(&gone);
    let verification = look(&planned, &memory).await;
    assert_eq!(verification.broken, 1);
    assert!(
        verification.findings[0]
            .why
            .starts_with("the service still keeps /files/gone.txt?snapshot="),
        "{verification:?}"
    );
}

#[tokio::test]
async fn what_is_hidden_is_not_seen_and_counts_apart() {
    let memory = bed::workspace();
    memory.soft_delete(Some(14));
    let planned = bed::plan(&memory).await;
    planned.apply_plainly(memory.clone()).await.unwrap();
    let verification = look(&planned, &memory).await;
    assert!(verification.holds());
    // Records are gone at once.
    assert_eq!((verification.gone, verification.hidden), (4, 6));
    memory.put(&path("/files/gone.txt"), "restored");
    assert_eq!(look(&planned, &memory).await.broken, 1);
}

#[tokio::test]
async fn a_redaction_that_does_not_hold_is_seen() {
    let (planned, memory) = applied().await;
    memory.put(&path("/files/redacted.log"), "from jo@example.com");
    memory.take_away(&path("/files/copied-and-redacted.log"));
    let verification = look(&planned, &memory).await;
    assert_eq!((verification.broken, verification.redacted), (2, 0));
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_not_clean() {
    let (planned, memory) = applied().await;
    let mut failed = 0;
    for reads in 0.. {
        memory.fail_reads_after(reads);
        let verification = verified(&planned, &memory).await;
        memory.heal();
        match verification {
            Err(_) => failed += 1,
            // More reads were let pass than there are.
            Ok(verification) => {
                assert!(
                    verification.holds(),
                    "after {reads} reads: {verification:?}"
                );
                break;
            }
        }
    }
    // Each delete is looked for, each redaction looked at and read, the archived record looked at, and
    // two looks show that looking works.
    assert_eq!(failed, 10 + 2 * 2 + 1 + 2, "every read counts");
    for items in 0..3 {
        memory.fail_listings_after(items);
        let verification = verified(&planned, &memory).await;
        memory.heal();
        assert!(
            verification.is_err(),
            "cut off after {items}: {verification:?}"
        );
    }
    assert!(look(&planned, &memory).await.holds());
}

#[tokio::test]
async fn what_was_kept_is_there() {
    let memory = bed::workspace();
    let (folder, mut draft) = bed::draft();
    let kept = [
        "/files/untouched.txt",
        "/files/copied.txt",
        "/files/gone.txt",
    ];
    for at in kept {
        draft
            .keep(&Kept {
                path: path(at),
                act: "redact".into(),
                why: "hold CASE-7".into(),
            })
            .unwrap();
    }
    // One of them was kept from one act, and proposed for another.
    draft
        .propose(&bed::step(&memory, "/files/gone.txt", bed::delete()).await)
        .unwrap();
    let planned = bed::seal(&memory, folder, draft).await;
    planned.apply_plainly(memory.clone()).await.unwrap();
    let verification = look(&planned, &memory).await;
    assert!(verification.holds(), "{verification:?}");
    assert_eq!((verification.gone, verification.unchanged), (1, 2));
    memory.take_away(&path("/files/copied.txt"));
    let verification = look(&planned, &memory).await;
    assert_eq!((verification.broken, verification.unchanged), (1, 1));
    let finding = &verification.findings[0];
    assert_eq!(
        (finding.step, finding.path.as_str(), finding.why.as_str()),
        (None, "/files/copied.txt", "it was kept, and it is gone")
    );
}

#[tokio::test]
async fn what_was_held_and_what_was_never_begun_is_there() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.hold(&path("/files/gone.txt"), "a legal hold");
    let authority = bed::authority(&*memory).await;
    let admitted = planned.admit(&*memory, CREATED).await.unwrap();
    let setup = bed::setup(memory.clone(), authority, Arc::new(Durable));
    setup.stop.ask();
    apply(admitted, &setup).await.unwrap();
    let verification = look(&planned, &memory).await;
    assert!(verification.holds(), "{verification:?}");
    assert_eq!(verification.unchanged, 13, "no change was begun");
    memory.put(&path("/files/redacted.log"), "written since");
    assert_eq!(look(&planned, &memory).await.broken, 1);
    planned.apply_plainly(memory.clone()).await.unwrap();
    let verification = look(&planned, &memory).await;
    assert!(verification.holds(), "{verification:?}");
    assert_eq!(verification.unchanged, 1);
    memory.take_away(&path("/files/gone.txt"));
    assert_eq!(look(&planned, &memory).await.broken, 1, "it was held");
}

/// A disk that lets somebody change the workspace when the plan's changes begin: behind the first listing.
struct Meanwhile<F>(F);

#[async_trait]
impl<F: Fn() + Send + Sync> Append for Meanwhile<F> {
    async fn append(&self, file: &std::path::Path, at: u64, bytes: Vec<u8>) -> std::io::Result<()> {
        if String::from_utf8_lossy(&bytes).contains("\"when\":\"before\"") {
            (self.0)();
        }
        Durable.append(file, at, bytes).await
    }
}

#[tokio::test]
async fn everything_beside_the_plan_is_compared() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    let untouched = path("/files/untouched.txt");
    let own = memory.put(&path("/files/of-another.txt"), "also untouched");
    assert!(!own.as_str().is_empty());
    let other = memory.clone();
    let meanwhile = Arc::new(Meanwhile(move || {
        other.put(
            &path("/files/untouched.txt"),
            "written while it was applied",
        );
        other.take_away(&path("/files/of-another.txt"));
        other.put(&path("/files/new.txt"), "new");
    }));
    planned.apply(memory.clone(), meanwhile).await.unwrap();
    let verification = look(&planned, &memory).await;
    assert!(
        verification.holds(),
        "the plan's own entries are as they should be"
    );
    assert!(!verification.beside.is_shown());
    let (during, since) = compared(&verification);
    // What stays besides: `copied.txt`, of which the plan only makes a copy.
    assert_eq!(
        (
            during.unchanged,
            during.changed,
            during.vanished,
            during.appeared
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(during.named, [path("/files/of-another.txt"), untouched]);
    assert_eq!((since.unchanged, since.lost()), (3, 0));
}

#[tokio::test]
async fn what_changed_since_is_not_laid_at_the_plans_door() {
    let (planned, memory) = applied().await;
    memory.put(&path("/files/untouched.txt"), "written later");
    memory.take_away(&path("/files/copied.txt"));
    memory.put(&path("/files/later.txt"), "new");
    // A root in which the plan changed nothing is not looked at.
    memory.put(&path("/data/d/1"), "{}");
    let verification = look(&planned, &memory).await;
    assert!(verification.holds() && verification.beside.is_shown());
    let (during, since) = compared(&verification);
    assert_eq!((during.unchanged, during.lost()), (2, 0));
    assert_eq!((since.changed, since.vanished, since.appeared), (1, 1, 1));
    assert_eq!(since.unknown, 0);
}

#[tokio::test]
async fn where_nobody_can_look_any_more_nothing_has_vanished() {
    let (planned, memory) = applied().await;
    memory.forbid_listing(&path("/files/untouched.txt"));
    let verification = look(&planned, &memory).await;
    let (_, since) = compared(&verification);
    assert_eq!((since.unchanged, since.lost(), since.unknown), (1, 0, 1));
}

#[tokio::test]
async fn what_was_pinned_cannot_be_exchanged() {
    let (planned, memory) = applied().await;
    for name in ["others/before", "others/after"] {
        let file = planned.dir().join(name);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("/files/untouched.txt"), "{text}");
        assert!(!text.contains("/files/gone.txt"), "{text}");
        fs::write(&file, text.replace("untouched", "another")).unwrap();
        let error = verified(&planned, &memory).await.unwrap_err();
        assert!(matches!(error, ApplyError::Damaged { .. }), "{error}");
        fs::write(&file, text).unwrap();
    }
    assert!(look(&planned, &memory).await.beside.is_shown());
}

#[tokio::test]
async fn a_listing_that_fails_while_applying_stops_nothing_and_is_told() {
    let memory = bed::workspace();
    let planned = bed::plan(&memory).await;
    memory.fail_listings_after(1);
    let progress = planned.apply_plainly(memory.clone()).await.unwrap();
    assert!(progress.finished);
    memory.heal();
    let verification = look(&planned, &memory).await;
    assert!(verification.holds() && !verification.beside.is_shown());
    assert_eq!(
        verification.beside,
        Beside::Unknown("before it: a listing broke off".into())
    );
}

#[tokio::test]
async fn looking_is_shown_to_work_before_it_is_believed() {
    let (planned, memory) = applied().await;
    let known = look(&planned, &memory).await.known.unwrap();
    assert!(memory.contents().contains_key(&known));
    let invented = path("/blobs/azureml/remit-verify/no-such-entry-4f1c");
    memory.put(&invented, "a store that finds everything");
    let error = verified(&planned, &memory).await.unwrap_err();
    assert!(
        matches!(error, ApplyError::Store(StoreError::Failed { .. })),
        "{error}"
    );
    let other = Memory::new("memory:other");
    assert_eq!(other.identity(), "memory:other");
    assert!(matches!(
        verified(&planned, &other).await,
        Err(ApplyError::OtherWorkspace { .. })
    ));
}

//! What keeps a whole plan from being begun: each with an error of its own, and an unchanged workspace.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod bed;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bed::{CREATED, Planned, path};
use remit_apply::{Admitted, ApplyError};
use remit_plan::{Approval, ApprovalError, Case, GapNumbers, PlanError};
use remit_policy::Policy;
use remit_workspace::{Gap, Guard, Memory};

/// Refused, and nothing happened: neither in the workspace nor in the case.
async fn refused(planned: &Planned, memory: &Arc<Memory>) -> ApplyError {
    let before = memory.contents();
    let error = planned.apply_plainly(memory.clone()).await.unwrap_err();
    assert_eq!(memory.contents(), before, "{error}");
    assert!(!planned.dir().join("journal").exists(), "{error}");
    assert!(!planned.dir().join("package").exists(), "{error}");
    error
}

async fn admitted(planned: &Planned, memory: &Memory) -> Result<Admitted, ApplyError> {
    planned.admit(memory, CREATED).await
}

#[tokio::test]
async fn an_incomplete_plan_is_never_begun() {
    let memory = bed::workspace();
    let (folder, mut draft) = bed::draft();
    draft
        .propose(&bed::step(&memory, "/files/gone.txt", bed::delete()).await)
        .unwrap();
    draft.incomplete("the listing was cut off");
    let planned = bed::seal(&memory, folder, draft).await;
    let error = refused(&planned, &memory).await;
    assert!(
        matches!(&error, ApplyError::Incomplete(why) if why == "the listing was cut off"),
        "{error}"
    );
}

#[tokio::test]
async fn every_gap_must_be_accepted() {
    let memory = bed::workspace();
    let (folder, mut draft) = bed::draft();
    draft
        .propose(&bed::step(&memory, "/files/gone.txt", bed::delete()).await)
        .unwrap();
    for place in ["/files/closed", "/files/far"] {
        let gap = Gap {
            path: path(place),
            reason: "no permission to list".into(),
        };
        draft.gap(&gap).unwrap();
        // Told twice is one gap.
        draft.gap(&gap).unwrap();
    }
    let planned = bed::seal(&memory, folder, draft).await;
    let error = refused(&planned, &memory).await;
    assert!(
        matches!(&error, ApplyError::GapNotAccepted { number: 1, path, .. } if path.as_str() == "/files/closed"),
        "{error}"
    );
    let digest = planned.open().digest();
    let plan = planned.open().accept(&GapNumbers::new([1])).unwrap();
    assert_ne!(
        plan.digest(),
        digest,
        "what was accepted is part of the plan"
    );
    let error = refused(&planned, &memory).await;
    assert!(
        matches!(&error, ApplyError::GapNotAccepted { number: 2, reason, .. } if reason == "no permission to list"),
        "{error}"
    );
    assert!(matches!(
        planned.open().accept(&GapNumbers::new([3])),
        Err(PlanError::NoSuchGap { given: 3, count: 2 })
    ));
    planned.open().accept(&GapNumbers::new([2])).unwrap();
    assert!(planned.apply_plainly(memory).await.unwrap().finished);
}

#[tokio::test]
async fn ceilings_are_counted_again_from_the_steps() {
    let memory = bed::workspace();
    for (policy, complaint) in [
        ("delete = { entries = 4 }", "5"),
        ("delete = { bytes = 100 }", "at most 100 B"),
        ("redact = { entries = 1 }", "redact"),
        ("export = { entries = 3 }", "export"),
    ] {
        memory.put_policy_file(
            "policy.toml",
            format!("version = 1\n[ceilings]\n{policy}\n"),
        );
        let planned = bed::plan(&memory).await;
        let error = refused(&planned, &memory).await;
        let ApplyError::OverCeiling(source) = &error else {
            panic!("{policy}: {error}")
        };
        assert!(source.to_string().contains(complaint), "{policy}: {source}");
    }
    memory.put_policy_file(
        "policy.toml",
        "version = 1\n[ceilings]\ndelete = { entries = 5 }\nredact = { entries = 2 }\nexport = { entries = 4 }\n",
    );
    let planned = bed::plan(&memory).await;
    assert!(!admitted(&planned, &memory).await.unwrap().is_begun());
}

#[tokio::test]
async fn a_guard_weaker_than_the_policy_wants_is_refused() {
    let memory = bed::workspace();
    for (wanted, guard, fits) in [
        ("checked", Guard::Checked, true),
        ("leased", Guard::Checked, false),
        ("atomic", Guard::Checked, false),
        ("atomic", Guard::Leased, false),
        ("leased", Guard::Atomic, true),
        ("atomic", Guard::Atomic, true),
    ] {
        memory.put_policy_file(
            "policy.toml",
            format!("version = 1\nguard = \"{wanted}\"\n"),
        );
        let mut step = bed::step(&memory, "/files/gone.txt", bed::delete()).await;
        step.guard = guard;
        let planned = bed::plan_of(&memory, &[step]).await;
        match admitted(&planned, &memory).await {
            Ok(_) => assert!(fits, "{wanted} {guard:?}"),
            Err(ApplyError::GuardTooWeak { steps, .. }) => assert!(!fits && steps == 1),
            Err(error) => panic!("{error}"),
        }
    }
}

fn keygen(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "invented", "-f"])
        .arg(&file)
        .status()
        .expect("ssh-keygen must be installed (Debian: openssh-client)");
    assert!(made.success());
    let public = fs::read_to_string(file.with_extension("pub")).unwrap();
    public.trim().to_owned()
}

#[tokio::test]
async fn approvals_are_counted_by_signers_that_the_policy_allows() {
    let keys = tempfile::tempdir().unwrap();
    let [ada, ben, _eve] = ["ada", "ben", "eve"].map(|name| keygen(keys.path(), name));
    let memory = bed::workspace();
    memory.put_policy_file(
        "policy.toml",
        format!("version = 1\napprovals = 2\nallowed_signers = [\"ada@example.com {ada}\", \"ben@example.com {ben}\"]\n"),
    );
    let planned = bed::plan(&memory).await;
    let case = Case::open(&planned.dir()).unwrap();
    let sign = |name: &str| Approval::sign(&case, &keys.path().join(name), || None).unwrap();
    let too_few = |error: ApplyError, expect: usize| match error {
        ApplyError::NotApproved(ApprovalError::TooFew { wanted: 2, found }) => {
            assert_eq!(found, expect);
        }
        other => panic!("{other:?}"),
    };
    too_few(refused(&planned, &memory).await, 0);
    let file = sign("ada");
    too_few(refused(&planned, &memory).await, 1);
    // The same person twice is one person.
    let again = planned.dir().join("approvals/again.sig");
    fs::copy(planned.dir().join(&file), &again).unwrap();
    too_few(refused(&planned, &memory).await, 1);
    fs::remove_file(again).unwrap();
    // Somebody whom the policy does not name, and a signature over another plan: neither is passed over.
    let stranger = sign("eve");
    let invalid = |error: ApplyError, expect: &str| match error {
        ApplyError::NotApproved(ApprovalError::Invalid { why, .. }) => {
            assert!(why.contains(expect), "{why}");
        }
        other => panic!("{other:?}"),
    };
    invalid(
        refused(&planned, &memory).await,
        "not among the allowed signers",
    );
    fs::remove_file(planned.dir().join(stranger)).unwrap();
    let other = bed::plan(&memory).await;
    let other = Approval::sign(
        &Case::open(&other.dir()).unwrap(),
        &keys.path().join("ben"),
        || None,
    )
    .map(|file| other.dir().join(file))
    .unwrap();
    fs::copy(other, planned.dir().join("approvals/ben.sig")).unwrap();
    invalid(refused(&planned, &memory).await, "does not fit this plan");
    fs::remove_file(planned.dir().join("approvals/ben.sig")).unwrap();
    sign("ben");
    let admitted = admitted(&planned, &memory).await.unwrap();
    assert_eq!(admitted.approvals.len(), 2);
}

/// What was approved is what is accepted: a gap cannot be added to it afterwards.
#[tokio::test]
async fn an_approved_plan_accepts_no_more_gaps() {
    let keys = tempfile::tempdir().unwrap();
    keygen(keys.path(), "ada");
    let memory = bed::workspace();
    let (folder, mut draft) = bed::draft();
    let gap = Gap {
        path: path("/files/closed"),
        reason: "archive tier".into(),
    };
    draft.gap(&gap).unwrap();
    let planned = bed::seal(&memory, folder, draft).await;
    let case = Case::open(&planned.dir()).unwrap();
    Approval::sign(&case, &keys.path().join("ada"), || None).unwrap();
    assert!(matches!(
        planned.open().accept(&GapNumbers::new([1])),
        Err(PlanError::AlreadyApproved)
    ));
}

/// A policy or a hold list that cannot be read stops the program; it never counts as absent.
#[test]
fn a_broken_policy_is_no_policy_to_apply_under() {
    for (policy, holds) in [
        (Some("version = 1\napprovels = 2\n"), None),
        (Some("version = 9\n"), None),
        (Some("version"), None),
        (None, Some("[[hold]]\ncase = 7\n")),
        (None, Some("version = 1\n[[hold]]\ncase = \"CASE-7\"\n")),
    ] {
        let parsed = Policy::parse(policy.map(str::as_bytes), holds.map(str::as_bytes));
        assert!(parsed.is_err(), "{policy:?} {holds:?}");
    }
}

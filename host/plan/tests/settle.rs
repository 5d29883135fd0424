//! From proposals to steps: what merges, what contradicts, and what has to wait for what.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::collections::BTreeMap;

use remit_plan::{About, Act, Case, Draft, Kept, Plan, PlanError, Redaction, Span, State, Step};
use remit_workspace::{Entry, EntryPath, Gap, Guard, Kind, Version};

fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

fn step(at: &str, version: &str, act: Act) -> Step {
    let path = path(at);
    let entry = Entry {
        kind: Kind::of(&path).unwrap(),
        path,
        size_bytes: Some(7),
        version: Version::new(version),
        created: None,
        modified: None,
        properties: Default::default(),
    };
    Step::propose(&entry, entry.version.clone(), Guard::Atomic, act, "")
}

fn delete(at: &str) -> Step {
    step(at, "1", deletion(false))
}

fn deletion(purge: bool) -> Act {
    Act::Delete {
        purge,
        cancel_first: false,
        detach: false,
        forecast: State::Gone,
    }
}

fn export(at: &str) -> Step {
    step(
        at,
        "1",
        Act::Export {
            redaction: None,
            through: None,
        },
    )
}

fn part(at: &str, owner: &str) -> Step {
    Step {
        part_of: Some(path(owner)),
        ..delete(at)
    }
}

/// Two redactions of one entry differ by what comes of them.
fn redact(at: &str, after: &str) -> Step {
    let redaction = Redaction {
        scanner: "personal-data".into(),
        format: "text".into(),
        edits: "notes.jsonl".into(),
        edits_sha256: "00".repeat(32),
        places: BTreeMap::from([("email".into(), 1)]),
        after_sha256: after.into(),
        written_sha256: None,
        after_size_bytes: 5,
    };
    step(at, "1", Act::Redact(redaction))
}

struct Bench(tempfile::TempDir, Draft);

impl Bench {
    fn new(steps: &[Step]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::new(Case::create(&folder.path().join("a.case")).unwrap()).unwrap();
        for step in steps {
            draft.propose(step).unwrap();
        }
        Self(folder, draft)
    }

    fn settle(self) -> Result<(tempfile::TempDir, Plan), PlanError> {
        let settled = self.1.settle()?;
        let about = About {
            workspace: "memory:test".into(),
            guest: "operator".into(),
            policy: "none".into(),
            created: 1_700_000_000_000,
            expires: 1_700_000_001_000,
        };
        Ok((self.0, Plan::open(settled.seal(about)?)?))
    }
}

/// The steps as `number act path needs rank`.
fn settled(steps: &[Step]) -> Vec<String> {
    let (_folder, plan) = Bench::new(steps).settle().unwrap();
    plan.steps()
        .map(|step| {
            let step = step.unwrap();
            let needs: Vec<String> = step
                .needs
                .iter()
                .map(|Span(first, last)| format!("{first}-{last}"))
                .collect();
            format!(
                "{} {} {} [{}] {}",
                step.number,
                step.act.as_str(),
                step.path,
                needs.join(" "),
                step.rank
            )
        })
        .collect()
}

#[test]
fn equal_proposals_are_one_and_steps_go_by_path() {
    assert_eq!(
        settled(&[
            delete("/files/b"),
            delete("/files/a"),
            delete("/files/b"),
            export("/files/a"),
            export("/files/a"),
        ]),
        [
            "1 export /files/a [] 0",
            "2 delete /files/a [1-1] 1",
            "3 delete /files/b [] 0",
        ]
    );
}

#[test]
fn what_contradicts_is_a_conflict() {
    let other_version = |act| step("/files/a", "2", act);
    for (first, second) in [
        (delete("/files/a"), redact("/files/a", "1")),
        (redact("/files/a", "1"), redact("/files/a", "2")),
        (delete("/files/a"), step("/files/a", "1", deletion(true))),
        (delete("/files/a"), other_version(deletion(false))),
        (
            export("/files/a"),
            other_version(Act::Export {
                redaction: None,
                through: None,
            }),
        ),
        (export("/files/a"), other_version(deletion(false))),
        (delete("/runs/r"), step("/runs/r", "1", Act::Archive {})),
    ] {
        for steps in [[first.clone(), second.clone()], [second, first]] {
            let settled = Bench::new(&steps).settle();
            assert!(
                matches!(&settled, Err(PlanError::Conflict { path, .. }) if *path == steps[0].path),
                "{steps:?}"
            );
        }
    }
}

#[test]
fn a_change_waits_for_its_copy_and_a_record_for_its_parts() {
    assert_eq!(
        settled(&[
            delete("/runs/a"),
            export("/runs/a"),
            part("/runs/a/metrics", "/runs/a"),
            part("/runs/b", "/runs/a"),
            part("/blobs/azureml/ExperimentRun/dcid.a/1", "/runs/a"),
            part("/blobs/azureml/ExperimentRun/dcid.a/2", "/runs/a"),
            part("/blobs/azureml/ExperimentRun/dcid.b/1", "/runs/b"),
            export("/blobs/azureml/ExperimentRun/dcid.b/1"),
        ]),
        [
            "1 delete /blobs/azureml/ExperimentRun/dcid.a/1 [] 0",
            "2 delete /blobs/azureml/ExperimentRun/dcid.a/2 [] 0",
            "3 export /blobs/azureml/ExperimentRun/dcid.b/1 [] 0",
            "4 delete /blobs/azureml/ExperimentRun/dcid.b/1 [3-3] 1",
            "5 export /runs/a [] 0",
            "6 delete /runs/a [5-5 1-2 7-8] 3",
            "7 delete /runs/a/metrics [] 0",
            "8 delete /runs/b [4-4] 2",
        ]
    );
}

/// Each of two assets that somebody named one file by.
#[test]
fn an_asset_waits_for_the_files_that_were_named_by_it() {
    let file_of = |asset: &str| Step {
        files_of: vec![path(asset)],
        ..delete("/blobs/c/x")
    };
    assert_eq!(
        settled(&[
            delete("/data/a/1"),
            file_of("/data/a/1"),
            file_of("/models/m/1"),
            delete("/models/m/1"),
            delete("/data/b/1"),
        ]),
        [
            "1 delete /blobs/c/x [] 0",
            "2 delete /data/a/1 [1-1] 1",
            "3 delete /data/b/1 [] 0",
            "4 delete /models/m/1 [1-1] 1",
        ]
    );
}

/// What everything stands on goes last, one after the other: the workspace when all else is gone.
#[test]
fn the_workspace_waits_for_all_that_it_names_and_that_for_everything_else() {
    let named = [
        delete("/workspace"),
        delete("/resources/storage/s"),
        delete("/resources/registry/r"),
        delete("/resources/vault/v"),
        delete("/resources/insights/i"),
        delete("/resources/logs/l"),
    ];
    let others = [
        export("/workspace"),
        export("/blobs/c/x"),
        delete("/blobs/c/x"),
        part("/runs/a/metrics", "/runs/a"),
        delete("/runs/a"),
    ];
    let proposed: Vec<Step> = named.iter().chain(&others).cloned().collect();
    let (_folder, plan) = Bench::new(&proposed).settle().unwrap();
    let steps: Vec<Step> = plan.steps().map(Result::unwrap).collect();
    let needed = |step: &Step| -> Vec<u64> {
        let spans = step.needs.iter();
        spans.flat_map(|Span(first, last)| *first..=*last).collect()
    };
    let all = |steps: &[&Step]| -> Vec<u64> {
        let mut numbers: Vec<u64> = steps.iter().map(|step| step.number).collect();
        numbers.sort_unstable();
        numbers
    };
    let is_last = |step: &Step| {
        step.act.as_str() == "delete" && matches!(step.kind, Kind::Resource | Kind::Workspace)
    };
    let mut before: Vec<&Step> = steps.iter().filter(|step| !is_last(step)).collect();
    assert_eq!(before.len(), 5);
    for expect in named.iter().rev() {
        let step = steps
            .iter()
            .find(|step| is_last(step) && step.path == expect.path);
        let step = step.unwrap();
        assert_eq!(needed(step), all(&before), "{}", step.path);
        let highest = before.iter().map(|step| step.rank).max().unwrap();
        assert_eq!(step.rank, highest + 1, "{}", step.path);
        before.push(step);
    }
}

/// The policy lies in the account: it goes with the workspace and in no other plan. And what somebody wanted
/// changed and stays, keeps all that it stands on.
#[test]
fn what_the_workspace_stands_on_stays_with_what_stays() {
    let kept_of = |steps: &[Step], kept: Option<&str>| -> (Vec<String>, Vec<String>) {
        let mut bench = Bench::new(steps);
        if let Some(at) = kept {
            let kept = Kept {
                path: path(at),
                act: "delete".into(),
                why: "hold CASE-7".into(),
            };
            bench.1.keep(&kept).unwrap();
        }
        let (_folder, plan) = bench.settle().unwrap();
        let steps = plan.steps().map(|step| step.unwrap().path.to_string());
        let kept = plan.kept().map(Result::unwrap);
        (
            steps.collect(),
            kept.map(|kept| format!("{}: {}", kept.path, kept.why))
                .collect(),
        )
    };
    let (account, vault, workspace, run) = (
        delete("/resources/storage/s"),
        delete("/resources/vault/v"),
        delete("/workspace"),
        delete("/runs/a"),
    );
    let alone = "/resources/storage/s: the policy lies in it: it goes only with /workspace";
    assert_eq!(
        kept_of(&[account.clone(), vault.clone(), run.clone()], None),
        (
            vec!["/resources/vault/v".to_owned(), "/runs/a".to_owned()],
            vec![alone.to_owned()]
        )
    );
    let all = [run, account, vault, workspace];
    assert_eq!(kept_of(&all, None).1, [""; 0]);
    assert_eq!(
        kept_of(&all, Some("/runs/b")),
        (
            vec!["/runs/a".to_owned()],
            vec![
                "/resources/storage/s: /runs/b stays".to_owned(),
                "/resources/vault/v: /runs/b stays".to_owned(),
                "/runs/b: hold CASE-7".to_owned(),
                "/workspace: /runs/b stays".to_owned(),
            ]
        )
    );
}

/// A service deletes only experiments without runs: they come after them, and need none of them.
#[test]
fn experiments_come_after_runs() {
    assert_eq!(
        settled(&[
            delete("/workspace"),
            delete("/experiments/e"),
            part("/runs/a/metrics", "/runs/a"),
            delete("/runs/a"),
        ]),
        [
            "1 delete /experiments/e [] 2",
            "2 delete /runs/a [3-3] 1",
            "3 delete /runs/a/metrics [] 0",
            "4 delete /workspace [1-3] 3",
        ]
    );
}

/// A part that was proposed by itself too is still a part: its record waits for it.
#[test]
fn a_part_stays_a_part() {
    for steps in [
        [
            delete("/runs/a"),
            part("/runs/a/metrics", "/runs/a"),
            delete("/runs/a/metrics"),
        ],
        [
            delete("/runs/a"),
            delete("/runs/a/metrics"),
            part("/runs/a/metrics", "/runs/a"),
        ],
    ] {
        assert_eq!(
            settled(&steps),
            ["1 delete /runs/a [2-2] 1", "2 delete /runs/a/metrics [] 0"]
        );
    }
}

#[test]
fn records_that_own_each_other_are_refused() {
    let settled = Bench::new(&[part("/runs/a", "/runs/b"), part("/runs/b", "/runs/a")]).settle();
    assert!(matches!(settled, Err(PlanError::Circular(_))));
}

#[test]
fn what_was_not_seen_is_in_the_plan() {
    let mut bench = Bench::new(&[delete("/files/a")]);
    let gap = |at: &str| Gap {
        path: path(at),
        reason: "archive tier".into(),
    };
    for at in ["/files/y", "/files/x", "/files/y"] {
        bench.1.gap(&gap(at)).unwrap();
    }
    let kept = Kept {
        path: path("/files/k"),
        act: "delete".into(),
        why: "hold CASE-7".into(),
    };
    bench.1.keep(&kept).unwrap();
    bench.1.keep(&kept).unwrap();
    bench.1.incomplete("cut off");
    bench.1.incomplete("cut off again");
    let (_folder, plan) = bench.settle().unwrap();
    let gaps: Vec<Gap> = plan.gaps().map(Result::unwrap).collect();
    assert_eq!(gaps, [gap("/files/x"), gap("/files/y")]);
    assert_eq!((plan.manifest().gaps, plan.summary().gaps), (2, 2));
    assert_eq!(plan.summary().kept, 1);
    assert_eq!(plan.manifest().incomplete.as_deref(), Some("cut off"));
}

/// Every word of an act is the word of the right that it needs: one vocabulary.
#[test]
fn acts_are_called_as_their_rights_are() {
    for step in [
        delete("/files/a"),
        export("/files/a"),
        redact("/files/a", "1"),
        step("/runs/r", "1", Act::Archive {}),
    ] {
        assert_eq!(step.act.as_str(), step.act.asks_for().right().as_str());
        let json = serde_json::to_value(&step.act).unwrap();
        let name = json.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!(name, step.act.as_str());
    }
}

#[test]
fn a_key_of_a_case_prints_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let case = Case::create(&folder.path().join("a.case")).unwrap();
    let key = case.key().unwrap();
    assert_eq!(format!("{key:?}"), "CaseKey(32 bytes, not shown)");
}

#[test]
fn what_a_guest_says_is_cut() {
    let mut bench = Bench::new(&[]);
    bench.1.note(&"ä".repeat(Draft::NOTE_BYTES_MAX)).unwrap();
    let (_folder, plan) = bench.settle().unwrap();
    let note = plan.notes().next().unwrap().unwrap();
    assert_eq!(note.message.len(), Draft::NOTE_BYTES_MAX);
}

//! Whatever a guest does, no step leaves what it was granted and the scope it was proposed in.

use proptest::prelude::*;
use remit_plan::PlanError;
use remit_session::{DeleteOptions, ExportOptions, Named, RedactOptions, Scope};
use remit_workspace::{EntryPath, Memory, Pattern, Store as _, layout};

use crate::bench::{With, path, steps, try_seal};

const ENTRIES: [&str; 9] = [
    "/files/a/x",
    "/files/a/y",
    "/files/B/x",
    "/blobs/c/x",
    "/runs/r",
    "/runs/s",
    "/blobs/azureml/ExperimentRun/dcid.r/a",
    "/blobs/azureml/ExperimentRun/dcid.r/b",
    "/blobs/azureml/ExperimentRun/dcid.s/a",
];

const PATTERNS: [&str; 10] = [
    "/**",
    "/files/**",
    "/files/a/*",
    "/files/b/x",
    "/blobs/**",
    "/blobs/azureml/**",
    "/runs/*",
    "/runs/r",
    "/**/a",
    "/blobs/azureml/ExperimentRun/dcid.r/b",
];

const RIGHTS: [&str; 4] = ["delete", "redact", "export", "archive"];

#[derive(Clone, Debug)]
enum Op {
    /// From this scope, to this pattern, with these rights.
    Narrow(usize, usize, Vec<bool>),
    /// In this scope, this right, on this entry; with a version that was made up.
    Propose(usize, usize, usize, bool),
}

/// A scope and how it came about.
struct Held {
    scope: Scope,
    narrowings: Vec<(Pattern, Vec<&'static str>)>,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let narrow = (
        any::<usize>(),
        0..PATTERNS.len(),
        prop::collection::vec(any::<bool>(), RIGHTS.len()),
    )
        .prop_map(|(scope, pattern, rights)| Op::Narrow(scope, pattern, rights));
    let propose = (
        any::<usize>(),
        0..RIGHTS.len(),
        0..ENTRIES.len(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(scope, right, entry, forged)| Op::Propose(scope, right, entry, forged));
    prop::collection::vec(prop_oneof![1 => narrow, 3 => propose], 1..24)
}

fn grants() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..RIGHTS.len(), 0..PATTERNS.len()), 0..6)
}

/// What a pattern covers when it stands for authority, said once more in other words.
fn covers(pattern: &Pattern, entry: &EntryPath) -> bool {
    pattern.governs(entry) || layout::owner_of(entry).is_some_and(|owner| pattern.governs(&owner))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_step_outside_of_grant_and_scope(
        grants in grants(),
        except in prop::option::of(0..PATTERNS.len()),
        hold in prop::option::weighted(0.3, 0..ENTRIES.len()),
        ops in ops(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&grants, except, hold, &ops))?;
    }
}

async fn run(
    grants: &[(usize, usize)],
    except: Option<usize>,
    hold: Option<usize>,
    ops: &[Op],
) -> Result<(), TestCaseError> {
    let store = Memory::default();
    for entry in ENTRIES {
        store.put(
            &path(entry),
            if entry.starts_with("/runs") {
                r#"{"description":"jane"}"#
            } else {
                "jane"
            },
        );
    }
    let granted: Vec<(&str, Pattern)> = grants
        .iter()
        .map(|(right, place)| (RIGHTS[*right], PATTERNS[*place].parse().unwrap()))
        .collect();
    let mut allow: Vec<String> = granted
        .iter()
        .map(|(right, place)| format!("{right}={place}"))
        .collect();
    allow.push("list=/**".into());
    let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
    let excepted: Vec<&str> = except.iter().map(|place| PATTERNS[*place]).collect();
    let held = hold.map(|entry| ENTRIES[entry]);
    let holds = held.map_or(String::new(), |entry| {
        format!("version = 1\n[[hold]]\ncase = \"C\"\npaths = [\"{entry}\"]\nreason = \"r\"\nwho = \"w\"\nwhen = 2026-11-01\n")
    });
    let bench = With {
        allow: &allow,
        except: &excepted,
        holds: &holds,
        ..With::default()
    }
    .on(store);

    let mut scopes = vec![Held {
        scope: bench.root(),
        narrowings: Vec::new(),
    }];
    let mut taken = Vec::new();
    for op in ops {
        match op {
            Op::Narrow(from, place, rights) => {
                let from = &scopes[from % scopes.len()];
                let rights: Vec<&str> = RIGHTS
                    .iter()
                    .zip(rights)
                    .filter(|(_, held)| **held)
                    .map(|(right, _)| *right)
                    .collect();
                let named: Vec<String> = rights.iter().map(|right| (*right).to_owned()).collect();
                if let Ok(scope) = from.scope.narrow(PATTERNS[*place], &named) {
                    let more = (PATTERNS[*place].parse().unwrap(), rights);
                    let narrowings = from.narrowings.iter().cloned().chain([more]).collect();
                    scopes.push(Held { scope, narrowings });
                }
            }
            Op::Propose(within, right, entry, forged) => {
                let within = within % scopes.len();
                let mut named = bench.named(ENTRIES[*entry]).await;
                if *forged {
                    named.version.push('x');
                }
                if propose(&scopes[within].scope, RIGHTS[*right], &named).await {
                    prop_assert!(!forged, "a version that nobody saw");
                    taken.push((RIGHTS[*right], ENTRIES[*entry], within));
                }
            }
        }
    }
    // A part that was redacted and goes with its record: such a plan is refused whole when it is settled.
    let plan = match try_seal(bench.session.finish().await.unwrap()) {
        Err(PlanError::Conflict { .. }) => return Ok(()),
        plan => plan.unwrap(),
    };
    let steps = steps(&plan);
    for step in &steps {
        let right = step.act.as_str();
        let proposed = step.part_of.as_ref().unwrap_or(&step.path);
        prop_assert!(
            granted.iter().any(|(of, place)| *of == right
                && if right == "archive" {
                    place.governs(&step.path)
                } else {
                    covers(place, &step.path)
                }),
            "{right} {} was not granted",
            step.path
        );
        prop_assert!(
            !excepted
                .iter()
                .any(|place| covers(&place.parse().unwrap(), &step.path)),
            "{right} {} was excepted",
            step.path
        );
        let is_held = held.is_some_and(|held| {
            path(held) == step.path || covers(&held.parse().unwrap(), &step.path)
        });
        prop_assert!(
            !is_held || right == "export",
            "{right} {} is held",
            step.path
        );
        let in_scope = |(of, entry, within): &(&str, &str, usize)| {
            *of == right
                && (*entry == proposed.as_str() || *entry == step.path.as_str())
                && scopes[*within]
                    .narrowings
                    .iter()
                    .all(|(place, rights)| rights.contains(&right) && covers(place, &step.path))
        };
        prop_assert!(
            taken.iter().any(in_scope),
            "{right} {} was proposed in no scope that holds it",
            step.path
        );
        // A record goes only with everything that belongs to it.
        if right == "delete" && !step.kind.is_object() {
            for part in ENTRIES
                .iter()
                .filter(|entry| layout::owner_of(&path(entry)).as_ref() == Some(&step.path))
            {
                prop_assert!(
                    steps.iter().any(|other| other.path.as_str() == *part && other.act.as_str() == "delete"),
                    "{} goes without {part}", step.path
                );
            }
        }
    }
    // And what was taken is there.
    for (right, entry, _) in &taken {
        prop_assert!(
            steps
                .iter()
                .any(|step| step.act.as_str() == *right && step.path.as_str() == *entry)
        );
    }
    prop_assert!(bench.store.stat(&path(ENTRIES[0])).await.is_ok());
    Ok(())
}

async fn propose(scope: &Scope, right: &str, named: &Named) -> bool {
    let answer = match right {
        "delete" => scope.delete(named, &DeleteOptions::default()).await,
        "redact" => {
            let how = RedactOptions {
                scanner: "find:jane".into(),
                ..RedactOptions::default()
            };
            scope.redact(named, &how).await
        }
        "export" => scope.export(named, &ExportOptions::default()).await,
        _ => scope.archive(named, "").await,
    };
    answer.is_ok()
}

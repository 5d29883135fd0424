//! What a delete leaves behind: records that refer to what goes, and what is below a detached target.

use remit_session::{Code, DeleteOptions};
use remit_workspace::Pattern;

use crate::bench::{With, acts, path, steps};
use crate::deleting::{because, delete, workspace};

#[tokio::test]
async fn a_plan_names_the_records_that_refer_to_what_goes() {
    let store = workspace();
    let below = |text: &str| Pattern::at_and_below(&path(text)).unwrap();
    for (record, to) in [
        ("/data/b/1", "/blobs/c/x"),
        ("/data/b/2", "/blobs/c"),
        ("/data/b/3", "/blobs/c/xy"),
        ("/models/m/1", "/blobs/azureml/ExperimentRun/dcid.r/logs"),
        ("/data/gone/1", "/blobs/c/x"),
    ] {
        store.put(&path(record), "{}");
        store.refer(&path(record), below(to));
    }
    let bench = With::default().on(store);
    for entry in ["/blobs/c/x", "/data/gone/1", "/runs/r"] {
        assert_eq!(delete(&bench, entry, because("")).await, None, "{entry}");
    }
    let plan = bench.plan().await;
    let referred: Vec<String> = plan
        .referred()
        .map(Result::unwrap)
        .map(|referred| format!("{} by {}: {}", referred.to, referred.by, referred.entries))
        .collect();
    assert_eq!(
        referred,
        [
            "/blobs/azureml/ExperimentRun/dcid.r/logs by /models/m/1: 1",
            "/blobs/c by /data/b/2: 1",
            "/blobs/c/x by /data/b/1: 1",
        ]
    );
    assert_eq!(plan.summary().referred, 3);
    let names = |file: &remit_plan::FileDigest| file.name == "referred.jsonl";
    assert!(plan.manifest().files.iter().any(names), "under the digest");
}

#[tokio::test]
async fn references_that_could_not_be_read_make_the_plan_incomplete() {
    for n_seen in [0, 1] {
        let store = workspace();
        for record in ["/data/b/1", "/data/b/2"] {
            store.put(&path(record), "{}");
            store.refer(
                &path(record),
                Pattern::at_and_below(&path("/blobs/c/x")).unwrap(),
            );
        }
        store.fail_references_after(n_seen);
        let bench = With::default().on(store);
        assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
        let plan = bench.plan().await;
        let incomplete = plan.summary().incomplete.clone().unwrap();
        assert!(
            incomplete.contains("what records refer to could not be read"),
            "{incomplete}"
        );
        assert_eq!(plan.summary().referred, n_seen as u64);
    }
}

#[tokio::test]
async fn an_export_asks_nobody_what_refers_to_it() {
    let store = workspace();
    store.put(&path("/data/b/1"), "{}");
    store.refer(
        &path("/data/b/1"),
        Pattern::at_and_below(&path("/blobs/c/x")).unwrap(),
    );
    let bench = With::default().on(store);
    let named = bench.named("/blobs/c/x").await;
    bench
        .root()
        .export(&named, &Default::default())
        .await
        .unwrap();
    let plan = bench.plan().await;
    assert_eq!((plan.summary().referred, plan.referred().count()), (0, 0));
}

#[tokio::test]
async fn a_compute_target_is_detached_and_no_more() {
    let store = workspace();
    store.put(&path("/computes/c"), "{}");
    let bench = With::default().on(store);
    let detach = DeleteOptions {
        detach: true,
        ..because("it is theirs")
    };
    let purge = DeleteOptions {
        purge: true,
        ..detach.clone()
    };
    assert_eq!(
        delete(&bench, "/computes/c", purge).await,
        Some(Code::Invalid)
    );
    for other in ["/runs/r", "/blobs/c/x"] {
        let answer = delete(&bench, other, detach.clone()).await;
        assert_eq!(answer, Some(Code::Invalid), "{other}");
    }
    assert_eq!(delete(&bench, "/computes/c", detach).await, None);
    // The same entry cannot also be deleted.
    assert_eq!(
        delete(&bench, "/computes/c", because("")).await,
        Some(Code::Conflict)
    );
    let plan = bench.plan().await;
    assert_eq!(acts(&plan), ["delete /computes/c"]);
    let steps = steps(&plan);
    assert!(matches!(
        steps[0].act,
        remit_plan::Act::Delete { detach: true, .. }
    ));
    assert!(steps[0].effects.is_empty());
}

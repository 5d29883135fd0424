//! The records of a full workspace.

use std::fs;

use futures::StreamExt as _;
use remit_apply::StoreMut as _;
use remit_policy::{Act, Strength};
use remit_workspace::conformance::listed;
use remit_workspace::{EntryPath, Kind, Pattern, Referring, Relation, Store as _};

use crate::bed::{Bed, permit};

async fn parts(bed: &Bed, of: &str, relation: Relation) -> (Vec<String>, Vec<String>) {
    let (entries, gaps) = listed(bed.store.parts(&EntryPath::parse(of).unwrap(), relation))
        .await
        .unwrap();
    (
        entries
            .into_iter()
            .map(|entry| entry.path.to_string())
            .collect(),
        gaps.into_iter()
            .map(|gap| format!("{}: {}", gap.path, gap.reason))
            .collect(),
    )
}

#[tokio::test]
async fn every_record_of_a_sample_is_listed_and_opens() {
    let folder = tempfile::tempdir().unwrap();
    let sample = remit_local::init_sample(folder.path(), 12, 1).unwrap();
    let store = remit_local::Directory::open(folder.path()).unwrap();
    let (entries, gaps) = listed(store.list(&Pattern::everything())).await.unwrap();
    assert_eq!(gaps, []);
    assert_eq!(entries.len() as u64, sample.entries);
    assert_eq!(
        entries
            .iter()
            .filter_map(|entry| entry.size_bytes)
            .sum::<u64>(),
        sample.bytes
    );
    assert_eq!(
        entries
            .iter()
            .filter(|entry| entry.kind == Kind::Run)
            .count(),
        12
    );
    for entry in &entries {
        let pinned = store.pin(entry).await.unwrap();
        let content = store.open(&entry.path, &pinned, 0).await.unwrap();
        let content = remit_workspace::conformance::read(content).await.unwrap();
        assert_eq!(
            content.len() as u64,
            entry.size_bytes.unwrap(),
            "{}",
            entry.path
        );
        let text = String::from_utf8_lossy(&content);
        assert!(
            entry.kind.is_object() || !text.contains("c3ludGhldGlj"),
            "{}: a credential",
            entry.path
        );
    }
    let run = entries
        .iter()
        .find(|entry| entry.path.as_str() == "/runs/churn-000000")
        .unwrap();
    assert_eq!(
        run.properties.get("owner"),
        Some("jane.example@example.com")
    );
    assert_eq!(run.properties.get("experiment"), Some("churn"));
    assert!(run.created.is_some() && run.modified > run.created);
}

#[tokio::test]
async fn children_are_parts_until_they_are_deleted() {
    let bed = Bed::workspace();
    bed.write("/runs/a", br#"{"runId":"a"}"#);
    let first = bed.write("/runs/b", br#"{"runId":"b","parentRunId":"a"}"#);
    bed.write("/runs/c", br#"{"runId":"c","parentRunId":"ab"}"#);
    assert_eq!(parts(&bed, "/runs/a", Relation::Owned).await.0, ["/runs/b"]);
    bed.write("/runs/d", br#"{"runId":"d","parentRunId":"a"}"#);
    assert_eq!(
        parts(&bed, "/runs/a", Relation::Owned).await.0,
        ["/runs/b", "/runs/d"]
    );
    let version = bed.store.stat(&first).await.unwrap().version;
    bed.store
        .delete(&permit(Act::Delete(Strength::default()), &first), &version)
        .await
        .unwrap();
    assert_eq!(parts(&bed, "/runs/a", Relation::Owned).await.0, ["/runs/d"]);
    bed.write("/runs/e", br#"{"runId":"e","parentRunId":"a"}"#);
    assert_eq!(
        parts(&bed, "/runs/a", Relation::Owned).await.0,
        ["/runs/d", "/runs/e"]
    );
}

#[tokio::test]
async fn a_run_that_cannot_be_read_may_be_anybodys_child() {
    let bed = Bed::workspace();
    bed.write("/runs/a", br#"{"runId":"a"}"#);
    bed.write("/runs/broken", b"{");
    let (_, gaps) = parts(&bed, "/runs/a", Relation::Owned).await;
    assert_eq!(gaps, ["/runs/broken: not a JSON document"]);
}

#[tokio::test]
async fn references_lead_through_datastores() {
    let bed = Bed::workspace();
    bed.write(
        "/workspace",
        br#"{"storageAccount":"/subscriptions/s/storageAccounts/acct"}"#,
    );
    bed.write(
        "/datastores/store",
        br#"{"accountName":"acct","containerName":"c"}"#,
    );
    bed.write(
        "/datastores/arm",
        br#"{"properties":{"accountName":"acct","containerName":"d"}}"#,
    );
    bed.write(
        "/datastores/other",
        br#"{"accountName":"theirs","containerName":"c"}"#,
    );
    bed.write(
        "/datastores/share",
        br#"{"accountName":"acct","fileShareName":"s"}"#,
    );
    for object in [
        "/blobs/c/m/one",
        "/blobs/c/m/deep/two",
        "/blobs/c/m2/no",
        "/blobs/d/x",
        "/files/s/y",
    ] {
        bed.write(object, b"x");
    }
    bed.write("/data/d/1", b"{}");
    let model = |uri: &str| format!(r#"{{"name":"m","properties":{{"modelUri":"{uri}"}}}}"#);
    for (uri, expect, gap) in [
        (
            "azureml://datastores/store/paths/m/",
            &["/blobs/c/m/deep/two", "/blobs/c/m/one"][..],
            None,
        ),
        (
            "azureml://subscriptions/s/workspaces/w/datastores/arm/paths/x",
            &["/blobs/d/x"],
            None,
        ),
        ("azureml://datastores/share/paths/y", &["/files/s/y"], None),
        (
            "https://acct.blob.core.windows.net/c/m/one?sig=x",
            &["/blobs/c/m/one"],
            None,
        ),
        ("azureml:d:1", &["/data/d/1"], None),
        (
            "azureml://datastores/other/paths/m",
            &[],
            Some("/blobs/c%40theirs/m: in another storage account"),
        ),
        (
            "azureml://datastores/gone/paths/m",
            &[],
            Some("/datastores/gone: referred to, but not known here"),
        ),
        ("https://example.com/c/m", &[], None),
    ] {
        bed.write("/models/m/1", model(uri).as_bytes());
        let (entries, gaps) = parts(&bed, "/models/m/1", Relation::Referenced).await;
        assert_eq!(entries, expect, "{uri}");
        assert_eq!(gaps, gap.into_iter().collect::<Vec<_>>(), "{uri}");
    }
}

/// The same places as one record's parts, whether something is there or not, and of every record.
#[tokio::test]
async fn what_all_records_refer_to_comes_in_one_pass() {
    let bed = Bed::workspace();
    bed.write(
        "/models/m/1",
        br#"{"uri": "https://acct.blob.core.windows.net/c/m/one?sig=x"}"#,
    );
    bed.write("/models/m/2", br#"{"uri": "https://example.com/c/m"}"#);
    bed.write("/runs/r", br#"{"runId": "r", "inputs": ["azureml:d:1"]}"#);
    let records = bed.root().join("records");
    fs::write(records.join("runs/note.txt"), "{}").unwrap();
    let mut found: Vec<String> = bed
        .store
        .references()
        .map(|found| match found.unwrap() {
            Referring::To { by, to } => format!("{by} to {to}"),
            Referring::Gap(gap) => format!("gap {}", gap.path),
        })
        .collect()
        .await;
    found.sort();
    assert_eq!(
        found,
        [
            "/models/m/1 to /blobs/c/m/one",
            "/runs/r to /data/d/1",
            "gap /runs/note.txt",
        ]
    );
}

#[tokio::test]
async fn files_that_are_no_records_are_gaps() {
    let bed = Bed::workspace();
    let records = bed.root().join("records");
    fs::create_dir_all(records.join("runs")).unwrap();
    for name in ["runs/a b.json", "runs/note.txt", "nonsense.json"] {
        fs::write(records.join(name), "{}").unwrap();
    }
    fs::create_dir_all(bed.root().join("blobs")).unwrap();
    fs::write(bed.root().join("blobs/stray"), "x").unwrap();
    let (entries, gaps) = listed(bed.store.list(&Pattern::everything()))
        .await
        .unwrap();
    assert_eq!(entries, []);
    let mut gaps: Vec<_> = gaps.into_iter().map(|gap| gap.path.to_string()).collect();
    gaps.sort();
    assert_eq!(
        gaps,
        [
            "/blobs/stray",
            "/nonsense.json",
            "/runs/a%20b.json",
            "/runs/note.txt"
        ]
    );
}

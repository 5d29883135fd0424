//! Notebooks: files of the workspace's own account, listed, read, redacted and deleted like any share's.

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::Act;
use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Forecast, Guard, Kind, Pattern, Store as _, StoreError, Version};

use crate::bed::{Bed, delete, path, permit};

const SHARE: &str = "code-7b6d0000";
const NOTEBOOK: &str = "/files/code-7b6d0000/Users/jane/churn.ipynb";
const OTHER: &str = "/files/code-7b6d0000/Users/omar/other.ipynb";

async fn bed() -> Bed {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let storage = bed.sim.storage();
    storage.seed_share(SHARE);
    assert!(storage.seed_file(SHARE, "Users/jane/churn.ipynb", "by Jane"));
    assert!(storage.seed_file(SHARE, "Users/omar/other.ipynb", "by Omar"));
    bed
}

/// What the share holds: `(name, content)`, whatever anybody says.
fn held(bed: &Bed) -> Vec<(String, String)> {
    let holdings = bed.sim.storage().holdings_of_share(SHARE);
    let mut held: Vec<(String, String)> = holdings
        .into_iter()
        .map(|one| (one.blob, String::from_utf8_lossy(&one.content).into_owned()))
        .collect();
    held.sort();
    held
}

#[tokio::test]
async fn notebooks_are_listed_and_read() {
    let bed = bed().await;
    assert_eq!(bed.paths("/files/**").await, [NOTEBOOK, OTHER]);
    assert_eq!(bed.paths("/files/*/Users/jane/**").await, [NOTEBOOK]);
    assert_eq!(bed.paths(NOTEBOOK).await, [NOTEBOOK]);
    assert_eq!(bed.list("/files/**").await.unwrap().1, []);
    let everything = bed.paths("/**").await;
    assert!(everything.contains(&NOTEBOOK.to_owned()), "{everything:?}");
    assert_eq!(bed.paths("/blobs/**").await, [""; 0]);
    let entry = bed.stat(NOTEBOOK).await;
    assert_eq!((entry.kind, entry.size_bytes), (Kind::File, Some(7)));
    assert_eq!(bed.store.guard(&entry.path), Guard::Leased);
    assert_eq!(bed.text(NOTEBOOK).await, "by Jane");
    let absent = bed.store.stat(&path("/files/absent/x")).await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
}

#[tokio::test]
async fn a_notebook_is_redacted() {
    let bed = bed().await;
    let entry = bed.stat(NOTEBOOK).await;
    let text = || stream::iter([Ok(Bytes::from_static(b"by ****"))]).boxed();
    let permitted = permit(Act::Redact, &entry.path);
    let stale = bed
        .store
        .replace(&permitted, &Version::new("invented"), text())
        .await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    bed.store
        .replace(&permitted, &entry.version, text())
        .await
        .unwrap();
    let forgotten = bed.store.forget(&permitted, &entry.version).await;
    assert!(matches!(forgotten, Ok(Deleted::Gone)), "{forgotten:?}");
    assert_eq!(bed.text(NOTEBOOK).await, "by ****");
    let held = held(&bed);
    assert!(held.iter().all(|(_, text)| text != "by Jane"), "{held:?}");
    assert!(held.iter().any(|(_, text)| text == "by Omar"), "{held:?}");
}

#[tokio::test]
async fn a_notebook_is_deleted_and_nothing_else() {
    let bed = bed().await;
    let entry = bed.stat(NOTEBOOK).await;
    let forecast = bed.store.forecast(&entry, false).await;
    assert_eq!(forecast, Forecast::Gone);
    let stale = bed
        .store
        .delete(&delete(&entry.path), &Version::new("invented"))
        .await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    assert_eq!(held(&bed).len(), 2);
    let deleted = bed.store.delete(&delete(&entry.path), &entry.version).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
    let left = ("Users/omar/other.ipynb".to_owned(), "by Omar".to_owned());
    assert_eq!(held(&bed), [left]);
}

/// An account that cannot be reached has no files to show, and says so of both its places.
#[tokio::test]
async fn files_out_of_reach_are_a_gap() {
    let bed = bed().await;
    bed.goes_wrong("Workspaces_Get", FaultKind::Status(403, None));
    for (pattern, expect) in [
        ("/files/**", &["/files"][..]),
        ("/blobs/**", &["/blobs"]),
        ("/**", &["/blobs", "/files"]),
    ] {
        let what = Pattern::parse(pattern).unwrap();
        let (entries, gaps) = listed(bed.again().list(&what)).await.unwrap();
        assert!(entries.iter().all(|entry| !entry.kind.is_object()));
        let mut gaps: Vec<&str> = gaps.iter().map(|gap| gap.path.as_str()).collect();
        gaps.retain(|path| ["/blobs", "/files"].contains(path));
        assert_eq!(gaps, expect, "{pattern}");
    }
    bed.sim.clear_faults();
    bed.goes_wrong("Service_ListSharesSegment", FaultKind::Status(403, None));
    let (entries, gaps) = bed.list("/files/**").await.unwrap();
    assert_eq!((entries.len(), gaps.len()), (0, 1), "{gaps:?}");
}

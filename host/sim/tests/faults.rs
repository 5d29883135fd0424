//! Faults: what goes wrong goes wrong as it was asked, and the log tells what was done.

use std::time::Duration;

use remit_sim::{At, Fault, FaultKind, Gate, Settings};

use crate::client::{Answer, Bed};

async fn bed() -> Bed {
    let bed = Bed::new(Settings::default()).await;
    bed.sim.seed_blob("c", "a", "0123456789");
    bed
}

fn inject(bed: &Bed, at: At, kind: FaultKind) {
    bed.sim.inject(Fault { at, kind });
}

#[tokio::test]
async fn a_reset_before_does_nothing_and_one_after_has_done_it() {
    let bed = bed().await;
    let delete = At::any().operation("Blob_Delete");
    inject(&bed, delete.clone().nth(1), FaultKind::ResetBefore);
    inject(&bed, delete.nth(2), FaultKind::ResetAfter);
    assert!(bed.try_ask("DELETE", "c/a", &[], "").await.is_err());
    assert!(bed.sim.mutations().is_empty());
    assert!(bed.try_ask("DELETE", "c/a", &[], "").await.is_err());
    assert_eq!(bed.sim.mutations().len(), 1);
    assert_eq!(bed.delete("c/a").await.status, 404);
}

#[tokio::test]
async fn storms_pass() {
    let bed = bed().await;
    let get = At::any().operation("Blob_Download");
    inject(&bed, get.clone().times(2), FaultKind::Status(503, Some(3)));
    let busy = bed.get("c/a").await;
    assert_eq!(busy.code(), (503, "ServerBusy"));
    assert_eq!(busy.header("retry-after"), "3");
    assert_eq!(bed.get("c/a").await.status, 503);
    assert_eq!(bed.get("c/a").await.status, 200);
    inject(
        &bed,
        At::any().operation("Blob_Delete"),
        FaultKind::StatusAfter(500),
    );
    assert_eq!(bed.delete("c/a").await.code(), (500, "InternalError"));
    assert_eq!(bed.sim.mutations().len(), 1);
    bed.sim.clear_faults();
    assert_eq!(bed.delete("c/a").await.status, 404);
}

#[tokio::test]
async fn bodies_break_and_lie() {
    let bed = bed().await;
    let get = At::any().operation("Blob_Download");
    inject(&bed, get.clone().nth(1), FaultKind::TruncateBody(4));
    inject(&bed, get.clone().nth(2), FaultKind::WrongLength(5));
    inject(&bed, get.clone().nth(3), FaultKind::WrongLength(-3));
    inject(&bed, get.nth(4), FaultKind::Slow(Duration::from_millis(20)));
    for _ in 0..2 {
        assert!(bed.try_ask("GET", "c/a", &[], "").await.is_err());
    }
    // The one that no transport notices: only the size of the blob tells.
    assert_eq!(bed.get("c/a").await.text(), "0123456");
    assert_eq!(bed.get("c/a").await.text(), "0123456789");
}

/// Pages of two, as names.
async fn pages(bed: &Bed) -> (Vec<Vec<String>>, Option<Answer>) {
    let mut pages = Vec::new();
    let mut marker = String::new();
    loop {
        let target = format!("c?restype=container&comp=list&maxresults=2&marker={marker}");
        let page = bed.get(&target).await;
        if page.status != 200 {
            return (pages, Some(page));
        }
        pages.push(page.all("Name"));
        match page.all("NextMarker").into_iter().next() {
            Some(next) => marker = next,
            None => return (pages, None),
        }
    }
}

#[tokio::test]
async fn listings_fail_repeat_and_lag() {
    let bed = Bed::new(Settings::default()).await;
    for n in 0..9 {
        bed.sim.seed_blob("c", &format!("b{n}"), "x");
    }
    let list = At::any().operation("Container_ListBlobFlatSegment");
    inject(&bed, list.clone().nth(4), FaultKind::Status(500, None));
    let (found, failed) = pages(&bed).await;
    assert_eq!((found.len(), failed.unwrap().status), (3, 500));
    bed.sim.clear_faults();

    inject(&bed, list.clone().nth(3), FaultKind::DuplicatePage);
    let (found, failed) = pages(&bed).await;
    assert!(failed.is_none());
    let names = |pages: &[&str]| pages.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
    assert_eq!(found[1], names(&["b2", "b3"]));
    assert_eq!(found[2], found[1]);
    assert_eq!(found[3], names(&["b4", "b5"]));
    assert_eq!(found.len(), 6);
    bed.sim.clear_faults();

    bed.put("c/new", "x").await;
    bed.delete("c/b3").await;
    bed.delete("c/b4").await;
    inject(&bed, list, FaultKind::Stale(2));
    let shown = pages(&bed).await.0.concat();
    assert_eq!(shown.len(), 10);
    assert!(shown.contains(&"b3".to_owned()) && shown.contains(&"new".to_owned()));
    bed.sim.clear_faults();
    let list = At::any().operation("Container_ListBlobFlatSegment");
    inject(&bed, list, FaultKind::Stale(3));
    assert!(!pages(&bed).await.0.concat().contains(&"new".to_owned()));
    bed.sim.clear_faults();
    assert_eq!(pages(&bed).await.0.concat().len(), 8);
}

#[tokio::test]
async fn a_request_waits_at_a_gate_until_it_is_let_on() {
    let bed = bed().await;
    let gate = Gate::default();
    inject(
        &bed,
        At::any().operation("Blob_Delete").nth(1),
        FaultKind::Wait(gate.clone()),
    );
    let between = async {
        gate.arrival().await;
        assert!(bed.sim.mutations().is_empty());
        assert_eq!(bed.get("c/a").await.status, 200);
        gate.admit();
    };
    let (deleted, ()) = tokio::join!(bed.delete("c/a"), between);
    assert_eq!(deleted.status, 202);
    assert_eq!(bed.get("c/a").await.status, 404);
}

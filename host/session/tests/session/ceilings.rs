//! How much one plan may delete: entries, a share of what there is, and proposals.

use remit_policy::{Bounded, Measure, StatedCeilings};
use remit_session::{Budget, Code, Selector};
use remit_workspace::Memory;

use crate::bench::{With, acts, all, code, path};
use crate::deleting::{because, delete, workspace};

#[tokio::test]
async fn ceilings_stop_a_plan_and_say_what_would_do() {
    let ceilings = StatedCeilings::default().with(Bounded::Delete, Measure::Entries, 1);
    let bench = With {
        ceilings,
        ..With::default()
    }
    .on(workspace());
    bench.store.put(&path("/blobs/c/y"), "");
    bench.store.put(&path("/blobs/c/z"), "");
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    // The same once more is the same.
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    assert_eq!(
        delete(&bench, "/blobs/c/y", because("")).await,
        Some(Code::OverCeiling)
    );
    assert_eq!(
        delete(&bench, "/blobs/c/z", because("")).await,
        Some(Code::OverCeiling)
    );
    let finished = bench.session.finish().await.unwrap();
    let over = finished.over_ceiling.as_ref().unwrap();
    assert_eq!(over.over[0].raise().to_string(), "delete=3");
    assert_eq!(acts(&crate::bench::seal(finished)), ["delete /blobs/c/x"]);
}

#[tokio::test]
async fn percent_counts_what_the_host_listed() {
    let ceilings = StatedCeilings::default().with(Bounded::Delete, Measure::Percent, 1);
    for listed_by_guest in [false, true] {
        let bench = With {
            ceilings: ceilings.clone(),
            ..With::default()
        }
        .on(Memory::default());
        for number in 0..200 {
            bench.store.put(&path(&format!("/files/{number}")), "");
        }
        bench.store.put(&path("/models/m/1"), "{}");
        if listed_by_guest {
            // A filter hides nothing from the count.
            let selector = Selector {
                kind: Some("run".into()),
                ..Selector::new("/**")
            };
            let mut listing = bench.root().select(&selector).await.unwrap();
            assert!(all(&mut listing, 10).await.unwrap().is_empty());
        }
        for number in 0..3 {
            assert_eq!(
                delete(&bench, &format!("/files/{number}"), because("")).await,
                None
            );
        }
        let finished = bench.session.finish().await.unwrap();
        assert_eq!(
            finished.over_ceiling.as_ref().unwrap().over[0]
                .raise()
                .to_string(),
            "delete.percent=2"
        );
        assert_eq!(crate::bench::seal(finished).summary().listed["file"], 200);
    }
}

#[tokio::test]
async fn a_count_that_failed_makes_the_plan_incomplete() {
    let bench = With::default().on(workspace());
    assert_eq!(delete(&bench, "/blobs/c/x", because("")).await, None);
    bench.store.fail_listings_after(1);
    assert!(bench.plan().await.summary().incomplete.is_some());
}

#[tokio::test]
async fn proposals_are_numbered_and_capped() {
    let budget = Budget {
        proposals_max: 2,
        ..Budget::default()
    };
    let bench = With {
        budget,
        ..With::default()
    }
    .on(workspace());
    let named = bench.named("/blobs/c/x").await;
    let root = bench.root();
    assert_eq!(root.delete(&named, &because("")).await.unwrap(), 1);
    assert_eq!(root.delete(&named, &because("")).await.unwrap(), 2);
    assert_eq!(
        code(root.delete(&named, &because("")).await),
        Some(Code::Limit)
    );
}

//! The client under test: this crate's `Store`, as the commands use it.

use std::num::NonZeroUsize;
use std::time::Instant;

use futures::stream::TryStreamExt as _;
use remit_azure::{Cloud, Credential, Options, Target, Workspace};
use remit_workspace::{Listed, Pattern, Store as _};

use crate::{BLOBS, RUNS};

pub(crate) fn run(what: &str, url: &str, id: &str) {
    let begun = Instant::now();
    // As the commands that run no guest have it.
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.saturating_sub(1).max(1))
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cloud = Cloud::simulator(url).unwrap();
        let credential = Credential::choose_for(&cloud, None, &|_| None).unwrap();
        let id = id.replace("/providers/Microsoft.MachineLearningServices", "");
        let target = Target::parse(&format!("azureml:/{id}")).unwrap();
        let store = Workspace::open(&target, cloud, credential, &Options::default()).unwrap();
        let mut found = 0;
        if what != "blobs" {
            found += count(&store, "/runs/*").await;
        }
        if what != "runs" {
            found += count(&store, "/blobs/**").await;
        }
        let wanted = match what {
            "runs" => RUNS,
            "blobs" => BLOBS,
            _ => RUNS + BLOBS,
        };
        assert_eq!(found, wanted);
    });
    crate::say(begun);
}

async fn count(store: &Workspace, pattern: &str) -> u64 {
    let mut listing = store.list(&Pattern::parse(pattern).unwrap());
    let mut found = 0;
    while let Some(listed) = listing.try_next().await.unwrap() {
        match listed {
            Listed::Entry(_) => found += 1,
            Listed::Gap(gap) => panic!("{gap:?}"),
        }
    }
    found
}

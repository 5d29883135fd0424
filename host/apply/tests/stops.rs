//! Stopped before or after any call of the workspace, and before, in or after any flush of the journal,
//! a second apply ends where an undisturbed one does.

mod bed;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bed::stopping::{Points, StoppingDisk, StoppingStore};
use remit_apply::{Append, ApplyError, Durable, Outcome};

#[test]
fn stopped_anywhere_it_ends_as_if_undisturbed() {
    let calm_runtime = runtime();
    let undisturbed = bed::workspace();
    let original = calm_runtime.block_on(bed::plan(&undisturbed));
    let calm = original.copy();
    let progress = calm_runtime
        .block_on(calm.apply_plainly(undisturbed.clone()))
        .unwrap();
    assert!(progress.finished);
    let expect = Outcome::of(&calm.open(), &progress).unwrap();
    assert_eq!(expect.succeeded(), expect.total());

    let mut stops = 0;
    for stop_at in 0.. {
        let memory = bed::workspace();
        let planned = original.copy();
        // Each life has a runtime of its own: dropping it waits for the threads that write to the disk,
        // as the end of a process would.
        let was_stopped = runtime().block_on(async {
            let points = Points::new(stop_at);
            let store = Arc::new(StoppingStore {
                inner: memory.clone(),
                points: points.clone(),
            });
            let applying = planned.apply(store, Arc::new(StoppingDisk(points.clone())));
            tokio::select! {
                biased;
                done = applying => { done.unwrap(); false }
                () = points.stopped.notified() => true,
            }
        });
        let progress = runtime()
            .block_on(planned.apply_plainly(memory.clone()))
            .unwrap();
        let at = format!("stopped at point {stop_at}");
        assert!(progress.finished, "{at}");
        assert_eq!(
            Outcome::of(&planned.open(), &progress).unwrap(),
            expect,
            "{at}"
        );
        assert_eq!(memory.contents(), undisturbed.contents(), "{at}");
        assert_eq!(planned.package(), calm.package(), "{at}");
        if !was_stopped {
            break;
        }
        stops += 1;
    }
    assert!(
        stops > 60,
        "only {stops} points were met: the seam does not see what it should"
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime")
}

/// A disk whose flush fails once, with all, half or none of the bytes written.
struct Failing {
    flushes: AtomicUsize,
    fail_at: usize,
    written: fn(usize) -> usize,
}

#[async_trait]
impl Append for Failing {
    async fn append(&self, file: &Path, at: u64, bytes: Vec<u8>) -> io::Result<()> {
        let flush = self.flushes.fetch_add(1, Ordering::SeqCst);
        if flush != self.fail_at {
            assert!(
                flush < self.fail_at,
                "after a failed flush nothing may be written"
            );
            return Durable.append(file, at, bytes).await;
        }
        let written = (self.written)(bytes.len());
        Durable.append(file, at, bytes[..written].to_vec()).await?;
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[tokio::test]
async fn a_failed_flush_stops_all_and_the_next_run_ends_it() {
    let undisturbed = bed::workspace();
    let original = bed::plan(&undisturbed).await;
    let calm = original.copy();
    calm.apply_plainly(undisturbed.clone()).await.unwrap();
    let amounts: [fn(usize) -> usize; 3] = [|_| 0, |n| n / 2, |n| n];
    let mut failures = 0;
    for fail_at in 0..100 {
        for written in amounts {
            let memory = bed::workspace();
            let planned = original.copy();
            let failing = Arc::new(Failing {
                flushes: AtomicUsize::new(0),
                fail_at,
                written,
            });
            let before = memory.contents();
            match planned.apply(memory.clone(), failing).await {
                Ok(progress) => assert!(progress.finished),
                Err(ApplyError::Journal { source, .. }) => {
                    failures += 1;
                    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
                    if fail_at < 2 {
                        assert_eq!(
                            memory.contents(),
                            before,
                            "no act without its intent on the disk"
                        );
                    }
                }
                Err(other) => panic!("{other}"),
            }
            let progress = planned.apply_plainly(memory.clone()).await.unwrap();
            assert!(progress.finished);
            assert_eq!(
                memory.contents(),
                undisturbed.contents(),
                "flush {fail_at} failed"
            );
            assert_eq!(planned.package(), calm.package(), "flush {fail_at} failed");
        }
    }
    assert!(failures > 20, "{failures}");
}

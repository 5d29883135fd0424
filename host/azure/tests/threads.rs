//! Reading many small contents, on whichever threads the machine has for it.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_sim::Settings;
use remit_workspace::conformance::read;
use remit_workspace::{EntryPath, Store as _, StoreError};

use crate::bed::Simulated;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn small_contents_are_read_and_the_account_goes_on() {
    let bed = Simulated::start(Settings::default()).await;
    let paths: Vec<EntryPath> = (0..40)
        .map(|number| EntryPath::parse(&format!("/blobs/base-container/{number}")).unwrap())
        .collect();
    for number in 0..40 {
        let content = number.to_string();
        bed.storage
            .seed_blob("base-container", &number.to_string(), content);
    }
    let account = &bed.account;
    let one = |path: EntryPath| async move {
        let entry = account.stat(&path).await?;
        read(account.open(&path, &entry.version, 0).await?).await
    };
    for _ in 0..2 {
        // Before and after, the same connections are at hand on other threads.
        assert_eq!(one(paths[7].clone()).await.unwrap(), b"7"[..]);
        let reading = stream::iter(paths.iter().cloned().map(one)).buffered(16);
        let reading = reading.try_collect();
        let contents: Result<Vec<_>, StoreError> =
            remit_azure::copying(40, Some(80), reading).await;
        for (number, content) in contents.unwrap().into_iter().enumerate() {
            assert_eq!(content, number.to_string().as_bytes());
        }
    }
}

//! The threads on which many contents are read.

use std::future::Future;
use std::num::NonZeroUsize;

use tokio::runtime::{Builder, Handle, RuntimeFlavor};

/// Contents that are no longer than this on average are small, in bytes.
const SMALL: u64 = 256 * 1024;

/// Does the reading of so many contents, of so many bytes if that is known.
///
/// Small ones cost what is said about them, not what they hold. With two processors the system's part of a network
/// takes its share, and what is left one thread fills: they come a third faster where none waits for another's
/// word. Long ones come faster where another thread carries what comes, and with more processors threads share all
/// of the work: there, this only awaits. What blocks, flushes to a disk above all, has threads of its own anyway.
pub async fn copying<F: Future>(contents: u64, bytes: Option<u64>, reading: F) -> F::Output {
    let is_small = bytes.is_some_and(|bytes| bytes <= contents.saturating_mul(SMALL));
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // Where there is one thread already, it is this one.
    let is_shared = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    if is_small
        && processors <= 2
        && is_shared
        && let Ok(alone) = Builder::new_current_thread().enable_all().build()
    {
        // It ends in there too: elsewhere nobody may wait for it.
        return tokio::task::block_in_place(move || alone.block_on(reading));
    }
    reading.await
}

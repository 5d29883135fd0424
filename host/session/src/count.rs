//! Counting what is there, for ceilings in percent.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use remit_workspace::{Kind, Listed, Pattern, Store, StoreError};

/// Counts the entries that match, by kind. Gaps count nothing.
pub(crate) async fn all(
    store: &dyn Store,
    what: &Pattern,
) -> Result<BTreeMap<Kind, u64>, StoreError> {
    let mut counts = BTreeMap::new();
    let mut listing = store.list(what);
    while let Some(listed) = listing.next().await {
        if let Listed::Entry(entry) = listed? {
            *counts.entry(entry.kind).or_default() += 1;
        }
    }
    Ok(counts)
}

//! Work that goes on: runs that have not come to their end.

use futures::TryStreamExt as _;

use crate::{Entry, EntryPath, Kind, Listed, Pattern, Store, StoreError};

/// Whether a run goes on. A status that nobody knows is not taken for an end.
pub fn goes_on(entry: &Entry) -> bool {
    const ENDED: [&str; 5] = ["Completed", "Failed", "Canceled", "Cancelled", "Finished"];
    let status = entry.properties.get("status");
    entry.kind == Kind::Run
        && status.is_some_and(|status| !ENDED.iter().any(|end| end.eq_ignore_ascii_case(status)))
}

/// A run of the workspace that goes on; none when every one has ended. What could not be looked at is
/// [`StoreError::OutOfReach`], not an end.
pub async fn going_on(store: &dyn Store) -> Result<Option<EntryPath>, StoreError> {
    let every = Pattern::parse("/runs/*").expect("a constant");
    let mut runs = store.list(&every);
    while let Some(listed) = runs.try_next().await? {
        match listed {
            Listed::Entry(entry) if goes_on(&entry) => return Ok(Some(entry.path)),
            Listed::Entry(_) => {}
            Listed::Gap(gap) => {
                return Err(StoreError::OutOfReach {
                    path: gap.path,
                    reason: gap.reason,
                });
            }
        }
    }
    Ok(None)
}

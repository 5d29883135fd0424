//! The text around the places that a step cuts, for a person who reviews the plan.

use futures::TryStreamExt as _;
use remit_formats::Edit;
use remit_plan::{Plan, Step, read_edits};
use remit_report::Context;
use remit_workspace::{Store, StoreError};
use tokio::runtime::Handle;

/// Places of one step that are shown, and bytes on each side.
const PLACES_MAX: usize = 20;
const SIDE_BYTES: u64 = 60;

/// What stands around the first places of a step. Nothing where the entry has changed or cannot be read:
/// the plan says all that is certain.
pub(crate) fn around(store: &dyn Store, plan: &Plan, step: &Step) -> Vec<Context> {
    let Some(redaction) = step.act.redaction() else {
        return Vec::new();
    };
    let Ok(edits) = read_edits(plan.case(), &redaction.edits) else {
        return Vec::new();
    };
    // One more than is shown, so that the last one's surroundings end where the next place begins.
    let Ok(edits) = edits.take(PLACES_MAX + 1).collect::<Result<Vec<_>, _>>() else {
        return Vec::new();
    };
    let Some(last) = edits.last() else {
        return Vec::new();
    };
    let end = last.offset + u64::from(last.length) + SIDE_BYTES;
    let read = tokio::task::block_in_place(|| {
        Handle::current().block_on(windows(store, step, &edits, end))
    });
    read.unwrap_or_default()
}

async fn windows(
    store: &dyn Store,
    step: &Step,
    edits: &[Edit],
    end: u64,
) -> Result<Vec<Context>, StoreError> {
    let shown = edits.len().min(PLACES_MAX);
    let mut windows = vec![(Vec::new(), Vec::new(), Vec::new()); shown];
    let mut content = store.open(&step.path, &step.version, 0).await?;
    let mut at = 0_u64;
    while let Some(chunk) = content.try_next().await? {
        let chunk_end = at + chunk.len() as u64;
        for (index, window) in windows.iter_mut().enumerate() {
            let edit = &edits[index];
            let edit_end = edit.offset + u64::from(edit.length);
            let floor = index.checked_sub(1).map_or(0, |before| {
                edits[before].offset + u64::from(edits[before].length)
            });
            let ceiling = edits.get(index + 1).map_or(u64::MAX, |after| after.offset);
            let take = |from: u64, to: u64, into: &mut Vec<u8>| {
                let (from, to) = (from.clamp(at, chunk_end) - at, to.clamp(at, chunk_end) - at);
                into.extend_from_slice(&chunk[from as usize..to as usize]);
            };
            take(
                edit.offset.saturating_sub(SIDE_BYTES).max(floor),
                edit.offset,
                &mut window.0,
            );
            take(edit.offset, edit_end, &mut window.1);
            take(
                edit_end,
                (edit_end + SIDE_BYTES).min(ceiling),
                &mut window.2,
            );
        }
        at = chunk_end;
        if at >= end {
            break;
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(windows
        .into_iter()
        .zip(edits)
        .map(|((before, found, after), edit)| Context {
            before: text(&before),
            masked_len: text(&found).chars().count() as u64,
            after: text(&after),
            rule: edit.rule.clone(),
        })
        .collect())
}

//! Which runs are children of which.
//!
//! A run's document names its parent, not its children, so they are found by reading every run's
//! document. The answer is kept for as long as the folder of runs does not change: deleting many runs
//! would otherwise read all of them for each.

use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use remit_workspace::{EntryPath, Gap, Listed, Pattern, StoreError};

use crate::beneath;
use crate::error::Miss;
use crate::form::{Form, RECORDS};
use crate::stamp::Stamp;
use crate::walk;

/// Children by parent, as of one state of the folder of runs.
#[derive(Debug, Default)]
pub(crate) struct Children {
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    at: Stamp,
    /// Parent and child, sorted by parent.
    pairs: Arc<[(EntryPath, EntryPath)]>,
    /// Runs whose parent is not known.
    gaps: Arc<[Gap]>,
}

impl Children {
    /// The paths of the children of a run, and the places that may hide more of them.
    pub(crate) fn of(
        &self,
        root: &Arc<OwnedFd>,
        form: &Arc<Form>,
        run: &EntryPath,
    ) -> Result<(Vec<EntryPath>, Vec<Gap>), StoreError> {
        let Some(at) = stamp(root).map_err(|miss| miss.at(run, "listing the children"))? else {
            return Ok(Default::default());
        };
        // One reader at a time: the second finds what the first has read.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.at != at) {
            *known = Some(read(root, form, at)?);
        }
        let (pairs, gaps) = known
            .as_ref()
            .map(|known| (&known.pairs, &known.gaps))
            .expect("set above");
        let first = pairs.partition_point(|(parent, _)| parent < run);
        let children = pairs[first..]
            .iter()
            .take_while(|(parent, _)| parent == run);
        Ok((
            children.map(|(_, child)| child.clone()).collect(),
            gaps.to_vec(),
        ))
    }

    /// Does what changes the folder of runs without giving any run another parent.
    pub(crate) fn keep<T>(&self, root: &OwnedFd, act: impl FnOnce() -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = stamp(root).ok().flatten();
        let result = act();
        match (known.as_mut(), stamp(root)) {
            (Some(known), Ok(Some(after))) if Some(known.at) == before => known.at = after,
            _ => *known = None,
        }
        result
    }
}

fn stamp(root: &OwnedFd) -> Result<Option<Stamp>, Miss> {
    let folder = match beneath::folder(root.as_fd(), &[RECORDS.into()]) {
        Err(Miss::Absent) => return Ok(None),
        other => other?,
    };
    match beneath::stat(folder.as_fd(), b"runs") {
        Err(Miss::Absent) => Ok(None),
        other => Ok(Some(Stamp::of(&other?))),
    }
}

fn read(root: &Arc<OwnedFd>, form: &Arc<Form>, at: Stamp) -> Result<Known, StoreError> {
    let runs = Pattern::parse("/runs/*").expect("a constant");
    let (mut pairs, mut gaps) = (Vec::new(), Vec::new());
    walk::each(root.clone(), form.clone(), &runs, |listed| match listed {
        Listed::Entry(entry) => {
            let parent = entry
                .properties
                .get("parent")
                .map(|parent| EntryPath::of_segments(["runs", parent]));
            if let Some(Ok(parent)) = parent {
                pairs.push((parent, entry.path));
            }
        }
        Listed::Gap(gap) => gaps.push(gap),
    })?;
    pairs.sort_unstable();
    Ok(Known {
        at,
        pairs: pairs.into(),
        gaps: gaps.into(),
    })
}

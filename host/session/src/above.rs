//! The runs above a run. A run's document names its parent, and a path does not, so the documents are asked.

use remit_workspace::{Entry, EntryPath, Kind, StoreError, layout};

use crate::{Answer, Code, Failure, Scope};

/// Runs above a run: a pipeline of pipelines is a few levels deep. More is no tree.
const DEPTH_MAX: usize = 32;

/// Runs whose parents are remembered, some 200 bytes each. Others are looked at again.
const REMEMBERED_MAX: usize = 1 << 14;

impl Scope {
    /// The runs above the run that the entry is, or belongs to, the nearest first.
    pub(crate) async fn above(&self, entry: &Entry) -> Answer<Vec<EntryPath>> {
        let mut above = Vec::new();
        let mut parent = match entry.kind {
            Kind::Run => {
                let parent = named(entry);
                // Its parts are asked about next.
                self.remember(&entry.path, &parent);
                parent
            }
            _ => match layout::owner_of(&entry.path) {
                Some(owner) => self.parent(&owner).await?,
                None => None,
            },
        };
        while let Some(run) = parent {
            if above.len() == DEPTH_MAX || above.contains(&run) {
                let message = format!("{}: the runs above it nest too deeply", entry.path);
                return Err(Failure::new(Code::Limit, message).into());
            }
            parent = self.parent(&run).await?;
            above.push(run);
        }
        Ok(above)
    }

    /// The parent of a run; none when it has none, or is not there.
    async fn parent(&self, run: &EntryPath) -> Answer<Option<EntryPath>> {
        if let Some(known) = self.session.state().parents.get(run) {
            return Ok(known.clone());
        }
        let parent = match self.session.store.stat(run).await {
            Ok(entry) => named(&entry),
            Err(StoreError::NotFound(_)) => None,
            // Who may forbid it cannot be told.
            Err(error) => return self.unread(run, error),
        };
        self.remember(run, &parent);
        Ok(parent)
    }

    fn remember(&self, run: &EntryPath, parent: &Option<EntryPath>) {
        let parents = &mut self.session.state().parents;
        if parents.len() == REMEMBERED_MAX {
            parents.clear();
        }
        parents.insert(run.clone(), parent.clone());
    }
}

/// The parent that a run's document names.
fn named(run: &Entry) -> Option<EntryPath> {
    let id = run.properties.get("parent")?;
    EntryPath::of_segments(["runs", id]).ok()
}

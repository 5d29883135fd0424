//! What was denied, for the operator: the guest learns that, the operator learns why.

use std::collections::BTreeSet;

use remit_policy::{Denied, Right};
use remit_workspace::EntryPath;

use crate::{Code, Failure};

/// Something a guest wanted and was not allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    /// The right that it would have needed.
    pub right: Right,
    /// On what.
    pub path: EntryPath,
    /// Why, in a sentence.
    pub why: String,
    /// What would allow it, if anything can.
    pub hint: Option<String>,
}

/// The first of them, each once.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    seen: BTreeSet<Denial>,
    more: u64,
}

/// Enough for a person to see the pattern; a guest that tries every path is not to fill the memory.
const KEPT_MAX: usize = 100;

impl Denials {
    pub(crate) fn add(&mut self, denied: &Denied) {
        // A guest that leaves a scope it narrowed itself wants nothing that an operator could grant.
        if matches!(denied, Denied::OutOfScope(_)) {
            return;
        }
        let wanted = denied.wanted();
        let denial = Denial {
            right: wanted.right,
            path: wanted.path.clone(),
            why: denied.to_string(),
            hint: denied.hint(),
        };
        if self.seen.contains(&denial) {
            return;
        }
        match self.seen.len() < KEPT_MAX {
            true => _ = self.seen.insert(denial),
            false => self.more += 1,
        }
    }

    /// The first of them, and how many more there were.
    pub(crate) fn take(&mut self) -> (Vec<Denial>, u64) {
        (
            std::mem::take(&mut self.seen).into_iter().collect(),
            self.more,
        )
    }
}

/// What the guest learns of it.
pub(crate) fn failure(denied: &Denied) -> Failure {
    let code = match denied {
        Denied::OutOfScope(_) => Code::OutOfScope,
        Denied::Reserved(_)
        | Denied::Held { .. }
        | Denied::NotAsked(_)
        | Denied::NotGranted(_)
        | Denied::Excepted { .. }
        | Denied::OutOfBounds(_)
        | Denied::NeedsStrength { .. }
        | Denied::NotEnumerable(_) => Code::Denied,
    };
    Failure::new(code, denied.guest_message())
}

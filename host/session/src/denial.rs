//! What was denied, for the operator: the guest learns that, the operator learns why.

use std::collections::BTreeSet;

use remit_policy::{Denied, Line, Missing, Right, Strength};
use remit_workspace::Pattern;

use crate::{Code, Failure};

/// Something a guest wanted and was not allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    /// The right that it would have needed.
    pub right: Right,
    /// On what: an entry, or the pattern of a place.
    pub place: String,
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
            place: wanted.path.to_string(),
            why: denied.to_string(),
            hint: denied.hint(),
        };
        self.keep(denial);
    }

    /// A right that the guest holds nowhere, wanted on a place.
    pub(crate) fn add_place(&mut self, right: Right, place: &Pattern, is_asked: bool) {
        let missing = Missing {
            right,
            line: Line {
                pattern: place.clone(),
                strength: Strength::default(),
            },
        };
        let (why, hint) = match is_asked {
            true => ("not granted", format!("a human's act: {}", missing.allow())),
            false => (
                "the guest did not ask for it",
                format!(
                    "granting does not help; the guest's manifest (a script's header) would have to ask: {}",
                    missing.grant_line()
                ),
            ),
        };
        self.keep(Denial {
            right,
            place: place.to_string(),
            why: format!("{missing}: {why}"),
            hint: Some(hint),
        });
    }

    fn keep(&mut self, denial: Denial) {
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

//! One answer for a whole listing: whether a right surely holds on everything that is chosen.
//!
//! It only spares asking for each entry. Where it is not sure it says no, and each entry is asked for.

use remit_workspace::{EntryPath, Pattern};

use crate::{Authority, Right, Rights, cover};

impl Authority {
    /// Whether [`Authority::allows`] says yes on every path that any of these patterns chooses. May say no where a
    /// closer look would say yes, never the reverse; of a right that changes anything it always says no.
    pub fn allows_everywhere(&self, right: Right, chosen: &[Pattern]) -> bool {
        !right.changes() && chosen.iter().all(|one| self.allows_all_of(right, one))
    }

    fn allows_all_of(&self, right: Right, chosen: &Pattern) -> bool {
        let prefix = chosen.literal_prefix();
        // Whether names are folded is told by the root as it is written. Of a spelling that no entry has,
        // patterns cannot be compared.
        let has_known_root = prefix
            .first()
            .is_some_and(|root| !root.iter().any(u8::is_ascii_uppercase));
        let Ok(near) = EntryPath::of_segments(&prefix) else {
            return false;
        };
        has_known_root
            && !cover::holds_reserved(&near)
            && self.scopes_hold(right, |place| place.governs_all_of(chosen))
            && self
                .layers()
                .all(|(_, rights)| rights.hold_everywhere(right, chosen))
    }
}

impl Rights {
    /// Whether the right, in its plain form, surely holds on everything that `chosen` chooses.
    fn hold_everywhere(&self, right: Right, chosen: &Pattern) -> bool {
        let mut lines = self.lines(right).iter();
        lines.any(|line| line.pattern.governs_all_of(chosen))
            && !self
                .exceptions()
                .iter()
                .any(|pattern| cover::may_cover(pattern, chosen))
    }
}

//! Proposing: one builder per act. `propose` answers the number under which the guest's log knows
//! the proposal.

use crate::bindings::remit::workspace::{archives, deletions, exports, redactions};
use crate::{Entry, Failure, Scope};

/// A deletion, not yet proposed. Right: `delete`.
#[must_use = "nothing is proposed before `propose`"]
pub struct Deletion<'a> {
    scope: &'a Scope,
    raw: deletions::Deletion,
}

impl<'a> Deletion<'a> {
    pub(crate) fn new(scope: &'a Scope, entry: &Entry) -> Self {
        Self {
            scope,
            raw: deletions::Deletion::new(entry),
        }
    }

    /// Says why, for the reader of the plan.
    pub fn because(self, reason: &str) -> Self {
        self.raw.because(reason);
        self
    }

    /// Deletes a record and leaves its owned parts.
    pub fn keep_parts(self) -> Self {
        self.raw.keep_parts();
        self
    }

    /// Generations too, for good. Needs `purge` by name.
    pub fn purge(self) -> Self {
        self.raw.purge();
        self
    }

    /// Forgets a compute target without deleting what is below it.
    pub fn detach(self) -> Self {
        self.raw.detach();
        self
    }

    /// Stops a running one before. Needs `cancel` by name.
    pub fn cancel_first(self) -> Self {
        self.raw.cancel_first();
        self
    }

    /// Proposes it.
    pub fn propose(self) -> Result<u64, Failure> {
        self.raw.propose(self.scope)
    }
}

/// A redaction, not yet proposed. Right: `redact`. The host cuts.
#[must_use = "nothing is proposed before `propose`"]
pub struct Redaction<'a> {
    scope: &'a Scope,
    raw: redactions::Redaction,
}

impl<'a> Redaction<'a> {
    pub(crate) fn new(scope: &'a Scope, entry: &Entry, scanner: &str) -> Self {
        Self {
            scope,
            raw: redactions::Redaction::new(entry, scanner),
        }
    }

    /// Says why, for the reader of the plan.
    pub fn because(self, reason: &str) -> Self {
        self.raw.because(reason);
        self
    }

    /// For findings of `rule` (or `*`): `label`, `mask`, `pseudonym` or `remove`.
    pub fn operator(self, rule: &str, operator: &str) -> Self {
        self.raw.operator(rule, operator);
        self
    }

    /// Proposes it.
    pub fn propose(self) -> Result<u64, Failure> {
        self.raw.propose(self.scope)
    }
}

/// An export, not yet proposed. Right: `export`.
#[must_use = "nothing is proposed before `propose`"]
pub struct Export<'a> {
    scope: &'a Scope,
    raw: exports::Exported,
}

impl<'a> Export<'a> {
    pub(crate) fn new(scope: &'a Scope, entry: &Entry) -> Self {
        Self {
            scope,
            raw: exports::Exported::new(entry),
        }
    }

    /// Says why, for the reader of the plan.
    pub fn because(self, reason: &str) -> Self {
        self.raw.because(reason);
        self
    }

    /// The package holds what this converter makes of the content.
    pub fn through(self, converter: &str) -> Self {
        self.raw.through(converter);
        self
    }

    /// The package's copy has this scanner's findings masked.
    pub fn redacted_by(self, scanner: &str) -> Self {
        self.raw.redacted_by(scanner);
        self
    }

    /// Of those, what overlaps a finding of this scanner stays readable.
    pub fn sparing(self, scanner: &str) -> Self {
        self.raw.sparing(scanner);
        self
    }

    /// Proposes it.
    pub fn propose(self) -> Result<u64, Failure> {
        self.raw.propose(self.scope)
    }
}

/// An archival of a record, not yet proposed. Right: `archive`.
#[must_use = "nothing is proposed before `propose`"]
pub struct Archival<'a> {
    scope: &'a Scope,
    raw: archives::Archival,
}

impl<'a> Archival<'a> {
    pub(crate) fn new(scope: &'a Scope, entry: &Entry) -> Self {
        Self {
            scope,
            raw: archives::Archival::new(entry),
        }
    }

    /// Says why, for the reader of the plan.
    pub fn because(self, reason: &str) -> Self {
        self.raw.because(reason);
        self
    }

    /// Proposes it.
    pub fn propose(self) -> Result<u64, Failure> {
        self.raw.propose(self.scope)
    }
}

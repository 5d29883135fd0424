//! What a guest may propose, and what every proposal has in common.

use remit_formats::Operator;

/// What a guest says of an entry that it was shown. Everything else in its record is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The canonical path.
    pub path: String,
    /// The version it was shown.
    pub version: String,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// A record without its owned parts.
    pub keep_parts: bool,
    /// For good, generations included.
    pub purge: bool,
    /// A compute target is forgotten; what is below it stays.
    pub detach: bool,
    /// What runs is stopped first.
    pub cancel_first: bool,
}

/// How to redact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// Who says where.
    pub scanner: String,
    /// What becomes of findings of a rule, or of `*`, every other rule. Without any: `label`.
    pub operators: Vec<(String, Operator)>,
}

/// How to export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Why, in the guest's words.
    pub reason: String,
    /// The package holds what this converter makes of the content.
    pub through: Option<String>,
    /// The copy has this scanner's findings masked.
    pub redacted_by: Option<String>,
    /// Of those, what overlaps a finding of this scanner stays readable.
    pub sparing: Option<String>,
}

impl From<(&remit_workspace::EntryPath, &remit_workspace::Version)> for Named {
    fn from((path, version): (&remit_workspace::EntryPath, &remit_workspace::Version)) -> Self {
        Self { path: path.to_string(), version: version.to_string() }
    }
}

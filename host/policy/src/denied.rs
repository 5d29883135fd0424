//! Why something is not allowed: for the guest one word, for the operator the line that would do.

use remit_workspace::{EntryPath, Pattern};

use crate::{CaseId, Right, Strength, cover};

/// Who did not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The guest did not ask for it.
    Asked,
    /// Nobody granted it.
    Granted,
    /// The workspace's policy allows it in no grant.
    Bounds,
}

/// What was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The right.
    pub right: Right,
    /// Its stronger forms.
    pub strength: Strength,
    /// The entry or the place.
    pub path: EntryPath,
    /// Whether everything below was meant.
    pub all_below: bool,
}

impl Wanted {
    /// The narrowest pattern that covers it.
    fn pattern(&self) -> String {
        if self.all_below && cover::stands_for_everything(&self.path) {
            return "/**".to_owned();
        }
        let below = if self.all_below { "/**" } else { "" };
        format!("{}{below}", self.path.current())
    }

    /// The narrowest `--allow` that covers it. Written paths hold no quotes.
    fn allow(&self) -> String {
        format!(
            "--allow {}{}='{}'",
            self.right,
            self.strength,
            self.pattern()
        )
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let below = if self.all_below {
            "everything below "
        } else {
            ""
        };
        write!(f, "{}{} of {below}{}", self.right, self.strength, self.path)
    }
}

/// Why something is not allowed. Display is for the operator.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Denied {
    /// It is the place of the policy.
    #[error("{0}: this is the place of the workspace's policy")]
    Reserved(Wanted),
    /// Holds forbid to change it.
    #[error("{wanted}: held by {}", joined(cases))]
    Held {
        /// What was wanted.
        wanted: Wanted,
        /// All cases that hold it; never empty.
        cases: Vec<CaseId>,
    },
    /// The guest's own scope does not hold it.
    #[error("{0}: outside of the scope")]
    OutOfScope(Wanted),
    /// The guest did not ask for it.
    #[error("{0}: the guest did not ask for it")]
    NotAsked(Wanted),
    /// Nobody granted it.
    #[error("{0}: not granted")]
    NotGranted(Wanted),
    /// An exception takes it out.
    #[error("{wanted}: excepted by `{pattern}`")]
    Excepted {
        /// What was wanted.
        wanted: Wanted,
        /// The exception.
        pattern: Pattern,
        /// Whose exception it is.
        by: Layer,
    },
    /// The workspace's policy allows it in no grant.
    #[error("{0}: out of the bounds that the workspace's policy sets")]
    OutOfBounds(Wanted),
    /// The right holds, but a stronger form of it is missing.
    #[error("{wanted}: needs {missing} by name")]
    NeedsStrength {
        /// What was wanted.
        wanted: Wanted,
        /// The forms that are missing.
        missing: Strength,
        /// Where they are missing.
        by: Layer,
    },
    /// The act has to be said of each entry; this set could not be enumerated.
    #[error("{0}: only a delete may take what cannot be enumerated")]
    NotEnumerable(Wanted),
}

impl Denied {
    /// One word for the operator's own tables and for exit codes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Reserved(_) => "reserved",
            Self::Held { .. } => "held",
            Self::OutOfScope(_) => "out-of-scope",
            Self::NotAsked(_)
            | Self::NotGranted(_)
            | Self::Excepted { .. }
            | Self::NeedsStrength { .. }
            | Self::NotEnumerable(_) => "denied",
            Self::OutOfBounds(_) => "out-of-bounds",
        }
    }

    /// The hold that denies it, in the words of plans and of states: `hold CASE-7, CASE-9`. None where it is no hold.
    pub fn hold(&self) -> Option<String> {
        match self {
            Self::Held { cases, .. } => Some(format!("hold {}", joined(cases))),
            Self::Reserved(_)
            | Self::OutOfScope(_)
            | Self::NotAsked(_)
            | Self::NotGranted(_)
            | Self::Excepted { .. }
            | Self::OutOfBounds(_)
            | Self::NeedsStrength { .. }
            | Self::NotEnumerable(_) => None,
        }
    }

    /// The code a guest sees. Why it is denied is not its business; that it left its own scope is.
    pub fn guest_code(&self) -> &'static str {
        match self {
            Self::OutOfScope(_) => "out-of-scope",
            Self::Reserved(_)
            | Self::Held { .. }
            | Self::NotAsked(_)
            | Self::NotGranted(_)
            | Self::Excepted { .. }
            | Self::OutOfBounds(_)
            | Self::NeedsStrength { .. }
            | Self::NotEnumerable(_) => "denied",
        }
    }

    /// What a guest is told: the right that it wanted, and nothing that it did not say itself.
    pub fn guest_message(&self) -> String {
        match self {
            Self::OutOfScope(wanted) => format!("{} is outside of this scope", wanted.right),
            Self::Reserved(_)
            | Self::Held { .. }
            | Self::NotAsked(_)
            | Self::NotGranted(_)
            | Self::Excepted { .. }
            | Self::OutOfBounds(_)
            | Self::NeedsStrength { .. }
            | Self::NotEnumerable(_) => format!("{} is denied here", self.wanted().right),
        }
    }

    /// What was wanted.
    pub fn wanted(&self) -> &Wanted {
        match self {
            Self::Reserved(wanted)
            | Self::OutOfScope(wanted)
            | Self::NotAsked(wanted)
            | Self::NotGranted(wanted)
            | Self::OutOfBounds(wanted)
            | Self::NotEnumerable(wanted)
            | Self::Held { wanted, .. }
            | Self::Excepted { wanted, .. }
            | Self::NeedsStrength { wanted, .. } => wanted,
        }
    }

    /// For the operator: the narrowest line that would allow it, if a line can.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Reserved(_) | Self::OutOfScope(_) | Self::NotEnumerable(_) => None,
            Self::Held { cases, .. } => Some(format!(
                "a human's act: have the hold lifted ({})",
                joined(cases)
            )),
            Self::NotAsked(wanted) => Some(not_asked(wanted)),
            Self::NotGranted(wanted) => Some(format!("a human's act: {}", wanted.allow())),
            Self::Excepted { pattern, by, .. } => Some(match by {
                Layer::Asked => format!(
                    "the guest's manifest excepts `{pattern}`; only its author can change that"
                ),
                Layer::Granted => {
                    format!("a human's act: take `{pattern}` out of the grant's `except`")
                }
                Layer::Bounds => format!(
                    "a human's act: take `{pattern}` out of `except` in the policy's [bounds]"
                ),
            }),
            Self::OutOfBounds(wanted) => Some(in_bounds(wanted)),
            Self::NeedsStrength { wanted, by, .. } => Some(match by {
                Layer::Asked => not_asked(wanted),
                Layer::Granted => format!("a human's act: {}", wanted.allow()),
                Layer::Bounds => in_bounds(wanted),
            }),
        }
    }
}

fn joined(cases: &[CaseId]) -> String {
    let cases: Vec<&str> = cases.iter().map(CaseId::as_str).collect();
    cases.join(", ")
}

fn not_asked(wanted: &Wanted) -> String {
    format!(
        "granting does not help; the guest's manifest (a script's header) would have to ask: {}",
        line(wanted)
    )
}

fn in_bounds(wanted: &Wanted) -> String {
    format!(
        "a human's act, in the [bounds] of the workspace's policy: {}",
        line(wanted)
    )
}

/// The line of a manifest, a grant or the bounds that covers it.
fn line(wanted: &Wanted) -> String {
    let pattern = wanted.pattern();
    if wanted.strength == Strength::default() {
        return format!("{} = [\"{pattern}\"]", wanted.right);
    }
    let flags: String = wanted
        .strength
        .names()
        .map(|name| format!(", {name} = true"))
        .collect();
    format!("{} = {{ paths = [\"{pattern}\"]{flags} }}", wanted.right)
}

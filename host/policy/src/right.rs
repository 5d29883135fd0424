//! The rights, and the acts that need them.

use std::fmt;

use remit_workspace::EntryPath;

/// What somebody may do, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Learn that entries are there.
    List,
    /// Read content and properties.
    Read,
    /// Put a copy into the package.
    Export,
    /// Have the host cut findings out.
    Redact,
    /// Put a converter's output in the entry's place.
    Rewrite,
    /// Delete.
    Delete,
    /// Archive a record.
    Archive,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 7] = [
        Self::List,
        Self::Read,
        Self::Export,
        Self::Redact,
        Self::Rewrite,
        Self::Delete,
        Self::Archive,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Export => "export",
            Self::Redact => "redact",
            Self::Rewrite => "rewrite",
            Self::Delete => "delete",
            Self::Archive => "archive",
        }
    }

    /// The right of this name; none when it is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == text)
    }

    /// Whether it changes the workspace. Holds forbid these, and only these.
    pub const fn changes(self) -> bool {
        match self {
            Self::List | Self::Read | Self::Export => false,
            Self::Redact | Self::Rewrite | Self::Delete | Self::Archive => true,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The stronger forms of `delete`, each granted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strength {
    /// For good, generations included.
    pub purge: bool,
    /// Containers, accounts, dependents: what cannot be enumerated.
    pub cascade: bool,
    /// Stopping what runs.
    pub cancel: bool,
}

impl Strength {
    /// All of them.
    pub const ALL: Self = Self {
        purge: true,
        cascade: true,
        cancel: true,
    };

    /// The names, in the order in which they are written.
    pub const NAMES: [&'static str; 3] = ["purge", "cascade", "cancel"];

    /// The names of the forms that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .zip([self.purge, self.cascade, self.cancel])
            .filter_map(|(name, set)| set.then_some(name))
    }

    /// Each form that is set, alone.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        let none = Self::default();
        [
            Self {
                purge: self.purge,
                ..none
            },
            Self {
                cascade: self.cascade,
                ..none
            },
            Self {
                cancel: self.cancel,
                ..none
            },
        ]
        .into_iter()
        .filter(move |one| *one != none)
    }

    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        Self {
            purge: self.purge || other.purge,
            cascade: self.cascade || other.cascade,
            cancel: self.cancel || other.cancel,
        }
    }

    /// Whether every form of `other` is set here.
    pub const fn includes(self, other: Self) -> bool {
        (self.purge || !other.purge)
            && (self.cascade || !other.cascade)
            && (self.cancel || !other.cancel)
    }

    /// Sets the form of this name; false when there is none.
    pub(crate) fn set(&mut self, name: &str) -> bool {
        match name {
            "purge" => self.purge = true,
            "cascade" => self.cascade = true,
            "cancel" => self.cancel = true,
            _ => return false,
        }
        true
    }
}

impl fmt::Display for Strength {
    /// `+purge+cascade`; nothing when no form is set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names().try_for_each(|name| write!(f, "+{name}"))
    }
}

/// Something to be done to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Copy it into the package.
    Export,
    /// Cut findings out of it.
    Redact,
    /// Put a converter's output in its place.
    Rewrite,
    /// Delete it, as strongly as said.
    Delete(Strength),
    /// Archive it.
    Archive,
}

impl Act {
    /// The right that it needs.
    pub const fn right(self) -> Right {
        match self {
            Self::Export => Right::Export,
            Self::Redact => Right::Redact,
            Self::Rewrite => Right::Rewrite,
            Self::Delete(_) => Right::Delete,
            Self::Archive => Right::Archive,
        }
    }

    /// The word for it: that of its right.
    pub const fn as_str(self) -> &'static str {
        self.right().as_str()
    }

    /// The stronger forms that it uses.
    pub const fn strength(self) -> Strength {
        match self {
            Self::Delete(strength) => strength,
            Self::Export | Self::Redact | Self::Rewrite | Self::Archive => Strength {
                purge: false,
                cascade: false,
                cancel: false,
            },
        }
    }
}

impl fmt::Display for Act {
    /// `delete+purge`, `redact`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.as_str(), self.strength())
    }
}

/// A member of a step's effect set: what the act changes or may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<'a> {
    /// This entry.
    Entry(&'a EntryPath),
    /// This entry and everything below it, whatever that is: the set that could not be enumerated.
    AllBelow(&'a EntryPath),
}

impl<'a> Effect<'a> {
    /// The entry, or the place.
    pub const fn path(self) -> &'a EntryPath {
        match self {
            Self::Entry(path) | Self::AllBelow(path) => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for right in Right::ALL {
            assert_eq!(Right::parse(right.as_str()), Some(right));
        }
        assert_eq!(Right::parse("Delete"), None);
        let strong = Strength {
            purge: true,
            cascade: false,
            cancel: true,
        };
        assert_eq!(Act::Delete(strong).to_string(), "delete+purge+cancel");
        assert!(strong.includes(Strength::default()) && !Strength::default().includes(strong));
        assert_eq!(strong.each().count(), 2);
    }
}

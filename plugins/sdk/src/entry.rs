//! Comfort for the plain records of the interface: entries and failures.

use crate::{Entry, Failure};

impl Entry {
    /// Returns the first value of property `name`, as `owner`, `status` or `tag:<name>`.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the value of the tag `name`.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(key, _)| key.strip_prefix("tag:") == Some(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Failure {
    /// Makes a failure of the guest's own. The code should be one of the interface's.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }

    /// Whether this is the failure `code`: `denied`, `changed`, `unreadable`, …
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::new("invalid", message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self::new("invalid", message)
    }
}

//! The open facts about an entry, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A fact: its name and what it says.
pub type Property = (Box<str>, Box<str>);

/// Facts in the order of their names, each name once. Cloning is cheap: a listing hands them on as they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(Arc<[Property]>);

impl Properties {
    /// What is said under this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        // There are few, and comparing lengths tells most apart.
        let mut all = self.iter();
        all.find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With one fact more, or another one of that name.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        self.iter().chain([(name, value)]).collect()
    }

    /// As they are kept.
    pub fn shared(&self) -> &Arc<[Property]> {
        &self.0
    }
}

/// Of two facts of one name the later counts.
impl<N: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(N, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Self {
        let own = |(name, value): (N, V)| (name.into(), value.into());
        let mut all: Arc<[Property]> = all.into_iter().map(own).collect();
        let is_ordered = |all: &[Property]| all.is_sorted_by(|(one, _), (next, _)| one < next);
        if !is_ordered(&all) {
            // A map keeps the later of two, and the order.
            let map: BTreeMap<Box<str>, Box<str>> = all.iter().cloned().collect();
            all = map.into_iter().collect();
        }
        Self(all)
    }
}

impl<N: Into<Box<str>>, V: Into<Box<str>>, const COUNT: usize> From<[(N, V); COUNT]>
    for Properties
{
    fn from(all: [(N, V); COUNT]) -> Self {
        all.into_iter().collect()
    }
}

impl From<BTreeMap<String, String>> for Properties {
    fn from(all: BTreeMap<String, String>) -> Self {
        all.into_iter().collect()
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_in_order() {
        let all = Properties::from([("status", "Failed"), ("owner", "ada"), ("status", "Done")]);
        let pairs: Vec<_> = all.iter().collect();
        assert_eq!(pairs, [("owner", "ada"), ("status", "Done")]);
        assert_eq!((all.get("status"), all.get("tier")), (Some("Done"), None));
        assert_eq!(all.with("owner", "bob").get("owner"), Some("bob"));
        assert_eq!(all.with("owner", "bob").iter().len(), 2);
        let map: BTreeMap<String, String> = all
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(Properties::from(map), all);
        assert!(Properties::default().is_empty());
    }
}

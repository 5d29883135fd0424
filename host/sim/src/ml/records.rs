//! Records and resources as documents under one ordered map, and how they were before.
//!
//! A record of the workspace lies under its path without the slash before it (`runs/<id>`,
//! `models/<name>/<version>`), a resource under its id in lower case. Each segment of a key is
//! encoded, so that a slash in a name is none in a key.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::ml::generated::GeneratedRuns;

const IN_KEY: &AsciiSet = &CONTROLS.add(b'%').add(b'/');
/// How many past states are kept for a listing that is behind.
const PAST_MAX: usize = 256;

/// The key of a record with these segments.
pub(crate) fn key<'a>(segments: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for segment in segments {
        if !text.is_empty() {
            text.push('/');
        }
        text.extend(utf8_percent_encode(segment, IN_KEY));
    }
    text
}

/// The decoded segments of a record's key.
pub(crate) fn segments(key: &str) -> Vec<String> {
    key.split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// All documents.
#[derive(Debug, Default)]
pub(crate) struct Records {
    stored: BTreeMap<String, Value>,
    pub(crate) generated: Option<GeneratedRuns>,
    past: VecDeque<(String, Option<Value>)>,
}

impl Records {
    pub(crate) fn get(&self, key: &str) -> Option<Cow<'_, Value>> {
        if let Some(found) = self.stored.get(key) {
            return Some(Cow::Borrowed(found));
        }
        self.generated.as_ref()?.find(key).map(Cow::Owned)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Puts or removes a document, and gives back what was there.
    pub(crate) fn set(&mut self, key: &str, after: Option<Value>) -> Option<Value> {
        let before = self.get(key).map(Cow::into_owned);
        if let Some(generated) = &mut self.generated {
            generated.take(key);
        }
        match after {
            Some(after) => self.stored.insert(key.to_owned(), after),
            None => self.stored.remove(key),
        };
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back((key.to_owned(), before.clone()));
        before
    }

    /// Forgets how things were: what was seeded has no past.
    pub(crate) fn forget_past(&mut self) {
        self.past.clear();
    }

    /// The first document at or after a key.
    fn first_from(&self, start: &str, undone: &Undone<'_>) -> Option<(String, Cow<'_, Value>)> {
        let range = || (Bound::Included(start), Bound::Unbounded);
        let stored = self
            .stored
            .range::<str, _>(range())
            .find(|(key, _)| !undone.contains_key(key.as_str()))
            .map(|(key, found)| (key.clone(), Cow::Borrowed(found)));
        let computed = self
            .generated
            .as_ref()
            .and_then(|generated| generated.from(start))
            .map(|(key, found)| (key, Cow::Owned(found)));
        let past = undone
            .range::<str, _>(range())
            .find_map(|(key, was)| Some(((*key).to_owned(), Cow::Owned(was.clone()?))));
        [stored, computed, past]
            .into_iter()
            .flatten()
            .min_by(|(a, _), (b, _)| a.cmp(b))
    }

    /// Documents below a prefix in the order of their keys, from a key on, as they were `behind`
    /// changes ago.
    pub(crate) fn below<'a>(
        &'a self,
        prefix: &'a str,
        from: &str,
        behind: usize,
    ) -> impl Iterator<Item = (String, Cow<'a, Value>)> + use<'a> {
        let mut undone = Undone::new();
        // Newest first, so that the oldest state of a key is what stays.
        for (key, was) in self.past.iter().rev().take(behind) {
            undone.insert(key.as_str(), was.clone());
        }
        let mut at = if from > prefix { from } else { prefix }.to_owned();
        std::iter::from_fn(move || {
            let (key, found) = self.first_from(&at, &undone)?;
            if !key.starts_with(prefix) {
                return None;
            }
            at = format!("{key}\0");
            Some((key, found))
        })
    }

    /// The keys below a prefix.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.below(prefix, "", 0).map(|(key, _)| key).collect()
    }
}

type Undone<'a> = BTreeMap<&'a str, Option<Value>>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_view_that_is_behind_shows_what_was() {
        let mut records = Records::default();
        for name in ["runs/a", "runs/b", "runs/c"] {
            records.set(name, Some(json!(name)));
        }
        records.forget_past();
        records.set("runs/b", None);
        records.set("runs/d", Some(json!(1)));
        let keys = |behind| {
            records
                .below("runs/", "", behind)
                .map(|(key, _)| key)
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(0), ["runs/a", "runs/c", "runs/d"]);
        assert_eq!(keys(1), ["runs/a", "runs/c"]);
        assert_eq!(keys(2), ["runs/a", "runs/b", "runs/c"]);
        assert_eq!(segments(&key(["models", "a/b%", "1"]))[1], "a/b%");
    }
}

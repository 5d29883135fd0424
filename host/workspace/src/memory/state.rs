//! What the store in memory holds, and how it changes. Everything here happens under one lock.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    Entry, EntryPath, Forecast, Gap, Generation, Kind, Listed, Millis, Pattern, StoreError, Version,
};

/// 2026-01-01T00:00:00Z: a day on which nothing else begins.
const START: Millis = 1_767_225_600_000;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// How a record's document is shown.
pub(super) type Show = fn(&[u8]) -> Vec<u8>;

#[derive(Debug)]
pub(super) struct State {
    pub(super) current: BTreeMap<EntryPath, Held>,
    /// By their own paths, so that those of one object lie together.
    generations: BTreeMap<EntryPath, Held>,
    pub(super) references: BTreeMap<EntryPath, Vec<Pattern>>,
    pub(super) holds: BTreeMap<EntryPath, String>,
    pub(super) unlistable: BTreeSet<EntryPath>,
    pub(super) policy: BTreeMap<String, Vec<u8>>,
    pub(super) show: Option<Show>,
    pub(super) now: Millis,
    pub(super) keeps_versions: bool,
    pub(super) soft_delete_days: Option<u32>,
    pub(super) listings_fail_after: Option<usize>,
    pub(super) references_fail_after: Option<usize>,
    pub(super) reads_to_fail: usize,
    pub(super) reads_until_failing: Option<usize>,
    pub(super) content_breaks_after: Option<usize>,
    pub(super) changes_to_fail: usize,
    made: u64,
}

/// One state of one entry.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) content: Bytes,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) unreadable: Option<String>,
    version: Version,
    created: Millis,
    modified: Millis,
    /// When the service lets go of a deleted state.
    until: Option<Millis>,
}

/// A failure that was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("throttled")]
    Throttled,
    #[error("cut off")]
    CutOff,
}

impl Default for State {
    fn default() -> Self {
        Self {
            current: BTreeMap::new(),
            generations: BTreeMap::new(),
            references: BTreeMap::new(),
            holds: BTreeMap::new(),
            unlistable: BTreeSet::new(),
            policy: BTreeMap::new(),
            show: None,
            now: START,
            keeps_versions: false,
            soft_delete_days: None,
            listings_fail_after: None,
            references_fail_after: None,
            reads_to_fail: 0,
            reads_until_failing: None,
            content_breaks_after: None,
            changes_to_fail: 0,
            made: 0,
        }
    }
}

impl State {
    pub(super) fn put(
        &mut self,
        path: &EntryPath,
        content: Bytes,
        properties: BTreeMap<String, String>,
    ) -> Version {
        assert!(
            Kind::of(path).is_some() && path.generation().is_none(),
            "{path} can hold no entry"
        );
        let version = self.new_version(path, &content);
        let held = Held {
            content,
            properties,
            unreadable: None,
            version: version.clone(),
            created: self.now,
            modified: self.now,
            until: None,
        };
        self.current.insert(path.clone(), held);
        version
    }

    fn new_version(&mut self, path: &EntryPath, content: &[u8]) -> Version {
        self.made += 1;
        match Kind::of(path) {
            Some(kind) if kind.is_object() => Version::new(format!("etag-{}", self.made)),
            _ => Version::of_document(content),
        }
    }

    /// Fails a read when that was asked for.
    pub(super) fn reading(&mut self, path: &EntryPath) -> Result<(), StoreError> {
        let fails = self.reads_to_fail > 0 || self.reads_until_failing == Some(0);
        self.reads_to_fail = self.reads_to_fail.saturating_sub(1);
        self.reads_until_failing = self.reads_until_failing.map(|left| left.saturating_sub(1));
        if fails {
            Err(StoreError::failed(path, "reading", Fault::Throttled))
        } else {
            Ok(())
        }
    }

    /// Fails a change when that was asked for, or when the service holds the entry.
    pub(super) fn changing(&mut self, path: &EntryPath) -> Result<(), StoreError> {
        if self.changes_to_fail > 0 {
            self.changes_to_fail -= 1;
            return Err(StoreError::failed(path, "changing", Fault::Throttled));
        }
        if is_reserved(path) {
            return Err(out_of_reach(path, "reserved for the policy"));
        }
        Ok(())
    }

    fn held(&self, path: &EntryPath) -> Result<&Held, StoreError> {
        if is_reserved(path) {
            return Err(out_of_reach(path, "reserved for the policy"));
        }
        let place = if path.generation().is_some() {
            &self.generations
        } else {
            &self.current
        };
        place
            .get(path)
            .ok_or_else(|| StoreError::NotFound(path.clone()))
    }

    /// What still is this version.
    pub(super) fn check(&self, path: &EntryPath, version: &Version) -> Result<&Held, StoreError> {
        let held = self.held(path)?;
        if held.version == *version {
            Ok(held)
        } else {
            Err(StoreError::Changed(path.clone()))
        }
    }

    pub(super) fn entry(&self, path: &EntryPath) -> Result<Entry, StoreError> {
        Ok(entry(path, self.held(path)?))
    }

    /// The content of what still is this version, as it may be seen.
    pub(super) fn shown(&self, path: &EntryPath, version: &Version) -> Result<Bytes, StoreError> {
        let held = self.check(path, version)?;
        if let Some(reason) = &held.unreadable {
            return Err(out_of_reach(path, reason));
        }
        match self.show {
            Some(show) if !Kind::of(path).is_some_and(Kind::is_object) => {
                Ok(show(&held.content).into())
            }
            _ => Ok(held.content.clone()),
        }
    }

    pub(super) fn list(&self, what: &Pattern) -> Vec<Result<Listed, StoreError>> {
        let hidden = |path: &EntryPath| {
            is_reserved(path)
                || self
                    .unlistable
                    .iter()
                    .any(|place| path == place || path.is_below(place))
        };
        let gaps = self
            .unlistable
            .iter()
            .filter(|place| what.may_match_below(place))
            .map(|place| {
                Listed::Gap(Gap {
                    path: place.clone(),
                    reason: "no permission to list".to_owned(),
                })
            });
        let entries = self
            .current
            .iter()
            .filter(|(path, _)| what.matches(path) && !hidden(path));
        let all = entries
            .map(|(path, held)| Listed::Entry(entry(path, held)))
            .chain(gaps)
            .map(Ok);
        match self.listings_fail_after {
            None => all.collect(),
            Some(count) => {
                let mut items: Vec<_> = all.take(count).collect();
                let place = EntryPath::of_segments(what.literal_prefix()).ok();
                let place =
                    place.unwrap_or_else(|| EntryPath::parse("/workspace").expect("a constant"));
                items.push(Err(StoreError::failed(&place, "listing", Fault::CutOff)));
                items
            }
        }
    }

    pub(super) fn children<'a>(&'a self, of: &EntryPath) -> impl Iterator<Item = &'a EntryPath> {
        let segments: Vec<_> = of.segments().collect();
        let id = match segments.as_slice() {
            [runs, id] if runs == b"runs" => String::from_utf8(id.clone()).ok(),
            _ => None,
        };
        let children = self.current.iter().filter(move |(path, held)| {
            id.is_some()
                && Kind::of(path) == Some(Kind::Run)
                && held.properties.get("parent") == id.as_ref()
        });
        children.map(|(path, _)| path)
    }

    fn generation_paths(&self, of: &EntryPath) -> Vec<EntryPath> {
        let of = of.current();
        self.generations
            .keys()
            .filter(|path| path.current() == of)
            .cloned()
            .collect()
    }

    pub(super) fn generations_of(&self, of: &EntryPath) -> impl Iterator<Item = Entry> {
        let of = of.current();
        let own = self
            .generations
            .iter()
            .filter(move |(path, _)| path.current() == of);
        own.map(|(path, held)| entry(path, held))
    }

    pub(super) fn snapshot(&mut self, path: &EntryPath) -> Result<EntryPath, StoreError> {
        let held = self.held(path)?.clone();
        self.made += 1;
        let name = format!("{}-{}", self.now, self.made);
        self.keep(path, Generation::Snapshot(&name), held)
    }

    fn keep(
        &mut self,
        path: &EntryPath,
        generation: Generation<'_>,
        held: Held,
    ) -> Result<EntryPath, StoreError> {
        let own = path.generation_of(generation);
        let own = own.map_err(|error| StoreError::failed(path, "keeping a generation", error))?;
        self.generations.insert(own.clone(), held);
        Ok(own)
    }

    /// Keeps what is about to be overwritten or deleted, as the settings say. Until when, if not for ever.
    fn keep_old(&mut self, path: &EntryPath, held: &Held) -> Result<Option<Millis>, StoreError> {
        if !Kind::of(path).is_some_and(Kind::is_object) {
            return Ok(None);
        }
        self.made += 1;
        let name = format!("{}-{}", self.now, self.made);
        if self.keeps_versions {
            self.keep(path, Generation::Version(&name), held.clone())?;
            return Ok(None);
        }
        let Some(days) = self.soft_delete_days else {
            return Ok(None);
        };
        let until = self.now + Millis::from(days) * DAY;
        let unreadable = Some("deleted, and only listed".to_owned());
        self.keep(
            path,
            Generation::Deleted(&name),
            Held {
                until: Some(until),
                unreadable,
                ..held.clone()
            },
        )?;
        Ok(Some(until))
    }

    pub(super) fn delete(
        &mut self,
        path: &EntryPath,
        version: &Version,
        purge: bool,
    ) -> Result<Option<Millis>, StoreError> {
        let held = self.check(path, version)?.clone();
        match self.forecast(path, purge) {
            Forecast::Held(by) => {
                return Err(StoreError::Held {
                    path: path.clone(),
                    by,
                });
            }
            Forecast::Impossible(reason) => {
                return Err(StoreError::Impossible {
                    path: path.clone(),
                    reason,
                });
            }
            Forecast::Gone | Forecast::GoneOn(_) | Forecast::Unknown(_) => {}
        }
        if path.generation().is_some() {
            self.generations.remove(path);
            return Ok(None);
        }
        self.current.remove(path);
        if purge {
            for generation in self.generation_paths(path) {
                self.generations.remove(&generation);
            }
            return Ok(None);
        }
        let until = self.keep_old(path, &held)?;
        Ok(until.max(self.last_until(path)))
    }

    fn last_until(&self, path: &EntryPath) -> Option<Millis> {
        let generations = self.generation_paths(path);
        generations
            .iter()
            .filter_map(|path| self.generations.get(path)?.until)
            .max()
    }

    pub(super) fn replace(
        &mut self,
        path: &EntryPath,
        version: &Version,
        content: Bytes,
    ) -> Result<Version, StoreError> {
        let held = self.check(path, version)?.clone();
        if let Some(by) = self.holder(path) {
            return Err(StoreError::Held {
                path: path.clone(),
                by,
            });
        }
        if path.generation().is_some() {
            let reason = "a generation cannot be overwritten".to_owned();
            return Err(StoreError::Impossible {
                path: path.clone(),
                reason,
            });
        }
        self.keep_old(path, &held)?;
        let version = self.new_version(path, &content);
        let modified = self.now;
        let held = Held {
            content,
            version: version.clone(),
            modified,
            ..held
        };
        self.current.insert(path.clone(), held);
        Ok(version)
    }

    fn holder(&self, path: &EntryPath) -> Option<String> {
        self.holds
            .get(path)
            .or_else(|| self.holds.get(&path.current()))
            .cloned()
    }

    pub(super) fn forecast(&self, path: &EntryPath, purge: bool) -> Forecast {
        if let Some(by) = self.holder(path) {
            return Forecast::Held(by);
        }
        let Ok(held) = self.held(path) else {
            return Forecast::Unknown("it is no longer there".to_owned());
        };
        let is_object = Kind::of(path).is_some_and(Kind::is_object);
        if purge || !is_object || path.generation().is_some() {
            let generations = self.generation_paths(path);
            let holder = generations
                .iter()
                .filter(|_| purge)
                .find_map(|path| self.holder(path));
            return holder.map_or(Forecast::Gone, Forecast::Held);
        }
        let for_ever = |path: &EntryPath| {
            self.generations
                .get(path)
                .is_some_and(|old| old.until.is_none())
        };
        if self.keeps_versions || self.generation_paths(path).iter().any(for_ever) {
            return Forecast::Impossible(
                "older states would stay; only a purge removes them".to_owned(),
            );
        }
        let until = self
            .soft_delete_days
            .map(|days| self.now + Millis::from(days) * DAY);
        match until.max(self.last_until(path)).max(held.until) {
            Some(until) => Forecast::GoneOn(until),
            None => Forecast::Gone,
        }
    }

    pub(super) fn advance(&mut self, by: Millis) {
        self.now += by;
        let now = self.now;
        self.generations
            .retain(|_, held| held.until.is_none_or(|until| until > now));
    }

    pub(super) fn contents(&self) -> BTreeMap<EntryPath, Bytes> {
        let all = self.current.iter().chain(&self.generations);
        all.map(|(path, held)| (path.clone(), held.content.clone()))
            .collect()
    }
}

fn entry(path: &EntryPath, held: &Held) -> Entry {
    Entry {
        path: path.clone(),
        kind: Kind::of(path).expect("only such paths are put"),
        size_bytes: Some(held.content.len() as u64),
        version: held.version.clone(),
        created: Some(held.created),
        modified: Some(held.modified),
        properties: held.properties.clone().into(),
    }
}

fn is_reserved(path: &EntryPath) -> bool {
    let mut segments = path.written_segments();
    segments.next() == Some("blobs") && segments.next() == Some("remit")
}

fn out_of_reach(path: &EntryPath, reason: &str) -> StoreError {
    StoreError::OutOfReach {
        path: path.clone(),
        reason: reason.to_owned(),
    }
}

//! A workspace in memory: what the words stand on where there is no session.

use std::cell::RefCell;
use std::iter;
use std::rc::Rc;

use remit_guest::{Entry, Failure, Finding, Scanned};

use crate::host::{Act, Answer, Chunks, Entries, Host, Scans, What};

pub(super) const DAY: i64 = 86_400_000;
pub(super) const NOW: i64 = 20_000 * DAY;

#[derive(Clone, Default)]
pub(super) struct Workspace {
    pub(super) entries: Rc<Vec<(Entry, Vec<u8>)>>,
    /// After this many entries, a listing fails.
    pub(super) fails_after: Option<usize>,
    pub(super) proposed: Rc<RefCell<Vec<(String, Act)>>>,
    pub(super) asked: Rc<RefCell<Vec<String>>>,
}

fn entry(path: &str, kind: &str, age_days: i64, properties: &[(&str, &str)]) -> Entry {
    Entry {
        path: path.to_owned(),
        kind: kind.to_owned(),
        size_bytes: (kind == "blob").then_some(3 << 30),
        version: "v1".to_owned(),
        created_ms: Some(NOW - age_days * DAY),
        modified_ms: None,
        properties: properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

impl Workspace {
    /// Three runs and a log.
    pub(super) fn sample() -> Self {
        let document = br#"{"name": "old", "metrics": [0.5, 2, null], "tags": {"a": "x"}}"#;
        Self::of(vec![
            (
                entry("/runs/old", "run", 400, &[("status", "Completed")]),
                document.to_vec(),
            ),
            (
                entry(
                    "/runs/kept",
                    "run",
                    500,
                    &[("status", "Completed"), ("tag:keep", "yes")],
                ),
                b"{}".to_vec(),
            ),
            (
                entry(
                    "/runs/new",
                    "run",
                    2,
                    &[("status", "Running"), ("owner", "jane@example.com")],
                ),
                b"{}".to_vec(),
            ),
            (
                entry("/blobs/logs/a.log", "blob", 30, &[("tier", "Hot")]),
                b"one\r\ntwo \xff\n\nlast".to_vec(),
            ),
        ])
    }

    pub(super) fn of(entries: Vec<(Entry, Vec<u8>)>) -> Self {
        Self {
            entries: Rc::new(entries),
            ..Self::default()
        }
    }

    fn known(&self, path: &str) -> Answer<&(Entry, Vec<u8>)> {
        let found = self.entries.iter().find(|(entry, _)| entry.path == path);
        found.ok_or_else(|| Failure::new("not-found", format!("there is no {path}")))
    }

    fn selected(&self, what: &What) -> Vec<Entry> {
        let top = what.pattern.trim_end_matches('*').to_owned();
        let old = |entry: &Entry, age: &u64| entry.created_ms < Some(NOW - *age as i64);
        self.entries
            .iter()
            .map(|(entry, _)| entry)
            .filter(|entry| entry.path.starts_with(&top))
            .filter(|entry| what.kinds.iter().all(|kind| *kind == entry.kind))
            .filter(|entry| what.older_than_ms.iter().all(|age| old(entry, age)))
            .filter(|entry| {
                let has = |(name, value): &(String, String)| entry.property(name) == Some(value);
                what.properties.iter().all(has)
            })
            .cloned()
            .collect()
    }
}

impl Host for Workspace {
    fn now_ms(&self) -> Answer<i64> {
        Ok(NOW)
    }

    fn allows(&self, right: &str, _path: &str) -> bool {
        right == "list"
    }

    fn narrow(&self, pattern: &str, rights: &[String]) -> Answer<Box<dyn Host>> {
        let asked = format!("narrow {pattern} {}", rights.join("+"));
        self.asked.borrow_mut().push(asked);
        Ok(Box::new(self.clone()))
    }

    fn list(&self, what: &What) -> Answer<Entries> {
        self.asked
            .borrow_mut()
            .push(format!("list {}", what.pattern));
        let selected = self.selected(what).into_iter().map(Ok);
        let Some(whole) = self.fails_after else {
            return Ok(Box::new(selected));
        };
        let cut = iter::once(Err(Failure::new("unreadable", "the service was cut off")));
        Ok(Box::new(selected.take(whole).chain(cut)))
    }

    fn stat(&self, path: &str) -> Answer<Entry> {
        if path.starts_with("/secret") {
            return Err(Failure::new("denied", "not granted"));
        }
        self.known(path).map(|(entry, _)| entry.clone())
    }

    fn owned_parts(&self, _record: &Entry) -> Answer<Entries> {
        let what = What {
            pattern: "/blobs/**".to_owned(),
            ..What::default()
        };
        Ok(Box::new(self.selected(&what).into_iter().map(Ok)))
    }

    fn referenced_parts(&self, _record: &Entry) -> Answer<Entries> {
        Ok(Box::new(iter::empty()))
    }

    fn open(&self, of: &Entry) -> Answer<Chunks> {
        let bytes = self.known(&of.path)?.1.clone();
        let chunks: Vec<_> = bytes.chunks(3).map(|chunk| Ok(chunk.to_vec())).collect();
        Ok(Box::new(chunks.into_iter()))
    }

    fn scan(&self, what: &What, scanner: &str) -> Answer<Scans> {
        self.asked.borrow_mut().push(format!("scan {scanner}"));
        let scanned = self.selected(what).into_iter().map(|entry| {
            Ok(Scanned {
                entry,
                total: 1,
                findings: vec![Finding {
                    offset: 4,
                    length: 3,
                    rule: "word".to_owned(),
                }],
            })
        });
        Ok(Box::new(scanned.collect::<Vec<_>>().into_iter()))
    }

    fn propose(&self, of: &Entry, act: &Act) -> Answer<u64> {
        let mut proposed = self.proposed.borrow_mut();
        proposed.push((of.path.clone(), act.clone()));
        Ok(proposed.len() as u64)
    }
}

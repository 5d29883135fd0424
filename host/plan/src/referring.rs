//! Which records refer to what a plan deletes: found by sorting both, in constant memory.
//!
//! A reference is to a place: the entry there and everything below. A record that the plan deletes as
//! well does not count: nothing of it is left to point nowhere.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::iter::Peekable;
use std::path::PathBuf;

use remit_workspace::EntryPath;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::draft::to_line;
use crate::sorter::Sorter;
use crate::text;

/// A record that stays, and refers to something that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referred {
    /// Where it refers to: an entry, or everything below.
    #[serde(with = "text::path")]
    pub to: EntryPath,
    /// The record.
    #[serde(with = "text::path")]
    pub by: EntryPath,
    /// How many entries there the plan deletes.
    pub entries: u64,
    /// The first of them.
    #[serde(with = "text::path")]
    pub first: EntryPath,
}

impl Referred {
    /// Their file in the case.
    pub(crate) const FILE: &'static str = "referred.jsonl";
}

/// One reference, as a line.
#[derive(Serialize, Deserialize)]
struct Reference {
    #[serde(with = "text::path")]
    to: EntryPath,
    #[serde(with = "text::path")]
    by: EntryPath,
}

#[derive(Serialize, Deserialize)]
struct Deleted(#[serde(with = "text::path")] EntryPath);

/// References of the workspace, and what is deleted.
pub(crate) struct Referring {
    references: Sorter,
    deleted: Sorter,
    scratch: PathBuf,
    is_empty: bool,
}

/// Sorts a place right before everything below it: no written path holds this character, nor the lower one
/// that ends a key of two paths.
fn key(path: &EntryPath) -> String {
    path.as_str().replace('/', "\u{1}")
}

/// Whether `path` is this place, or lies below.
fn is_within(path: &EntryPath, place: &EntryPath) -> bool {
    path.as_str()
        .strip_prefix(place.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Referring {
    pub(crate) fn new(scratch: PathBuf) -> Self {
        Self {
            references: Sorter::new(scratch.clone()),
            deleted: Sorter::new(scratch.clone()),
            scratch,
            is_empty: true,
        }
    }

    /// Takes a reference of the workspace.
    pub(crate) fn refer(&mut self, by: &EntryPath, to: &EntryPath) -> io::Result<()> {
        self.is_empty = false;
        let line = to_line(&Reference {
            to: to.clone(),
            by: by.clone(),
        });
        self.references
            .push(format!("{}\u{0}{}", key(to), key(by)), line)
    }

    /// Takes an entry that the plan deletes. Without references there is nothing to compare it with.
    pub(crate) fn delete(&mut self, path: &EntryPath) -> io::Result<()> {
        if self.is_empty {
            return Ok(());
        }
        self.deleted
            .push(key(path), to_line(&Deleted(path.clone())))
    }

    /// Gives each record that stays and refers to something that goes, in order of what it refers to.
    pub(crate) fn find(self, mut each: impl FnMut(&Referred) -> io::Result<()>) -> io::Result<()> {
        if self.is_empty {
            return Ok(());
        }
        let deleted = spooled(&self.scratch, self.deleted)?;
        let references = spooled(&self.scratch, self.references)?;
        let met = met(&self.scratch, &references, &deleted)?;
        // By what refers, to leave out what goes itself; then back in the order of the places.
        let mut by_record = Sorter::new(self.scratch.clone());
        let mut met = met.peekable();
        for reference in lines::<Reference>(&references)? {
            let Reference { to, by } = reference?;
            let is_before =
                |next: &io::Result<Met>| next.as_ref().is_ok_and(|next| key(&next.to) < key(&to));
            while met.next_if(is_before).is_some() {}
            match met.peek() {
                Some(Ok(next)) if next.to == to => {
                    let referred = Referred {
                        to,
                        entries: next.entries,
                        first: next.first.clone(),
                        by,
                    };
                    by_record.push(key(&referred.by), to_line(&referred))?;
                }
                Some(Err(_)) => return met.next().map_or(Ok(()), |next| next.map(drop)),
                _ => {}
            }
        }
        let mut staying = Sorter::new(self.scratch.clone());
        let mut gone = lines::<Deleted>(&deleted)?.peekable();
        for line in by_record.sorted() {
            let line = line?;
            let referred: Referred = serde_json::from_str(&line)?;
            if !is_met(&mut gone, &referred.by)? {
                let order = format!("{}\u{0}{}", key(&referred.to), key(&referred.by));
                staying.push(order, line)?;
            }
        }
        let mut last = None;
        for line in staying.sorted() {
            let line = line?;
            if last.as_ref() != Some(&line) {
                each(&serde_json::from_str(&line)?)?;
                last = Some(line);
            }
        }
        Ok(())
    }
}

/// Moves on to `path`; whether it is there.
fn is_met(
    gone: &mut Peekable<impl Iterator<Item = io::Result<Deleted>>>,
    path: &EntryPath,
) -> io::Result<bool> {
    let at = key(path);
    loop {
        match gone.peek() {
            Some(Ok(next)) if key(&next.0) < at => _ = gone.next(),
            Some(Ok(next)) => return Ok(next.0 == *path),
            Some(Err(_)) => return gone.next().map_or(Ok(false), |next| next.map(|_| false)),
            None => return Ok(false),
        }
    }
}

/// A place that something is deleted at or below.
#[derive(Serialize, Deserialize)]
struct Met {
    #[serde(with = "text::path")]
    to: EntryPath,
    entries: u64,
    #[serde(with = "text::path")]
    first: EntryPath,
}

/// Every place referred to at or below which something is deleted, in order. What is held at a time are
/// the places around one entry, one inside the other.
fn met(
    scratch: &std::path::Path,
    references: &File,
    deleted: &File,
) -> io::Result<impl Iterator<Item = io::Result<Met>> + use<>> {
    let mut found = Sorter::new(scratch.to_owned());
    let mut around: Vec<(EntryPath, u64, Option<EntryPath>)> = Vec::new();
    let mut close = |(to, entries, first): (EntryPath, u64, Option<EntryPath>)| match first {
        Some(first) => found.push(key(&to), to_line(&Met { to, entries, first })),
        None => Ok(()),
    };
    let mut places = lines::<Reference>(references)?.peekable();
    for path in lines::<Deleted>(deleted)? {
        let Deleted(path) = path?;
        let at = key(&path);
        loop {
            let is_due = match places.peek() {
                Some(Ok(next)) => key(&next.to) <= at,
                Some(Err(_)) => true,
                None => false,
            };
            if !is_due {
                break;
            }
            let Some(next) = places.next() else { break };
            let place = next?.to;
            while let Some(last) = around.pop_if(|(last, ..)| !is_within(&place, last)) {
                close(last)?;
            }
            if around.last().is_none_or(|(last, ..)| *last != place) {
                around.push((place, 0, None));
            }
        }
        while let Some(last) = around.pop_if(|(last, ..)| !is_within(&path, last)) {
            close(last)?;
        }
        for (_, entries, first) in &mut around {
            *entries += 1;
            first.get_or_insert_with(|| path.clone());
        }
    }
    while let Some(last) = around.pop() {
        close(last)?;
    }
    Ok(found.sorted().map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// Sorted lines in a file without a name, to be read more than once.
fn spooled(scratch: &std::path::Path, sorter: Sorter) -> io::Result<File> {
    let mut file = BufWriter::new(tempfile::tempfile_in(scratch)?);
    for line in sorter.sorted() {
        writeln!(file, "{}", line?)?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The lines of such a file from its beginning. One reader at a time.
fn lines<T: DeserializeOwned>(
    file: &File,
) -> io::Result<impl Iterator<Item = io::Result<T>> + use<T>> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    let lines = BufReader::new(file).lines();
    Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::parse(text).unwrap()
    }

    fn find(references: &[(&str, &str)], deleted: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut referring = Referring::new(folder.path().to_owned());
        for (by, to) in references {
            referring.refer(&path(by), &path(to)).unwrap();
        }
        for deleted in deleted {
            referring.delete(&path(deleted)).unwrap();
        }
        let mut found = Vec::new();
        referring
            .find(|referred| {
                let Referred {
                    to,
                    by,
                    entries,
                    first,
                } = referred;
                found.push(format!("{to} by {by}: {entries} from {first}"));
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn places_hold_what_is_below_and_nothing_beside() {
        let references = [
            ("/data/b/1", "/files/x"),
            ("/data/b/2", "/files/x"),
            ("/models/m/1", "/files"),
            ("/models/m/2", "/files/x-y"),
            ("/models/m/3", "/files/y"),
        ];
        assert_eq!(
            find(&references, &["/files/x/2", "/files/x/1", "/files/x-z"]),
            [
                "/files by /models/m/1: 3 from /files/x/1",
                "/files/x by /data/b/1: 2 from /files/x/1",
                "/files/x by /data/b/2: 2 from /files/x/1",
            ]
        );
        assert_eq!(find(&references, &["/files/z"]).len(), 1);
        assert_eq!(find(&[], &["/files/z"]), [""; 0]);
    }

    #[test]
    fn what_goes_itself_does_not_count() {
        let references = [("/data/b/1", "/files/x"), ("/data/b/2", "/files/x")];
        assert_eq!(
            find(&references, &["/files/x", "/data/b/1"]),
            ["/files/x by /data/b/2: 1 from /files/x"]
        );
    }

    proptest! {
        /// As a program that holds everything in memory finds it.
        #[test]
        fn finds_what_there_is(
            references in prop::collection::vec(("/data/[ab]/[12]", "/files(/[a-b-]{1,2}){1,3}"), 0..12),
            deleted in prop::collection::btree_set("(/files(/[a-b-]{1,2}){1,3}|/data/[ab]/[12])", 0..12),
        ) {
            let references: Vec<(&str, &str)> = references.iter().map(|(by, to)| (by.as_str(), to.as_str())).collect();
            let deleted: Vec<&str> = deleted.iter().map(String::as_str).collect();
            let mut expect = BTreeSet::new();
            for (by, to) in &references {
                let within: Vec<&&str> = deleted.iter().filter(|path| is_within(&self::path(path), &self::path(to))).collect();
                if !within.is_empty() && !deleted.contains(by) {
                    expect.insert(format!("{to} by {by}: {}", within.len()));
                }
            }
            let found: BTreeSet<String> = find(&references, &deleted).iter().map(|line| line.split(" from ").next().unwrap().to_owned()).collect();
            prop_assert_eq!(found, expect);
        }
    }
}

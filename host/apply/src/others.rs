//! The entries that a plan does not change: listed before its first change and after its last.
//!
//! What should be unchanged is everything in the places where the plan changes something, apart from the
//! effect sets of its steps. Two listings, sorted on disk in the case (`others/`), say whether it was so
//! while the plan was applied; a third, made by whoever verifies, says what happened since. Paths and
//! versions are compared, as listings give them; no content is read.
//!
//! Cost: each listing goes once through the roots (`/runs/**`, `/blobs/**`) that the plan changes, as the
//! count for the ceilings in percent did while planning; memory is constant. Beyond
//! [`ENTRIES_MAX`] entries nothing is compared, and `verify` says so.
//!
//! Not here: who made a change. The guards keep the plan to its versions; a listing only tells that an
//! entry is another one now.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};

use futures::TryStreamExt as _;
use remit_plan::{Act, Case, Digest, Plan, PlanError, Sorter};
use remit_workspace::{EntryPath, Listed, Pattern, Store, Version};
use serde::{Deserialize, Serialize};

use crate::{ApplyError, Stop};

/// The folder in the case.
pub(crate) const FOLDER: &str = "others";

/// Entries that are compared at most: some 400 pages of a storage account's listing.
pub(crate) const ENTRIES_MAX: u64 = 2_000_000;

/// When the entries were listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Before the first change.
    Before,
    /// After the last one.
    After,
}

/// What a listing of them came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Seen {
    /// It is in its file.
    Listed {
        /// How many there were.
        entries: u64,
        /// SHA-256 of the file, in hexadecimal.
        sha256: String,
    },
    /// They could not be listed: why, without any name.
    Unknown(String),
}

impl When {
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Before => "others/before",
            Self::After => "others/after",
        }
    }
}

/// Whether a step of this act changes the workspace.
pub(crate) fn changes(act: &Act) -> bool {
    match act {
        Act::Export { .. } => false,
        Act::Redact(_) | Act::Archive {} | Act::Delete { .. } => true,
    }
}

/// Lists them into the case. None when a person asked to stop meanwhile.
pub(crate) async fn look(
    plan: &Plan,
    store: &dyn Store,
    when: When,
    stop: &Stop,
) -> Result<Option<Seen>, ApplyError> {
    let case = plan.case();
    case.folder(FOLDER)?;
    let sorted = match gather(plan, store, Some(stop)).await? {
        Gathered::Stopped => return Ok(None),
        Gathered::Unknown(why) => return Ok(Some(Seen::Unknown(why))),
        Gathered::All(sorted) => sorted,
    };
    let path = case.path(when.file());
    let io = |error| PlanError::Io {
        doing: "cannot write",
        path: path.clone(),
        source: error,
    };
    let mut file = BufWriter::new(case.create_file(when.file())?);
    let entries = write(sorted, &mut file).map_err(io)?;
    file.flush()
        .and_then(|()| file.get_ref().sync_all())
        .map_err(io)?;
    let sha256 = Digest::of_file(&path).map_err(io)?.to_hex();
    Ok(Some(Seen::Listed { entries, sha256 }))
}

/// Lists them now, into a file without a name.
pub(crate) async fn now(
    plan: &Plan,
    store: &dyn Store,
) -> Result<Result<File, String>, ApplyError> {
    let sorted = match gather(plan, store, None).await? {
        Gathered::Stopped => unreachable!("nobody can ask it to"),
        Gathered::Unknown(why) => return Ok(Err(why)),
        Gathered::All(sorted) => sorted,
    };
    let dir = plan.case().dir();
    let io = |source| PlanError::Io {
        doing: "cannot write in",
        path: dir.to_owned(),
        source,
    };
    let mut file = BufWriter::new(tempfile::tempfile_in(dir).map_err(io)?);
    write(sorted, &mut file).map_err(io)?;
    let mut file = file.into_inner().map_err(|error| io(error.into_error()))?;
    file.rewind().map_err(io)?;
    Ok(Ok(file))
}

/// Opens a listing of the case; it must be the one that the journal names.
pub(crate) fn open(case: &Case, when: When, sha256: &str) -> Result<File, ApplyError> {
    let path = case.path(when.file());
    let read = |source| PlanError::Io {
        doing: "cannot read",
        path: path.clone(),
        source,
    };
    if Digest::of_file(&path).map_err(read)?.to_hex() != sha256 {
        return Err(ApplyError::damaged(
            &path,
            "its SHA-256 is not the one in the journal",
        ));
    }
    Ok(File::open(&path).map_err(read)?)
}

enum Gathered {
    All(Sorter),
    Stopped,
    Unknown(String),
}

/// What a line is about, in the order in which lines about one path are sorted.
const OWN: char = '0';
const OWN_BELOW: char = '1';
const GAP: char = '2';
const ENTRY: char = '3';

/// The plan's own entries, and all entries of the places it changes.
async fn gather(
    plan: &Plan,
    store: &dyn Store,
    stop: Option<&Stop>,
) -> Result<Gathered, ApplyError> {
    let dir = plan.case().dir();
    let mut sorter = Sorter::new(dir.to_owned());
    let mut push = |tag, path: &EntryPath, version: Option<&Version>| {
        // With a separator below every other character, what lies below a place stands right behind it.
        let key = format!("{}\u{1}{tag}", path.as_str().replace('/', "\u{2}"));
        // A version is anything a service thinks of; half of its digest is short and tells two apart.
        let version = version.map(|version| Digest::of(version.as_str().as_bytes()).to_hex());
        let version = version.as_ref().map_or("-", |digest| &digest[..32]);
        let line = format!("{tag}{path} {version}");
        sorter.push(key, line).map_err(|source| PlanError::Io {
            doing: "cannot write in",
            path: dir.to_owned(),
            source,
        })
    };
    let mut roots = BTreeSet::new();
    for step in plan.steps() {
        let step = step?;
        if !changes(&step.act) {
            continue;
        }
        roots.insert(step.path.root().to_owned());
        push(OWN, &step.path, None)?;
        for path in &step.effects.entries {
            push(OWN, path, None)?;
        }
        for path in &step.effects.all_below {
            push(OWN_BELOW, path, None)?;
        }
    }
    let mut entries = 0_u64;
    for root in roots {
        let pattern = Pattern::parse(&format!("/{root}/**")).expect("the root of a path");
        let mut listing = store.list(&pattern);
        loop {
            if stop.is_some_and(Stop::is_asked) {
                return Ok(Gathered::Stopped);
            }
            match listing.try_next().await {
                Ok(None) => break,
                Ok(Some(Listed::Entry(entry))) => {
                    entries += 1;
                    push(ENTRY, &entry.path, Some(&entry.version))?;
                }
                Ok(Some(Listed::Gap(gap))) => push(GAP, &gap.path, None)?,
                // It is not the plan's work that failed; whoever verifies learns what could not be shown.
                Err(_) if stop.is_some() => {
                    return Ok(Gathered::Unknown("a listing broke off".into()));
                }
                Err(error) => return Err(error.into()),
            }
            if entries > ENTRIES_MAX {
                return Ok(Gathered::Unknown(format!(
                    "more than {ENTRIES_MAX} entries lie there"
                )));
            }
        }
    }
    Ok(Gathered::All(sorter))
}

/// Writes what is not the plan's own; how many entries.
fn write(sorted: Sorter, to: &mut impl io::Write) -> io::Result<u64> {
    let (mut own, mut below) = (None, None);
    let mut entries = 0;
    for line in sorted.sorted() {
        let line = line?;
        let (tag, path) = tag_and_path(&line).ok_or(io::ErrorKind::InvalidData)?;
        match tag {
            OWN => own = Some(path.to_owned()),
            OWN_BELOW if !is_at_or_below(path, below.as_deref()) => below = Some(path.to_owned()),
            OWN_BELOW => {}
            _ if own.as_deref() == Some(path) || is_at_or_below(path, below.as_deref()) => {}
            tag => {
                entries += u64::from(tag == ENTRY);
                writeln!(to, "{line}")?;
            }
        }
    }
    Ok(entries)
}

fn tag_and_path(line: &str) -> Option<(char, &str)> {
    let tag = line.chars().next().filter(char::is_ascii)?;
    Some((tag, line[1..].split(' ').next()?))
}

fn is_at_or_below(path: &str, place: Option<&str>) -> bool {
    place
        .and_then(|place| path.strip_prefix(place))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How two listings differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Entries that are in both, the same.
    pub unchanged: u64,
    /// Entries that are in both, another version.
    pub changed: u64,
    /// Entries that are only in the earlier one.
    pub vanished: u64,
    /// Entries that are only in the later one.
    pub appeared: u64,
    /// Entries of one that lie where the other could not look: nobody knows.
    pub unknown: u64,
    /// Which have changed or vanished; the first hundred.
    pub named: Vec<EntryPath>,
}

const NAMED_MAX: usize = 100;

impl Difference {
    /// Entries that are no longer what they were.
    pub fn lost(&self) -> u64 {
        self.changed + self.vanished
    }

    fn name(&mut self, path: &str) -> io::Result<()> {
        if self.named.len() < NAMED_MAX {
            let path = EntryPath::parse_canonical(path);
            self.named
                .push(path.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?);
        }
        Ok(())
    }
}

/// One listing, read line by line.
struct Side {
    lines: io::Lines<BufReader<File>>,
    head: Option<Line>,
    /// The gap that was passed last: what lies below it was not seen.
    gap: Option<String>,
}

/// A line of a listing: a gap, or an entry with the digest of its version.
struct Line {
    path: String,
    version: Option<String>,
}

impl Side {
    fn new(file: File) -> io::Result<Self> {
        let mut side = Self {
            lines: BufReader::with_capacity(256 * 1024, file).lines(),
            head: None,
            gap: None,
        };
        side.advance()?;
        Ok(side)
    }

    fn advance(&mut self) -> io::Result<()> {
        let Some(line) = self.lines.next().transpose()? else {
            self.head = None;
            return Ok(());
        };
        let (tag, path) = tag_and_path(&line).ok_or(io::ErrorKind::InvalidData)?;
        let version = (tag == ENTRY).then(|| line[1 + path.len()..].to_owned());
        self.head = Some(Line {
            path: path.to_owned(),
            version,
        });
        Ok(())
    }

    /// Whether this side could not look there. Gaps stand before what lies below them.
    fn hides(&self, path: &str) -> bool {
        is_at_or_below(path, self.gap.as_deref())
    }

    /// Takes the head if it is a gap: it is no entry to compare.
    fn pass_gap(&mut self) -> io::Result<bool> {
        let Some(Line {
            path,
            version: None,
        }) = &self.head
        else {
            return Ok(false);
        };
        if !self.hides(path) {
            self.gap = Some(path.clone());
        }
        self.advance()?;
        Ok(true)
    }
}

/// Compares an earlier listing with a later one.
pub(crate) fn compare(earlier: File, later: File) -> io::Result<Difference> {
    let (mut earlier, mut later) = (Side::new(earlier)?, Side::new(later)?);
    let mut difference = Difference::default();
    loop {
        let order = match (&earlier.head, &later.head) {
            (None, None) => return Ok(difference),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => by_place(a, b),
        };
        // The lesser goes first, so that a gap is known before what it hides.
        let first = match order {
            Ordering::Greater => &mut later,
            Ordering::Less | Ordering::Equal => &mut earlier,
        };
        if first.pass_gap()? {
            continue;
        }
        let head = first.head.take().expect("one of them has a head");
        match order {
            Ordering::Equal => {
                if later
                    .head
                    .as_ref()
                    .is_some_and(|b| b.version == head.version)
                {
                    difference.unchanged += 1;
                } else {
                    difference.changed += 1;
                    difference.name(&head.path)?;
                }
                earlier.advance()?;
                later.advance()?;
            }
            Ordering::Less => {
                if later.hides(&head.path) {
                    difference.unknown += 1;
                } else {
                    difference.vanished += 1;
                    difference.name(&head.path)?;
                }
                earlier.advance()?;
            }
            Ordering::Greater => {
                match earlier.hides(&head.path) {
                    true => difference.unknown += 1,
                    false => difference.appeared += 1,
                }
                later.advance()?;
            }
        }
    }
}

/// The order in which listings are sorted: a place before what lies below it, a gap before an entry.
fn by_place(a: &Line, b: &Line) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    let places = a.path.bytes().map(rank).cmp(b.path.bytes().map(rank));
    places.then_with(|| a.version.is_some().cmp(&b.version.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listing as a file: `path version`, or `path` for a gap.
    fn listing(lines: &[&str]) -> File {
        let folder = std::env::temp_dir();
        let mut sorter = Sorter::new(folder.clone());
        for line in lines {
            let (path, version) = line.split_once(' ').unwrap_or((line, "-"));
            let tag = if version == "-" { GAP } else { ENTRY };
            let key = format!("{}\u{1}{tag}", path.replace('/', "\u{2}"));
            sorter.push(key, format!("{tag}{path} {version}")).unwrap();
        }
        let mut file = tempfile::tempfile_in(folder).unwrap();
        write(sorter, &mut file).unwrap();
        file.rewind().unwrap();
        file
    }

    #[track_caller]
    fn check(earlier: &[&str], later: &[&str], expect: [u64; 5]) {
        let found = compare(listing(earlier), listing(later)).unwrap();
        let found = [
            found.unchanged,
            found.changed,
            found.vanished,
            found.appeared,
            found.unknown,
        ];
        assert_eq!(found, expect, "{earlier:?} {later:?}");
    }

    #[test]
    fn what_differs_is_counted() {
        check(&[], &[], [0; 5]);
        check(
            &["/a 1", "/b 1"],
            &["/a 1", "/b 2", "/c 1"],
            [1, 1, 0, 1, 0],
        );
        check(&["/a 1", "/a-b 1", "/a/x 1"], &["/a-b 1"], [1, 0, 2, 0, 0]);
        check(&["/z 1"], &["/a 1"], [0, 0, 1, 1, 0]);
    }

    #[test]
    fn what_could_not_be_looked_at_has_not_vanished() {
        check(&["/a/x 1", "/a-b 1"], &["/a", "/a-b 1"], [1, 0, 0, 0, 1]);
        check(&["/a/x 1", "/c 1"], &["/a", "/b", "/c 1"], [1, 0, 0, 0, 1]);
        check(&["/a", "/c 1"], &["/a/x 1", "/c 1"], [1, 0, 0, 0, 1]);
        check(&["/a 1", "/a/x/y 1"], &["/a", "/a/x"], [0, 0, 0, 0, 2]);
        check(&["/a", "/ab 1"], &["/a"], [0, 0, 1, 0, 0]);
    }
}

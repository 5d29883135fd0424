//! Which name each entry has in the package.
//!
//! The rule. A path keeps its segments, each spelled as [`crate::name`] says, below `data/`.
//! A segment gets a *mark*, `~` and 16 hexadecimal digits of the SHA-256 of the canonical
//! path up to it, if its spelling does not say exactly what it stands for, or if another
//! planned segment in the same place is spelled the same but for letter case. Where a file
//! and a folder would have one name, the file is marked. A path of more than 200 bytes
//! becomes `data/_long/<start of the last segment>~<mark>.<extension>`.
//!
//! So names are decided by the set of planned paths before the first byte is written, and
//! nothing that happens later, in any order, changes one. No name that was spelled without a
//! mark can look like a marked one, hence two entries can have one name only if their marks
//! collide; `Package::add` refuses the second.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use crate::name::{Form, LONG, MARK_DIGITS, Spelling, fold};

/// Windows' programs stop at 260 characters, drive and folders of the reader included.
const PATH_BYTES_MAX: usize = 200;
/// The stem that a name in the folder for long paths keeps.
const LONG_STEM_BYTES_MAX: usize = 60;

/// The names of everything that may be stored in one package.
///
/// Holds about 32 bytes for a planned path, and no path.
#[derive(Debug, Default)]
pub struct Names {
    planned: HashMap<u128, Form>,
    shared_by_files: HashSet<u128>,
    shared_by_folders: HashSet<u128>,
}

impl Names {
    /// Returns the names for `paths`, canonical paths with the form of their bytes, in any order.
    ///
    /// Any text is accepted: what is not a canonical path still gets a safe name.
    pub fn of<P: AsRef<str>>(paths: impl IntoIterator<Item = (P, Form)>) -> Self {
        let mut names = Self::default();
        let mut files = Seats::default();
        let mut folders = Seats::default();
        for (path, form) in paths {
            let path = path.as_ref();
            names.planned.insert(digest(b"entry", path), form);
            for step in steps(path, form) {
                let seats = match step.role {
                    Role::Folder => &mut folders,
                    Role::File => &mut files,
                };
                seats.take(step.seat, digest(b"raw", step.raw));
            }
        }
        names.shared_by_files = files.shared;
        for seat in files.taken.keys() {
            if folders.taken.contains_key(seat) {
                names.shared_by_files.insert(*seat);
            }
        }
        names.shared_by_folders = folders.shared;
        names
    }

    /// Returns how many paths are planned.
    pub(crate) fn len(&self) -> u64 {
        self.planned.len() as u64
    }

    /// Returns the path in the bag, beginning with `data/`, or nothing if it was not planned.
    #[must_use]
    pub fn payload_path(&self, path: &str) -> Option<String> {
        let form = *self.planned.get(&digest(b"entry", path))?;
        let mut payload = "data".to_owned();
        let mut last = None;
        for step in steps(path, form) {
            let shared = match step.role {
                Role::Folder => &self.shared_by_folders,
                Role::File => &self.shared_by_files,
            };
            let mark = mark(step.role, step.raw);
            payload.push('/');
            if step.spelling.exact && !shared.contains(&step.seat) {
                payload.push_str(&step.spelling.unmarked());
            } else {
                payload.push_str(&step.spelling.marked(&mark));
            }
            last = Some((step.spelling, mark));
        }
        if let (true, Some((spelling, mark))) = (payload.len() > PATH_BYTES_MAX, last) {
            let name = spelling.shortened(LONG_STEM_BYTES_MAX).marked(&mark);
            payload = format!("data/{LONG}/{name}");
        }
        Some(payload)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Folder,
    File,
}

/// One segment of one path.
struct Step<'a> {
    role: Role,
    /// The canonical path up to and with this segment.
    raw: &'a str,
    spelling: Spelling,
    /// The place in the package that this segment would take, unmarked, letter case aside.
    seat: u128,
}

fn steps(path: &str, form: Form) -> impl Iterator<Item = Step<'_>> {
    let start = usize::from(path.starts_with('/'));
    // A generation may hold a slash; it belongs to the last segment.
    let names_end = path.find('?').unwrap_or(path.len());
    let mut at = start;
    let mut seat = String::new();
    std::iter::from_fn(move || {
        if at > path.len() {
            return None;
        }
        let slash = path[at.min(names_end)..names_end].find('/').map(|n| at + n);
        let end = slash.unwrap_or(path.len());
        let segment = &path[at..end];
        let (role, spelling) = match slash {
            Some(_) => (Role::Folder, Spelling::folder(segment)),
            None => (Role::File, Spelling::file(segment, form)),
        };
        at = end + 1;
        seat.push('/');
        seat.push_str(&fold(&spelling.unmarked()));
        Some(Step {
            role,
            raw: &path[..end],
            spelling,
            seat: digest(b"seat", &seat),
        })
    })
}

/// Who would sit where, and which places more than one would take.
#[derive(Default)]
struct Seats {
    taken: HashMap<u128, u128>,
    shared: HashSet<u128>,
}

impl Seats {
    fn take(&mut self, seat: u128, who: u128) {
        match self.taken.entry(seat) {
            Entry::Vacant(free) => {
                free.insert(who);
            }
            Entry::Occupied(taken) if *taken.get() != who => {
                self.shared.insert(seat);
            }
            Entry::Occupied(_) => {}
        }
    }
}

fn mark(role: Role, raw: &str) -> String {
    let label: &[u8] = match role {
        Role::Folder => b"folder",
        Role::File => b"file",
    };
    let mut digits = hex::encode(digest(label, raw).to_be_bytes());
    digits.truncate(MARK_DIGITS);
    digits
}

/// Returns a short digest of `text` that no one can aim; `label` keeps uses apart.
pub(crate) fn digest(label: &[u8], text: &str) -> u128 {
    let mut hasher = Sha256::new();
    hasher.update(label);
    hasher.update([0]);
    hasher.update(text);
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize()[..16]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests;

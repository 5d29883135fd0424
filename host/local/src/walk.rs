//! A listing: one walk over folders, a page at a time, in constant memory.
//!
//! Nobody waits in a thread between two pages: the walk is a value that moves to the disk and back.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;

use futures::StreamExt as _;
use remit_workspace::{Entry, EntryPath, Gap, Kind, Listed, Listing, Pattern, StoreError};
use rustix::fs::{Dir, FileType, Stat};

use crate::beneath;
use crate::error::{LEFT_OVER, LINK, Miss, NO_PERMISSION, SPECIAL};
use crate::form::{self, Form, RECORDS};
use crate::read::{Opened, blocking};
use crate::record;
use crate::stamp::Stamp;

const LISTING: &str = "listing";
/// Entries in one page.
const PAGE: usize = 256;
/// Names looked at for one page, so that a walk nobody polls any more ends soon.
const NAMES_PER_PAGE: usize = 4096;
/// Folders in folders. Each open one costs a handle; Azure Files allows 250.
const DEPTH_MAX: usize = 250;

/// What the files of a folder hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Objects,
    Records,
}

/// A folder that is being read.
struct Folder {
    dir: Dir,
    /// The path it stands for; none for the folder of all records.
    path: Option<EntryPath>,
    side: Side,
}

/// Where a walk begins: a folder at the root, or the root itself.
struct Start {
    side: Side,
    name: Option<&'static str>,
    /// The path it stands for; none for the folder of all records.
    path: Option<EntryPath>,
}

struct Walk {
    root: Arc<OwnedFd>,
    form: Arc<Form>,
    pattern: Pattern,
    starts: Vec<Start>,
    stack: Vec<Folder>,
    page: Vec<Listed>,
}

/// Everything that matches.
pub(crate) fn list(root: Arc<OwnedFd>, form: Arc<Form>, pattern: &Pattern) -> Listing {
    let walk = Walk::new(root, form, pattern);
    let pages = futures::stream::unfold(Some(walk), |walk| async move {
        let mut walk = walk?;
        let place = walk.place();
        let page = blocking(&place, move || {
            let ended = walk.fill();
            Ok((std::mem::take(&mut walk.page), ended, walk))
        });
        Some(match page.await {
            Ok((page, Ok(ended), walk)) => (items(page, None), (!ended).then_some(walk)),
            Ok((page, Err(error), _)) => (items(page, Some(error)), None),
            Err(error) => (items(Vec::new(), Some(error)), None),
        })
    });
    pages.flatten().boxed()
}

/// Everything that matches, one after the other; for a caller who may wait for the disk.
pub(crate) fn each(
    root: Arc<OwnedFd>,
    form: Arc<Form>,
    pattern: &Pattern,
    mut take: impl FnMut(Listed),
) -> Result<(), StoreError> {
    let mut walk = Walk::new(root, form, pattern);
    loop {
        let ended = walk.fill()?;
        walk.page.drain(..).for_each(&mut take);
        if ended {
            return Ok(());
        }
    }
}

fn items(
    page: Vec<Listed>,
    error: Option<StoreError>,
) -> impl futures::Stream<Item = Result<Listed, StoreError>> {
    futures::stream::iter(page.into_iter().map(Ok).chain(error.map(Err)))
}

/// The folders that hold what could match.
fn starts(form: &Form, pattern: &Pattern) -> Vec<Start> {
    let objects = |root: &'static str| {
        let path = EntryPath::of_segments([root]).ok();
        path.filter(|path| pattern.may_match_below(path))
            .map(|path| Start {
                side: Side::Objects,
                name: (*form != Form::Plain).then_some(root),
                path: Some(path),
            })
    };
    let records = || {
        let first = pattern.literal_prefix().into_iter().next();
        let first = first.filter(|first| first == b"blobs" || first == b"files");
        first.is_none().then_some(Start {
            side: Side::Records,
            name: Some(RECORDS),
            path: None,
        })
    };
    match form {
        Form::Plain => objects("files").into_iter().collect(),
        Form::Workspace { .. } => [records(), objects("blobs"), objects("files")]
            .into_iter()
            .flatten()
            .collect(),
    }
}

/// The names on disk that alone can lead on from this path, where the pattern says just one: without
/// this, finding one folder among a million would read the names of them all.
fn only(pattern: &Pattern, path: Option<&EntryPath>, side: Side) -> Option<Vec<Vec<u8>>> {
    let depth = path.map_or(0, |path| path.written_segments().count());
    let mut segments = pattern.as_str().split('/').skip(1);
    if segments.by_ref().take(depth).any(|segment| segment == "**") {
        return None;
    }
    let next = segments.next().filter(|next| !next.contains('*'))?;
    match side {
        Side::Records => Some(vec![
            format!("{next}.json").into_bytes(),
            next.as_bytes().to_vec(),
        ]),
        // A path of one empty name is none, and neither is that name one on disk.
        Side::Objects => Some(
            EntryPath::parse(&format!("/{next}"))
                .ok()?
                .segments()
                .collect(),
        ),
    }
}

impl Walk {
    fn new(root: Arc<OwnedFd>, form: Arc<Form>, pattern: &Pattern) -> Self {
        let starts = starts(&form, pattern);
        Self {
            root,
            form,
            pattern: pattern.clone(),
            starts,
            stack: Vec::new(),
            page: Vec::new(),
        }
    }

    /// The place to name when something fails here.
    fn place(&self) -> EntryPath {
        let folder = self.stack.last().and_then(|folder| folder.path.clone());
        folder
            .or_else(|| EntryPath::of_segments(self.pattern.literal_prefix()).ok())
            .unwrap_or_else(top)
    }

    /// Adds to the page. Whether that was the last one.
    fn fill(&mut self) -> Result<bool, StoreError> {
        for _ in 0..NAMES_PER_PAGE {
            if self.page.len() >= PAGE {
                return Ok(false);
            }
            let Some(folder) = self.stack.last_mut() else {
                match self.starts.pop() {
                    Some(start) => self.start(start)?,
                    None => return Ok(true),
                }
                continue;
            };
            match folder.dir.read() {
                None => {
                    self.stack.pop();
                }
                Some(Ok(found)) => {
                    let name = found.file_name().to_bytes();
                    if !matches!(name, b"." | b"..") {
                        self.visit_in_last(name)?;
                    }
                }
                Some(Err(errno)) => {
                    let place = self.place();
                    return Err(Miss::Failed(errno).at(&place, LISTING));
                }
            }
        }
        Ok(false)
    }

    fn start(&mut self, start: Start) -> Result<(), StoreError> {
        let root = self.root.clone();
        let folder = match start.name {
            Some(name) => beneath::passable(root.as_fd(), name.as_bytes()),
            None => beneath::folder(root.as_fd(), &[]),
        };
        match folder {
            Ok(folder) => self.read(folder, start.path, start.side),
            Err(miss) => self.missed(start.path, miss),
        }
    }

    /// Goes on in a folder: with all of its names, or with the only ones that can lead on.
    fn read(
        &mut self,
        folder: OwnedFd,
        path: Option<EntryPath>,
        side: Side,
    ) -> Result<(), StoreError> {
        if let Some(names) = only(&self.pattern, path.as_ref(), side) {
            // These names are not from the disk, which may spell them otherwise.
            return names
                .iter()
                .try_for_each(|name| match beneath::exact(folder.as_fd(), name) {
                    Ok(()) => self.visit(folder.as_fd(), path.as_ref(), side, name),
                    Err(miss) => self.missed(path.clone(), miss),
                });
        }
        match beneath::again(folder.as_fd()).and_then(|fd| Ok(Dir::new(fd)?)) {
            Ok(dir) => {
                self.stack.push(Folder { dir, path, side });
                Ok(())
            }
            Err(miss) => self.missed(path, miss),
        }
    }

    fn visit_in_last(&mut self, name: &[u8]) -> Result<(), StoreError> {
        // Taken out and put back, so that the folder can be read while the walk changes.
        let folder = self.stack.pop().expect("a folder is being read");
        let depth = self.stack.len();
        let visited = match folder.dir.fd() {
            Ok(fd) => self.visit(fd, folder.path.as_ref(), folder.side, name),
            Err(errno) => {
                Err(Miss::from(errno).at(&folder.path.clone().unwrap_or_else(top), LISTING))
            }
        };
        // What the visit opened lies above it in the stack.
        self.stack.insert(depth, folder);
        visited
    }

    fn visit(
        &mut self,
        folder: BorrowedFd<'_>,
        above: Option<&EntryPath>,
        side: Side,
        name: &[u8],
    ) -> Result<(), StoreError> {
        let stat = match beneath::stat(folder, name) {
            Ok(stat) => stat,
            Err(miss) => return self.missed(child(above, name), miss),
        };
        if beneath::file_type(&stat) == FileType::Directory {
            return self.descend(folder, above, side, name);
        }
        let path = match side {
            Side::Objects => child(above, name),
            Side::Records => form::record_path(above, name),
        };
        let Some(path) = path else {
            return self.gap(
                child(above, name).or_else(|| above.cloned()),
                "a name that no path of this workspace expresses",
            );
        };
        if self.form.is_reserved(&path) {
            return Ok(());
        }
        match beneath::file_type(&stat) {
            _ if !self.pattern.may_match_below(&path) => Ok(()),
            FileType::Symlink => self.gap(Some(path), LINK),
            _ if !self.pattern.matches(&path) => Ok(()),
            FileType::RegularFile if form::is_temporary(name) => self.gap(Some(path), LEFT_OVER),
            FileType::RegularFile => self.take(folder, path, name, &stat),
            _ => self.gap(Some(path), SPECIAL),
        }
    }

    fn descend(
        &mut self,
        folder: BorrowedFd<'_>,
        above: Option<&EntryPath>,
        side: Side,
        name: &[u8],
    ) -> Result<(), StoreError> {
        let path = match side {
            Side::Objects => child(above, name),
            Side::Records => form::folder_path(above, name),
        };
        let Some(path) = path else {
            return self.gap(
                above.cloned(),
                "a folder whose name no path of this workspace expresses",
            );
        };
        if self.form.is_reserved(&path) || !self.pattern.may_match_below(&path) {
            return Ok(());
        }
        if self.stack.len() >= DEPTH_MAX {
            return self.gap(Some(path), "folders nested more than 250 deep");
        }
        match beneath::passable(folder, name) {
            Ok(folder) => self.read(folder, Some(path), side),
            Err(miss) => self.missed(Some(path), miss),
        }
    }

    /// A regular file that matches.
    fn take(
        &mut self,
        folder: BorrowedFd<'_>,
        path: EntryPath,
        name: &[u8],
        stat: &Stat,
    ) -> Result<(), StoreError> {
        let Some(kind) = Kind::of(&path) else {
            return self.gap(Some(path), "a file beside the containers");
        };
        if kind.is_object() {
            self.page.push(Listed::Entry(object(path, kind, stat)));
            return Ok(());
        }
        match Opened::at(folder, name).and_then(|opened| opened.whole()) {
            Ok(document) => match record::entry(path.clone(), kind, &document) {
                Some(entry) => {
                    self.page.push(Listed::Entry(entry));
                    Ok(())
                }
                None => self.gap(Some(path), NO_DOCUMENT),
            },
            Err(miss) => self.missed(Some(path), miss),
        }
    }

    /// A place that was not reached: nothing, a gap, or the end of the listing.
    fn missed(&mut self, place: Option<EntryPath>, miss: Miss) -> Result<(), StoreError> {
        match miss {
            // Gone between being named and being looked at: as if it had gone before.
            Miss::Absent => Ok(()),
            Miss::OutOfReach(NO_PERMISSION) => self.gap(place, "no permission to list"),
            Miss::OutOfReach(reason) | Miss::Impossible(reason) => self.gap(place, reason),
            miss @ (Miss::Changed | Miss::Failed(_)) => {
                Err(miss.at(&place.unwrap_or_else(top), LISTING))
            }
        }
    }

    fn gap(&mut self, place: Option<EntryPath>, reason: &str) -> Result<(), StoreError> {
        let path = place.unwrap_or_else(top);
        self.page.push(Listed::Gap(Gap {
            path,
            reason: reason.to_owned(),
        }));
        Ok(())
    }
}

pub(crate) const NO_DOCUMENT: &str = "not a JSON document";

/// The entry of a regular file.
pub(crate) fn object(path: EntryPath, kind: Kind, stat: &Stat) -> Entry {
    let stamp = Stamp::of(stat);
    Entry {
        path,
        kind,
        size_bytes: Some(stamp.size_bytes),
        version: stamp.version(),
        created: None,
        modified: Some(stamp.modified()),
        properties: Default::default(),
    }
}

fn child(above: Option<&EntryPath>, name: &[u8]) -> Option<EntryPath> {
    match above {
        Some(above) => above.child(name).ok(),
        None => EntryPath::of_segments([name]).ok(),
    }
}

/// The place to name when it is the folder of all records.
fn top() -> EntryPath {
    EntryPath::of_segments(["workspace"]).expect("a constant")
}

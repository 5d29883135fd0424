//! The end of a package: manifests, index and page from the notes; what is not listed goes.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use rustix::fs::{AtFlags, FileType};

use crate::bag_info::{self, Summary};
use crate::disk::{Absent, Folder};
use crate::error::{Error, Source};
use crate::index::{self, Line, Totals};
use crate::manifest::{DECLARATION, TagFile, Written, line};
use crate::names::digest;
use crate::package::{Inside, Package};
use crate::page;

/// A package that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Files of the payload.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The SHA-256 of `tagmanifest-sha256.txt`, in hexadecimal: the one value that stands for
    /// the whole package.
    pub sha256: String,
}

impl Package {
    /// Lists the entries that `paths` names, in its order, and makes the folder a bag.
    ///
    /// Each must be stored and named once. A file of the payload that is not listed, such as
    /// the copy of an entry whose step was given up, is removed. May be called again, also
    /// after more was added; the same entries and summary give the same bytes. Holds 16 bytes
    /// in memory for each entry.
    ///
    /// # Errors
    /// If an entry is not stored or listed twice, `paths` breaks off, a writer is still open,
    /// or the disk refuses. Then the folder is no bag, and the call may be repeated.
    pub fn finish<P: AsRef<str>>(
        &self,
        summary: &Summary,
        paths: impl IntoIterator<Item = Result<P, Source>>,
    ) -> Result<Finished, Error> {
        if Arc::strong_count(&self.inside) > 1 {
            return Err(Error::StillWriting);
        }
        let inside = &*self.inside;
        inside.unseal().map_err(Error::io("write", "bagit.txt"))?;

        let mut listing = Listing::begin(inside, summary)?;
        for path in paths {
            listing.add(inside, path.map_err(Error::Entries)?.as_ref())?;
        }
        let Listing {
            manifests,
            index,
            listed,
            totals,
        } = listing;
        inside
            .sweep(&listed)
            .map_err(Error::io("clear", "the payload"))?;
        inside
            .close(summary, &totals, manifests, index)
            .map_err(Error::io("write", "the manifests and the index"))
    }
}

/// The files that are written entry by entry.
struct Listing {
    manifests: [TagFile; 2],
    index: TagFile,
    listed: HashSet<u128>,
    totals: Totals,
}

impl Listing {
    fn begin(inside: &Inside, summary: &Summary) -> Result<Self, Error> {
        let create = |name: &'static str| inside.tag_file(name).map_err(Error::io("create", name));
        let mut index = create("index.jsonl")?;
        index::header(summary)
            .map_err(io::Error::from)
            .and_then(|header| writeln!(index, "{header}"))
            .map_err(Error::io("write", "index.jsonl"))?;
        Ok(Self {
            manifests: [
                create("manifest-sha256.txt")?,
                create("manifest-sha512.txt")?,
            ],
            index,
            listed: HashSet::new(),
            totals: Totals::default(),
        })
    }

    fn add(&mut self, inside: &Inside, path: &str) -> Result<(), Error> {
        let path_owned = || path.to_owned();
        let note = inside
            .note(path)?
            .ok_or_else(|| Error::NotStored { path: path_owned() })?;
        if !self.listed.insert(digest(b"payload", &note.payload)) {
            return Err(Error::Twice { path: path_owned() });
        }
        self.totals.add(&note);
        let [sha256, sha512] = &mut self.manifests;
        let write = || {
            sha256.write_all(line(&note.sha256, &note.payload).as_bytes())?;
            sha512.write_all(line(&note.sha512, &note.payload).as_bytes())?;
            serde_json::to_writer(&mut self.index, &Line::from(note))?;
            self.index.write_all(b"\n")
        };
        write().map_err(Error::io("list", path))
    }
}

impl Inside {
    /// Makes the folder no bag until all is in place again.
    fn unseal(&self) -> io::Result<()> {
        if self.bag.remove("bagit.txt")? {
            self.bag.sync()?;
        }
        Ok(())
    }

    fn tag_file(&self, name: &'static str) -> io::Result<TagFile> {
        TagFile::create(&self.parts, self.next_part(), name)
    }

    fn small(&self, name: &'static str, text: &str) -> io::Result<Written> {
        let mut file = self.tag_file(name)?;
        file.write_all(text.as_bytes())?;
        file.close()
    }

    /// Writes what is left, then puts everything in place, the declaration last.
    fn close(
        &self,
        summary: &Summary,
        totals: &Totals,
        manifests: [TagFile; 2],
        index: TagFile,
    ) -> io::Result<Finished> {
        let index = index.close()?;
        let mut lines = BufReader::new(self.parts.open(&index.part)?);
        lines.skip_until(b'\n')?;
        let mut page = self.tag_file("index.html")?;
        page::write(&mut page, summary, totals, lines)?;

        let [sha256, sha512] = manifests;
        let info = bag_info::text(summary, totals.files, totals.bytes);
        // In the order of their names, as the tag manifests list them.
        let tags = [
            self.small("bag-info.txt", &info)?,
            self.small("bagit.txt", DECLARATION)?,
            page.close()?,
            index,
            sha256.close()?,
            sha512.close()?,
        ];
        let all = |digest: fn(&Written) -> &str| -> String {
            tags.iter().map(|tag| line(digest(tag), tag.name)).collect()
        };
        let seals = [
            self.small("tagmanifest-sha256.txt", &all(|tag| &tag.sha256))?,
            self.small("tagmanifest-sha512.txt", &all(|tag| &tag.sha512))?,
        ];
        let is_declaration = |tag: &&Written| tag.name == "bagit.txt";
        for tag in tags.iter().chain(&seals).filter(|tag| !is_declaration(tag)) {
            self.parts.rename(&tag.part, &self.bag, tag.name)?;
        }
        self.bag.sync()?;
        for tag in tags.iter().filter(is_declaration) {
            self.parts.rename(&tag.part, &self.bag, tag.name)?;
        }
        self.bag.sync()?;
        let [seal, _] = seals;
        Ok(Finished {
            files: totals.files,
            bytes: totals.bytes,
            sha256: seal.sha256,
        })
    }

    /// Removes every file of the payload that is not listed, and every empty folder.
    fn sweep(&self, listed: &HashSet<u128>) -> io::Result<()> {
        let data = self.bag.descend(["data"], Absent::Make)?;
        self.settled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        sweep_folder(&data, "data", listed)?;
        Ok(())
    }
}

/// Returns whether anything is left. Names are ours, so the depth is bounded by their length.
fn sweep_folder(folder: &Folder, path: &str, listed: &HashSet<u128>) -> io::Result<bool> {
    let (mut left, mut removed) = (false, false);
    for entry in folder.list()? {
        let entry = entry?;
        let name = Path::new(OsStr::from_bytes(&entry.name));
        let below = std::str::from_utf8(&entry.name).map(|name| format!("{path}/{name}"));
        if entry.kind == FileType::Directory {
            let inner = folder.step(name, Absent::Fail)?;
            let below = below.unwrap_or_else(|_| format!("{path}/?"));
            if sweep_folder(&inner, &below, listed)? {
                left = true;
            } else {
                removed |= folder.unlink(name, AtFlags::REMOVEDIR)?;
            }
        } else if below.is_ok_and(|below| listed.contains(&digest(b"payload", &below))) {
            left = true;
        } else {
            removed |= folder.unlink(name, AtFlags::empty())?;
        }
    }
    if removed {
        folder.sync()?;
    }
    Ok(left)
}

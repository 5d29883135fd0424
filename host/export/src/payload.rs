//! One entry's copy while it is written: streamed, hashed, flushed, read back, put in place.

use std::io::{self, Read, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sha2::{Digest as _, Sha256, Sha512};

use crate::disk::OutFile;
use crate::error::Error;
use crate::note::Note;
use crate::package::{About, Inside, Stored, split};

/// Chunk for reading back.
const CHUNK_BYTES: usize = 256 * 1024;

/// Writes one entry into the package. Dropped without `finish`, it leaves the package as it was.
#[must_use = "an entry is stored only when its writer is finished"]
pub struct PayloadWriter {
    inside: Arc<Inside>,
    path: String,
    payload: String,
    about: About,
    expected: Option<u64>,
    /// The name among the parts.
    part: String,
    file: OutFile,
    sums: Sums,
    size_bytes: u64,
}

impl PayloadWriter {
    pub(crate) fn begin(
        inside: &Arc<Inside>,
        path: &str,
        expected: Option<u64>,
        about: About,
    ) -> Result<Self, Error> {
        let payload = inside.payload_path(path)?;
        if let Some(note) = inside.note_of(&payload)?
            && note.path != path
        {
            return Err(Error::NameTaken {
                path: path.to_owned(),
                other: note.path,
            });
        }
        let part = inside.next_part();
        let file = inside
            .parts
            .create(&part)
            .map_err(Error::io("create a copy of", path))?;
        Ok(Self {
            inside: Arc::clone(inside),
            path: path.to_owned(),
            payload,
            about,
            expected,
            part,
            file,
            sums: Sums::default(),
            size_bytes: 0,
        })
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// If more arrives than was expected, or the disk refuses.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.size_bytes += chunk.len() as u64;
        if self.expected.is_some_and(|n| self.size_bytes > n) {
            return Err(self.wrong_size());
        }
        self.sums.update(chunk);
        self.file
            .write_all(chunk)
            .map_err(Error::io("write the copy of", &self.path))
    }

    /// Flushes the copy, reads it back, compares and puts it in its place.
    ///
    /// When this returns, the copy survives a loss of power.
    ///
    /// # Errors
    /// If the size is not the expected one, the bytes read back differ, or the disk refuses.
    pub fn finish(mut self) -> Result<Stored, Error> {
        if self.expected.is_some_and(|n| self.size_bytes != n) {
            return Err(self.wrong_size());
        }
        let (sha256, sha512) = std::mem::take(&mut self.sums).hex();
        self.file
            .sync()
            .map_err(Error::io("flush the copy of", &self.path))?;
        let read_back = self.inside.parts.open(&self.part).and_then(sums_of);
        let read_back = read_back.map_err(Error::io("read back the copy of", &self.path))?;
        if read_back.hex() != (sha256.clone(), sha512.clone()) {
            return Err(Error::ReadBack {
                path: self.path.clone(),
            });
        }
        let note = Note {
            path: self.path.clone(),
            payload: self.payload.clone(),
            kind: std::mem::take(&mut self.about.kind),
            version: self.about.version.take(),
            modified_ms: self.about.modified_ms,
            through: self.about.through.take(),
            size_bytes: self.size_bytes,
            sha256,
            sha512,
        };
        self.place(&note)
            .map_err(Error::io("put in place the copy of", &self.path))?;
        Ok(note.into())
    }

    /// No note ever speaks of other bytes than lie in the bag: the old note goes before the new
    /// copy comes, the new note comes after. And what has no `bagit.txt` is not taken for whole.
    fn place(&self, note: &Note) -> io::Result<()> {
        let Inside {
            bag, notes, parts, ..
        } = &*self.inside;
        if bag.remove("bagit.txt")? {
            bag.sync()?;
        }
        let note_name = Note::name(&self.payload);
        if notes.remove(&note_name)? {
            notes.sync()?;
        }
        let (folders, name) = split(&self.payload);
        let folder = self.inside.payload_folder(folders)?;
        parts.rename(&self.part, &folder, name)?;
        folder.sync()?;

        let part = self.inside.next_part();
        let mut file = parts.create(&part)?;
        file.write_all(&serde_json::to_vec(note)?)?;
        file.sync()?;
        parts.rename(&part, notes, &note_name)?;
        notes.sync()
    }

    fn wrong_size(&self) -> Error {
        Error::Size {
            path: self.path.clone(),
            expected: self.expected.unwrap_or_default(),
            got: self.size_bytes,
        }
    }
}

impl Drop for PayloadWriter {
    fn drop(&mut self) {
        // After `finish` there is none; after a failure the next opening removes what stays.
        let _ = self.inside.parts.remove(&self.part);
    }
}

impl Inside {
    /// Returns a name among the parts that no other writer has.
    pub(crate) fn next_part(&self) -> String {
        format!("part-{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }
}

/// Both digests at once.
#[derive(Default)]
pub(crate) struct Sums {
    sha256: Sha256,
    sha512: Sha512,
}

impl Sums {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
    }

    /// Returns SHA-256 and SHA-512 in hexadecimal.
    pub(crate) fn hex(self) -> (String, String) {
        (
            hex::encode(self.sha256.finalize()),
            hex::encode(self.sha512.finalize()),
        )
    }
}

/// Reads a file to its end.
pub(crate) fn sums_of(mut file: impl Read) -> io::Result<Sums> {
    let mut sums = Sums::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(sums),
            Ok(n) => sums.update(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

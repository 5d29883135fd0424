//! A synthetic workspace to try everything on.
//!
//! The same number of runs and the same seed give the same bytes. Every person, address and number in it
//! is invented or reserved for examples: names at `example.com`, `.org` and `.net`, telephone numbers
//! 555-01xx, addresses of RFC 5737 and 3849, published test cards and example IBANs.
//!
//! Some runs are one person's alone, some mention others, and some logs are shared by all, so that
//! whoever asks to be forgotten cannot simply be deleted.

mod assets;
mod people;
mod runs;
mod texts;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use self::people::{PEOPLE, Person};

/// How many runs a sample has when nobody says.
pub const RUNS: u32 = 12;
/// The share of notebooks, of the same name in every workspace of the service.
pub const SHARE: &str = "code-391ff5ac-6576-460f-ba4d-7e03433c68b6";

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Entries: objects and records.
    pub entries: u64,
    /// Bytes of them all.
    pub bytes: u64,
}

/// Why a sample was not written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// There is something in the directory already.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A file or a folder could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes a sample workspace with so many runs into a directory that is empty or not there yet.
pub fn init_sample(root: impl AsRef<Path>, runs: u32, seed: u64) -> Result<Sample, SampleError> {
    let root = root.as_ref();
    match fs::read_dir(root).map(|mut names| names.next().is_some()) {
        Ok(true) => return Err(SampleError::NotEmpty(root.to_owned())),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(SampleError::Write {
                path: root.to_owned(),
                source,
            });
        }
    }
    let mut dice = Dice(seed);
    let mut writer = Writer {
        root,
        id: dice.guid(),
        written: Sample::default(),
        folder: PathBuf::new(),
    };
    let description = format!("version = 1\nname = \"sample\"\nid = \"{}\"\n", writer.id);
    fs::create_dir_all(root).map_err(|source| SampleError::Write {
        path: root.to_owned(),
        source,
    })?;
    writer.put("workspace.toml", description.as_bytes())?;
    writer.written = Sample::default();
    assets::write(&mut writer, &mut dice)?;
    for index in 0..runs {
        runs::write(&mut writer, &mut dice, index)?;
    }
    texts::write(&mut writer, &mut dice)?;
    Ok(writer.written)
}

/// Writes files below the root, and makes each folder once.
struct Writer<'a> {
    root: &'a Path,
    /// The workspace's GUID, which is part of container names.
    id: String,
    written: Sample,
    /// The folder written to last.
    folder: PathBuf,
}

impl Writer<'_> {
    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), SampleError> {
        let path = self.root.join(name);
        let written = self
            .make_folder(&path)
            .and_then(|()| fs::write(&path, content));
        written.map_err(|source| SampleError::Write { path, source })?;
        self.written.entries += 1;
        self.written.bytes += content.len() as u64;
        Ok(())
    }

    fn make_folder(&mut self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(folder) if folder != self.folder => {
                fs::create_dir_all(folder)?;
                self.folder = folder.to_owned();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn put_record(&mut self, name: &str, document: &serde_json::Value) -> Result<(), SampleError> {
        let mut text = serde_json::to_string_pretty(document).expect("a value is a document");
        text.push('\n');
        self.put(&format!("records/{name}.json"), text.as_bytes())
    }

    /// The container of the default datastore.
    fn default_container(&self) -> String {
        format!("azureml-blobstore-{}", self.id)
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn guid(&mut self) -> String {
        let (high, low) = (self.roll(), self.roll());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            low >> 52,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

/// The instant of the run with this index: one every seven hours from the start of 2025.
fn instant(index: u32, seconds: i64) -> String {
    let start = 1_735_689_600 + i64::from(index) * 7 * 3600 + seconds;
    jiff::Timestamp::from_second(start)
        .map(|instant| instant.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut left = vec![root.to_owned()];
        while let Some(folder) = left.pop() {
            for name in fs::read_dir(folder).unwrap() {
                let path = name.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    let content = fs::read(&path).unwrap();
                    found.insert(path.strip_prefix(root).unwrap().to_owned(), content);
                }
            }
        }
        found
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [one, same, other] = ["one", "same", "other"].map(|name| folder.path().join(name));
        init_sample(&one, 6, 7).unwrap();
        init_sample(&same, 6, 7).unwrap();
        init_sample(&other, 6, 8).unwrap();
        assert_eq!(files(&one), files(&same));
        assert_ne!(files(&one), files(&other));
        assert!(matches!(
            init_sample(&one, 6, 7),
            Err(SampleError::NotEmpty(_))
        ));
    }

    #[test]
    fn every_record_is_a_document_and_every_address_is_an_example() {
        let folder = tempfile::tempdir().unwrap();
        init_sample(folder.path(), 12, 1).unwrap();
        for (name, content) in files(folder.path()) {
            if name
                .extension()
                .is_some_and(|extension| extension == "json" || extension == "ipynb")
            {
                let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&content);
                assert!(parsed.is_ok(), "{}", name.display());
            }
            // Noise can hold any byte.
            let Ok(text) = std::str::from_utf8(&content) else {
                continue;
            };
            for (at, _) in text.match_indices('@') {
                let after = text[at + 1..].to_lowercase();
                assert!(
                    !after.starts_with(|first: char| first.is_ascii_alphabetic())
                        || after.starts_with("example."),
                    "{}: {}",
                    name.display(),
                    after.chars().take(20).collect::<String>()
                );
            }
        }
    }

    #[test]
    fn a_run_that_is_hers_alone_names_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        init_sample(folder.path(), 12, 1).unwrap();
        let files = files(folder.path());
        let mut alone = 0;
        for (name, content) in files
            .iter()
            .filter(|(name, _)| name.starts_with("records/runs"))
        {
            let document: serde_json::Value = serde_json::from_slice(content).unwrap();
            if document["createdBy"]["upn"] != PEOPLE[0].email
                || document["tags"]["visibility"] != "private"
            {
                continue;
            }
            alone += 1;
            let id = name.file_stem().unwrap().to_str().unwrap();
            for (name, content) in files
                .iter()
                .filter(|(name, _)| name.to_str().unwrap().contains(id))
            {
                let text = String::from_utf8_lossy(content);
                for other in &PEOPLE[1..] {
                    for word in [other.name, other.email, other.object_id, other.phone] {
                        assert!(!text.contains(word), "{}: {word}", name.display());
                    }
                }
            }
        }
        assert_eq!(alone, 3);
    }
}

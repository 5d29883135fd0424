//! Whether a package is complete and unchanged: every file that is missing, extra or other
//! than its manifests say, not only the first.

use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::FileType;

use crate::bag_info;
use crate::disk::{Absent, Folder, Unwatched};
use crate::error::Error;
use crate::manifest::{DECLARATION, parse, stays_inside};
use crate::names::digest;
use crate::package::Package;
use crate::payload::sums_of;

/// Folders below folders that a walk follows; a package of ours has at most a hundred.
const DEPTH_MAX: usize = 128;

/// One thing that is not as it should be. Paths are relative to the package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// A manifest lists a file that is not there, or that is no plain file.
    Missing(String),
    /// A file is there that no manifest lists.
    Extra(String),
    /// A file has other bytes than its manifest says.
    Differs(String),
    /// A file is in one payload manifest and not in the other.
    InOneManifest(String),
    /// A file is listed twice by one manifest.
    Twice(String),
    /// A line of a manifest is none, or leads out of the package: file and line number.
    BadLine(String, u64),
    /// A link, a device or a folder too deep to look into is where files should be.
    NotAFile(String),
    /// `bagit.txt` does not declare BagIt 1.0 in UTF-8.
    Declaration,
    /// `bag-info.txt` counts other files or bytes than there are.
    Count,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files of the payload that are there and listed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, sorted; empty if the package is valid.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the package is complete and unchanged.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Package {
    /// Checks the finished package at `folder` against its manifests, reading every byte.
    ///
    /// # Errors
    /// If there is no bag, or the disk refuses; what is wrong with a bag is in the report.
    pub fn verify(folder: &Path) -> Result<Report, Error> {
        let shown = folder.display().to_string();
        let not_a_bag = || Error::NotABag {
            what: shown.clone(),
        };
        let bag = match Folder::at(folder, Absent::Fail, Arc::new(Unwatched)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_a_bag()),
            opened => opened.map_err(Error::io("open", &shown))?,
        };
        let declaration = bag
            .read("bagit.txt")
            .map_err(Error::io("read", "bagit.txt"))?;
        let declaration = declaration.ok_or_else(not_a_bag)?;
        let mut check = Check {
            bag,
            report: Report::default(),
        };
        if declaration != DECLARATION.as_bytes() {
            check.report.findings.push(Finding::Declaration);
        }
        check.run().map_err(Error::io("check", &shown))?;
        check.report.findings.sort();
        check.report.findings.dedup();
        Ok(check.report)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Payload,
    Tags,
}

struct Check {
    bag: Folder,
    report: Report,
}

impl Check {
    fn run(&mut self) -> io::Result<()> {
        let payload = self.manifests(
            ["manifest-sha256.txt", "manifest-sha512.txt"],
            Lists::Payload,
        )?;
        let tags = self.manifests(
            ["tagmanifest-sha256.txt", "tagmanifest-sha512.txt"],
            Lists::Tags,
        )?;
        let bag = self.bag.clone();
        self.walk(&bag, "", &payload, &tags, 0)?;

        let info = self.bag.read("bag-info.txt")?.unwrap_or_default();
        let oxum = format!("{}.{}", self.report.bytes, self.report.files);
        if bag_info::value(&String::from_utf8_lossy(&info), "Payload-Oxum") != Some(&oxum) {
            self.report.findings.push(Finding::Count);
        }
        Ok(())
    }

    /// Checks the two manifests of a kind side by side, so that a file is read once while they
    /// list the same in the same order, as ours do. Returns what each lists.
    fn manifests(&mut self, names: [&str; 2], lists: Lists) -> io::Result<[HashSet<u128>; 2]> {
        let [mut a, mut b] = [
            Manifest::open(&self.bag, names[0])?,
            Manifest::open(&self.bag, names[1])?,
        ];
        for manifest in [&a, &b] {
            if manifest.lines.is_none() {
                let missing = Finding::Missing(manifest.name.clone());
                self.report.findings.push(missing);
            }
        }
        loop {
            let (one, two) = (self.next(&mut a, lists)?, self.next(&mut b, lists)?);
            match (one, two) {
                (None, None) => return Ok([a.listed, b.listed]),
                (Some(one), Some(two)) if one.1 == two.1 => {
                    self.file(&one.1, Some(&one.0), Some(&two.0))?;
                }
                (one, two) => {
                    if let Some((sha256, path)) = one {
                        self.file(&path, Some(&sha256), None)?;
                    }
                    if let Some((sha512, path)) = two {
                        self.file(&path, None, Some(&sha512))?;
                    }
                }
            }
        }
    }

    /// Returns the next good line of a manifest; reports the bad ones before it.
    fn next(
        &mut self,
        manifest: &mut Manifest,
        lists: Lists,
    ) -> io::Result<Option<(String, String)>> {
        loop {
            let Some(line) = manifest.next_line()? else {
                return Ok(None);
            };
            let good = std::str::from_utf8(&line).ok().and_then(parse);
            let good = good.filter(|(_, path)| {
                stays_inside(path) && path.starts_with("data/") == (lists == Lists::Payload)
            });
            let Some((sum, path)) = good else {
                let finding = Finding::BadLine(manifest.name.clone(), manifest.at);
                self.report.findings.push(finding);
                continue;
            };
            if manifest.listed.insert(digest(b"listed", &path)) {
                return Ok(Some((sum.to_ascii_lowercase(), path)));
            }
            self.report.findings.push(Finding::Twice(path));
        }
    }

    fn file(&mut self, path: &str, sha256: Option<&str>, sha512: Option<&str>) -> io::Result<()> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folders = folders.split('/').filter(|segment| !segment.is_empty());
        let opened = self
            .bag
            .descend(folders, Absent::Fail)
            .and_then(|folder| folder.open(name));
        // A link in the way, a device, nothing at all: it is not the file that was listed.
        let Ok(file) = opened else {
            self.report.findings.push(Finding::Missing(path.to_owned()));
            return Ok(());
        };
        let (got256, got512) = sums_of(file)?.hex();
        if sha256.is_some_and(|sum| sum != got256) || sha512.is_some_and(|sum| sum != got512) {
            self.report.findings.push(Finding::Differs(path.to_owned()));
        }
        Ok(())
    }

    /// Finds what is there and not listed, and counts what is.
    fn walk(
        &mut self,
        folder: &Folder,
        prefix: &str,
        payload: &[HashSet<u128>; 2],
        tags: &[HashSet<u128>; 2],
        depth: usize,
    ) -> io::Result<()> {
        for entry in folder.list()? {
            let entry = entry?;
            // A name that is no text is in no manifest, whatever stands for it here.
            let path = format!("{prefix}{}", String::from_utf8_lossy(&entry.name));
            let name = std::str::from_utf8(&entry.name);
            match (entry.kind, name) {
                (FileType::Directory, Ok(name)) if depth < DEPTH_MAX => {
                    let inner = folder.step(Path::new(name), Absent::Fail)?;
                    self.walk(&inner, &format!("{path}/"), payload, tags, depth + 1)?;
                }
                (FileType::RegularFile, Ok(name)) => {
                    let in_payload = path.starts_with("data/");
                    let lists = if in_payload { payload } else { tags };
                    let id = digest(b"listed", &path);
                    let finding = match lists.each_ref().map(|list| list.contains(&id)) {
                        _ if !in_payload && path.starts_with("tagmanifest-") => continue,
                        [false, false] => Some(Finding::Extra(path)),
                        [true, true] => None,
                        _ => Some(Finding::InOneManifest(path)),
                    };
                    if in_payload && !matches!(finding, Some(Finding::Extra(_))) {
                        self.report.files += 1;
                        self.report.bytes += folder.size_bytes(name)?.unwrap_or(0);
                    }
                    self.report.findings.extend(finding);
                }
                (FileType::RegularFile, Err(_)) => self.report.findings.push(Finding::Extra(path)),
                _ => self.report.findings.push(Finding::NotAFile(path)),
            }
        }
        Ok(())
    }
}

/// A manifest being read.
struct Manifest {
    name: String,
    lines: Option<BufReader<std::fs::File>>,
    at: u64,
    listed: HashSet<u128>,
}

impl Manifest {
    fn open(bag: &Folder, name: &str) -> io::Result<Self> {
        let lines = match bag.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(BufReader::new(opened?)),
        };
        Ok(Self {
            name: name.to_owned(),
            lines,
            at: 0,
            listed: HashSet::new(),
        })
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(lines) = &mut self.lines else {
            return Ok(None);
        };
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.at += 1;
        while line
            .last()
            .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
        {
            line.pop();
        }
        Ok(Some(line))
    }
}

//! The `MANIFEST` of a case: what the plan is about, and the digest of each of its files.
//!
//! Text, so that a person can read it and `sha256sum -c MANIFEST` can check it: lines of facts begin
//! with `# `, which that program passes over. The SHA-256 of this file is the plan's digest, and what
//! an approval signs.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use remit_workspace::Millis;

use crate::{Case, Digest, FileDigest, GapNumbers, PlanError, Summary};

/// What a plan is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The identity of the workspace, as its store gives it.
    pub workspace: String,
    /// Who proposed: `operator`, or a guest's name, version and digest.
    pub guest: String,
    /// What the policy files were: their digest, or `none`.
    pub policy: String,
    /// The plan's instant.
    pub created: Millis,
    /// From when on it can no longer be begun.
    pub expires: Millis,
}

/// A manifest, read or about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What the plan is about.
    pub about: About,
    /// Why it cannot be applied, where something failed while planning.
    pub incomplete: Option<String>,
    /// How many gaps there are.
    pub gaps: u64,
    /// Those that a person accepted.
    pub accepted: GapNumbers,
    /// One line for each act, for the reader.
    counts: Vec<String>,
    /// The files of the plan, by name.
    pub files: Vec<FileDigest>,
}

const FIRST_LINE: &str = "# remit plan 1";

impl Manifest {
    /// Its name in the case.
    pub const FILE: &'static str = "MANIFEST";

    /// How long a plan may be begun, unless the policy says otherwise: seven days.
    pub const LIFETIME_MS: Millis = 7 * 24 * 60 * 60 * 1000;

    pub(crate) fn new(about: About, summary: &Summary, files: Vec<FileDigest>) -> Self {
        let through = summary
            .through
            .iter()
            .map(|(converter, entries)| format!("export {entries} entries through {converter}"));
        let counts = summary
            .acts
            .iter()
            .map(|(act, count)| {
                format!(
                    "{act} {} entries {} parts {} bytes",
                    count.entries, count.parts, count.bytes
                )
            })
            .chain(through)
            .collect();
        Self {
            about,
            incomplete: summary.incomplete.clone(),
            gaps: summary.gaps,
            accepted: GapNumbers::default(),
            counts,
            files,
        }
    }

    /// Reads the manifest of a case, and its digest.
    pub fn read(case: &Case) -> Result<(Self, Digest), PlanError> {
        let path = case.path(Self::FILE);
        let text = std::fs::read_to_string(&path).map_err(PlanError::io("cannot read", &path))?;
        Ok((Self::parse(&text, &path)?, Digest::of(text.as_bytes())))
    }

    /// The text. Equal manifests have equal texts.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut fact = |name: &str, value: &str| {
            let _infallible = writeln!(text, "# {name:<10} {}", one_line(value));
        };
        fact("workspace", &self.about.workspace);
        fact("guest", &self.about.guest);
        fact("policy", &self.about.policy);
        fact("created", &time(self.about.created));
        fact("expires", &time(self.about.expires));
        if let Some(why) = &self.incomplete {
            fact("incomplete", why);
        }
        for count in &self.counts {
            fact("count", count);
        }
        fact("gaps", &self.gaps.to_string());
        fact("accepted", &self.accepted.to_string());
        let mut text = format!("{FIRST_LINE}\n{text}");
        for file in &self.files {
            let _infallible = writeln!(text, "{}  {}", file.digest.to_hex(), file.name);
        }
        text
    }

    fn parse(text: &str, path: &Path) -> Result<Self, PlanError> {
        let damaged = |why: &str| PlanError::damaged(path, why);
        let mut lines = text.lines().peekable();
        match lines.next() {
            Some(FIRST_LINE) => {}
            Some(other) if other.starts_with("# remit plan ") => {
                return Err(PlanError::Newer {
                    path: path.to_owned(),
                    found: other.to_owned(),
                    known: FIRST_LINE,
                });
            }
            _ => return Err(damaged("it does not begin as a manifest does")),
        }
        let mut facts: Vec<(&str, &str)> = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("# ")) {
            let (name, value) = line[2..]
                .split_once(' ')
                .ok_or_else(|| damaged("a fact without a value"))?;
            facts.push((name, value.trim_start()));
        }
        let find = |name: &str| facts.iter().find(|fact| fact.0 == name).map(|fact| fact.1);
        let fact = |name: &'static str| {
            find(name).ok_or_else(|| damaged(&format!("it does not say `{name}`")))
        };
        let instant = |name: &'static str| {
            fact(name)?
                .parse::<Timestamp>()
                .map(Timestamp::as_millisecond)
                .map_err(|_unreadable| damaged(&format!("`{name}` is no instant")))
        };
        let mut files = Vec::new();
        for line in lines {
            let (digest, name) = line
                .split_once("  ")
                .ok_or_else(|| damaged("a line that is no digest and file"))?;
            let digest =
                Digest::parse(digest).ok_or_else(|| damaged("a line without a SHA-256"))?;
            let is_inside = name
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
            if !is_inside {
                return Err(damaged("a file outside the case"));
            }
            files.push(FileDigest {
                name: name.to_owned(),
                digest,
            });
        }
        let manifest = Self {
            about: About {
                workspace: fact("workspace")?.to_owned(),
                guest: fact("guest")?.to_owned(),
                policy: fact("policy")?.to_owned(),
                created: instant("created")?,
                expires: instant("expires")?,
            },
            incomplete: find("incomplete").map(str::to_owned),
            gaps: fact("gaps")?
                .parse()
                .map_err(|_unreadable| damaged("`gaps` is no number"))?,
            accepted: GapNumbers::parse(fact("accepted")?)
                .ok_or_else(|| damaged("`accepted` is no list of numbers"))?,
            counts: facts
                .iter()
                .filter(|fact| fact.0 == "count")
                .map(|fact| fact.1.to_owned())
                .collect(),
            files,
        };
        // What is read back in another form than it was written was not written by us.
        if manifest.to_text() == text {
            Ok(manifest)
        } else {
            Err(damaged("it is not in the form it was written in"))
        }
    }
}

/// Facts stand on one line each; what would break it, or play with the terminal, is escaped.
fn one_line(value: &str) -> String {
    value.trim().chars().fold(String::new(), |mut line, c| {
        match c {
            c if c.is_control()
                || ('\u{202A}'..='\u{202E}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c) =>
            {
                line.extend(c.escape_unicode());
            }
            c => line.push(c),
        }
        line
    })
}

fn time(instant: Millis) -> String {
    Timestamp::from_millisecond(instant)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

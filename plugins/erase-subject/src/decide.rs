//! What is whose: pure questions about entries and findings.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use identifiers::{Identifiers, Kind};
use remit_guest::{Entry, Failure, Finding, Scanned};

/// Rules of `personal-data` that lead to a person. Addresses on the network are the machines'.
const OF_PEOPLE: &[&str] = &["email", "phone", "card", "iban"];

/// Findings about others that are held for one run. With more, it is not one person's run.
const OTHERS_MAX: usize = 10_000;

/// The person concerned.
pub(crate) struct Person {
    all: Identifiers,
    aliases: Identifiers,
}

impl Person {
    pub(crate) fn of_params() -> Result<Self, Failure> {
        Ok(Self {
            all: Identifiers::of_params()?,
            aliases: Identifiers::of_params_of(&[Kind::Alias])?,
        })
    }

    /// Whether the entry says that it is the person's.
    pub(crate) fn owns(&self, entry: &Entry) -> bool {
        entry
            .property("owner")
            .is_some_and(|owner| self.all.is(owner))
    }

    /// Whether the entry lies in the person's own folder, `/files/**/Users/<alias>/**`.
    pub(crate) fn is_at_home(&self, entry: &Entry) -> bool {
        let Some(below) = entry.path.strip_prefix("/files/") else {
            return false;
        };
        let segments: Vec<&str> = below.split('/').collect();
        segments
            .windows(3)
            .any(|three| three[0].eq_ignore_ascii_case("Users") && self.aliases.is(three[1]))
    }

    /// Whether the entry's path names the person.
    pub(crate) fn is_named_by(&self, entry: &Entry) -> bool {
        self.all.are_in(&entry.path)
    }
}

/// Whether the run is still at work, so that deleting it would need more than `delete`.
pub(crate) fn is_running(run: &Entry) -> bool {
    const AT_WORK: &[&str] = &[
        "NotStarted",
        "Queued",
        "Preparing",
        "Provisioning",
        "Starting",
        "Running",
        "Finalizing",
        "CancelRequested",
    ];
    run.property("status")
        .is_some_and(|status| AT_WORK.iter().any(|name| status.eq_ignore_ascii_case(name)))
}

/// Other people's identifiers in a run, until it is known that they are the person's own.
#[derive(Default)]
pub(crate) struct Others {
    places: BTreeMap<String, Vec<(u64, u64)>>,
    count: usize,
    too_many: bool,
}

impl Others {
    /// Takes what `personal-data` found in one entry.
    pub(crate) fn suspect(&mut self, scanned: Scanned) {
        // What is not listed cannot be shown to be the person's.
        self.too_many |= scanned.total > scanned.findings.len() as u64;
        let of_people = |finding: &&Finding| OF_PEOPLE.contains(&finding.rule.as_str());
        let spans: Vec<_> = scanned
            .findings
            .iter()
            .filter(of_people)
            .map(span)
            .collect();
        self.count += spans.len();
        self.too_many |= self.count > OTHERS_MAX;
        if !spans.is_empty() && !self.too_many {
            self.places.insert(scanned.entry.path, spans);
        }
    }

    /// Takes out what `subject` found in one entry, too.
    pub(crate) fn clear(&mut self, scanned: &Scanned) {
        if let Some(spans) = self.places.get_mut(&scanned.entry.path) {
            let own: Vec<_> = scanned.findings.iter().map(span).collect();
            spans.retain(|other| !own.iter().any(|own| overlap(*own, *other)));
            if spans.is_empty() {
                self.places.remove(&scanned.entry.path);
            }
        }
    }

    /// Whether it is clear that there are none.
    pub(crate) fn are_none(&self) -> bool {
        !self.too_many && self.places.is_empty()
    }
}

fn span(finding: &Finding) -> (u64, u64) {
    let end = finding.offset.saturating_add(u64::from(finding.length));
    (finding.offset, end)
}

fn overlap(one: (u64, u64), other: (u64, u64)) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// Paths, each as sixteen bytes: what goes with a run that is deleted must not be redacted as well.
#[derive(Default)]
pub(crate) struct Paths {
    digests: HashSet<(u64, u64)>,
}

impl Paths {
    pub(crate) fn insert(&mut self, path: &str) {
        self.digests.insert(digest(path));
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.digests.contains(&digest(path))
    }

    pub(crate) fn extend(&mut self, paths: Self) {
        self.digests.extend(paths.digests);
    }
}

fn digest(path: &str) -> (u64, u64) {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, path).hash(&mut hasher);
        hasher.finish()
    };
    (half(1), half(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_guest::testing::set_params;

    fn entry(path: &str, properties: &[(&str, &str)]) -> Entry {
        Entry {
            path: path.to_owned(),
            kind: "run".to_owned(),
            size_bytes: None,
            version: "1".to_owned(),
            created_ms: None,
            modified_ms: None,
            properties: properties
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn jane() -> Person {
        set_params(&[
            ("email", "jane@example.com"),
            ("alias", "jane"),
            ("name", "Jane Roe"),
        ]);
        Person::of_params().unwrap()
    }

    fn scanned(path: &str, total: u64, findings: &[(&str, u64, u32)]) -> Scanned {
        let finding = |&(rule, offset, length): &(&str, u64, u32)| Finding {
            offset,
            length,
            rule: rule.to_owned(),
        };
        Scanned {
            entry: entry(path, &[]),
            total,
            findings: findings.iter().map(finding).collect(),
        }
    }

    #[test]
    fn an_owner_is_the_person_only_as_a_whole() {
        for (owner, expected) in [
            ("jane@example.com", true),
            ("Jane Roe", true),
            ("JANE", true),
            ("joe@example.com", false),
            ("jane@example.com, joe@example.com", false),
            ("janet", false),
        ] {
            assert_eq!(
                jane().owns(&entry("/runs/a", &[("owner", owner)])),
                expected,
                "{owner}"
            );
        }
        assert!(!jane().owns(&entry("/runs/jane", &[])));
    }

    #[test]
    fn home_is_the_folder_of_an_alias() {
        for (path, expected) in [
            ("/files/code-1/Users/jane/a.py", true),
            ("/files/code-1/users/Jane/b/c.py", true),
            ("/files/code-1/Users/jane", false),
            ("/files/code-1/Users/janet/a.py", false),
            ("/files/code-1/Users/joe/jane/a.py", false),
            ("/blobs/code-1/Users/jane/a.py", false),
        ] {
            assert_eq!(jane().is_at_home(&entry(path, &[])), expected, "{path}");
        }
        set_params(&[("email", "jane@example.com")]);
        let person = Person::of_params().unwrap();
        assert!(!person.is_at_home(&entry("/files/c/Users/jane/a.py", &[])));
    }

    #[test]
    fn a_run_is_the_persons_alone_when_every_suspect_is_cleared() {
        let mut others = Others::default();
        others.suspect(scanned("/a", 2, &[("email", 10, 16), ("ipv4", 90, 9)]));
        assert!(!others.are_none());
        others.clear(&scanned("/b", 1, &[("email", 10, 16)]));
        assert!(!others.are_none(), "cleared by another entry's finding");
        others.clear(&scanned("/a", 1, &[("email", 26, 4)]));
        assert!(!others.are_none(), "cleared by a neighbour");
        others.clear(&scanned("/a", 1, &[("alias", 10, 4)]));
        assert!(others.are_none());
    }

    #[test]
    fn what_is_not_listed_may_be_anybodys() {
        let mut others = Others::default();
        others.suspect(scanned("/a", 1_001, &[]));
        assert!(!others.are_none());
        let mut others = Others::default();
        let many: Vec<_> = (0..OTHERS_MAX as u64 + 1)
            .map(|n| ("email", n, 1))
            .collect();
        others.suspect(scanned("/a", many.len() as u64, &many));
        others.clear(&scanned("/a", many.len() as u64, &many));
        assert!(!others.are_none());
    }
}

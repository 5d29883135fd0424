//! What a pattern covers when it stands for authority: names, owned parts, everything below.
//!
//! Exact for one entry. For a set that could not be enumerated the answers err on the safe side:
//! [`covers_all`] may say no too often, [`may_reach`] may say yes too often.

use std::cell::OnceCell;
use std::sync::LazyLock;

use remit_workspace::{EntryPath, Pattern, layout};

use crate::Effect;

/// A member of an effect set, with what many patterns will be compared with.
#[derive(Debug)]
pub(crate) enum Member<'a> {
    Entry(Subject<'a>),
    AllBelow(&'a EntryPath),
}

/// An entry with what its name says about it.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    path: &'a EntryPath,
    owner: Option<EntryPath>,
    /// Records that it is a part of, which no name says.
    above: &'a [EntryPath],
    /// Needed for holds alone.
    key: OnceCell<EntryPath>,
}

impl<'a> Member<'a> {
    pub(crate) fn of(effect: Effect<'a>) -> Self {
        Self::below(effect, &[])
    }

    /// The same, of a part of these records.
    pub(crate) fn below(effect: Effect<'a>, above: &'a [EntryPath]) -> Self {
        match effect {
            Effect::Entry(path) => Self::Entry(Subject {
                above,
                ..Subject::of(path)
            }),
            Effect::AllBelow(top) => Self::AllBelow(top),
        }
    }
}

impl<'a> Subject<'a> {
    pub(crate) fn of(path: &'a EntryPath) -> Self {
        Self {
            path,
            owner: layout::owner_of(path),
            above: &[],
            key: OnceCell::new(),
        }
    }

    pub(crate) fn path(&self) -> &'a EntryPath {
        self.path
    }

    fn key(&self) -> &EntryPath {
        self.key.get_or_init(|| self.path.match_key())
    }
}

/// Whether the pattern covers this entry: by its name, or because it covers a record that owns it.
pub(crate) fn covers(pattern: &Pattern, subject: &Subject<'_>) -> bool {
    let mut names = std::iter::once(subject.path)
        .chain(subject.owner.as_ref())
        .chain(subject.above);
    names.any(|name| pattern.governs(name))
}

/// A pattern as a hold: it protects what it covers, and the record to which all of that belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protection {
    pub(crate) pattern: Pattern,
    record: Option<EntryPath>,
}

impl Protection {
    pub(crate) fn of(pattern: Pattern) -> Self {
        let record = record_within(&pattern).map(|record| record.match_key());
        Self { pattern, record }
    }

    pub(crate) fn protects(&self, subject: &Subject<'_>) -> bool {
        covers(&self.pattern, subject)
            || self
                .record
                .as_ref()
                .is_some_and(|record| record == subject.key())
            || may_share_rows(&self.pattern, subject.path)
    }
}

/// Whether rows of telemetry that the pattern names may be among those at `path`: one row has a value in
/// every column of its table. Rows of one column with different values are different rows. A component
/// has all the rows of its tables.
fn may_share_rows(pattern: &Pattern, path: &EntryPath) -> bool {
    let Some([component, table, column, _]) = layout::rows_of(path) else {
        return false;
    };
    let at = |text: String| EntryPath::parse(&text).ok();
    let holder = at(format!("/resources/insights/{component}"));
    if holder.is_some_and(|holder| pattern.governs(&holder)) {
        return true;
    }
    let table = at(format!("/telemetry/{component}/{table}"));
    let in_table = table.is_some_and(|table| pattern.may_govern_below(&table));
    let written: Vec<&str> = pattern.as_str().split('/').skip(1).collect();
    // Of the same column the pattern says which values, and those are compared by name.
    let same_column = written.get(3) == Some(&column) && !written[..3].contains(&"**");
    in_table && !same_column
}

/// Whether the pattern surely covers this place and everything below it.
pub(crate) fn covers_all(pattern: &Pattern, top: &EntryPath) -> bool {
    if stands_for_everything(top) {
        return pattern.as_str() == "/**";
    }
    pattern.governs_all_below(top)
        || owner_of_all_below(top).is_some_and(|owner| pattern.governs(&owner))
}

/// Whether the pattern might cover anything at or below this place, or anything that belongs to a
/// record there.
pub(crate) fn may_reach(pattern: &Pattern, top: &EntryPath) -> bool {
    if stands_for_everything(top) || pattern.may_govern_below(top) {
        return true;
    }
    // Parts of a record that the pattern covers may lie below.
    let parts_below = match owner_of_all_below(top) {
        Some(owner) => pattern.governs(&owner),
        None => {
            names_runs(pattern)
                && Pattern::at_and_below(top).map_or(true, |all| meets_any(&all, &RUN_PLACES))
        }
    };
    // A record below may own parts that the pattern covers.
    let mut segments = top.written_segments();
    let record_below = segments
        .next()
        .is_some_and(|root| root.eq_ignore_ascii_case("runs"))
        && match segments.next() {
            None => meets_any(pattern, &RUN_PLACES),
            Some(id) => EntryPath::parse(&format!("/runs/{id}")).map_or(true, |record| {
                meets_any(pattern, &layout::owned_places(&record))
            }),
        };
    parts_below || record_below
}

/// Whether the pattern might cover anything that `chosen` chooses: by its name, or because it covers a record that
/// owns it.
pub(crate) fn may_cover(pattern: &Pattern, chosen: &Pattern) -> bool {
    let may_choose_parts = || meets_any(chosen, &RUN_PLACES) || overlap(chosen, &BELOW_RUNS);
    overlap(pattern, chosen) || (names_runs(pattern) && may_choose_parts())
}

/// Whether two patterns might have an entry in common, owned parts included.
pub(crate) fn may_meet(one: &Pattern, other: &Pattern) -> bool {
    let covers_parts = |one: &Pattern, other: &Pattern| {
        (names_runs(one) && meets_any(other, &RUN_PLACES))
            || record_within(other).is_some_and(|record| one.governs(&record))
    };
    overlap(one, other) || covers_parts(one, other) || covers_parts(other, one)
}

/// Whether this entry is the place of the policy, which nobody touches.
pub(crate) fn is_reserved(path: &EntryPath) -> bool {
    let mut segments = path.written_segments();
    let mut next_is = |word: &str| {
        segments
            .next()
            .is_some_and(|segment| segment.eq_ignore_ascii_case(word))
    };
    match path.root() {
        root if root.eq_ignore_ascii_case("files") => next_is("files") && next_is(".remit"),
        root if root.eq_ignore_ascii_case("blobs") => next_is("blobs") && next_is("remit"),
        _ => false,
    }
}

/// Whether the place of the policy lies at or below this one, or goes with it.
pub(crate) fn holds_reserved(top: &EntryPath) -> bool {
    if is_reserved(top) {
        return true;
    }
    let segments: Vec<&str> = top.written_segments().collect();
    match segments.as_slice() {
        [root] => root.eq_ignore_ascii_case("files") || root.eq_ignore_ascii_case("blobs"),
        // The container `remit` goes with its account.
        [root, kind, ..] => {
            root.eq_ignore_ascii_case("resources") && kind.eq_ignore_ascii_case("storage")
        }
        [] => true,
    }
}

/// Whether deleting this takes along what has no name below it: the workspace, or a resource that
/// the workspace stands on.
pub(crate) fn stands_for_everything(path: &EntryPath) -> bool {
    ["workspace", "resources"]
        .iter()
        .any(|root| path.root().eq_ignore_ascii_case(root))
}

/// Where parts of runs lie, outside of `/runs`.
static RUN_PLACES: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let stand_in = EntryPath::parse("/runs/remit-any-run").expect("a constant");
    layout::owned_places(&stand_in)
        .iter()
        .map(|place| place.as_str().replace("remit-any-run", "*"))
        .filter(|place| !place.starts_with("/runs/"))
        .map(|place| Pattern::parse(&place).expect("a name was replaced by a wildcard"))
        .collect()
});

/// Where parts of runs lie besides.
static BELOW_RUNS: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::parse("/runs/*/*/**").expect("a constant"));

/// Whether the pattern might name a run, or something under `/runs`.
fn names_runs(pattern: &Pattern) -> bool {
    static RUNS: LazyLock<EntryPath> =
        LazyLock::new(|| EntryPath::parse("/runs").expect("a constant"));
    pattern.may_govern_below(&RUNS)
}

fn meets_any(pattern: &Pattern, places: &[Pattern]) -> bool {
    places.iter().any(|place| overlap(place, pattern))
}

/// Whether two patterns might match one name: each may match below the other's literal part.
fn overlap(one: &Pattern, other: &Pattern) -> bool {
    let may = |pattern: &Pattern, of: &Pattern| {
        EntryPath::of_segments(of.literal_prefix())
            .map_or(true, |prefix| pattern.may_govern_below(&prefix))
    };
    may(one, other) && may(other, one)
}

/// The record that owns whatever lies below this place, by names alone.
fn owner_of_all_below(top: &EntryPath) -> Option<EntryPath> {
    layout::owner_of(&top.child("any").ok()?)
}

/// The record to which everything that the pattern can match belongs.
fn record_within(pattern: &Pattern) -> Option<EntryPath> {
    // Whichever the default container is, what lies in it has the same owner.
    let pattern = layout::in_default_container(pattern, "any");
    let prefix = EntryPath::of_segments(pattern.literal_prefix()).ok()?;
    layout::owner_of(&prefix).or_else(|| owner_of_all_below(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn path(text: &str) -> EntryPath {
        EntryPath::parse(text).unwrap()
    }

    #[test]
    fn a_record_covers_its_parts() {
        for (given, entry, expect) in [
            ("/runs/x", "/runs/x", true),
            ("/runs/X", "/runs/x", true),
            ("/runs/x", "/runs/x/metrics", true),
            (
                "/runs/x",
                "/blobs/azureml/ExperimentRun/dcid.x/logs/a",
                true,
            ),
            (
                "/runs/X",
                "/blobs/azureml/ExperimentRun/dcid.x/logs/a",
                true,
            ),
            (
                "/runs/*",
                "/blobs/azureml-blobstore-1/azureml/x/model",
                true,
            ),
            (
                "/runs/x",
                "/blobs/azureml/ExperimentRun/dcid.y/logs/a",
                false,
            ),
            ("/runs/x", "/runs/y", false),
            ("/blobs/azureml/ExperimentRun/dcid.x/**", "/runs/x", false),
        ] {
            assert_eq!(
                covers(&pattern(given), &Subject::of(&path(entry))),
                expect,
                "{given} {entry}"
            );
        }
    }

    #[test]
    fn a_held_part_protects_its_record() {
        for (given, entry, expect) in [
            (
                "/blobs/azureml/ExperimentRun/dcid.x/logs/a",
                "/runs/x",
                true,
            ),
            (
                "/blobs/azureml/ExperimentRun/dcid.x/**/*.log",
                "/runs/x",
                true,
            ),
            ("/blobs/azureml/ExperimentRun/dcid.X/**", "/runs/x", true),
            ("/runs/x/metrics", "/runs/x", true),
            ("/runs/x/*", "/runs/x", true),
            (
                "/blobs/azureml-blobstore-*/azureml/x/scores/**",
                "/runs/x",
                true,
            ),
            (
                "/blobs/azureml-blobstore-*/azureml/*/scores/**",
                "/runs/x",
                false,
            ),
            (
                "/blobs/azureml/ExperimentRun/dcid.x/logs/a",
                "/runs/y",
                false,
            ),
            (
                "/blobs/azureml/ExperimentRun/dcid.x/logs/a",
                "/blobs/azureml/ExperimentRun/dcid.x/logs/b",
                false,
            ),
        ] {
            assert_eq!(
                Protection::of(pattern(given)).protects(&Subject::of(&path(entry))),
                expect,
                "{given} {entry}"
            );
        }
    }

    #[test]
    fn a_hold_on_rows_protects_what_they_may_share() {
        let rows = path("/telemetry/ai/AppTraces/UserId/jane");
        for (held, expect) in [
            ("/telemetry/ai/AppTraces/UserId/jane", true),
            ("/telemetry/ai/AppTraces/UserId/j*", true),
            ("/telemetry/*/*/UserId/jane", true),
            ("/telemetry/ai/AppTraces/SessionId/7", true),
            ("/telemetry/*/*/SessionId/*", true),
            ("/telemetry/ai/AppTraces", true),
            ("/telemetry/**", true),
            ("/resources/insights/ai", true),
            ("/telemetry/ai/AppTraces/UserId/joe", false),
            ("/telemetry/*/*/UserId/joe", false),
            ("/telemetry/ai/AppRequests/SessionId/7", false),
            ("/telemetry/other/**", false),
            ("/resources/insights/other", false),
        ] {
            let protection = Protection::of(pattern(held));
            assert_eq!(protection.protects(&Subject::of(&rows)), expect, "{held}");
        }
    }

    #[test]
    fn what_cannot_be_enumerated_is_taken_whole() {
        for (given, top, all, reach) in [
            ("/blobs/c/**", "/blobs/c", true, true),
            ("/blobs/c/*", "/blobs/c", false, true),
            ("/blobs/c/x/y", "/blobs/c", false, true),
            ("/blobs/d/**", "/blobs/c", false, false),
            ("/**", "/blobs/c", true, true),
            ("/**", "/workspace", true, true),
            ("/workspace/**", "/workspace", false, true),
            ("/files/x", "/resources/storage/a", false, true),
            ("/runs/x", "/blobs/azureml", false, true),
            ("/runs/x", "/blobs/azureml/ExperimentRun/dcid.x", true, true),
            ("/runs/X", "/blobs/azureml/ExperimentRun/dcid.x", true, true),
            (
                "/runs/x",
                "/blobs/azureml/ExperimentRun/dcid.y",
                false,
                false,
            ),
            ("/runs/x", "/blobs/other", false, false),
            (
                "/blobs/azureml/ExperimentRun/dcid.x/a",
                "/runs/x",
                false,
                true,
            ),
            (
                "/blobs/azureml/ExperimentRun/dcid.x/a",
                "/runs/y",
                false,
                false,
            ),
            ("/blobs/azureml/ExperimentRun/*/a", "/runs", false, true),
            ("/blobs/other/a", "/runs", false, false),
        ] {
            assert_eq!(
                covers_all(&pattern(given), &path(top)),
                all,
                "all {given} {top}"
            );
            assert_eq!(
                may_reach(&pattern(given), &path(top)),
                reach,
                "reach {given} {top}"
            );
        }
    }

    #[test]
    fn the_place_of_the_policy() {
        for (entry, itself, within) in [
            ("/files/.remit/policy.toml", true, true),
            ("/files/.REMIT/policy.toml", true, true),
            ("/files/.remit", true, true),
            ("/blobs/remit/holds.toml", true, true),
            ("/blobs/remit/holds.toml?version=1", true, true),
            ("/files", false, true),
            ("/blobs", false, true),
            ("/resources/storage/a", false, true),
            ("/files/a/.remit/x", false, false),
            ("/blobs/remittances/x", false, false),
            ("/runs/remit", false, false),
        ] {
            assert_eq!(is_reserved(&path(entry)), itself, "{entry}");
            assert_eq!(holds_reserved(&path(entry)), within, "{entry}");
        }
    }

    #[test]
    fn patterns_that_meet() {
        for (one, other, expect) in [
            ("/runs/a", "/runs/b", false),
            ("/runs/*", "/runs/b", true),
            ("/runs/**", "/blobs/azureml/ExperimentRun/**", true),
            ("/runs/x", "/runs/x/metrics", true),
            ("/runs/X", "/runs/x/metrics", true),
            ("/runs/x", "/runs/y/metrics", false),
            ("/runs/**", "/blobs/other/**", false),
            ("/**", "/files/x", true),
        ] {
            assert_eq!(
                may_meet(&pattern(one), &pattern(other)),
                expect,
                "{one} {other}"
            );
            assert_eq!(
                may_meet(&pattern(other), &pattern(one)),
                expect,
                "{other} {one}"
            );
        }
    }
}

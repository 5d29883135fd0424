//! Which places a listing asks the store for: never one that lies outside of the scope.

use remit_workspace::{EntryPath, Pattern};

/// Patterns in layers. An entry can be inside only if each layer has a pattern that holds it.
///
/// Every entry is still checked on its own: this says where to look, not what may be seen.
#[derive(Clone, Debug)]
pub(crate) struct Bounds(Vec<Vec<Pattern>>);

/// Beyond this a listing asks for what was selected, and the check of each entry does the rest.
const QUERIES_MAX: usize = 64;

impl Bounds {
    pub(crate) fn new(layers: impl IntoIterator<Item = Vec<Pattern>>) -> Self {
        layers.into_iter().fold(Self(Vec::new()), Self::within)
    }

    /// With one layer more.
    pub(crate) fn within(mut self, mut patterns: Vec<Pattern>) -> Self {
        let runs = EntryPath::parse("/runs").expect("a constant");
        // A right on a run covers its parts, and those lie among the blobs.
        if patterns
            .iter()
            .any(|pattern| pattern.may_govern_below(&runs))
        {
            patterns.push(Pattern::parse("/blobs/**").expect("a constant"));
        }
        self.0.push(patterns);
        self
    }

    /// Whether anything at or below this place could be inside.
    pub(crate) fn may_hold_below(&self, place: &EntryPath) -> bool {
        let holds = |patterns: &Vec<Pattern>| {
            patterns
                .iter()
                .any(|pattern| pattern.may_govern_below(place))
        };
        self.0.iter().all(holds)
    }

    /// What to ask for, so that everything selected that could be inside is asked for once.
    pub(crate) fn queries(&self, selected: &Pattern) -> Vec<Pattern> {
        let mut queries = vec![selected.clone()];
        for layer in &self.0 {
            let mut next: Vec<Pattern> = Vec::new();
            for query in &queries {
                next.extend(layer.iter().filter_map(|place| meet(query, place)));
            }
            queries = without_covered(next);
            if queries.len() > QUERIES_MAX || queries.contains(selected) {
                queries = vec![selected.clone()];
            }
        }
        queries
    }
}

/// A query that asks for no less than both have in common; none where they have nothing.
fn meet(query: &Pattern, place: &Pattern) -> Option<Pattern> {
    let (near, far) = (query.literal_prefix(), reliable_prefix(place));
    if far.len() <= near.len() {
        let nothing =
            || EntryPath::of_segments(&near).is_ok_and(|near| !place.may_govern_below(&near));
        return (!nothing()).then(|| query.clone());
    }
    let far = EntryPath::of_segments(&far).ok()?;
    if !query.may_match_below(&far) {
        return None;
    }
    Some(Pattern::at_and_below(&far).unwrap_or_else(|_| query.clone()))
}

/// The names with which everything that the pattern governs begins. Where the service ignores case
/// that is the root alone: authority folds what a listing compares exactly.
fn reliable_prefix(place: &Pattern) -> Vec<Vec<u8>> {
    let mut prefix = place.literal_prefix();
    let exact = prefix
        .first()
        .is_some_and(|root| [&b"blobs"[..], b"telemetry"].contains(&&**root));
    if !exact {
        prefix.truncate(1);
        prefix
            .iter_mut()
            .for_each(|root| root.make_ascii_lowercase());
    }
    prefix
}

/// Each place once: what lies in another is listed with it.
fn without_covered(mut queries: Vec<Pattern>) -> Vec<Pattern> {
    queries.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    queries.dedup();
    let covers = |one: &Pattern, other: &Pattern| {
        let prefix = EntryPath::of_segments(other.literal_prefix());
        one != other
            && one.as_str().ends_with("/**")
            && prefix.is_ok_and(|prefix| one.governs_all_below(&prefix))
    };
    let kept = queries
        .iter()
        .filter(|query| !queries.iter().any(|other| covers(other, query)));
    kept.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn only_what_could_be_inside_is_asked_for() {
        for (selected, layers, expect) in [
            ("/**", &[&["/**"][..]][..], &["/**"][..]),
            ("/**", &[&["/files/**"]], &["/files/**"]),
            ("/**", &[&["/files/a/**", "/files/b"]], &["/files/**"]),
            ("/**", &[&["/FILES/a/**"]], &["/files/**"]),
            (
                "/**",
                &[&["/blobs/c/d/**", "/blobs/e/*"]],
                &["/blobs/c/d/**", "/blobs/e/**"],
            ),
            (
                "/**",
                &[&["/blobs/c/**", "/blobs/c/d/**"]],
                &["/blobs/c/**"],
            ),
            (
                "/**",
                &[&["/**"], &["/blobs/c/**"], &["/blobs/c/d"]],
                &["/blobs/c/d/**"],
            ),
            ("/blobs/*/x", &[&["/blobs/c/**"]], &["/blobs/c/**"]),
            ("/blobs/c/**", &[&["/blobs/**"]], &["/blobs/c/**"]),
            ("/blobs/c/**", &[&["/blobs/d/**"]], &[]),
            ("/files/**", &[&["/blobs/**"]], &[]),
            ("/files/**", &[&["/blobs/**"], &["/**"]], &[]),
            ("/models/**", &[&["/runs/*"]], &[]),
            ("/**", &[&["/runs/*"]], &["/blobs/**", "/runs/**"]),
            ("/**", &[&[]], &[]),
        ] {
            let bounds = Bounds::new(
                layers
                    .iter()
                    .map(|layer| layer.iter().map(|text| pattern(text)).collect()),
            );
            let queries = bounds.queries(&pattern(selected));
            let queries: Vec<&str> = queries.iter().map(Pattern::as_str).collect();
            assert_eq!(queries, expect, "{selected} {layers:?}");
        }
    }
}

//! What is left of many names after a batch, from few listings.
//!
//! *Gone* is said only of what a listing with versions, snapshots and deleted states does not show. Names
//! that were deleted together are mostly neighbours: what begins as they all do is listed once. Where too
//! much else begins so, they are parted by their next character. Only a listing that came to its end says
//! anything; of the other names nothing is said here, and they are looked at one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};

use crate::Account;
use crate::account::{GENERATIONS, Kept};
use crate::error::Answer;
use crate::listing::{self, Query};
use crate::names::BlobState;
use crate::wire::Wire;

/// Names that are not worth a listing of their own.
const ALONE_MAX: usize = 2;
/// States of one listing, at least and for each name, beyond which it is given up.
const STATES_MIN: usize = 64;
const STATES_A_NAME: usize = 2;
/// Pages of one listing beyond which it is given up: a page may be short.
const PAGES_MAX: usize = 8;
/// Listings under way at once.
const AT_ONCE: usize = 8;

impl Account {
    /// What the service still has of these names, where few listings tell. A current state among it means
    /// that a listing was behind, or that somebody made it anew: then nothing is said.
    pub(crate) async fn left_of_many(
        &self,
        container: &str,
        names: Vec<String>,
    ) -> BTreeMap<String, Kept> {
        let mut left = BTreeMap::new();
        // Each once, so that every parting makes groups smaller.
        let names: BTreeSet<String> = names.into_iter().collect();
        let mut groups = parted(names.into_iter().collect(), 0);
        while !groups.is_empty() {
            let mut looks = stream::iter(groups)
                .map(|names| look(self.wire.clone(), container.to_owned(), names))
                .buffer_unordered(AT_ONCE);
            let mut next = Vec::new();
            while let Some(seen) = looks.next().await {
                match seen {
                    Ok(Seen::All(kept)) => left.extend(kept),
                    Ok(Seen::TooMuch(names)) => {
                        let shared = common(&names).len();
                        next.extend(parted(names, shared));
                    }
                    // They will be looked at one by one.
                    Err(_) => {}
                }
            }
            groups = next;
        }
        left.retain(|_, kept| {
            let mut states = kept.states.iter();
            states.all(|state| state.name.state != BlobState::Current)
        });
        left
    }
}

/// What a listing of all that begins as these names do has shown.
enum Seen {
    All(BTreeMap<String, Kept>),
    TooMuch(Vec<String>),
}

async fn look(wire: Arc<Wire>, container: String, names: Vec<String>) -> Result<Seen, Answer> {
    let most = STATES_MIN.max(names.len() * STATES_A_NAME);
    let query = Query {
        container,
        prefix: common(&names).to_owned(),
        include: GENERATIONS,
        most: u32::try_from(most).ok(),
        ..Query::default()
    };
    let mut pages = listing::pages(wire, query);
    let mut kept: BTreeMap<String, Kept> = BTreeMap::new();
    let (mut states, mut now) = (0, None);
    for _ in 0..PAGES_MAX {
        let Some(page) = pages.next().await else {
            break;
        };
        let page = page?;
        states += page.blobs.len();
        now = page.now.or(now);
        for blob in page.blobs {
            let name = blob.name.name.clone();
            kept.entry(name).or_default().states.push(blob);
        }
        if page.next.is_none() {
            let of_each = names.into_iter().map(|name| {
                let mut kept = kept.remove(&name).unwrap_or_default();
                kept.now = now;
                (name, kept)
            });
            return Ok(Seen::All(of_each.collect()));
        }
        if states >= most {
            break;
        }
    }
    Ok(Seen::TooMuch(names))
}

/// What all of these names begin with.
fn common(names: &[String]) -> &str {
    let Some((first, rest)) = names.split_first() else {
        return "";
    };
    let mut shared = first.as_str();
    for name in rest {
        let same = shared.char_indices().zip(name.chars());
        let end = same
            .take_while(|((_, one), other)| one == other)
            .last()
            .map_or(0, |((at, one), _)| at + one.len_utf8());
        shared = &shared[..end];
    }
    shared
}

/// Names by the character at this place, in groups that are worth a listing.
fn parted(names: Vec<String>, at: usize) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<Option<char>, Vec<String>> = BTreeMap::new();
    for name in names {
        let next = name.get(at..).and_then(|rest| rest.chars().next());
        groups.entry(next).or_default().push(name);
    }
    groups
        .into_values()
        .filter(|names| names.len() > ALONE_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_names_share() {
        for (given, expect) in [
            (&["a/1", "a/2"][..], "a/"),
            (&["a", "ab", "abc"], "a"),
            (&["é1", "è1"], ""),
            (&["xé1", "xé2"], "xé"),
            (&["a", "b"], ""),
            (&["same", "same"], "same"),
            (&[], ""),
        ] {
            assert_eq!(common(&names(given)), expect, "{given:?}");
        }
    }

    #[test]
    fn names_are_parted_by_the_next_character() {
        let all = names(&["a", "ab1", "ab2", "ab3", "aé1", "aé2", "aé3", "ac"]);
        let groups = parted(all, 1);
        let shown: Vec<usize> = groups.iter().map(Vec::len).collect();
        assert_eq!(shown, [3, 3]);
    }
}

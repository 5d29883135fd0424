//! Registered assets: models, data, components, environments, codes. Each is a container with versions; a
//! version is a record, a container is not. Archived ones are listed too: what is hidden is still there.

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Pattern};

use super::records::{AT_ONCE, Finding, Records, gap, name_of};

/// Everything, archived or not.
const ALL: (&str, &str) = ("listViewType", "All");

impl Records {
    pub(crate) fn assets(&self, kind: &'static str, pattern: &Pattern) -> Finding {
        let named = pattern.literal_prefix().into_iter().nth(1);
        if let Some(name) = named {
            return match String::from_utf8(name) {
                Ok(name) => self.versions(kind, &name, pattern),
                Err(_) => stream::empty().boxed(),
            };
        }
        let place = EntryPath::of_segments([kind]).expect("a constant");
        // Code has no archive, and so no view of it.
        let query: &[(&str, &str)] = if kind == "codes" { &[] } else { &[ALL] };
        let url = self.manage.url(&[kind], query).expect("a constant");
        let (this, pattern) = (self.clone(), pattern.clone());
        self.manage
            .rows(url)
            .map(move |row| match row {
                Ok(row) => match name_of(&row).map(|name| (name, place.child(name))) {
                    Some((name, Ok(path))) if pattern.may_match_below(&path) => {
                        this.versions(kind, name, &pattern)
                    }
                    Some((_, Ok(_))) => stream::empty().boxed(),
                    Some((_, Err(_))) | None => gap(place.clone(), "a name that no path can say"),
                },
                Err(answer) => {
                    let (this, place) = (this.clone(), place.clone());
                    stream::once(async move { this.unlisted(&place, answer).await })
                        .filter_map(std::future::ready)
                        .boxed()
                }
            })
            .flatten_unordered(AT_ONCE)
            .boxed()
    }

    fn versions(&self, kind: &'static str, name: &str, pattern: &Pattern) -> Finding {
        let Ok(place) = EntryPath::of_segments([kind, name]) else {
            return stream::empty().boxed();
        };
        let query: &[(&str, &str)] = if kind == "codes" { &[] } else { &[ALL] };
        let Some(url) = self.manage.url(&[kind, name, "versions"], query) else {
            return gap(place, "a name that no address can have");
        };
        let below = place.clone();
        self.found(place, self.manage.rows(url), pattern, move |row| {
            below.child(name_of(row)?).ok()
        })
    }
}

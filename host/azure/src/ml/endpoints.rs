//! Online and batch endpoints, and their deployments.

use futures::stream::{self, StreamExt as _};
use remit_workspace::{EntryPath, Pattern};

use super::place::collection;
use super::records::{AT_ONCE, Finding, Records, found_at, gap, name_of};

impl Records {
    /// Endpoints of a kind (`online`, `batch`), with deployments where the pattern may choose some.
    pub(crate) fn endpoints(&self, kind: &'static str, pattern: &Pattern) -> Finding {
        let place = EntryPath::of_segments(["endpoints", kind]).expect("constants");
        if !pattern.may_match_below(&place) {
            return stream::empty().boxed();
        }
        let url = self.manage.url(&[collection(kind)], &[]);
        let url = url.expect("a constant");
        let (this, pattern) = (self.clone(), pattern.clone());
        self.manage
            .rows(url)
            .map(move |row| match row {
                Ok(row) => {
                    let name = name_of(&row).map(ToOwned::to_owned);
                    let path = name.as_ref().and_then(|name| place.child(name).ok());
                    let (Some(name), Some(path)) = (name, path) else {
                        return gap(place.clone(), "a name that no path can say");
                    };
                    let deployments = this.deployments(kind, &name, &path, &pattern);
                    let own = pattern.matches(&path).then(|| Ok(found_at(path, row)));
                    stream::iter(own).chain(deployments).boxed()
                }
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

    fn deployments(
        &self,
        kind: &'static str,
        endpoint: &str,
        path: &EntryPath,
        pattern: &Pattern,
    ) -> Finding {
        let Ok(place) = path.child("deployments") else {
            return stream::empty().boxed();
        };
        if !pattern.may_match_below(&place) {
            return stream::empty().boxed();
        }
        let names = [collection(kind), endpoint, "deployments"];
        let Some(url) = self.manage.url(&names, &[]) else {
            return gap(place, "a name that no address can have");
        };
        let below = place.clone();
        self.found(place, self.manage.rows(url), pattern, move |row| {
            below.child(name_of(row)?).ok()
        })
    }
}

//! Pages of blobs and of containers.
//!
//! By hand, because Microsoft's client lists no prefixes and loses spaces at the ends of names. A page may
//! be short or empty and still not be the last: only the marker says.

use std::sync::Arc;

use azure_core::http::{Method, Url};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use remit_workspace::{Millis, Pattern};

use crate::error::Answer;
use crate::names::{BlobName, BlobState, DeletedState};
use crate::tree::Tree;
use crate::wire::{Effect, Wire, header};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) container: String,
    pub(crate) prefix: String,
    /// `metadata`, `tags`, `snapshots`, `versions`, `deleted`, …
    pub(crate) include: &'static str,
    /// Names up to the next slash are given once, as prefixes.
    pub(crate) by_folder: bool,
    pub(crate) most: Option<u32>,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) blobs: Vec<Blob>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) next: Option<String>,
    /// The service's clock.
    pub(crate) now: Option<Millis>,
}

/// What is kept of a listed blob's properties: there are twice as many, and thousands of blobs on a page.
const PROPERTIES: [&str; 13] = [
    "AccessTier",
    "ArchiveStatus",
    "BlobType",
    "Content-Length",
    "Content-Type",
    "Creation-Time",
    "DeletedTime",
    "Etag",
    "ImmutabilityPolicyUntilDate",
    "Last-Modified",
    "LeaseStatus",
    "LegalHold",
    "RemainingRetentionDays",
];

/// A blob or a generation as it was listed.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) name: BlobName,
    pub(crate) has_version: bool,
    /// The values of [`PROPERTIES`], one after the other.
    values: Box<str>,
    /// Where each ends.
    ends: [u32; PROPERTIES.len()],
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Blob {
    /// One of [`PROPERTIES`].
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let at = PROPERTIES.iter().position(|kept| *kept == name);
        debug_assert!(at.is_some(), "{name} is not kept");
        let (at, ends) = (at?, &self.ends);
        let begin = at.checked_sub(1).map_or(0, |before| ends[before]);
        let value = self.values.get(begin as usize..ends[at] as usize)?;
        (!value.is_empty()).then_some(value)
    }

    /// When the service will have let go of what was deleted: exactly, where the account's rules are known.
    /// Else from the days it says are left; that it counts only whole days is an assumption, and a day is
    /// added, so that nothing is called gone before it is.
    pub(crate) fn gone_on(&self, now: Option<Millis>, kept_days: Option<i64>) -> Option<Millis> {
        const DAY: Millis = 86_400_000;
        let deleted = self.property("DeletedTime").and_then(millis);
        if let (Some(deleted), Some(days)) = (deleted, kept_days) {
            return Some(deleted + days * DAY);
        }
        let left: i64 = self.property("RemainingRetentionDays")?.parse().ok()?;
        Some(now? + (left + 1) * DAY)
    }

    fn parse(container: &Arc<str>, tree: &Tree<'_>) -> Option<Self> {
        let name = tree.blob_name()?;
        let is_deleted = tree.value("Deleted") == Some("true");
        let is_current = tree.value("IsCurrentVersion") == Some("true");
        let snapshot = tree.value("Snapshot").map(ToOwned::to_owned);
        let version = tree.value("VersionId").map(ToOwned::to_owned);
        let pairs = |element: Option<&Tree<'_>>| -> Vec<(String, String)> {
            element.map_or_else(Vec::new, |element| {
                let pairs = element.children.iter();
                pairs
                    .map(|child| (child.name.to_ascii_lowercase(), child.text.to_string()))
                    .collect()
            })
        };
        let metadata = pairs(tree.child("Metadata"));
        let tags = tree
            .child("Tags")
            .and_then(|tags| tags.child("TagSet"))
            .map_or_else(Vec::new, |set| set.children.iter().collect())
            .into_iter()
            .filter_map(|tag| {
                Some((
                    tag.value("Key")?.to_owned(),
                    tag.child("Value")?.text.to_string(),
                ))
            })
            .collect();
        let listed = tree.child("Properties");
        let value = |name| listed.and_then(|listed| listed.value(name));
        let (mut values, mut ends) = (String::with_capacity(192), [0; PROPERTIES.len()]);
        for (name, end) in PROPERTIES.iter().zip(&mut ends) {
            values.push_str(value(name).unwrap_or_default());
            *end = u32::try_from(values.len()).ok()?;
        }
        let has_version = version.is_some();
        let state = match (snapshot, version, is_deleted) {
            (Some(id), _, false) => BlobState::Snapshot(id),
            (Some(id), _, true) => BlobState::Deleted(DeletedState::Snapshot(id)),
            (None, Some(id), false) if !is_current => BlobState::Version(id),
            (None, Some(id), true) => BlobState::Deleted(DeletedState::Version(id)),
            (None, None, true) => {
                let when = value("DeletedTime").and_then(millis);
                let when = when.and_then(|when| jiff::Timestamp::from_millisecond(when).ok());
                let when = when.map_or_else(|| "unknown".to_owned(), |when| when.to_string());
                BlobState::Deleted(DeletedState::Base(when))
            }
            (None, _, false) => BlobState::Current,
        };
        Some(Self {
            name: BlobName {
                container: container.clone(),
                name,
                state,
            },
            has_version,
            values: values.into(),
            ends,
            metadata,
            tags,
        })
    }
}

/// One page of a listing.
pub(crate) async fn page(wire: &Wire, query: &Query, marker: Option<&str>) -> Result<Page, Answer> {
    page_into(wire, query, marker, &mut Vec::new()).await
}

/// The same, whose body is held in a buffer that stays.
pub(crate) async fn page_into(
    wire: &Wire,
    query: &Query,
    marker: Option<&str>,
    into: &mut Vec<u8>,
) -> Result<Page, Answer> {
    let url = address(wire, query, marker);
    let read = |body: &[u8], now| Page::parse(body, now, query, marker);
    fetch(wire, url, into, read).await
}

pub(crate) fn address(wire: &Wire, query: &Query, marker: Option<&str>) -> Url {
    let most = query.most.map(|most| most.to_string());
    let mut pairs = vec![("restype", "container"), ("comp", "list")];
    let optional = [
        ("prefix", query.prefix.as_str()),
        ("include", query.include),
        ("delimiter", if query.by_folder { "/" } else { "" }),
        ("maxresults", most.as_deref().unwrap_or_default()),
        ("marker", marker.unwrap_or_default()),
    ];
    pairs.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
    wire.url(&query.container, &pairs)
}

impl Page {
    /// Its first blob; an error when that is the first of the page before, too.
    pub(crate) fn first_unlike(
        &self,
        before: Option<&BlobName>,
    ) -> Result<Option<BlobName>, Answer> {
        let first = self.blobs.first().map(|blob| &blob.name);
        match first.is_some() && first == before {
            true => Err(Answer::Malformed("the same page came twice")),
            false => Ok(first.cloned()),
        }
    }

    pub(crate) fn parse(
        body: &[u8],
        now: Option<Millis>,
        query: &Query,
        marker: Option<&str>,
    ) -> Result<Self, Answer> {
        let container = Arc::from(query.container.as_str());
        let (mut blobs, mut prefixes) = (Vec::new(), Vec::new());
        let tree = Tree::parse_each(body, "Blobs", |child| {
            match &*child.name {
                "Blob" => {
                    let blob = Blob::parse(&container, &child);
                    blobs.push(blob.ok_or(Answer::Malformed("a blob without a name"))?);
                }
                "BlobPrefix" => {
                    let name = child.blob_name();
                    prefixes.push(name.ok_or(Answer::Malformed("a prefix without a name"))?);
                }
                _ => {}
            }
            Ok(())
        })?;
        if tree.child("Blobs").is_none() {
            return Err(Answer::Malformed("a page without an element Blobs"));
        }
        let next = next_marker(&tree, marker)?;
        Ok(Self {
            blobs,
            prefixes,
            next,
            now,
        })
    }
}

/// An answer, read by `read`, which is told the service's clock; asked for again while it cannot be read.
async fn fetch<T>(
    wire: &Wire,
    url: Url,
    into: &mut Vec<u8>,
    read: impl Fn(&[u8], Option<Millis>) -> Result<T, Answer>,
) -> Result<T, Answer> {
    let mut tried = 0;
    loop {
        let fetched = fetch_once(wire, url.clone(), into).await;
        match fetched.and_then(|now| read(into, now)) {
            // A body that was cut off without our being told: a reading can be repeated.
            Err(Answer::Malformed(_)) if wire.again(tried).await => tried += 1,
            other => return other,
        }
    }
}

/// Puts a body into the buffer, and gives the service's clock.
pub(crate) async fn fetch_once(
    wire: &Wire,
    url: Url,
    into: &mut Vec<u8>,
) -> Result<Option<Millis>, Answer> {
    let date = wire.whole(&url, into).await?;
    Ok(date.as_deref().and_then(millis))
}

/// Where the next page begins; an error when nobody says whether there is one.
pub(crate) fn next_marker(tree: &Tree<'_>, marker: Option<&str>) -> Result<Option<String>, Answer> {
    match tree.child("NextMarker") {
        // Without the element nobody says that this was the last page.
        None => Err(Answer::Malformed(
            "a page that does not say whether it is the last",
        )),
        Some(next) if next.text.is_empty() => Ok(None),
        Some(next) if Some(&*next.text) == marker => {
            Err(Answer::Malformed("the same page came twice"))
        }
        Some(next) => Ok(Some(next.text.to_string())),
    }
}

/// Every page of a listing, fetched as it is asked for. The first error ends it.
pub(crate) fn pages(wire: Arc<Wire>, query: Query) -> BoxStream<'static, Result<Page, Answer>> {
    struct At {
        marker: Option<String>,
        first: Option<BlobName>,
    }
    let begin = Some(At {
        marker: None,
        first: None,
    });
    stream::try_unfold(begin, move |at| {
        let (wire, query) = (wire.clone(), query.clone());
        async move {
            let Some(at) = at else { return Ok(None) };
            let page = page(&wire, &query, at.marker.as_deref()).await?;
            let first = page.first_unlike(at.first.as_ref())?;
            let next = page.next.clone().map(|marker| At {
                marker: Some(marker),
                first: first.or(at.first),
            });
            Ok(Some((page, next)))
        }
    })
    .boxed()
}

/// The names of every container of the account.
pub(crate) async fn containers(wire: &Wire) -> Result<Vec<String>, Answer> {
    each_container(wire, |name, _| name.to_owned()).await
}

/// Containers in which something may be held: which, and what holds it. That an account with such a container
/// is not deleted by its service is an *assumption*; that it must not be is none.
pub(crate) async fn held_containers(wire: &Wire) -> Result<Vec<String>, Answer> {
    const HOLDS: [(&str, &str); 3] = [
        ("HasLegalHold", "a legal hold"),
        ("HasImmutabilityPolicy", "an immutability policy"),
        // Whether any version is held, each would have to be asked.
        (
            "ImmutableStorageWithVersioningEnabled",
            "immutable versions",
        ),
    ];
    let held = each_container(wire, |name, properties| {
        let is = |property| properties.and_then(|all| all.value(property)) == Some("true");
        let by = HOLDS.into_iter().find(|(property, _)| is(property));
        by.map(|(_, by)| format!("{by} in the container {name}"))
    });
    Ok(held.await?.into_iter().flatten().collect())
}

async fn each_container<T>(
    wire: &Wire,
    take: impl Fn(&str, Option<&Tree>) -> T,
) -> Result<Vec<T>, Answer> {
    let mut containers = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut pairs = vec![("comp", "list")];
        pairs.extend(marker.as_deref().map(|marker| ("marker", marker)));
        let url = wire.url("", &pairs);
        let tree = fetch(wire, url, &mut Vec::new(), |body, _| Tree::parse(body)).await?;
        let listed = tree
            .child("Containers")
            .ok_or(Answer::Malformed("a page without an element Containers"))?;
        for child in &listed.children {
            let name = child
                .value("Name")
                .ok_or(Answer::Malformed("a container without a name"))?;
            containers.push(take(name, child.child("Properties")));
        }
        marker = next_marker(&tree, marker.as_deref())?;
        if marker.is_none() {
            return Ok(containers);
        }
    }
}

/// What the account says about deleting, as far as this credential may know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    /// Days for which a deleted blob is kept; none when it is not.
    pub(crate) days: Option<i64>,
    pub(crate) may_delete_for_good: bool,
    /// The service's clock.
    pub(crate) now: Millis,
}

/// The account's own rules.
pub(crate) async fn retention(wire: &Wire) -> Result<Retention, Answer> {
    let url = wire.url("", &[("restype", "service"), ("comp", "properties")]);
    let answer = wire
        .send(Effect::Reads, Method::Get, url, &[], Bytes::new(), &[200])
        .await?;
    let tree = Tree::parse(answer.body())?;
    let now = header(&answer, "date").and_then(|date| millis(&date));
    let policy = tree.child("DeleteRetentionPolicy");
    let is = |name| policy.and_then(|policy| policy.value(name)) == Some("true");
    let days = policy
        .and_then(|policy| policy.value("Days"))
        .and_then(|days| days.parse().ok());
    Ok(Retention {
        days: is("Enabled").then(|| days.unwrap_or(365)),
        may_delete_for_good: is("AllowPermanentDelete"),
        now: now.ok_or(Answer::Malformed("an answer without a date"))?,
    })
}

/// A date as HTTP writes it.
pub(crate) fn millis(text: &str) -> Option<Millis> {
    let at = azure_core::time::parse_rfc7231(text).ok()?;
    Some((at.unix_timestamp_nanos() / 1_000_000) as Millis)
}

/// What the names of all blobs that the pattern chooses begin with.
pub(crate) fn name_prefix(pattern: &Pattern) -> String {
    let literal = pattern.literal_prefix();
    let mut prefix = Vec::new();
    for name in literal.iter().skip(2) {
        prefix.extend_from_slice(name);
        prefix.push(b'/');
    }
    // `a/**` chooses `a` too, so the last slash is not certain.
    let next = pattern.as_str().split('/').nth(literal.len() + 1);
    match next {
        Some("**") | None => {
            prefix.pop();
        }
        Some(name) if literal.len() >= 2 => {
            let begin = name.split('*').next().unwrap_or_default();
            prefix.extend_from_slice(crate::names::decoded(begin).as_bytes());
        }
        Some(_) => {}
    }
    String::from_utf8(prefix).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_came_before_is_no_next_one() {
        let page = |name: &str| {
            let body = format!(
                "<EnumerationResults><Blobs><Blob><Name>{name}</Name></Blob></Blobs><NextMarker>m</NextMarker></EnumerationResults>"
            );
            Page::parse(body.as_bytes(), None, &Query::default(), None).unwrap()
        };
        let first = page("a").first_unlike(None).unwrap();
        assert!(first.is_some());
        assert!(page("a").first_unlike(first.as_ref()).is_err());
        assert!(page("b").first_unlike(first.as_ref()).is_ok());
    }

    #[test]
    fn what_names_begin_with() {
        for (pattern, expect) in [
            ("/**", ""),
            ("/blobs/**", ""),
            ("/blobs/abc/**", ""),
            ("/blobs/abc/a/**", "a"),
            ("/blobs/abc/a/b/*", "a/b/"),
            ("/blobs/abc/a/old-*/x", "a/old-"),
            ("/blobs/abc/a/old%20x*", "a/old x"),
            ("/blobs/*/a/b", ""),
            ("/blobs/az*/a", ""),
            ("/*/abc/a", ""),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(name_prefix(&pattern), expect, "{pattern}");
        }
    }
}

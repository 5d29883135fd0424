//! List Blobs, flat and by a delimiter.
//!
//! Entries come in the order of their names; under one name snapshots first, oldest first,
//! then versions, then the base. A page is at most `maxresults` long and may be shorter, even
//! empty, with a marker: a client must go by the marker alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use crate::auth::Caller;
use crate::blob::list_entry::{self, Include};
use crate::blob::state::{Container, Generation, Name};
use crate::page::{self, Size};
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// What a listing sees: the container, or how it was a few changes ago.
struct View<'a> {
    container: &'a Container,
    /// How names were that have changed since; an empty one was not there.
    past: BTreeMap<&'a str, &'a Name>,
}

impl<'a> View<'a> {
    /// The container without its last `behind` changes.
    fn new(world: &'a World, request: &Request, behind: usize) -> Result<Self, Refusal> {
        let container = world.blobs.container(&request.container)?;
        let mut past = BTreeMap::new();
        let changes = world
            .blobs
            .past
            .iter()
            .rev()
            .filter(|past| past.container == request.container)
            .take(behind);
        // Newest first, so that the oldest state of a name is what stays.
        for change in changes {
            past.insert(change.name.as_str(), &change.was);
        }
        Ok(Self { container, past })
    }

    /// The first name at or after another.
    fn from(&self, start: &str) -> Option<(String, Cow<'a, Name>)> {
        let range = || (Bound::Included(start), Bound::Unbounded);
        let stored = self
            .container
            .names
            .range::<str, _>(range())
            .find(|(name, _)| !self.past.contains_key(name.as_str()))
            .map(|(name, found)| (name.clone(), Cow::Borrowed(found)));
        let mut computed = None;
        if let Some(generated) = &self.container.generated {
            let mut at = generated.from(start);
            // A name in the past was taken, and is not computed any more.
            computed = at.take().map(|(name, found)| (name, Cow::Owned(found)));
        }
        let past = self
            .past
            .range::<str, _>(range())
            .find(|(_, was)| !was.is_empty())
            .map(|(name, was)| ((*name).to_owned(), Cow::Borrowed(*was)));
        [stored, computed, past]
            .into_iter()
            .flatten()
            .min_by(|(a, _), (b, _)| a.cmp(b))
    }
}

/// One entry of a page.
enum Entry<'a> {
    Prefix(String),
    Blob(String, Box<Cow<'a, Name>>, Option<Place>),
}

/// Which generation of a name.
#[derive(Clone, Copy)]
enum Place {
    Snapshot(usize),
    Version(usize),
    Base,
    /// No base, but versions: what `deletedwithversions` shows.
    VersionsOnly,
}

/// Carries out List Blobs, on the container as it was `behind` changes ago.
pub(crate) fn list(
    world: &World,
    request: &Request,
    caller: &Caller,
    behind: usize,
) -> Result<Reply, Refusal> {
    let include = Include::of(request);
    if include.tags && !caller.may('t') {
        return Err(Code::AuthorizationPermissionMismatch.into());
    }
    // Snapshots have no place between prefixes; the documentation refuses the pair.
    let delimiter = request.parameter("delimiter");
    if delimiter.is_some() && include.snapshots {
        return Err(Code::InvalidQueryParameterValue.into());
    }
    let now = world.now();
    let size = Size::of(request, &world.settings)?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let view = View::new(world, request, behind)?;
    let start = page::start(request)?;
    let mut writer = head(request);
    let (mut at, mut skip, mut empty) = match &start {
        Some(key) => parse_key(key)?,
        None => (prefix.to_owned(), 0, false),
    };
    let mut room = size.0;
    let mut next = None;
    // Now and then a server finds nothing in the time it gives itself.
    if world.settings.empty_pages && start.is_some() && !empty {
        room = 0;
        empty = true;
    } else {
        empty = false;
    }
    'page: while let Some((name, found)) = view.from(&at) {
        if !name.starts_with(prefix) {
            break;
        }
        let entries = entries(&name, found, prefix, delimiter, &include, now);
        let is_prefix = matches!(entries.first(), Some(Entry::Prefix(_)));
        for (index, entry) in entries.into_iter().enumerate().skip(skip) {
            if room == 0 {
                next = Some(key(&name, index, empty));
                break 'page;
            }
            room -= 1;
            writer = match entry {
                Entry::Prefix(prefix) => {
                    at = after_prefix(&prefix);
                    writer
                        .open("BlobPrefix", &[])
                        .name("Name", &prefix)
                        .close("BlobPrefix")
                }
                Entry::Blob(name, found, place) => {
                    write(writer, &name, &found, place, &include, now)
                }
            };
        }
        skip = 0;
        if !is_prefix {
            at = name + "\0";
        }
    }
    let writer = writer
        .close("Blobs")
        .text(
            "NextMarker",
            next.map(|key| page::marker(&key)).unwrap_or_default(),
        )
        .close("EnumerationResults");
    Ok(Reply::ok().xml(writer.finish()))
}

fn head(request: &Request) -> xml::Writer {
    xml::Writer::document()
        .open(
            "EnumerationResults",
            &[
                ("ServiceEndpoint", &page::endpoint(request)),
                ("ContainerName", &request.container),
            ],
        )
        .maybe("Prefix", request.parameter("prefix"))
        .maybe("Marker", request.parameter("marker"))
        .maybe("MaxResults", request.parameter("maxresults"))
        .maybe("Delimiter", request.parameter("delimiter"))
        .open("Blobs", &[])
}

/// A marker's key: the name, the place among its generations, and whether a page was empty.
fn key(name: &str, index: usize, empty: bool) -> String {
    format!("{index}{}{name}", if empty { '-' } else { '+' })
}

fn parse_key(key: &str) -> Result<(String, usize, bool), Refusal> {
    let invalid = Refusal(Code::InvalidQueryParameterValue);
    let at = key.find(['-', '+']).ok_or(invalid)?;
    let index = key[..at].parse().map_err(|_| invalid)?;
    Ok((key[at + 1..].to_owned(), index, key[at..].starts_with('-')))
}

/// The least name that is greater than all with this prefix.
fn after_prefix(prefix: &str) -> String {
    let mut text = prefix.to_owned();
    // No name can hold this character; the service forbids it.
    text.push('\u{10ffff}');
    text
}

fn entries<'a>(
    name: &str,
    found: Cow<'a, Name>,
    prefix: &str,
    delimiter: Option<&str>,
    include: &Include,
    now: jiff::Timestamp,
) -> Vec<Entry<'a>> {
    let mut swept = found;
    let expired = |generation: &Generation| {
        generation
            .deleted
            .as_ref()
            .is_some_and(|deleted| deleted.until <= now)
    };
    if swept
        .generations()
        .any(|(_, generation)| expired(generation))
    {
        swept.to_mut().sweep(now);
    }
    let places = places(&swept, include);
    if places.is_empty() {
        return Vec::new();
    }
    if let Some(delimiter) = delimiter
        && let Some(at) = name[prefix.len()..].find(delimiter)
    {
        let end = prefix.len() + at + delimiter.len();
        return vec![Entry::Prefix(name[..end].to_owned())];
    }
    places
        .into_iter()
        .map(|place| Entry::Blob(name.to_owned(), Box::new(swept.clone()), place))
        .collect()
}

/// Which generations a listing shows; None stands for blocks that were not committed.
fn places(name: &Name, include: &Include) -> Vec<Option<Place>> {
    let shown = |generation: &Generation| generation.deleted.is_none() || include.deleted;
    let mut places = Vec::new();
    if include.snapshots {
        for (at, snapshot) in name.snapshots.iter().enumerate() {
            if shown(snapshot) {
                places.push(Some(Place::Snapshot(at)));
            }
        }
    }
    if include.versions {
        for (at, version) in name.versions.iter().enumerate() {
            if shown(version) {
                places.push(Some(Place::Version(at)));
            }
        }
    }
    match &name.base {
        Some(base) if shown(base) => places.push(Some(Place::Base)),
        None if include.deleted_with_versions && !name.versions.is_empty() && !include.versions => {
            places.push(Some(Place::VersionsOnly));
        }
        None if include.uncommitted && !name.blocks.is_empty() => places.push(None),
        _ => {}
    }
    places
}

fn write(
    writer: xml::Writer,
    name: &str,
    found: &Name,
    place: Option<Place>,
    include: &Include,
    now: jiff::Timestamp,
) -> xml::Writer {
    let (generation, current, only) = match place {
        Some(Place::Snapshot(at)) => (found.snapshots.get(at), false, false),
        Some(Place::Version(at)) => (found.versions.get(at), false, false),
        Some(Place::Base) => (found.base.as_ref(), true, false),
        Some(Place::VersionsOnly) => (found.versions.last(), false, true),
        None => return list_entry::uncommitted(writer, name),
    };
    match generation {
        Some(generation) => {
            list_entry::write(writer, name, generation, current, only, include, now)
        }
        None => writer,
    }
}

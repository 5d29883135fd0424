//! Where a guest may look and what it may propose there.

use std::sync::Arc;

use remit_policy::{Act, Authority, Denied, Right, Rights};
use remit_workspace::{
    Entry, EntryPath, Millis, Pattern, Properties, Relation, StoreError, layout,
};

use crate::listing::Listing;
use crate::query::Bounds;
use crate::{Answer, Code, Failure, Named, Session};

/// A handle: it holds its rights, and every call goes through one. Narrowed, never widened.
#[derive(Clone, Debug)]
pub struct Scope {
    pub(crate) session: Arc<Session>,
    pub(crate) authority: Authority,
    /// The rights that it can hold anywhere.
    rights: Vec<Right>,
    /// Where entries can be listed at all, layer by layer: asked, granted, then each narrowing.
    bounds: Bounds,
    narrowings: usize,
}

/// Each narrowing is one more check for every entry; nobody needs more.
const NARROWINGS_MAX: usize = 16;

impl Scope {
    pub(crate) fn root(session: Arc<Session>, authority: Authority) -> Self {
        let granted = authority.grant().rights.clone();
        let asked = authority
            .asks_toml()
            .map(|text| Rights::parse("asks.toml", text.as_bytes()));
        let asked =
            asked.map(|asked| asked.expect("a manifest's asks read back as they were written"));
        let holds = |right: &Right| {
            let in_layer = |rights: &Rights| !rights.lines(*right).is_empty();
            in_layer(&granted) && asked.as_ref().is_none_or(in_layer)
        };
        let listed = |rights: &Rights| {
            rights
                .lines(Right::List)
                .iter()
                .map(|line| line.pattern.clone())
                .collect()
        };
        Self {
            rights: Right::ALL.into_iter().filter(holds).collect(),
            bounds: Bounds::new(std::iter::once(&granted).chain(&asked).map(listed)),
            narrowings: 0,
            session,
            authority,
        }
    }

    /// The plan's instant, not the machine's clock.
    pub fn now(&self) -> Millis {
        self.session.now
    }

    /// Whether the right holds on the path here; false for what is no right or no path. Asking is not
    /// wanting: no denial is noted.
    pub fn allows(&self, right: &str, path: &str) -> Answer<bool> {
        self.session.meter.call()?;
        let (Some(right), Ok(path)) = (Right::parse(right), EntryPath::parse(path)) else {
            return Ok(false);
        };
        Ok(self.authority.allows(right, &path).is_ok())
    }

    /// A scope that holds no more than these rights, and only where the pattern matches.
    pub fn narrow(&self, pattern: &str, rights: &[String]) -> Answer<Self> {
        self.session.meter.call()?;
        if self.narrowings >= NARROWINGS_MAX {
            let message = format!("a scope is narrowed at most {NARROWINGS_MAX} times");
            return Err(Failure::new(Code::Limit, message).into());
        }
        let place = parsed(pattern)?;
        let rights = rights
            .iter()
            .map(|right| {
                Right::parse(right)
                    .ok_or_else(|| invalid(format!("`{}` is no right", excerpt(right))))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            session: Arc::clone(&self.session),
            authority: self.authority.narrow(&place, &rights),
            rights: self
                .rights
                .iter()
                .copied()
                .filter(|right| rights.contains(right))
                .collect(),
            bounds: self.bounds.clone().within(layout::resolve(&place)),
            narrowings: self.narrowings + 1,
        })
    }

    /// The entry at the path as it is now.
    pub async fn stat(&self, path: &str) -> Answer<Entry> {
        self.session.meter.call()?;
        let path = canonical(path)?;
        self.check(Right::List, &path)?;
        let entry = self.session.store.stat(&path).await;
        let entry = entry.or_else(|error| self.unread(&path, error))?;
        self.session.seen(|seen| seen.put(Arc::new(entry.clone())));
        Ok(self.shown(entry))
    }

    /// What the service laid out under the record's own id; a step on the record reaches these.
    pub async fn owned_parts(&self, path: &str) -> Answer<Listing> {
        self.parts(path, Relation::Owned)
    }

    /// What the record only points to; each needs a step of its own.
    pub async fn referenced_parts(&self, path: &str) -> Answer<Listing> {
        self.parts(path, Relation::Referenced)
    }

    fn parts(&self, path: &str, relation: Relation) -> Answer<Listing> {
        self.session.meter.call()?;
        let path = canonical(path)?;
        self.check(Right::List, &path)?;
        let parts = self.session.store.parts(&path, relation);
        Ok(Listing::of_parts(self.clone(), parts)?)
    }

    /// Whether the right holds here; a denial is noted for the operator.
    pub(crate) fn check(&self, right: Right, path: &EntryPath) -> Result<(), Failure> {
        self.authority
            .allows(right, path)
            .map_err(|denied| self.denied(&denied))
    }

    pub(crate) fn denied(&self, denied: &Denied) -> Failure {
        self.session.denied(denied)
    }

    /// What may be told of an entry: its properties need the right to read.
    pub(crate) fn shown(&self, mut entry: Entry) -> Entry {
        if !self.shows_properties(&entry) {
            entry.properties = Properties::default();
        }
        entry
    }

    /// The same of an entry that is remembered besides.
    pub(crate) fn shown_shared(&self, entry: Arc<Entry>) -> Arc<Entry> {
        match self.shows_properties(&entry) {
            true => entry,
            false => Arc::new(self.shown(Entry::clone(&entry))),
        }
    }

    fn shows_properties(&self, entry: &Entry) -> bool {
        self.authority.allows(Right::Read, &entry.path).is_ok()
    }

    /// The host's own facts about what a guest named, as long as it still is that version.
    pub(crate) async fn entry(&self, named: &Named) -> Answer<Arc<Entry>> {
        let path = canonical(&named.path)?;
        if let Some(entry) = self.session.seen(|seen| seen.get(&path))
            && entry.version.as_str() == named.version
        {
            return Ok(entry);
        }
        let entry = self.session.store.stat(&path).await;
        let entry = Arc::new(entry.or_else(|error| self.unread(&path, error))?);
        self.session.seen(|seen| seen.put(Arc::clone(&entry)));
        if entry.version.as_str() != named.version {
            return Err(Failure::changed(&path).into());
        }
        Ok(entry)
    }

    /// What comes of an entry that could not be looked at: a gap if it never can be, an incomplete plan
    /// if it could not be now. What is not there, or has changed, was looked at.
    pub(crate) fn unread<T>(&self, path: &EntryPath, error: StoreError) -> Answer<T> {
        match &error {
            StoreError::NotFound(_) | StoreError::Changed(_) => {}
            StoreError::OutOfReach { path, reason } => self.session.gap(path, reason)?,
            StoreError::Impossible { reason, .. } => self.session.gap(path, reason)?,
            StoreError::Held { by, .. } => self.session.gap(path, format!("held by {by}"))?,
            StoreError::Failed { .. } => self.session.incomplete(error.to_string())?,
        }
        Err(Failure::of_store(&error).into())
    }

    /// Whether something may be proposed here whose number is compared with that of all entries of its kind.
    pub(crate) fn may_count(&self) -> bool {
        self.rights.iter().any(|right| match right {
            Right::List | Right::Read => false,
            Right::Export => self.session.counts_percent(Act::Export),
            _ => true,
        })
    }

    /// Whether the right holds anywhere: what needs it is refused at once where it does not, instead of
    /// showing nothing.
    pub(crate) fn has(&self, right: Right, place: &Pattern) -> Result<(), Failure> {
        if self.rights.contains(&right) {
            return Ok(());
        }
        // Who narrowed a scope himself wants nothing that an operator could grant.
        if self.narrowings == 0 {
            let asks = self.authority.asks_toml();
            let asks = asks.map(|text| Rights::parse("asks.toml", text.as_bytes()));
            let is_asked =
                asks.is_none_or(|asks| asks.is_ok_and(|asks| !asks.lines(right).is_empty()));
            self.session.denied_place(right, place, is_asked);
        }
        let message = format!("{right} is denied here");
        Err(Failure::new(Code::Denied, message))
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds.clone()
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(Code::Invalid, message)
}

/// A path as a guest gives it back: it was told the canonical one.
pub(crate) fn canonical(text: &str) -> Result<EntryPath, Failure> {
    EntryPath::parse_canonical(text).map_err(|error| invalid(excerpt(&error.to_string())))
}

/// A pattern as it is written; what it means, [`layout::resolve`] and the store say.
pub(crate) fn parsed(text: &str) -> Result<Pattern, Failure> {
    Pattern::parse(text).map_err(|error| invalid(excerpt(&error.to_string())))
}

/// The beginning of what a guest said itself: messages are not to carry more.
pub(crate) fn excerpt(text: &str) -> String {
    let end = text.floor_char_boundary(200);
    match end < text.len() {
        true => format!("{}…", &text[..end]),
        false => text.to_owned(),
    }
}

//! Entries in pages: what may be seen, and nothing of what may not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures::StreamExt as _;
use remit_policy::Right;
use remit_workspace::{Entry, Gap, Kind, Listed, Pattern};

use crate::budget::Open;
use crate::query::Bounds;
use crate::select::Conditions;
use crate::tally::root_of;
use crate::{Answer, Code, Failure, Refusal, Scope, Selector};

/// An open listing. Dropping it closes it.
pub struct Listing {
    scope: Scope,
    bounds: Bounds,
    conditions: Option<Conditions>,
    from: Option<remit_workspace::Listing>,
    queries: VecDeque<Pattern>,
    /// What the store listed, whoever may see it: for ceilings in percent.
    counts: BTreeMap<Kind, u64>,
    whole: Vec<Pattern>,
    dead: Option<Failure>,
    started: bool,
    surely: Surely,
    _open: Open,
}

/// What may be done with everything that is selected, so that it need not be asked for each entry. False: ask.
#[derive(Clone, Copy, Default)]
struct Surely {
    list: bool,
    read: bool,
}

/// A page of a thousand is some 300 KB on its way to a guest; larger ones gain nothing.
const PAGE_MAX: u32 = 1_000;

impl Scope {
    /// Lists what is selected here.
    pub async fn select(&self, what: &Selector) -> Answer<Listing> {
        self.session.meter.call()?;
        let mut conditions = Conditions::parse(what, self.session.now)?;
        self.has(Right::List, &conditions.pattern)?;
        if conditions.need_reading() {
            self.has(Right::Read, &conditions.pattern)?;
        }
        match self.session.store.resolve(&conditions.pattern).await {
            Ok(meant) => conditions.mean(meant),
            Err(error) => {
                self.session.incomplete(error.to_string())?;
                return Err(Failure::new(Code::Unreadable, error.to_string()).into());
            }
        }
        let bounds = self.bounds();
        let queries: Vec<Pattern> = conditions
            .meant()
            .iter()
            .flat_map(|pattern| bounds.queries(pattern))
            .collect();
        let surely = |right| self.authority.allows_everywhere(right, conditions.meant());
        Ok(Listing {
            scope: self.clone(),
            bounds,
            surely: Surely {
                list: surely(Right::List),
                read: surely(Right::Read),
            },
            conditions: Some(conditions),
            from: None,
            whole: queries.clone(),
            queries: queries.into(),
            counts: BTreeMap::new(),
            dead: None,
            started: false,
            _open: self.session.meter.open()?,
        })
    }
}

impl Listing {
    pub(crate) fn of_parts(scope: Scope, from: remit_workspace::Listing) -> Result<Self, Failure> {
        Ok(Self {
            bounds: scope.bounds(),
            conditions: None,
            from: Some(from),
            queries: VecDeque::new(),
            counts: BTreeMap::new(),
            whole: Vec::new(),
            dead: None,
            started: false,
            surely: Surely::default(),
            _open: scope.session.meter.open()?,
            scope,
        })
    }

    /// The place that is listed.
    pub(crate) fn place(&self) -> Pattern {
        match &self.conditions {
            Some(conditions) => conditions.pattern.clone(),
            None => Pattern::everything(),
        }
    }

    /// The next entries, at most `max` of them (1 to 1,000). An empty page means the end was reached.
    ///
    /// After a failure the plan is incomplete, whatever the guest does, and the listing stays failed.
    pub async fn next(&mut self, max: u32) -> Answer<Vec<Arc<Entry>>> {
        self.scope.session.meter.call()?;
        let max = max.clamp(1, PAGE_MAX) as usize;
        let mut page = Vec::new();
        while page.len() < max {
            let Some(entry) = self.entry().await? else {
                break;
            };
            page.push(Arc::new(entry));
        }
        self.scope.session.seen(|seen| {
            page.iter().for_each(|entry| seen.put(Arc::clone(entry)));
        });
        if !self.surely.read {
            for entry in &mut page {
                *entry = self.scope.shown_shared(Arc::clone(entry));
            }
        }
        Ok(page)
    }

    /// Whether a page was taken already.
    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    /// The next entry that may be seen, with its properties: for the host.
    pub(crate) async fn entry(&mut self) -> Answer<Option<Entry>> {
        if let Some(failure) = &self.dead {
            return Err(failure.clone().into());
        }
        self.started = true;
        loop {
            self.scope.session.meter.live()?;
            let Some(from) = &mut self.from else {
                let Some(query) = self.queries.pop_front() else {
                    self.end();
                    return Ok(None);
                };
                self.from = Some(self.query(&query));
                continue;
            };
            match from.next().await {
                None => self.from = None,
                Some(Ok(Listed::Gap(gap))) => self.gap(&gap)?,
                Some(Ok(Listed::Entry(entry))) => {
                    *self.counts.entry(entry.kind).or_default() += 1;
                    if self.shows(&entry) {
                        return Ok(Some(entry));
                    }
                }
                Some(Err(error)) => return Err(self.fail(&error)),
            }
        }
    }

    /// Asks the store. It may leave out what is not wanted only where nobody will want to know of how many what
    /// was proposed is.
    fn query(&mut self, query: &Pattern) -> remit_workspace::Listing {
        let store = &self.scope.session.store;
        match &self.conditions {
            Some(conditions) if !self.scope.may_count() => {
                self.whole.clear();
                store.list_wanted(query, &conditions.wanted)
            }
            _ => store.list(query),
        }
    }

    fn shows(&self, entry: &Entry) -> bool {
        let may = |right| self.scope.authority.allows(right, &entry.path).is_ok();
        let Some(conditions) = &self.conditions else {
            return may(Right::List);
        };
        // What is sure is so of what the pattern chooses, and of nothing else that a store may list. A condition
        // on properties that may not be read would tell what they are.
        conditions.hold(entry)
            && (self.surely.list || may(Right::List))
            && (!conditions.need_reading() || self.surely.read || may(Right::Read))
    }

    /// A gap belongs into the plan where it may hide something that would have been shown.
    fn gap(&self, gap: &Gap) -> Result<(), Refusal> {
        let selected = self.conditions.as_ref().is_none_or(|conditions| {
            let mut meant = conditions.meant().iter();
            meant.any(|pattern| pattern.may_match_below(&gap.path))
        });
        if selected && self.bounds.may_hold_below(&gap.path) {
            self.scope.session.gap(&gap.path, &gap.reason)?;
        }
        Ok(())
    }

    fn fail(&mut self, error: &remit_workspace::StoreError) -> Refusal {
        self.from = None;
        let failure = Failure::new(Code::Unreadable, error.to_string());
        self.dead = Some(failure.clone());
        match self.scope.session.incomplete(error.to_string()) {
            Ok(()) => failure.into(),
            Err(fault) => fault.into(),
        }
    }

    /// At the end everything that was asked for was seen: also all of some kinds, perhaps.
    fn end(&mut self) {
        let whole = std::mem::take(&mut self.whole);
        let covers = |kind: Kind| {
            let root = format!("/{}/**", root_of(kind));
            whole
                .iter()
                .any(|query| query.as_str() == "/**" || query.as_str() == root)
        };
        self.scope.session.listed(&self.counts, covers);
    }
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing")
            .field("conditions", &self.conditions)
            .finish_non_exhaustive()
    }
}

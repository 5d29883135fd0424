//! Everything the simulator holds, behind one lock, and the one door through which it changes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::blob::state::{Blobs, Name, Past};
use crate::clock::Clock;
use crate::file::state::Shares;
use crate::mutation::{Log, Place, Service};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::settings::Settings;

/// The account.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) blobs: Blobs,
    pub(crate) shares: Shares,
    pub(crate) log: Log,
    /// The account was deleted, and nothing answers in its name.
    pub(crate) gone: bool,
    etags: u64,
    last: Timestamp,
}

/// One instant of change: every change has its own, and an ETag to go with it.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    /// The number of the change.
    pub(crate) id: u64,
    pub(crate) now: Timestamp,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) settings: Arc<Settings>,
    /// The container holds everything.
    pub(crate) container_hold: bool,
    /// The container keeps blobs unchanged for so many days.
    pub(crate) container_days: Option<u32>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            clock: Clock::default(),
            blobs: Blobs::default(),
            shares: Shares::default(),
            log: Log::default(),
            gone: false,
            etags: 0,
            last: Timestamp::MIN,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new instant, later than every one before.
    pub(crate) fn tick(&mut self) -> Tick {
        let step = SignedDuration::from_nanos(100);
        let next = self.last.checked_add(step).unwrap_or(self.last);
        self.last = self.now().max(next);
        self.etags += 1;
        Tick {
            id: self.etags,
            now: self.last,
            etag: format!("\"0x8D{:013X}\"", self.etags),
            settings: Arc::clone(&self.settings),
            container_hold: false,
            container_days: None,
        }
    }

    /// Changes what lies under a blob's name, and writes down what changed.
    ///
    /// Nothing else changes a blob. If `act` refuses, nothing was changed.
    pub(crate) fn change<T>(
        &mut self,
        request: &Request,
        operation: Operation,
        act: impl FnOnce(&mut Name, &Tick) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut tick = self.tick();
        let container = self.blobs.container_mut(&request.container)?;
        tick.container_hold = container.legal_hold;
        tick.container_days = container.immutable_days.map(|(days, _)| days);
        let before = container
            .name(&request.name)
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        let mut after = before.clone();
        after.sweep(tick.now);
        let result = act(&mut after, &tick)?;
        if let Some(generated) = &mut container.generated {
            generated.take(&request.name);
        }
        let place = Place {
            service: Service::Blob,
            verb: operation.name(),
            container: &request.container,
            blob: &request.name,
        };
        let differs = self.log.difference(place, &before, &after);
        if after.is_empty() {
            container.names.remove(&request.name);
        } else {
            container.names.insert(request.name.clone(), after);
        }
        if differs {
            self.blobs.remember(Past {
                container: request.container.clone(),
                name: request.name.clone(),
                was: before,
            });
        }
        Ok(result)
    }
}

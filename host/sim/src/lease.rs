//! Leases: one state machine for blobs, containers, files and shares.

use jiff::{SignedDuration, Timestamp};

use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;

/// A lease, or that there never was one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lease(Option<Held>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    id: String,
    /// None: for ever.
    until: Option<Timestamp>,
    seconds: Option<i64>,
    /// When a break takes, or took, effect.
    broken_at: Option<Timestamp>,
}

/// What the service calls `x-ms-lease-state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Available,
    Leased,
    Expired,
    Breaking,
    Broken,
}

impl State {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Leased => "leased",
            Self::Expired => "expired",
            Self::Breaking => "breaking",
            Self::Broken => "broken",
        }
    }

    /// What the service calls `x-ms-lease-status`.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Leased | Self::Breaking => "locked",
            Self::Available | Self::Expired | Self::Broken => "unlocked",
        }
    }
}

/// Whose lease it is: the codes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Blob,
    Container,
    File,
}

impl Lease {
    pub(crate) fn state(&self, now: Timestamp) -> State {
        match &self.0 {
            None => State::Available,
            Some(held) => match (held.broken_at, held.until) {
                (Some(at), _) if at <= now => State::Broken,
                (Some(_), _) => State::Breaking,
                (None, Some(until)) if until <= now => State::Expired,
                (None, _) => State::Leased,
            },
        }
    }

    /// What the service calls `x-ms-lease-duration`.
    pub(crate) fn duration(&self, now: Timestamp) -> Option<&'static str> {
        let held = self.0.as_ref()?;
        (self.state(now) == State::Leased).then_some(match held.until {
            Some(_) => "fixed",
            None => "infinite",
        })
    }

    fn holds(&self, id: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|held| held.id.eq_ignore_ascii_case(id))
    }

    /// Whether a change may be made by who shows this lease id, or none.
    pub(crate) fn admit(&self, id: Option<&str>, of: Of, now: Timestamp) -> Result<(), Refusal> {
        let locked = self.state(now).status() == "locked";
        match id {
            None if locked => Err(Code::LeaseIdMissing.into()),
            None => Ok(()),
            Some(id) => self.check(id, of, now),
        }
    }

    /// Whether this lease id is the one in force; what a read asks.
    pub(crate) fn check(&self, id: &str, of: Of, now: Timestamp) -> Result<(), Refusal> {
        let (mismatch, absent) = match of {
            Of::Blob => (
                Code::LeaseIdMismatchWithBlobOperation,
                Code::LeaseNotPresentWithBlobOperation,
            ),
            Of::Container => (
                Code::LeaseIdMismatchWithContainerOperation,
                Code::LeaseNotPresentWithContainerOperation,
            ),
            Of::File => (
                Code::LeaseIdMismatchWithFileOperation,
                Code::LeaseNotPresentWithFileOperation,
            ),
        };
        match (self.state(now), self.holds(id)) {
            (State::Leased | State::Breaking, true) => Ok(()),
            (State::Leased | State::Breaking, false) => Err(mismatch.into()),
            (State::Expired | State::Broken, true) => Err(Code::LeaseLost.into()),
            _ => Err(absent.into()),
        }
    }

    /// What a change of an unlocked blob does to a lease that has run out.
    pub(crate) fn after_change(&mut self, now: Timestamp) {
        if matches!(self.state(now), State::Expired | State::Broken) {
            self.0 = None;
        }
    }

    /// Carries out `?comp=lease`.
    pub(crate) fn act(&mut self, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
        let id = || {
            request
                .header("x-ms-lease-id")
                .ok_or(Code::MissingRequiredHeader)
        };
        let proposed = request.header("x-ms-proposed-lease-id");
        match request.header("x-ms-lease-action") {
            Some("acquire") => self.acquire(request, proposed, now),
            Some("renew") => self.renew(id()?, now),
            Some("release") => self.release(id()?),
            Some("change") => self.change(id()?, proposed.ok_or(Code::MissingRequiredHeader)?, now),
            Some("break") => self.stop(request, now),
            Some(_) => Err(Code::InvalidHeaderValue.into()),
            None => Err(Code::MissingRequiredHeader.into()),
        }
    }

    fn acquire(
        &mut self,
        request: &Request,
        proposed: Option<&str>,
        now: Timestamp,
    ) -> Result<Reply, Refusal> {
        let seconds = match request.header("x-ms-lease-duration") {
            // The swagger has it optional for files, where only -1 is legal.
            None | Some("-1") => None,
            Some(text) => match text.parse::<i64>() {
                Ok(seconds @ 15..=60) => Some(seconds),
                _ => return Err(Code::InvalidHeaderValue.into()),
            },
        };
        let again = proposed.is_some_and(|id| self.holds(id));
        match self.state(now) {
            State::Leased if !again => return Err(Code::LeaseAlreadyPresent.into()),
            State::Breaking if again => {
                return Err(Code::LeaseIsBreakingAndCannotBeAcquired.into());
            }
            State::Breaking => return Err(Code::LeaseAlreadyPresent.into()),
            _ => {}
        }
        let id = proposed.map_or_else(crate::identity::fresh, str::to_owned);
        self.0 = Some(Held {
            id: id.clone(),
            until: seconds.map(|seconds| after(now, seconds)),
            seconds,
            broken_at: None,
        });
        Ok(Reply::created().header("x-ms-lease-id", id))
    }

    fn renew(&mut self, id: &str, now: Timestamp) -> Result<Reply, Refusal> {
        let state = self.state(now);
        let held = self.held(id)?;
        if matches!(state, State::Breaking | State::Broken) {
            return Err(Code::LeaseIsBrokenAndCannotBeRenewed.into());
        }
        held.until = held.seconds.map(|seconds| after(now, seconds));
        Ok(Reply::ok().header("x-ms-lease-id", id))
    }

    fn release(&mut self, id: &str) -> Result<Reply, Refusal> {
        self.held(id)?;
        self.0 = None;
        Ok(Reply::ok())
    }

    fn change(&mut self, id: &str, to: &str, now: Timestamp) -> Result<Reply, Refusal> {
        let state = self.state(now);
        // Asked again after the answer was lost, it is done already.
        if state == State::Leased && self.holds(to) {
            return Ok(Reply::ok().header("x-ms-lease-id", to));
        }
        let held = self.held(id)?;
        match state {
            State::Leased => {}
            State::Breaking => return Err(Code::LeaseIsBreakingAndCannotBeChanged.into()),
            _ => return Err(Code::LeaseNotPresentWithLeaseOperation.into()),
        }
        held.id = to.to_owned();
        Ok(Reply::ok().header("x-ms-lease-id", to))
    }

    fn stop(&mut self, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
        let asked = request.number("x-ms-lease-break-period")?;
        let state = self.state(now);
        let Some(held) = self.0.as_mut() else {
            return Err(Code::LeaseNotPresentWithLeaseOperation.into());
        };
        let asked = asked.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        let left = match state {
            // Broken already: nothing to wait for.
            State::Broken | State::Expired | State::Available => 0,
            State::Breaking => {
                let left = seconds_until(held.broken_at, now);
                asked.map_or(left, |asked| asked.min(left))
            }
            State::Leased => match held.until {
                // Without a period a fixed lease runs out and an infinite one ends at once.
                Some(until) => {
                    let left = seconds_until(Some(until), now);
                    asked.map_or(left, |asked| asked.min(left))
                }
                None => asked.unwrap_or(0),
            },
        };
        if left > 60 {
            return Err(Code::InvalidHeaderValue.into());
        }
        held.broken_at = Some(after(now, left));
        Ok(Reply::accepted().header("x-ms-lease-time", left.to_string()))
    }

    fn held(&mut self, id: &str) -> Result<&mut Held, Refusal> {
        let held = self
            .0
            .as_mut()
            .ok_or(Code::LeaseNotPresentWithLeaseOperation)?;
        if held.id.eq_ignore_ascii_case(id) {
            Ok(held)
        } else {
            Err(Code::LeaseIdMismatchWithLeaseOperation.into())
        }
    }
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

fn seconds_until(until: Option<Timestamp>, now: Timestamp) -> i64 {
    until.map_or(0, |until| {
        let left = until.duration_since(now);
        (left.as_secs() + i64::from(left.subsec_nanos() > 0)).max(0)
    })
}

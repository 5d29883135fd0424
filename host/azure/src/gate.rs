//! How many requests are under way at once, and when none may begin.
//!
//! It opens slowly while the service answers, halves when the service says *busy*, and stays shut for as
//! long as `Retry-After` says. It decides nothing about retrying.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

const LIMIT_MIN: usize = 2;
/// Longer is a wish to be left alone for good, which a person should hear of.
const SHUT_MAX: Duration = Duration::from_secs(60);

/// The gate of one account.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Notify,
    limit_max: usize,
}

#[derive(Debug)]
struct State {
    limit: usize,
    inside: usize,
    /// Good answers since the limit last changed.
    good: usize,
    shut_until: Option<Instant>,
    halved_at: Option<Instant>,
}

/// A place inside; left when dropped.
#[derive(Debug)]
pub(crate) struct Pass<'a>(&'a Gate);

impl Gate {
    pub(crate) fn new(limit_max: usize) -> Self {
        let limit_max = limit_max.max(LIMIT_MIN);
        Self {
            state: Mutex::new(State {
                limit: limit_max.min(16),
                inside: 0,
                good: 0,
                shut_until: None,
                halved_at: None,
            }),
            changed: Notify::new(),
            limit_max,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Pass<'_> {
        loop {
            let changed = self.changed.notified();
            let wait = {
                let mut state = self.state();
                let shut = state.shut_until.filter(|until| *until > Instant::now());
                if shut.is_none() && state.inside < state.limit {
                    state.inside += 1;
                    return Pass(self);
                }
                shut
            };
            match wait {
                Some(until) => tokio::time::sleep_until(until).await,
                None => changed.await,
            }
        }
    }

    /// The service answered.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.good += 1;
        if state.good >= state.limit && state.limit < self.limit_max {
            state.limit += 1;
            state.good = 0;
            drop(state);
            self.changed.notify_waiters();
        }
    }

    /// The service said that it is busy, and for how long.
    pub(crate) fn busy(&self, retry_after: Option<Duration>) {
        let mut state = self.state();
        let now = Instant::now();
        // One storm is one sign, however many answers it brings.
        let is_new = state
            .halved_at
            .is_none_or(|at| now.duration_since(at) > Duration::from_millis(200));
        if is_new {
            state.limit = (state.limit / 2).max(LIMIT_MIN);
            state.good = 0;
            state.halved_at = Some(now);
        }
        if let Some(wait) = retry_after {
            let until = now + wait.min(SHUT_MAX);
            state.shut_until = Some(state.shut_until.map_or(until, |old| old.max(until)));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        // One place is free, so one is told: where hundreds wait, they would only wake each other.
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test(start_paused = true)]
    async fn it_narrows_when_busy_and_widens_again() {
        let gate = Gate::new(64);
        gate.busy(None);
        gate.busy(None);
        assert_eq!(gate.state().limit, 8);
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..5 {
            gate.busy(None);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(gate.state().limit, LIMIT_MIN);
        for _ in 0..10_000 {
            gate.answered();
        }
        assert_eq!(gate.state().limit, 64);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_shut_for_as_long_as_it_was_told() {
        let gate = Gate::new(4);
        gate.busy(Some(Duration::from_secs(7)));
        let begun = Instant::now();
        let _pass = gate.enter().await;
        assert_eq!(begun.elapsed().as_secs(), 7);
    }

    #[tokio::test]
    async fn no_more_are_inside_than_it_says() {
        let gate = Gate::new(LIMIT_MIN);
        let passes = [gate.enter().await, gate.enter().await];
        assert!(gate.enter().now_or_never().is_none());
        drop(passes);
        assert!(gate.enter().now_or_never().is_some());
    }
}

//! What one guest may use of the machine: its own running time, its memory, its tables and handles.
//!
//! Not here: how often it may call and how much it may propose, which the session counts.

use std::time::{Duration, Instant};

use remit_policy::Sandbox;
use wasmtime::ResourceLimiter;

use crate::engine::{MEMORY_BYTES_MAX, TABLE_ELEMENTS_MAX, TICK};

/// The sandbox's limits for one call of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The guest's own running time; waiting for the host does not count.
    pub time: Duration,
    /// The time of the whole call, with all waiting. A backstop against a host that hangs.
    pub whole_time: Duration,
    /// Bytes of all its memories together.
    pub memory_bytes: u64,
    /// Handles that it holds at once.
    pub handles: usize,
    /// Bytes that it may hand over in one call.
    pub call_bytes: usize,
    /// Bytes that a converter may write.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(300),
            whole_time: Duration::from_secs(24 * 3600),
            memory_bytes: 256 << 20,
            // A page of entries needs none; each proposal in the making needs one.
            handles: 10_000,
            // A batch of some 100,000 findings, or a long note.
            call_bytes: 16 << 20,
            output_bytes: 64 << 30,
        }
    }
}

impl From<Sandbox> for Limits {
    fn from(sandbox: Sandbox) -> Self {
        let default = Self::default();
        Self {
            time: sandbox
                .time
                .map_or(default.time, |time| Duration::from_millis(time.millis())),
            memory_bytes: sandbox
                .memory
                .map_or(default.memory_bytes, |size| size.bytes())
                .min(MEMORY_BYTES_MAX),
            ..default
        }
    }
}

/// A limit that a guest went over. Made into an engine's error, it stops the guest and is found again
/// by whoever called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("the guest used up its running time")]
    Time,
    #[error("the guest asked for more memory than it may have")]
    Memory,
    #[error("the guest asked for larger tables than it may have")]
    Tables,
    #[error("the guest left more text with the host than it may")]
    Texts,
}

/// Adds up what all memories and tables of a guest take, and says no in time.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_bytes: usize,
    memory_bytes_max: usize,
    table_elements: usize,
    /// The last growth, in case the system could not serve it.
    growth: usize,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
            table_elements: 0,
            growth: 0,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _declared: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let sum = self.memory_bytes.saturating_add(growth);
        if sum > self.memory_bytes_max {
            // An error and not a refusal: a guest that goes on after a failed allocation ends in a bare
            // trap, which tells nobody what to raise.
            return Err(Exceeded::Memory.into());
        }
        self.memory_bytes = sum;
        self.growth = growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory_bytes = self.memory_bytes.saturating_sub(self.growth);
        self.growth = 0;
        // Beyond what the memory itself declares as its largest size: the guest's own business.
        drop(error);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _declared: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        if sum > TABLE_ELEMENTS_MAX {
            return Err(Exceeded::Tables.into());
        }
        self.table_elements = sum;
        Ok(true)
    }
}

/// Counts a guest's own running time. The engine's clock looks in at every tick while the guest runs;
/// calls of the host stop and start it.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    ran: Duration,
    max: Duration,
    mark: Instant,
}

impl Stopwatch {
    pub(crate) fn new(max: Duration) -> Self {
        Self {
            ran: Duration::ZERO,
            max,
            mark: Instant::now(),
        }
    }

    /// The guest has run since the last mark. No more than a tick is counted: what is beyond it was
    /// waiting, for the host or for a processor.
    pub(crate) fn stop(&mut self) {
        let now = Instant::now();
        self.ran += now.duration_since(self.mark).min(TICK);
        self.mark = now;
    }

    /// The guest runs from now on.
    pub(crate) fn start(&mut self) {
        self.mark = Instant::now();
    }

    /// Looks in at a tick.
    pub(crate) fn look(&mut self) -> Result<(), Exceeded> {
        self.stop();
        if self.ran > self.max {
            Err(Exceeded::Time)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_added_up() {
        let mut meter = Meter::new(&Limits {
            memory_bytes: 100,
            ..Limits::default()
        });
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 30, None).unwrap());
        assert!(
            meter
                .memory_growing(60, 71, None)
                .unwrap_err()
                .is::<Exceeded>()
        );
        assert!(meter.memory_growing(60, 70, None).unwrap());
        meter
            .memory_grow_failed(wasmtime::Error::msg("the system has none"))
            .unwrap();
        assert!(meter.memory_growing(30, 40, None).unwrap());
    }

    #[test]
    fn tables_are_added_up() {
        let mut meter = Meter::new(&Limits::default());
        assert!(meter.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
        assert!(meter.table_growing(0, 1, None).is_err());
    }

    #[test]
    fn a_grant_sets_time_and_memory() {
        let sandbox = Sandbox {
            time: Some(remit_policy::Duration::of_millis(1500)),
            memory: Some(remit_policy::Size::of_bytes(1 << 40)),
        };
        let limits = Limits::from(sandbox);
        assert_eq!(
            (limits.time, limits.memory_bytes),
            (Duration::from_millis(1500), MEMORY_BYTES_MAX)
        );
        assert_eq!(Limits::from(Sandbox::default()), Limits::default());
    }

    #[test]
    fn waiting_does_not_count_as_running() {
        let mut watch = Stopwatch::new(TICK * 3);
        watch.mark -= Duration::from_secs(60);
        assert_eq!(watch.look(), Ok(()));
        watch.mark -= Duration::from_secs(60);
        watch.start();
        assert_eq!(watch.look(), Ok(()));
        for _ in 0..2 {
            watch.mark -= Duration::from_secs(60);
            watch.stop();
        }
        assert_eq!(watch.look(), Err(Exceeded::Time));
    }
}

//! The one engine of the process: what guests may use of WebAssembly, and the clock that stops them.
//!
//! Not here: what a guest may call (`imports`, `host`), and how much of anything (`limits`).

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::Error;

/// How often a running guest is looked at. Each look costs it a few percent of nothing; a guest is
/// stopped at most this much too late.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The deepest a guest may recurse, in bytes of stack.
const STACK_BYTES_MAX: usize = 1024 * 1024;

/// A guest's stack, and room for the host's functions that it calls.
const ASYNC_STACK_BYTES: usize = STACK_BYTES_MAX + 1024 * 1024;

/// What one component may be made of. `wit-component` makes four core instances, two tables and one
/// memory of a module; this leaves room for components that were composed of many. What all of them
/// take together, the limiter adds up.
const CORE_INSTANCES_MAX: u32 = 100;
const MEMORIES_MAX: u32 = 100;
const TABLES_MAX: u32 = 100;

/// The most elements of all tables together: of functions, one for each that a program takes the
/// address of. SpiderMonkey has some 10,000.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 100_000;

/// The largest memory that any limit may allow: all that a 32-bit guest can address.
pub(crate) const MEMORY_BYTES_MAX: u64 = 1 << 32;

/// Memory and table bytes that stay with a pooled slot between two guests, wiped, so that the next
/// one need not fault them in.
const KEEP_RESIDENT_BYTES: usize = 2 * 1024 * 1024;

/// The engine, and the thread that ticks for it. One for a process: its pool holds address space.
#[derive(Debug)]
pub struct Runtime {
    engine: Engine,
    slots: u32,
    ticker: Option<Ticker>,
}

impl Runtime {
    /// Starts an engine without any host function: no WASI, no files, no network, no clock.
    pub fn new() -> Result<Self, Error> {
        let slots = thread::available_parallelism()
            .map_or(1, usize::from)
            .clamp(16, 64) as u32
            * 2;
        // The pool reserves address space and nothing else; where even that is rationed
        // (`ulimit -v`), instances are made on demand, some ten times slower.
        let pooled = Engine::new(&config(Some(slots)));
        let engine = pooled
            .or_else(|_| Engine::new(&config(None)))
            .map_err(Error::engine)?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self {
            engine,
            slots,
            ticker: Some(ticker),
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How many guests may be alive at once.
    pub(crate) fn slots(&self) -> usize {
        self.slots as usize
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(Ticker { stop, thread }) = self.ticker.take() {
            drop(stop);
            // The thread only ticks; it cannot have panicked.
            let _ = thread.join();
        }
    }
}

fn config(slots: Option<u32>) -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES_MAX)
        .async_stack_size(ASYNC_STACK_BYTES)
        // The same guest finds the same things on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_simd(true)
        // Several memories are safe: the limiter adds them up.
        .wasm_multi_memory(true)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .memory_init_cow(true)
        // A stranded guest is told by the names of its functions; without the rest its code is a third
        // smaller, and so much sooner loaded.
        .generate_address_map(false)
        .native_unwind_info(false)
        .parallel_compilation(true);
    if let Some(slots) = slots {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots)));
    }
    config
}

fn pool(slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 8 + CORE_INSTANCES_MAX)
        .total_memories(slots + MEMORIES_MAX)
        .total_tables(slots * 8 + TABLES_MAX)
        .total_stacks(slots)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_memories_per_module(MEMORIES_MAX)
        .max_tables_per_module(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(MEMORY_BYTES_MAX as usize)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(64 * 1024)
        .max_unused_warm_slots(slots);
    // Finds what a guest wrote to, so that only that is wiped.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
    }
    pool
}

/// Makes the engine's clock tick until it is dropped.
#[derive(Debug)]
struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    fn start(engine: &Engine) -> Result<Self, Error> {
        let engine = engine.weak();
        let (stop, stopped) = channel();
        let thread = thread::Builder::new()
            .name("guest-clock".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    let Some(engine) = engine.upgrade() else {
                        return;
                    };
                    engine.increment_epoch();
                }
            })
            .map_err(Error::Thread)?;
        Ok(Self { stop, thread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_ticks_and_ends_with_the_engine() {
        let runtime = Runtime::new().unwrap();
        let weak = runtime.engine().weak();
        assert!(
            runtime
                .ticker
                .as_ref()
                .is_some_and(|ticker| !ticker.thread.is_finished())
        );
        drop(runtime);
        assert!(weak.upgrade().is_none(), "something holds the engine");
    }
}

//! Pre-initialisation: a module's start-up work is done once, when it is packed, and kept in its memory.
//!
//! Done on the core module, whose function then goes away, rather than on the component, which would
//! have to keep it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmparser::ValType;
use wasmtime::{Config, Engine, Instance, Linker, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use crate::Error;
use crate::error::plain;

/// The function that a module exports to be prepared.
pub(crate) const FUNCTION: &str = "wizer-initialize";

/// Run before it, if a module exports it: what C calls constructors.
const CONSTRUCTORS: &str = "_initialize";

/// How much work a preparation may be, in the engine's units: some seconds.
const FUEL: u64 = 2_000_000_000;

/// Runs a module's preparation. None when it has none.
pub(crate) fn prepare(module: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error: wasmtime::Error| Error::Prepare {
        function: FUNCTION,
        why: plain(&error),
    };
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false);
    let engine = Engine::new(&config).map_err(Error::engine)?;

    if !exports(module)? {
        return Ok(None);
    }
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument(module).map_err(failed)?;
    let compiled =
        Module::new(&engine, &instrumented).map_err(|error| Error::Compile(plain(&error)))?;

    let mut store = Store::new(&engine, ());
    store.set_fuel(FUEL).map_err(failed)?;
    let mut linker = Linker::new(&engine);
    // Nothing of the host is there yet: a call to it would be remembered as if it had been made at run time.
    linker
        .define_unknown_imports_as_traps(&compiled)
        .map_err(failed)?;
    let instance = linker.instantiate(&mut store, &compiled).map_err(failed)?;
    if let Ok(constructors) = instance.get_typed_func::<(), ()>(&mut store, CONSTRUCTORS) {
        constructors.call(&mut store, ()).map_err(failed)?;
    }
    let function = instance
        .get_typed_func::<(), ()>(&mut store, FUNCTION)
        .map_err(failed)?;
    function.call(&mut store, ()).map_err(failed)?;

    let mut state = State { store, instance };
    let mut snapshot = pin!(wizer.snapshot(&context, &mut state));
    match snapshot
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(prepared) => prepared.map(Some).map_err(failed),
        Poll::Pending => unreachable!("BUG: reading an instance's state waits for nothing"),
    }
}

fn exports(module: &[u8]) -> Result<bool, Error> {
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let malformed =
            |error: wasmparser::BinaryReaderError| Error::Malformed(error.message().to_owned());
        if let wasmparser::Payload::ExportSection(section) = payload.map_err(malformed)? {
            for export in section {
                if export.map_err(malformed)?.name == FUNCTION {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// What the snapshot is taken of.
struct State {
    store: Store<()>,
    instance: Instance,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _type_hint: ValType) -> SnapshotVal {
        let global = self
            .instance
            .get_global(&mut self.store, name)
            .expect("the snapshot asks for what it exported");
        match global.get(&mut self.store) {
            Val::I32(value) => SnapshotVal::I32(value),
            Val::I64(value) => SnapshotVal::I64(value),
            Val::F32(bits) => SnapshotVal::F32(bits),
            Val::F64(bits) => SnapshotVal::F64(bits),
            Val::V128(value) => SnapshotVal::V128(value.as_u128()),
            _ => unreachable!("BUG: a module with mutable references was to be refused before"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self
            .instance
            .get_memory(&mut self.store, name)
            .expect("the snapshot asks for what it exported");
        contents(memory.data(&self.store));
    }
}

//! Compiling a stranger's component, within bounds.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use wasmtime::component::Component;

use crate::cache::{self, Cache};
use crate::error::plain;
use crate::outline::Outline;
use crate::{Error, Runtime};

/// How long a component may take. SpiderMonkey with a script takes some 8 s on two cores.
const TIME_MAX: Duration = Duration::from_secs(180);

/// The component, compiled now and kept with its outline.
///
/// The compiler cannot be interrupted. One that takes too long is left behind on its thread, which ends
/// when it is done; until then it slows other compilations down. The outline has bounded its input.
pub(crate) fn compiled(
    runtime: &Runtime,
    outline: &Outline,
    component: &[u8],
    cache: Option<&Cache>,
) -> Result<Component, Error> {
    let engine = runtime.engine();
    let (done, wait) = channel();
    let (compiler, bytes) = (engine.clone(), component.to_vec());
    thread::Builder::new()
        .name("guest-compiler".to_owned())
        .spawn(move || {
            // Nobody waits for it any more after the deadline.
            let _ = done.send(compiler.precompile_component(&bytes));
        })
        .map_err(Error::Thread)?;
    let code = match wait.recv_timeout(TIME_MAX) {
        Ok(code) => code.map_err(|error| Error::Compile(plain(&error)))?,
        Err(RecvTimeoutError::Timeout) => return Err(Error::CompileTime(TIME_MAX)),
        Err(RecvTimeoutError::Disconnected) => {
            return Err(Error::Compile("the compiler gave up".to_owned()));
        }
    };
    if let (Some(cache), Some(kept)) = (cache, outline.to_kept()) {
        // Without it the next run compiles again; a full disk is no reason to refuse this one.
        let _ = cache.put(engine, &outline.digest, &kept, &code);
    }
    cache::deserialize(engine, &code).map_err(|error| Error::Compile(plain(&error)))
}

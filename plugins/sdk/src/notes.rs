//! What a guest says. The host shows it escaped, as the guest's own words.

/// Says something to the reader of the plan.
pub fn note(message: impl AsRef<str>) {
    host::note(message.as_ref());
}

/// Says something to the plugin's author.
pub fn log(message: impl AsRef<str>) {
    host::log(message.as_ref());
}

/// Says something to the reader of the plan, with `format!`'s arguments.
#[macro_export]
macro_rules! note {
    ($($argument:tt)*) => { $crate::notes::note(::std::format!($($argument)*)) };
}

/// Says something to the plugin's author, with `format!`'s arguments.
#[macro_export]
macro_rules! log {
    ($($argument:tt)*) => { $crate::notes::log(::std::format!($($argument)*)) };
}

/// Has a panic tell its message before the instance traps; the trap itself carries none.
pub(crate) fn hook_panics() {
    #[cfg(target_arch = "wasm32")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                let message = panic.payload_as_str().unwrap_or("without a message");
                match panic.location() {
                    Some(at) => log(format!("panic: {message} ({}:{})", at.file(), at.line())),
                    None => log(format!("panic: {message}")),
                }
            }));
        });
    }
}

#[cfg(target_arch = "wasm32")]
use crate::bindings::remit::workspace::notes as host;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::notes as host;

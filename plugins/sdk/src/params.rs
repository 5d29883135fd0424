//! The operator's values for the parameters that the manifest declares.

use crate::Failure;

/// Returns all values of `name`; none: not given.
pub fn many(name: &str) -> Vec<String> {
    host::get(name)
}

/// Returns the value of `name`, if given. Several are a failure.
pub fn one(name: &str) -> Result<Option<String>, Failure> {
    let mut values = many(name);
    match values.len() {
        0 | 1 => Ok(values.pop()),
        n => Err(Failure::new(
            "invalid",
            format!("the parameter `{name}` takes one value, not {n}"),
        )),
    }
}

/// Returns the value of `name`, which must be given.
pub fn required(name: &str) -> Result<String, Failure> {
    one(name)?.ok_or_else(|| Failure::new("invalid", format!("the parameter `{name}` is missing")))
}

#[cfg(target_arch = "wasm32")]
use crate::bindings::remit::workspace::params as host;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::params as host;

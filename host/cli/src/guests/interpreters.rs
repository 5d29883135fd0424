//! The interpreters of scripts that came with this build.

use remit_policy::World;

use crate::error::CommandError;
use crate::exit::Exit;

const WORKFLOW: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rhai-workflow.wasm"));
const SCANNER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rhai-scanner.wasm"));

/// The interpreter that runs scripts as this.
pub(super) fn of(world: World) -> Result<&'static [u8], CommandError> {
    let component = match world {
        World::Workflow => WORKFLOW,
        World::Scanner => SCANNER,
        World::Converter => return Err(CommandError::usage("no script is a converter")),
    };
    match component.is_empty() {
        true => Err(CommandError::new(
            Exit::Failed,
            "this build has no interpreter: build it with `cargo xtask plugins`",
        )),
        false => Ok(component),
    }
}

//! The first fence: a component's imports against what its world is offered, what its manifest asks
//! for and what was granted. Done before linking, because the engine cannot tell these apart.
//!
//! The session's check at every call is the fence that counts.

use remit_policy::{Right, World};

use crate::error::ImportError;
use crate::outline::{Import, Imported, Outline};
use crate::wit;

/// As what a component is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Anybody's: its own manifest says what it asks for.
    Plugin,
    /// The host's own, which runs scripts and is given nothing but a script's rights.
    Interpreter,
}

/// The interface that only interpreters are offered.
const PROGRAMS: &str = "programs";

/// Checks every import of a component; answers the interfaces to link.
///
/// `granted` says whether any of a right was granted. Only what the guest cannot do without is looked
/// at: what it asks for optionally is linked, and answers `denied`.
pub(crate) fn check(
    outline: &Outline,
    role: Role,
    granted: impl Fn(Right) -> bool,
) -> Result<Vec<String>, ImportError> {
    let mut interfaces = Vec::new();
    for import in &outline.imports {
        let interface = known(import)?;
        let interface_owned = || interface.to_owned();
        let world = outline.manifest.world;
        let is_offered = offered(world).contains(&interface)
            || (role == Role::Interpreter && interface == PROGRAMS);
        if !is_offered {
            return Err(ImportError::NotOffered {
                interface: interface_owned(),
                world,
            });
        }
        if let Some(right) = wit::right_of(interface) {
            let asks = |rights: &remit_policy::Rights| !rights.lines(right).is_empty();
            if !asks(&outline.manifest.required) && !asks(&outline.manifest.optional) {
                return Err(ImportError::NotAsked {
                    interface: interface_owned(),
                    right,
                });
            }
            if asks(&outline.manifest.required) && !granted(right) {
                return Err(ImportError::NotGranted {
                    interface: interface_owned(),
                    right,
                });
            }
        }
        interfaces.push(interface_owned());
    }
    Ok(interfaces)
}

/// The interfaces that a world is offered.
pub(crate) fn offered(world: World) -> &'static [&'static str] {
    match world {
        World::Workflow => &[
            "model",
            "scopes",
            "entries",
            "contents",
            "scans",
            "deletions",
            "redactions",
            "exports",
            "archives",
            "params",
            "notes",
        ],
        World::Scanner => &["model", "scanning", "params", "notes"],
        World::Converter => &["model", "scanning", "converting", "params", "notes"],
    }
}

/// The interface of ours that an import names, if there is one and all its functions exist.
fn known(import: &Import) -> Result<&str, ImportError> {
    let name = shown(&import.name);
    if import.name.starts_with("wasi:") || import.name.starts_with("wasi_") {
        return Err(ImportError::Wasi { name });
    }
    let functions = match &import.of {
        Imported::Interface(functions) => functions,
        Imported::Else(what) => return Err(ImportError::NotAnInterface { name, what }),
    };
    let (path, version) = import.name.split_once('@').unwrap_or((&import.name, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    if package != wit::PACKAGE {
        return Err(ImportError::Unknown { name });
    }
    let offered = format!("{}.{}.{}", wit::VERSION.0, wit::VERSION.1, wit::VERSION.2);
    match version_of(version) {
        None => return Err(ImportError::Unknown { name }),
        Some(version) if version > wit::VERSION => {
            return Err(ImportError::Newer { name, offered });
        }
        Some(version) if version < wit::VERSION => {
            return Err(ImportError::Older { name, offered });
        }
        Some(_) => {}
    }
    let Some(names) = wit::INTERFACE.functions(interface) else {
        return Err(ImportError::Unknown { name });
    };
    let names: Vec<&str> = names.collect();
    match functions
        .iter()
        .find(|function| !names.contains(&function.as_str()))
    {
        Some(function) => Err(ImportError::UnknownFunction {
            interface: interface.to_owned(),
            function: shown(function),
        }),
        None => Ok(interface),
    }
}

/// A plain version; none for anything else, such as a pre-release.
fn version_of(text: &str) -> Option<(u64, u64, u64)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

/// A stranger's name as it may be shown.
fn shown(name: &str) -> String {
    name.chars()
        .take(120)
        .flat_map(char::escape_debug)
        .collect()
}

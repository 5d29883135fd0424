//! From the core module that a compiler wrote to the component that a host takes: the manifest goes
//! in, the module is prepared once, and the result is checked as the host will check it.
//!
//! The same module and manifest give the same bytes.

use std::borrow::Cow;

use remit_policy::{Manifest, World};
use wasm_encoder::{CustomSection, Encode as _, Section as _};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::imports::Role;
use crate::outline::{COMPONENT_BYTES_MAX, MANIFEST_SECTION, Outline, encoding};
use crate::wit::INTERFACE;
use crate::{Error, imports, prepare};

/// Makes a component of a core module and its manifest.
///
/// With `prepare`, a module that exports `wizer-initialize` has that function called now, and keeps
/// in its memory what the function left there.
pub fn pack(module: &[u8], manifest: &str, prepare: bool) -> Result<Vec<u8>, Error> {
    make(module, manifest, prepare, Role::Plugin)
}

/// The same for an interpreter, which is offered `programs` besides. No host takes the result for a plugin.
pub fn pack_interpreter(module: &[u8], manifest: &str, prepare: bool) -> Result<Vec<u8>, Error> {
    make(module, manifest, prepare, Role::Interpreter)
}

fn make(module: &[u8], manifest: &str, prepare: bool, role: Role) -> Result<Vec<u8>, Error> {
    let bytes = module.len() as u64;
    if bytes > COMPONENT_BYTES_MAX {
        return Err(Error::TooLarge {
            what: "this module",
            bytes,
            max: COMPONENT_BYTES_MAX,
        });
    }
    if encoding(module)? == Encoding::Component {
        return Err(Error::Component);
    }
    let parsed = Manifest::parse("plugin.toml", manifest.as_bytes())
        .map_err(|error| Error::Manifest(Box::new(error)))?;
    let prepared = if prepare {
        prepare::prepare(module)?
    } else {
        None
    };
    let module = described(prepared.as_deref().unwrap_or(module), parsed.world, role)?;
    let mut component = encode(&module)?;
    let section = CustomSection {
        name: MANIFEST_SECTION.into(),
        data: Cow::Borrowed(manifest.as_bytes()),
    };
    component.push(section.id());
    section.encode(&mut component);

    let outline = Outline::read(&component)?;
    imports::check(&outline, role, |_| true)?;
    Ok(component)
}

/// The module with a description of its world. Bindings made by `wit-bindgen` bring one; a module
/// without is taken to use the names of the whole world.
fn described(module: &[u8], world: World, role: Role) -> Result<Cow<'_, [u8]>, Error> {
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|error| Error::Malformed(error.message().to_owned()))? {
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                return Ok(Cow::Borrowed(module));
            }
            _ => {}
        }
    }
    let world = match role {
        Role::Plugin => world.as_str().to_owned(),
        Role::Interpreter => format!("{world}-interpreter"),
    };
    let id = INTERFACE.resolve.packages[INTERFACE.package]
        .worlds
        .get(&world)
        .ok_or_else(|| Error::Pack(format!("there is no world `{world}`")))?;
    let mut module = module.to_vec();
    embed_component_metadata(&mut module, &INTERFACE.resolve, *id, StringEncoding::UTF8)
        .map_err(|error| Error::Pack(one_line(&format!("{error:#}"))))?;
    Ok(Cow::Owned(module))
}

fn encode(module: &[u8]) -> Result<Vec<u8>, Error> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| Error::Pack(one_line(&format!("{error:#}"))))
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(400)
        .collect()
}

//! A component's outline: manifest, imports, exports, sizes. Read without compiling or running it.
//!
//! Bodies of functions are left to the compiler's own check; everything else is validated here, so
//! that what the outline says is what the component is.

use remit_policy::{Manifest, World};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator};

use crate::Error;

/// The custom section that holds the manifest, as its author wrote it.
pub(crate) const MANIFEST_SECTION: &str = "remit-manifest";

/// The largest component that is accepted: JavaScript and Python carry an interpreter of 12 to 18 MB.
pub(crate) const COMPONENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The largest function that is compiled: a compiler's work grows faster than the function.
const FUNCTION_BYTES_MAX: u64 = 1024 * 1024;

/// What a component is, as far as can be told without running it.
#[derive(Clone, Debug)]
pub struct Outline {
    /// SHA-256 of the component, in hex: by this it is granted, cached and named in evidence.
    pub digest: String,
    /// The size of the component.
    pub bytes: u64,
    /// What it says of itself and asks for.
    pub manifest: Manifest,
    /// What it imports, in its own order; bare names of types are left out.
    pub imports: Vec<Import>,
    /// What it exports.
    pub exports: Vec<String>,
    manifest_text: String,
}

/// An outline as it is kept beside compiled code: all that cannot be told from the component's bytes
/// without reading them again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptOutline {
    manifest: String,
    /// Interfaces, each with the functions of it that are used: what imports anything else is refused
    /// before it is compiled.
    imports: Vec<(String, Vec<String>)>,
    exports: Vec<String>,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name, such as `remit:workspace/entries@0.1.0`.
    pub name: String,
    /// What it is.
    pub of: Imported,
}

/// What is imported under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// An interface, with the functions of it that are used.
    Interface(Vec<String>),
    /// Something else: a function, a module, a component, a value.
    Else(&'static str),
}

impl Outline {
    /// Reads a component.
    pub fn read(component: &[u8]) -> Result<Self, Error> {
        Self::read_as(digest_of(component)?, component)
    }

    /// Reads a component of this digest.
    pub(crate) fn read_as(digest: String, component: &[u8]) -> Result<Self, Error> {
        let sections = Sections::read(component)?;
        let mut manifests = sections.manifests.into_iter();
        let text = manifests.next().ok_or(Error::NoManifest)?;
        if manifests.next().is_some() {
            return Err(Error::ManyManifests);
        }
        let manifest = parse(text)?;
        let function = exported_by(manifest.world);
        if !sections.exports.iter().any(|name| name == function) {
            return Err(Error::World {
                world: manifest.world,
                function,
            });
        }
        Ok(Self {
            digest,
            bytes: component.len() as u64,
            manifest,
            imports: sections.imports,
            exports: sections.exports,
            manifest_text: String::from_utf8_lossy(text).into_owned(),
        })
    }

    /// The outline as it is kept; none where it has parts that need not be kept.
    pub(crate) fn to_kept(&self) -> Option<Vec<u8>> {
        let interface = |import: &Import| match &import.of {
            Imported::Interface(functions) => Some((import.name.clone(), functions.clone())),
            Imported::Else(_) => None,
        };
        let kept = KeptOutline {
            manifest: self.manifest_text.clone(),
            imports: self.imports.iter().map(interface).collect::<Option<_>>()?,
            exports: self.exports.clone(),
        };
        serde_json::to_vec(&kept).ok()
    }

    /// The outline of a component of this digest and size, as it was kept.
    pub(crate) fn of_kept(digest: &str, bytes: u64, kept: &[u8]) -> Option<Self> {
        let kept: KeptOutline = serde_json::from_slice(kept).ok()?;
        let interface = |(name, functions)| Import {
            name,
            of: Imported::Interface(functions),
        };
        Some(Self {
            digest: digest.to_owned(),
            bytes,
            manifest: parse(kept.manifest.as_bytes()).ok()?,
            imports: kept.imports.into_iter().map(interface).collect(),
            exports: kept.exports,
            manifest_text: kept.manifest,
        })
    }
}

/// The digest of a component that is not too large.
pub(crate) fn digest_of(component: &[u8]) -> Result<String, Error> {
    let bytes = component.len() as u64;
    if bytes > COMPONENT_BYTES_MAX {
        return Err(Error::TooLarge {
            what: "this component",
            bytes,
            max: COMPONENT_BYTES_MAX,
        });
    }
    Ok(hex::encode(Sha256::digest(component)))
}

fn parse(manifest: &[u8]) -> Result<Manifest, Error> {
    Manifest::parse("plugin.toml", manifest).map_err(|error| Error::Manifest(Box::new(error)))
}

/// The function that a world exports.
pub(crate) fn exported_by(world: World) -> &'static str {
    match world {
        World::Workflow => "run",
        World::Scanner => "scan",
        World::Converter => "convert",
    }
}

/// Which of the two kinds of binary this is.
pub(crate) fn encoding(bytes: &[u8]) -> Result<Encoding, Error> {
    match Parser::new(0).parse_all(bytes).next() {
        Some(Ok(Payload::Version { encoding, .. })) => Ok(encoding),
        _ => Err(Error::NotWasm),
    }
}

#[derive(Default)]
struct Sections<'a> {
    manifests: Vec<&'a [u8]>,
    imports: Vec<Import>,
    exports: Vec<String>,
}

impl<'a> Sections<'a> {
    fn read(component: &'a [u8]) -> Result<Self, Error> {
        if encoding(component)? == Encoding::Module {
            return Err(Error::CoreModule);
        }
        let malformed =
            |error: wasmparser::BinaryReaderError| Error::Malformed(error.message().to_owned());
        let mut validator = Validator::new();
        let mut found = Self::default();
        let (mut imported, mut exported) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.map_err(malformed)?;
            match &payload {
                Payload::Version { .. } => depth += 1,
                Payload::CustomSection(section)
                    if depth == 1 && section.name() == MANIFEST_SECTION =>
                {
                    found.manifests.push(section.data());
                }
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section.clone() {
                        imported.push(import.map_err(malformed)?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section.clone() {
                        exported.push(export.map_err(malformed)?.name.name);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let bytes = body.as_bytes().len() as u64;
                    if bytes > FUNCTION_BYTES_MAX {
                        return Err(Error::TooLarge {
                            what: "one of its functions",
                            bytes,
                            max: FUNCTION_BYTES_MAX,
                        });
                    }
                }
                Payload::End(_) => depth -= 1,
                _ => {}
            }
            if let ValidPayload::End(types) = validator.payload(&payload).map_err(malformed)?
                && depth == 0
            {
                for &name in &imported {
                    let item = types.component_item_for_import(name);
                    found
                        .imports
                        .extend(item.and_then(|item| import(name, item, types.as_ref())));
                }
            }
        }
        found.exports = exported.into_iter().map(str::to_owned).collect();
        Ok(found)
    }
}

fn import(
    name: &str,
    item: &ComponentItem,
    types: wasmparser::types::TypesRef<'_>,
) -> Option<Import> {
    let of = match item.ty {
        // The name of a type whose interface is imported beside it.
        ComponentEntityType::Type { .. } => return None,
        ComponentEntityType::Instance(id) => {
            let functions = types[id]
                .exports
                .iter()
                .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
            Imported::Interface(functions.map(|(name, _)| name.clone()).collect())
        }
        ComponentEntityType::Func(_) => Imported::Else("function"),
        ComponentEntityType::Module(_) => Imported::Else("module"),
        ComponentEntityType::Component(_) => Imported::Else("component"),
        ComponentEntityType::Value(_) => Imported::Else("value"),
    };
    Some(Import {
        name: name.to_owned(),
        of,
    })
}

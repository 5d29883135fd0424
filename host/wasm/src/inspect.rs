//! What a guest asks for and what it can never do, without running it.
//!
//! Derived from its imports and its asks alone (a script's interpreter imports everything); how it reads on a terminal is the command line's business.

use remit_policy::{Manifest, Right, World};

use crate::imports::{self, Role, offered};
use crate::outline::{Import, Outline};
use crate::script::Script;
use crate::{Error, wit};

/// What can be told of a guest before anybody trusts it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// SHA-256 of the component, or of the script's text, in hex.
    pub digest: String,
    /// The size of it.
    pub bytes: u64,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What the component imports; a script imports nothing itself.
    pub imports: Vec<Import>,
    /// Whether this host could link it, with everything granted that it asks for.
    pub links: Result<(), crate::ImportError>,
    /// The rights that it asks for, each with its patterns, and whether it cannot do without.
    pub asks: Vec<Ask>,
    /// What it can never do, in sentences: neither a grant nor a later version of the host changes
    /// that for these bytes.
    pub never: Vec<String>,
}

/// One thing that a component asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The right, with the stronger forms that it asks for: `delete+purge`.
    pub right: String,
    /// Where.
    pub pattern: String,
    /// Whether it does not start without.
    pub required: bool,
    /// Whether it imports what it would need to use the right at all.
    pub usable: bool,
}

/// Inspects a component.
pub fn inspect(component: &[u8]) -> Result<Inspection, Error> {
    let outline = Outline::read(component)?;
    let links = imports::check(&outline, Role::Plugin, |_| true).map(drop);
    let uses = Uses::Imported(&outline.imports);
    let (asks, never) = (
        asks(&outline.manifest, uses),
        never(&outline.manifest, uses),
    );
    Ok(Inspection {
        digest: outline.digest,
        bytes: outline.bytes,
        manifest: outline.manifest,
        imports: outline.imports,
        links,
        asks,
        never,
    })
}

/// Inspects a script.
pub fn inspect_script(script: &Script) -> Inspection {
    let manifest = &script.manifest;
    Inspection {
        digest: script.digest.to_string(),
        bytes: script.text.len() as u64,
        imports: Vec::new(),
        links: Ok(()),
        asks: asks(manifest, Uses::Everything),
        never: never(manifest, Uses::Everything),
        manifest: manifest.clone(),
    }
}

/// Which interfaces a guest can use at all.
#[derive(Clone, Copy)]
enum Uses<'a> {
    /// Those that the component imports.
    Imported(&'a [Import]),
    /// All: the interpreter imports them, and the session alone says what a script may.
    Everything,
}

impl Uses<'_> {
    /// Whether an interface that needs the right is at hand.
    fn right(self, manifest: &Manifest, right: Right) -> bool {
        let takes = |right| {
            let mut interfaces = offered(manifest.world).iter();
            interfaces.any(|interface| {
                wit::right_of(interface) == Some(right) && self.interface(interface)
            })
        };
        // What it exports through a converter is read on its behalf.
        let converts = !manifest.converters.is_empty() && takes(Right::Export);
        takes(right) || (right == Right::Read && converts)
    }

    fn interface(self, interface: &str) -> bool {
        let prefix = format!("{}/{interface}@", wit::PACKAGE);
        match self {
            Self::Imported(imports) => imports
                .iter()
                .any(|import| import.name.starts_with(&prefix)),
            Self::Everything => true,
        }
    }
}

fn asks(manifest: &Manifest, uses: Uses<'_>) -> Vec<Ask> {
    let both = [(&manifest.required, true), (&manifest.optional, false)];
    let mut asks = Vec::new();
    for (rights, required) in both {
        for right in rights.rights() {
            let lines = rights.lines(right).iter().map(|line| Ask {
                right: format!("{right}{}", line.strength),
                pattern: line.pattern.to_string(),
                required,
                usable: uses.right(manifest, right),
            });
            asks.extend(lines);
        }
    }
    asks
}

fn never(manifest: &Manifest, uses: Uses<'_>) -> Vec<String> {
    let mut never = Vec::new();
    for right in Right::ALL {
        let what = match right {
            Right::List => "list entries",
            Right::Read => "read contents or properties",
            Right::Export => "put copies into a package",
            Right::Redact => "propose redactions",
            Right::Rewrite => "propose to replace contents",
            Right::Delete => "propose deletions",
            Right::Archive => "propose to archive records",
        };
        let asked = !manifest.asks().lines(right).is_empty();
        match (asked, uses.right(manifest, right)) {
            (true, true) => {}
            (true, false) => never.push(format!(
                "cannot {what}: it asks, but does not import what it takes"
            )),
            (false, _) => never.push(format!("cannot {what}: it does not ask")),
        }
    }
    match manifest.world {
        World::Workflow => {}
        World::Scanner => never.push(
            "cannot choose what it reads: it is handed one entry's content at a time".to_owned(),
        ),
        World::Converter => never.push(
            "cannot choose where its output goes: the host stages it and names it in the plan"
                .to_owned(),
        ),
    }
    if !uses.interface("notes") {
        never.push(
            "cannot say anything to the plan's reader: it does not import `notes`".to_owned(),
        );
    }
    never.push(
        "cannot change anything: guests only propose, and the host applies what a person approved"
            .to_owned(),
    );
    never.push(
        "cannot reach a network, files, the clock, the environment or other programs: the host offers none".to_owned(),
    );
    never.push(
        "cannot keep anything for the next run: every instance starts from these bytes".to_owned(),
    );
    never
}

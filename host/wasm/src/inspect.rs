//! What a component asks for and what it can never do, without running it.
//!
//! Derived from its imports and its asks alone; how it reads on a terminal is the command line's business.

use remit_policy::{Right, World};

use crate::imports::{self, offered};
use crate::outline::Outline;
use crate::{Error, wit};

/// What can be told of a component before anybody trusts it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Manifest, digest, size, imports and exports.
    pub outline: Outline,
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
    let links = imports::check(&outline, |_| true).map(drop);
    let asks = asks(&outline);
    let never = never(&outline);
    Ok(Inspection {
        outline,
        links,
        asks,
        never,
    })
}

fn asks(outline: &Outline) -> Vec<Ask> {
    let manifest = &outline.manifest;
    let both = [(&manifest.required, true), (&manifest.optional, false)];
    let mut asks = Vec::new();
    for (rights, required) in both {
        for right in rights.rights() {
            let lines = rights.lines(right).iter().map(|line| Ask {
                right: format!("{right}{}", line.strength),
                pattern: line.pattern.to_string(),
                required,
                usable: uses(outline, right),
            });
            asks.extend(lines);
        }
    }
    asks
}

/// Whether it imports an interface that needs the right.
fn uses(outline: &Outline, right: Right) -> bool {
    let takes = |right| {
        let mut interfaces = offered(outline.manifest.world).iter();
        interfaces
            .any(|interface| wit::right_of(interface) == Some(right) && imports(outline, interface))
    };
    // What it exports through a converter is read on its behalf.
    let converts = !outline.manifest.converters.is_empty() && takes(Right::Export);
    takes(right) || (right == Right::Read && converts)
}

fn imports(outline: &Outline, interface: &str) -> bool {
    let prefix = format!("{}/{interface}@", wit::PACKAGE);
    outline
        .imports
        .iter()
        .any(|import| import.name.starts_with(&prefix))
}

fn never(outline: &Outline) -> Vec<String> {
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
        let asked = !outline.manifest.asks().lines(right).is_empty();
        match (asked, uses(outline, right)) {
            (true, true) => {}
            (true, false) => never.push(format!(
                "cannot {what}: it asks, but does not import what it takes"
            )),
            (false, _) => never.push(format!("cannot {what}: it does not ask")),
        }
    }
    match outline.manifest.world {
        World::Workflow => {}
        World::Scanner => never.push(
            "cannot choose what it reads: it is handed one entry's content at a time".to_owned(),
        ),
        World::Converter => never.push(
            "cannot choose where its output goes: the host stages it and names it in the plan"
                .to_owned(),
        ),
    }
    if !imports(outline, "notes") {
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

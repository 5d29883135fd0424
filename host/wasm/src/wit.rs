//! The interface as this host was built with it: the text of `wit/`, parsed once.

use std::sync::LazyLock;

use remit_policy::Right;
use wit_parser::{PackageId, Resolve, SourceMap};

/// The package that guests import from, without a version.
pub(crate) const PACKAGE: &str = "remit:workspace";

/// The version of the package that this host offers.
pub(crate) const VERSION: (u64, u64, u64) = (0, 1, 0);

/// The files of `wit/`. A test compares the list with the folder.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("model.wit", include_str!("../../../wit/model.wit")),
    ("programs.wit", include_str!("../../../wit/programs.wit")),
    ("proposing.wit", include_str!("../../../wit/proposing.wit")),
    ("reading.wit", include_str!("../../../wit/reading.wit")),
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
];

/// The parsed interface.
pub(crate) struct Interface {
    pub(crate) resolve: Resolve,
    pub(crate) package: PackageId,
}

/// Everything a guest can be offered.
pub(crate) static INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    let mut sources = SourceMap::default();
    for (name, text) in FILES {
        sources.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    let Ok(group) = sources.parse() else {
        unreachable!("BUG: the host's own interface does not parse")
    };
    let package = resolve
        .push_group(group)
        .expect("the host's own interface resolves");
    Interface { resolve, package }
});

impl Interface {
    /// The names of the functions of an interface; none when there is no such interface.
    pub(crate) fn functions(&self, interface: &str) -> Option<impl Iterator<Item = &str>> {
        let id = self.resolve.packages[self.package]
            .interfaces
            .get(interface)?;
        Some(
            self.resolve.interfaces[*id]
                .functions
                .keys()
                .map(String::as_str),
        )
    }
}

/// Which right an interface of a workflow needs; none for what everybody is given.
pub(crate) fn right_of(interface: &str) -> Option<Right> {
    Some(match interface {
        "entries" => Right::List,
        "contents" | "scans" => Right::Read,
        "deletions" => Right::Delete,
        "redactions" => Right::Redact,
        "exports" => Right::Export,
        "archives" => Right::Archive,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_interface_is_here() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(there, FILES.map(|(name, _)| name));
        let version = INTERFACE.resolve.packages[INTERFACE.package]
            .name
            .version
            .clone()
            .unwrap();
        assert_eq!((version.major, version.minor, version.patch), VERSION);
    }

    #[test]
    fn functions_are_known_by_interface() {
        let names: Vec<&str> = INTERFACE.functions("contents").unwrap().collect();
        assert_eq!(names, ["[method]reader.read", "open"]);
        assert!(INTERFACE.functions("sockets").is_none());
    }
}

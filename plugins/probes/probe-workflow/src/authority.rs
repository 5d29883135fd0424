//! Wanting more than was granted.

use remit_guest::{Entry, Failure, Scope};

use super::{PATHS, escaped, first, refused};

pub(crate) fn escape_paths(root: &Scope) -> Result<(), Failure> {
    let narrowed = root.narrow_to(
        "/files/open/**",
        &["list", "read", "export", "redact", "delete", "archive"],
    )?;
    let entry = first(&narrowed, "/files/open/*")?;
    let long = "/files/open/".to_owned() + &"a/".repeat(100_000);
    for path in PATHS.iter().copied().chain([long.as_str()]) {
        let of = Entry {
            path: path.to_owned(),
            ..entry.clone()
        };
        let tried = [
            ("delete", narrowed.delete(&of).propose()),
            ("purge", narrowed.delete(&of).purge().propose()),
            ("redact", narrowed.redact(&of, "probe-scanner").propose()),
            ("export", narrowed.export(&of).propose()),
            ("archive", narrowed.archive(&of).propose()),
            ("open", narrowed.open(&of).map(|_| 0)),
            ("stat", narrowed.stat(path).map(|_| 0)),
        ];
        for (act, outcome) in tried {
            if outcome.is_ok() {
                let shown: String = path.chars().take(60).collect();
                return Err(escaped(&format!("{act} {shown:?}")));
            }
        }
    }
    Ok(())
}

pub(crate) fn outside_scope(root: &Scope) -> Result<(), Failure> {
    let other = first(root, "/files/closed/*")?;
    let narrowed = root.narrow_to("/files/open/**", &["list", "delete"])?;
    refused(
        "delete outside of the scope",
        narrowed.delete(&other).propose(),
    )
}

pub(crate) fn after_narrowing(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/open/*")?;
    let narrowed = root.narrow_to("/files/open/**", &["list"])?;
    if narrowed.allows("delete", &entry.path) {
        return Err(escaped("the scope says that it may delete"));
    }
    refused(
        "delete after it was given up",
        narrowed.delete(&entry).propose(),
    )
}

pub(crate) fn widen(root: &Scope) -> Result<(), Failure> {
    let other = first(root, "/files/closed/*")?;
    let narrowed = root.narrow_to("/files/open/**", &["list"])?;
    let widened = narrowed.narrow_to("/**", &["list", "read", "delete"])?;
    if widened.allows("list", &other.path) || widened.select("/files/closed/**").list()?.count() > 0
    {
        return Err(escaped("a narrowed scope was widened"));
    }
    refused(
        "delete in a widened scope",
        widened.delete(&other).propose(),
    )
}

/// Of a right that the manifest asks for as optional, and that this run is not granted here.
pub(crate) fn without_right(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/closed/*")?;
    if root.allows("delete", &entry.path) {
        return Err(escaped("the scope says that it may delete"));
    }
    refused("delete without the right", root.delete(&entry).propose())
}

pub(crate) fn held(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/held/*")?;
    refused("delete what is held", root.delete(&entry).propose())
}

pub(crate) fn held_part(root: &Scope) -> Result<(), Failure> {
    let run = root.stat("/runs/part-held")?;
    refused("delete a run with a held part", root.delete(&run).propose())
}

pub(crate) fn over_ceiling(root: &Scope) -> Result<(), Failure> {
    for entry in root.select("/files/open/**").list()? {
        root.delete(&entry?).propose()?;
    }
    Err(escaped("more deletions than the ceiling"))
}

pub(crate) fn another_version(root: &Scope) -> Result<(), Failure> {
    let mut entry = first(root, "/files/open/*")?;
    entry.version.push('0');
    refused("delete another version", root.delete(&entry).propose())
}

/// The path of one entry with the version of another.
pub(crate) fn anothers_entry(root: &Scope) -> Result<(), Failure> {
    let mut some = root.select("/files/open/*").list()?;
    let (Some(one), Some(other)) = (some.next(), some.next()) else {
        return Err(Failure::new("not-found", "the probe needs two files"));
    };
    let mixed = Entry {
        path: other?.path,
        ..one?
    };
    refused("delete one entry as another", root.delete(&mixed).propose())
}

/// An entry of the guest's own making.
pub(crate) fn unseen_entry(root: &Scope) -> Result<(), Failure> {
    let invented = Entry {
        path: "/files/open/invented.txt".to_owned(),
        kind: "file".to_owned(),
        size_bytes: Some(0),
        version: "invented".to_owned(),
        created_ms: None,
        modified_ms: None,
        properties: vec![("owner".to_owned(), "nobody".to_owned())],
    };
    refused("delete what is not there", root.delete(&invented).propose())
}

/// Where the policy lies, no guest reads or writes.
pub(crate) fn reserved(root: &Scope) -> Result<(), Failure> {
    for place in ["/files/.remit/**", "/blobs/remit/**"] {
        if root.select(place).list()?.any(|listed| listed.is_ok()) {
            return Err(escaped("the policy's folder is listed"));
        }
    }
    for path in ["/files/.remit/policy.toml", "/blobs/remit/policy.toml"] {
        let of = Entry {
            path: path.to_owned(),
            ..first(root, "/files/open/*")?
        };
        let outcomes = [
            root.stat(path).map(|_| 0),
            root.open(&of).map(|_| 0),
            root.delete(&of).propose(),
            root.redact(&of, "probe-scanner").propose(),
            root.export(&of).propose(),
        ];
        if outcomes.iter().any(Result::is_ok) {
            return Err(escaped("the policy is reached"));
        }
    }
    Ok(())
}

/// `delete` is granted, `purge` is not.
pub(crate) fn purge_without_word(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/open/*")?;
    refused(
        "purge without the word",
        root.delete(&entry).purge().propose(),
    )
}

/// A scanner that the manifest does not name.
pub(crate) fn foreign_scanner(root: &Scope) -> Result<(), Failure> {
    match root.select("/files/open/*").scan("personal-data") {
        Ok(_) => Err(escaped("a scanner that was not named")),
        Err(failure) => Err(failure),
    }
}

//! What a guest may do: what it asked for, as far as it was granted; and whether it starts.

use super::authority::{CASCADE, PLAIN, PURGE, check};
use super::*;
use crate::{Act, Authority, Denied, GuestDigest, Manifest, Refused, Right};

const MANIFEST: &str = r#"
manifest = 1
name = "erase-subject"
version = "0.1.0"
world = "workflow"
description = "Erases a person."
[asks]
list = ["/**"]
delete = { paths = ["/runs/**"], purge = true }
[asks.optional]
redact = ["/blobs/**"]
"#;

fn guest() -> GuestDigest {
    GuestDigest::of(b"a guest")
}

fn for_guest(given: &str) -> Result<Authority, Refused> {
    let manifest = Manifest::parse("plugin.toml", MANIFEST.as_bytes()).unwrap();
    Authority::for_guest(&manifest, guest(), grant(given), Policy::absent())
}

#[test]
fn a_guest_holds_what_it_asked_for_and_was_granted() {
    let given = "version = 1\nlist = [\"/**\"]\nread = [\"/**\"]\nredact = [\"/blobs/c/**\", \"/files/**\"]\n\
                 delete = { paths = [\"/**\"], purge = true, cascade = true }\n";
    let authority = for_guest(given).unwrap();
    check(&authority, Act::Delete(PURGE), "/runs/x", &[], "permitted");
    check(&authority, Act::Redact, "/blobs/c/a", &[], "permitted");
    check(&authority, Act::Redact, "/blobs/d/a", &[], "denied");
    // Granted, but not asked for.
    for (act, place, effects) in [
        (Act::Redact, "/files/a", &[][..]),
        (Act::Delete(PLAIN), "/models/m/1", &[]),
        (Act::Delete(CASCADE), "/runs/x", &[]),
        (Act::Delete(PLAIN), "/runs/x", &["/runs/x/**"]),
    ] {
        let denied = check(&authority, act, place, effects, "denied").unwrap();
        assert!(
            denied.hint().unwrap().starts_with("granting does not help"),
            "{denied}"
        );
    }
    let denied = authority.allows(Right::Read, &path("/runs/x")).unwrap_err();
    assert!(matches!(denied, Denied::NotAsked(_)), "{denied}");
}

#[test]
fn a_guest_without_its_required_asks_does_not_start() {
    let lines = |given: &str| match for_guest(given) {
        Ok(_) => vec![],
        Err(Refused::Missing { missing }) => missing
            .iter()
            .map(|one| format!("{} | {}", one.allow(), one.grant_line()))
            .collect(),
        Err(Refused::OtherGuest { guest }) => vec![guest.to_string()],
    };
    let delete =
        "--allow delete+purge='/runs/**' | delete = { paths = [\"/runs/**\"], purge = true }";
    assert_eq!(
        lines("version = 1"),
        ["--allow list='/**' | list = [\"/**\"]", delete]
    );
    // As strong as asked, and in the place asked for.
    assert_eq!(
        lines("version = 1\nlist = [\"/**\"]\ndelete = [\"/runs/**\"]"),
        [delete]
    );
    assert_eq!(
        lines("version = 1\nlist = [\"/**\"]\ndelete = { paths = [\"/models/**\"], purge = true }"),
        [delete]
    );
    // A part of what was asked is enough to start, and what is optional may be missing.
    let part =
        "version = 1\nlist = [\"/runs/**\"]\ndelete = { paths = [\"/runs/old-*\"], purge = true }";
    assert_eq!(lines(part), [""; 0]);
}

#[test]
fn a_grant_may_name_its_guests() {
    let given = |guest: GuestDigest| {
        format!(
            "version = 1\nlist = [\"/**\"]\ndelete = {{ paths = [\"/**\"], purge = true }}\nguests = [\"sha256:{guest}\"]"
        )
    };
    assert!(for_guest(&given(guest())).is_ok());
    let refused = for_guest(&given(GuestDigest::of(b"another"))).unwrap_err();
    assert_eq!(refused, Refused::OtherGuest { guest: guest() });
}

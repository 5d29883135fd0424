//! Saying what it should not, and falling over.

use remit_guest::{Failure, Scope, log, note};

use super::{HOSTILE, first};

pub(crate) fn hostile_words(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/open/*")?;
    for text in HOSTILE {
        note!("{text}");
        log!("{text}");
        root.delete(&entry).because(text).propose()?;
        // As a pattern, a kind, a property, a right, a path: refused or empty, never believed.
        drop(root.select(text).list());
        drop(root.select("/**").kind(text).list());
        drop(root.select("/**").property(text, text).list());
        drop(root.narrow_to(text, &[text]));
        drop(root.stat(text));
        let mut altered = entry.clone();
        altered.path = (*text).to_owned();
        drop(root.export(&altered).because(text).propose());
        drop(root.redact(&entry, text).operator(text, text).propose());
        drop(root.export(&entry).through(text).propose());
        drop(root.export(&entry).redacted_by(text).propose());
    }
    note!("{}", HOSTILE.concat().repeat(10_000));
    Ok(())
}

pub(crate) fn hostile_failure(_: &Scope) -> Result<(), Failure> {
    Err(Failure::new(
        HOSTILE.concat(),
        HOSTILE.concat().repeat(1_000),
    ))
}

pub(crate) fn panic(_: &Scope) -> Result<(), Failure> {
    let empty: &[u8] = std::hint::black_box(&[]);
    assert!(!empty.is_empty(), "the probe fell over on purpose");
    Ok(())
}

pub(crate) fn trap_midway(root: &Scope) -> Result<(), Failure> {
    let entry = first(root, "/files/open/*")?;
    root.export(&entry).propose()?;
    root.delete(&entry).propose()?;
    panic!("after two proposals")
}

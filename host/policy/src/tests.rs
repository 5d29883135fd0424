//! The crate's promises, through its public API.

mod above;
mod account;
mod authority;
mod ceilings;
mod everywhere;
mod files;
mod guests;
mod held;
mod laws;
mod scripts;

use remit_workspace::{EntryPath, Pattern};

use crate::{Grant, Policy, Rights, parse_allow};

fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

/// Rights as on a command line; `!` before a pattern excepts it.
fn rights(lines: &[&str]) -> Rights {
    lines.iter().fold(Rights::none(), |rights, line| {
        match line.strip_prefix('!') {
            Some(place) => rights.without(pattern(place)),
            None => rights.and(&parse_allow(line).unwrap()),
        }
    })
}

fn grant(text: &str) -> Grant {
    Grant::parse("grant.toml", text.as_bytes()).unwrap()
}

fn policy(rules: &str, holds: &str) -> Policy {
    let some = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
    Policy::parse(some(rules).as_deref(), some(holds).as_deref()).unwrap()
}

/// A hold list: `CASE path`.
fn holds(lines: &[&str]) -> String {
    let hold = |line: &&str| {
        let (case, place) = line.split_once(' ').unwrap();
        format!(
            "[[hold]]\ncase = \"{case}\"\npaths = [\"{place}\"]\nreason = \"litigation\"\nwho = \"legal\"\nwhen = \"2026-11-22\"\n"
        )
    };
    lines.iter().map(hold).collect()
}

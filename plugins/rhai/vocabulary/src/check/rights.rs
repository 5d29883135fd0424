//! Rights that a script's words need, against those that its header asks for.

use std::collections::{BTreeMap, BTreeSet};

use rhai::Position;

use super::Problem;

/// What a script needs.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// Needed for certain: the first word that does, and where.
    sure: BTreeMap<&'static str, (String, Position)>,
    /// Needed if a value is what it may be.
    possible: BTreeSet<&'static str>,
}

impl Rights {
    pub(super) fn need(&mut self, right: &'static str, word: &str, at: Position) {
        self.sure
            .entry(right)
            .or_insert_with(|| (word.to_owned(), at));
    }

    pub(super) fn may_need(&mut self, right: &'static str) {
        self.possible.insert(right);
    }

    pub(super) fn compare(&self, text: &str, asks: &[&str], problems: &mut Vec<Problem>) {
        for (right, (word, at)) in &self.sure {
            if asks.contains(right) {
                continue;
            }
            let line = match *right {
                "purge" | "cancel" => format!("delete = {{ paths = [\"…\"], {right} = true }}"),
                right => format!("{right} = [\"…\"]"),
            };
            problems.push(Problem {
                line: at.line().unwrap_or(0),
                column: at.position().unwrap_or(0),
                message: format!(
                    "`{word}` needs the right `{right}`, which the header does not ask for"
                ),
                help: Some(format!("under `[asks]`: `{line}`")),
            });
        }
        for ask in asks {
            let deletes = self.sure.contains_key("delete") || self.possible.contains("delete");
            let used = self.sure.contains_key(ask)
                || self.possible.contains(ask)
                || (*ask == "cascade" && deletes);
            if used {
                continue;
            }
            let (line, column) = asked_at(text, ask);
            problems.push(Problem {
                line,
                column,
                message: format!("the header asks for `{ask}`, and no word of the script needs it"),
                help: Some("leave it out: what is not asked for need not be granted".to_owned()),
            });
        }
    }
}

/// Where the header says so, as well as can be told: the first line of it that begins with the name, or
/// holds it.
fn asked_at(text: &str, ask: &str) -> (usize, usize) {
    let names = |line: &str| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let line = line.trim_start_matches("//!").trim_start();
        line.starts_with(ask) && words.clone().any(|word| word == ask)
    };
    let holds = |line: &str| line.contains(&format!("{ask} ="));
    let header: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("//!"))
        .collect();
    let found = header.iter().find(|(_, line)| names(line));
    let found = found.or_else(|| header.iter().find(|(_, line)| holds(line)));
    found.map_or((0, 0), |(number, line)| {
        let before = line.find(ask).unwrap_or(0);
        (number + 1, line[..before].chars().count() + 1)
    })
}

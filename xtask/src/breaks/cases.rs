//! The list of breaks, `tests/breaks.toml`: of TOML only what such a list needs.

use std::fs;
use std::path::Path;

use crate::run::Outcome;

/// One break, and the test that must see it.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// The rule of the house.
    pub(crate) rule: u8,
    /// What is broken, in a sentence.
    pub(crate) what: String,
    /// The file, from the project's folder.
    pub(crate) file: String,
    /// Texts that occur there once, and what is put in their places.
    pub(crate) changes: Vec<(String, String)>,
    /// The crate, the test target (`lib` for those in the source) and the test's name.
    pub(crate) test: String,
}

const LIST: &str = "tests/breaks.toml";

/// Crates whose tests are built with the runtime.
const WITH_RUNTIME: [&str; 2] = ["remit-wasm", "remit"];

impl Case {
    /// Whether a word chooses it: its rule's number, or any word of its test or its sentence.
    pub(crate) fn is_chosen(&self, words: &[String]) -> bool {
        let fits = |word: &String| match word.parse::<u8>() {
            Ok(rule) => rule == self.rule,
            Err(_) => [&self.test, &self.what, &self.file]
                .iter()
                .any(|text| text.contains(word.as_str())),
        };
        words.is_empty() || words.iter().any(fits)
    }

    /// Whether its test is built with wasmtime.
    pub(crate) fn needs_runtime(&self) -> bool {
        let name = self.test.split(' ').next().unwrap_or_default();
        WITH_RUNTIME.contains(&name)
    }

    /// What cargo is given to choose the tests, and the name that the harness is given.
    pub(crate) fn selection(&self) -> (Vec<String>, &str) {
        let mut words = self.test.split(' ');
        let mut next = || words.next().unwrap_or_default();
        let (package, target, filter) = (next(), next(), next());
        // The runtime's features depend on what is selected: as everywhere, the whole workspace.
        let mut select: Vec<String> = match self.needs_runtime() {
            true => vec!["--workspace".into()],
            false => vec!["--package".into(), package.into()],
        };
        match target {
            "lib" => select.push("--lib".into()),
            target => select.extend(["--test".into(), target.into()]),
        }
        (select, filter)
    }

    /// The source with the break in it.
    pub(crate) fn broken(&self, source: &str) -> Outcome<String> {
        let mut broken = source.to_owned();
        for (find, put) in &self.changes {
            let count = broken.matches(find.as_str()).count();
            if count != 1 {
                return Err(format!(
                    "rule {}, {}: the text stands in {} {count} times, not once: {find}",
                    self.rule, self.what, self.file
                ));
            }
            broken = broken.replace(find.as_str(), put);
        }
        match broken == source {
            true => Err(format!(
                "rule {}, {}: nothing is broken",
                self.rule, self.what
            )),
            false => Ok(broken),
        }
    }
}

/// Reads the list.
pub(crate) fn read(project: &Path) -> Outcome<Vec<Case>> {
    let text = fs::read_to_string(project.join(LIST))
        .map_err(|error| format!("cannot read {LIST}: {error}"))?;
    parse(&text)
}

fn parse(text: &str) -> Outcome<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let wrong = |why: &str| format!("{LIST}, line {}: {why}", number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[break]]" {
            cases.push(Case::default());
            continue;
        }
        let (name, value) = line
            .split_once(" = ")
            .ok_or_else(|| wrong("no `name = value`"))?;
        let value = match value.strip_prefix("'''") {
            None => one_line(value).ok_or_else(|| wrong("no value"))?,
            Some(rest) => match rest.strip_suffix("'''") {
                Some(whole) => whole.to_owned(),
                None => {
                    // As in TOML, a line end right behind the quotes does not count.
                    let mut whole = Vec::from_iter((!rest.is_empty()).then_some(rest));
                    loop {
                        let (_, line) = lines.next().ok_or_else(|| wrong("no closing quotes"))?;
                        match line.strip_suffix("'''") {
                            Some(last) => {
                                whole.push(last);
                                break;
                            }
                            None => whole.push(line),
                        }
                    }
                    whole.join("\n")
                }
            },
        };
        let case = cases.last_mut().ok_or_else(|| wrong("before any break"))?;
        match name {
            "rule" => case.rule = value.parse().map_err(|_no_number| wrong("no number"))?,
            "what" => case.what = value,
            "file" => case.file = value,
            "test" => case.test = value,
            "find" | "and_find" => case.changes.push((value, String::new())),
            "put" | "and_put" => {
                let change = case
                    .changes
                    .last_mut()
                    .ok_or_else(|| wrong("`put` before `find`"))?;
                change.1 = value;
            }
            _ => return Err(wrong("an unknown name")),
        }
    }
    Ok(cases)
}

/// A number, a text in single quotes as it stands, or one in double quotes with its escapes.
fn one_line(value: &str) -> Option<String> {
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(text) = within('\'') {
        return Some(text.to_owned());
    }
    let Some(text) = within('"') else {
        return value.parse::<u8>().ok().map(|number| number.to_string());
    };
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                same @ ('"' | '\\') => same,
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::run::project;

    /// The list cannot rot: every text still stands where it is looked for, once.
    #[test]
    fn every_break_applies() {
        let cases = read(&project()).expect("the list");
        for case in &cases {
            let source = fs::read_to_string(project().join(&case.file))
                .unwrap_or_else(|error| panic!("{}: {error}", case.file));
            case.broken(&source).unwrap_or_else(|why| panic!("{why}"));
            assert!(
                case.what.ends_with('.') && case.test.split(' ').count() == 3,
                "{case:?}"
            );
        }
        assert!(cases.len() >= 30, "{}", cases.len());
    }

    /// Every rule but the last, which is about taste and which no test can see.
    #[test]
    fn every_rule_is_broken() {
        let cases = read(&project()).expect("the list");
        let rules: BTreeSet<u8> = cases.iter().map(|case| case.rule).collect();
        assert_eq!(rules, (1..=12).collect());
    }

    #[test]
    fn texts_are_taken_as_they_stand() {
        let text = "# a list\n\n[[break]]\nrule = 6\nwhat = \"One.\"\nfile = \"a\"\nfind = 'x'\nput = \"\"\nand_find = '''\n    y(\"1\")\n    z'''\nand_put = \"\\\"w\\n\"\ntest = \"p lib t\"\n";
        let cases = parse(text).expect("a list");
        let [case] = cases.as_slice() else {
            panic!("{cases:?}")
        };
        assert_eq!(
            case.broken("x\n    y(\"1\")\n    z").expect("it applies"),
            "\n\"w\n"
        );
        assert!(case.broken("x x").is_err());
        assert_eq!(
            case.selection(),
            (vec!["--package".into(), "p".into(), "--lib".into()], "t")
        );
    }
}

//! Texts: patterns of paths, regular expressions, and sets.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use rhai::{Array, Dynamic, ImmutableString};

use crate::failure::misuse;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, Finding, Pattern, Set};

/// Bytes of one compiled pattern.
const PATTERN_MAX: usize = 2 << 20;

/// Patterns kept. A script that makes more of them from data compiles them again.
const KEPT_MAX: usize = 64;

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Pattern>(
        "regex",
        "A regular expression, searched in time linear in the text: no look-around, no back-references.",
    );
    vocabulary.kind::<Set>(
        "set",
        "Texts, each once; for many of them, where an array or a map would be slow.",
    );
    matching(vocabulary);
    finding(vocabulary);
    sets(vocabulary);
}

fn matching(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("glob(pattern: string, text: string) -> bool")
            .doc("Whether a path matches a pattern: `*` stands for any text within a segment, `**` for any number of segments.")
            .example("if glob(\"/runs/*/outputs/**\", \"/runs/x/outputs/a/b\") { log(\"an output\"); }"),
        |pattern: &str, text: &str| glob(pattern, text),
    );
    let kept: RefCell<BTreeMap<String, Pattern>> = RefCell::default();
    vocabulary.add(
        Word::new("regex(pattern: string) -> regex")
            .doc("A regular expression in the syntax of the crate `regex`. The same pattern is compiled once.")
            .example("let mail = regex(\"[a-z]+@example\\\\.com\");"),
        move |pattern: &str| -> Answer<Pattern> {
            let mut kept = kept.borrow_mut();
            if let Some(known) = kept.get(pattern) {
                return Ok(known.clone());
            }
            let compiled = Pattern(Rc::new(compile(pattern)?));
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(pattern.to_owned(), compiled.clone());
            Ok(compiled)
        },
    );
    vocabulary.add(
        Word::new("regex.is_match(text: string) -> bool")
            .doc("Whether it is found anywhere in a text.")
            .example("if regex(\"(?i)password\").is_match(\"PassWord: x\") { log(\"found\"); }"),
        |pattern: &mut Pattern, text: &str| pattern.0.is_match(text),
    );
    vocabulary.add(
        Word::new("regex.captures(text: string) -> array?")
            .doc("The first match and its groups as texts, from the whole on; a group that took no part is `()`.")
            .example("let found = regex(\"run-(\\\\d+)\").captures(\"run-12\"); if found != () { log(found[1]); }"),
        |pattern: &mut Pattern, text: &str| -> Dynamic {
            let Some(captures) = pattern.0.captures(text) else {
                return Dynamic::UNIT;
            };
            let groups = captures.iter().map(|group| match group {
                Some(group) => group.as_str().into(),
                None => Dynamic::UNIT,
            });
            groups.collect::<Array>().into()
        },
    );
}

fn finding(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("regex.find_all(text: string, rule: string) -> array")
            .doc("A finding for each match; where the expression has groups, for the first group.")
            .example(
                "fn scan(text, entry) { regex(\"token=(\\\\w+)\").find_all(text, \"token\") }",
            ),
        |pattern: &mut Pattern, text: &str, rule: ImmutableString| -> Array {
            let place = |at: (usize, usize)| found(at.0, at.1, &rule);
            if pattern.0.captures_len() == 1 {
                let matches = pattern.0.find_iter(text);
                return matches
                    .filter_map(|found| place((found.start(), found.end())))
                    .collect();
            }
            let groups = pattern
                .0
                .captures_iter(text)
                .filter_map(|captures| captures.get(1));
            groups
                .filter_map(|group| place((group.start(), group.end())))
                .collect()
        },
    );
    vocabulary.add(
        Word::new("string.find_all(text: string, rule: string) -> array")
            .doc("A finding for each place where this very text stands.")
            .example("fn scan(text, entry) { \"EMP-\".find_all(text, \"employee-number\") }"),
        |needle: ImmutableString, text: &str, rule: ImmutableString| -> Array {
            let matches = text.match_indices(needle.as_str());
            matches
                .filter_map(|(at, needle)| found(at, at + needle.len(), &rule))
                .collect()
        },
    );
}

fn sets(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("set() -> set").doc("An empty set.").example(
            "let seen = set(); for run in scope.list(\"/runs/*\") { seen.add(run.name); }",
        ),
        Set::default,
    );
    vocabulary.add(
        Word::new("set.add(text: string) -> bool")
            .doc("Adds a text; whether it is new.")
            .example("let seen = set(); if seen.add(\"a\") { log(\"first\"); }"),
        |set: &mut Set, text: ImmutableString| set.0.borrow_mut().insert(text),
    );
    vocabulary.add(
        Word::new("set.contains(text: string) -> bool")
            .doc("Whether it holds a text; `\"a\" in seen` does the same.")
            .example("let seen = set(); if !seen.contains(\"a\") { log(\"new\"); }"),
        |set: &mut Set, text: ImmutableString| set.0.borrow().contains(&text),
    );
    vocabulary.add(
        Word::new("set.len -> int")
            .doc("How many texts it holds.")
            .example("let seen = set(); log(seen.len);"),
        |set: &mut Set| i64::try_from(set.0.borrow().len()).unwrap_or(i64::MAX),
    );
}

fn compile(pattern: &str) -> Answer<Regex> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_MAX)
        .dfa_size_limit(PATTERN_MAX)
        .build()
        .map_err(|error| misuse(format!("no regular expression: {error}")))
}

/// An empty match is no finding.
fn found(start: usize, end: usize, rule: &ImmutableString) -> Option<Dynamic> {
    let length = u32::try_from(end - start)
        .ok()
        .filter(|length| *length > 0)?;
    Some(Dynamic::from(Finding {
        offset: start as u64,
        length,
        rule: rule.clone(),
    }))
}

/// Segment by segment, as patterns of paths are read everywhere.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let text: Vec<&str> = text.split('/').collect();
    matches(
        &pattern,
        &text,
        |pattern| *pattern == "**",
        |pattern, text| {
            let pattern: Vec<char> = pattern.chars().collect();
            let text: Vec<char> = text.chars().collect();
            matches(
                &pattern,
                &text,
                |one| *one == '*',
                |one, other| one == other,
            )
        },
    )
}

/// Matches items one by one; an item that `is_any` stands for any number of them. Time is the product
/// of the lengths at most: only the last such item is ever tried again.
fn matches<T>(
    pattern: &[T],
    text: &[T],
    is_any: impl Fn(&T) -> bool,
    is_same: impl Fn(&T, &T) -> bool,
) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while from < text.len() {
        if at < pattern.len() && is_any(&pattern[at]) {
            again = Some((at, from));
            at += 1;
        } else if at < pattern.len() && is_same(&pattern[at], &text[from]) {
            at += 1;
            from += 1;
        } else if let Some((any, tried)) = again {
            again = Some((any, tried + 1));
            at = any + 1;
            from = tried + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(is_any)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_segment_by_segment() {
        for (pattern, text, expected) in [
            ("/runs/*", "/runs/a", true),
            ("/runs/*", "/runs/a/b", false),
            ("/runs/**", "/runs/a/b", true),
            ("/**/x", "/a/b/x", true),
            ("/runs/old-*", "/runs/old-1", true),
            ("/runs/old-*", "/runs/new", false),
            ("*.log", "a.log", true),
            ("/a/**/b/*", "/a/b/b/c", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}

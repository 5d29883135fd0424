//! The reference of the vocabulary, written from the table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::interpreter;
use crate::signature::Form;
use crate::table::{Table, Word};

const OPENING: &str = "\
# The words of a script

Written from the registration itself by `cargo run -p remit-vocabulary --example reference`; a test compares. The
[tutorial](README.md) shows how a script is made of them.

The language is [Rhai](https://rhai.rs/book/language/), without modules, `eval`, `sleep`, clocks and anything that reaches
out of the script. `scope` is at hand everywhere. A type with a `?` may also be `()`, which stands for what is unknown: no
comparison with it but `!=` is true.

A word with a *right* answers `denied` where the header did not ask for the right, or nobody granted it.
";

const LIMITS: &str = "\
## Limits

A text holds 16 MiB, an array 20,000 items and a map 10,000 fields, those of what is in it counted (a `set` is not limited); a
script has 256 variables and 256 functions, and functions call each other 32 deep. Time and memory in all are those of the sandbox that the grant allows.
";

/// The vocabulary as a page of Markdown.
pub fn reference() -> String {
    let (_, table) = interpreter::engine();
    let mut page = OPENING.to_owned();
    section(&mut page, "Everywhere", None, &functions(&table));
    for kind in &table.kinds {
        let words: Vec<&Word> = table
            .words
            .iter()
            .filter(|word| word.signature.on == Some(kind.name))
            .collect();
        let mut doc = kind.doc.to_owned();
        if let Some(item) = kind.item {
            _ = write!(doc, " A `for` loop over it gives: {item}.");
        }
        section(&mut page, kind.name, Some(&doc), &words);
        operators(&mut page, &table, kind.name);
    }
    let language: Vec<&Word> = table
        .words
        .iter()
        .filter(|word| {
            let of_kind = |on| table.kinds.iter().any(|kind| kind.name == on);
            word.signature.on.is_some_and(|on| !of_kind(on))
        })
        .collect();
    section(&mut page, "On the language's own values", None, &language);
    page.push('\n');
    page.push_str(LIMITS);
    page
}

fn functions(table: &Table) -> Vec<&Word> {
    let is_function = |word: &&Word| word.signature.form == Form::Function;
    table.words.iter().filter(is_function).collect()
}

fn section(page: &mut String, title: &str, doc: Option<&str>, words: &[&Word]) {
    _ = write!(page, "\n## {title}\n");
    if let Some(doc) = doc {
        _ = write!(page, "\n{doc}\n");
    }
    for word in words {
        _ = write!(page, "\n### `{}`\n\n", word.line);
        if let Some(right) = word.right {
            _ = write!(page, "*Right: `{right}`.* ");
        }
        _ = writeln!(page, "{}", word.doc);
        if !word.options.is_empty() {
            page.push('\n');
        }
        for option in word.options {
            let right = option.right.map(|right| format!(" *Right: `{right}`.*"));
            let right = right.unwrap_or_default();
            _ = writeln!(
                page,
                "- `{}` ({}): {}{right}",
                option.name, option.of_type, option.doc
            );
        }
        _ = write!(page, "\n```rhai\n{}\n```\n", word.example);
    }
}

/// An operator's lines in one, under the first of our kinds that it takes.
fn operators(page: &mut String, table: &Table, kind: &str) {
    let of_kind = |word: &&Word| {
        let first = word.signature.params.iter().map(|(_, of_type)| *of_type);
        let mut ours = first.filter(|of_type| table.kinds.iter().any(|kind| kind.name == *of_type));
        word.signature.form == Form::Operator && ours.next() == Some(kind)
    };
    let words: Vec<&Word> = table.words.iter().filter(of_kind).collect();
    if words.is_empty() {
        return;
    }
    let compares = |word: &&&Word| word.signature.result == "bool";
    let sums: Vec<String> = words
        .iter()
        .filter(|word| !compares(word))
        .map(|word| format!("`{}`", word.line))
        .collect();
    let against: BTreeSet<&str> = words
        .iter()
        .filter(compares)
        .map(|word| word.signature.params[1].1)
        .collect();
    let against: Vec<String> = against.iter().map(|name| format!("`{name}`")).collect();
    page.push_str("\n### Operators\n\n");
    if !against.is_empty() {
        let against = against.join(" or ");
        _ = writeln!(page, "`<` `<=` `>` `>=` `==` `!=` with {against}.");
    }
    if !sums.is_empty() {
        _ = writeln!(page, "{}.", sums.join(", "));
    }
}

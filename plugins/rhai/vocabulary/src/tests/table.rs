//! The table is what was registered, and says of it what is true; and it reaches all of the interface.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::fs;

use rhai::{Array, Dynamic, FLOAT, INT, ImmutableString, Map};

use crate::interpreter::{compile, engine};
use crate::signature::Form;
use crate::table::Table;
use crate::{Role, check, reference};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// The types of the language that a line of the table may name.
fn of_the_language(id: TypeId) -> Option<&'static str> {
    [
        (TypeId::of::<ImmutableString>(), "string"),
        (TypeId::of::<String>(), "string"),
        (TypeId::of::<&str>(), "string"),
        (TypeId::of::<INT>(), "int"),
        (TypeId::of::<FLOAT>(), "float"),
        (TypeId::of::<bool>(), "bool"),
        (TypeId::of::<Array>(), "array"),
        (TypeId::of::<Map>(), "map"),
        (TypeId::of::<()>(), "()"),
        (TypeId::of::<Dynamic>(), "any"),
    ]
    .into_iter()
    .find(|(known, _)| *known == id)
    .map(|(_, name)| name)
}

/// What a registered type is called in the lines of the table.
fn name_of(table: &Table, id: TypeId) -> Option<&'static str> {
    let kind = table.kinds.iter().find(|kind| kind.id == id);
    kind.map(|kind| kind.name).or_else(|| of_the_language(id))
}

#[test]
fn every_registered_function_is_in_the_table_and_the_other_way_round() {
    let (engine, table) = engine();
    let registered: BTreeSet<(String, Vec<TypeId>)> = engine
        .collect_fn_metadata(
            None,
            |function| {
                Some((
                    function.metadata.name.to_string(),
                    function.metadata.param_types.to_vec(),
                ))
            },
            false,
        )
        .into_iter()
        .collect();
    let listed: BTreeSet<(String, Vec<TypeId>)> = table
        .words
        .iter()
        .map(|word| {
            let name = match word.signature.form {
                Form::Getter => format!("get${}", word.signature.name),
                Form::Function | Form::Method | Form::Operator => word.signature.name.to_owned(),
            };
            // A text is passed on as the engine keeps it.
            let text = TypeId::of::<rhai::ImmutableString>();
            let is_text =
                |id: &TypeId| *id == TypeId::of::<&str>() || *id == TypeId::of::<String>();
            let types = word.types[..word.types.len() - 1].iter();
            (
                name,
                types
                    .map(|id| if is_text(id) { text } else { *id })
                    .collect(),
            )
        })
        .collect();
    let names = |set: &BTreeSet<(String, Vec<TypeId>)>| -> Vec<String> {
        set.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&registered), names(&listed));
    assert!(listed.len() > 100);
}

#[test]
fn every_line_names_the_types_that_were_registered() {
    let (_, table) = engine();
    for word in &table.words {
        let registered: Vec<&str> = word
            .types
            .iter()
            .map(|id| name_of(&table, *id).expect("a type with a name"))
            .collect();
        let mut written = word.signature.passed();
        // What may be `()` is passed as anything.
        let result = word.signature.result;
        written.push(if result.ends_with('?') { "any" } else { result });
        assert_eq!(registered, written, "{}", word.line);
    }
}

#[test]
fn every_word_is_described_and_its_example_is_right() {
    let (engine, table) = engine();
    let all = [
        "list", "read", "export", "redact", "delete", "archive", "purge", "cancel",
    ];
    for word in &table.words {
        if word.signature.form == Form::Operator {
            continue;
        }
        assert!(word.doc.ends_with(['.', '…']), "{}: no sentence", word.line);
        assert!(
            word.example.contains(word.signature.name) || word.signature.name == "to_string",
            "{}",
            word.line
        );
        compile(&engine, word.example).unwrap_or_else(|error| panic!("{}: {error}", word.line));
        let mut problems = check(word.example, Role::Workflow, &all);
        problems.retain(|problem| !problem.message.starts_with("the header asks for"));
        assert_eq!(problems, [], "{}", word.line);
    }
}

/// Every function of the interfaces that a workflow is given, as `entries.select` or `deletion.purge`,
/// with the interface.
fn functions() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for file in ["reading.wit", "proposing.wit", "worlds.wit"] {
        let text = fs::read_to_string(format!("{ROOT}/wit/{file}")).unwrap();
        let (mut interface, mut resource) = (None, None);
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let line = line.trim();
            if let Some(name) = line.strip_prefix("interface ") {
                interface = Some(name.trim_end_matches(" {").to_owned());
            } else if let Some(name) = line.strip_prefix("resource ") {
                resource = Some(name.trim_end_matches(" {").to_owned());
            } else if line == "}" && indent == 2 {
                resource = None;
            } else if line == "}" && indent == 0 {
                (interface, resource) = (None, None);
            } else if let Some(interface) = &interface {
                let of = resource.as_ref().unwrap_or(interface);
                let name = match line.split_once(": func(") {
                    Some((name, _)) => name,
                    None if line.starts_with("constructor(") => "constructor",
                    None => continue,
                };
                found.insert((interface.clone(), format!("{of}.{name}")));
            }
        }
    }
    // A scanner's and a converter's own: not of a workflow.
    found.retain(|(interface, _)| !["scanning", "converting"].contains(&interface.as_str()));
    found
}

#[test]
fn every_function_of_the_interface_has_a_word_and_no_word_has_more() {
    let (_, table) = engine();
    let functions = functions();
    let of_wit: BTreeSet<&str> = functions.iter().map(|(_, name)| name.as_str()).collect();
    let options = table
        .words
        .iter()
        .flat_map(|word| word.options)
        .map(|option| option.call);
    let called = table.words.iter().flat_map(|word| word.calls).copied();
    let called: BTreeSet<&str> = called.chain(options).collect();
    assert_eq!(called, of_wit);
    assert!(of_wit.len() > 30, "the interface was not read: {of_wit:?}");
}

#[test]
fn a_word_needs_the_right_of_the_interface_that_it_calls() {
    let (_, table) = engine();
    let functions = functions();
    // As the interface's own comments say.
    let right_of = |interface: &str| match interface {
        "entries" => Some("list"),
        "contents" | "scans" => Some("read"),
        "deletions" => Some("delete"),
        "redactions" => Some("redact"),
        "exports" => Some("export"),
        "archives" => Some("archive"),
        "scopes" | "params" | "notes" => None,
        other => panic!("a new interface: {other}"),
    };
    for word in &table.words {
        for call in word.calls {
            let (interface, _) = functions.iter().find(|(_, name)| name == call).unwrap();
            let needed = right_of(interface);
            // Refining needs what the listing needs, and a property is read; counting lists again.
            let refines = ["selection", "parts"].contains(&word.signature.on.unwrap_or_default());
            assert!(word.right == needed || refines, "{}: {needed:?}", word.line);
        }
    }
    let rights: BTreeSet<&str> = table.words.iter().filter_map(|word| word.right).collect();
    let expected = ["archive", "delete", "export", "list", "read", "redact"];
    assert_eq!(rights, expected.into_iter().collect());
}

#[test]
fn the_reference_is_the_one_that_is_kept() {
    let kept = fs::read_to_string(format!("{ROOT}/scripts/REFERENCE.md")).unwrap_or_default();
    assert!(
        kept == reference(),
        "scripts/REFERENCE.md is not what `cargo run -p remit-vocabulary --example reference` writes"
    );
}

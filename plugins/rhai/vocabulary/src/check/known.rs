//! What a script can call: our words, the language's functions, and its own.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, Dynamic, Engine};

use crate::signature::Form;
use crate::table::{Table, Word};

/// A type that is certain; none: it is not.
pub(super) type Type = Option<&'static str>;

/// Said of anything, with any number of arguments: the language's own.
const KEYWORDS: [&str; 11] = [
    "Fn",
    "call",
    "curry",
    "is_shared",
    "is_def_fn",
    "is_def_var",
    "type_of",
    "print",
    "debug",
    "to_string",
    "to_debug",
];

pub(super) struct Known<'t> {
    pub(super) table: &'t Table,
    /// The language's functions: how many arguments they take.
    language: BTreeMap<String, BTreeSet<usize>>,
    /// Those of them that take anything.
    of_anything: BTreeSet<(String, usize)>,
    own: BTreeSet<(String, usize)>,
}

impl<'t> Known<'t> {
    pub(super) fn new(engine: &Engine, table: &'t Table, ast: &AST) -> Self {
        let ours: BTreeSet<&str> = table.words.iter().map(|word| word.signature.name).collect();
        let functions = engine.collect_fn_metadata(
            None,
            |function| {
                let of = function.metadata;
                let anything = of.param_types.first() == Some(&TypeId::of::<Dynamic>());
                Some((
                    of.name.to_string(),
                    of.num_params,
                    of.param_types.to_vec(),
                    anything,
                ))
            },
            true,
        );
        let mut language: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let mut of_anything = BTreeSet::new();
        for (name, params, types, anything) in functions {
            // Our words are in the same engine, and are known by their lines.
            let own_type = |id: &TypeId| table.kinds.iter().any(|kind| kind.id == *id);
            let named_in_table = ours.contains(name.as_str());
            if named_in_table
                && (params == 0 || types.iter().any(own_type) || is_ours(table, &name, &types))
            {
                continue;
            }
            if anything {
                of_anything.insert((name.clone(), params));
            }
            language.entry(name).or_default().insert(params);
        }
        let own = ast
            .iter_functions()
            .map(|function| (function.name.to_owned(), function.params.len()))
            .collect();
        Self {
            table,
            language,
            of_anything,
            own,
        }
    }

    /// Whether the script defines a function.
    pub(super) fn defines(&self, name: &str, params: usize) -> bool {
        self.own.contains(&(name.to_owned(), params))
    }

    pub(super) fn is_keyword(name: &str) -> bool {
        KEYWORDS.contains(&name)
    }

    /// Whether the language or the script has such a function, `passed` counting what it is said of. In a
    /// function of the script, that is `this` or the first parameter.
    pub(super) fn elsewhere(&self, name: &str, passed: usize, is_method: bool, on: Type) -> bool {
        let own = self.defines(name, passed) || (is_method && self.defines(name, passed - 1));
        let language = match on {
            // A kind of ours is taken only by what takes anything.
            Some(on) if self.is_kind(on) => self.of_anything.contains(&(name.to_owned(), passed)),
            Some(_) | None => self
                .language
                .get(name)
                .is_some_and(|counts| counts.contains(&passed)),
        };
        own || language
    }

    /// How many arguments the language's or the script's functions of the name take.
    pub(super) fn counts(&self, name: &str) -> BTreeSet<usize> {
        let own = self
            .own
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, params)| *params);
        own.chain(self.language.get(name).into_iter().flatten().copied())
            .collect()
    }

    pub(super) fn is_kind(&self, name: &str) -> bool {
        self.table.kinds.iter().any(|kind| kind.name == name)
    }

    /// What a loop over a value gives.
    pub(super) fn item_of(&self, of_type: Type) -> Type {
        let kind = self
            .table
            .kinds
            .iter()
            .find(|kind| Some(kind.name) == of_type);
        kind.and_then(|kind| kind.item)
    }

    /// Our words of a name that are called.
    pub(super) fn called(&self, name: &str) -> impl Iterator<Item = &'t Word> {
        let is_called = |word: &&Word| matches!(word.signature.form, Form::Function | Form::Method);
        let name = name.to_owned();
        let words = self.table.words.iter().filter(is_called);
        words.filter(move |word| word.signature.name == name)
    }

    pub(super) fn getters(&self, on: &str) -> impl Iterator<Item = &'t Word> {
        let on = on.to_owned();
        self.table.words.iter().filter(move |word| {
            word.signature.form == Form::Getter && word.signature.on == Some(on.as_str())
        })
    }

    pub(super) fn operators(&self, name: &str) -> impl Iterator<Item = &'t Word> {
        let name = name.to_owned();
        self.table.words.iter().filter(move |word| {
            word.signature.form == Form::Operator && word.signature.name == name
        })
    }

    /// Every name that can be called, for what may have been meant.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let words = self.called_names();
        let own = self.own.iter().map(|(name, _)| name.as_str());
        words
            .chain(self.language.keys().map(String::as_str))
            .chain(own)
    }

    fn called_names(&self) -> impl Iterator<Item = &str> {
        let is_called = |word: &&Word| matches!(word.signature.form, Form::Function | Form::Method);
        self.table
            .words
            .iter()
            .filter(is_called)
            .map(|word| word.signature.name)
    }
}

/// Whether these are the types of one of our words of the name.
fn is_ours(table: &Table, name: &str, types: &[TypeId]) -> bool {
    table.words.iter().any(|word| {
        word.signature.name == name
            && word.types.len() == types.len() + 1
            && word.types.starts_with(types)
    })
}

//! The vocabulary as data. A word gets into the engine through [`Vocabulary`], and so into the table.

use std::any::TypeId;

use rhai::{Engine, EvalAltResult, FuncRegistration, RhaiNativeFunc};

use crate::signature::{Form, Signature};

/// A word.
#[derive(Debug, Clone)]
pub struct Word {
    /// The line that a person reads: `scope.list(pattern: string) -> selection`.
    pub line: &'static str,
    /// The line, taken apart.
    pub signature: Signature,
    /// The right that the session will ask for.
    pub right: std::option::Option<&'static str>,
    /// What it does, in a line or two.
    pub doc: &'static str,
    /// A script that uses it.
    pub example: &'static str,
    /// What its last parameter may hold, if that is a map.
    pub options: &'static [Option],
    /// The functions of the interface that it calls, as `entries.select`.
    pub calls: &'static [&'static str],
    /// The types that were registered, to be held against the line.
    pub(crate) types: Vec<TypeId>,
}

/// A key of a map that is passed to a word.
#[derive(Debug, Clone, Copy)]
pub struct Option {
    /// The key.
    pub name: &'static str,
    /// The type of its value.
    pub of_type: &'static str,
    /// The right or the stronger form of one that it needs besides.
    pub right: std::option::Option<&'static str>,
    /// What it does.
    pub doc: &'static str,
    /// The function of the interface that it calls.
    pub call: &'static str,
}

/// A kind of value of ours.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What a `for` loop over it gives.
    pub item: std::option::Option<&'static str>,
    /// The type that stands behind it.
    pub id: TypeId,
}

/// Everything that we say.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The kinds of value, in the order of the reference.
    pub kinds: Vec<Kind>,
    /// The words, in the order of the reference.
    pub words: Vec<Word>,
}

impl Word {
    /// Begins the word whose line this is.
    pub(crate) fn new(line: &'static str) -> Self {
        Self {
            line,
            signature: Signature::of(line),
            right: None,
            doc: "",
            example: "",
            options: &[],
            calls: &[],
            types: Vec::new(),
        }
    }

    pub(crate) fn needs(mut self, right: &'static str) -> Self {
        self.right = Some(right);
        self
    }

    pub(crate) fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    pub(crate) fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(crate) fn options(mut self, options: &'static [Option]) -> Self {
        self.options = options;
        self
    }

    pub(crate) fn calls(mut self, calls: &'static [&'static str]) -> Self {
        self.calls = calls;
        self
    }
}

/// An engine that is being taught.
pub(crate) struct Vocabulary<'e> {
    pub(crate) engine: &'e mut Engine,
    pub(crate) table: Table,
}

impl<'e> Vocabulary<'e> {
    pub(crate) fn new(engine: &'e mut Engine) -> Self {
        Self {
            engine,
            table: Table::default(),
        }
    }

    /// Names a kind of value.
    pub(crate) fn kind<T: Clone + 'static>(&mut self, name: &'static str, doc: &'static str) {
        self.engine.register_type_with_name::<T>(name);
        self.table.kinds.push(Kind {
            name,
            doc,
            item: None,
            id: TypeId::of::<T>(),
        });
    }

    /// Lets a `for` loop go over a kind of value. What fails ends the script, unless it is caught.
    pub(crate) fn iterable<T, R>(&mut self, name: &'static str, item: &'static str)
    where
        T: Clone + IntoIterator<Item = Result<R, Box<EvalAltResult>>> + 'static,
        R: Clone + 'static,
    {
        self.engine.register_iterator_result::<T, R>();
        let kind = self.table.kinds.iter_mut().find(|kind| kind.name == name);
        kind.expect("the kind was named before").item = Some(item);
    }

    /// Teaches a word.
    pub(crate) fn add<A, const N: usize, const X: bool, R, const F: bool, Function>(
        &mut self,
        mut word: Word,
        function: Function,
    ) where
        A: 'static,
        R: Clone + 'static,
        Function: RhaiNativeFunc<A, N, X, R, F> + 'static,
    {
        word.types = Function::param_types().to_vec();
        word.types.push(TypeId::of::<R>());
        let registration = match word.signature.form {
            Form::Getter => FuncRegistration::new_getter(word.signature.name),
            Form::Function | Form::Method | Form::Operator => {
                FuncRegistration::new(word.signature.name)
            }
        };
        // Volatile: what a word answers is the session's, and never worked out when a script is parsed.
        registration
            .with_purity(true)
            .with_volatility(true)
            .register_into_engine(self.engine, function);
        self.table.words.push(word);
    }
}

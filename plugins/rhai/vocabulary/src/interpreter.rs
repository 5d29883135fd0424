//! The engine with our words, and one run of a script in it.

use std::cell::Cell;
use std::rc::Rc;

use remit_guest::{Content, Entry, Failure, Findings, notes};
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicBlobPackage, BasicFnPackage, BasicIteratorPackage,
    BasicMapPackage, BasicMathPackage, BasicStringPackage, BitFieldPackage, LogicPackage,
    MoreStringPackage, Package,
};
use rhai::{AST, Dynamic, Engine, Module, OptimizationLevel, Token};

use crate::failure::{ended, unreadable};
use crate::guest::Guest;
use crate::host::{Host, Nowhere};
use crate::program::Program;
use crate::table::{Table, Vocabulary};
use crate::values::{Item, Run, Scope, Within};
use crate::{limits, scan, words};

rhai::def_package! {
    /// What the language brings. Not the core package: it can sleep.
    Language(module): ArithmeticPackage, LogicPackage, BasicMathPackage, BitFieldPackage,
        BasicStringPackage, MoreStringPackage, BasicArrayPackage, BasicMapPackage, BasicBlobPackage,
        BasicIteratorPackage, BasicFnPackage {}
}

/// An engine that knows our words. It runs one script.
pub struct Interpreter {
    engine: Engine,
}

thread_local! {
    static PREPARED: Cell<Option<Interpreter>> = const { Cell::new(None) };
}

impl Interpreter {
    /// Builds an interpreter and keeps it for [`Interpreter::take`]: done when a component is packed.
    pub fn prepare() {
        PREPARED.set(Some(Self::new()));
    }

    /// Returns the interpreter that was prepared, or builds one.
    pub fn take() -> Self {
        PREPARED.take().unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        Self { engine: engine().0 }
    }

    /// Runs a program's statements with `root` in hand.
    pub fn run(self, program: Program, root: &remit_guest::Scope) -> Result<(), Failure> {
        Guest::lend(root, |root| self.run_within(program, Box::new(root)))
    }

    pub(crate) fn run_within(
        mut self,
        program: Program,
        host: Box<dyn Host>,
    ) -> Result<(), Failure> {
        let ast = parse(&self.engine, &program.text)?;
        let now_ms = Some(host.now_ms()?);
        let within = self.begin(program, host, now_ms);
        let mut module = Module::new();
        module.set_var("scope", Scope(within));
        self.engine.register_global_module(module.into());
        self.engine.run_ast(&ast).map_err(|error| ended(&error))
    }

    /// Runs a program's scanning function over `content`.
    pub fn scan(
        mut self,
        program: Program,
        of: &Entry,
        content: Content<'_>,
        found: &mut Findings<'_>,
    ) -> Result<(), Failure> {
        let ast = parse(&self.engine, &program.text)?;
        let within = self.begin(program, Box::new(Nowhere), None);
        let entry = Item::new(of.clone(), within);
        scan::scan(&self.engine, &ast, &entry, content, found)
    }

    /// Gives the engine what it carries along.
    fn begin(&mut self, program: Program, host: Box<dyn Host>, now_ms: Option<i64>) -> Rc<Within> {
        let run = Rc::new(Run { program, now_ms });
        self.engine.set_default_tag(Dynamic::from(Rc::clone(&run)));
        Rc::new(Within { host, run })
    }
}

/// An engine with our words, and the words as data.
pub(crate) fn engine() -> (Engine, Table) {
    // Once in a process; a second time it is what it was.
    let _seed = rhai::config::hashing::set_hashing_seed(Some([0x52, 0x45, 0x4d, 0x49]));
    let mut engine = Engine::new_raw();
    engine.set_max_strings_interned(256);
    engine.set_optimization_level(OptimizationLevel::Simple);
    engine.set_strict_variables(true);
    engine.disable_symbol("eval");
    free_export(&mut engine);
    engine.on_print(|text| notes::log(text));
    engine.on_debug(|text, _, at| notes::log(format!("{}: {text}", at.line().unwrap_or(0))));
    engine.register_global_module(Language::new().as_shared_module());
    limits::set(&mut engine);
    let mut vocabulary = Vocabulary::new(&mut engine);
    words::teach(&mut vocabulary);
    let table = vocabulary.table;
    (engine, table)
}

/// Makes `export` a word like any other: the language keeps it for modules, which there are none of.
#[expect(
    deprecated,
    reason = "not deprecated, but marked as one that may change"
)]
fn free_export(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match token {
        Token::Reserved(word) if word.as_str() == "export" => Token::Identifier(word),
        token => token,
    });
}

/// Parses a script, header and all.
pub(crate) fn parse(engine: &Engine, text: &str) -> Result<AST, Failure> {
    compile(engine, text).map_err(|error| unreadable(&error))
}

pub(crate) fn compile(engine: &Engine, text: &str) -> Result<AST, rhai::ParseError> {
    // A variable rather than a constant: constants are worked out when a script is parsed.
    let mut names = rhai::Scope::new();
    names.push("scope", ());
    let shebang = text.strip_prefix("#!").map(|rest| format!("//{rest}"));
    engine.compile_with_scope(&names, shebang.as_deref().unwrap_or(text))
}

//! Reads statements and expressions, following the types that are certain.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::known::{Known, Type};
use super::{Problem, Rights};
use crate::nearest::nearest;
use crate::table::Word;

pub(super) struct Reader<'k> {
    known: &'k Known<'k>,
    pub(super) problems: Vec<Problem>,
    pub(super) rights: Rights,
    /// What the names of the part that is being read stand for: a type, unless it is not certain.
    names: BTreeMap<String, Type>,
    /// Whether the types have settled, so that problems are told.
    settled: bool,
}

impl<'k> Reader<'k> {
    pub(super) fn new(known: &'k Known<'k>) -> Self {
        Self {
            known,
            problems: Vec::new(),
            rights: Rights::default(),
            names: BTreeMap::new(),
            settled: false,
        }
    }

    pub(super) fn read(&mut self, ast: &AST) {
        self.part(BTreeMap::new(), &ast.clone_statements_only());
        for function in ast.iter_functions() {
            let mut names = BTreeMap::new();
            let of_scan = [Some("string"), Some("entry")];
            let is_scan = function.name == "scan" && function.params.len() == 2;
            for (n, param) in function.params.iter().enumerate() {
                names.insert((*param).to_owned(), if is_scan { of_scan[n] } else { None });
            }
            let alone = ast.clone_functions_only_filtered(|_, _, _, name, params| {
                name == function.name && params == function.params.len()
            });
            self.part(names, &alone);
        }
    }

    /// Reads the top level or a function. A name that stands for several types stands for none: read
    /// again until no more of them turn up.
    fn part(&mut self, mut names: BTreeMap<String, Type>, part: &AST) {
        names.entry("scope".to_owned()).or_insert(Some("scope"));
        self.names = names;
        self.settled = false;
        loop {
            let before = self.names.clone();
            self.outermost(part);
            if self.names == before {
                break;
            }
        }
        self.settled = true;
        self.outermost(part);
    }

    fn outermost(&mut self, part: &AST) {
        part.walk(&mut |path| {
            if let [ASTNode::Stmt(statement)] = path {
                self.statement(statement);
            }
            true
        });
    }

    fn bind(&mut self, name: &str, of_type: Type) {
        match self.names.get(name) {
            None => _ = self.names.insert(name.to_owned(), of_type),
            Some(known) if *known != of_type => _ = self.names.insert(name.to_owned(), None),
            Some(_) => {}
        }
    }

    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.statements(flow.body.statements());
                self.statements(flow.branch.statements());
            }
            Stmt::TryCatch(flow, _) => {
                self.statements(flow.body.statements());
                if let Expr::Variable(variable, ..) = &flow.expr {
                    // Anything can be thrown.
                    self.bind(&variable.1, None);
                }
                self.statements(flow.branch.statements());
            }
            Stmt::For(parts, _) => {
                let (name, counter, flow) = &**parts;
                let over = self.expression(&flow.expr);
                self.bind(&name.name, self.known.item_of(over));
                if let Some(counter) = counter {
                    self.bind(&counter.name, Some("int"));
                }
                self.statements(flow.body.statements());
            }
            Stmt::Var(parts, ..) => {
                let of_type = self.expression(&parts.1);
                self.bind(&parts.0.name, of_type);
            }
            Stmt::Assignment(parts) => {
                let of_type = self.expression(&parts.1.rhs);
                match &parts.1.lhs {
                    Expr::Variable(variable, ..) if !parts.0.is_op_assignment() => {
                        self.bind(&variable.1, of_type);
                    }
                    Expr::Variable(..) => {}
                    place => _ = self.expression(place),
                }
            }
            Stmt::FnCall(call, at) => _ = self.call(call, *at),
            Stmt::Block(block) => self.statements(block.statements()),
            Stmt::Expr(expression) => _ = self.expression(expression),
            Stmt::Return(Some(expression), ..) | Stmt::BreakLoop(Some(expression), ..) => {
                self.expression(expression);
            }
            Stmt::Switch(parts, _) => {
                self.expression(&parts.0);
                for case in &parts.1.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            _ => {}
        }
    }

    /// The type of an expression, if it is certain.
    fn expression(&mut self, expression: &Expr) -> Type {
        match expression {
            Expr::StringConstant(..) => Some("string"),
            Expr::IntegerConstant(..) => Some("int"),
            Expr::BoolConstant(..) => Some("bool"),
            Expr::FloatConstant(..) => Some("float"),
            Expr::DynamicConstant(value, _) if value.is_array() => Some("array"),
            Expr::DynamicConstant(value, _) if value.is_map() => Some("map"),
            Expr::Variable(variable, ..) => self.names.get(variable.1.as_str()).copied().flatten(),
            Expr::InterpolatedString(parts, _) => {
                self.expressions(parts);
                Some("string")
            }
            Expr::Array(items, _) => {
                self.expressions(items);
                Some("array")
            }
            Expr::Map(fields, _) => {
                for (_, value) in &fields.0 {
                    self.expression(value);
                }
                Some("map")
            }
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                self.expressions(parts);
                Some("bool")
            }
            Expr::Coalesce(parts, _) => {
                self.expressions(parts);
                None
            }
            Expr::Stmt(block) => {
                self.statements(block.statements());
                None
            }
            Expr::FnCall(call, at) => self.call(call, *at),
            Expr::Dot(parts, ..) => {
                let on = self.expression(&parts.lhs);
                self.said_of(on, &parts.rhs)
            }
            Expr::Index(parts, flags, _) => {
                self.expression(&parts.lhs);
                self.index(&parts.rhs, *flags);
                None
            }
            _ => None,
        }
    }

    fn expressions(&mut self, expressions: &[Expr]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    /// What stands after a dot.
    fn said_of(&mut self, on: Type, link: &Expr) -> Type {
        match link {
            Expr::Property(property, at) => self.getter(on, &property.2, *at),
            Expr::MethodCall(call, at) => self.method(on, call, *at),
            Expr::Dot(parts, ..) => {
                let on = self.said_of(on, &parts.lhs);
                self.said_of(on, &parts.rhs)
            }
            Expr::Index(parts, flags, _) => {
                self.said_of(on, &parts.lhs);
                self.index(&parts.rhs, *flags);
                None
            }
            other => self.expression(other),
        }
    }

    /// What stands in brackets, and, unless the chain ends there, what is said of what comes out.
    fn index(&mut self, link: &Expr, flags: ASTFlags) {
        match link {
            Expr::Dot(parts, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(&parts.lhs);
                self.said_of(None, &parts.rhs);
            }
            Expr::Index(parts, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(&parts.lhs);
                self.index(&parts.rhs, *inner);
            }
            index => _ = self.expression(index),
        }
    }

    fn getter(&mut self, on: Type, name: &str, at: Position) -> Type {
        let known = self.known;
        let Some(kind) = on.filter(|on| known.is_kind(on)) else {
            // A map may hold anything; only a right that may be needed is remembered.
            let words = known
                .table
                .kinds
                .iter()
                .flat_map(|kind| known.getters(kind.name));
            for word in words.filter(|word| word.signature.name == name) {
                word.right
                    .into_iter()
                    .for_each(|right| self.rights.may_need(right));
            }
            return None;
        };
        if let Some(word) = known.getters(kind).find(|word| word.signature.name == name) {
            self.needs(word, at);
            return certain(word.signature.result);
        }
        let method = known.called(name).find(|word| word.signature.on == on);
        let getters = known.getters(kind).map(|word| word.signature.name);
        let help = match method {
            Some(word) => Some(format!("it is called: `{}`", word.line)),
            None => nearest(name, getters).map(|meant| format!("did you mean `{meant}`?")),
        };
        self.tell(at, format!("{} has no `{name}`", with_article(kind)), help);
        None
    }

    fn method(&mut self, on: Type, call: &FnCallExpr, at: Position) -> Type {
        let mut passed = vec![on];
        passed.extend(call.args.iter().map(|argument| self.expression(argument)));
        self.resolve(&call.name, &passed, true, call.args.last(), at)
    }

    fn call(&mut self, call: &FnCallExpr, at: Position) -> Type {
        let passed: Vec<Type> = call
            .args
            .iter()
            .map(|argument| self.expression(argument))
            .collect();
        if call.op_token.is_some() {
            let fits = |word: &&Word| fits(word, &passed);
            let word = self.known.operators(&call.name).find(fits);
            let is_certain = passed.iter().all(Option::is_some);
            return word
                .filter(|_| is_certain)
                .and_then(|word| certain(word.signature.result));
        }
        self.resolve(&call.name, &passed, false, call.args.last(), at)
    }

    /// Finds what is called.
    fn resolve(
        &mut self,
        name: &str,
        passed: &[Type],
        is_method: bool,
        last: Option<&Expr>,
        at: Position,
    ) -> Type {
        let known = self.known;
        if Known::is_keyword(name) {
            return None;
        }
        let on = passed.first().copied().flatten();
        let elsewhere = known.elsewhere(name, passed.len(), is_method, on);
        let words: Vec<&Word> = known.called(name).collect();
        let of_count = |word: &&&Word| word.signature.passed().len() == passed.len();
        let fitting: Vec<&Word> = words
            .iter()
            .filter(of_count)
            .filter(|word| fits(word, passed))
            .copied()
            .collect();
        if let Some(word) = fitting.first() {
            for word in &fitting {
                self.options(word, last, at);
                match elsewhere || fitting.iter().any(|other| other.right != word.right) {
                    true => word
                        .right
                        .into_iter()
                        .for_each(|right| self.rights.may_need(right)),
                    false => self.needs(word, at),
                }
            }
            let result = word.signature.result;
            let agreed = !elsewhere && fitting.iter().all(|word| word.signature.result == result);
            return certain(result).filter(|_| agreed);
        }
        if !elsewhere {
            let written = passed.len() - usize::from(is_method);
            self.unresolved(
                name,
                on.filter(|_| is_method),
                &words,
                written,
                is_method,
                at,
            );
        }
        None
    }

    fn unresolved(
        &mut self,
        name: &str,
        on: Type,
        words: &[&Word],
        written: usize,
        is_method: bool,
        at: Position,
    ) {
        let known = self.known;
        let counts = known.counts(name);
        let of_kind: Vec<&&Word> = words
            .iter()
            .filter(|word| on.is_none() || word.signature.on == on)
            .collect();
        if of_kind.is_empty() && (counts.is_empty() || on.is_some_and(|on| known.is_kind(on))) {
            let message = match on {
                Some(on) => format!("{} has no `{name}()`", with_article(on)),
                None if is_method => format!("there is no `{name}()` for any value"),
                None => format!("there is no function `{name}`"),
            };
            let getter =
                on.and_then(|on| known.getters(on).find(|word| word.signature.name == name));
            let of_on = known
                .table
                .words
                .iter()
                .filter(|word| on.is_some() && word.signature.on == on);
            let near = nearest(name, of_on.map(|word| word.signature.name));
            let help = match getter {
                Some(word) => Some(format!("it takes no brackets: `{}`", word.line)),
                None => near
                    .or_else(|| nearest(name, known.names()))
                    .map(|meant| format!("did you mean `{meant}`?")),
            };
            return self.tell(at, message, help);
        }
        let takes: BTreeSet<usize> = of_kind
            .iter()
            .map(|word| word.signature.params.len())
            .chain(
                counts
                    .iter()
                    .map(|count| count - usize::from(is_method && *count > 0)),
            )
            .collect();
        let message = match takes.contains(&written) {
            true => format!("`{name}` takes other types than these"),
            false => format!("`{name}` takes {}, not {written}", list(&takes)),
        };
        let lines: Vec<String> = of_kind
            .iter()
            .map(|word| format!("`{}`", word.line))
            .collect();
        self.tell(at, message, (!lines.is_empty()).then(|| lines.join(" or ")));
    }

    /// Rights that the options of a map need, and keys that are none.
    fn options(&mut self, word: &Word, last: Option<&Expr>, at: Position) {
        if word.options.is_empty() {
            return;
        }
        let keys: Option<Vec<(String, Position)>> = match last {
            Some(Expr::Map(fields, _)) => Some(
                fields
                    .0
                    .iter()
                    .map(|(key, _)| (key.name.to_string(), key.pos))
                    .collect(),
            ),
            Some(Expr::DynamicConstant(value, at)) => value
                .as_map_ref()
                .ok()
                .map(|map| map.keys().map(|key| (key.to_string(), *at)).collect()),
            _ => None,
        };
        let Some(keys) = keys else {
            let rights = word.options.iter().filter_map(|option| option.right);
            return rights.for_each(|right| self.rights.may_need(right));
        };
        for (key, place) in keys {
            match word.options.iter().find(|option| option.name == key) {
                Some(option) => {
                    if let Some(right) = option.right {
                        self.rights
                            .need(right, &key, if place.is_none() { at } else { place });
                    }
                }
                None => {
                    let near = nearest(&key, word.options.iter().map(|option| option.name));
                    let help = near.map(|meant| format!("did you mean `{meant}`?"));
                    self.tell(
                        place,
                        format!("`{key}` is no option of `{}`", word.signature.name),
                        help,
                    );
                }
            }
        }
    }

    fn needs(&mut self, word: &Word, at: Position) {
        if let Some(right) = word.right {
            self.rights.need(right, word.signature.name, at);
        }
    }

    fn tell(&mut self, at: Position, message: String, help: Option<String>) {
        if self.settled {
            self.problems.push(Problem {
                line: at.line().unwrap_or(0),
                column: at.position().unwrap_or(0),
                message,
                help,
            });
        }
    }
}

/// Whether a word may take what is passed: each type is the word's, or not certain.
fn fits(word: &Word, passed: &[Type]) -> bool {
    let takes = word.signature.passed();
    takes.len() == passed.len()
        && takes
            .iter()
            .zip(passed)
            .all(|(takes, passed)| match passed {
                Some(passed) => takes == passed || *takes == "any",
                None => true,
            })
}

/// A type as a line of the table names it. What may be `()` is used as if it were not: comparing tells.
fn certain(result: &'static str) -> Type {
    match result.trim_end_matches('?') {
        "any" | "()" => None,
        name => Some(name),
    }
}

fn with_article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

/// `1 argument`, `1 or 2 arguments`.
fn list(counts: &BTreeSet<usize>) -> String {
    let numbers: Vec<String> = counts.iter().map(usize::to_string).collect();
    let one = counts.iter().eq([&1]);
    format!(
        "{} {}",
        numbers.join(" or "),
        if one { "argument" } else { "arguments" }
    )
}

//! How a word is written in the table, and how that line reads to a program.

/// What kind of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `now() -> instant`
    Function,
    /// `scope.list(pattern: string) -> selection`
    Method,
    /// `entry.path -> string`
    Getter,
    /// `instant - instant -> duration`
    Operator,
}

/// A line such as `scope.list(pattern: string) -> selection`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What kind of word it is.
    pub form: Form,
    /// The word itself.
    pub name: &'static str,
    /// The kind of value it is said of: methods and getters.
    pub on: Option<&'static str>,
    /// Name and type of each parameter; an operator's have no names.
    pub params: Vec<(&'static str, &'static str)>,
    /// The type of what comes back; `?` at the end: or `()`.
    pub result: &'static str,
}

impl Signature {
    /// Takes a line apart.
    ///
    /// # Panics
    ///
    /// When it is none: the lines are constants of this crate.
    pub(crate) fn of(line: &'static str) -> Self {
        let (said, result) = line.split_once(" -> ").unwrap_or((line, "()"));
        if let Some((head, params)) = said.split_once('(') {
            let params = params.strip_suffix(')').expect("parameters are closed");
            let params = params.split(", ").filter(|param| !param.is_empty());
            let params = params
                .map(|param| param.split_once(": ").expect("a parameter has a type"))
                .collect();
            let (form, on, name) = match head.split_once('.') {
                Some((on, name)) => (Form::Method, Some(on), name),
                None => (Form::Function, None, head),
            };
            return Self {
                form,
                name,
                on,
                params,
                result,
            };
        }
        let words: Vec<&str> = said.split(' ').collect();
        if let [left, operator, right] = words[..] {
            return Self {
                form: Form::Operator,
                name: operator,
                on: None,
                params: vec![("", left), ("", right)],
                result,
            };
        }
        let (on, name) = said.split_once('.').expect("a getter is of something");
        Self {
            form: Form::Getter,
            name,
            on: Some(on),
            params: Vec::new(),
            result,
        }
    }

    /// The types of everything that is passed, the value it is said of first.
    pub fn passed(&self) -> Vec<&'static str> {
        let params = self.params.iter().map(|(_, of_type)| *of_type);
        self.on.into_iter().chain(params).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms() {
        let method = Signature::of("scope.list(pattern: string) -> selection");
        assert_eq!(method.form, Form::Method);
        assert_eq!(method.passed(), ["scope", "string"]);
        assert_eq!(method.result, "selection");
        assert_eq!(Signature::of("now() -> instant").form, Form::Function);
        assert_eq!(Signature::of("log(what: any)").result, "()");
        let getter = Signature::of("entry.size -> size?");
        assert_eq!((getter.form, getter.name), (Form::Getter, "size"));
        let operator = Signature::of("instant - duration -> instant");
        assert_eq!((operator.form, operator.name), (Form::Operator, "-"));
        assert_eq!(operator.passed(), ["instant", "duration"]);
    }
}

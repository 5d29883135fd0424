//! Which operation a request asks for: patterns of paths, by the names of the specifications.

use hyper::Method;

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::request::Asked;
use crate::ml::{arm, data};
use crate::reply::Reply;

/// What answers.
pub(crate) type Act = fn(&mut Call<'_>) -> Result<Reply, Problem>;

/// One operation.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Segments; `{name}` stands for one, `{*name}` for all that follow. Case is ignored, as
    /// Resource Manager ignores it.
    pub(crate) pattern: &'static str,
    /// The operation as the specification names it.
    pub(crate) name: &'static str,
    pub(crate) act: Act,
}

/// A pattern below the workspace.
macro_rules! of_workspace {
    ($rest:literal) => {
        concat!(
            "subscriptions/{subscription}/resourceGroups/{group}",
            "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}",
            $rest
        )
    };
}

/// A pattern below the resource group.
macro_rules! of_group {
    ($rest:literal) => {
        concat!("subscriptions/{subscription}/resourceGroups/{group}", $rest)
    };
}

/// A pattern of one of the workspace's own services.
macro_rules! of_service {
    ($service:literal, $rest:literal) => {
        concat!(
            $service,
            "/subscriptions/{subscription}/resourceGroups/{group}",
            "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}",
            $rest
        )
    };
}

/// A table of operations.
macro_rules! routes {
    ($($method:ident $pattern:expr => $name:expr, $act:expr;)*) => {
        &[$($crate::ml::route::Route {
            method: hyper::Method::$method,
            pattern: $pattern,
            name: $name,
            act: $act,
        }),*]
    };
}

pub(crate) use {of_group, of_service, of_workspace, routes};

/// Finds the operation and what its placeholders stand for.
pub(crate) fn find(asked: &Asked) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let tables = arm::TABLES.iter().chain(data::TABLES);
    tables
        .flat_map(|table| table.iter())
        .filter(|route| route.method == asked.method)
        .find_map(|route| Some((route, fit(route.pattern, &asked.path)?)))
}

fn fit(pattern: &'static str, path: &[String]) -> Option<Vec<(&'static str, String)>> {
    let mut named = Vec::new();
    let mut path = path.iter();
    for wanted in pattern.split('/') {
        if let Some(name) = wanted
            .strip_prefix("{*")
            .and_then(|name| name.strip_suffix('}'))
        {
            let rest: Vec<&str> = path.map(String::as_str).collect();
            if rest.is_empty() {
                return None;
            }
            named.push((name, rest.join("/")));
            return Some(named);
        }
        let segment = path.next()?;
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => named.push((name, segment.clone())),
            None if wanted.eq_ignore_ascii_case(segment) => {}
            None => return None,
        }
    }
    path.next().is_none().then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit() {
        let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let named = fit("a/{x}/B/{*rest}", &path("A/1/b/c/d")).unwrap();
        assert_eq!(named, [("x", "1".to_owned()), ("rest", "c/d".to_owned())]);
        assert!(fit("a/{x}", &path("a")).is_none());
        assert!(fit("a/{x}", &path("a/b/c")).is_none());
    }
}

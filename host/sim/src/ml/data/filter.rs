//! The filters of run history: comparisons joined by `and`.
//!
//! The specification calls the text a filter and says no more. These are the ones that the
//! official clients send. What is not understood is refused, never ignored.

use serde_json::Value;

use crate::ml::problem::Problem;

/// What a document must say.
pub(crate) struct Filter(Vec<Comparison>);

struct Comparison {
    member: Vec<String>,
    operator: Operator,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let text = text.unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let understood: Option<Vec<_>> = text.split(" and ").map(comparison).collect();
        understood
            .map(Self)
            .ok_or_else(|| Problem::user_error(format!("The filter '{text}' is not understood.")))
    }

    pub(crate) fn fits(&self, document: &Value) -> bool {
        self.0.iter().all(|comparison| comparison.fits(document))
    }
}

fn comparison(text: &str) -> Option<Comparison> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')');
    let mut words = text.splitn(3, ' ');
    let member = words.next()?.split(['/', '.']).map(str::to_owned).collect();
    let operator = match words.next()? {
        "eq" => Operator::Equal,
        "ne" => Operator::NotEqual,
        "lt" => Operator::Less,
        "le" => Operator::LessOrEqual,
        "gt" => Operator::Greater,
        "ge" => Operator::GreaterOrEqual,
        _ => return None,
    };
    let value = words.next()?.trim();
    let quoted = ['\'', '"']
        .iter()
        .find_map(|mark| value.strip_prefix(*mark)?.strip_suffix(*mark));
    let value = match (quoted, value) {
        (Some(text), _) => Value::from(text),
        (None, "true") => Value::from(true),
        (None, "false") => Value::from(false),
        (None, "null") => Value::Null,
        // Instants stand bare.
        (None, text) => Value::from(text),
    };
    Some(Comparison {
        member,
        operator,
        value,
    })
}

impl Comparison {
    fn fits(&self, document: &Value) -> bool {
        let mut found = document;
        for name in &self.member {
            found = member(found, name);
        }
        let equal = match (found, &self.value) {
            // `hidden` that is not said is false.
            (Value::Null, Value::Bool(wanted)) => !wanted,
            (found, wanted) => found == wanted,
        };
        let less = || match (found.as_str(), self.value.as_str()) {
            (Some(found), Some(wanted)) => Some(found < wanted),
            _ => None,
        };
        match self.operator {
            Operator::Equal => equal,
            Operator::NotEqual => !equal,
            Operator::Less => less() == Some(true),
            Operator::LessOrEqual => equal || less() == Some(true),
            Operator::Greater => !equal && less() == Some(false),
            Operator::GreaterOrEqual => equal || less() == Some(false),
        }
    }
}

/// A member by its name in any case; `createdUtc` is also called `createdTimeUtc`.
fn member<'a>(document: &'a Value, name: &str) -> &'a Value {
    let names = match name.to_ascii_lowercase().as_str() {
        "createdutc" | "createdtimeutc" => vec!["createdUtc", "createdTimeUtc"],
        _ => vec![name],
    };
    let Some(members) = document.as_object() else {
        return &Value::Null;
    };
    names
        .iter()
        .find_map(|wanted| {
            members
                .iter()
                .find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_null())
        })
        .map_or(&Value::Null, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_fit() {
        let run = json!({"status": "Completed", "createdTimeUtc": "2025-01-02T00:00:00Z", "tags": {"keep": "no"}});
        for (text, fits) in [
            ("", true),
            ("status eq 'Completed'", true),
            ("(Status ne 'Completed')", false),
            ("status eq 'Completed' and tags/keep eq 'no'", true),
            ("createdUtc lt '2025-01-02T00:00:00Z'", false),
            ("createdUtc le 2025-01-02T00:00:00Z", true),
            ("createdUtc gt 2025-01-01T00:00:00Z", true),
            ("hidden eq false", true),
        ] {
            assert_eq!(
                Filter::parse(Some(text)).unwrap().fits(&run),
                fits,
                "{text}"
            );
        }
        assert!(Filter::parse(Some("contains(tags, 'x')")).is_err());
    }
}

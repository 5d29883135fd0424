//! The official schemas: which one an answer must have, by path, method and status.

use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};

use crate::client::Answer;

/// The reduced specifications, and whether `null` stands for a member that is not there: the older
/// ones, of the workspace's own services, mark nothing nullable, and their service is full of nulls.
const FILES: &[(&str, bool)] = &[
    (include_str!("../schemas/machine-learning.json"), false),
    (include_str!("../schemas/workspaces.json"), false),
    (include_str!("../schemas/run-history.json"), true),
    (include_str!("../schemas/artifacts.json"), true),
    (include_str!("../schemas/model-management.json"), true),
    (include_str!("../schemas/storage-accounts.json"), false),
    (include_str!("../schemas/key-vaults.json"), false),
    (include_str!("../schemas/registries.json"), false),
    (include_str!("../schemas/application-insights.json"), false),
    (include_str!("../schemas/log-analytics.json"), false),
    (include_str!("../schemas/locks.json"), false),
    (include_str!("../schemas/resources.json"), false),
    (include_str!("../schemas/operations.json"), false),
];

/// How many segments of a path are a template's own words; none if it does not fit.
fn fit(template: &str, path: &str) -> Option<usize> {
    let wanted: Vec<&str> = template.trim_matches('/').split('/').collect();
    let found: Vec<&str> = path.trim_matches('/').split('/').collect();
    if wanted.len() != found.len() {
        return None;
    }
    let mut words = 0;
    for (wanted, found) in wanted.iter().zip(found) {
        if wanted.starts_with('{') {
            continue;
        }
        if !wanted.eq_ignore_ascii_case(found) {
            return None;
        }
        words += 1;
    }
    Some(words)
}

/// Checks an answer against the schema that the specification has for it. False if no
/// specification names this path and method.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) -> bool {
    let mut best: Option<(usize, Value, Value, bool)> = None;
    for (text, drops_nulls) in FILES {
        let file: Value = serde_json::from_str(text).unwrap();
        for (template, methods) in file["paths"].as_object().unwrap() {
            let answers = &methods[method.to_ascii_lowercase()];
            let Some(words) = fit(template, path) else {
                continue;
            };
            if answers.is_object() && best.as_ref().is_none_or(|best| words > best.0) {
                let definitions = file["definitions"].clone();
                best = Some((words, answers.clone(), definitions, *drops_nulls));
            }
        }
    }
    let Some((_, answers, definitions, drops_nulls)) = best else {
        return false;
    };
    let status = answer.status.to_string();
    let about = format!("{method} {path} {status}");
    let schema = match answers.get(&status) {
        Some(schema) => schema,
        None => {
            assert!(
                answer.status >= 400,
                "{about}: a status that no specification names"
            );
            &answers["default"]
        }
    };
    if schema.is_null() {
        let is_download = path.ends_with("/content");
        // The older specifications have no schema of errors for every operation.
        let may_have_body = is_download || answer.status >= 400;
        assert!(
            may_have_body || answer.body.is_empty(),
            "{about}: {answer:?}"
        );
        return true;
    }
    let mut body: Value = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("{about}: {error}: {answer:?}"));
    if drops_nulls {
        body = without_nulls(body);
    }
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V4);
    let schema = json!({"definitions": definitions, "allOf": [schema]});
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&body, index) {
        panic!("{about}:\n{error:#}\n{body:#}");
    }
    true
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

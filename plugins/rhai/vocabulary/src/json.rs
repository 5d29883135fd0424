//! JSON as a script's values.

use rhai::{Array, Dynamic, EvalAltResult, Map};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::failure::misuse;

type Answer<T> = Result<T, Box<EvalAltResult>>;

pub(crate) fn parse(text: &str) -> Answer<Value> {
    serde_json::from_str(text).map_err(|error| misuse(format!("no JSON: {error}")))
}

/// A script's value of a JSON one: maps, arrays, text, numbers, true and false; null is `()`.
pub(crate) fn value(json: &Value) -> Dynamic {
    match json {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => Dynamic::from_bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Dynamic::from_int(whole),
            None => Dynamic::from_float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => Dynamic::from_array(items.iter().map(value).collect::<Array>()),
        Value::Object(fields) => Dynamic::from_map(
            fields
                .iter()
                .map(|(name, field)| (name.as_str().into(), value(field)))
                .collect::<Map>(),
        ),
    }
}

/// All that a JSON path (RFC 9535) finds.
pub(crate) fn find(json: &Value, path: &str) -> Answer<Array> {
    let path = JsonPath::parse(path)
        .map_err(|error| misuse(format!("`{path}` is no JSON path: {error}")))?;
    Ok(path.query(json).all().into_iter().map(value).collect())
}

//! Rows of telemetry, by the resource that holds them and by table: what a purge takes away.
//!
//! A row is a document of columns. Which tables and columns there are, nobody checks. Comparisons are those of
//! KQL for texts; of `between` and the orders only texts are compared, which is enough for dates.

use serde_json::Value;

use crate::ml::state::{Purge, State};

/// The operators that a filter may have.
pub(crate) const OPERATORS: &[&str] = &["==", "=~", "in", "in~", ">", ">=", "<", "<=", "between"];

/// Takes away the rows that every filter of the request chooses.
pub(crate) fn purge(state: &mut State, purge: &Purge) {
    let table = purge.body["table"].as_str().unwrap_or_default();
    let key = (purge.resource.clone(), table.to_owned());
    let Some(rows) = state.rows.get_mut(&key) else {
        return;
    };
    let filters: Vec<&Value> = purge.body["filters"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    rows.retain(|row| !filters.iter().all(|filter| chooses(filter, row)));
}

fn chooses(filter: &Value, row: &Value) -> bool {
    let column = filter["column"].as_str().unwrap_or_default();
    let cell = match filter["key"].as_str() {
        Some(key) => &row[column][key],
        None => &row[column],
    };
    let Some(cell) = cell.as_str() else {
        return false;
    };
    let value = &filter["value"];
    let each = || {
        let values = value.as_array().into_iter().flatten();
        values.filter_map(Value::as_str)
    };
    let text = value.as_str().unwrap_or_default();
    match filter["operator"].as_str().unwrap_or_default() {
        "==" => cell == text,
        "=~" => cell.eq_ignore_ascii_case(text),
        "in" => each().any(|one| one == cell),
        "in~" => each().any(|one| one.eq_ignore_ascii_case(cell)),
        ">" => cell > text,
        ">=" => cell >= text,
        "<" => cell < text,
        "<=" => cell <= text,
        "between" => {
            let mut ends = each();
            matches!((ends.next(), ends.next()), (Some(from), Some(to)) if (from..=to).contains(&cell))
        }
        _ => false,
    }
}

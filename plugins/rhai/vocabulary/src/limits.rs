//! How much a script may want. Time and memory in all are the sandbox's; these are the engine's, and
//! end a slip sooner and with a place in the script.

use rhai::Engine;

/// Steps of the engine; a loop over a million entries with a few tests takes some ten million.
const OPERATIONS: u64 = 2_000_000_000;
/// Functions that call functions.
const CALLS: usize = 32;
/// Brackets in brackets: on the top level, and in functions.
const EXPRESSION: (usize, usize) = (64, 48);
/// Bytes of one text.
pub(crate) const TEXT: usize = 16 << 20;
/// Items of one array, those of arrays in it included. The engine counts them all at each change.
const ITEMS: usize = 20_000;
/// Fields of one map, those of maps in it included. Counting these is slower.
const FIELDS: usize = 10_000;
/// Variables alive at once.
const VARIABLES: usize = 256;
/// Functions that a script defines.
const FUNCTIONS: usize = 256;

pub(crate) fn set(engine: &mut Engine) {
    engine
        .set_max_operations(OPERATIONS)
        .set_max_call_levels(CALLS)
        .set_max_expr_depths(EXPRESSION.0, EXPRESSION.1)
        .set_max_string_size(TEXT)
        .set_max_array_size(ITEMS)
        .set_max_map_size(FIELDS)
        .set_max_variables(VARIABLES)
        .set_max_functions(FUNCTIONS);
}

//! What types are called, by us and by the engine.

use std::any::TypeId;

use rhai::{Array, Dynamic, FLOAT, INT, ImmutableString, Map};

use crate::table::Table;

/// The types of the language that a line of the table may name.
fn of_the_language(id: TypeId) -> Option<&'static str> {
    [
        (TypeId::of::<ImmutableString>(), "string"),
        (TypeId::of::<String>(), "string"),
        (TypeId::of::<&str>(), "string"),
        (TypeId::of::<INT>(), "int"),
        (TypeId::of::<FLOAT>(), "float"),
        (TypeId::of::<bool>(), "bool"),
        (TypeId::of::<Array>(), "array"),
        (TypeId::of::<Map>(), "map"),
        (TypeId::of::<()>(), "()"),
        (TypeId::of::<Dynamic>(), "any"),
    ]
    .into_iter()
    .find(|(known, _)| *known == id)
    .map(|(_, name)| name)
}

impl Table {
    /// What a registered type is called in the lines of the table.
    pub(crate) fn name_of(&self, id: TypeId) -> Option<&'static str> {
        let kind = self.kinds.iter().find(|kind| kind.id == id);
        kind.map(|kind| kind.name).or_else(|| of_the_language(id))
    }
}

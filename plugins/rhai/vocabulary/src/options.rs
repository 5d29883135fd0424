//! Maps that are passed to a word: `#{because: "…", purge: true}`. A key that is no option is refused,
//! because a slip in `purge` must not go unnoticed.

use rhai::{Dynamic, EvalAltResult, ImmutableString, Map};

use crate::failure::misuse;
use crate::nearest::nearest;
use crate::table::Option as WordOption;

type Answer<T> = Result<T, Box<EvalAltResult>>;

/// A map whose keys are known options.
pub(crate) struct Options(Map);

impl Options {
    pub(crate) fn new(map: Map, known: &'static [WordOption]) -> Answer<Self> {
        for key in map.keys() {
            if known.iter().any(|option| option.name == key.as_str()) {
                continue;
            }
            let names = known.iter().map(|option| option.name);
            return Err(misuse(match nearest(key, names.clone()) {
                Some(name) => format!("`{key}` is no option here: did you mean `{name}`?"),
                None => format!(
                    "`{key}` is no option here: known are {}",
                    names.collect::<Vec<_>>().join(", ")
                ),
            }));
        }
        Ok(Self(map))
    }

    pub(crate) fn text(&mut self, key: &str) -> Answer<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match value.into_string() {
                Ok(text) => Ok(Some(text)),
                Err(found) => Err(misuse(format!(
                    "`{key}` is a text, not a value of type {found}"
                ))),
            },
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Answer<bool> {
        match self.take(key) {
            None => Ok(false),
            Some(value) => value.as_bool().map_err(|found| {
                misuse(format!(
                    "`{key}` is true or false, not a value of type {found}"
                ))
            }),
        }
    }

    pub(crate) fn texts(&mut self, key: &str) -> Answer<Vec<(String, String)>> {
        let Some(value) = self.take(key) else {
            return Ok(Vec::new());
        };
        let refuse = || {
            misuse(format!(
                "`{key}` is a map of texts, as #{{name: \"label\"}}"
            ))
        };
        let map = value.try_cast::<Map>().ok_or_else(refuse)?;
        map.into_iter()
            .map(|(name, value)| {
                let text = value.try_cast::<ImmutableString>().ok_or_else(refuse)?;
                Ok((name.to_string(), text.to_string()))
            })
            .collect()
    }

    fn take(&mut self, key: &str) -> Option<Dynamic> {
        self.0.remove(key).filter(|value| !value.is_unit())
    }
}

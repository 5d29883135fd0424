//! What the operator tells the guests: from a file or standard input, because most of it is personal.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use remit_policy::Manifest;
use remit_wasm::Params;

use crate::error::CommandError;

/// Parameters as they were given, for all guests of a command.
#[derive(Debug, Default)]
pub(crate) struct Given {
    values: BTreeMap<String, Vec<String>>,
    typed: Vec<String>,
}

impl Given {
    /// Reads a TOML file (`email = ["a@example.com"]`), or standard input for `-`, and adds what was typed
    /// as `name=value`.
    pub(crate) fn read(file: Option<&Path>, typed: &[String]) -> Result<Self, CommandError> {
        let mut given = Self::default();
        if let Some(file) = file {
            let mut text = String::new();
            let read = match file.to_str() {
                Some("-") => std::io::stdin().read_to_string(&mut text),
                _ => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
            };
            read.map_err(|error| {
                CommandError::io(
                    format!("cannot read the parameters `{}`", file.display()),
                    error,
                )
            })?;
            let table: toml::Table = toml::from_str(&text).map_err(|error| {
                CommandError::usage(format!(
                    "the parameters `{}` cannot be read: {error}",
                    file.display()
                ))
                .hint("write them as `name = \"value\"` or `name = [\"one\", \"two\"]`")
            })?;
            for (name, value) in table {
                let values = texts(&value).ok_or_else(|| {
                    CommandError::usage(format!(
                        "the parameter `{name}` is neither a value nor a list of values"
                    ))
                })?;
                given.values.insert(name, values);
            }
        }
        for text in typed {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                CommandError::usage(format!("`{text}` is no parameter"))
                    .hint("write --param name=value")
            })?;
            given
                .values
                .entry(name.to_owned())
                .or_default()
                .push(value.to_owned());
            given.typed.push(name.to_owned());
        }
        Ok(given)
    }

    /// Refuses what none of the guests declares: a misspelt identifier would find nobody.
    pub(crate) fn check_known<'m>(
        &self,
        guests: impl Iterator<Item = &'m Manifest> + Clone,
    ) -> Result<(), CommandError> {
        for name in self.values.keys() {
            if !guests
                .clone()
                .any(|guest| guest.params.keys().any(|known| known.as_str() == name))
            {
                let mut known: Vec<&str> = guests
                    .clone()
                    .flat_map(|guest| guest.params.keys())
                    .map(|name| name.as_str())
                    .collect();
                known.sort_unstable();
                known.dedup();
                let hint = match known.is_empty() {
                    true => "it takes none".to_owned(),
                    false => format!("parameters are: {}", known.join(", ")),
                };
                return Err(
                    CommandError::usage(format!("no guest here has a parameter `{name}`"))
                        .hint(hint),
                );
            }
        }
        Ok(())
    }

    /// What a guest is told: the parameters that its manifest declares, checked.
    pub(crate) fn for_guest(&self, manifest: &Manifest) -> Result<Params, CommandError> {
        let mut params = Params::new();
        for (name, declared) in &manifest.params {
            let guest = &manifest.name;
            let values = self
                .values
                .get(name.as_str())
                .cloned()
                .unwrap_or_else(|| declared.default.clone());
            if values.is_empty() && declared.required {
                return Err(CommandError::usage(format!(
                    "`{guest}` needs the parameter `{name}`: {}",
                    declared.description
                ))
                .hint(format!(
                    "write `{name} = \"…\"` in a file and name it: --params FILE"
                )));
            }
            if values.len() > 1 && !declared.many {
                return Err(CommandError::usage(format!(
                    "the parameter `{name}` of `{guest}` takes one value"
                )));
            }
            if declared.personal && self.typed.iter().any(|typed| typed == name.as_str()) {
                return Err(CommandError::usage(format!(
                    "`{name}` says who a person is, and command lines are kept and seen"
                ))
                .hint("put it into a file, or on standard input: --params FILE"));
            }
            for value in &values {
                declared.of_type.check(value)?;
            }
            if !values.is_empty() {
                params.insert(name.to_string(), values);
            }
        }
        Ok(params)
    }
}

/// A value, or a list of them, as texts.
fn texts(value: &toml::Value) -> Option<Vec<String>> {
    let one = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    match value {
        toml::Value::Array(values) => values.iter().map(one).collect(),
        value => one(value).map(|text| vec![text]),
    }
}
